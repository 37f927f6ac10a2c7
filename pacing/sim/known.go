package sim

import (
	"time"

	"github.com/forecall/forecall/pacing"
)

// knownDistributions is the bound of what better estimating could win.
func knownDistributions() Entry {
	e := predictive()
	e.Named = Named{"known-distributions", "knows the distributions", "a bound: the controller, told the true distributions of answers, talk and wrap-up"}
	e.New = func(s Setup) (Pacer, error) {
		c, err := newController(s, livePolicy(s.Scenario, pacing.Predictive))
		if err != nil {
			return nil, err
		}
		return &informed{controller: c, setup: s}, nil
	}
	return e
}

// informed is the controller that is told the truth at the start and whenever it changes.
type informed struct {
	*controller
	setup Setup
	until time.Time // the truth told holds
}

func (i *informed) Decide(now time.Time, next []float64) Order {
	if !now.Before(i.until) {
		i.learn(now)
	}
	return i.controller.Decide(now, next)
}

func (i *informed) learn(now time.Time) {
	s, t := i.setup.Scenario, now.Sub(i.setup.Start)
	share, until := s.Answer.At(t)
	talk, changes := s.Talk.At(t)
	i.until = i.setup.End()
	if next := min(until, changes); next < s.Shift {
		i.until = i.setup.Start.Add(next)
	}
	i.floor.Know(truth(s, share, talk, now))
}

const (
	truthAttempts  = 1e5 // the weight of the truth, as if so many attempts
	truthDurations = 1e4 // and conversations had been seen
	truthSteps     = 64  // of the integral over one bin
	truthTail      = 300 // seconds of age that no attempt outlives
)

// truth is what a floor would have learned from endless shifts in which nothing changes.
func truth(s Scenario, share float64, talk Dist, now time.Time) pacing.Estimates {
	e := pacing.NewFloor(livePolicy(s, pacing.Progressive), pacing.Estimates{}).Estimates(now)
	e.Attempts = truthAttempts
	clear(e.Live)
	clear(e.Other)
	clear(e.Exposure)
	clear(e.OddsExposure)
	if s.Odds.Known {
		attempts(&e, s, share, 1+s.Odds.Spread, truthAttempts/2)
		attempts(&e, s, share, 1-s.Odds.Spread, truthAttempts/2)
	} else {
		attempts(&e, s, share, 1, truthAttempts)
	}
	widths := releaseWidths(s, now)
	durations(talk, widths, e.TalkEnds, e.TalkSeconds)
	durations(s.Wrap, widths, e.WrapEnds, e.WrapSeconds)
	return e
}

// attempts adds what n attempts of some odds teach: endings and seconds by age, an ending standing in the middle of its
// second.
func attempts(e *pacing.Estimates, s Scenario, share, odds, n float64) {
	p := share * odds
	live := func(t float64) float64 { return p * s.Ring.below(t) }
	other := func(t float64) float64 {
		return (1 - p) * (s.FastFail.Share*s.FastFail.below(t) + (1-s.FastFail.Share)*s.NoAnswer.below(t))
	}
	last := len(e.Live) - 1
	for b := range e.Live {
		lo, hi := float64(b), float64(b+1)
		if b == last {
			hi = truthTail
		}
		e.Live[b] += n * (live(hi) - live(lo))
		e.Other[b] += n * (other(hi) - other(lo))
		seconds := 0.0
		if b == last {
			seconds = integral(lo, hi, func(t float64) float64 { return 1 - live(t) - other(t) })
		} else {
			seconds = 1 - (live(lo)+other(lo)+live(hi)+other(hi))/2
		}
		e.Exposure[b] += n * seconds
		e.OddsExposure[b] += n * odds * seconds
	}
}

// durations fills in how many of truthDurations durations end in each bin, and the seconds that all of them spend there.
func durations(d Dist, widths, ends, seconds []float64) {
	lo := 0.0
	for b, width := range widths {
		hi := lo + width
		if b == len(widths)-1 {
			hi = max(hi, longest.Seconds())
		}
		ends[b] = truthDurations * (d.below(hi) - d.below(lo))
		seconds[b] = truthDurations * integral(lo, hi, func(t float64) float64 { return 1 - d.below(t) })
		lo = hi
	}
}

// integral of f from lo to hi, by the rule of midpoints.
func integral(lo, hi float64, f func(float64) float64) float64 {
	step := (hi - lo) / truthSteps
	total := 0.0
	for i := range truthSteps {
		total += f(lo + (float64(i)+0.5)*step)
	}
	return total * step
}

// releaseWidths are the widths in seconds of the bins in which a Floor sees durations. They are the Floor's own affair:
// so one is shown an endless conversation, and the seconds that it spent in each bin are the width.
func releaseWidths(s Scenario, now time.Time) []float64 {
	f := pacing.NewFloor(livePolicy(s, pacing.Progressive), pacing.Estimates{})
	before := f.Estimates(now).TalkSeconds
	f.Apply(pacing.Event{At: now, Kind: pacing.AgentTalking, Agent: 1})
	f.Apply(pacing.Event{At: now.Add(longest), Kind: pacing.AgentGone, Agent: 1})
	widths := f.Estimates(now.Add(longest)).TalkSeconds
	for b := range widths {
		widths[b] -= before[b]
	}
	return widths
}
