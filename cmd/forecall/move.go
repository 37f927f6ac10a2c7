package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/spf13/cobra"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/node"
	"github.com/forecall/forecall/storage/move"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/spool"
	"github.com/forecall/forecall/storage/sqlite"
)

// relocation is a move of a house to where there is more room.
type relocation struct {
	file, data, from, to string
	conf                 config.Config
}

func newMove() *cobra.Command {
	var m relocation
	c := &cobra.Command{
		Use: "move --from sqlite --to postgres", Short: "Move a data folder into a Postgres database, for a house of several nodes", Args: cobra.NoArgs,
		Long: `Copies every record of a data folder into an empty database: the folder that the
configuration names as data (or --data), the database that it names as postgres.url.
The service on the folder must be stopped; the folder is only read, and stays.

It may be killed at any moment: the same command goes on where it ended. At the end
every table is counted and the ends of the two hash chains are compared; then all of
the ledger is verified, and calls that were open are closed as lost. Nodes refuse a
database into which a move is not finished.

Files beside the records (recordings, prompts, registers, keys) are not moved: what
to do with them is said at the end.`,
		Example: `  forecall move --from sqlite --to postgres --config /etc/forecall/forecall.yaml --data /var/lib/forecall`,
		RunE:    func(c *cobra.Command, _ []string) error { return m.run(c) },
	}
	f := c.Flags()
	f.StringVar(&m.from, "from", "", "what the records come from: sqlite")
	f.StringVar(&m.to, "to", "", "where they go: postgres")
	f.StringVar(&m.data, "data", "", "data folder (default: as the configuration says)")
	f.StringVar(&m.file, configFlag, "", "configuration file that names the database (default ./forecall.yaml, then /etc/forecall/forecall.yaml)")
	return c
}

func (m relocation) run(c *cobra.Command) error {
	if m.from != config.StorageSQLite || m.to != config.StoragePostgres {
		return usage("write --from sqlite --to postgres: another move there is not")
	}
	loaded, err := config.Load(config.Source{File: m.file})
	if err != nil {
		return usage("%w", err)
	}
	if m.conf = loaded.Config; m.data == "" {
		m.data = loaded.Data
	}
	if _, err := os.Stat(dataFile(m.data)); errors.Is(err, fs.ErrNotExist) {
		return usage("%s holds no forecall data; name the folder with --data", m.data)
	}
	if loaded.Postgres.URL == "" {
		return usage("postgres.url: missing; it names the database that the records go to")
	}
	to, err := postgres.At(loaded.Postgres.URL)
	if err != nil {
		return usage("postgres.url: %w", err)
	}
	left, err := spool.Left(filepath.Join(m.data, "spool"))
	if err != nil {
		return fmt.Errorf("%s: %w", m.data, err)
	}
	if left > 0 {
		return fmt.Errorf("%d records in %s were never written to the store; start the service on the folder once, stop it, and move then", left, filepath.Join(m.data, "spool"))
	}
	return m.move(c, to)
}

// moveTold is how often at most a move says how far it is.
const moveTold = time.Second

func (m relocation) move(c *cobra.Command, to *postgres.Engine) error {
	var told time.Time
	done, err := move.Run(c.Context(), move.Settings{From: sqlite.At(dataFile(m.data)), To: to, Tell: func(p move.Progress) {
		if time.Since(told) > moveTold {
			told = time.Now()
			fmt.Fprintf(c.ErrOrStderr(), "%d of %d rows (%.0f %%), table %s\n", p.Rows, p.Total, 100*float64(p.Rows)/float64(p.Total), p.Table)
		}
	}})
	out := c.OutOrStdout()
	switch {
	case errors.Is(err, sqlite.ErrInUse):
		return fmt.Errorf("a service runs on %s; stop it, the folder must not change while it moves: %w", m.data, err)
	case errors.Is(err, move.ErrNotEmpty), errors.Is(err, move.ErrOther):
		return err
	case err != nil:
		return fmt.Errorf("%w; the same command goes on where this ended", err)
	}
	if err := m.handOverKey(c.Context()); err != nil {
		return fmt.Errorf("the records are there, and the nodes cannot sign them yet: %w; the same command goes on where this ended", err)
	}
	if done.Before {
		fmt.Fprintf(out, "the move was finished before: nothing was done now\n")
		return nil
	}
	fmt.Fprintf(out, "%d rows of %d tables are there, and the chain ended as in the folder: link %d, %s\n", done.Rows, done.Tables, done.Links, done.Head)
	if done.Lost > 0 {
		fmt.Fprintf(out, "%d calls were open in the folder; closed as lost\n", done.Lost)
	}
	if err := printFindings(out, done.Found, false); err != nil {
		return err
	}
	m.leftOver(c)
	if !done.Found.Clean() {
		return errBroken
	}
	return nil
}

// handOverKey lets the folder's signing key introduce that of the nodes. Without a
// cluster.secret nobody knows yet which that is.
func (m relocation) handOverKey(ctx context.Context) (err error) {
	if m.conf.Cluster.Secret == "" {
		return nil
	}
	engine, err := postgres.At(m.conf.Postgres.URL)
	if err != nil {
		return err
	}
	db, err := records.Open(ctx, records.Settings{Engine: engine})
	if err != nil {
		return err
	}
	return errors.Join(node.HandOverKey(ctx, m.conf, m.data, db), db.Close())
}

// besides is what a data folder holds beside the records, and what becomes of it.
var besides = []struct{ name, advice string }{
	{"recordings", "copy it to where files.recordings says, or leave it and name it there on a disk that all nodes share"},
	{"prompts", "copy it to where files.prompts says"},
	{"exports", "files that were asked for; copy it to where files.exports says, or ask again"},
	{"registers", "do-not-call registers; copy it into the data folder of each node, or load them again there"},
	{"holidays", "copy it into the data folder of each node, or name it as rules.holidays"},
	{"spool/aside", "what the store refused for good; a person has to look, as before"},
	{"evidence.key", "keep it: it signed what was signed until now. The nodes sign with a key of cluster.secret from here on, which it has introduced; had the configuration no cluster.secret yet, copy it into the data folder of each node first"},
}

func (m relocation) leftOver(c *cobra.Command) {
	out := c.OutOrStdout()
	for _, b := range besides {
		if info, err := os.Stat(filepath.Join(m.data, b.name)); err == nil && (!info.IsDir() || holds(filepath.Join(m.data, b.name))) {
			fmt.Fprintf(out, "%s: %s\n", filepath.Join(m.data, b.name), b.advice)
		}
	}
	fmt.Fprintf(out, "set storage: postgres and start the nodes; %s is as it was and can be kept as a backup\n", m.data)
}

// holds tells whether there is a file anywhere in a folder.
func holds(folder string) (found bool) {
	_ = filepath.WalkDir(folder, func(_ string, d fs.DirEntry, err error) error { // what cannot be read is not there
		if err == nil && !d.IsDir() {
			found = true
			return fs.SkipAll
		}
		return nil
	})
	return found
}
