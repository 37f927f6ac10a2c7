package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
)

// BenchmarkLedgerCommits measures durable appends, Begin and Finish of a call,
// of several nodes with a server that waits for its disk.
func BenchmarkLedgerCommits(b *testing.B) {
	s, err := pgtest.Start("max_connections=200", "shared_buffers=256MB")
	if err != nil {
		b.Skip(err)
	}
	defer func() { _ = s.Stop() }()
	for _, n := range []int{1, 3} {
		for _, callers := range []int{1, 32, 256} {
			b.Run(fmt.Sprintf("nodes=%d/callers=%d", n, callers), func(b *testing.B) { commits(b, s, n, callers) })
		}
	}
}

func commits(b *testing.B, s *pgtest.Server, n, callers int) {
	name, err := s.Database(b.Context(), "")
	must(b, err)
	all := make([]*records.DB, n)
	for i := range all {
		e, err := postgres.At(s.Address(name))
		must(b, err)
		all[i], err = records.Open(b.Context(), records.Settings{Engine: e})
		must(b, err)
		defer func() { _ = all[i].Close() }()
	}
	c := stocked(b, all[0], b.N/2+callers)
	stock, err := all[0].Lease(b.Context(), c.ID, time.Now(), b.N/2+callers)
	must(b, err)
	var at atomic.Int64
	var mu sync.Mutex
	var took []time.Duration
	b.ResetTimer()
	var wg sync.WaitGroup
	for w := range callers {
		wg.Go(func() {
			for {
				i := at.Add(1)
				if i > int64(b.N/2) {
					return
				}
				db, p := all[w%n], stock[i-1]
				a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
				start := time.Now()
				if err := db.Begin(b.Context(), c, a); err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				took = append(took, time.Since(start))
				mu.Unlock()
				if err := db.Finish(b.Context(), ended(*a)); err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	slices.Sort(took)
	if len(took) > 0 {
		b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, "begin-p50-ms")
		b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, "begin-p99-ms")
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
}
