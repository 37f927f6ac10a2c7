package sim

import (
	"context"
	"fmt"
	"strconv"
)

// Tuning happens on other days than those that are compared: same scenario, other people.
const (
	tuneSeed      = 0x74756e65 // xored into the scenario's seed
	tuneAgentDays = 60         // shifts times agents that one setting is tried on
	tuneShiftsMin = 2
	tuneShiftsMax = 10
)

// tried is what tuning knows of one setting.
type tried struct {
	settings string
	Result
}

// try runs a policy with settings on the days of tuning.
func try(ctx context.Context, s Scenario, o Options, policy, settings string) (tried, error) {
	seed := o.Seed
	if seed == 0 {
		seed = s.Seed
	}
	shifts := max(tuneShiftsMin, min(tuneAgentDays/max(1, s.Agents), tuneShiftsMax))
	r, err := Run(ctx, s, policy+":"+settings, Options{Shifts: shifts, Workers: o.Workers, Seed: seed ^ tuneSeed, Tick: o.Tick, Extra: o.Extra})
	if err != nil {
		return tried{}, fmt.Errorf("try %s with %s: %w", policy, settings, err)
	}
	return tried{settings, r}, nil
}

// bestOf tries every setting and returns the one with the highest occupancy among those that keep the cap on average; when
// none does, the one that comes nearest. A policy that only reacts once it is over the cap ends a little above it: a
// tenth of the cap more is let pass.
func bestOf(ctx context.Context, s Scenario, o Options, policy string, all []string) (string, error) {
	var best tried
	for _, settings := range all {
		t, err := try(ctx, s, o, policy, settings)
		if err != nil {
			return "", err
		}
		if best.settings == "" || betterWithin(1.1*s.Cap, t, best) {
			best = t
		}
	}
	return best.settings, nil
}

// betterWithin compares two settings under a limit of abandonment.
func betterWithin(limit float64, a, b tried) bool {
	switch aIn, bIn := a.Abandonment <= limit, b.Abandonment <= limit; {
	case aIn && bIn:
		return a.Occupancy > b.Occupancy
	case !aIn && !bIn:
		return a.Abandonment < b.Abandonment
	default:
		return aIn
	}
}

const (
	tuneStep = 0.1
	tuneMost = 40.0 // lines per idle agent
)

// ratioTuned is a manager who knows the whole year: the fixed ratio that uses the cap up and keeps it on average. No
// manager can know it, and no day is the average day, but no fixed ratio does better.
func ratioTuned() Entry {
	e := ratioEntry("ratio-tuned", "ratio on idle agents, tuned beforehand",
		"lines per idle agent, the ratio chosen for this scenario on other days so that abandonment keeps the cap on average", 1, false)
	e.Tune = func(ctx context.Context, s Scenario, o Options) (string, error) {
		low, high := 0, int((tuneMost-1)/tuneStep) // low keeps the cap, as one line per agent does; high is too much
		for high-low > 1 {
			middle := (low + high) / 2
			t, err := try(ctx, s, o, "ratio-tuned", ratioStep(middle))
			if err != nil {
				return "", err
			}
			if t.Abandonment <= s.Cap {
				low = middle
			} else {
				high = middle
			}
		}
		return ratioStep(low), nil
	}
	return e
}

func ratioStep(i int) string {
	return "level=" + strconv.FormatFloat(1+tuneStep*float64(i), 'f', 1, 64)
}
