package report

import (
	"math"
	"time"

	"github.com/forecall/forecall/pacing/sim"
)

// sample is the count, sum and sum of squares of lengths of time in seconds.
type sample struct {
	count        int
	sum, squares float64
	most         float64
}

// add takes one; what took no time at all was not measured.
func (s *sample) add(seconds float64) {
	if seconds <= 0 {
		return
	}
	s.count++
	s.sum += seconds
	s.squares += seconds * seconds
	s.most = max(s.most, seconds)
}

// join adds another sample.
func (s *sample) join(o *sample) {
	s.count, s.sum, s.squares, s.most = s.count+o.count, s.sum+o.sum, s.squares+o.squares, max(s.most, o.most)
}

func (s *sample) n() int { return s.count }

func (s *sample) mean() float64 { return s.sum / float64(max(1, s.count)) }

// cv is the coefficient of variation.
func (s *sample) cv() float64 {
	if s.count < 2 || s.sum <= 0 {
		return 0
	}
	m := s.mean()
	return math.Sqrt(max(0, (s.squares-s.sum*m)/float64(s.count-1))) / m
}

// dist is the log-normal distribution with this mean and variation, cut at most; 0 means not cut. What hardly varies is constant.
func (s *sample) dist(most time.Duration) sim.Dist {
	mean, cv := s.mean(), s.cv()
	if cv < steadyCV {
		return sim.Dist{Shape: sim.Constant, Mean: span(mean)}
	}
	if most > 0 {
		most = max(most, span(s.most))
		mean, cv = uncut(mean, cv, most.Seconds())
	}
	return sim.Dist{Shape: sim.Lognormal, Mean: span(mean), CV: round(cv, 3), Max: most}
}

// span is a length of time from seconds, to the millisecond.
func span(seconds float64) time.Duration {
	return time.Duration(math.Round(seconds*1000)) * time.Millisecond
}

// uncut finds mean and variation of the log-normal distribution that has the given ones once it is cut at most.
func uncut(mean, cv, most float64) (m, c float64) {
	m, c = mean, cv
	for range 200 {
		gotMean, gotCV := cut(m, c, most)
		if gotMean <= 0 || gotCV <= 0 || math.IsNaN(gotMean+gotCV) {
			return mean, cv
		}
		m, c = m*math.Sqrt(mean/gotMean), c*math.Sqrt(cv/gotCV)
		if m > most || c > 3 { // it fills the cut evenly: no log-normal one does
			return mean, cv
		}
	}
	return m, c
}

// cut is mean and variation of a log-normal distribution that is cut at most and drawn again beyond.
func cut(m, c, most float64) (mean, cv float64) {
	variance := math.Log(1 + c*c)
	mu, sigma := math.Log(m)-variance/2, math.Sqrt(variance)
	below := func(k float64) float64 { return normal((math.Log(most) - mu - k*variance) / sigma) }
	all := below(0)
	mean = math.Exp(mu+variance/2) * below(1) / all
	square := math.Exp(2*mu+2*variance) * below(2) / all
	return mean, math.Sqrt(max(0, square-mean*mean)) / mean
}

// normal is the distribution function of the standard normal distribution.
func normal(x float64) float64 { return 0.5 * math.Erfc(-x/math.Sqrt2) }
