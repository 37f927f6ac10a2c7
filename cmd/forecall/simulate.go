package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/pacing/sim"
)

// simulating is what a simulation is asked for.
type simulating struct {
	policy   string
	seeds    int
	seed     uint64
	sizes    []int
	chart    string
	asJSON   bool
	table    bool
	cells    string
	campaign campaignModel

	policies []string // read from policy
}

// defaultPolicies are what a manager wants to compare first.
const defaultPolicies = "predictive,progressive"

func newSimulate() *cobra.Command {
	var s simulating
	c := &cobra.Command{
		Use: "simulate [FILE...]", Short: "Dial a scenario in simulated time: occupancy, abandonment and waits of each policy", Args: cobra.ArbitraryArgs,
		Long: `Runs the shifts of each scenario under each policy and prints what came of
them. The policy "predictive" is the code that dials live. All policies meet the
same people in the same order, so that few shifts tell them apart; the same
seed gives the same figures on every machine.

Each row is one policy over all shifts: occupancy with its standard error,
abandoned over answered, the same in the worst shift, how many shifts ended over
the cap, the wait of agents between calls, calls placed for each person
connected, lines in use.

A scenario is a YAML file; - is standard input. --table runs the cells of the
project's yardstick instead and prints its own column beside each figure.

--from-campaign fits a scenario to the calls that a campaign has recorded and
shows occupancy and waits under other caps; with --replay it shows what another
policy would have decided on a recorded day.

` + policyHelp(),
		Example: `  forecall simulate testdata/scenarios/one-agent.yaml --policy predictive,progressive,ratio:2.5
  forecall simulate team.yaml --sizes 1,2,3,5,10,20,50,100 --policy all --chart occupancy.svg
  forecall simulate --table --cells n20 --policy predictive
  forecall simulate --from-campaign Spring --days 5 --caps 0.5,1,2,3,5 --chart cap.svg`,
		RunE: func(c *cobra.Command, args []string) error { return s.run(c, args) },
	}
	f := c.Flags()
	f.StringVar(&s.policy, "policy", defaultPolicies, "policies, with their settings behind a colon; all = every one")
	f.IntVar(&s.seeds, "seeds", 0, "shifts of each scenario, each with its own people (default: as the scenario says)")
	f.Uint64Var(&s.seed, "seed", 0, "seed of the first shift (default: as the scenario says)")
	f.IntSliceVar(&s.sizes, "sizes", nil, "run each scenario with these numbers of agents, as 1,2,5,10,20,50,100")
	f.StringVar(&s.chart, "chart", "", "draw the result into this SVG file: occupancy against team size, or against the cap")
	f.BoolVar(&s.asJSON, "json", false, "print one JSON object a line for each scenario and policy")
	f.BoolVar(&s.table, "table", false, "run the cells of the yardstick, with its columns beside ours")
	f.StringVar(&s.cells, "cells", "", "with --table: only cells whose names begin so, as n20 or n5-p10,n300")
	s.campaign.flags(c)
	return c
}

// policyHelp lists the policies, a line or two each.
func policyHelp() string {
	var b strings.Builder
	b.WriteString("Policies:\n")
	for _, p := range allPolicies() {
		fmt.Fprintf(&b, "  %-20s %s\n", p.Name, p.Text)
	}
	return strings.TrimRight(b.String(), "\n")
}

// allPolicies are those of the simulator and those that stand beside it.
func allPolicies() []sim.Named {
	all := sim.Policies()
	for _, e := range extraPolicies() {
		all = append(all, e.Named)
	}
	return all
}

func (s *simulating) run(c *cobra.Command, files []string) error {
	if err := s.check(c, files); err != nil {
		return err
	}
	if s.campaign.asked() {
		return s.campaign.run(c, s)
	}
	if s.table {
		return s.runTable(c)
	}
	scenarios, err := s.scenarios(c, files)
	if err != nil {
		return err
	}
	r := s.runner(c, scenarios)
	defer r.hide()
	if err := s.print(c, r, scenarios); err != nil {
		return stoppedEarly(c.Context(), err)
	}
	return s.drawTeams(r)
}

