package postgres_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
)

func TestReadsComeBackByThemselvesAfterARestart(t *testing.T) {
	s, _, db := battered(t)
	c := stocked(t, db, 10)
	for range 8 { // every reader has been in use
		_, err := db.Depth(t.Context(), c.ID, time.Now())
		must(t, err)
	}
	must(t, s.Restart())
	must(t, db.Writable(t.Context())) // nobody was told of it
	for range 8 {
		d, err := db.Depth(t.Context(), c.ID, time.Now())
		must(t, err)
		if d.Ready != 10 {
			t.Fatalf("%d contacts are ready", d.Ready)
		}
	}
	clean(t, db)
}

func TestAServerThatIsAwayIsToldAtOnce(t *testing.T) {
	s, _, db := battered(t)
	c := stocked(t, db, 10)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 1)
	must(t, err)
	must(t, s.Crash())
	if err := db.Writable(t.Context()); !errors.Is(err, postgres.ErrAway) {
		t.Fatalf("writable while the server is away: %v", err)
	}
	if err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now())); !errors.Is(err, postgres.ErrAway) {
		t.Fatalf("begun while the server is away: %v", err)
	}
	if _, err := db.Depth(t.Context(), c.ID, time.Now()); !errors.Is(err, postgres.ErrAway) {
		t.Fatalf("read while the server is away: %v", err)
	}
	must(t, s.Again())
	people, err = db.Lease(t.Context(), c.ID, time.Now(), 1) // nobody waited for the claim to be on disk
	must(t, err)
	must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now())))
	_, err = db.Depth(t.Context(), c.ID, time.Now())
	must(t, err)
	clean(t, db)
}

// soon is a context that ends before anybody would have waited long.
func soon(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	t.Cleanup(cancel)
	return ctx
}

func TestAServerThatHangsStopsPacingAndDoublesNothing(t *testing.T) {
	s, _, db := battered(t)
	c := stocked(t, db, 100)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 100)
	must(t, err)
	must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now())))
	must(t, s.Freeze())
	thawed := false
	defer func() {
		if !thawed {
			_ = s.Thaw()
		}
	}()
	if err := db.Writable(soon(t)); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("writable while the server hangs: %v", err)
	}
	if _, err := db.Depth(soon(t), c.ID, time.Now()); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("read while the server hangs: %v", err)
	}
	var begun atomic.Int64
	var wg sync.WaitGroup
	for _, p := range people[1:] {
		wg.Go(func() { // some give up waiting, some do not: each is told the truth
			ctx := t.Context()
			if p.ID%2 == 0 {
				ctx = soon(t)
			}
			switch err := db.Begin(ctx, c, campaigns.NewAttempt(c, p, "", time.Now())); {
			case err == nil:
				begun.Add(1)
			case p.ID%2 != 0 || !errors.Is(err, context.DeadlineExceeded):
				t.Error(err)
			}
		})
	}
	<-time.After(time.Second)
	must(t, s.Thaw())
	thawed = true
	wg.Wait()
	must(t, db.Writable(t.Context()))
	if f := clean(t, db); f.Attempts != begun.Load()+1 {
		t.Fatalf("%d attempts in the ledger, %d acknowledged", f.Attempts, begun.Load()+1)
	}
}

func TestTheLedgerDoesNotWaitForReadersThatAreBusy(t *testing.T) {
	address := database(t)
	e, err := postgres.At(address)
	must(t, err)
	_, read, err := e.Open(t.Context(), nil)
	must(t, err)
	defer func() { must(t, e.Close()) }()
	db := open(t, address)
	c := stocked(t, db, 10)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 10)
	must(t, err)
	busy, end := context.WithCancel(t.Context())
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { _, _ = read.ExecContext(busy, `SELECT pg_sleep(600)`) })
	}
	deadline := time.Now().Add(20 * time.Second)
	for read.Stats().InUse < 4 && time.Now().Before(deadline) {
		<-time.After(time.Millisecond)
	}
	var one int
	if err := read.QueryRowContext(soon(t), `SELECT 1`).Scan(&one); !errors.Is(err, context.DeadlineExceeded) {
		t.Fatalf("a fifth reader of four: %v", err)
	}
	must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now())))
	end()
	wg.Wait()
	must(t, read.QueryRowContext(t.Context(), `SELECT 1`).Scan(&one))
}

