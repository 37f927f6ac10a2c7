package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/postgres"
)

func newMigrate() *cobra.Command {
	var file string
	c := &cobra.Command{
		Use: "migrate", Short: "Bring the schema of a Postgres database up to this program", Args: cobra.NoArgs,
		Long: `Brings the schema of the database that the configuration names (storage: postgres)
up to that of this program. A service never does that by itself, except in an
empty database: run it once before the first node of a new version starts, while
the nodes of the old version go on. Programs of the version before work with the
new schema, unless its release notes say otherwise; they refuse to start then.

A data folder (storage: sqlite) needs no migrate: its one service brings it up to
date when it starts.`,
		Example: `  forecall migrate --config /etc/forecall/forecall.yaml`,
		RunE: func(c *cobra.Command, _ []string) error {
			loaded, err := config.Load(config.Source{File: file})
			if err != nil {
				return usage("%w", err)
			}
			return migrate(c, loaded.Config)
		},
	}
	c.Flags().StringVar(&file, configFlag, "", "configuration file that names the database (default ./forecall.yaml, then /etc/forecall/forecall.yaml)")
	return c
}

func migrate(c *cobra.Command, conf config.Config) (err error) {
	if conf.Storage != config.StoragePostgres {
		return usage("storage: %s needs no migrate: its service brings the data folder up to date when it starts", conf.Storage)
	}
	e, err := postgres.At(conf.Postgres.URL)
	if err != nil {
		return usage("postgres.url: %w", err)
	}
	defer func() { err = errors.Join(err, e.Close()) }()
	before, err := e.Migrate(c.Context())
	if err != nil {
		return fmt.Errorf("postgres.url: %w", err)
	}
	if before.Version == before.Program {
		fmt.Fprintf(c.OutOrStdout(), "the schema is that of this program already: version %d\n", before.Program)
		return nil
	}
	fmt.Fprintf(c.OutOrStdout(), "the schema went from version %d to %d\n", before.Version, before.Program)
	return nil
}
