package records

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// newCampaign creates a running campaign that may call at any hour, with a list.
func newCampaign(t testing.TB, db *DB, name string) (campaigns.Campaign, campaigns.List) {
	t.Helper()
	c := campaigns.NewCampaign(name)
	c.Windows, c.Cooldown = rules.Always(), 0
	c, err := db.CreateCampaign(t.Context(), c, "tester")
	if err != nil {
		t.Fatal(err)
	}
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	if err != nil {
		t.Fatal(err)
	}
	return c, l
}

// people makes contacts as an import makes them: a name, some fields, a phone.
func people(from, n int) []campaigns.Contact {
	out := make([]campaigns.Contact, n)
	for i := range out {
		// Numbers lie all over the country, as those of a bought list do.
		num := uint64(from+i+1) * 2654435761 % 100_000_000
		out[i] = campaigns.Contact{
			Row: from + i + 2, External: fmt.Sprintf("C-%07d", from+i), Name: "Žofia Nováková", Company: "Příklad s.r.o.",
			Fields: map[string]string{"city": "Brno", "balance": "120.50", "since": "2019-04-01"},
			Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", num), Region: "ES", Kind: "mobile", Zones: []string{"Europe/Madrid"}}},
		}
	}
	return out
}

// fill imports n contacts and returns the load.
func fill(t testing.TB, db *DB, l campaigns.List, n int) int64 {
	t.Helper()
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "bench", Policy: campaigns.SkipDuplicates})
	if err != nil {
		t.Fatal(err)
	}
	for from := 0; from < n; from += 10_000 {
		if _, err := db.AddContacts(t.Context(), load, people(from, min(10_000, n-from)), campaigns.SkipDuplicates); err != nil {
			t.Fatal(err)
		}
	}
	return load
}

// times collects how long operations took, from many goroutines.
type times struct {
	mu  sync.Mutex
	all []time.Duration
}

func (s *times) add(d time.Duration) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, d)
}

func (s *times) report(b *testing.B, prefix string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if len(s.all) == 0 {
		return
	}
	slices.Sort(s.all)
	at := func(share float64) float64 {
		return float64(s.all[int(share*float64(len(s.all)-1))].Microseconds()) / 1000
	}
	b.ReportMetric(at(0.50), prefix+"p50-ms")
	b.ReportMetric(at(0.99), prefix+"p99-ms")
	b.ReportMetric(at(1), prefix+"max-ms")
}

// dial begins and finishes attempts at contacts until they are used up.
func dial(ctx context.Context, db *DB, c campaigns.Campaign, next func() (campaigns.Contact, bool), took *times) error {
	for {
		p, ok := next()
		if !ok {
			return nil
		}
		a := campaigns.NewAttempt(c, p, "+34910000000", time.Now())
		start := time.Now()
		if err := db.Begin(ctx, c, a); err != nil {
			return err
		}
		took.add(time.Since(start))
		a.Outcome, a.Trunk, a.Code, a.EndedBy = campaigns.NoAnswer, "main", 487, "us"
		a.SentAt, a.RingingAt, a.EndedAt = a.IntentAt, a.IntentAt, a.IntentAt
		start = time.Now()
		if err := db.Finish(ctx, *a); err != nil {
			return err
		}
		took.add(time.Since(start))
	}
}

// BenchmarkLedgerCommits measures durable appends: Begin and Finish, one each
// per call, from as many callers as a busy engine has.
func BenchmarkLedgerCommits(b *testing.B) {
	for _, callers := range []int{1, 8, 32, 256} {
		b.Run(fmt.Sprintf("callers=%d", callers), func(b *testing.B) {
			db := openTest(b)
			c, l := newCampaign(b, db, "bench")
			fill(b, db, l, b.N/2+callers)
			stock := leaseAll(b, db, c)
			var at atomic.Int64
			next := func() (campaigns.Contact, bool) {
				i := at.Add(1) - 1
				if i >= int64(b.N+1)/2 || i >= int64(len(stock)) {
					return campaigns.Contact{}, false
				}
				return stock[i], true
			}
			var took times
			var wg sync.WaitGroup
			b.ResetTimer()
			for range callers {
				wg.Go(func() {
					if err := dial(b.Context(), db, c, next, &took); err != nil {
						b.Error(err)
					}
				})
			}
			wg.Wait()
			b.StopTimer()
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
			took.report(b, "")
		})
	}
}

