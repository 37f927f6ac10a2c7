package postgres

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"path"

	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/pressly/goose/v3/lock"
)

//go:embed migrations/*.sql
var migrations embed.FS

var (
	// ErrNewer marks a database that a newer forecall has migrated, and that this
	// one must not write any more.
	ErrNewer = errors.New("written by a newer forecall")
	// ErrOlder marks a database whose schema is behind this program.
	ErrOlder = errors.New("its schema is older than this program; run: forecall migrate")
	// ErrMoving marks a database into which a data folder was moved in part.
	ErrMoving = errors.New("a data folder was moved into it only in part; run the same forecall move again, which goes on where it ended")
)

// Several programs share a database while its nodes are upgraded one by one, so
// a start never changes a schema that somebody uses:
//
//	forecall migrate (version N+1) --> schema N+1 --> nodes of N go on, and may restart
//	                                              --> nodes of N+1 start
//
// A migration adds, and leaves what N reads and writes as it is. One that cannot
// raises compat.oldest to its own version: older programs refuse to start then.

// Schema is the version of a database's schema, the oldest program that may work
// with it, and what this program knows.
type Schema struct {
	Made                     bool // false = the database is empty
	Version, Oldest, Program int64
	Moving                   bool // a move into it is not finished
}

// Migrate brings the schema up to that of this program, one process at a time,
// and returns what it was before.
func (e *Engine) Migrate(ctx context.Context) (before Schema, err error) {
	err = e.migrating(ctx, func(pool *sql.DB, p *goose.Provider) error {
		if before, err = schemaOf(ctx, pool, p); err != nil {
			return err
		}
		if before.Version > before.Program {
			return fmt.Errorf("schema version %d, this program knows %d: %w", before.Version, before.Program, ErrNewer)
		}
		if _, err := p.Up(ctx); err != nil {
			return fmt.Errorf("migrate: %w", err)
		}
		return nil
	})
	return before, err
}

// ready tells whether this program can work with the schema as it stands, and
// makes one in an empty database.
func (e *Engine) ready(ctx context.Context) error {
	var now Schema
	err := e.migrating(ctx, func(pool *sql.DB, p *goose.Provider) (err error) {
		now, err = schemaOf(ctx, pool, p)
		return err
	})
	switch {
	case err != nil:
		return err
	case !now.Made:
		_, err = e.Migrate(ctx)
		return err
	case now.Version < now.Program:
		return fmt.Errorf("schema version %d, this program needs %d: %w", now.Version, now.Program, ErrOlder)
	case now.Oldest > now.Program:
		return fmt.Errorf("schema version %d is for programs that know %d at least, this one knows %d: %w", now.Version, now.Oldest, now.Program, ErrNewer)
	case now.Moving && !e.moves:
		return ErrMoving
	}
	return nil
}

// migrating gives do what it needs to look at the schema, or to change it.
func (e *Engine) migrating(ctx context.Context, do func(*sql.DB, *goose.Provider) error) (err error) {
	config := e.config.Copy()
	config.RuntimeParams["search_path"] = "forecall"
	pool := stdlib.OpenDB(*config)
	defer func() { err = errors.Join(err, pool.Close()) }()
	if err := utf8Only(ctx, pool); err != nil {
		return err
	}
	files, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	one, err := lock.NewPostgresSessionLocker()
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	p, err := goose.NewProvider(goose.DialectPostgres, pool, files, goose.WithSessionLocker(one), goose.WithAllowOutofOrder(true))
	if err != nil {
		return fmt.Errorf("migrations: %w", err)
	}
	return do(pool, p)
}

// utf8Only refuses a database that cannot hold every name, and makes the
// namespace in one that can.
func utf8Only(ctx context.Context, pool *sql.DB) error {
	var encoding string
	var there bool
	err := pool.QueryRowContext(ctx, `SELECT pg_encoding_to_char(encoding), to_regnamespace('forecall') IS NOT NULL
FROM pg_database WHERE datname = current_database()`).Scan(&encoding, &there)
	switch {
	case err != nil:
		return fmt.Errorf("look at the database: %w", err)
	case encoding != "UTF8":
		return fmt.Errorf("the database is encoded in %s; make one with: CREATE DATABASE forecall ENCODING 'UTF8' LOCALE 'C' TEMPLATE template0", encoding)
	case there:
		return nil
	}
	// Two that do this at once: IF NOT EXISTS does not keep the second from failing.
	_, failed := pool.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS forecall`)
	if err := pool.QueryRowContext(ctx, `SELECT to_regnamespace('forecall') IS NOT NULL`).Scan(&there); err != nil || !there {
		return fmt.Errorf("make the schema: %w", errors.Join(failed, err))
	}
	return nil
}

// schemaOf reads how far the schema is, without changing anything.
func schemaOf(ctx context.Context, pool *sql.DB, p *goose.Provider) (Schema, error) {
	sources := p.ListSources()
	now := Schema{Program: sources[len(sources)-1].Version}
	err := pool.QueryRowContext(ctx, `SELECT to_regclass('forecall.compat') IS NOT NULL`).Scan(&now.Made)
	if err != nil || !now.Made {
		return now, err
	}
	err = pool.QueryRowContext(ctx, `SELECT (SELECT COALESCE(MAX(version_id), 0) FROM goose_db_version WHERE is_applied), oldest FROM compat`).Scan(&now.Version, &now.Oldest)
	if err != nil {
		return now, fmt.Errorf("read schema version: %w", err)
	}
	var moves bool
	err = pool.QueryRowContext(ctx, `SELECT to_regclass('forecall.move') IS NOT NULL`).Scan(&moves)
	if err == nil && moves {
		err = pool.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM move WHERE done <= 0)`).Scan(&now.Moving)
	}
	if err != nil {
		return now, fmt.Errorf("read whether a move is under way: %w", err)
	}
	return now, nil
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
