package pacing

import (
	"math"
	"time"
)

// horizons are the looks ahead at which answers are weighed against releases: 1, 2, 3, 4, 6, 8 ... 32 s. What answers
// later than the last counts as coming at the last.
const (
	horizonCount = 18
	horizonLast  = 32
	maxHold      = 10 * time.Second
)

// perHorizon holds one figure for each horizon.
type perHorizon [horizonCount]float64

// horizon returns the seconds of look-ahead number i.
func horizon(i int) int {
	if i < 4 {
		return i + 1
	}
	return 2*i - 2
}

// at interpolates between horizons; before the first it runs down to zero at 0 s.
func (h perHorizon) at(seconds float64) float64 {
	before, left := 0.0, 0.0
	for i := range horizonCount {
		right := float64(horizon(i))
		if seconds <= right {
			return before + (h[i]-before)*max(0, seconds-left)/(right-left)
		}
		before, left = h[i], right
	}
	return before
}

// logNormal is the distribution of a positive duration with the given mean in seconds and coefficient of variation.
type logNormal struct{ mean, cv float64 }

// below returns the chance that a draw is at most x seconds.
func (d logNormal) below(x float64) float64 {
	if x <= 0 {
		return 0
	}
	s2 := math.Log(1 + d.cv*d.cv)
	return normalBelow((math.Log(x) - math.Log(d.mean) + s2/2) / math.Sqrt(s2))
}

func normalBelow(z float64) float64 { return 0.5 * math.Erfc(-z/math.Sqrt2) }
