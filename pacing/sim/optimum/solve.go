package optimum

import (
	"context"
	"fmt"
)

// Solution is the optimum of a model.
type Solution struct {
	// Occupancy is the highest share of their time that agents can talk or wrap up; Abandonment is the share of those
	// answering who are lost then: the cap, or less where even the boldest policy loses less.
	Occupancy, Abandonment float64
	// Lambda is the price of one lost call, in calls served, at which the two policies are equally good.
	Lambda float64
	// Bound is what no policy exceeds, by the dual problem. Occupancy equals it but for the tolerance of 1e-5.
	Bound float64
	// Mix is the share of time that Bold is followed, which alone would lose more than the cap; Cautious the rest.
	Mix            float64
	Bold, Cautious *Policy
}

// Solve finds the optimum. The error wraps ErrModel or the context's.
func Solve(ctx context.Context, m Model) (Solution, error) {
	if err := m.Validate(); err != nil {
		return Solution{}, err
	}
	top := m.MaxInAir
	if top == 0 {
		top = 4 + int(float64(m.Agents+2)/m.Answer)
	}
	for {
		h := newHull(ctx, m, top)
		s, err := h.solve()
		if err != nil {
			return Solution{}, fmt.Errorf("optimum of %d agents with %d attempts in the air: %w", m.Agents, top, err)
		}
		if m.MaxInAir > 0 || h.unbounded(s.Lambda) {
			return s, nil
		}
		if top = top * 3 / 2; top > maxInAir {
			return Solution{}, fmt.Errorf("%w: more than %d attempts in the air would be needed", ErrModel, maxInAir)
		}
	}
}

// hull walks the upper edge of what can be reached, calls served against calls lost, towards the line of the cap. Each
// price of a lost call touches the edge at one policy; the price at which two policies, one on each side of the cap, are
// equally good either finds a third above the line between them, or shows that there is none.
type hull struct {
	*values
	ctx            context.Context
	bold, cautious *Policy
	bound          float64
}

func newHull(ctx context.Context, m Model, top int) *hull {
	return &hull{values: newValues(newChain(m, top)), ctx: ctx, bound: 1}
}

func (h *hull) solve() (Solution, error) {
	if err := h.bracket(); err != nil {
		return Solution{}, err
	}
	lambda := 0.0
	for {
		b, c := h.bold.flow, h.cautious.flow
		if h.excess(b)-h.excess(c) < h.precision() {
			break // the same policy on both sides
		}
		lambda = (b.served - c.served) / (b.lost - c.lost)
		gain, err := h.touch(lambda)
		if err != nil {
			return Solution{}, err
		}
		if gain <= c.served-lambda*c.lost+4*h.precision() {
			break
		}
	}
	return h.mix(lambda), nil
}

// bracket finds prices on both sides of the cap.
func (h *hull) bracket() error {
	for lambda := 1.0; ; {
		if _, err := h.touch(lambda); err != nil {
			return err
		}
		switch {
		case h.bold != nil && h.cautious != nil:
			return nil
		case h.bold != nil:
			lambda *= 2
		case lambda < 1e-3: // hardly any price, and still within the cap
			h.bold = h.cautious
			return nil
		default:
			lambda /= 2
		}
	}
}

// touch finds the policy that is best at a price, and takes it for the one on its side of the cap.
func (h *hull) touch(lambda float64) (gain float64, err error) {
	if gain, err = h.values.solve(h.ctx, lambda, h.precision()); err != nil {
		return 0, err
	}
	p := h.greedy()
	var before []float64
	for _, q := range []*Policy{h.bold, h.cautious} {
		if q != nil {
			before = q.flow.share
		}
	}
	if err := p.follow(h.ctx, before, h.precision()); err != nil {
		return 0, err
	}
	if h.excess(p.flow) > 0 {
		h.bold = p
	} else {
		h.cautious = p
	}
	// The dual: with nu the multiplier of the cap, served <= gain x (1 + nu x cap).
	if nu := lambda / (1 - h.Cap - h.Cap*lambda); nu > 0 && (h.MaxInAir > 0 || h.unbounded(lambda)) {
		h.bound = min(h.bound, h.occupancy(gain*(1+nu*h.Cap)))
	}
	return gain, nil
}

// mix shares time between the two policies such that the cap is met exactly.
func (h *hull) mix(lambda float64) Solution {
	s := Solution{Lambda: lambda, Bound: h.bound, Bold: h.bold, Cautious: h.cautious}
	over, under := h.excess(h.bold.flow), h.excess(h.cautious.flow)
	if over > under {
		s.Mix = -under / (over - under)
	}
	b, c := h.bold.flow, h.cautious.flow
	served := s.Mix*b.served + (1-s.Mix)*c.served
	lost := s.Mix*b.lost + (1-s.Mix)*c.lost
	s.Occupancy = h.occupancy(served)
	if lost > 0 {
		s.Abandonment = lost / (lost + served)
	}
	return s
}
