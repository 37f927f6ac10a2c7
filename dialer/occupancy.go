package dialer

import "time"

const (
	// leastRest is the shortest rest that is worth leaving the queue for; what is
	// owed below it is kept for later.
	leastRest = 10 * time.Second
	// longestRest is the longest in one piece, after a very long call; the rest
	// of it follows after the next.
	longestRest = 15 * time.Minute
	// restCredit is how much waiting counts in advance: a quiet hour does not buy
	// a breathless one.
	restCredit = time.Minute
)

// occupancy is the account of one agent's work that a campaign's ceiling asks
// for. It goes with the agent from campaign to campaign, and into none.
//
// Under a ceiling of 85 %, each second of talk and wrap-up owes 15/85 seconds of
// rest, and each second of anything else pays one back: waiting for a call as
// well as a pause. So the share of work settles at the ceiling or below, in
// short rests after a call instead of a long one when the hour is full.
type occupancy struct {
	ceiling float64 // of the campaign the agent works for; 0 = none
	speed   float64 // seconds of the dialer's world in one of ours
	owed    float64 // seconds of the dialer's world; negative = paid in advance
	at      time.Time
}

// pass accounts the time until now, spent with work or not.
func (o *occupancy) pass(now time.Time, work bool) {
	d := max(0, now.Sub(o.at).Seconds()) * max(1, o.speed)
	if o.at.IsZero() {
		d = 0
	}
	if o.at = later(o.at, now); !work {
		o.owed = max(-restCredit.Seconds(), o.owed-d)
		return
	}
	if o.ceiling > 0 && o.ceiling < 1 {
		o.owed += d * (1 - o.ceiling) / o.ceiling
	}
}

// rest is how long, in the dialer's world, the agent should rest who comes free
// now; 0 = not at all.
func (o *occupancy) rest() time.Duration {
	owed := time.Duration(o.owed * float64(time.Second))
	if o.ceiling == 0 || owed < leastRest {
		return 0
	}
	return min(owed, longestRest)
}

// works tells whether an agent in this state is at work, as occupancy counts it:
// talk and wrap-up.
func (s State) works() bool {
	return s == StateTalking || s == StateWrapUp || s == StateElsewhere
}
