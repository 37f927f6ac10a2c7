package chart

import (
	"math"
	"slices"
	"strconv"
)

// scale maps values of an axis to places on the sheet.
type scale struct {
	axis     Axis
	low, up  float64 // values at the two ends
	from, to float64 // places of them
	ticks    []float64
}

// newScale fits an axis to the values.
func newScale(a Axis, values []float64, from, to float64) scale {
	s := scale{axis: a, low: slices.Min(values), up: slices.Max(values), from: from, to: to}
	if a.Log {
		s.fitLog(values)
	} else {
		s.fit()
	}
	return s
}

// fit rounds the ends of a linear axis to ticks.
func (s *scale) fit() {
	step := stepOf(s.up - s.low)
	s.low, s.up = math.Floor(s.low/step)*step, math.Ceil(s.up/step)*step
	if s.axis.Lowest != 0 || s.axis.Highest != 0 {
		s.low, s.up = max(s.low, s.axis.Lowest), min(s.up, s.axis.Highest)
	}
	if s.up <= s.low {
		s.up = s.low + step
	}
	s.ticks = s.axis.Ticks
	if s.ticks == nil {
		for i := 0; s.low+float64(i)*step <= s.up+step/1e6; i++ {
			s.ticks = append(s.ticks, s.low+float64(i)*step)
		}
	}
}

// stepOf is a round distance between ticks: 1, 2 or 5 times a power of ten, for four to eight of them.
func stepOf(span float64) float64 {
	if span <= 0 {
		return 1
	}
	raw := span / 6
	power := math.Pow(10, math.Floor(math.Log10(raw)))
	for _, m := range []float64{1, 2, 5} {
		if raw <= m*power*1.2 {
			return m * power
		}
	}
	return 10 * power
}

// fitLog marks the values themselves, as far as their numbers do not touch.
func (s *scale) fitLog(values []float64) {
	if s.up == s.low {
		s.low, s.up = s.low/2, s.up*2
	}
	s.ticks = s.axis.Ticks
	if s.ticks != nil {
		return
	}
	marks := slices.Clone(values)
	slices.Sort(marks)
	last := math.Inf(-1)
	for _, v := range slices.Compact(marks) {
		if at := s.at(v); at-last >= 26 {
			s.ticks, last = append(s.ticks, v), at
		}
	}
}

// at is the place of a value; one beyond an end is at the end.
func (s *scale) at(v float64) float64 {
	low, up := s.low, s.up
	v = min(max(v, low), up)
	if s.axis.Log {
		v, low, up = math.Log(v), math.Log(low), math.Log(up)
	}
	return s.from + (v-low)/(up-low)*(s.to-s.from)
}

// number writes a tick.
func (s *scale) number(v float64) string {
	return strconv.FormatFloat(math.Round(v*1e6)/1e6, 'f', -1, 64) + s.axis.Suffix
}
