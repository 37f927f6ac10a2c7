package main

import (
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/sqlite"
)

func newBackup() *cobra.Command {
	var where location
	c := &cobra.Command{
		Use: "backup FILE", Short: "Copy the records of a data folder as they stand, also while a service dials", Args: cobra.ExactArgs(1),
		Long: `Writes the records of a data folder (storage: sqlite) into a new file: all as they stand
at one moment, beside a service that goes on dialing. Recordings, prompts, registers and
evidence.key are files of their own: copy them as files.

To restore: stop the service, put the file in place of forecall.db, remove forecall.db-wal
and forecall.db-shm, and start the service: it finds that its records went back in time
and calls nobody until a person lifts the stop.

A Postgres database is backed up by its own tools: docs/several-nodes.md.`,
		Example: `  forecall backup /backup/forecall-$(date +%F).db --data /var/lib/forecall`,
		RunE: func(c *cobra.Command, args []string) error {
			conf, err := where.settings()
			if err != nil {
				return err
			}
			if conf.Storage != config.StorageSQLite {
				return usage("storage: %s is backed up by the database's own tools: pg_dump -Fc, or pg_basebackup with its WAL; docs/several-nodes.md", conf.Storage)
			}
			err = sqlite.Backup(c.Context(), dataFile(conf.Data), args[0])
			switch {
			case errors.Is(err, fs.ErrNotExist):
				return usage("%s holds no forecall data, or the folder of %s is not there: %w", conf.Data, args[0], err)
			case errors.Is(err, fs.ErrExist):
				return usage("%w; a backup goes into a new file", err)
			case err != nil:
				return err
			}
			fmt.Fprintf(c.OutOrStdout(), "the records are in %s\n", args[0])
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&where.data, "data", "", "data folder (default: as in FORECALL_DATA or the configuration)")
	f.StringVar(&where.config, configFlag, "", "configuration file that names the data folder")
	return c
}

func newRestored() *cobra.Command {
	var where location
	c := &cobra.Command{
		Use: "restored", Short: "Say that the records were restored from a backup: nobody is called until a person lifts it", Args: cobra.NoArgs,
		Long: `Stops every call of the house, before its first node starts on records that were
restored: do-not-call requests and calls since the backup are not in them. A node that
has its old data folder finds out by itself; where the machines are new as well, this
says it. Enter what is known, then somebody lifts the stop at /compliance/stops.`,
		Example: `  forecall restored --config /etc/forecall/forecall.yaml && systemctl start forecall`,
		RunE: func(c *cobra.Command, _ []string) (err error) {
			db, err := where.open(c.Context())
			if err != nil {
				return err
			}
			defer func() { err = errors.Join(err, db.Close()) }()
			stop, thrown, err := campaigns.HoldRestored(c.Context(), db, time.Now(), "The records were restored from a backup, as was said on the command line.")
			if err != nil {
				return err
			}
			if !thrown {
				fmt.Fprintf(c.OutOrStdout(), "the house is stopped already, since %s\n", clockTime(stop.At))
				return nil
			}
			fmt.Fprintf(c.OutOrStdout(), "nobody is called until stop %d is lifted, at /compliance/stops\n", stop.ID)
			return nil
		},
	}
	f := c.Flags()
	f.StringVar(&where.data, "data", "", "data folder (default: as in FORECALL_DATA or the configuration)")
	f.StringVar(&where.config, configFlag, "", "configuration file that names the records")
	return c
}
