package parity

import (
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/cmd/internal/demo"
	"github.com/forecall/forecall/pacing/sim"
)

// The quantiles are those of every table of Student's t.
func TestTheQuantilesAreStudents(t *testing.T) {
	for freedom, want := range map[float64]float64{
		1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 7: 2.365, 9: 2.262, 14: 2.145, 29: 2.045, 99: 1.984, math.Inf(1): 1.960,
	} {
		if got := student(freedom); math.Abs(got-want) > 0.01 {
			t.Errorf("%g degrees of freedom: %.4f, want %.3f", freedom, got, want)
		}
	}
	for f, before := 1.0, math.Inf(1); f < 200; f += 0.25 {
		if got := student(f); got > before {
			t.Fatalf("at %g degrees of freedom the quantile rises from %g to %g", f, before, got)
		} else {
			before = got
		}
	}
}

// What a 95 % interval promises is kept: about 95 of a hundred hold the truth.
func TestNinetyFiveOfAHundredIntervalsHoldTheTruth(t *testing.T) {
	const trials, shifts = 4000, 6
	r := rand.New(rand.NewPCG(1, 1))
	var means, ratios, differences int
	for range trials {
		var occupancy, other, over, under []float64
		for range shifts {
			occupancy = append(occupancy, 0.85+0.01*r.NormFloat64())
			answered := math.Round(400 + 20*r.NormFloat64())
			over, under = append(over, 0.03*answered+3*r.NormFloat64()), append(under, answered)
		}
		for range 50 {
			other = append(other, 0.80+0.03*r.NormFloat64())
		}
		a, b := meanOf(occupancy), meanOf(other)
		means += holds(a, 0.85)
		differences += holds(difference(a, b), 0.05)
		ratios += holds(ratioOf(over, under), 0.03)
	}
	for name, n := range map[string]int{"mean": means, "ratio": ratios, "difference": differences} {
		if share := float64(n) / trials; share < 0.935 || share > 0.965 {
			t.Errorf("%.1f %% of the intervals of the %s hold the truth", 100*share, name)
		}
	}
}

func holds(i Interval, truth float64) int {
	if i.Low <= truth && truth <= i.High {
		return 1
	}
	return 0
}

// A window that closes exactly with the shift makes the open policy the
// simulator's, but for the looks that the simulator saves after events that
// change nothing; a window that stays open makes it bolder.
func TestTheOpenPolicyDiffersFromTheSimulatorsInTheEndOfTheDayAlone(t *testing.T) {
	s := sim.Default()
	s.Shift, s.Agents = 20*time.Minute, 4
	speed := s.Shift.Seconds() / lookAhead.Seconds()
	o := sim.Options{Shifts: 8, Extra: []sim.Entry{open(speed, s.Hold)}}
	ours, err := sim.Run(t.Context(), s, policyName, o)
	if err != nil {
		t.Fatal(err)
	}
	theirs, err := sim.Run(t.Context(), s, "predictive", o)
	if err != nil {
		t.Fatal(err)
	}
	if math.Abs(ours.Occupancy-theirs.Occupancy) > 0.01 {
		t.Errorf("occupancy %.4f, and the simulator's own is %.4f", ours.Occupancy, theirs.Occupancy)
	}
	o.Extra = []sim.Entry{open(20, s.Hold)}
	later, err := sim.Run(t.Context(), s, policyName, o)
	if err != nil {
		t.Fatal(err)
	}
	if later.Occupancy < theirs.Occupancy+0.02 {
		t.Errorf("with a window that stays open, occupancy is %.4f after %.4f", later.Occupancy, theirs.Occupancy)
	}
}

func TestAReportSaysWhetherTheTwoOverlap(t *testing.T) {
	near := pair(meanOf([]float64{0.80, 0.82, 0.84}), meanOf([]float64{0.81, 0.83, 0.82, 0.80}))
	apart := pair(meanOf([]float64{0.80, 0.81, 0.82}), meanOf([]float64{0.90, 0.91, 0.92}))
	r := Report{
		Scenario: "x", Agents: 3, Shift: time.Hour, Speed: 10, Occupancy: near, Abandonment: apart,
		Live: []*demo.Shift{{Result: sim.Result{WaitMean: 4}, Late: demo.Lateness{Talk: 0.5}}, {Result: sim.Result{WaitMean: 6}}}, Simulated: sim.Result{Shifts: 4, WaitMean: 5.5},
	}
	if r.Agree() {
		t.Error("figures that are apart agree")
	}
	var out strings.Builder
	if err := r.Print(&out, false); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"occupancy, %", "overlap", "APART", "82.00 (77.03 to 86.97)", "-10.00", "5.00", "talk 0.25"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the report does not say %q:\n%s", want, out.String())
		}
	}
	r.Abandonment = near
	if !r.Agree() {
		t.Error("figures that overlap do not agree")
	}
}

func TestAComparisonThatSaysNothingIsRefused(t *testing.T) {
	s := sim.Default()
	for want, settings := range map[string]Settings{
		"scenario": {Runs: 3, Seeds: 10},
		"--runs":   {Runs: 1, Seeds: 10, Demo: demo.Settings{Scenario: &s, Speed: 10}},
		"--seeds":  {Runs: 3, Seeds: 1, Demo: demo.Settings{Scenario: &s, Speed: 10}},
		"--speed":  {Runs: 3, Seeds: 10, Demo: demo.Settings{Scenario: &s, Speed: 100}},
	} {
		if _, err := Compare(t.Context(), t.Context(), settings); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("the error is %v, want one about %s", err, want)
		}
	}
}

func TestTheScenariosOfTheComparisonCanBeLived(t *testing.T) {
	files, err := filepath.Glob("testdata/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no scenarios: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		s, err := sim.Parse(file, data)
		if err != nil {
			t.Fatal(err)
		}
		if err := (demo.Settings{Scenario: &s, Speed: 20}).Validate(); err != nil {
			t.Error(err)
		}
	}
}
