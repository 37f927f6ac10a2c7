package sim

import (
	"fmt"
	"math"
	"os"
	"strconv"
	"testing"
	"time"
)

// sanity is the setting of the notes' sanity numbers (peers.md 2.6): 8 h, three seeds, people answer after 4 to 20 s, talk
// about 90 s, wrap-up exponential with 15 s. The share of quick failures is not given there; 16 % of the others give the
// progressive figures that are (33 and 57 %), and that is what it was chosen by.
func sanity(agents int, answer float64) Scenario {
	s := Default()
	s.Name, s.Shifts, s.Agents, s.Answer = fmt.Sprintf("sanity-%d-%.2f", agents, answer), 1, agents, Always(answer)
	s.Ring = Dist{Shape: Uniform, Min: 4 * time.Second, Max: 20 * time.Second}
	s.NoAnswer = Dist{Shape: Constant, Mean: 26 * time.Second}
	s.FastFail.Share = 0.16
	s.Talk = AlwaysDist(Dist{Shape: Lognormal, Mean: 90 * time.Second, CV: 1})
	s.Wrap = Dist{Shape: Exponential, Mean: 15 * time.Second}
	return s
}

// shiftsWanted is how many shifts of each scenario the long tests run: the scenario's own, or FORECALL_SHIFTS.
func shiftsWanted(t *testing.T) int {
	t.Helper()
	text := os.Getenv("FORECALL_SHIFTS")
	if text == "" {
		return 0
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 {
		t.Fatalf("FORECALL_SHIFTS=%s is not a number of shifts", text)
	}
	return n
}

// Two programs written from one description, by different hands: the notes' throw-away simulator of half seconds and these
// rivals in this simulator. The tolerance is that of one day against three and of half seconds against none; over three days
// (FORECALL_SHIFTS=3) the largest differences are 3 points of occupancy and, where a fifth of the people is lost anyway, 3 of
// abandonment.
func TestTheRivalsDoWhatTheNotesFoundOfThem(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("thirty shifts of eight hours; run without -short and -race")
	}
	const occupancyWithin, abandonedWithin, abandonedShare = 4.0, 0.5, 0.3
	for _, row := range []struct {
		policy string
		notes  [3][2]float64 // 30 agents at .10, 10 at .25, 30 at .25: occupancy and abandonment in percent
	}{
		{"progressive", [3][2]float64{{33, 0}, {57, 0}, {57, 0}}},
		{"vicidial-hard:start=1.5", [3][2]float64{{52, 3.1}, {57, 3.3}, {58, 3.1}}},
		{"vicidial-average:start=1.5", [3][2]float64{{49, 3.0}, {57, 3.1}, {58, 3.1}}},
		{"vicidial-tapered:start=1.5", [3][2]float64{{56, 3.0}, {59, 3.1}, {60, 3.1}}},
		{"vicidial-hard:start=1.5,available-only", [3][2]float64{{59, 0}, {69, 3.0}, {80, 0.3}}},
		{"vicidial-hard:start=1.5,available-only,max=8", [3][2]float64{{80, 0.5}, {59, 3.1}, {64, 3.0}}},
		{"omnileads", [3][2]float64{{45, 33}, {62, 19}, {67, 39}}},
		{"omnileads:caps=1", [3][2]float64{{35, 0}, {62, 7.7}, {73, 2.3}}},
		{"issabel-overcommit", [3][2]float64{{66, 0.1}, {79, 11}, {80, 2.2}}},
		{"issabel", [3][2]float64{{30, 0}, {54, 0.1}, {55, 0}}},
	} {
		for i, s := range []Scenario{sanity(30, .10), sanity(10, .25), sanity(30, .25)} {
			r, err := Run(t.Context(), s, row.policy, Options{Shifts: shiftsWanted(t)})
			if err != nil {
				t.Fatal(err)
			}
			occupancy, abandoned := 100*r.Occupancy, 100*r.Abandonment
			notes := row.notes[i]
			t.Logf("%-46s %-16s %4.1f / %4.1f, the notes %4.0f / %4.1f", row.policy, s.Name, occupancy, abandoned, notes[0], notes[1])
			if math.Abs(occupancy-notes[0]) > occupancyWithin || math.Abs(abandoned-notes[1]) > abandonedWithin+abandonedShare*notes[1] {
				t.Errorf("%s in %s: %.1f / %.1f %%, the notes have %.0f / %.1f", row.policy, s.Name, occupancy, abandoned, notes[0], notes[1])
			}
		}
	}
}