// BenchmarkLedgerSteady measures how long an append takes when calls come at
// an even rate, 5,000 appends a second, whatever the store makes of them.
func BenchmarkLedgerSteady(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "bench")
	fill(b, db, l, b.N/2+1)
	stock := leaseAll(b, db, c)
	var took times
	var wg sync.WaitGroup
	start := time.Now()
	b.ResetTimer()
	for i := 0; i < (b.N+1)/2; i++ {
		due := start.Add(time.Duration(i) * 400 * time.Microsecond) // one call, two appends
		if wait := time.Until(due); wait > time.Millisecond {
			<-time.After(wait)
		}
		wg.Go(func() {
			first := true
			err := dial(b.Context(), db, c, func() (campaigns.Contact, bool) {
				defer func() { first = false }()
				return stock[i], first
			}, &took)
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
	b.StopTimer()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "commits/s")
	took.report(b, "")
}

func leaseAll(b testing.TB, db *DB, c campaigns.Campaign) []campaigns.Contact {
	b.Helper()
	var all []campaigns.Contact
	for {
		some, err := db.Lease(b.Context(), c.ID, time.Now(), 1000)
		if err != nil {
			b.Fatal(err)
		}
		if len(some) == 0 {
			return all
		}
		all = append(all, some...)
	}
}

// BenchmarkLease measures taking contacts for a hopper, fifty at a time.
func BenchmarkLease(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "bench")
	fill(b, db, l, b.N)
	b.ResetTimer()
	n := 0
	for n < b.N {
		some, err := db.Lease(b.Context(), c.ID, time.Now(), 50)
		if err != nil || len(some) == 0 {
			b.Fatalf("%d leased: %v", n, err)
		}
		n += len(some)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "contacts/s")
}

// BenchmarkImport measures contacts stored, with duplicates sought, from two
// callers as the importer has them. Each op is one contact.
func BenchmarkImport(b *testing.B) {
	db := openTest(b)
	_, l := newCampaign(b, db, "bench")
	load, err := db.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "bench", Policy: campaigns.SkipDuplicates})
	if err != nil {
		b.Fatal(err)
	}
	batches := make(chan []campaigns.Contact, 4)
	b.ResetTimer()
	var wg sync.WaitGroup
	for range 2 {
		wg.Go(func() {
			for batch := range batches {
				if _, err := db.AddContacts(b.Context(), load, batch, campaigns.SkipDuplicates); err != nil {
					b.Error(err)
				}
			}
		})
	}
	for from := 0; from < b.N; from += 500 {
		batches <- people(from, min(500, b.N-from))
	}
	close(batches)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contacts/s")
}

// BenchmarkBeginDuringImport measures how long calls wait for the ledger while
// contacts pour in: 50 calls in the air, each op one contact imported.
func BenchmarkBeginDuringImport(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "bench")
	fill(b, db, l, 20_000)
	stock := leaseAll(b, db, c)
	other, err := db.CreateList(b.Context(), campaigns.List{Campaign: c.ID, Name: "other", Active: false})
	if err != nil {
		b.Fatal(err)
	}
	load, err := db.BeginLoad(b.Context(), campaigns.Load{List: other.ID, Source: "bench", Policy: campaigns.SkipDuplicates})
	if err != nil {
		b.Fatal(err)
	}
	var took times
	done := make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() { paced(b, db, c, stock, done, &took) })
	b.ResetTimer()
	for from := 0; from < b.N; from += 500 {
		batch := people(1_000_000+from, min(500, b.N-from))
		if _, err := db.AddContacts(b.Context(), load, batch, campaigns.SkipDuplicates); err != nil {
			b.Fatal(err)
		}
	}
	b.StopTimer()
	close(done)
	wg.Wait()
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "contacts/s")
	took.report(b, "ledger-")
}

// paced places 200 calls a second until done.
func paced(b *testing.B, db *DB, c campaigns.Campaign, stock []campaigns.Contact, done <-chan struct{}, took *times) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, p := range stock {
		select {
		case <-done:
			return
		case <-tick.C:
		}
		wg.Go(func() {
			first := true
			err := dial(b.Context(), db, c, func() (campaigns.Contact, bool) {
				defer func() { first = false }()
				return p, first
			}, took)
			if err != nil {
				b.Error(err)
			}
		})
	}
}

// BenchmarkCalls measures reading the call log; each op is one call.
func BenchmarkCalls(b *testing.B) {
	db := openTest(b)
	called(b, db, 50_000)
	b.ReportAllocs()
	b.ResetTimer()
	for n := 0; n < b.N; {
		for _, err := range db.Calls(b.Context(), campaigns.CallFilter{Limit: b.N - n}) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
	}
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}

// BenchmarkVerify measures the checker; each op is one link of the chain.
func BenchmarkVerify(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "bench")
	fill(b, db, l, 20_000)
	stock := leaseAll(b, db, c)
	at := 0
	err := dial(b.Context(), db, c, func() (campaigns.Contact, bool) {
		if at++; at > 2000 {
			return campaigns.Contact{}, false
		}
		return stock[at-1], true
	}, &times{})
	if err != nil {
		b.Fatal(err)
	}
	b.ResetTimer()
	links := int64(0)
	for links < int64(b.N) {
		f, err := db.Verify(b.Context(), time.Now())
		if err != nil || !f.Clean() {
			b.Fatalf("%v %+v", err, f.Broken)
		}
		links += f.Records
	}
	b.ReportMetric(float64(links)/b.Elapsed().Seconds(), "links/s")
}
