package pacing

import (
	"math"
	"time"
)

// Ledger is the account of one legal period: what the abandonment cap is measured on. The Floor counts its own events;
// the owner of the legal truth sets it with Floor.SetLedger at start-up, at the turn of the period, and to spend
// estimated false positives of the machine detection. Counts are fractional for the sake of such estimates.
type Ledger struct {
	// Answered counts the calls answered by a person, abandoned ones included.
	Answered float64
	// Abandoned counts those whom no agent met in time.
	Abandoned float64
	// Until is the last moment at which this period will still be dialed, usually the end of today's shift. It lets the
	// guard count on answers still to come; with the zero time it counts on none, so that a period with a cap of 3 %
	// begins with one call for each free agent until 34 people have answered.
	Until time.Time
}

const (
	counted       = 0.5 // share of the answers still to come that the guard relies on
	answeredClamp = 1e15
)

// left is how many calls may still be abandoned on the way to the target when so many answers are to come, less a margin:
// losses scatter by the root of their number, and being late over the target costs more than being under it.
func (l Ledger) left(target, toCome float64) float64 {
	return target*(l.Answered+toCome) - l.Abandoned - reserve - caution*math.Sqrt(target*toCome)
}

// room is how many calls could be abandoned now and the period would still end within the cap, given the answers
// expected until its end. It relies on a part of those only, and on few of few.
func (l Ledger) room(limit, toCome float64) float64 {
	sure := min(counted*toCome, toCome-2*math.Sqrt(toCome))
	return limit*(l.Answered+max(0, sure)) - l.Abandoned
}

// valid returns the ledger with impossible figures made harmless: counts between zero and a bound, abandoned at most
// answered.
func (l Ledger) valid() Ledger {
	if !(l.Answered >= 0) {
		l.Answered = 0
	}
	if !(l.Abandoned >= 0) {
		l.Abandoned = 0
	}
	l.Answered = min(l.Answered, answeredClamp)
	l.Abandoned = min(l.Abandoned, l.Answered)
	return l
}

func clamp(x, lo, hi float64) float64 { return max(lo, min(hi, x)) }
