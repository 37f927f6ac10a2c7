package sim

import (
	"math"

	"github.com/forecall/forecall/pacing"
)

// ledgerRatio is lines per idle agent, the ratio steered by the account of abandoned calls as the notes' section 3 steers
// theta: proportional and integral in calls of budget, slower with volume, with the reserve, the clamps and the hard guard.
// Losses rise faster with the ratio than with theta; at most a third of theta's gain keeps it from swinging (100 agents,
// .25, 60 s: 89 % occupancy instead of 79), and where theta's own is lower than that, it is the same.
// It answers the question what the ledger alone is worth, without looking at what is about to happen.
type ledgerRatio struct {
	cap, start, end     float64 // end of the shift in seconds
	answered, abandoned float64
	integral            float64
	rate, rated         float64 // answers a second over the last ten minutes, and when that was computed
}

const (
	ledgerGain      = 0.05
	ledgerReserve   = 4.0
	ledgerClamp     = 20.0
	ledgerTarget    = 0.98
	ledgerRateOver  = 600.0
	ledgerSlow      = 1350.0 // answers within ledgerSlowOver up to which the gain holds
	ledgerSlowOver  = 480.0
	ledgerSure      = 0.7 // of the answers to come
	ledgerLevelMost = 40.0
)

func (l *ledgerRatio) see(b *board, s sight) {
	switch {
	case s.kind == pacing.CallAnswered:
		l.answered++
		l.rate = l.perSecond(b.now) + 1/ledgerRateOver
		l.rated = b.now
		eta := l.gain(b.now)
		l.integral += ledgerTarget * l.cap * eta * eta / 4 * l.budget()
		l.integral = max(math.Log(1/ledgerLevelMost), min(l.integral, math.Log(ledgerLevelMost)))
	case s.kind == pacing.CallAbandoned:
		l.abandoned++
	}
}

func (l *ledgerRatio) place(b *board) (calls int, again float64) {
	return ratioOnIdle(l.level(b), b), 0
}

// level is the ratio now, in lines per idle agent.
func (l *ledgerRatio) level(b *board) float64 {
	if l.guard(b) {
		return 1
	}
	return max(1, min(l.start*math.Exp(l.integral+l.gain(b.now)*l.budget()), ledgerLevelMost))
}

// budget is how many calls may still be abandoned, within the clamp.
func (l *ledgerRatio) budget() float64 {
	b := ledgerTarget*l.cap*l.answered - l.abandoned - ledgerReserve
	return max(-ledgerClamp, min(b, ledgerClamp))
}

// guard is true when one more abandoned call could break the shift.
func (l *ledgerRatio) guard(b *board) bool {
	toCome := max(0, l.end-b.now) * l.perSecond(b.now)
	sure := max(0, min(ledgerSure*toCome, toCome-2*math.Sqrt(toCome)))
	return l.cap*(l.answered+sure)-l.abandoned-float64(b.waiting) < 1
}

func (l *ledgerRatio) perSecond(now float64) float64 {
	return l.rate * math.Exp(-(now-l.rated)/ledgerRateOver)
}

func (l *ledgerRatio) gain(now float64) float64 {
	return ledgerGain * min(1, ledgerSlow/max(1, ledgerSlowOver*l.perSecond(now)))
}

func ratioLedger() Entry {
	return Entry{
		Named: Named{"ratio-ledger", "ratio on idle agents + ledger", "lines per idle agent, the ratio steered by what is left of the abandonment budget (start, default 2)"},
		New: func(s Setup) (Pacer, error) {
			l := &ledgerRatio{cap: s.Scenario.Cap, end: s.Scenario.Shift.Seconds(), start: 2}
			r := readSettings(s.Settings)
			r.number("start", &l.start, 1, 20)
			return newRival(s, l), r.err("start=2: lines per idle agent at an even budget")
		},
	}
}
