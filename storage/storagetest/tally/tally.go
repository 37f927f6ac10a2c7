// Package tally is for benchmarks that hold a store against a yardstick turn by turn,
// and report the median of the turns: the machine has its days, and its minutes.
package tally

import (
	"slices"
	"testing"
)

// Turns is the figures of all turns, by their units.
type Turns map[string][]float64

// Add notes a figure of one turn.
func (a Turns) Add(unit string, n float64) { a[unit] = append(a[unit], n) }

// Median is the median of a unit's figures, the upper of two; 0 when there is none.
func (a Turns) Median(unit string) float64 {
	all := slices.Sorted(slices.Values(a[unit]))
	if len(all) == 0 {
		return 0
	}
	return all[len(all)/2]
}

// Report reports the median of each unit.
func (a Turns) Report(b *testing.B) {
	b.Helper()
	b.ReportMetric(0, "ns/op") // says nothing here
	for unit := range a {
		b.ReportMetric(a.Median(unit), unit)
	}
}

// Ratio reports how one stands to another, as name-ratio; nothing when that is 0.
func (a Turns) Ratio(b *testing.B, name, ours, theirs string) {
	b.Helper()
	if d := a.Median(theirs); d > 0 {
		b.ReportMetric(a.Median(ours)/d, name+"-ratio")
	}
}
