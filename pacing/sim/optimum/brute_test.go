package optimum

import (
	"math"
	"testing"
	"time"
)

// tiny is a model small enough to try every policy.
func tiny(agents, inAir int, wrap time.Duration) Model {
	return Model{
		Agents: agents, Answer: 0.4, Ring: 20 * time.Second, Talk: 60 * time.Second, Wrap: wrap,
		Cap: 0.03, MaxInAir: inAir,
	}
}

// Every policy that keeps a fixed number in the air in each configuration of the team is followed by solving its balance
// equations, by another method than the solver's; the best mixture of two of them that meets the cap is the truth.
func TestTheOptimumIsTheBestOfAllPolicies(t *testing.T) {
	for name, m := range map[string]Model{
		"one agent":              tiny(1, 4, 0),
		"one agent who wraps up": tiny(1, 4, 15*time.Second),
		"two agents":             tiny(2, 5, 0),
		"two who wrap up":        tiny(2, 2, 15*time.Second),
		"one, people wait":       func() Model { m := tiny(1, 2, 0); m.Hold = 2 * time.Second; return m }(),
		"two, cancelling":        func() Model { m := tiny(2, 4, 0); m.Cancel = true; return m }(),
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Solve(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			want := bruteForce(t, m)
			if math.Abs(s.Occupancy-want) > 1e-5 {
				t.Errorf("occupancy %.6f, by trying all policies %.6f", s.Occupancy, want)
			}
			if s.Abandonment > m.Cap+1e-9 {
				t.Errorf("abandonment %.6f is over the cap %.2f", s.Abandonment, m.Cap)
			}
		})
	}
}

// bruteForce returns the occupancy of the best mixture of two policies that meets the cap.
func bruteForce(t *testing.T, m Model) float64 {
	t.Helper()
	c := newChain(m, m.MaxInAir)
	var all []flow
	levels := make([]int, len(c.rows))
	for {
		all = append(all, balance(t, c, levels))
		i := 0
		for ; i < len(levels) && levels[i] == c.top; i++ {
			levels[i] = 0
		}
		if i == len(levels) {
			break
		}
		levels[i]++
	}
	if len(all) < 10 {
		t.Fatalf("only %d policies tried", len(all))
	}
	best := 0.0
	for _, a := range all {
		for _, b := range all {
			best = max(best, m.occupancy(mixture(m, a, b)))
		}
	}
	return best
}

// mixture is what two policies serve together when the cap is met, or 0 when they cannot meet it.
func mixture(m Model, a, b flow) float64 {
	ea, eb := m.excess(a), m.excess(b)
	switch {
	case ea <= 0:
		return a.served
	case eb > 0:
		return 0
	}
	share := -eb / (ea - eb)
	return share*a.served + (1-share)*b.served
}

// balance solves the balance equations of keeping levels in the air by Gaussian elimination with pivots. Those in the
// air beyond the level stay, unless the model cancels.
func balance(t *testing.T, c *chain, levels []int) flow {
	t.Helper()
	n := len(c.rows) * c.width
	a := make([][]float64, n) // a[to] is the balance of a state; the last column is the right side
	for i := range a {
		a[i] = make([]float64, n+1)
	}
	flowTo := func(from, row, inAir int, rate float64) {
		to := levels[row]
		if !c.Cancel {
			to = max(to, inAir)
		}
		a[row*c.width+to][from] += rate
		a[from][from] -= rate
	}
	for i, r := range c.rows {
		for k := range c.width {
			from := i*c.width + k
			if k < levels[i] || c.Cancel && k > levels[i] {
				flowTo(from, i, k, 1) // never in it once decided
			}
			for _, m := range r.moves {
				flowTo(from, m.to, k, m.rate)
			}
			if k > 0 {
				flowTo(from, r.answer.to, k-1, float64(k)*c.ring*c.Answer)
				flowTo(from, i, k-1, float64(k)*c.ring*(1-c.Answer))
			}
		}
	}
	return counted(c, stationary(a, c.empty()*c.width+levels[c.empty()]))
}

// stationary solves the balance equations of the states that the process, begun in start, visits again and again.
func stationary(a [][]float64, start int) []float64 {
	closed := recurrent(a, start)
	redundant := -1
	for i := range a {
		if !closed[i] { // passed through once or never: its share is 0
			clear(a[i])
			a[i][i] = 1
		} else {
			redundant = i
		}
	}
	for j := range a[redundant] { // one balance follows from the others: instead, the shares add up to 1
		a[redundant][j] = 1
	}
	return eliminate(a)
}

// recurrent are the states that can be reached from start and from everything that can be reached from start.
func recurrent(a [][]float64, start int) []bool {
	n := len(a)
	leads := make([][]bool, n)
	for from := range n {
		leads[from] = make([]bool, n)
		for to := range n {
			leads[from][to] = from == to || a[to][from] > 0
		}
	}
	for over := range n {
		for from := range n {
			for to := range n {
				leads[from][to] = leads[from][to] || leads[from][over] && leads[over][to]
			}
		}
	}
	closed := make([]bool, n)
	for i := range n {
		closed[i] = leads[start][i]
		for j := range n {
			closed[i] = closed[i] && (!leads[start][j] || leads[j][i])
		}
	}
	return closed
}

func eliminate(a [][]float64) []float64 {
	n := len(a)
	for col := range n {
		pivot := col
		for i := col + 1; i < n; i++ {
			if math.Abs(a[i][col]) > math.Abs(a[pivot][col]) {
				pivot = i
			}
		}
		a[col], a[pivot] = a[pivot], a[col]
		for i := range n {
			if f := a[i][col] / a[col][col]; i != col && f != 0 {
				for j := col; j <= n; j++ {
					a[i][j] -= f * a[col][j]
				}
			}
		}
	}
	x := make([]float64, n)
	for i := range x {
		x[i] = a[i][n] / a[i][i]
	}
	return x
}

func counted(c *chain, share []float64) flow {
	p := Policy{chain: c}
	p.count(share)
	return p.flow
}
