package optimum

import (
	"context"
	"math"
)

// flow is the long run of a policy.
type flow struct {
	share        []float64 // of the time, by state once decided
	served, lost float64   // people a second
}

// follow computes the long run of the policy by the power method, beginning with that of another policy or nil, until
// the shares of time move by less than tolerance a second.
func (p *Policy) follow(ctx context.Context, before []float64, tolerance float64) error {
	c := p.chain
	now, next := make([]float64, len(p.to)), make([]float64, len(p.to))
	if before == nil {
		now[c.empty()*c.width+int(p.to[c.empty()*c.width])] = 1
	}
	for i, mass := range before {
		now[i/c.width*c.width+int(p.to[i])] += mass
	}
	for moved := math.Inf(1); moved > tolerance*c.step; {
		for range 64 {
			p.push(now, next)
			now, next = next, now
		}
		moved = 0
		for i := range now {
			moved += math.Abs(now[i] - next[i])
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	p.count(now)
	return nil
}

// push is one step of the uniformised chain.
func (p *Policy) push(now, next []float64) {
	c := p.chain
	clear(next)
	for i := range c.rows {
		r := &c.rows[i]
		for n, mass := range now[i*c.width:][:c.width] {
			if mass < 1e-30 { // dust; it would only cost time
				continue
			}
			next[i*c.width+n] += mass * (1 - c.step*(r.leave+float64(n)*c.ring))
			mass *= c.step
			for j := range r.moves {
				p.arrive(next, r.moves[j].to, n, mass*r.moves[j].rate)
			}
			if n > 0 {
				mass *= float64(n) * c.ring
				p.arrive(next, r.answer.to, n-1, mass*c.Answer)
				p.arrive(next, i, n-1, mass*(1-c.Answer))
			}
		}
	}
}

func (p *Policy) arrive(next []float64, row, n int, mass float64) {
	i := row * p.chain.width
	next[i+int(p.to[i+n])] += mass
}

// count fills what the policy reaches from its shares of time.
func (p *Policy) count(share []float64) {
	c, f := p.chain, flow{share: share}
	for i := range c.rows {
		r := &c.rows[i]
		for n, mass := range share[i*c.width:][:c.width] {
			for j := range r.moves {
				f.served += mass * r.moves[j].rate * r.moves[j].served
				f.lost += mass * r.moves[j].rate * r.moves[j].lost
			}
			answers := mass * float64(n) * c.ring * c.Answer
			f.served += answers * r.answer.served
			f.lost += answers * r.answer.lost
		}
	}
	p.flow = f
	p.Occupancy = c.occupancy(f.served)
	if f.lost > 0 {
		p.Abandonment = f.lost / (f.lost + f.served)
	}
}
