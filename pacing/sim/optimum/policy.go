package optimum

import (
	"context"
	"fmt"
)

// Policy says for every state how many attempts shall be in the air, and what that reaches in the long run.
type Policy struct {
	// Occupancy is the share of their time that agents talk or wrap up; Abandonment the share of those answering who
	// are lost.
	Occupancy, Abandonment float64

	chain *chain
	to    []int32 // in the air after the decision, by state
	flow  flow
}

// InAir returns how many attempts shall be in the air after the decision in a state. States beyond those of the model
// are taken for the nearest within.
func (p *Policy) InAir(s State) int {
	c := p.chain
	r, known := c.at[[3]int{s.Talking, s.WrapUp, min(s.Waiting, c.queueTop())}]
	switch {
	case !known:
		return s.InAir
	case s.InAir > c.top && !c.Cancel:
		return s.InAir
	}
	return int(p.to[r*c.width+max(0, min(s.InAir, c.top))])
}

// Place returns how many attempts to place in a state; negative means to withdraw as many.
func (p *Policy) Place(s State) int { return p.InAir(s) - s.InAir }

// greedy is the policy that is best by the present values: of equals the one with the fewest attempts.
func (v *values) greedy() *Policy {
	p := &Policy{chain: v.chain, to: make([]int32, len(v.post))}
	slack := 1e-9 // calls
	for r := range v.rows {
		post, to := v.post[r*v.width:][:v.width], p.to[r*v.width:][:v.width]
		best := v.top
		for n := v.top; n >= 0; n-- {
			if post[n] >= post[best]-slack {
				best = n
			}
			to[n] = int32(best)
		}
		if v.Cancel {
			for n := range to {
				to[n] = int32(best)
			}
		}
	}
	return p
}

// Evaluate returns what a policy of one's own reaches in the model: inAir says for each state how many attempts shall be
// in the air after the decision, at most top. Fewer than there are means as many as there are, unless the model cancels.
func Evaluate(ctx context.Context, m Model, top int, inAir func(State) int) (*Policy, error) {
	if err := m.Validate(); err != nil {
		return nil, err
	}
	if top < 1 || top > maxInAir {
		return nil, fmt.Errorf("%w: a top of %d attempts in the air is not between 1 and %d", ErrModel, top, maxInAir)
	}
	c := newChain(m, top)
	p := &Policy{chain: c, to: make([]int32, len(c.rows)*c.width)}
	for r := range c.rows {
		for n := range c.width {
			to := inAir(State{Talking: c.rows[r].talking, WrapUp: c.rows[r].wrapUp, Waiting: c.rows[r].waiting, InAir: n})
			if !m.Cancel {
				to = max(to, n)
			}
			p.to[r*c.width+n] = int32(max(0, min(to, top)))
		}
	}
	return p, p.follow(ctx, nil, m.precision())
}
