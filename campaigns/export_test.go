package campaigns

import (
	"math"
	"testing"
	"time"
)

func TestTheTimeThatAnExportStillTakesIsNeverBelowZero(t *testing.T) {
	began := time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name        string
		rows, total int64
		want        time.Duration
	}{
		{"nothing is written", 0, 100, 0},
		{"half of it in ten seconds", 50, 100, 10 * time.Second},
		{"all of it", 100, 100, 0},
		{"the first rows of more than a Duration holds", 16, 1 << 40, math.MaxInt64},
	} {
		e := Export{State: ExportRunning, Began: began, Rows: c.rows, Total: c.total}
		if got := e.Left(began.Add(10 * time.Second)); got != c.want {
			t.Errorf("%s: %s left, want %s", c.name, got, c.want)
		}
	}
}
