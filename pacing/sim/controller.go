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
	news   bool      // something happened that may change the decision
	next   time.Time // when to decide without
}

// livePolicy is the scenario's rules as a campaign would have them.
func livePolicy(s Scenario, mode pacing.Mode) pacing.Policy {
	p := pacing.Policy{Mode: mode, Cap: s.Cap, Hold: s.Hold, MaxLines: s.Lines}
	if p.Hold == 0 {
		p.Hold = time.Millisecond // the policy's 0 means its default
	}
	return p
}

// warm is the setting for a shift that begins with what the day before taught.
const warm = "warm"

// lookEvery is how long the controller waits for an event worth a decision.
const lookEvery = time.Second

func newController(s Setup, p pacing.Policy) (*controller, error) {
	if s.Settings != "" && s.Settings != warm {
		return nil, fmt.Errorf("%w: the only setting is warm, not %q", ErrPolicy, s.Settings)
	}
	if err := p.Validate(); err != nil {
		return nil, err
	}
	c := &controller{policy: p, floor: pacing.NewFloor(p, s.Learned)}
	c.floor.SetLedger(pacing.Ledger{Until: s.End()})
	return c, nil
}

func (c *controller) Apply(e pacing.Event) {
	c.floor.Apply(e)
	c.news = c.news || !dull(e.Kind)
}

// dull is true of events after which dialing ahead decides as it did before them: they move nobody between the people who
// may answer and the agents. Live every event is decided on; here that would only cost time, most where few answer.
func dull(k pacing.Kind) bool {
	switch k {
	case pacing.CallPlaced, pacing.CallRinging, pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled:
		return true
	}
	return false
}

// Learned is what the floor has learned of the campaign.
func (c *controller) Learned(now time.Time) pacing.Estimates { return c.floor.Estimates(now) }

func (c *controller) Decide(now time.Time, next []float64) Order {
	if c.policy.Mode == pacing.Predictive && !c.news && now.Before(c.next) {
		return Order{Again: c.next.Sub(now)}
	}
	c.next = now.Add(lookEvery)
	s := c.floor.Snapshot(now)
	s.NextOdds = next
	d := pacing.Decide(c.policy, s)
	// One to one, an attempt that ends lets the next begin at once.
	c.news = d.Why == pacing.ReasonColdStart || d.Why == pacing.ReasonBudgetSpent
	return Order{Place: d.Place, Picks: d.Picks, Cancel: d.Cancel}
}

func progressive() Entry {
	return Entry{
		Named: Named{"progressive", "progressive 1:1", "one call for each free agent, never more"},
		New: func(s Setup) (Pacer, error) {
			if s.Settings != "" {
				return nil, fmt.Errorf("%w: progressive takes no settings, not %q", ErrPolicy, s.Settings)
			}
			return newController(s, livePolicy(s.Scenario, pacing.Progressive))
		},
	}
}

func predictive() Entry {
	return Entry{
		Named: Named{"predictive", "predictive", "the controller that dials live; with :warm each shift begins with what the day before taught"},
		Warm:  warm,
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
