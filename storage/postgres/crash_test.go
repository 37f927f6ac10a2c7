package postgres_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
)

// newStore opens a database that nobody has migrated yet.
func newStore(t testing.TB, address string) *records.DB { return listening(t, address, nil) }

func listening(t testing.TB, address string, log *slog.Logger) *records.DB {
	t.Helper()
	e, err := postgres.At(address)
	must(t, err)
	db, err := records.Open(t.Context(), records.Settings{Engine: e, Log: log})
	must(t, err)
	t.Cleanup(func() { _ = db.Close() })
	return db
}

// battered opens a database on a server of its own that waits for its disk.
func battered(t testing.TB, settings ...string) (s *pgtest.Server, name string, db *records.DB) {
	t.Helper()
	s = private(t, append([]string{"max_connections=50"}, settings...)...)
	name, err := s.Database(t.Context(), "")
	must(t, err)
	return s, name, newStore(t, s.Address(name))
}

// doubts counts what a store says of commits whose fate it had to find out.
type doubts struct {
	slog.Handler
	n *atomic.Int64
}

func (d doubts) Enabled(context.Context, slog.Level) bool { return true }

func (d doubts) Handle(_ context.Context, r slog.Record) error {
	if strings.Contains(r.Message, "commit") {
		d.n.Add(1)
	}
	return nil
}

// answer is what a caller was told of one attempt.
type answer struct{ begun, finished bool }

// callers call contact after contact, each until its store says that it has.
type callers struct {
	t       *testing.T
	c       campaigns.Campaign
	people  []campaigns.Contact
	next    atomic.Int64
	over    atomic.Bool
	wg      sync.WaitGroup
	refused atomic.Int64 // by a server that was away

	mu   sync.Mutex
	told map[string]answer
}

func (s *callers) start(n int, all ...*records.DB) {
	s.told = make(map[string]answer)
	for i := range n {
		s.wg.Go(func() {
			for !s.over.Load() && s.t.Context().Err() == nil {
				k := s.next.Add(1)
				if k > int64(len(s.people)) {
					s.t.Error("there are no contacts left")
					return
				}
				s.call(all[i%len(all)], s.people[k-1])
			}
		})
	}
}

// call begins and finishes one attempt at a person. An error means that nothing
// was written, so each is tried again until it is.
func (s *callers) call(db *records.DB, p campaigns.Contact) {
	var a *campaigns.Attempt
	s.until(db, func() error {
		a = campaigns.NewAttempt(s.c, p, "", time.Now())
		err := db.Begin(s.t.Context(), s.c, a)
		s.tell(a.ID, answer{begun: err == nil})
		return err
	})
	s.until(db, func() error {
		err := db.Finish(s.t.Context(), ended(*a))
		s.tell(a.ID, answer{begun: true, finished: err == nil})
		return err
	})
}

func (s *callers) until(db *records.DB, do func() error) {
	for {
		err := do()
		if err == nil {
			return
		}
		if s.t.Context().Err() != nil {
			return
		}
		if errors.Is(err, campaigns.ErrExists) || errors.Is(err, campaigns.ErrNotLeased) || errors.Is(err, campaigns.ErrFinished) {
			s.t.Errorf("what was said not to be written, was: %v", err)
			return
		}
		s.refused.Add(1)
		s.awaitWritable(db)
	}
}

func (s *callers) awaitWritable(db *records.DB) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for db.Writable(s.t.Context()) != nil && s.t.Context().Err() == nil {
		<-tick.C
	}
}

func (s *callers) tell(id string, a answer) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.told[id] = a
}

// written counts outcomes that were acknowledged.
func (s *callers) written() (n int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, a := range s.told {
		if a.finished {
			n++
		}
	}
	return n
}

// progress waits until n more outcomes have been written.
func (s *callers) progress(n int) {
	s.t.Helper()
	deadline := time.Now().Add(time.Minute)
	for enough := s.written() + n; s.written() < enough; {
		if time.Now().After(deadline) || s.t.Failed() {
			s.t.Fatal("nothing is written any more")
		}
		<-time.After(2 * time.Millisecond)
	}
}

// judge compares what callers were told with what stands in the ledger.
func (s *callers) judge(db *records.DB) {
	s.t.Helper()
	s.over.Store(true)
	s.wg.Wait()
	clean(s.t, db)
	begun := 0
	for id, told := range s.told {
		a, err := db.Attempt(s.t.Context(), id)
		switch {
		case told.begun && err != nil:
			s.t.Errorf("attempt %s was acknowledged, and is gone: %v", id, err)
		case !told.begun && !errors.Is(err, campaigns.ErrUnknownAttempt):
			s.t.Errorf("attempt %s was said not to be written: %v", id, err)
		case told.begun && told.finished != (a.Outcome != ""):
			s.t.Errorf("attempt %s: told finished is %v, its outcome is %q", id, told.finished, a.Outcome)
		}
		if told.begun {
			begun++
		}
	}
	s.t.Logf("%d attempts acknowledged, %d answers told of a server that was away", begun, s.refused.Load())
}

// faults are what may happen to a server. Each leaves it running.
func faults(s *pgtest.Server, name string) map[string]func(context.Context) error {
	again := func(end func() error) func(context.Context) error {
		return func(context.Context) error { return errors.Join(end(), s.Again()) }
	}
	return map[string]func(context.Context) error{
		"crash":   again(s.Crash),
		"kill":    again(s.Kill),
		"restart": func(context.Context) error { return s.Restart() },
		"hangup":  func(ctx context.Context) error { _, err := s.Hangup(ctx, name); return err },
		"backend": func(ctx context.Context) error { return s.KillBackend(ctx, name) },
	}
}

// times is how often a test does something: more when it is to be measured.
func times(t *testing.T, usually, measured int) int {
	if os.Getenv("FORECALL_MEASURE") == "1" {
		return measured
	}
	if testing.Short() {
		return usually / 10
	}
	return usually
}

func TestAServerThatFailsAgainAndAgainLosesNothingAndInventsNothing(t *testing.T) {
	s, name, db := battered(t)
	n := times(t, 50, 200)
	calls := callers{t: t, c: stocked(t, db, 200*n)}
	var err error
	calls.people, err = db.Lease(t.Context(), calls.c.ID, time.Now(), 200*n)
	must(t, err)
	d := doubts{slog.DiscardHandler, new(atomic.Int64)}
	calls.start(8, db, listening(t, s.Address(name), slog.New(d)))
	happened := make(map[string]int)
	kinds := []string{"crash", "kill", "restart", "hangup", "backend"}
	all := faults(s, name)
	for range n {
		calls.progress(rand.IntN(24))
		kind := kinds[rand.IntN(len(kinds))]
		if err := all[kind](t.Context()); err != nil {
			t.Fatalf("%s: %v", kind, err)
		}
		happened[kind]++
	}
	calls.progress(16)
	calls.judge(db)
	t.Log(fmt.Sprint(happened), "doubts of one node:", d.n.Load())
}
