package sqlite

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
