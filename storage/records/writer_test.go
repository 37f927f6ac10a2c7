package records

import (
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

// held lets a test fill the queue while the writer is at work on one
// operation, so that what is queued becomes one group.
func held(t *testing.T, db *DB) (release func()) {
	t.Helper()
	gate, inside := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		err := db.do(t.Context(), func(*tx) error {
			close(inside)
			<-gate
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
	<-inside
	return func() {
		close(gate)
		wg.Wait()
	}
}

// queued waits until n operations stand in a queue of the writer.
func queued(t *testing.T, queue chan *op, n int) {
	t.Helper()
	deadline := time.After(20 * time.Second)
	for len(queue) < n {
		select {
		case <-deadline:
			t.Fatalf("%d queued, want %d", len(queue), n)
		case <-time.After(time.Millisecond):
		}
	}
}

var errOfTest = errors.New("of the test")

func TestOneFailureNeverHarmsItsNeighbours(t *testing.T) {
	note := func(x *tx) error { return x.note("test", "", "", "") }
	failures := map[string]func(*tx) error{
		"before it wrote":           func(*tx) error { return errOfTest },
		"after it wrote":            func(x *tx) error { return errors.Join(note(x), errOfTest) },
		"by a panic before a write": func(*tx) error { panic("of the test") },
		"by a panic after a write": func(x *tx) error {
			if err := note(x); err != nil {
				return err
			}
			panic("of the test")
		},
		"by a constraint": func(x *tx) error {
			_, err := x.exec(`INSERT INTO chain (seq, kind, ref, digest, hash) VALUES (1, 'x', 1, x'00', x'00')`)
			return err
		},
	}
	for name, fail := range failures {
		t.Run(name, func(t *testing.T) {
			db := openTest(t)
			must(t, db.do(t.Context(), note))
			release := held(t, db)
			const n = 40
			var wg sync.WaitGroup
			for i := range n {
				wg.Go(func() {
					if i%10 == 3 {
						if err := db.do(t.Context(), fail); err == nil {
							t.Error("a failure was reported as success")
						}
						return
					}
					if err := db.do(t.Context(), note); err != nil {
						t.Error(err)
					}
				})
			}
			queued(t, db.w.urgent, n)
			release()
			wg.Wait()
			entries, err := db.AuditEntries(t.Context(), 0, 0)
			must(t, err)
			if len(entries) != 1+n-n/10 {
				t.Fatalf("%d entries, want %d", len(entries), 1+n-n/10)
			}
			f, err := db.Verify(t.Context(), time.Now())
			if err != nil || !f.Clean() {
				t.Fatalf("%+v, %v", f, err)
			}
		})
	}
}

func TestACancelledCallerKnowsThatNothingWillBeWritten(t *testing.T) {
	db := openTest(t)
	release := held(t, db)
	ctx, cancel := context.WithCancel(t.Context())
	answer := make(chan error, 1)
	var wg sync.WaitGroup
	wg.Go(func() { answer <- db.AddDoNotCall(ctx, campaigns.DoNotCall{Number: "+34600000001"}) })
	queued(t, db.w.urgent, 1)
	cancel()
	if err := <-answer; !errors.Is(err, context.Canceled) {
		t.Fatalf("got %v, want context.Canceled while it waits", err)
	}
	release()
	wg.Wait()
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000002"})) // the writer has passed it
	if there, err := db.IsDoNotCall(t.Context(), "+34600000001"); err != nil || there {
		t.Fatalf("written after its caller was told that it would not be: %v", err)
	}
}

func TestACallerThatIsCancelledTooLateGetsItsAnswer(t *testing.T) {
	db := openTest(t)
	ctx, cancel := context.WithCancel(t.Context())
	err := db.do(ctx, func(x *tx) error {
		cancel() // the writer is at it: no way back
		return x.note("test", "", "", "")
	})
	if err != nil {
		t.Fatal(err)
	}
	if entries, err := db.AuditEntries(t.Context(), 0, 0); err != nil || len(entries) != 1 {
		t.Fatalf("%d entries, %v", len(entries), err)
	}
}

func TestSettingsBindFromTheirPlaceInTheChain(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	p := leaseAll(t, db, c)[0]
	release := held(t, db)
	stricter := c
	stricter.Windows = rules.Week{}
	var wg sync.WaitGroup
	wg.Go(func() {
		if _, err := db.UpdateCampaign(t.Context(), stricter, "manager"); err != nil {
			t.Error(err)
		}
	})
	queued(t, db.w.urgent, 1)
	var refused *rules.Refusal
	wg.Go(func() { // in the same transaction, right behind
		if err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); !errors.As(err, &refused) {
			t.Errorf("got %v, want a refusal by the new windows", err)
		}
	})
	queued(t, db.w.urgent, 2)
	release()
	wg.Wait()
	if f, err := db.Verify(t.Context(), time.Now()); err != nil || !f.Clean() {
		t.Fatalf("%+v, %v", f, err)
	}
}

func TestImportsStandBehindTheLedger(t *testing.T) {
	db := openTest(t)
	release := held(t, db)
	var mu sync.Mutex
	var order []string
	did := func(what string) func(*tx) error {
		return func(*tx) error {
			mu.Lock()
			defer mu.Unlock()
			order = append(order, what)
			return nil
		}
	}
	var wg sync.WaitGroup
	for range maxBulk {
		wg.Go(func() {
			if err := db.doBulk(t.Context(), did("bulk")); err != nil {
				t.Error(err)
			}
		})
	}
	queued(t, db.w.bulk, maxBulk)
	for range 10 {
		wg.Go(func() {
			if err := db.do(t.Context(), did("urgent")); err != nil {
				t.Error(err)
			}
		})
	}
	queued(t, db.w.urgent, 10)
	release()
	wg.Wait()
	if got := fmt.Sprint(order[:2]); len(order) != 10+maxBulk || got == "[bulk bulk]" {
		t.Fatalf("order %v", order)
	}
	// One piece of bulk may slip in after the group that was at work.
	late := 0
	for _, what := range order[len(order)-maxBulk+1:] {
		if what == "bulk" {
			late++
		}
	}
	if late != maxBulk-1 {
		t.Fatalf("order %v", order)
	}
}

func TestALongReaderDoesNotStopTheWriter(t *testing.T) {
	e := sqlite.At(t.TempDir() + "/forecall.db")
	e.Log = sqlite.LogLimits{Every: 2 * time.Millisecond, MoveAt: 1, RestartAt: 1 << 20}
	db, err := Open(t.Context(), Settings{Engine: e})
	must(t, err)
	defer db.Close()
	_, l := newCampaign(t, db, "c")
	fill(t, db, l, 1000)
	conn, err := db.read.Conn(t.Context())
	must(t, err)
	defer conn.Close()
	count := func() (n int) {
		must(t, conn.QueryRowContext(t.Context(), `SELECT COUNT(*) FROM contacts`).Scan(&n))
		return n
	}
	_, err = conn.ExecContext(t.Context(), `BEGIN`)
	must(t, err)
	before := count()
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, people(5000, 20_000), campaigns.SkipDuplicates)
	must(t, err) // with a log of several megabytes that cannot be moved
	if n := count(); n != before {
		t.Fatalf("the snapshot moved: %d, then %d", before, n)
	}
	_, err = conn.ExecContext(t.Context(), `COMMIT`)
	must(t, err)
	path := pathOf(t, db) + "-wal"
	grown := fileSize(path)
	// Once the reader is gone the log starts anew instead of growing on.
	for from := 30_000; from < 90_000; from += 5000 {
		_, err = db.AddContacts(t.Context(), load, people(from, 5000), campaigns.SkipDuplicates)
		must(t, err)
	}
	if now := fileSize(path); now > grown+16<<20 {
		t.Fatalf("the log was %d bytes, and is %d", grown, now)
	}
}

func fileSize(path string) int64 {
	info, err := os.Stat(path)
	if err != nil {
		return 0
	}
	return info.Size()
}
