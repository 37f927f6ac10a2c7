package parity

import "math"

// Interval is an estimate of a share with the bounds that hold the true one in
// 95 of a hundred cases.
type Interval struct {
	Mean float64 `json:"mean"`
	Low  float64 `json:"low"`
	High float64 `json:"high"`
	SD   float64 `json:"sd"` // between shifts
	N    int     `json:"shifts"`

	se float64
}

// Overlaps tells whether two intervals have a value in common.
func (i Interval) Overlaps(j Interval) bool { return i.Low <= j.High && j.Low <= i.High }

// meanOf is the t-interval of a mean.
func meanOf(all []float64) Interval {
	n := float64(len(all))
	sum, squares := 0.0, 0.0
	for _, x := range all {
		sum += x
	}
	mean := sum / n
	for _, x := range all {
		squares += (x - mean) * (x - mean)
	}
	sd := math.Sqrt(squares / (n - 1))
	return around(mean, sd, sd/math.Sqrt(n), len(all))
}

// ratioOf is the interval of a ratio of sums, of which each shift contributes
// to both: the residuals of the shifts say how sure it is (Cochran, Sampling
// Techniques, 1977, section 6.3). SD is that of the residuals over the mean of
// the denominators.
func ratioOf(over, under []float64) Interval {
	n := float64(len(over))
	var a, b, squares float64
	for i := range over {
		a += over[i]
		b += under[i]
	}
	ratio := a / math.Max(1, b)
	for i := range over {
		residual := over[i] - ratio*under[i]
		squares += residual * residual
	}
	sd := math.Sqrt(squares/(n-1)) / math.Max(1, b/n)
	return around(ratio, sd, sd/math.Sqrt(n), len(over))
}

func around(mean, sd, se float64, n int) Interval {
	half := student(float64(n-1)) * se
	return Interval{Mean: mean, Low: mean - half, High: mean + half, SD: sd, N: n, se: se}
}

// difference is the interval of a - b by Welch's t-test, whose degrees of
// freedom follow from both variances.
func difference(a, b Interval) Interval {
	va, vb := a.se*a.se, b.se*b.se
	se := math.Sqrt(va + vb)
	freedom := math.Inf(1)
	if se > 0 {
		freedom = (va + vb) * (va + vb) / (va*va/float64(a.N-1) + vb*vb/float64(b.N-1))
	}
	half := student(freedom) * se
	mean := a.Mean - b.Mean
	return Interval{Mean: mean, Low: mean - half, High: mean + half, N: a.N, se: se}
}

// student is the 97.5 % quantile of Student's t, for a degree of freedom or
// more: the Cornish-Fisher expansion from 3 on (Abramowitz and Stegun 26.7.5,
// there within 0.003), and linear between the exact values of 1, 2 and 3.
func student(freedom float64) float64 {
	const one, two = 12.706204736, 4.302652730
	const z = 1.959963985
	switch {
	case freedom <= 1:
		return one
	case freedom < 2:
		return one + (freedom-1)*(two-one)
	case freedom < 3:
		return two + (freedom-2)*(3.182446305-two)
	case math.IsInf(freedom, 1):
		return z
	}
	g1 := (z*z*z + z) / 4
	g2 := (5*math.Pow(z, 5) + 16*math.Pow(z, 3) + 3*z) / 96
	g3 := (3*math.Pow(z, 7) + 19*math.Pow(z, 5) + 17*math.Pow(z, 3) - 15*z) / 384
	g4 := (79*math.Pow(z, 9) + 776*math.Pow(z, 7) + 1482*math.Pow(z, 5) - 1920*math.Pow(z, 3) - 945*z) / 92160
	return z + g1/freedom + g2/math.Pow(freedom, 2) + g3/math.Pow(freedom, 3) + g4/math.Pow(freedom, 4)
}
