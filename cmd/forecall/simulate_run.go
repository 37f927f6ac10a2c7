package main

import (
	"context"
	"errors"
	"time"

	"github.com/schollz/progressbar/v3"
	"github.com/spf13/cobra"

	"github.com/forecall/forecall/pacing/sim"
	"github.com/forecall/forecall/pacing/sim/optimum"
)

// ran is one scenario under one policy, and what came of it.
type ran struct {
	scenario sim.Scenario
	policy   string // as it was asked for
	result   sim.Result
}

// runner runs scenarios one after the other, all shifts of each on all cores, and shows on a terminal how far it is.
type runner struct {
	options sim.Options
	bar     *progressbar.ProgressBar // nil where nobody looks
	before  int                      // shifts of the runs that are done
	done    []ran
}

// runner returns what runs the scenarios under each policy.
func (s *simulating) runner(c *cobra.Command, scenarios []sim.Scenario) *runner {
	r := &runner{options: sim.Options{Shifts: s.seeds, Seed: s.seed, Extra: extraPolicies()}}
	shifts := 0
	for _, scenario := range scenarios {
		shifts += r.shifts(scenario) * len(s.policies)
	}
	if w := c.ErrOrStderr(); isTerminal(w) {
		r.bar = progressbar.NewOptions(shifts, progressbar.OptionSetWriter(w), progressbar.OptionSetDescription("simulating"),
			progressbar.OptionShowCount(), progressbar.OptionSetItsString("shifts"), progressbar.OptionShowIts(),
			progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
	}
	return r
}

// shifts is how many of a scenario are run.
func (r *runner) shifts(s sim.Scenario) int {
	if r.options.Shifts > 0 {
		return r.options.Shifts
	}
	return s.Shifts
}

func (r *runner) run(ctx context.Context, s sim.Scenario, policy string) (sim.Result, error) {
	o := r.options
	if r.bar != nil {
		r.bar.Describe(policy + ", " + s.Name)
		o.Progress = func(done, _ int) { _ = r.bar.Set(r.before + done) } // a terminal that is gone is no reason to stop
	}
	result, err := sim.Run(ctx, s, policy, o)
	if errors.Is(err, sim.ErrPolicy) || errors.Is(err, sim.ErrScenario) || errors.Is(err, optimum.ErrModel) {
		err = usage("%w", err) // settings that a policy does not know, or a scenario that it cannot run
	}
	if err != nil {
		return result, err
	}
	r.before += r.shifts(s)
	r.done = append(r.done, ran{s, policy, result})
	return result, nil
}

// hide takes the bar off the terminal while something is printed there.
func (r *runner) hide() {
	if r.bar != nil {
		_ = r.bar.Clear()
	}
}

// extraPolicies are those that stand beside the simulator's own.
func extraPolicies() []sim.Entry { return []sim.Entry{optimum.Entry()} }
