package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/config"
)

// configFlag is the name of the flag that names the file.
const configFlag = "config"

// addConfigFlags gives a command --config and a flag for each setting.
func addConfigFlags(c *cobra.Command) {
	c.Flags().String(configFlag, "", "configuration file (default ./forecall.yaml, then /etc/forecall/forecall.yaml)")
	config.AddFlags(c.Flags())
}

// loadConfig reads the configuration as the command's flags say.
func loadConfig(c *cobra.Command) (*config.Loaded, error) {
	file, err := c.Flags().GetString(configFlag)
	if err != nil {
		return nil, err
	}
	loaded, err := config.Load(config.Source{File: file, Flags: c.Flags()})
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return loaded, nil
}

func newConfig() *cobra.Command {
	parent := &cobra.Command{Use: "config", Short: "Check and show the configuration"}
	check := &cobra.Command{
		Use: "check", Short: "Say what is wrong with the configuration", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := loadConfig(c)
			if err != nil {
				return err
			}
			if loaded.File == "" {
				fmt.Fprintln(c.OutOrStdout(), "no configuration file found: the defaults hold, and they are fine")
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "%s is fine\n", loaded.File)
			return nil
		},
	}
	show := &cobra.Command{
		Use: "show", Short: "Show the values in force and where each comes from; secrets are hidden", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := loadConfig(c)
			if err != nil {
				return err
			}
			return loaded.Show(c.OutOrStdout())
		},
	}
	addConfigFlags(check)
	addConfigFlags(show)
	parent.AddCommand(check, show)
	return parent
}
