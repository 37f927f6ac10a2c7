package sim

import (
	"context"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
	"pgregory.net/rapid"
)

// whim is a policy that places, picks and withdraws as it likes, also what makes no sense.
type whim struct {
	r     *rand.Rand
	seen  []pacing.CallID
	boldy int
}

func (w *whim) Apply(e pacing.Event) {
	if e.Kind == pacing.CallPlaced {
		w.seen = append(w.seen, e.Call)
	}
}

func (w *whim) Decide(_ time.Time, next []float64) Order {
	o := Order{Place: w.r.IntN(w.boldy+3) - 2, Again: time.Duration(w.r.IntN(3000)) * time.Millisecond}
	for range w.r.IntN(3) {
		if len(w.seen) > 0 {
			o.Cancel = append(o.Cancel, w.seen[w.r.IntN(len(w.seen))], pacing.CallID(w.r.Uint64()))
		}
	}
	if next != nil && w.r.IntN(2) == 0 {
		for range o.Place {
			o.Picks = append(o.Picks, w.r.IntN(2*Window)-Window/2)
		}
	}
	return o
}

// scenarios draws small scenarios with everything in them.
func scenarios(t *rapid.T) Scenario {
	s := Default()
	s.Name = rapid.SampledFrom([]string{"a", "null", "a: b # c", "Zürich \"1\"", "12"}).Draw(t, "name")
	s.Shift = time.Duration(rapid.IntRange(5, 25).Draw(t, "minutes")) * time.Minute
	s.Shifts = rapid.IntRange(1, 4).Draw(t, "shifts")
	s.Seed = rapid.Uint64().Draw(t, "seed")
	s.Agents = rapid.IntRange(1, 6).Draw(t, "agents")
	s.Lines = rapid.SampledFrom([]int{1, 7, 20}).Draw(t, "lines")
	s.CPS = rapid.SampledFrom([]float64{0, 0, 0.3, 2}).Draw(t, "cps")
	s.Hold = rapid.SampledFrom([]time.Duration{0, time.Millisecond, 2 * time.Second, 5 * time.Second}).Draw(t, "hold")
	s.Odds = Odds{Spread: rapid.SampledFrom([]float64{0, 0, 0.5, 0.8}).Draw(t, "spread"), Known: rapid.Bool().Draw(t, "known")}
	s.Answer = nil
	for i := range rapid.IntRange(1, 3).Draw(t, "answers") {
		s.Answer = append(s.Answer, Share{From: time.Duration(i) * 10 * time.Minute, Is: rapid.Float64Range(0, 1/(1+s.Odds.Spread)).Draw(t, "is")})
	}
	s.Ring, s.NoAnswer, s.Wrap = dists(t, "ring"), dists(t, "no answer"), dists(t, "wrap")
	s.FastFail = FastFail{Share: rapid.Float64Range(0, 1).Draw(t, "fails"), Dist: dists(t, "fail")}
	s.Talk = nil
	for i := range rapid.IntRange(1, 2).Draw(t, "talks") {
		s.Talk = append(s.Talk, TimedDist{From: time.Duration(i) * 7 * time.Minute, Dist: dists(t, "talk")})
	}
	for range rapid.IntRange(0, 3).Draw(t, "breaks") {
		s.Breaks = append(s.Breaks, Break{At: moment(t, s), Share: rapid.Float64Range(0, 1).Draw(t, "share"), For: time.Duration(rapid.IntRange(1, 600).Draw(t, "for")) * time.Second})
	}
	for range rapid.IntRange(0, 2).Draw(t, "vanish") {
		s.Vanish = append(s.Vanish, Vanish{At: moment(t, s), Share: rapid.Float64Range(0, 1).Draw(t, "share")})
	}
	return s
}

func moment(t *rapid.T, s Scenario) time.Duration {
	return time.Duration(rapid.Int64Range(0, int64(s.Shift)).Draw(t, "at"))
}

