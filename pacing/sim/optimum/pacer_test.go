package optimum

import (
	"errors"
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/sim"
)

func exponential(mean time.Duration) sim.Dist {
	return sim.Dist{Shape: sim.Exponential, Mean: mean}
}

// markov is the scenario of team.
func markov(agents int, answer float64, talk, hold time.Duration) sim.Scenario {
	s := sim.Default()
	s.Name = fmt.Sprintf("markov-%d", agents)
	s.Agents, s.Answer, s.Hold = agents, sim.Always(answer), hold
	s.Ring, s.NoAnswer, s.Wrap = exponential(20*time.Second), exponential(20*time.Second), exponential(15*time.Second)
	s.Talk = sim.AlwaysDist(exponential(talk))
	return s
}

// The simulator and the chain are two programs for one process; with hold 0 they must agree. The tolerance is four
// standard errors and the half minute that a shift needs to fill.
func TestTheSimulatorReachesWhatWasComputed(t *testing.T) {
	for _, s := range []sim.Scenario{
		markov(1, 0.25, 2*time.Minute, 0), markov(3, 0.25, time.Minute, 0), markov(5, 0.25, 3*time.Minute, 0), markov(5, 0.6, time.Minute, 0),
	} {
		t.Run(fmt.Sprintf("%d agents, %g", s.Agents, s.Answer[0].Is), func(t *testing.T) {
			s.Shift, s.Shifts = 40*time.Hour, 24
			m, err := FromScenario(s)
			if err != nil {
				t.Fatal(err)
			}
			want, err := Solve(t.Context(), m)
			if err != nil {
				t.Fatal(err)
			}
			got, err := sim.Run(t.Context(), s, "optimum", sim.Options{Extra: []sim.Entry{Entry()}})
			if err != nil {
				t.Fatal(err)
			}
			within := 4*got.OccupancySD/math.Sqrt(float64(got.Shifts)) + 0.0005
			if math.Abs(got.Occupancy-want.Occupancy) > within {
				t.Errorf("occupancy %.4f, computed %.4f, not within %.4f", got.Occupancy, want.Occupancy, within)
			}
			// Losses come in clusters; three times the variance of as many independent ones.
			within = 4 * math.Sqrt(3*s.Cap/float64(got.Answered))
			if math.Abs(got.Abandonment-want.Abandonment) > within {
				t.Errorf("abandonment %.4f, computed %.4f, not within %.4f", got.Abandonment, want.Abandonment, within)
			}
		})
	}
}

func TestAHoldOfTwoSecondsIsAlmostTheSame(t *testing.T) {
	s := markov(4, 0.25, time.Minute, 2*time.Second)
	s.Shift, s.Shifts = 40*time.Hour, 12
	m, err := FromScenario(s)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	got, err := sim.Run(t.Context(), s, "optimum", sim.Options{Extra: []sim.Entry{Entry()}})
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Occupancy-want.Occupancy) > 0.006 || math.Abs(got.Abandonment-0.03) > 0.004 {
		t.Errorf("occupancy %.4f at %.4f, with exponential patience %.4f", got.Occupancy, got.Abandonment, want.Occupancy)
	}
}

func TestAScenarioThatIsNotMarkovIsRefusedKeyByKey(t *testing.T) {
	for want, spoil := range map[string]func(*sim.Scenario){
		"answer: changes":   func(s *sim.Scenario) { s.Answer = append(s.Answer, sim.Share{From: time.Hour, Is: 0.5}) },
		"talk: changes":     func(s *sim.Scenario) { s.Talk = append(s.Talk, sim.TimedDist{From: time.Hour, Dist: s.Ring}) },
		"ring: \"uniform\"": func(s *sim.Scenario) { s.Ring.Shape = sim.Uniform },
		"ring: cut":         func(s *sim.Scenario) { s.Ring.Max = time.Minute },
		"no_answer: the mean 25s differs": func(s *sim.Scenario) {
			s.NoAnswer.Mean = 25 * time.Second
		},
		"fast_fail: the share 0.1": func(s *sim.Scenario) { s.FastFail.Share = 0.1 },
		"talk: \"lognormal\"":      func(s *sim.Scenario) { s.Talk[0].Shape = sim.Lognormal },
		"wrap: \"constant\"":       func(s *sim.Scenario) { s.Wrap.Shape = sim.Constant },
		"odds: ":                   func(s *sim.Scenario) { s.Odds.Spread = 0.8 },
		"breaks: ":                 func(s *sim.Scenario) { s.Breaks = []sim.Break{{}} },
		"vanish: ":                 func(s *sim.Scenario) { s.Vanish = []sim.Vanish{{}} },
		"lines: ":                  func(s *sim.Scenario) { s.Lines = 10 },
		"cps: ":                    func(s *sim.Scenario) { s.CPS = 1 },
		"agents: 40 ":              func(s *sim.Scenario) { s.Agents = 40 },
	} {
		s := markov(3, 0.25, time.Minute, 0)
		spoil(&s)
		_, err := FromScenario(s)
		if !errors.Is(err, ErrModel) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s is not in: %v", want, err)
		}
	}
	_, err := sim.Run(t.Context(), sim.Default(), "optimum", sim.Options{Extra: []sim.Entry{Entry()}})
	if !errors.Is(err, ErrModel) {
		t.Errorf("the simulator says %v", err)
	}
}

func TestWrapUpsMayBeNone(t *testing.T) {
	s := markov(2, 0.4, time.Minute, 0)
	s.Wrap, s.Shift, s.Shifts = sim.Dist{}, 10*time.Hour, 4
	got, err := sim.Run(t.Context(), s, "optimum", sim.Options{Extra: []sim.Entry{Entry()}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := FromScenario(s)
	if err != nil {
		t.Fatal(err)
	}
	want, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(got.Occupancy-want.Occupancy) > 0.02 {
		t.Errorf("occupancy %.4f, computed %.4f", got.Occupancy, want.Occupancy)
	}
}

func TestSettingsAreRefused(t *testing.T) {
	_, err := sim.Run(t.Context(), markov(1, 0.5, time.Minute, 0), "optimum:0.5", sim.Options{Extra: []sim.Entry{Entry()}})
	if !errors.Is(err, sim.ErrPolicy) {
		t.Errorf("error %v", err)
	}
}

// A pacer that may cancel withdraws the oldest attempts when the last agent is taken.
func TestWithdrawingTakesTheOldest(t *testing.T) {
	m := team(1, 0.5, time.Minute, 0)
	m.MaxInAir, m.Cancel = 4, true
	s, err := Solve(t.Context(), m)
	if err != nil {
		t.Fatal(err)
	}
	start := time.Date(2026, time.January, 5, 9, 0, 0, 0, time.UTC)
	p := NewPacer(s, start)
	p.Apply(pacing.Event{At: start, Kind: pacing.AgentReady, Agent: 1})
	if o := p.Decide(start, nil); o.Place != 4 || o.Cancel != nil {
		t.Fatalf("an idle agent: %+v", o)
	}
	for id := range pacing.CallID(4) {
		p.Apply(pacing.Event{At: start, Kind: pacing.CallPlaced, Call: id + 1})
	}
	p.Apply(pacing.Event{At: start, Kind: pacing.CallAnswered, Call: 2})
	p.Apply(pacing.Event{At: start, Kind: pacing.CallBridged, Call: 2, Agent: 1})
	o := p.Decide(start, nil)
	if fmt.Sprint(o.Cancel) != "[1 3 4]" || o.Place != 0 {
		t.Errorf("a busy agent: %+v", o)
	}
}
