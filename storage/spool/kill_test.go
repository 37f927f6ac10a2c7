package spool_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/spool"
)

// asNode makes the test binary behave as a node: the address of its store, its
// folder, and how many calls it begins.
const asNode = "FORECALL_TEST_SPOOL_NODE"

func TestMain(m *testing.M) {
	if what := os.Getenv(asNode); what != "" {
		if err := node(what); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

// node writes what the run before left, begins calls, and ends them when it is
// told to. It says each step.
func node(what string) error {
	ctx := context.Background()
	part := strings.Split(what, "|")
	calls, err := strconv.Atoi(part[2])
	if err != nil {
		return err
	}
	db, err := connect(ctx, part[0])
	if err != nil {
		return err
	}
	defer db.Close()
	p, err := spool.Open(spool.Settings{Folder: part[1], Store: db, Segment: 32 << 10})
	if err != nil {
		return err
	}
	defer p.Close()
	fmt.Println("open", p.State().Waiting)
	if err := p.Drain(ctx); err != nil {
		return err
	}
	if _, err := db.Recover(ctx, time.Now()); err != nil {
		return err
	}
	fmt.Println("ready")
	ours, err := beginCalls(ctx, db, p, calls)
	if err != nil {
		return err
	}
	fmt.Println("begun")
	if line, err := bufio.NewReader(os.Stdin).ReadString('\n'); line != "end\n" {
		return err
	}
	return endCalls(ctx, p, ours)
}

func connect(ctx context.Context, address string) (*records.DB, error) {
	e, err := postgres.At(address)
	if err != nil {
		return nil, err
	}
	return records.Open(ctx, records.Settings{Engine: e})
}

func beginCalls(ctx context.Context, db *records.DB, p *spool.Spool, n int) ([]*campaigns.Attempt, error) {
	c, err := db.CampaignByName(ctx, "c")
	if err != nil {
		return nil, err
	}
	people, err := db.Lease(ctx, c.ID, time.Now(), n)
	if err != nil {
		return nil, err
	}
	out := make([]*campaigns.Attempt, len(people))
	for i, who := range people {
		out[i] = campaigns.NewAttempt(c, who, "", time.Now())
		if err := p.Begin(ctx, c, out[i]); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// endCalls ends all calls at once and says of each when its outcome is safe.
func endCalls(ctx context.Context, p *spool.Spool, calls []*campaigns.Attempt) error {
	var wg sync.WaitGroup
	var mu sync.Mutex
	var errs []error
	for _, a := range calls {
		wg.Go(func() {
			end := *a
			end.Outcome, end.Trunk, end.Code, end.EndedBy, end.EndedAt = campaigns.Busy, "main", 486, "callee", time.Now()
			err := p.Finish(ctx, end)
			if err == nil {
				err = p.AddCallEvents(ctx, []campaigns.CallEvent{{Attempt: a.ID, At: end.EndedAt, Kind: campaigns.EventNote, Detail: "kept"}})
			}
			mu.Lock()
			defer mu.Unlock()
			if errs = append(errs, err); err == nil {
				fmt.Println("kept", a.ID)
			}
		})
	}
	wg.Wait()
	return errors.Join(errs...)
}

// house is the server, the data of a node, and what it was told was safe.
type house struct {
	*testing.T
	server          *pgtest.Server
	address, folder string
	kept            []string
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func newHouse(t *testing.T) *house {
	s, err := pgtest.Start("max_connections=50")
	if errors.Is(err, pgtest.ErrMissing) && os.Getenv("FORECALL_PEERS") != "required" {
		t.Skip(err)
	}
	must(t, err)
	t.Cleanup(func() { _ = s.Stop() })
	name, err := s.Database(t.Context(), "")
	must(t, err)
	h := &house{T: t, server: s, address: s.Address(name), folder: t.TempDir()}
	db, err := connect(t.Context(), h.address)
	must(t, err)
	defer func() { must(t, db.Close()) }()
	c := campaigns.NewCampaign("c")
	c.Windows, c.Cooldown = rules.Always(), 0
	c, err = db.CreateCampaign(t.Context(), c, "tester")
	must(t, err)
	_, err = db.SetStatus(t.Context(), c.ID, campaigns.Running, "tester")
	must(t, err)
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	people := make([]campaigns.Contact, 900)
	for i := range people {
		people[i] = campaigns.Contact{Row: i + 2, Name: "Ana", Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", i), Zones: []string{"Europe/Madrid"}}}}
	}
	_, err = db.AddContacts(t.Context(), load, people, campaigns.SkipDuplicates)
	must(t, err)
	return h
}

// process is a node as a process of its own.
type process struct {
	*exec.Cmd
	say   io.WriteCloser
	lines *bufio.Scanner
}

func (h *house) start(calls int) *process {
	h.Helper()
	program, err := os.Executable()
	must(h, err)
	c := exec.Command(program)
	c.Env, c.Stderr = append(os.Environ(), fmt.Sprintf("%s=%s|%s|%d", asNode, h.address, h.folder, calls)), h.Output()
	say, err := c.StdinPipe()
	must(h, err)
	out, err := c.StdoutPipe()
	must(h, err)
	must(h, c.Start())
	h.Cleanup(func() { _ = c.Process.Kill() })
	return &process{c, say, bufio.NewScanner(out)}
}

// await reads until a line begins with a word; its rest is returned.
func (p *process) await(t testing.TB, word string) string {
	t.Helper()
	for p.lines.Scan() {
		if rest, is := strings.CutPrefix(p.lines.Text(), word); is {
			return strings.TrimSpace(rest)
		}
	}
	t.Fatalf("the node ended before it said %q", word)
	return ""
}

// kill ends it with signal 9, and reads what it said before.
func (h *house) kill(p *process) {
	h.Helper()
	must(h, p.Process.Kill())
	for p.lines.Scan() {
		h.heard(p.lines.Text())
	}
	_ = p.Wait() // by our signal
}

func (h *house) heard(line string) {
	if id, is := strings.CutPrefix(line, "kept "); is {
		h.kept = append(h.kept, id)
	}
}

// kills is how many rounds there are; FORECALL_KILLS for more.
func kills() int {
	n, err := strconv.Atoi(os.Getenv("FORECALL_KILLS"))
	if err != nil || n < 1 {
		return 3
	}
	return min(n, 40)
}

func TestOutcomesSurviveAKillMinusNineWhileTheStoreIsDown(t *testing.T) {
	t.Parallel()
	h := newHouse(t)
	const calls = 20
	chance := rand.New(rand.NewPCG(6, 6))
	for round := range kills() {
		p := h.start(calls)
		p.await(t, "begun")
		must(t, h.server.Crash())
		_, err := io.WriteString(p.say, "end\n")
		must(t, err)
		for range 1 + chance.IntN(calls) { // some are safe when it is killed
			h.heard("kept " + p.await(t, "kept"))
		}
		h.kill(p)
		must(t, h.server.Again())
		if round%2 == 1 { // and killed again while it writes what waits
			p = h.start(0)
			if n := p.await(t, "open"); n == "0" {
				t.Errorf("round %d: nothing waits", round)
			}
			h.kill(p)
		}
	}
	p := h.start(0)
	p.await(t, "ready")
	h.kill(p)
	h.check(kills() * calls)
}

// check compares the ledger with what the nodes were told.
func (h *house) check(begun int) {
	db, err := connect(h.Context(), h.address)
	must(h, err)
	defer func() { must(h, db.Close()) }()
	f, err := db.Verify(h.Context(), time.Now())
	must(h, err)
	if !f.Clean() || f.Open != 0 || f.Attempts != f.Outcomes || f.Attempts != int64(begun) {
		h.Errorf("%+v", f)
	}
	for _, id := range h.kept {
		c, err := db.Attempt(h.Context(), id)
		must(h, err)
		if c.Outcome != campaigns.Busy || c.EndedBy != "callee" {
			h.Errorf("attempt %s was kept as busy and is %s", id, c.Outcome)
		}
		line, err := db.CallEvents(h.Context(), id)
		must(h, err)
		if len(line) != 1 || line[0].Detail != "kept" {
			h.Errorf("its time line: %+v", line)
		}
	}
	h.Logf("%d attempts, %d of which were told to be safe when their node was killed", f.Attempts, len(h.kept))
}
