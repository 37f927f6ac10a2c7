package postgres_test

import (
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/storagetest/tally"
)

// The server waits for its disk.
//
//	go test -run '^$' -bench . -benchtime 1x ./storage/postgres
func measured(b *testing.B) *pgtest.Server {
	b.Helper()
	return private(b, "max_connections=400", "shared_buffers=256MB")
}

// opened opens a new database n times.
func opened(b *testing.B, s *pgtest.Server, n int) []*records.DB {
	b.Helper()
	name, err := s.Database(b.Context(), "")
	must(b, err)
	all := make([]*records.DB, n)
	for i := range all {
		all[i] = newStore(b, s.Address(name))
	}
	return all
}

// BenchmarkLedgerCommits measures durable commits, Begin and Finish of calls in turn,
// of one node and of three, beside those of pgbench with as many clients.
func BenchmarkLedgerCommits(b *testing.B) {
	s := measured(b)
	for _, callers := range []int{1, 32, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			for range b.N {
				compareCommits(b, s, callers)
			}
		})
	}
}

func compareCommits(b *testing.B, s *pgtest.Server, callers int) {
	row, call := newYardstick(b, s, oneRowTable, oneRow, callers), newYardstick(b, s, callTables, oneCall, callers)
	all := opened(b, s, 3)
	stock := 2 * turns * turnSeconds * min(400*callers, 3000)
	c := stocked(b, all[0], stock)
	leased, err := all[0].Lease(b.Context(), c.ID, time.Now(), stock)
	must(b, err)
	p := &placing{campaign: c, stock: leased}
	p.turn(b, all, callers) // plans are made, connections opened
	figures := tally.Turns{}
	for range turns {
		figures.Add("pgbench-row/s", row.turn(b, callers))
		figures.Add("one-node/s", p.turn(b, all[:1], callers).rate)
		figures.Add("pgbench-call/s", call.turn(b, callers))
		before := used(b, s)
		got := p.turn(b, all, callers)
		figures.Add("three-nodes/s", got.rate)
		figures.Add("begin-p50-ms", got.at(0.5))
		figures.Add("begin-p99-ms", got.at(0.99))
		after := used(b, s)
		figures.Add("server-cpu-us/commit", float64((after.server-before.server).Microseconds())/got.commits)
		figures.Add("node-cpu-us/commit", float64((after.own-before.own).Microseconds())/got.commits)
	}
	figures.Report(b)
	figures.Ratio(b, "one/row", "one-node/s", "pgbench-row/s")
	figures.Ratio(b, "one/call", "one-node/s", "pgbench-call/s")
	figures.Ratio(b, "three/call", "three-nodes/s", "pgbench-call/s")
}

// placing are calls that begin and end without a phone.
type placing struct {
	campaign campaigns.Campaign
	stock    []campaigns.Contact
	next     atomic.Int64
}

// placed is what one turn came to.
type placed struct {
	commits, rate float64
	took          []time.Duration // of each Begin, the shortest first
}

// at is the time in milliseconds within which a share of the Begins were durable.
func (p placed) at(share float64) float64 {
	if len(p.took) == 0 {
		return 0
	}
	return float64(p.took[int(share*float64(len(p.took)-1))].Microseconds()) / 1000
}

// turn lets callers place calls for a turn, or until nobody is left to be called.
func (p *placing) turn(b *testing.B, all []*records.DB, callers int) (out placed) {
	b.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	began := time.Now()
	for w := range callers {
		wg.Go(func() {
			took, err := p.call(b, all[w%len(all)], began.Add(turnSeconds*time.Second))
			if err != nil {
				b.Error(err)
			}
			mu.Lock()
			defer mu.Unlock()
			out.took = append(out.took, took...)
		})
	}
	wg.Wait()
	out.commits = 2 * float64(len(out.took))
	out.rate = out.commits / time.Since(began).Seconds()
	slices.Sort(out.took)
	return out
}

func (p *placing) call(b *testing.B, db *records.DB, until time.Time) (took []time.Duration, err error) {
	for time.Now().Before(until) {
		i := p.next.Add(1) - 1
		if i >= int64(len(p.stock)) {
			return took, nil
		}
		a := campaigns.NewAttempt(p.campaign, p.stock[i], "+34910000000", time.Now())
		start := time.Now()
		if err := db.Begin(b.Context(), p.campaign, a); err != nil {
			return took, err
		}
		took = append(took, time.Since(start))
		if err := db.Finish(b.Context(), ended(*a)); err != nil {
			return took, err
		}
	}
	return took, nil
}

// computed is what server and nodes have computed.
type computed struct{ server, own time.Duration }

func used(b *testing.B, s *pgtest.Server) computed {
	b.Helper()
	server, err := s.CPU()
	must(b, err)
	var u syscall.Rusage
	must(b, syscall.Getrusage(syscall.RUSAGE_SELF, &u))
	return computed{server: server, own: time.Duration(u.Utime.Nano() + u.Stime.Nano())}
}

// BenchmarkClaims measures contacts that are leased in batches and given back, by one
// node and by three at once, beside pgbench with as many clients.
func BenchmarkClaims(b *testing.B) {
	s := measured(b)
	for _, batch := range []int{100, 1000} {
		for _, nodes := range []int{1, 3} {
			b.Run(fmt.Sprintf("batch=%d/nodes=%d", batch, nodes), func(b *testing.B) {
				for range b.N {
					compareClaims(b, s, batch, nodes)
				}
			})
		}
	}
}

