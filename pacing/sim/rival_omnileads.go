package sim

import (
	"math"

	"github.com/forecall/forecall/pacing"
)

// omnileads is the predictive pacer of OMniLeads (omnidialer, predictive_pacer.py), one decision a second:
//
//	new = floor((free + expected - ringing P) / P gamma)
//
// with P the exponential average of answered or not over the last ten or so events, expected the busy agents who come
// free while a call rings, and gamma a brake that follows the exponential average D of abandoned or not.
//
// Quirks kept: the remaining time of an agent is the mean less what has passed, so that an overdue agent counts as free
// for ever; an average with a memory of ten calls reads one abandoned call as 10 %; P follows ten calls likewise; the latch
// back to one line per agent opens once D has fallen below 80 % of the limit, whatever the day's share is; without
// answering machine detection its time stays at the 5 s it assumes.
type omnileads struct {
	boost, limit float64
	perSecond    float64 // originations a second; 0 is no limit

	tick       timer
	answers    float64 // P
	abandons   float64 // D
	ring       meanOf
	talk, wrap meanOf
	handled    int
	over       int // ticks in a row at or over the limit
	latched    bool
}

const (
	omnileadsAlpha      = 0.1
	omnileadsLeast      = 0.05 // of P
	omnileadsRing       = 15.0 // seconds, until there is one
	omnileadsDetection  = 5.0  // seconds
	omnileadsBrake      = 0.2
	omnileadsWarmUp     = 50 // calls handled
	omnileadsLatchAfter = 5  // ticks
	omnileadsUnlatch    = 0.8
)

func newOmnileads(limit, boost, perSecond float64) *omnileads {
	return &omnileads{limit: limit, boost: boost, perSecond: perSecond, tick: timer{every: 1}, answers: 0.5}
}

func (o *omnileads) see(_ *board, s sight) {
	switch s.kind {
	case pacing.CallAnswered:
		o.answers += omnileadsAlpha * (1 - o.answers)
		o.ring.add(s.took)
	case pacing.CallFailed, pacing.CallNoAnswer, pacing.CallMachine:
		o.answers -= omnileadsAlpha * o.answers
	case pacing.CallBridged:
		o.handled++
		o.abandons -= omnileadsAlpha * o.abandons
	case pacing.CallAbandoned:
		o.abandons += omnileadsAlpha * (1 - o.abandons)
	case pacing.AgentReady:
		if s.lasted >= 0 {
			o.wrap.add(s.lasted)
		}
	case pacing.AgentWrapUp:
		if s.lasted >= 0 {
			o.talk.add(s.lasted)
		}
	}
}

func (o *omnileads) place(b *board) (calls int, again float64) {
	if !o.tick.due(b.now) {
		return 0, left(b.now, &o.tick)
	}
	gamma := o.brake()
	o.latch()
	if o.handled < omnileadsWarmUp || o.latched {
		calls = int(math.Ceil(float64(b.ready())*o.boost)) - b.inAir - b.waiting
	} else {
		calls = o.wanted(float64(b.ready()), o.expected(b), float64(b.inAir), gamma)
	}
	if o.perSecond > 0 {
		calls = min(calls, int(o.perSecond*o.tick.every))
	}
	return calls, left(b.now, &o.tick)
}

// wanted is the formula of the pacer.
func (o *omnileads) wanted(free, expected, ringing, gamma float64) int {
	p := max(omnileadsLeast, o.answers)
	return max(0, int(math.Floor((free+expected-ringing*p)/p*gamma)))
}

// expected is how many busy agents come free while a call rings.
func (o *omnileads) expected(b *board) (sum float64) {
	ring := o.ring.or(omnileadsRing) + omnileadsDetection
	talk, wrap := o.talk.or(0), o.wrap.or(0)
	for i := range b.agents {
		switch a := &b.agents[i]; a.state {
		case boardTalking, boardReserved:
			sum += omnileadsSoon(ring, talk+wrap, b.now-a.since)
		case boardWrapUp:
			sum += omnileadsSoon(ring, wrap, b.now-a.since)
		}
	}
	return sum
}

// omnileadsSoon is the chance that an agent comes free within ring seconds when a state of that mean has lasted elapsed.
func omnileadsSoon(ring, mean, elapsed float64) float64 {
	return 1 - math.Exp(-ring/max(1, mean-elapsed))
}

// brake is gamma: the boost up to half the limit, falling in a line to a fifth of a line at the limit.
func (o *omnileads) brake() float64 {
	d := o.abandons / o.limit
	switch {
	case d <= 0.5:
		return o.boost
	case d >= 1:
		return omnileadsBrake
	default:
		return o.boost + (omnileadsBrake-o.boost)*(d-0.5)/0.5
	}
}

// latch counts the ticks over the limit and holds the dialer at one line per agent after five.
func (o *omnileads) latch() {
	if o.abandons >= o.limit {
		o.over++
	} else {
		o.over = 0
	}
	switch {
	case o.over >= omnileadsLatchAfter:
		o.latched = true
	case o.abandons < omnileadsUnlatch*o.limit:
		o.latched = false
	}
}

// meanOf is a running mean.
type meanOf struct{ sum, n float64 }

func (m *meanOf) add(x float64) { m.sum += x; m.n++ }

// or is the mean, or a default while there is none.
func (m *meanOf) or(x float64) float64 {
	if m.n == 0 {
		return x
	}
	return m.sum / m.n
}

func omnileadsEntry() Entry {
	return Entry{
		Named: Named{"omnileads", "OMniLeads", "OMniLeads' predictive pacer (boost, default 1; caps, calls a second, default no limit)"},
		New: func(s Setup) (Pacer, error) {
			boost, caps := 1.0, 0.0
			r := readSettings(s.Settings)
			r.number("boost", &boost, 0.1, 5)
			r.number("caps", &caps, 0, 1000)
			return newRival(s, newOmnileads(s.Scenario.Cap, boost, caps)), r.err("boost=1 (0.1 to 5), caps=0 (calls a second, 0 is no limit)")
		},
	}
}
