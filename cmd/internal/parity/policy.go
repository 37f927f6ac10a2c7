package parity

import (
	"time"

	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/sim"
)

// policyName is the simulated policy.
const policyName = "predictive-open"

// open is the controller that dials live, told like a live loop whose calling
// window is open at every hour: dialing goes on for a day of the real clock,
// which is so many times longer on the shift's. hold is the campaign's.
func open(speed float64, hold time.Duration) sim.Entry {
	return sim.Entry{
		Named: sim.Named{Name: policyName, Title: "predictive, window open", Text: "the controller that dials live, which is not told that the day ends with the shift"},
		New: func(s sim.Setup) (sim.Pacer, error) {
			p := pacing.Policy{Mode: pacing.Predictive, Cap: s.Scenario.Cap, Hold: hold, MaxLines: s.Scenario.Lines}
			if err := p.Validate(); err != nil {
				return nil, err
			}
			c := &controller{floor: pacing.NewFloor(p, pacing.Estimates{}), policy: p}
			c.floor.SetLedger(pacing.Ledger{Until: s.Start.Add(time.Duration(speed * float64(lookAhead)))})
			return c, nil
		},
	}
}

// lookAhead is how far the live loop looks for the end of a calling window.
const lookAhead = 24 * time.Hour

// controller is Floor and Decide, as everywhere.
type controller struct {
	floor  *pacing.Floor
	policy pacing.Policy
}

// Apply tells what has happened.
func (c *controller) Apply(e pacing.Event) { c.floor.Apply(e) }

// Decide says what to do now.
func (c *controller) Decide(now time.Time, next []float64) sim.Order {
	s := c.floor.Snapshot(now)
	s.NextOdds = next
	d := pacing.Decide(c.policy, s)
	return sim.Order{Place: d.Place, Picks: d.Picks, Cancel: d.Cancel}
}
