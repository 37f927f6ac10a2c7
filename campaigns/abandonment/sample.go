package abandonment

import "math"

// Confidence is that of every bound of this package: 95 %, one-sided.
const Confidence = 0.95

// Sample is what people found who listened to calls that the detector took for
// machines.
type Sample struct {
	Labelled int64 `json:"labelled"`
	Humans   int64 `json:"humans"`
}

// Upper is the share of people among such calls that the sample does not rule
// out: the upper bound of Clopper and Pearson (Biometrika 26, 1934) at Confidence.
// 0 of 300 is 1 %, 0 of 150 is 2 %. Without a sample it is 1: nobody can say that
// any of them was a machine.
func (s Sample) Upper() float64 {
	n, k := s.Labelled, s.Humans
	if n <= 0 || k >= n {
		return 1
	}
	k = max(0, k)
	lo, hi := 0.0, 1.0
	for range 60 {
		if p := (lo + hi) / 2; atMost(k, n, p) > 1-Confidence {
			lo = p
		} else {
			hi = p
		}
	}
	return hi
}

// atMost is the chance of at most k of n at a share of p.
func atMost(k, n int64, p float64) float64 {
	sum, logP, logQ := 0.0, math.Log(p), math.Log1p(-p)
	all, _ := math.Lgamma(float64(n) + 1)
	for i := range k + 1 {
		a, _ := math.Lgamma(float64(i) + 1)
		b, _ := math.Lgamma(float64(n-i) + 1)
		sum += math.Exp(all - a - b + float64(i)*logP + float64(n-i)*logQ)
	}
	return math.Min(1, sum)
}

// FalsePositives is how many of so many calls taken for machines were people at
// most, rounded up: nobody is abandoned by halves.
func (s Sample) FalsePositives(machines int64) int64 {
	if machines <= 0 {
		return 0
	}
	return min(machines, int64(math.Ceil(s.Upper()*float64(machines)-1e-9)))
}
