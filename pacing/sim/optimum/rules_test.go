package optimum

import (
	"math"
	"testing"
	"time"
)

// rule is pacing by a threshold on the loss of one more call, as package pacing does it: place while the next call, if
// answered, would find every agent taken with a chance of at most theta. Here the chances are exact.
type rule struct {
	fade float64 // seconds over which a later horizon's chance counts for earlier ones; 0 = not, infinite = in full
	tau  float64 // seconds over which later horizons lose their weight; infinite = not
}

const (
	ruleHorizons = 24
	ruleTop      = 60
)

// losses are the rule's figures for every state, by row and attempts in the air.
func (r rule) losses(c *chain) []float64 {
	out := make([]float64, len(c.rows)*c.width)
	for i := range c.rows {
		releases := c.releases(&c.rows[i])
		for n := range c.width {
			out[i*c.width+n] = r.loss(c, &c.rows[i], n, releases)
		}
	}
	return out
}

// ruleHorizon is the middle of one of so many equal shares of a fresh call's answers, in seconds.
func (c *chain) ruleHorizon(h int) float64 {
	return -math.Log(1-(float64(h)+0.5)/ruleHorizons) / c.ring
}

func (r rule) loss(c *chain, now *row, inAir int, releases [][]float64) float64 {
	sum, all, worst := 0.0, 0.0, 0.0
	for h := ruleHorizons - 1; h >= 0; h-- {
		v := c.ruleHorizon(h)
		if h < ruleHorizons-1 {
			worst *= math.Exp(-(c.ruleHorizon(h+1) - v) / r.fade)
		}
		worst = max(worst, c.full(now, inAir, v, releases[h]))
		weight := math.Exp(-v / r.tau)
		sum += weight * worst
		all += weight
	}
	return sum / all
}

// full is the chance that at least as many answer within v as there are agents free by then.
func (c *chain) full(now *row, inAir int, v float64, releases []float64) float64 {
	q := c.Answer * (1 - math.Exp(-c.ring*v))
	free := c.Agents - now.talking - now.wrapUp
	fewer, p := make([]float64, c.Agents+2), math.Pow(1-q, float64(inAir)) // fewer[k] = P(answers < k)
	for k := range c.Agents + 1 {
		fewer[k+1] = fewer[k] + p
		p *= float64(inAir-k) / float64(k+1) * q / (1 - q)
	}
	sum := 0.0
	for k, chance := range releases {
		sum += chance * (1 - fewer[free+k])
	}
	return sum
}

// releases are the distributions of how many agents come free within each horizon.
func (c *chain) releases(now *row) [][]float64 {
	a, b := 1/c.Talk.Seconds(), 1/c.Wrap.Seconds()
	out := make([][]float64, ruleHorizons)
	for h := range out {
		v := c.ruleHorizon(h)
		talk := 1 - (b*math.Exp(-a*v)-a*math.Exp(-b*v))/(b-a)
		wrap := 1 - math.Exp(-b*v)
		p := []float64{1}
		for range now.talking {
			p = oneMore(p, talk)
		}
		for range now.wrapUp {
			p = oneMore(p, wrap)
		}
		out[h] = p
	}
	return out
}

func oneMore(p []float64, q float64) []float64 {
	out := make([]float64, len(p)+1)
	for i, x := range p {
		out[i] += x * (1 - q)
		out[i+1] += x * q
	}
	return out
}

// best is the occupancy of the rule with the theta that meets the cap, two neighbouring ones mixed.
func (r rule) best(t *testing.T, m Model) float64 {
	t.Helper()
	losses := r.losses(newChain(m, ruleTop))
	try := func(theta float64) flow {
		c := newChain(m, ruleTop)
		p, err := Evaluate(t.Context(), m, ruleTop, func(s State) int {
			n, row := s.InAir, c.at[[3]int{s.Talking, s.WrapUp, 0}]
			for n < ruleTop && losses[row*c.width+n] <= theta {
				n++
			}
			return n
		})
		if err != nil {
			t.Fatal(err)
		}
		return p.flow
	}
	lo, hi := 1e-3, 0.5
	cautious, bold := try(lo), try(hi)
	for hi > 1.002*lo {
		theta := math.Sqrt(lo * hi)
		if f := try(theta); m.excess(f) > 0 {
			hi, bold = theta, f
		} else {
			lo, cautious = theta, f
		}
	}
	return m.occupancy(mixture(m, bold, cautious))
}

// What the optimum taught about package pacing: a threshold on the loss of one more call is as good as optimal, if what
// comes later counts for less. With the running maximum over all later horizons in full, as it was first, it is not.
func TestAThresholdOnTheLossIsNearlyOptimalWhenLaterCountsLess(t *testing.T) {
	forever := math.Inf(1)
	for _, m := range []Model{
		team(3, 0.25, time.Minute, 0), team(5, 0.25, time.Minute, 0), team(5, 0.25, 3*time.Minute, 0), team(5, 0.6, time.Minute, 0),
	} {
		s, err := Solve(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		faded := s.Occupancy - rule{fade: 10, tau: 40}.best(t, m)
		full := s.Occupancy - rule{fade: forever, tau: forever}.best(t, m)
		t.Logf("%d agents, %g, %s: optimum %.2f %%, behind it %.2f points fading, %.2f in full", m.Agents, m.Answer, m.Talk, 100*s.Occupancy, 100*faded, 100*full)
		if faded < -1e-5 || faded > 0.0015 {
			t.Errorf("%d agents, %g, %s: fading, the rule is %.2f points behind the optimum", m.Agents, m.Answer, m.Talk, 100*faded)
		}
		if full < faded+0.001 {
			t.Errorf("%d agents, %g, %s: in full, the rule is only %.2f points behind", m.Agents, m.Answer, m.Talk, 100*full)
		}
	}
}
