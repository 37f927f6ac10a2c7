package sim

import (
	"math"
	"slices"
)

// sum makes one result of the shifts.
func sum(each []Shift, limit float64) Result {
	r := Result{Shifts: len(each), Each: each}
	n := float64(len(each))
	waits := 0
	for _, s := range each {
		r.Occupancy += s.Occupancy / n
		r.LinesMean += s.LinesMean / n
		r.LinesMax = max(r.LinesMax, s.LinesMax)
		r.AbandonmentMax = max(r.AbandonmentMax, s.Abandonment())
		r.WorstHalfHour = max(r.WorstHalfHour, s.WorstHalfHour)
		r.Connects += s.Connects
		r.Answered += s.Answered
		r.Abandoned += s.Abandoned
		r.Dials += s.Dials
		r.Cancelled += s.Cancelled
		waits += len(s.waits)
		if s.overCap(limit) {
			r.ShiftsOverCap++
		}
	}
	r.Abandonment = float64(r.Abandoned) / float64(max(1, r.Answered))
	r.DialsPer = float64(r.Dials) / float64(max(1, r.Connects))
	r.OccupancySD = deviation(each, r.Occupancy)
	r.WaitMean, r.WaitP95 = waiting(each, waits)
	return r
}

// overCap is exact where the cap allows exactly this many.
func (s Shift) overCap(limit float64) bool {
	return float64(s.Abandoned) > limit*float64(s.Answered)+1e-9
}

func deviation(each []Shift, mean float64) float64 {
	if len(each) < 2 {
		return 0
	}
	squares := 0.0
	for _, s := range each {
		squares += (s.Occupancy - mean) * (s.Occupancy - mean)
	}
	return math.Sqrt(squares / float64(len(each)-1))
}

// waiting returns the mean and the 95th percentile of all idle times.
func waiting(each []Shift, n int) (mean, p95 float64) {
	if n == 0 {
		return 0, 0
	}
	all := make([]float64, 0, n)
	for _, s := range each {
		all = append(all, s.waits...)
	}
	slices.Sort(all)
	for _, x := range all {
		mean += x / float64(n)
	}
	return mean, all[int(math.Ceil(0.95*float64(n)))-1]
}
