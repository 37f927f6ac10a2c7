package main

import (
	"fmt"
	"log/slog"
	"math"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/demo"
)

func newDemo() *cobra.Command {
	s := demo.Settings{Version: version()}
	var verbose bool
	c := &cobra.Command{
		Use: "demo", Short: "Do the whole job on this machine, with a test carrier and robot agents over real SIP", Args: cobra.NoArgs,
		Long: `Starts the service on a fresh data folder, a test carrier whose callees ring,
answer, talk, are busy or never answer, and robot agents with real SIP phones;
imports a list of people who do not exist, starts a campaign and shows progress
here and on a live page. At the end it prints a summary and where the call log
lies. Everything stays on this machine. Exit status 0 when every law of the
ledger held.`,
		RunE: func(c *cobra.Command, _ []string) error {
			if err := s.Validate(); err != nil {
				return &exitError{exitUsage, err}
			}
			if math.IsNaN(s.Speed) { // which is neither below nor above a bound
				return usage("--speed: not a number")
			}
			if s.Data == "" {
				s.Data = filepath.Join("forecall-data", "demo-"+time.Now().Format("20060102-150405"))
			}
			s.Out, s.Terminal = c.OutOrStdout(), isTerminal(c.OutOrStdout())
			s.Log = slog.New(slog.DiscardHandler)
			if verbose {
				s.Log = slog.New(slog.NewTextHandler(c.ErrOrStderr(), nil))
			}
			soft, hard, release := untilStopped(c.Context())
			defer release()
			if _, err := demo.Run(soft, hard, s); err != nil {
				return fmt.Errorf("demo: %w", err)
			}
			return nil
		},
	}
	f := c.Flags()
	f.IntVar(&s.Agents, "agents", 20, "robot agents, 1 to 200")
	f.IntVar(&s.Contacts, "contacts", demo.MaxContacts, fmt.Sprintf("people to call, 1 to %d", demo.MaxContacts))
	f.Uint64Var(&s.Seed, "seed", 1, "draws the people: the same seed calls up the same ones")
	f.Float64Var(&s.Speed, "speed", 10, "how many times faster people ring, talk and write, 1 to 50")
	f.DurationVar(&s.For, "for", 0, "end after so long (default: when the list is done)")
	f.BoolVar(&s.Exit, "exit", false, "end when the list is done, instead of serving the page on")
	f.BoolVar(&s.JSON, "json", false, "print the summary alone, as JSON")
	f.StringVar(&s.Data, "data", "", "folder for the data, which must be new (default forecall-data/demo-TIME)")
	f.StringVar(&s.Listen, "listen", "127.0.0.1:8080", "address of the live page and the API")
	f.BoolVar(&verbose, "verbose", false, "log to standard error")
	return c
}
