package pacing

import "time"

// stepBack is how far time may run backwards before it counts as a clock that was set, not as an event that came late.
const stepBack = 60.0

// clock turns instants into seconds since the first one, and keeps ages sane when the wall clock is set back: it
// then shifts its zero, so that everything goes on as old as it was.
type clock struct {
	zero time.Time
	last float64
	set  bool
}

func (c *clock) seconds(at time.Time) float64 {
	if !c.set {
		c.zero, c.set = at, true
	}
	s := at.Sub(c.zero).Seconds()
	if s < c.last-stepBack {
		c.zero = at.Add(-time.Duration(c.last * float64(time.Second)))
		s = c.last
	}
	c.last = max(c.last, s)
	return s
}

// ahead converts an instant that is yet to come, without taking it for the present.
func (c *clock) ahead(at time.Time) float64 { return at.Sub(c.zero).Seconds() }
