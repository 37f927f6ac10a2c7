package node

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/cmd/internal/timesource"
	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/sqlite"
)

// DataFile is the database inside a data folder.
const DataFile = "forecall.db"

// Engine is where a configuration keeps its records.
func Engine(c config.Config) (records.Engine, error) {
	if c.Storage == config.StoragePostgres {
		e, err := postgres.At(c.Postgres.URL)
		if err != nil {
			return nil, fmt.Errorf("postgres.url: %w", err)
		}
		if c.Postgres.Reports != "" {
			if err := e.ReadReports(c.Postgres.Reports); err != nil {
				return nil, fmt.Errorf("postgres.reports: %w", err)
			}
		}
		return e, nil
	}
	return sqlite.At(filepath.Join(c.Data, DataFile)), nil
}

func (n *Node) openStore(ctx context.Context) error {
	c := n.settings.Config
	if err := os.MkdirAll(c.Data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	engine, err := Engine(c)
	if err != nil {
		return err
	}
	db, err := records.Open(ctx, records.Settings{Engine: engine, Log: n.log, Written: n.written})
	switch {
	case errors.Is(err, sqlite.ErrInUse):
		return fmt.Errorf("data: %s is in use by another forecall; stop it, or give this one a folder of its own: %w", c.Data, err)
	case err != nil && c.Storage == config.StoragePostgres:
		return fmt.Errorf("postgres.url: %w", err)
	case err != nil:
		return fmt.Errorf("data: %w", err)
	}
	n.db, n.known = db, newLastKnown(c)
	n.later(func() error { n.known.asking.Wait(); return nil }) // when the store has let them go
	n.later(db.Close)
	n.times = timesource.New(timesource.Settings{Servers: c.Clock.Servers, Tell: db.SetClockOffset, Log: n.log})
	return nil
}
