package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// readers is how many queries of a node read side by side.
const readers = 4

// Engine is a database of a Postgres server, for the record store.
type Engine struct {
	config *pgx.ConnConfig
	types  *types
	write  *sql.DB
	read   *sql.DB
	disk   *sql.DB
	aside  *sql.DB
	claims *sql.DB

	standby *standby // for reports; nil = none
	moves   bool     // opened for a move into the database
}

// At names a database by its address: a URL, or words as libpq takes them.
func At(address string) (*Engine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("address of the database: %w", err)
	}
	patient(config)
	return &Engine{config: config, types: &types{config: config, setup: session, known: make(map[string][]uint32)}}, nil
}

// Open opens the pool of the writer, which has one connection, and that of the
// readers. A database that is empty gets its schema; one whose schema this
// program cannot work with is ErrOlder or ErrNewer. Close the engine even so.
func (e *Engine) Open(ctx context.Context, _ *slog.Logger) (write, read *sql.DB, err error) {
	if err := e.ready(ctx); err != nil {
		return nil, nil, err
	}
	e.write = e.pool(1, false, writing+`; SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off`)
	e.disk = e.pool(1, false, writing+`; SET synchronous_commit = on`)
	e.aside = e.pool(1, false, writing+`; SET synchronous_commit = off`)
	e.claims = e.pool(1, false, writing+`; SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off`)
	e.read = e.pool(readers, true, reading)
	if s := e.standby; s != nil {
		s.pool = sized(&connector{config: s.config, types: e.types, setup: reading, reader: true}, readers)
	}
	if _, err := e.disk.ExecContext(ctx, forgetWriters); err != nil {
		return nil, nil, fmt.Errorf("forget writers: %w", err)
	}
	return e.write, e.read, nil
}

// ForMove is the same database for who moves a data folder into it: it opens also
// when that has begun, and nobody else may until it is finished.
func (e *Engine) ForMove() *Engine {
	return &Engine{config: e.config, types: &types{config: e.config, setup: session, known: make(map[string][]uint32)}, moves: true}
}

func (e *Engine) pool(size int, reader bool, setup string) *sql.DB {
	return sized(&connector{config: e.config, types: e.types, setup: setup, reader: reader}, size)
}

func sized(c *connector, size int) *sql.DB {
	p := sql.OpenDB(c)
	p.SetMaxOpenConns(size)
	p.SetMaxIdleConns(size)
	return p
}

// Aside is a pool of one connection for what nodes say of themselves: its commits
// wait neither for the pen nor for the disk.
func (e *Engine) Aside() *sql.DB { return e.aside }

// Close closes the pools and what is beside them.
func (e *Engine) Close() error {
	e.types.close()
	var errs []error
	pools := []*sql.DB{e.read, e.write, e.disk, e.aside, e.claims}
	if e.standby != nil {
		pools = append(pools, e.standby.pool)
	}
	for _, pool := range pools {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Taken tells whether a unique key is in use, or the schema refuses a row.
func (e *Engine) Taken(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code[:2] == "23"
}
