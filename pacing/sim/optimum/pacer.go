package optimum

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/sim"
)

// Entry returns the optimum as a policy of the simulator, by the name of "optimum". It is solved once for each scenario
// before its first shift, and refuses scenarios that are not Markov with what is in the way.
//
// It is the optimum of the long run: it keeps the cap on average, so that about half of all shifts end above it, and it
// knows every rate.
func Entry() sim.Entry {
	s := &solved{by: make(map[Model]Solution)}
	return sim.Entry{
		Named: sim.Named{
			Name: "optimum", Title: "exact optimum",
			Text: "the yardstick: the best that any policy can do in the long run when every duration is exponential; up to " + fmt.Sprint(MaxAgents) + " agents",
		},
		Tune: s.tune,
		New:  s.pacer,
	}
}

// solved remembers what has been solved; shifts run at the same time share it.
type solved struct {
	mu sync.Mutex
	by map[Model]Solution
}

func (s *solved) tune(ctx context.Context, scenario sim.Scenario, _ sim.Options) (string, error) {
	m, err := FromScenario(scenario)
	if err != nil {
		return "", err
	}
	if _, known := s.find(m); known {
		return "", nil
	}
	o, err := Solve(ctx, m)
	if err != nil {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.by[m] = o
	return "", nil
}

func (s *solved) find(m Model) (Solution, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	o, known := s.by[m]
	return o, known
}

func (s *solved) pacer(setup sim.Setup) (sim.Pacer, error) {
	if setup.Settings != "" {
		return nil, fmt.Errorf("%w: optimum takes no settings, not %q", sim.ErrPolicy, setup.Settings)
	}
	m, err := FromScenario(setup.Scenario)
	if err != nil {
		return nil, err
	}
	o, known := s.find(m)
	if !known {
		return nil, fmt.Errorf("%w: scenario %s has not been solved before its first shift", ErrModel, setup.Scenario.Name)
	}
	return NewPacer(o, setup.Start), nil
}

// Pacer follows a Solution in a simulated shift.
type Pacer struct {
	solution Solution
	start    time.Time
	state    State
	agents   []doing // by number
	air      []pacing.CallID
}

type doing uint8

const (
	idle doing = iota
	talking
	wrappingUp
)

var _ sim.Pacer = (*Pacer)(nil)

// NewPacer returns a Pacer for one shift, which begins at start.
func NewPacer(s Solution, start time.Time) *Pacer { return &Pacer{solution: s, start: start} }

// turn is how long the two policies of a Solution take together, one after the other: a part of a shift, and long against
// the minutes in which the team forgets the one before. With an hour, one agent lost 3.2 % instead of 3.0.
const turn = 4 * time.Hour

// Apply takes in one event.
func (p *Pacer) Apply(e pacing.Event) {
	switch e.Kind {
	case pacing.CallPlaced:
		p.air = append(p.air, e.Call)
	case pacing.CallAnswered:
		p.resolve(e.Call)
		p.state.Waiting++
	case pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled, pacing.CallMachine:
		p.resolve(e.Call)
	case pacing.CallAbandoned:
		p.state.Waiting--
	case pacing.CallBridged:
		p.state.Waiting--
		p.become(e.Agent, talking)
	case pacing.AgentWrapUp:
		p.become(e.Agent, wrappingUp)
	case pacing.AgentReady, pacing.AgentPaused, pacing.AgentGone:
		p.become(e.Agent, idle)
	}
}

// Decide brings the attempts in the air to where the solution wants them.
func (p *Pacer) Decide(now time.Time, _ []float64) sim.Order {
	policy := p.solution.Cautious
	if since := now.Sub(p.start) % turn; since < time.Duration(p.solution.Mix*float64(turn)) {
		policy = p.solution.Bold
	}
	p.state.InAir = len(p.air)
	n := policy.Place(p.state)
	if n < 0 {
		return sim.Order{Cancel: append([]pacing.CallID(nil), p.air[:-n]...)}
	}
	return sim.Order{Place: n}
}

func (p *Pacer) resolve(id pacing.CallID) {
	for i, call := range p.air {
		if call == id {
			p.air = append(p.air[:i], p.air[i+1:]...)
			return
		}
	}
}

func (p *Pacer) become(id pacing.AgentID, to doing) {
	for len(p.agents) <= int(id) {
		p.agents = append(p.agents, idle)
	}
	p.count(p.agents[id], -1)
	p.count(to, +1)
	p.agents[id] = to
}

func (p *Pacer) count(d doing, by int) {
	switch d {
	case talking:
		p.state.Talking += by
	case wrappingUp:
		p.state.WrapUp += by
	}
}
