package rules

import (
	"slices"
	"time"
)

// window is the hours of a week with the holidays on which they are closed.
type window struct {
	week   Week
	before Week     // the hours on the day before a holiday, if narrow
	narrow bool     // such days have hours of their own
	off    *dateSet // holidays; nil = none
}

// horizon bounds the search for the next open moment: a year has every change
// of the clocks and every holiday.
const horizon = 400 * 24 * time.Hour

func newWindow(w Week, pre spans, off *dateSet) *window {
	win := &window{week: w, off: off}
	if off == nil || len(pre) == 0 {
		return win
	}
	win.narrow = true
	for d := range w {
		win.before[d] = intersect(w[d], pre)
	}
	return win
}

// intersect is what two sorted lists of spans have in common.
func intersect(a, b []Span) []Span {
	var out []Span
	for _, x := range a {
		for _, y := range b {
			if s := (Span{max(x.From, y.From), min(x.To, y.To)}); s.From < s.To {
				out = append(out, s)
			}
		}
	}
	slices.SortFunc(out, func(x, y Span) int { return x.From - y.From })
	return out
}

// on are the hours of a date.
func (w *window) on(d day) []Span { return w.onWeekday(d, d.weekday()) }

func (w *window) onWeekday(d day, on time.Weekday) []Span {
	if w.off == nil {
		return w.week[on]
	}
	if w.off.has(d) || !w.off.covers(d) {
		return nil
	}
	if w.narrow && (w.off.has(d+1) || !w.off.covers(d+1)) {
		return w.before[on]
	}
	return w.week[on]
}

// openUntil is the end of the open stretch that holds an instant, as far as its
// span and the zone's stretch go; it equals unix when the window is closed.
func (w *window) openUntil(z *zone, unix int64) int64 {
	s := z.stretch(unix)
	wall := unix + s.offset
	d := day(floorDiv(wall, secondsPerDay))
	midnight := int64(d) * secondsPerDay
	minute := int((wall - midnight) / 60)
	for _, span := range w.on(d) {
		if minute >= span.From && minute < span.To {
			return min(midnight+int64(span.To)*60-s.offset, s.to)
		}
	}
	return unix
}

// openAll tells whether the window is surely open from a reading of the clock
// for so many seconds more: within one span and one stretch. False may still be
// open, over midnight or a change of the clocks: see open.
func (w *window) openAll(at *reading, seconds int64) bool {
	if seconds > at.left {
		return false
	}
	last := int(at.second+seconds) / 60
	for _, span := range w.onWeekday(at.day, at.weekday) {
		if at.minute >= span.From && last < span.To {
			return true
		}
	}
	return false
}

// open tells whether the window is open from one instant to another, both
// included; if not, at is the first instant at which it is closed.
func (w *window) open(z *zone, from, to int64) (at int64, ok bool) {
	for at = from; at <= to; {
		until := w.openUntil(z, at)
		if until == at {
			return at, false
		}
		at = until
	}
	return at, true
}

// opens is the first instant at or after from at which the window is open, but
// not later than the limit, which it returns instead.
func (w *window) opens(z *zone, from, limit int64) int64 {
	for from < limit {
		s := z.stretch(from)
		wall := from + s.offset
		d := day(floorDiv(wall, secondsPerDay))
		midnight := int64(d) * secondsPerDay
		next := midnight + secondsPerDay
		for _, span := range w.on(d) {
			begin, end := midnight+int64(span.From)*60, midnight+int64(span.To)*60
			if wall < end {
				next = max(wall, begin)
				break
			}
		}
		if next == wall {
			return from
		}
		from = min(next-s.offset, s.to)
	}
	return limit
}

// first is the first instant at or after from at which the window is open in
// every zone for margin seconds more, before the limit.
func (w *window) first(zs []*zone, from, margin, limit int64) (int64, bool) {
	for from < limit {
		later := from
		for _, z := range zs {
			later = max(later, w.firstIn(z, later, margin, limit))
		}
		if later == from {
			return from, true
		}
		from = later
	}
	return 0, false
}

// firstIn is first for one zone; the limit when there is none before it.
func (w *window) firstIn(z *zone, from, margin, limit int64) int64 {
	for from < limit {
		if from = w.opens(z, from, limit); from >= limit {
			return limit
		}
		closed, ok := w.open(z, from, from+margin)
		if ok {
			return from
		}
		from = closed
	}
	return limit
}
