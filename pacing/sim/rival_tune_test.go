package sim

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
	"pgregory.net/rapid"
)

func TestTuningPrefersOccupancyWithinTheLimitAndTheLesserEvilBeyond(t *testing.T) {
	of := func(occupancy, abandonment float64) tried {
		return tried{"x", Result{Occupancy: occupancy, Abandonment: abandonment}}
	}
	for _, c := range []struct {
		name string
		a, b tried
		want bool
	}{
		{"both within, a busier", of(0.8, 0.03), of(0.7, 0.01), true},
		{"both within, a idler", of(0.6, 0.01), of(0.7, 0.03), false},
		{"only a within", of(0.5, 0.03), of(0.9, 0.05), true},
		{"only b within", of(0.9, 0.05), of(0.5, 0.03), false},
		{"both beyond, a loses fewer", of(0.5, 0.05), of(0.9, 0.06), true},
	} {
		if got := betterWithin(0.033, c.a, c.b); got != c.want {
			t.Errorf("%s: %v", c.name, got)
		}
	}
}

// The cells are those in which the notes' own programs stand beside these; the rest of the table is the command's to show.
func TestTheRatiosStandWhereTheNotesHaveThem(t *testing.T) {
	const within = 0.025 // of occupancy
	for _, cell := range Table() {
		if cell.Scenario.Name != "n5-p25-t60" && cell.Scenario.Name != "n20-p25-t180" {
			continue
		}
		for _, policy := range []string{"ratio-tuned", "vicidial-hard", "ratio-ledger"} {
			r, err := Run(t.Context(), cell.Scenario, policy, Options{Shifts: 4})
			if err != nil {
				t.Fatal(err)
			}
			notes, told := cell.Notes(policy)
			if !told || math.Abs(r.Occupancy-notes.Occupancy) > within {
				t.Errorf("%s with %s: %.1f %% occupancy, the notes have %.1f", cell.Scenario.Name, policy, 100*r.Occupancy, 100*notes.Occupancy)
			}
			if policy == "ratio-tuned" && !strings.HasPrefix(r.Settings, "level=") {
				t.Errorf("%s: the ratio was tuned to %q", cell.Scenario.Name, r.Settings)
			}
		}
	}
}

func TestVicidialsBestIsNoWorseThanItsDefault(t *testing.T) {
	s := Default()
	s.Shift, s.Shifts, s.Talk = 2*time.Hour, 3, AlwaysDist(Dist{Shape: Lognormal, Mean: time.Minute, CV: 1})
	best, err := Run(t.Context(), s, "vicidial-best", Options{})
	if err != nil {
		t.Fatal(err)
	}
	plain, err := Run(t.Context(), s, "vicidial-hard", Options{})
	if err != nil {
		t.Fatal(err)
	}
	if best.Occupancy < plain.Occupancy || !strings.HasPrefix(best.Settings, "method=") {
		t.Errorf("the best of twenty (%s) has %.3f, the default %.3f", best.Settings, best.Occupancy, plain.Occupancy)
	}
}

func TestTuningEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for _, policy := range []string{"ratio-tuned", "vicidial-best"} {
		if _, err := Run(ctx, Default(), policy, Options{}); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", policy, err)
		}
	}
}

// A team of which a part leaves and a part vanishes, on few lines: what a rival cannot make sense of must not stop it.
func TestEveryRivalLastsAHardShiftAndRepeatsItBitForBit(t *testing.T) {
	s := Default()
	s.Shift, s.Shifts, s.Lines, s.CPS = time.Hour, 2, 12, 2
	s.Talk = AlwaysDist(Dist{Shape: Lognormal, Mean: time.Minute, CV: 1})
	s.Breaks = []Break{{At: 0, Share: 1, For: 5 * time.Minute}, {At: 20 * time.Minute, Share: 0.5, For: 10 * time.Minute}}
	s.Vanish = []Vanish{{At: 40 * time.Minute, Share: 0.4}, {At: 55 * time.Minute, Share: 1}}
	for _, e := range rivals() {
		policy := e.Name
		switch policy {
		case "ratio-tuned":
			policy += ":level=3"
		case "vicidial-best":
			policy += ":method=average,max=4"
		}
		one, err := Run(t.Context(), s, policy, Options{Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		two, err := Run(t.Context(), s, policy, Options{Workers: 2})
		if err != nil {
			t.Fatal(err)
		}
		for i, shift := range one.Each {
			if shift.Connects == 0 || shift.LinesMax > s.Lines {
				t.Errorf("%s: %d connects, %d lines of %d", policy, shift.Connects, shift.LinesMax, s.Lines)
			}
			if other := two.Each[i]; shift.Worked != other.Worked || shift.Dials != other.Dials || shift.Abandoned != other.Abandoned {
				t.Errorf("%s: shift %d differs with two workers", policy, i+1)
			}
		}
	}
}

func TestEveryRivalIsLawful(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		s := scenarios(t)
		e := rapid.SampledFrom(rivals()).Draw(t, "rival")
		p, err := e.New(Setup{Scenario: s, Start: startOfShift, Seed: s.Seed})
		if err != nil {
			t.Fatal(err)
		}
		a := newAudit(s, p)
		shift, err := newWorld(s, e, a, s.Seed, time.Second).run(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if a.books(shift); len(a.faults) > 0 {
			t.Fatalf("%s: %q", e.Name, a.faults)
		}
	})
}

func TestTheTableHasEveryCellOnce(t *testing.T) {
	cells := Table()
	if len(cells) != 46 {
		t.Errorf("%d cells, want 46", len(cells))
	}
	seen := map[string]bool{}
	for _, c := range cells {
		if err := c.Scenario.Validate(); err != nil || seen[c.Scenario.Name] {
			t.Errorf("%s: %v, twice %v", c.Scenario.Name, err, seen[c.Scenario.Name])
		}
		seen[c.Scenario.Name] = true
		ahead, told := c.Notes("predictive")
		oneToOne, both := c.Notes("progressive")
		if !told || !both || ahead.Occupancy <= oneToOne.Occupancy || ahead.Abandonment > 0.03 || oneToOne.Abandonment >= 0 {
			t.Errorf("%s: the notes have %+v and %+v", c.Scenario.Name, ahead, oneToOne)
		}
	}
	if !seen["n20-p25-t60"] || !seen["n300-p60-t180"] {
		t.Error("n20-p25-t60 or n300-p60-t180 is missing")
	}
	if _, told := cells[0].Notes("omnileads"); told {
		t.Error("the notes have no column for omnileads")
	}
	for _, name := range TableColumns() {
		if _, _, err := find(name, nil); err != nil {
			t.Error(err)
		}
	}
}

func TestTheBoardTakesWhatItWasNeverToldTheBeginningOf(t *testing.T) {
	s := newStage(nil)
	s.tell(5, pacing.AgentGone, 0, 9)
	s.tell(6, pacing.CallBridged, 4, 9) // neither the call nor the agent was ever told of
	s.tell(7, pacing.CallEnded, 4, 0)
	if s.board.talking() != 1 || s.lines() != 0 || s.bridged != 0 {
		t.Errorf("talking %d, lines %d, bridged %d", s.board.talking(), s.lines(), s.bridged)
	}
}
