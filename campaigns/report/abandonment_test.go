package report

import (
	"bytes"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

func TestAnAbandonmentReportSaysWhatWasLoosenedWhileAPeriodRan(t *testing.T) {
	day := func(n int) time.Time { return time.Date(2026, 5, n, 0, 0, 0, 0, time.UTC) }
	standing := func(from, to int) abandonment.Standing {
		return abandonment.Standing{Period: abandonment.Period{From: day(from), To: day(to)}}
	}
	r := campaigns.AbandonReport{Zone: "UTC", Lines: []campaigns.AbandonLine{{Periods: []abandonment.Standing{standing(1, 10), standing(10, 20), standing(20, 30)}}}}
	columns := func() []map[string]string {
		var b bytes.Buffer
		if err := WriteAbandonment(&b, r); err != nil {
			t.Fatal(err)
		}
		return table(t, b.String())
	}
	if _, there := columns()[0][loosenedColumn]; there {
		t.Error("the column is there, and nothing was ever loosened")
	}
	r.Loosened = []campaigns.Loosening{{Adoption: campaigns.Adoption{Set: "uk", Version: 2, By: "cora", At: day(12)}, Until: day(20)}}
	for i, want := range []bool{false, true, false} {
		if got := columns()[i][loosenedColumn]; (got != "") != want {
			t.Errorf("period %d says %q", i, got)
		}
	}
}