// drawTeams writes the chart when one is asked for.
func (s *simulating) drawTeams(r *runner) error {
	if s.chart == "" {
		return nil
	}
	figure, err := teamFigure(r.done)
	if err != nil {
		return err
	}
	return whole(s.chart, func(w io.Writer) error { return figure.Write(w) })
}

// print runs everything and prints it as it comes.
func (s *simulating) print(c *cobra.Command, r *runner, scenarios []sim.Scenario) error {
	for _, scenario := range scenarios {
		t := newResultTable(scenario, r.shifts(scenario))
		for _, policy := range s.policies {
			result, err := r.run(c.Context(), scenario, policy)
			if err != nil {
				return errors.Join(t.flush(c.OutOrStdout(), s.asJSON), err)
			}
			t.add(scenario, result)
			if s.asJSON {
				if err := printJSON(c.OutOrStdout(), result); err != nil {
					return err
				}
			}
		}
		r.hide()
		if err := t.flush(c.OutOrStdout(), s.asJSON); err != nil {
			return err
		}
	}
	return nil
}

// stoppedEarly says of an interruption what it is.
func stoppedEarly(ctx context.Context, err error) error {
	if err != nil && ctx.Err() != nil {
		return errors.New("interrupted; what stands above is complete")
	}
	return err
}

// check reads the flags before anything runs.
func (s *simulating) check(c *cobra.Command, files []string) error {
	switch {
	case s.seeds < 0:
		return usage("--seeds %d: at least 1", s.seeds)
	case c.Flags().Changed("seeds") && s.seeds == 0:
		return usage("--seeds 0: at least 1")
	case s.cells != "" && !s.table:
		return usage("--cells goes with --table")
	case s.table && len(files) > 0:
		return usage("--table runs the yardstick and no file")
	case s.table && len(s.sizes) > 0:
		return usage("--sizes goes with files; the cells of --table have their own")
	}
	for _, n := range s.sizes {
		if n < 1 || n > mostAgents {
			return usage("--sizes %d: 1 to %d agents", n, mostAgents)
		}
	}
	if err := s.campaign.check(c, s, files); err != nil {
		return err
	}
	if !s.table && !s.campaign.asked() && len(files) == 0 {
		return usage("which scenario? name a file, - for standard input, --table, or --from-campaign NAME")
	}
	var err error
	if s.policies, err = sim.SplitPolicies(s.policy, extraPolicies()...); err != nil {
		return usage("--policy: %w", err)
	}
	return nil
}

// mostAgents is the largest team that --sizes takes.
const mostAgents = 5000

// scenarios reads the files, every one of them before anything runs, and makes the sizes of each.
func (s *simulating) scenarios(c *cobra.Command, files []string) ([]sim.Scenario, error) {
	var all []sim.Scenario
	var errs []error
	for _, file := range files {
		scenario, err := readScenario(c.InOrStdin(), file)
		if err != nil {
			errs = append(errs, err)
			continue
		}
		all = append(all, sized(scenario, s.sizes)...)
	}
	if err := errors.Join(errs...); err != nil {
		return nil, usage("%w", err)
	}
	return all, nil
}

// readScenario reads one file; - is standard input.
func readScenario(in io.Reader, file string) (sim.Scenario, error) {
	name, read := file, func() ([]byte, error) { return os.ReadFile(file) }
	if file == "-" {
		name, read = "standard input", func() ([]byte, error) { return io.ReadAll(in) }
	}
	data, err := read()
	if err != nil {
		return sim.Scenario{}, err
	}
	return sim.Parse(name, data)
}

// sized is the scenario with each number of agents; none means its own.
func sized(s sim.Scenario, sizes []int) []sim.Scenario {
	if len(sizes) == 0 {
		return []sim.Scenario{s}
	}
	all := make([]sim.Scenario, len(sizes))
	for i, n := range sizes {
		all[i] = s
		all[i].Agents = n
	}
	return all
}
