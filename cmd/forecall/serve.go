package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/node"
)

func newServe() *cobra.Command {
	c := &cobra.Command{
		Use: "serve", Short: "Run the dialer: trunks, agents, campaigns, pages and API", Args: cobra.NoArgs,
		Long: `Runs until SIGTERM or Ctrl-C. The first one drains: no new calls are placed,
conversations end by themselves, within drain.limit. A second one ends them.`,
		RunE: func(c *cobra.Command, _ []string) error { return serve(c) },
	}
	addConfigFlags(c)
	return c
}

func serve(c *cobra.Command) error {
	loaded, err := loadConfig(c)
	if err != nil {
		return err
	}
	if len(loaded.Trunks) == 0 {
		return &exitError{exitUsage, fmt.Errorf("trunks: none is configured, so nobody can be called; README, \"Connect a trunk\", has one to copy, and forecall demo needs none")}
	}
	soft, hard, release := untilStopped(c.Context())
	defer release()
	n, err := node.Start(soft, node.Settings{Config: loaded.Config, Version: version(), Log: newLogger(loaded.Log, c.ErrOrStderr())})
	if err != nil {
		return err
	}
	out := c.OutOrStdout()
	if password, err := n.FirstAdmin(soft); err != nil {
		return err
	} else if password != "" {
		fmt.Fprintf(out, "nobody could log in yet: user admin, password %s (change it at first login)\n", password)
	}
	fmt.Fprintf(out, "forecall serves %s; health and metrics at %s; agents' phones register at %s\n", n.URL(), n.Admin(), n.PhonesAddr())
	return n.Run(soft, hard)
}