func dists(t *rapid.T, label string) Dist {
	sec := func(lo, hi int) time.Duration {
		return time.Duration(rapid.IntRange(lo, hi).Draw(t, label)) * 100 * time.Millisecond
	}
	switch rapid.IntRange(0, 3).Draw(t, label+" shape") {
	case 0:
		return Dist{Shape: Lognormal, Mean: sec(5, 600), CV: rapid.Float64Range(0, 1.5).Draw(t, "cv")}
	case 1:
		lo := sec(1, 100)
		return Dist{Shape: Uniform, Min: lo, Max: lo + sec(0, 200)}
	case 2:
		mean := sec(5, 300)
		return Dist{Shape: Exponential, Mean: mean, Max: 2 * mean}
	}
	return Dist{Shape: Constant, Mean: sec(1, 300)}
}

func TestEveryShiftIsLawfulWhoeverDecides(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		if err := s.Validate(); err != nil {
			t.Fatal(err)
		}
		e := Entry{Outcomes: rapid.Bool().Draw(t, "outcomes"), Releases: rapid.Bool().Draw(t, "releases")}
		a := newAudit(s, &whim{r: rand.New(rand.NewPCG(s.Seed, 1)), boldy: rapid.IntRange(0, 9).Draw(t, "bold")})
		shift, err := newWorld(s, e, a, s.Seed, time.Second).run(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		a.books(shift)
		a.rate(s.CPS)
		if len(a.faults) > 0 {
			t.Fatalf("%q", a.faults)
		}
	})
}

// rate checks that no call was placed sooner after another than calls per second allow.
func (a *audit) rate(cps float64) {
	if cps == 0 {
		return
	}
	apart := time.Duration(float64(time.Second) / cps)
	for i := 1; i < len(a.placedAt); i++ {
		if gap := a.placedAt[i].Sub(a.placedAt[i-1]); gap < apart {
			a.fault("placed %s after the call before, at %g calls a second", gap, cps)
			return
		}
	}
}

func TestEveryPolicyOfOursIsLawful(t *testing.T) {
	for _, name := range []string{"progressive", "predictive", "predictive-cancel", "known-distributions", "known-outcomes", "known-releases"} {
		t.Run(name, func(t *testing.T) {
			rapid.Check(t, func(t *rapid.T) {
				s := scenarios(t)
				e, _, err := find(name, nil)
				if err != nil {
					t.Fatal(err)
				}
				p, err := e.New(Setup{Scenario: s, Start: startOfShift, Seed: s.Seed})
				if err != nil {
					t.Fatal(err)
				}
				a := newAudit(s, p)
				shift, err := newWorld(s, e, a, s.Seed, time.Second).run(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				a.books(shift)
				if len(a.faults) > 0 {
					t.Fatalf("%q", a.faults)
				}
			})
		})
	}
}

func TestProgressiveAbandonsNobodyWhoseAgentStays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		s.Breaks, s.Vanish, s.Shifts = nil, nil, 1
		r, err := Run(context.Background(), s, "progressive", Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.Abandoned > 0 {
			t.Fatalf("%d of %d abandoned", r.Abandoned, r.Answered)
		}
	})
}

func TestTheResultIsTheSameBitForBitWhateverTheWorkers(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		policy := rapid.SampledFrom([]string{"predictive", "predictive-cancel", "progressive"}).Draw(t, "policy")
		var results []Result
		for _, workers := range []int{1, 2, 7} {
			r, err := Run(context.Background(), s, policy, Options{Workers: workers})
			if err != nil {
				t.Fatal(err)
			}
			r.Seconds = 0
			results = append(results, r)
		}
		for _, r := range results[1:] {
			if !same(r, results[0]) {
				t.Fatalf("%+v and %+v", r, results[0])
			}
		}
	})
}

func TestASeedGivesOtherPeopleAndTheOptionRulesTheScenario(t *testing.T) {
	s := Default()
	s.Agents, s.Shift, s.Shifts = 4, time.Hour, 2
	run := func(seed uint64, o Options) Result {
		s.Seed = seed
		r, err := Run(context.Background(), s, "predictive", o)
		if err != nil {
			t.Fatal(err)
		}
		r.Seconds = 0
		return r
	}
	one, two, ruled := run(1, Options{}), run(2, Options{}), run(1, Options{Seed: 2})
	if same(one, two) {
		t.Error("seeds 1 and 2 give the same shifts")
	}
	if !same(two, ruled) {
		t.Error("the seed of the options does not rule")
	}
}
