package api

import "math"

// rounded keeps so many decimals; what is no number is 0, since JSON has no word for it.
func rounded(v float64, decimals int) float64 {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return 0
	}
	p := math.Pow(10, float64(decimals))
	return math.Round(v*p) / p
}
