package dialer

import "time"

const (
	// clockStep is how far the wall clock may drift from the monotonic one
	// between two looks before it counts as set by somebody (F05).
	clockStep = 2 * time.Second
	// clockSettle is how long nothing is dialed after a jump: calling windows
	// are judged by the wall clock, and a clock that was set once is often set
	// again by whoever corrects it.
	clockSettle = time.Minute
)

// clockWatch notices that the wall clock was set. Timers do not mind, they are
// monotonic; calling windows do.
type clockWatch struct {
	wall time.Time     // at the last look
	mono time.Duration // at the last look, since the first
	left time.Duration // mono at which dialing may go on
}

// look takes the wall clock and the monotonic time since the start, and
// returns how much longer dialing must rest, and the size of a jump that was
// noticed just now.
func (c *clockWatch) look(wall time.Time, mono time.Duration) (rest, jump time.Duration) {
	wall = wall.Round(0)
	if !c.wall.IsZero() {
		if by := wall.Sub(c.wall) - (mono - c.mono); by > clockStep || by < -clockStep {
			jump, c.left = by, mono+clockSettle
		}
	}
	c.wall, c.mono = wall, mono
	return max(0, c.left-mono), jump
}
