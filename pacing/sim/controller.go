package sim

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/pacing"
)

// controller is the pacing that dials live: the same Floor and the same Decide.
type controller struct {
	floor  *pacing.Floor
	policy pacing.Policy
}

// livePolicy is the scenario's rules as a campaign would have them.
func livePolicy(s Scenario, mode pacing.Mode) pacing.Policy {
	p := pacing.Policy{Mode: mode, Cap: s.Cap, Hold: s.Hold, MaxLines: s.Lines}
	if p.Hold == 0 {
		p.Hold = time.Millisecond // the policy's 0 means its default
	}
	return p
}

func newController(s Setup, p pacing.Policy) (*controller, error) {
	if s.Settings != "" {
		return nil, fmt.Errorf("%w: this policy takes no settings, not %q", ErrPolicy, s.Settings)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	c := &controller{policy: p, floor: pacing.NewFloor(p, pacing.Estimates{})}
	c.floor.SetLedger(pacing.Ledger{Until: s.End()})
	return c, nil
}

func (c *controller) Apply(e pacing.Event) { c.floor.Apply(e) }

func (c *controller) Decide(now time.Time, next []float64) Order {
	s := c.floor.Snapshot(now)
	s.NextOdds = next
	d := pacing.Decide(c.policy, s)
	return Order{Place: d.Place, Picks: d.Picks, Cancel: d.Cancel}
}

func progressive() Entry {
	return Entry{
		Named: Named{"progressive", "progressive 1:1", "one call for each free agent, never more"},
		New: func(s Setup) (Pacer, error) {
			return newController(s, livePolicy(s.Scenario, pacing.Progressive))
		},
	}
}

func predictive() Entry {
	return Entry{
		Named: Named{"predictive", "predictive", "the controller that dials live"},
		New: func(s Setup) (Pacer, error) {
			return newController(s, livePolicy(s.Scenario, pacing.Predictive))
		},
	}
}

func predictiveCancel() Entry {
	e := predictive()
	e.Named = Named{"predictive-cancel", "predictive, cancelling", "the controller, withdrawing attempts that would be lost once they have rung for 15 s"}
	e.New = func(s Setup) (Pacer, error) {
		p := livePolicy(s.Scenario, pacing.Predictive)
		p.Cancel = true
		return newController(s, p)
	}
	return e
}

func knownOutcomes() Entry {
	e := predictive()
	e.Named = Named{"known-outcomes", "knows who will answer", "a bound: the controller, told of each contact whether it would answer now"}
	e.Outcomes = true
	return e
}

func knownReleases() Entry {
	e := predictive()
	e.Named = Named{"known-releases", "knows when agents come free", "a bound: the controller, told at every connect when that agent will be ready again"}
	e.Releases = true
	return e
}
