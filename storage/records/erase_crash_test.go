package records

import (
	"bufio"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

// eraseEnv makes the test binary the child of the test of erasures: the path of
// the store whose people it erases until it is killed.
const eraseEnv = "FORECALL_TEST_ERASE"

// eraseUntilKilled erases everybody, and says each thing only after it was
// acknowledged: "A number" asked for, "E number" erased.
func eraseUntilKilled(path string) error {
	ctx := context.Background()
	db, err := Open(ctx, Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	out := &lines{w: bufio.NewWriter(os.Stdout)}
	out.say("R")
	for n := range erasePeople {
		number := fmt.Sprintf("+346%08d", 77000000+n)
		ask, err := db.AskErasure(ctx, number, campaigns.BasisObjected, "cora")
		if err != nil {
			return err
		}
		out.say("A %s", number)
		if _, err := db.Erase(ctx, ask.ID); err != nil {
			return err
		}
		out.say("E %s", number)
		if err := db.Scrub(ctx); err != nil {
			return err
		}
	}
	select {} // until it is killed
}

const erasePeople = 200

// noFiles is a folder without files.
type noFiles struct{}

func (noFiles) Remove(string) error                  { return nil }
func (noFiles) Forget(context.Context, string) error { return nil }

func TestAnErasureThatWasKilledIsFinishedAtTheNextStart(t *testing.T) {
	if testing.Short() {
		t.Skip("kills processes")
	}
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	c, l := newCampaign(t, db, "c")
	people := make([]campaigns.Contact, erasePeople)
	for i := range people {
		people[i] = campaigns.Contact{Name: fmt.Sprintf("Xochitl-%d-", i), Row: i + 2, Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", 77000000+i), Zones: []string{"Europe/Madrid"}}}}
	}
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, people, campaigns.SkipDuplicates)
	must(t, err)
	must(t, db.EndLoad(t.Context(), load, campaigns.LoadCounts{}, ""))
	for _, p := range leaseAll(t, db, c) {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		must(t, db.Begin(t.Context(), c, a))
		a.Outcome, a.EndedAt = campaigns.Connected, a.IntentAt
		must(t, db.Finish(t.Context(), *a))
	}
	must(t, db.Close())
	for range 4 {
		asked := killErasing(t, path)
		db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
		must(t, err)
		s := campaigns.NewSubjects(db, noFiles{}, func(campaigns.DoNotCall) error { return nil }, campaigns.NewRetention(db), db)
		_, err = s.Resume(t.Context())
		must(t, err)
		must(t, db.Scrub(t.Context()))
		clean(t, db)
		for _, number := range asked {
			there, err := db.IsDoNotCall(t.Context(), number)
			must(t, err)
			left, err := db.ContactsOf(t.Context(), number)
			must(t, err)
			if !there || len(left) > 0 {
				t.Errorf("%s was asked for before the kill: on the list %t, %d contacts left", number, there, len(left))
			}
		}
		must(t, db.Close())
		words := make([]string, 0, len(asked))
		for _, number := range asked {
			n := strings.TrimPrefix(number, "+34677000")
			words = append(words, "Xochitl-"+strings.TrimLeft(n[:len(n)-1], "0")+n[len(n)-1:]+"-", number[1:])
		}
		sweep(t, filepath.Dir(path), words...)
	}
}

// killErasing lets a process erase for some milliseconds and kills it. It
// returns the numbers whose erasure was acknowledged as asked for.
func killErasing(t *testing.T, path string) (asked []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), eraseEnv+"="+path)
	out, err := cmd.StdoutPipe()
	must(t, err)
	must(t, cmd.Start())
	timer := time.AfterFunc(time.Minute, func() { _ = cmd.Process.Kill() })
	defer timer.Stop()
	scan := bufio.NewScanner(out)
	deadly := 3 + rand.IntN(40)
	for n := 0; scan.Scan(); n++ {
		if number, ok := strings.CutPrefix(scan.Text(), "A "); ok {
			asked = append(asked, number)
		}
		if n == deadly {
			must(t, cmd.Process.Kill())
		}
	}
	_ = cmd.Wait() // it was killed
	return asked
}
