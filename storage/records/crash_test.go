package records

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

// crashEnv makes the test binary the child of the crash test: the path of the
// store that it dials from until it is killed.
const crashEnv = "FORECALL_TEST_CRASH"

func TestMain(m *testing.M) {
	if path := os.Getenv(crashEnv); path != "" {
		if err := dialUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(gateEnv); path != "" {
		if err := beginUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	if path := os.Getenv(eraseEnv); path != "" {
		if err := eraseUntilKilled(path); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	os.Exit(run(m))
}

// dialUntilKilled opens the store, recovers it and calls as fast as it can,
// from several goroutines, and says each thing only after it was
// acknowledged: "B id" begun, "F id" finished, "N number" do-not-call,
// "I n" contacts imported.
func dialUntilKilled(path string) error {
	ctx := context.Background()
	// A log that is moved and restarted all the time, so that it is cut there too.
	e := sqlite.At(path)
	e.Log = sqlite.LogLimits{Every: 3 * time.Millisecond, MoveAt: 1, RestartAt: 64 << 10}
	db, err := Open(ctx, Settings{Engine: e})
	if err != nil {
		return err
	}
	if _, err := db.Recover(ctx, time.Now()); err != nil {
		return err
	}
	c, err := db.CampaignByName(ctx, "crash")
	if err != nil {
		return err
	}
	out := &lines{w: bufio.NewWriter(os.Stdout)}
	out.say("R") // ready: from here on it may die
	errs := make(chan error, 8)
	var wg sync.WaitGroup
	for range 6 {
		wg.Go(func() { errs <- crashDial(ctx, db, c, out) })
	}
	wg.Go(func() { errs <- crashImport(ctx, db, c, out) })
	wg.Go(func() { errs <- crashBlock(ctx, db, out) })
	return <-errs
}

// lines writes whole lines, each at once.
type lines struct {
	mu sync.Mutex
	w  *bufio.Writer
}

func (l *lines) say(format string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	fmt.Fprintf(l.w, format+"\n", args...)
	_ = l.w.Flush()
}

func crashDial(ctx context.Context, db *DB, c campaigns.Campaign, out *lines) error {
	for {
		people, err := db.Lease(ctx, c.ID, time.Now(), 20)
		if err != nil {
			return err
		}
		for _, p := range people {
			a := campaigns.NewAttempt(c, p, "", time.Now())
			if err := db.Begin(ctx, c, a); err != nil {
				continue // on the do-not-call list meanwhile
			}
			out.say("B %s", a.ID)
			a.Outcome = campaigns.Outcomes()[a.Seq%10]
			a.EndedAt = a.IntentAt
			if err := db.Finish(ctx, *a); err != nil {
				return err
			}
			out.say("F %s", a.ID)
		}
	}
}

func crashImport(ctx context.Context, db *DB, c campaigns.Campaign, out *lines) error {
	lists, err := db.Lists(ctx, c.ID)
	if err != nil {
		return err
	}
	for {
		load, err := db.BeginLoad(ctx, campaigns.Load{List: lists[0].ID, Policy: campaigns.AllowDuplicates})
		if err != nil {
			return err
		}
		got, err := db.AddContacts(ctx, load, people(rand.IntN(1_000_000), 100), campaigns.AllowDuplicates)
		if err != nil {
			return err
		}
		out.say("I %d", len(got))
	}
}

func crashBlock(ctx context.Context, db *DB, out *lines) error {
	for {
		num := fmt.Sprintf("+346%08d", rand.IntN(100_000_000))
		if err := db.AddDoNotCall(ctx, campaigns.DoNotCall{Number: num}); err != nil {
			return err
		}
		out.say("N %s", num)
	}
}

// said is what the children acknowledged before they died.
type said struct {
	begun, finished map[string]bool
	blocked         []string
	imported        int64
}

func (s *said) hear(line string) {
	kind, rest, _ := strings.Cut(line, " ")
	switch kind {
	case "B":
		s.begun[rest] = true
	case "F":
		s.finished[rest] = true
	case "N":
		s.blocked = append(s.blocked, rest)
	case "I":
		var n int64
		if _, err := fmt.Sscan(rest, &n); err == nil {
			s.imported += n
		}
	}
}

func TestNothingAcknowledgedIsLostWhenTheProcessIsKilled(t *testing.T) {
	if testing.Short() {
		t.Skip("thirty processes")
	}
	const kills = 30
	random := rand.New(rand.NewPCG(1, 2))
	path := filepath.Join(t.TempDir(), "forecall.db")
	setUpCrash(t, path)
	heard := &said{begun: make(map[string]bool), finished: make(map[string]bool)}
	for i := range kills {
		runAndKill(t, path, time.Duration(random.IntN(120_000))*time.Microsecond, heard)
		if i%6 == 5 || i == kills-1 {
			checkCrash(t, path, heard)
		}
	}
	t.Logf("%d kills: %d begun, %d finished, %d blocked, %d imported", kills, len(heard.begun), len(heard.finished), len(heard.blocked), heard.imported)
}

func setUpCrash(t *testing.T, path string) {
	t.Helper()
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	c, l := newCampaign(t, db, "crash")
	c.MaxAttempts = 1000
	if _, err := db.UpdateCampaign(t.Context(), c, "test"); err != nil {
		t.Fatal(err)
	}
	fill(t, db, l, 2000)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
}

// runAndKill lets a child work for a while after it is ready, then kills it.
func runAndKill(t *testing.T, path string, after time.Duration, heard *said) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), crashEnv+"="+path)
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	kill := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() }) // should it never be ready
	ready := false
	for in := bufio.NewScanner(out); in.Scan(); {
		if !ready {
			ready = true
			kill.Reset(after)
		}
		heard.hear(in.Text())
	}
	err = cmd.Wait()
	var exit *exec.ExitError
	if !ready || !errors.As(err, &exit) || exit.ExitCode() != -1 {
		t.Fatalf("the child was not killed at work: %v\n%s", err, stderr.String())
	}
}

