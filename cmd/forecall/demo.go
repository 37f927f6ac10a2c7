package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"math"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/demo"
	"github.com/forecall/forecall/cmd/internal/parity"
	"github.com/forecall/forecall/pacing/sim"
)

// demonstrating is what a demo is asked for.
type demonstrating struct {
	demo.Settings
	scenario string
	compare  bool
	runs     int
	seeds    int
	verbose  bool
}

func newDemo() *cobra.Command {
	d := demonstrating{Settings: demo.Settings{Version: version()}}
	c := &cobra.Command{
		Use: "demo", Short: "Do the whole job on this machine, with a test carrier and robot agents over real SIP", Args: cobra.NoArgs,
		Long: `Starts the service on a fresh data folder, a test carrier whose callees ring,
answer, talk, are busy or never answer, and robot agents with real SIP phones;
imports a list of people who do not exist, starts a campaign and shows progress
here and on a live page. At the end it prints a summary and where the call log
lies. Everything stays on this machine. Exit status 0 when every law of the
ledger held.

--scenario lives the shift of a scenario file of "forecall simulate": the same
team, the same shares and durations, everybody on the list called once. The
summary then holds the figures that the simulator gives, measured from the
first call on for as long as the shift lasts.

--compare lives it several times, with other people each time, simulates it many
times, and prints both with 95 % intervals. Exit status 0 when occupancy and
abandonment overlap.`,
		Example: `  forecall demo
  forecall demo --scenario testdata/scenarios/NAME.yaml --for 6m --speed 10 --exit
  forecall demo --scenario testdata/scenarios/NAME.yaml --for 6m --speed 10 --compare --runs 5`,
		RunE: func(c *cobra.Command, _ []string) error { return d.run(c) },
	}
	d.flags(c)
	c.AddCommand(newDemoCarrier(), newDemoRobots())
	return c
}

func (d *demonstrating) flags(c *cobra.Command) {
	f := c.Flags()
	f.IntVar(&d.Agents, "agents", 20, "robot agents, 1 to 200")
	f.IntVar(&d.Contacts, "contacts", demo.MaxContacts, fmt.Sprintf("people to call, 1 to %d", demo.MaxContacts))
	f.Uint64Var(&d.Seed, "seed", 1, "draws the people: the same seed calls up the same ones")
	f.Float64Var(&d.Speed, "speed", 10, "how many times faster people ring, talk and write, 1 to 50")
	f.DurationVar(&d.For, "for", 0, "end after so long (default: when the list or the scenario's shift is done)")
	f.BoolVar(&d.Exit, "exit", false, "end when the list or the shift is done, instead of serving the page on")
	f.BoolVar(&d.JSON, "json", false, "print the summary alone, as JSON")
	f.StringVar(&d.Data, "data", "", "folder for the data, which must be new (default forecall-data/demo-TIME)")
	f.StringVar(&d.Listen, "listen", "127.0.0.1:8080", "address of the live page and the API")
	f.StringVar(&d.scenario, "scenario", "", "scenario file whose shift is to be lived; team and people come from it")
	f.BoolVar(&d.compare, "compare", false, "live the scenario several times and compare with the simulator")
	f.IntVar(&d.runs, "runs", 5, "with --compare: how often it is lived, 2 to 100")
	f.IntVar(&d.seeds, "seeds", 100, "with --compare: how often it is simulated, at least 2")
	f.BoolVar(&d.verbose, "verbose", false, "log to standard error")
	c.MarkFlagsMutuallyExclusive("scenario", "agents")
	c.MarkFlagsMutuallyExclusive("scenario", "contacts")
}

func (d *demonstrating) run(c *cobra.Command) error {
	if err := d.load(); err != nil {
		return &exitError{exitUsage, err}
	}
	if math.IsNaN(d.Speed) { // which is neither below nor above a bound
		return usage("--speed: not a number")
	}
	if err := d.Validate(); err != nil {
		return &exitError{exitUsage, err}
	}
	if d.Data == "" {
		d.Data = filepath.Join("forecall-data", "demo-"+time.Now().Format("20060102-150405"))
	}
	d.Out, d.Terminal = c.OutOrStdout(), isTerminal(c.OutOrStdout())
	d.Log = slog.New(slog.DiscardHandler)
	if d.verbose {
		d.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
	}
	soft, hard, release := untilStopped(c.Context())
	defer release()
	if d.compare {
		return d.measure(soft, hard, c.ErrOrStderr())
	}
	if _, err := demo.Run(soft, hard, d.Settings); err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	return nil
}

// load reads the scenario.
func (d *demonstrating) load() error {
	if d.scenario == "" {
		if d.compare {
			return errors.New("--compare: needs a --scenario")
		}
		return nil
	}
	data, err := os.ReadFile(d.scenario)
	if err != nil {
		return fmt.Errorf("--scenario: %w", err)
	}
	s, err := sim.Parse(d.scenario, data)
	if err != nil {
		return err
	}
	d.Scenario = &s
	return nil
}

// measure lives and simulates the scenario and prints both.
func (d *demonstrating) measure(soft, hard context.Context, progress io.Writer) error {
	report, err := parity.Compare(soft, hard, parity.Settings{Demo: d.Settings, Runs: d.runs, Seeds: d.seeds, Progress: progress})
	if err != nil {
		return fmt.Errorf("demo: %w", err)
	}
	if err := report.Print(d.Out, d.JSON); err != nil {
		return err
	}
	if !report.Agree() {
		return fmt.Errorf("demo: %w", parity.ErrApart)
	}
	return nil
}
