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
	reserve       = 4.0  // calls of the budget that the controller does not plan to use
	counted       = 0.7  // share of the answers still to come that the guard relies on
	easePerRoot   = 2.0  // calls of room, times the root of the team's size, under which theta is eased down
	gain          = 0.15 // of theta's logarithm, per call of budget
	gainAnswers   = 450  // answers within gainSeconds up to which that gain holds
	gainSeconds   = 480.0
	budgetClamp   = 20.0 // calls
	thetaStart    = 0.03
	thetaMin      = 0.001
	thetaMax      = 0.5
	rateMemory    = 600.0 // seconds over which the answer rate is averaged
	answeredClamp = 1e15
)

// control is the proportional-integral controller that turns what is left of the budget into theta, the loss at which
// one more call is still placed. It steps once per answer, so that its speed is in calls and not in seconds.
type control struct {
	integral float64 // of theta's logarithm
	rate     float64 // answers a second, averaged over rateMemory
	rated    float64 // when rate was last brought up to date, seconds of the floor's clock
	age      float64 // seconds of experience in rate, at most rateMemory
}

func newControl() control { return control{integral: math.Log(thetaStart)} }

// answered accounts one answer at now, with budget the calls left after it.
func (c *control) answered(now, budget, target float64) {
	c.decay(now)
	c.rate += 1 / rateMemory
	eta := c.gain()
	b := clamp(budget, -budgetClamp, budgetClamp)
	// A quarter of target x eta^2 is the critically damped integral gain when losses follow theta.
	c.integral = clamp(c.integral+target*eta*eta/4*b, math.Log(thetaMin), math.Log(thetaMax))
}

func (c *control) decay(now float64) {
	dt := now - c.rated
	if dt <= 0 {
		return
	}
	c.rate *= math.Exp(-dt / rateMemory)
	c.age = min(c.age+dt, 20*rateMemory)
	c.rated = now
}

// pause lets time pass without ageing the rate: nobody was there to be answered.
func (c *control) pause(now float64) { c.rated = max(c.rated, now) }

// perSecond is the rate of answers corrected for a young average.
func (c *control) perSecond() float64 {
	full := 1 - math.Exp(-c.age/rateMemory)
	if full < 0.05 {
		return 0
	}
	return c.rate / full
}

// gain falls with volume, so that theta never reacts faster than about eight minutes or gainAnswers answers.
func (c *control) gain() float64 {
	return gain * min(1, gainAnswers/max(1, c.perSecond()*gainSeconds))
}

func (c *control) theta(budget float64) float64 {
	b := clamp(budget, -budgetClamp, budgetClamp)
	return clamp(math.Exp(c.integral+c.gain()*b), thetaMin, thetaMax)
}

// budget is how many calls may still be abandoned at the target, the reserve held back.
func (l Ledger) budget(target float64) float64 { return target*l.Answered - l.Abandoned - reserve }

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
