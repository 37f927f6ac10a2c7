package optimum

import (
	"context"
	"math"
)

// values are the relative values of a chain in which every person served is worth 1 and every person lost costs lambda.
type values struct {
	*chain
	post []float64 // of each state once decided, with nothing more to place until the next step
	pre  []float64 // of each state yet to be decided: the best that can be reached from it
	next []float64
}

func newValues(c *chain) *values {
	n := len(c.rows) * c.width
	return &values{chain: c, post: make([]float64, n), pre: make([]float64, n), next: make([]float64, n)}
}

// decide makes pre from post. Without cancelling the number in the air can only be raised.
func (v *values) decide() {
	for r := range v.rows {
		post, pre := v.post[r*v.width:][:v.width], v.pre[r*v.width:][:v.width]
		best := math.Inf(-1)
		for n := v.top; n >= 0; n-- {
			best = max(best, post[n])
			pre[n] = best
		}
		if v.Cancel {
			for n := range pre {
				pre[n] = best
			}
		}
	}
}

// sweep is one step of relative value iteration. It returns the least and the most that any state gains in it, per
// second: the gain of the optimum lies between them (Odoni's bounds).
func (v *values) sweep(lambda float64) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for i := range v.rows {
		l, m := v.sweepRow(i, lambda)
		least, most = min(least, l), max(most, m)
	}
	base := v.next[0]
	for i := range v.next {
		v.next[i] -= base
	}
	v.post, v.next = v.next, v.post
	return least, most
}

func (v *values) sweepRow(i int, lambda float64) (least, most float64) {
	r := &v.rows[i]
	least, most = math.Inf(1), math.Inf(-1)
	post, next, own := v.post[i*v.width:][:v.width], v.next[i*v.width:][:v.width], v.pre[i*v.width:][:v.width]
	answered := v.pre[r.answer.to*v.width:][:v.width]
	worth := r.answer.served - lambda*r.answer.lost
	for n, now := range own {
		d := (now - post[n]) / v.step // a step in which nothing happens lets the policy decide again
		for j := range r.moves {
			k := &r.moves[j]
			d += k.rate * (k.served - lambda*k.lost + v.pre[k.to*v.width+n] - now)
		}
		if n > 0 {
			d += float64(n) * v.ring * (v.Answer*(worth+answered[n-1]) + (1-v.Answer)*own[n-1] - now)
		}
		least, most = min(least, d), max(most, d)
		next[n] = post[n] + v.step*d
	}
	return least, most
}

// solve iterates until the gain is known within a tolerance, and returns it per second. The values stay where they are,
// so that a next price nearby is solved quickly.
func (v *values) solve(ctx context.Context, lambda, tolerance float64) (float64, error) {
	for {
		for range 64 {
			v.decide()
			least, most := v.sweep(lambda)
			if most-least <= tolerance {
				v.decide()
				return (least + most) / 2, nil
			}
		}
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
	}
}

// unbounded tells whether top is as good as no limit: whether with top attempts in the air one more answer is no good
// news in any row.
//
// Then the values found, continued beyond top as if those there were top, satisfy the optimality inequality
//
//	gain >= moves(row) + n x ring x [ answer x (worth + V(answered row, n-1) - V(row, n)) + (1 - answer) x (V(row, n-1) - V(row, n)) ]
//
// for n > top too: V does not depend on n there, so that the bracket is answer x b with b = worth + V(answered row, top)
// - V(row, top) <= 0, and moves(row) <= gain - top x ring x answer x b by the equation at n = top, where V(., top-1) >=
// V(., top); so the right side is at most gain + (n - top) x ring x answer x b. By the verification theorem no policy,
// whatever it keeps in the air, gains more.
func (v *values) unbounded(lambda float64) bool {
	for i := range v.rows {
		r := &v.rows[i]
		worth := r.answer.served - lambda*r.answer.lost
		if worth+v.pre[r.answer.to*v.width+v.top] > v.pre[i*v.width+v.top] {
			return false
		}
	}
	return true
}
