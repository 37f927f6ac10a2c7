package optimum

import (
	"errors"
	"fmt"

	"github.com/forecall/forecall/pacing/sim"
)

// FromScenario returns the model of a scenario whose every duration is exponential, or an error that names every key
// that is in the way; it wraps ErrModel. The hold of a scenario is constant: with 0 s model and simulator agree exactly,
// otherwise the model takes it for the mean of an exponential patience.
func FromScenario(s sim.Scenario) (Model, error) {
	c := check{errs: []error{fmt.Errorf("%w: scenario %s", ErrModel, s.Name)}}
	c.bad(len(s.Answer) != 1, "answer: changes during the shift; one share for all of it has an optimum")
	c.bad(len(s.Talk) != 1, "talk: changes during the shift; one distribution for all of it has an optimum")
	c.exponential("ring", s.Ring)
	c.exponential("no_answer", s.NoAnswer)
	c.bad(s.Ring.Mean != s.NoAnswer.Mean, "no_answer: the mean %s differs from the mean of ring, %s; with one mean for both the age of an attempt tells nothing", s.NoAnswer.Mean, s.Ring.Mean)
	c.bad(s.FastFail.Share != 0, "fast_fail: the share %g is not 0", s.FastFail.Share)
	for _, d := range s.Talk {
		c.exponential("talk", d.Dist)
	}
	if s.Wrap != (sim.Dist{}) && s.Wrap != (sim.Dist{Shape: sim.Constant}) {
		c.exponential("wrap", s.Wrap)
	}
	c.bad(s.Odds.Spread != 0, "odds: the spread %g is not 0", s.Odds.Spread)
	c.bad(len(s.Breaks) > 0, "breaks: there are some")
	c.bad(len(s.Vanish) > 0, "vanish: there are some")
	c.bad(s.Lines != 0, "lines: the limit %d is not 0, none", s.Lines)
	c.bad(s.CPS != 0, "cps: the limit %g is not 0, none", s.CPS)
	if len(c.errs) > 1 {
		return Model{}, errors.Join(c.errs...)
	}
	m := Model{
		Agents: s.Agents, Answer: s.Answer[0].Is, Cap: s.Cap, Hold: s.Hold,
		Ring: s.Ring.Mean, Talk: s.Talk[0].Mean, Wrap: s.Wrap.Mean,
	}
	return m, m.Validate()
}

// check collects what is in the way.
type check struct{ errs []error }

func (c *check) bad(when bool, format string, args ...any) {
	if when {
		c.errs = append(c.errs, fmt.Errorf(format, args...))
	}
}

func (c *check) exponential(key string, d sim.Dist) {
	c.bad(d.Shape != sim.Exponential, "%s: %q is not exponential", key, d.Shape)
	c.bad(d.Shape == sim.Exponential && (d.Min != 0 || d.Max != 0), "%s: cut between %s and %s; the optimum knows no cuts", key, d.Min, d.Max)
}
