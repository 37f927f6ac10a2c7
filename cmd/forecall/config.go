package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"os"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/storage/redis"
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
	parent := &cobra.Command{
		Use: "config", Short: "Check and show the configuration", Args: cobra.NoArgs,
		RunE: func(c *cobra.Command, _ []string) error { return c.Help() },
	}
	check := &cobra.Command{
		Use: "check", Short: "Say what is wrong with the configuration", Args: cobra.NoArgs,
		Long: `Reads the configuration as serve would, and says everything that is wrong with
it, by key. Nothing is opened and nothing is sent. Exit status 0 when it is
fine, 2 when it is not.`,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := loadConfig(c)
			if err != nil {
				return err
			}
			if err := problems(loaded.Config); err != nil {
				return usage("%s: %w", loaded.File, err)
			}
			if loaded.File == "" {
				_, err = fmt.Fprintln(c.OutOrStdout(), "no configuration file found: the defaults hold, and they are fine")
				return err
			}
			_, err = fmt.Fprintf(c.OutOrStdout(), "%s is fine\n", loaded.File)
			return err
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

// problems is what trunks, campaigns, accounts and files will refuse about a
// configuration that can be read.
func problems(c config.Config) error {
	var errs []error
	if len(c.Trunks) > 0 {
		_, err := node.TrunkSettings(c, media.Settings{}, slog.New(slog.DiscardHandler))
		errs = append(errs, err)
	}
	if c.Live == config.LiveRedis {
		if _, err := redis.ParseAddress(c.Redis.URL); err != nil {
			errs = append(errs, fmt.Errorf("redis.url: %w", err))
		}
	}
	for i, in := range c.Campaigns {
		_, err := node.CampaignOf(in)
		errs = append(errs, err)
		errs = append(errs, unplayable(fmt.Sprintf("campaigns[%d].safe_harbor", i+1), in.SafeHarbor))
		for k, p := range in.SafeHarbors {
			errs = append(errs, unplayable(fmt.Sprintf("campaigns[%d].safe_harbors[%d].file", i+1, k+1), p.File))
		}
	}
	if c.HTTP.TLSCert != "" {
		if _, err := tls.LoadX509KeyPair(c.HTTP.TLSCert, c.HTTP.TLSKey); err != nil {
			errs = append(errs, fmt.Errorf("http.tls_cert: %w", err))
		}
	}
	for i, u := range c.Users {
		person := campaigns.User{Login: u.Login, Name: u.Name, Role: campaigns.Role(u.Role), Extension: u.Extension, Campaigns: u.Campaigns}
		if err := person.Validate(); err != nil {
			errs = append(errs, fmt.Errorf("users[%d]: %w", i+1, err))
		}
	}
	return errors.Join(errs...)
}

// unplayable says what is wrong with the file of a message; without one the
// message that comes with the program is played.
func unplayable(key, file string) error {
	if file == "" {
		return nil
	}
	if _, err := loadWAV(file); err != nil {
		return fmt.Errorf("%s: %w", key, err)
	}
	return nil
}

// loadWAV reads a prompt; the error names the file.
func loadWAV(file string) (media.Prompt, error) {
	f, err := os.Open(file)
	if err != nil {
		return media.Prompt{}, err
	}
	defer f.Close()
	prompt, err := media.LoadWAV(f)
	if err != nil {
		return prompt, fmt.Errorf("%s: %w", file, err)
	}
	return prompt, nil
}