func compareClaims(b *testing.B, s *pgtest.Server, batch, nodes int) {
	plain := newYardstick(b, s, peopleTable, fmt.Sprintf(oneClaim, batch), nodes)
	all := opened(b, s, nodes)
	c := stocked(b, all[0], 20_000)
	claim(b, all, c.ID, batch) // plans are made
	figures := tally.Turns{}
	for range turns {
		figures.Add("pgbench-contacts/s", plain.turn(b, nodes)*float64(batch))
		rate, took := claim(b, all, c.ID, batch)
		figures.Add("contacts/s", rate)
		figures.Add("lease-p50-ms", placed{took: took}.at(0.5))
		figures.Add("lease-p99-ms", placed{took: took}.at(0.99))
	}
	figures.Report(b)
	figures.Ratio(b, "pgbench", "contacts/s", "pgbench-contacts/s")
}

// claim claims and gives back for a turn.
func claim(b *testing.B, all []*records.DB, campaign int64, batch int) (rate float64, took []time.Duration) {
	b.Helper()
	var mu sync.Mutex
	var wg sync.WaitGroup
	claimed := 0
	began := time.Now()
	for _, db := range all {
		wg.Go(func() {
			for time.Since(began) < turnSeconds*time.Second {
				start := time.Now()
				got, err := db.Lease(b.Context(), campaign, time.Now(), batch)
				lasted := time.Since(start)
				if err == nil {
					err = giveBack(b, db, got)
				}
				if err != nil {
					b.Error(err)
					return
				}
				mu.Lock()
				claimed += len(got)
				took = append(took, lasted)
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	slices.Sort(took)
	return float64(claimed) / time.Since(began).Seconds(), took
}

func giveBack(b *testing.B, db *records.DB, people []campaigns.Contact) error {
	ids := make([]int64, len(people))
	for i, p := range people {
		ids[i] = p.ID
	}
	return db.Release(b.Context(), ids)
}

// BenchmarkClaimsBesideCalls measures hoppers that are filled in batches of 100 on one
// node while another one writes calls as fast as it can, and what these wait: with
// claims, and without.
//
//	go test -run '^$' -bench ClaimsBesideCalls -benchtime 20000x ./storage/postgres
func BenchmarkClaimsBesideCalls(b *testing.B) {
	s := measured(b)
	for _, hopper := range []bool{true, false} {
		b.Run(fmt.Sprintf("claims=%t", hopper), func(b *testing.B) { claimsBeside(b, opened(b, s, 2), hopper) })
	}
}

// beside is how many calls there are to be written meanwhile, at most.
const beside = 20_000

func claimsBeside(b *testing.B, all []*records.DB, hopper bool) {
	hers, calls := stocked(b, all[0], b.N), named(b, all[1], "calls", beside)
	var mu sync.Mutex
	var begins, claims []time.Duration
	timed := func(to *[]time.Duration, do func() error) error {
		start := time.Now()
		err := do()
		mu.Lock()
		defer mu.Unlock()
		*to = append(*to, time.Since(start))
		return err
	}
	stock, err := all[1].Lease(b.Context(), calls.ID, time.Now(), beside)
	must(b, err)
	var over atomic.Bool
	var at atomic.Int64
	var wg sync.WaitGroup
	b.ResetTimer()
	for range 32 {
		wg.Go(func() {
			for !over.Load() {
				i := at.Add(1)
				if i > beside {
					return
				}
				a := campaigns.NewAttempt(calls, stock[i-1], "", time.Now())
				err := timed(&begins, func() error { return all[1].Begin(b.Context(), calls, a) })
				if err == nil {
					err = all[1].Finish(b.Context(), ended(*a))
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	for n := 0; hopper && n < b.N; {
		err := timed(&claims, func() error {
			got, err := all[0].Lease(b.Context(), hers.ID, time.Now(), 100)
			n += len(got)
			if len(got) == 0 {
				return fmt.Errorf("nobody is left of %d after %d", b.N, n)
			}
			return err
		})
		must(b, err)
	}
	if !hopper {
		time.Sleep(3 * time.Second)
	}
	b.StopTimer()
	over.Store(true)
	wg.Wait()
	for name, took := range map[string][]time.Duration{"begin": begins, "claim": claims} {
		if slices.Sort(took); len(took) > 0 {
			b.ReportMetric(float64(took[len(took)/2].Microseconds())/1000, name+"-p50-ms")
			b.ReportMetric(float64(took[len(took)*99/100].Microseconds())/1000, name+"-p99-ms")
		}
	}
	b.ReportMetric(2*float64(len(begins))/b.Elapsed().Seconds(), "commits/s")
	if hopper {
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contacts/s")
	}
}

// BenchmarkImport measures contacts that are added to a list.
func BenchmarkImport(b *testing.B) {
	s := measured(b)
	b.Run("rows", func(b *testing.B) {
		db := opened(b, s, 1)[0]
		b.ResetTimer()
		stocked(b, db, b.N)
		b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "rows/s")
	})
}
