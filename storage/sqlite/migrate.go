package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var migrations embed.FS

func migrate(ctx context.Context, pool *sql.DB) error {
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, pool, files, goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	have, err := p.GetDBVersion(ctx)
	if err != nil {
		return fmt.Errorf("read schema version: %w", err)
	}
	sources := p.ListSources()
	if newest := sources[len(sources)-1].Version; have > newest {
		return fmt.Errorf("schema version %d, this program knows %d: %w", have, newest, ErrNewer)
	}
	if _, err := p.Up(ctx); err != nil {
		return fmt.Errorf("migrate: %w", err)
	}
	return nil
}

// scrubOld rewrites a file once that is older than the overwriting of pages
// whose content goes: until then a deleted row could leave its octets there.
func (e *Engine) scrubOld(ctx context.Context) error {
	var done bool
	if err := e.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM house WHERE name = 'scrubbed')`).Scan(&done); err != nil || done {
		return err
	}
	began := time.Now()
	if _, err := e.write.ExecContext(ctx, `VACUUM`); err != nil {
		return fmt.Errorf("rewrite the file without what was deleted: %w", err)
	}
	if _, err := e.write.ExecContext(ctx, `INSERT INTO house (name, value) VALUES ('scrubbed', '1') ON CONFLICT DO NOTHING`); err != nil {
		return err
	}
	if took := time.Since(began); took > time.Second {
		e.log.Info("the file was rewritten once, without what was deleted before", "took", took)
	}
	return nil
}

// Program is the newest schema that this program knows, 0 = it carries none.
func (*Engine) Program() (newest int64) {
	files, err := fs.Glob(migrations, "migrations/*.sql")
	if err != nil {
		return 0 // the pattern is a constant
	}
	for _, f := range files {
		if n, err := goose.NumericComponent(path.Base(f)); err == nil {
			newest = max(newest, n)
		}
	}
	return newest
}
