package sim

import (
	"testing"
	"time"
)

// Whoever is told more must not do worse, or what is told is not understood: that is how a plan which moved the clock
// would have been found.
func TestKnowingMoreIsNeverWorse(t *testing.T) {
	if testing.Short() || raced {
		t.Skip("several seconds of one goroutine each")
	}
	s := Default()
	s.Agents, s.Shift, s.Shifts = 5, 8*time.Hour, 6
	s.Talk = AlwaysDist(Dist{Shape: Lognormal, Mean: time.Minute, CV: 1})
	run := func(policy string) Result {
		r, err := Run(t.Context(), s, policy, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if r.ShiftsOverCap > 0 {
			t.Errorf("%s: %d shifts over the cap", policy, r.ShiftsOverCap)
		}
		return r
	}
	blind := run("predictive")
	for _, policy := range []string{"known-distributions", "known-releases", "known-outcomes"} {
		if told := run(policy); told.Occupancy < blind.Occupancy-2*blind.OccupancySD/2.4 { // two standard errors of six shifts
			t.Errorf("%s comes to %.4f, the controller that is told nothing to %.4f", policy, told.Occupancy, blind.Occupancy)
		} else {
			t.Logf("%s %.4f, predictive %.4f", policy, told.Occupancy, blind.Occupancy)
		}
	}
}
