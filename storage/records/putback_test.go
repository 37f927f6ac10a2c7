package records

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// BenchmarkClosed measures how fast contacts whose calling window is closed go
// through a hopper and back into the store: leased, and put back until one of
// seven times, as they are when a list lies in several zones.
func BenchmarkClosed(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "c")
	fill(b, db, l, 100_000)
	now := time.Now()
	back := make([]campaigns.Back, 0, 400)
	n := 0
	b.ResetTimer()
	for b.Loop() {
		people, err := db.Lease(b.Context(), c.ID, now, 400)
		must(b, err)
		back = back[:0]
		for i, p := range people {
			back = append(back, campaigns.Back{Contact: p.ID, Until: now.Add(time.Duration(1+i%7) * time.Hour)})
		}
		must(b, db.PutBack(b.Context(), back))
		if n += len(people); len(people) < 400 {
			now = now.Add(24 * time.Hour) // everybody is due again
		}
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "contacts/s")
}

// BenchmarkJudge measures how fast a hopper judges contacts by ten rules beside
// the base rules: the facts of each read out of a snapshot, in leases of 400.
func BenchmarkJudge(b *testing.B) {
	db := openTest(b)
	c, l := newCampaign(b, db, "c")
	fill(b, db, l, 4000)
	must(b, adoptText(b.Context(), db, tenRules))
	db.SetRegisters(onNoList{time.Now()})
	people := leaseAll(b, db, c)
	n := 0
	b.ResetTimer()
	for b.Loop() {
		from := n % 4000
		got, err := db.Judge(b.Context(), c.ID, people[from:from+400], time.Now())
		must(b, err)
		if !got[0].Allowed {
			b.Fatalf("%+v", got[0])
		}
		n += 400
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "contacts/s")
}

// BenchmarkForesee measures what rules cost an import: who of a list is barred,
// in batches of 500, by ten rules beside the base rules.
func BenchmarkForesee(b *testing.B) {
	db := openTest(b)
	c, _ := newCampaign(b, db, "c")
	must(b, adoptText(b.Context(), db, tenRules))
	db.SetRegisters(onNoList{time.Now()})
	batch := people(0, 500)
	n := 0
	b.ResetTimer()
	for b.Loop() {
		_, err := db.Foresee(b.Context(), c.ID, batch)
		must(b, err)
		n += len(batch)
	}
	b.ReportMetric(float64(n)/b.Elapsed().Seconds(), "rows/s")
}
