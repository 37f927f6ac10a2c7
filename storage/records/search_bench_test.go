package records

import (
	"fmt"
	"os"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// searchedCalls is how large the ledger of the benchmark is: FORECALL_CALLS, or
// a million.
func searchedCalls() int64 {
	if n, err := strconv.ParseInt(os.Getenv("FORECALL_CALLS"), 10, 64); err == nil {
		return n
	}
	return 1_000_000
}

// BenchmarkSearch measures the first and the tenth page of every kind of search,
// by an index that is in memory and by one that is read from disk first; how
// long the index is made, and what it takes on disk.
func BenchmarkSearch(b *testing.B) {
	n := searchedCalls()
	db := openTest(b)
	bulky(b, db, n)
	began := time.Now()
	for more := true; more; {
		var err error
		if more, err = db.index.tendOnce(b.Context()); err != nil {
			b.Fatal(err)
		}
	}
	took := time.Since(began)
	var octets, table float64
	for query, to := range map[string]*float64{`SELECT SUM(LENGTH(body)) FROM call_columns`: &octets, `SELECT page_count * page_size FROM pragma_page_count, pragma_page_size`: &table} {
		if err := db.read.QueryRow(query).Scan(to); err != nil {
			b.Fatal(err)
		}
	}
	b.Logf("%d calls: index made in %.1f s, %.1f MB of %.0f MB", n, took.Seconds(), octets/1e6, table/1e6)
	searches := searchesOf(n)
	for _, name := range slices.Sorted(func(yield func(string) bool) {
		for name := range searches {
			if !yield(name) {
				return
			}
		}
	}) {
		s := searches[name]
		s.Limit = 50
		b.Run(fmt.Sprintf("%s/first", name), func(b *testing.B) {
			db.index.drop()
			began := time.Now()
			found := timed(b, db, s)
			cold := time.Since(began)
			for b.Loop() {
				found = timed(b, db, s)
			}
			b.ReportMetric(float64(cold.Microseconds())/1000, "cold-ms")
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
			b.ReportMetric(float64(found.Count), "calls")
		})
		b.Run(fmt.Sprintf("%s/tenth", name), func(b *testing.B) {
			page := s
			for range 9 {
				found := timed(b, db, page)
				if found.Next == 0 {
					b.Skip("fewer pages")
				}
				page.After = found.Next
			}
			for b.Loop() {
				timed(b, db, page)
			}
			b.ReportMetric(float64(b.Elapsed().Microseconds())/1000/float64(b.N), "ms")
		})
	}
}

func timed(b *testing.B, db *DB, s campaigns.CallSearch) campaigns.FoundCalls {
	b.Helper()
	found, err := db.FindCalls(b.Context(), s)
	if err != nil || found.Behind > 0 {
		b.Fatalf("%v, %d behind", err, found.Behind)
	}
	return found
}

// BenchmarkSearchFollows measures how long a search waits for calls that were
// made since the last one; each op is one call.
func BenchmarkSearchFollows(b *testing.B) {
	db := openTest(b)
	bulky(b, db, 1000)
	timed(b, db, campaigns.CallSearch{Agent: 1})
	bulky(b, db, int64(b.N))
	b.ResetTimer()
	timed(b, db, campaigns.CallSearch{Agent: 1})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
}
