package optimum

import (
	"context"
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"
)

func team(agents int, answer float64, talk, hold time.Duration) Model {
	return Model{Agents: agents, Answer: answer, Ring: 20 * time.Second, Talk: talk, Wrap: 15 * time.Second, Hold: hold, Cap: 0.03}
}

// One agent without wrap-up who keeps k attempts in the air while idle and places none while talking: idle for a mean of
// ring / (k p), then the k-1 others are answered during the conversation or not. Solved by hand, and the optimum is the
// mixture of k = 1 and k = 2.
func TestOneAgentIsSolvedByHand(t *testing.T) {
	for _, c := range []struct {
		answer float64
		talk   time.Duration
	}{{0.25, time.Minute}, {0.25, 3 * time.Minute}, {0.4, 2 * time.Minute}} {
		t.Run(fmt.Sprint(c), func(t *testing.T) {
			m := team(1, c.answer, c.talk, 0)
			m.Wrap = 0
			ring, talk := m.Ring.Seconds(), c.talk.Seconds()
			// The second attempt resolves during the conversation with chance talk/(ring+talk), and is lost if answered.
			lost := c.answer * talk / (ring + talk)
			oneCycle, twoCycle := ring/c.answer+talk, ring/(2*c.answer)+talk
			one := flow{served: 1 / oneCycle}
			two := flow{served: 1 / twoCycle, lost: lost / twoCycle}
			want := m.occupancy(mixture(m, two, one))

			s, err := Solve(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(s.Occupancy-want) > 1e-6 {
				t.Errorf("occupancy %.7f, by hand %.7f", s.Occupancy, want)
			}
			price := (two.served - one.served) / two.lost
			if math.Abs(s.Lambda-price) > 1e-3*price {
				t.Errorf("price of a lost call %.5f, by hand %.5f", s.Lambda, price)
			}
		})
	}
}

func TestTheMixtureMeetsTheCapAndTheDualBound(t *testing.T) {
	for _, m := range []Model{
		team(2, 0.1, time.Minute, 0), team(3, 0.25, time.Minute, 2*time.Second), team(5, 0.25, 3*time.Minute, 0),
		team(5, 0.6, time.Minute, 2*time.Second), team(8, 0.6, time.Minute, 0),
	} {
		t.Run(fmt.Sprintf("%d agents, %g, %s, hold %s", m.Agents, m.Answer, m.Talk, m.Hold), func(t *testing.T) {
			s, err := Solve(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			if math.Abs(s.Abandonment-m.Cap) > 1e-6 {
				t.Errorf("abandonment %.7f does not use the cap of %g", s.Abandonment, m.Cap)
			}
			if s.Occupancy > s.Bound+1e-5 || s.Occupancy < s.Bound-1e-5 {
				t.Errorf("occupancy %.6f is not what the dual bounds it by, %.6f", s.Occupancy, s.Bound)
			}
			if s.Bold.Abandonment <= m.Cap || s.Cautious.Abandonment > m.Cap || s.Mix < 0 || s.Mix > 1 {
				t.Errorf("policies at %.5f and %.5f mixed %.3f are not on both sides of the cap", s.Bold.Abandonment, s.Cautious.Abandonment, s.Mix)
			}
		})
	}
}

func TestALooserCapIsWorthSomething(t *testing.T) {
	before := -1.0
	for _, limit := range []float64{0.005, 0.01, 0.03, 0.1} {
		m := team(4, 0.25, 2*time.Minute, 0)
		m.Cap = limit
		s, err := Solve(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		if s.Occupancy <= before {
			t.Errorf("cap %g: occupancy %.5f is not above that of a stricter cap, %.5f", limit, s.Occupancy, before)
		}
		before = s.Occupancy
	}
}

func TestProgressiveIsNeverBetter(t *testing.T) {
	for _, m := range []Model{team(1, 0.6, time.Minute, 0), team(4, 0.25, time.Minute, 0)} {
		s, err := Solve(t.Context(), m)
		if err != nil {
			t.Fatal(err)
		}
		p, err := Evaluate(t.Context(), m, m.Agents, func(s State) int { return m.Agents - s.Talking - s.WrapUp })
		if err != nil {
			t.Fatal(err)
		}
		if p.Abandonment != 0 || p.Occupancy >= s.Occupancy {
			t.Errorf("progressive %.5f at %g, optimum %.5f", p.Occupancy, p.Abandonment, s.Occupancy)
		}
	}
}

// The certificate of values.unbounded, tried: with twice the room nothing changes.
func TestMoreRoomInTheAirChangesNothing(t *testing.T) {
	m := team(4, 0.25, time.Minute, 0)
	s, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	h := newHull(t.Context(), m, 2*s.Bold.chain.top)
	wide, err := h.solve()
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(wide.Occupancy-s.Occupancy) > 1e-6 {
		t.Errorf("occupancy %.7f with %d in the air at most, %.7f with twice as many", s.Occupancy, s.Bold.chain.top, wide.Occupancy)
	}
	for r, row := range h.rows {
		at := State{Talking: row.talking, WrapUp: row.wrapUp, Waiting: row.waiting}
		if s.Cautious.InAir(at) != wide.Cautious.InAir(at) {
			t.Errorf("row %d %+v: %d in the air, %d with more room", r, at, s.Cautious.InAir(at), wide.Cautious.InAir(at))
		}
	}
}

func TestATooSmallTopIsSeen(t *testing.T) {
	m := team(3, 0.25, time.Minute, 0)
	h := newHull(t.Context(), m, 3)
	if _, err := h.touch(0.5); err != nil {
		t.Fatal(err)
	}
	if h.unbounded(0.5) {
		t.Error("three attempts in the air for three agents pass for as good as no limit")
	}
}

// Free cancelling is all or nothing: what is in the air brings the next answer sooner and costs nothing once it is over.
func TestFreeCancellingKeepsEveryLineOrNone(t *testing.T) {
	m := team(3, 0.25, time.Minute, 0)
	m.MaxInAir, m.Cancel = 12, true
	s, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range s.Cautious.chain.rows {
		n := s.Cautious.InAir(State{Talking: row.talking, WrapUp: row.wrapUp, InAir: 5})
		if idle := row.talking+row.wrapUp < m.Agents; idle && n != 12 || !idle && n != 0 {
			t.Errorf("%d talking, %d in wrap-up: %d in the air", row.talking, row.wrapUp, n)
		}
	}
	m.Cancel = false
	kept, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if s.Occupancy <= kept.Occupancy {
		t.Errorf("occupancy %.4f with cancelling, %.4f without", s.Occupancy, kept.Occupancy)
	}
}

func TestAModelThatCannotBeSolvedIsRefused(t *testing.T) {
	for want, spoil := range map[string]func(*Model){
		"agents: 0 ":             func(m *Model) { m.Agents = 0 },
		"agents: 31 ":            func(m *Model) { m.Agents = 31 },
		"answer: 0 ":             func(m *Model) { m.Answer = 0 },
		"answer: NaN":            func(m *Model) { m.Answer = math.NaN() },
		"ring: ":                 func(m *Model) { m.Ring = 0 },
		"talk: ":                 func(m *Model) { m.Talk = -time.Second },
		"wrap: ":                 func(m *Model) { m.Wrap = -time.Second },
		"hold: ":                 func(m *Model) { m.Hold = -time.Second },
		"cap: 1 ":                func(m *Model) { m.Cap = 1 },
		"attempts in the air: ":  func(m *Model) { m.MaxInAir = -1 },
		"cancelling needs a lim": func(m *Model) { m.Cancel = true },
	} {
		m := team(2, 0.25, time.Minute, 0)
		spoil(&m)
		_, err := Solve(t.Context(), m)
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("%q is not in: %v", want, err)
		}
	}
	if _, err := Evaluate(t.Context(), team(2, 0.25, time.Minute, 0), 0, func(State) int { return 0 }); !errors.Is(err, ErrModel) {
		t.Errorf("a top of 0 attempts: %v", err)
	}
}

func TestSolvingStopsWhenNobodyWantsIt(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Solve(ctx, team(10, 0.1, time.Minute, 0)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
}

func BenchmarkSolve(b *testing.B) {
	for _, m := range []Model{team(5, 0.25, time.Minute, 0), team(10, 0.25, time.Minute, 0), team(10, 0.1, time.Minute, 2*time.Second)} {
		b.Run(fmt.Sprintf("%d-%g-%s", m.Agents, m.Answer, m.Hold), func(b *testing.B) {
			for b.Loop() {
				if _, err := Solve(b.Context(), m); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
