package exports

import (
	"context"
	"fmt"
	"log/slog"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// BenchmarkExport measures a file of calls from the ledger to the disk, summed
// and synced, as an export is written; each op is one file of 20,000 calls.
func BenchmarkExport(b *testing.B) {
	const calls = 20_000
	db := dialed(b, calls)
	works, err := New(Settings{Store: db, Folder: b.TempDir(), Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		b.Fatal(err)
	}
	for _, format := range []campaigns.ExportFormat{campaigns.FormatCSV, campaigns.FormatJSONLines, campaigns.FormatParquet} {
		b.Run(string(format), func(b *testing.B) {
			var octets int64
			for b.Loop() {
				var rows, total atomic.Int64
				var err error
				if _, octets, err = works.write(b.Context(), campaigns.Export{ID: 1, Format: format}, &rows, &total); err != nil || rows.Load() != calls {
					b.Fatalf("%d rows, %v", rows.Load(), err)
				}
			}
			b.ReportMetric(calls*float64(b.N)/b.Elapsed().Seconds(), "rows/s")
			b.ReportMetric(float64(octets)/calls, "octets/row")
		})
	}
}

// dialed is a store with so many calls that ended.
func dialed(b *testing.B, n int) *records.DB {
	b.Helper()
	must := func(err error) {
		b.Helper()
		if err != nil {
			b.Fatal(err)
		}
	}
	db, err := records.Open(b.Context(), records.Settings{Engine: sqlite.At(filepath.Join(b.TempDir(), "forecall.db"))})
	must(err)
	b.Cleanup(func() { must(db.Close()) })
	c := campaigns.NewCampaign("bench")
	c.Windows, c.Cooldown = rules.Always(), 0
	c, err = db.CreateCampaign(b.Context(), c, "bench")
	must(err)
	l, err := db.CreateList(b.Context(), campaigns.List{Campaign: c.ID, Name: "list", Active: true})
	must(err)
	load, err := db.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Campaign: c.ID, Source: "bench", Policy: campaigns.SkipDuplicates})
	must(err)
	people := make([]campaigns.Contact, n)
	for i := range people {
		people[i] = campaigns.Contact{Row: i + 2, Name: "Žofia Nováková", Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346%08d", i), Zones: []string{"Europe/Madrid"}}}}
	}
	_, err = db.AddContacts(b.Context(), load, people, campaigns.SkipDuplicates)
	must(err)
	var next atomic.Int64
	stock := make([]campaigns.Contact, 0, n)
	for len(stock) < n {
		some, err := db.Lease(b.Context(), c.ID, time.Now(), 1000)
		must(err)
		stock = append(stock, some...)
	}
	var wg sync.WaitGroup
	for range 64 {
		wg.Go(func() {
			for i := next.Add(1) - 1; i < int64(n); i = next.Add(1) - 1 {
				a := campaigns.NewAttempt(c, stock[i], "+34910000000", time.Now())
				err := db.Begin(context.Background(), c, a)
				if err == nil {
					a.Outcome, a.Trunk, a.Code, a.EndedBy = campaigns.NoAnswer, "main", 487, "us"
					a.SentAt, a.RingingAt, a.EndedAt = a.IntentAt, a.IntentAt, a.IntentAt
					err = db.Finish(context.Background(), *a)
				}
				if err != nil {
					b.Error(err)
					return
				}
			}
		})
	}
	wg.Wait()
	return db
}
