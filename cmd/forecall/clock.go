package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/api"
)

func newClock() *cobra.Command {
	c := &cobra.Command{
		Use: "clock", Short: "Say that the clock is right after it jumped, so that dialing goes on",
		Long: `Calling windows are law by the wall clock. When it jumps, forecall calls nobody
until it is back where it should be, or somebody says that it is right now.`,
		Args: cobra.NoArgs, RunE: func(c *cobra.Command, _ []string) error { return usage("%s acknowledge", c.CommandPath()) },
	}
	c.AddCommand(newClockAcknowledge())
	return c
}

func newClockAcknowledge() *cobra.Command {
	var where location
	c := &cobra.Command{
		Use: "acknowledge", Short: "The clock of the service is right as it stands", Args: cobra.NoArgs,
		Long: `Look at the clock of the machine that the service runs on first (timedatectl
shows it and whether it is disciplined). Only admins and compliance may say so,
and who did is kept in the audit trail.`,
		Example: `  FORECALL_PASSWORD=... forecall clock acknowledge --server http://127.0.0.1:8080 --user admin`,
		RunE:    func(c *cobra.Command, _ []string) error { return acknowledgeClock(c, where) },
	}
	where.serverFlags(c)
	return c
}

func acknowledgeClock(c *cobra.Command, where location) error {
	if !where.remote() {
		return usage("--server: at which service?")
	}
	session, err := where.login(c.Context())
	if err != nil {
		return err
	}
	var answer api.ClockAnswer
	if err := session.Post(c.Context(), "/v1/clock/acknowledge", nil, &answer); err != nil {
		return err
	}
	said := "the clock was trusted already; nothing was changed"
	if answer.Acknowledged {
		said = "acknowledged, dialing goes on: " + answer.Was
	}
	_, err = fmt.Fprintln(c.OutOrStdout(), said)
	return err
}
