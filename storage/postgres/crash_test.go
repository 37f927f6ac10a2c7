package postgres_test

import (
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
)

func TestAServerThatCrashesLosesNothingThatWasAcknowledged(t *testing.T) {
	s, err := pgtest.Start("max_connections=50")
	if err != nil {
		t.Skip(err)
	}
	defer func() { _ = s.Stop() }()
	name, err := s.Database(t.Context(), "")
	must(t, err)
	e, err := postgres.At(s.Address(name))
	must(t, err)
	db, err := records.Open(t.Context(), records.Settings{Engine: e})
	must(t, err)
	defer func() { _ = db.Close() }()
	c := stocked(t, db, 2000)
	people, err := db.Lease(t.Context(), c.ID, time.Now(), 2000)
	must(t, err)
	const crashes = 3
	var at, back atomic.Int64
	var mu sync.Mutex
	var acked []string
	doubtful := 0
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			for back.Load() < crashes || at.Load() < 100 {
				i := at.Add(1)
				if i > int64(len(people)) {
					return
				}
				a := campaigns.NewAttempt(c, people[i-1], "", time.Now())
				err := db.Begin(t.Context(), c, a)
				mu.Lock()
				if err == nil {
					acked = append(acked, a.ID)
				} else {
					doubtful++
				}
				mu.Unlock()
				for err != nil && t.Context().Err() == nil { // until the server is back
					runtime.Gosched()
					err = db.Writable(t.Context())
				}
			}
		})
	}
	enough := func(n int) {
		for {
			mu.Lock()
			got := len(acked)
			mu.Unlock()
			if got >= n || t.Context().Err() != nil || at.Load() >= int64(len(people)) {
				return
			}
			runtime.Gosched()
		}
	}
	for i := range crashes {
		enough(60 * (i + 1))
		must(t, s.Crash())
		must(t, s.Again())
		back.Add(1)
	}
	wg.Wait()
	f := clean(t, db)
	t.Logf("%d acknowledged, %d in the ledger, %d failed", len(acked), f.Attempts, doubtful)
	for _, id := range acked {
		if _, err := db.Attempt(t.Context(), id); err != nil {
			t.Errorf("an attempt that was acknowledged is gone: %v", err)
		}
	}
	if f.Attempts < int64(len(acked)) {
		t.Fatalf("%d acknowledged, %d in the ledger", len(acked), f.Attempts)
	}
}