// checkCrash opens what was left behind and looks for what was acknowledged.
func checkCrash(t *testing.T, path string, heard *said) {
	t.Helper()
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	lost, err := db.Recover(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	for _, a := range lost {
		if heard.finished[a.ID] {
			t.Errorf("attempt %s was acknowledged as finished and is lost", a.ID)
		}
	}
	if again, err := db.Recover(t.Context(), time.Now()); err != nil || len(again) != 0 {
		t.Fatalf("second Recover closed %d, %v", len(again), err)
	}
	checkCalls(t, db, heard)
	for _, num := range heard.blocked {
		if there, err := db.IsDoNotCall(t.Context(), num); err != nil || !there {
			t.Fatalf("an acknowledged do-not-call is gone: %v", err)
		}
	}
	checkDepth(t, db, heard)
	f, err := db.Verify(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if !f.Clean() || f.Open != 0 {
		t.Fatalf("%d open, broken: %+v", f.Open, f.Broken)
	}
}

func checkCalls(t *testing.T, db *DB, heard *said) {
	t.Helper()
	outcome := make(map[string]campaigns.Outcome)
	for c, err := range db.Calls(t.Context(), campaigns.CallFilter{}) {
		if err != nil {
			t.Fatal(err)
		}
		outcome[c.ID] = c.Outcome
	}
	for id := range heard.begun {
		if outcome[id] == "" {
			t.Errorf("attempt %s was acknowledged and is not there, or has no outcome", id)
		}
	}
	for id := range heard.finished {
		if outcome[id] == campaigns.Lost {
			t.Errorf("the outcome of attempt %s was acknowledged and is lost", id)
		}
	}
}

func checkDepth(t *testing.T, db *DB, heard *said) {
	t.Helper()
	c, err := db.CampaignByName(t.Context(), "crash")
	if err != nil {
		t.Fatal(err)
	}
	d, err := db.Depth(t.Context(), c.ID, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if d.Live != 0 || d.Leased != 0 || d.Total < 2000+heard.imported {
		t.Fatalf("depth %+v, %d imported", d, heard.imported)
	}
}