func TestTooManyConnectionsAreSaidAndWaitedFor(t *testing.T) {
	s := private(t, "max_connections=12", "superuser_reserved_connections=1")
	name, err := s.Database(t.Context(), "")
	must(t, err)
	db := newStore(t, s.Address(name))
	c := stocked(t, db, 1)
	e, err := postgres.At(s.Address(name))
	must(t, err)
	_, pool, err := e.Open(t.Context(), nil)
	must(t, err)
	defer func() { must(t, e.Close()) }()
	pool.SetMaxOpenConns(100)
	pool.SetMaxIdleConns(100)
	var held []interface{ Close() error }
	for err == nil && len(held) < 100 {
		var h interface{ Close() error }
		if h, err = pool.Conn(t.Context()); err == nil {
			held = append(held, h)
		}
	}
	if !errors.Is(err, postgres.ErrAway) {
		t.Fatalf("after %d connections: %v", len(held), err)
	}
	must(t, db.Writable(t.Context()))
	for _, h := range held {
		must(t, h.Close())
	}
	must(t, e.Close())
	_, err = db.Depth(t.Context(), c.ID, time.Now())
	must(t, err)
}

func TestADiskThatIsFullLosesNothingAndIsForgivenWhenThereIsRoom(t *testing.T) {
	for _, limit := range []struct {
		name   string
		octets int64
	}{{"of the tables", 3 << 20}, {"of the log", 64 << 10}} {
		t.Run(limit.name, func(t *testing.T) {
			s, _, db := battered(t, "wal_init_zero=off", "max_wal_size=64MB", "autovacuum=off")
			calls := callers{t: t, c: stocked(t, db, 3000)}
			var err error
			calls.people, err = db.Lease(t.Context(), calls.c.ID, time.Now(), 3000)
			must(t, err)
			calls.start(8, db)
			calls.progress(20)
			must(t, s.Refuse(limit.octets))
			deadline := time.Now().Add(time.Minute)
			for calls.refused.Load() == 0 && time.Now().Before(deadline) && calls.written() < 2500 {
				<-time.After(time.Millisecond)
			}
			full := calls.refused.Load()
			must(t, s.Refuse(0))
			calls.progress(20)
			calls.judge(db)
			if full == 0 {
				t.Errorf("the disk has taken all: %d outcomes", calls.written())
			}
		})
	}
}

// A caller that does not wait for a server that is away is told that nobody knows.
func TestWhoDoesNotWaitIsToldThatItIsInDoubt(t *testing.T) {
	s, _, db := battered(t)
	c := stocked(t, db, 2000)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 2000)
	must(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	var mu sync.Mutex
	told := make(map[string]error)
	var at atomic.Int64
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for ctx.Err() == nil {
				i := at.Add(1)
				if i > int64(len(people)) {
					return
				}
				a := campaigns.NewAttempt(c, people[i-1], "", time.Now())
				err := db.Begin(ctx, c, a)
				mu.Lock()
				told[a.ID] = err
				mu.Unlock()
				if err != nil {
					return
				}
			}
		})
	}
	for at.Load() < 50 {
		<-time.After(time.Millisecond)
	}
	must(t, s.Crash())
	<-time.After(50 * time.Millisecond)
	cancel()
	wg.Wait()
	must(t, s.Again())
	must(t, db.Writable(t.Context()))
	clean(t, db)
	doubtful := 0
	for id, answer := range told {
		_, err := db.Attempt(t.Context(), id)
		switch {
		case errors.Is(answer, records.ErrInDoubt):
			doubtful++
		case (answer == nil) != (err == nil):
			t.Errorf("told %v, and it is %v", answer, err)
		}
	}
	t.Logf("%d answers, %d in doubt", len(told), doubtful)
}
