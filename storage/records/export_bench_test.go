package records

import (
	"io"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/report"
)

// called fills a ledger with n calls that ended.
func called(b *testing.B, db *DB, n int) {
	b.Helper()
	c, l := newCampaign(b, db, "bench")
	fill(b, db, l, n)
	stock := leaseAll(b, db, c)
	var at atomic.Int64
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			err := dial(b.Context(), db, c, func() (campaigns.Contact, bool) {
				i := at.Add(1) - 1
				if i >= int64(len(stock)) {
					return campaigns.Contact{}, false
				}
				return stock[i], true
			}, &times{})
			if err != nil {
				b.Error(err)
			}
		})
	}
	wg.Wait()
}

// BenchmarkExport measures the call log from the file to CSV, pages read
// beside the writing; each op is one row of 50,000 that are written again and
// again.
func BenchmarkExport(b *testing.B) {
	db := openTest(b)
	called(b, db, 50_000)
	b.ReportAllocs()
	b.ResetTimer()
	rows := int64(0)
	for rows < int64(b.N) {
		n, err := report.WriteCSV(io.Discard, db.Calls(b.Context(), campaigns.CallFilter{}), report.Options{})
		if err != nil {
			b.Fatal(err)
		}
		rows += n
	}
	b.ReportMetric(float64(rows)/b.Elapsed().Seconds(), "rows/s")
}
