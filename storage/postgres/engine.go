package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

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
}

// At names a database by its address: a URL, or words as libpq takes them.
func At(address string) (*Engine, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, fmt.Errorf("address of the database: %w", err)
	}
	return &Engine{config: config, types: &types{config: config, setup: session, known: make(map[string][]uint32)}}, nil
}

// session is what every connection is told first: the writer's transactions
// stand one behind the other, see Begin.
const session = `SET search_path = forecall, pg_catalog; SET timezone = 'UTC'; SET idle_in_transaction_session_timeout = '60s'`

// writing is what the writer's connection is told besides. A node that falls asleep
// with the pen in its hand would hold up all others: the server takes it away.
const writing = `; SET plan_cache_mode = force_generic_plan; SET synchronous_commit = off; SET idle_in_transaction_session_timeout = '3s'`

// Open opens the pool of the writer, which has one connection, and that of the
// readers. A database that is empty gets its schema; one whose schema this
// program cannot work with is ErrOlder or ErrNewer. Close the engine even so.
func (e *Engine) Open(ctx context.Context, _ *slog.Logger) (write, read *sql.DB, err error) {
	if err := e.ready(ctx); err != nil {
		return nil, nil, err
	}
	e.write = sql.OpenDB(&connector{config: e.config, types: e.types, setup: session + writing})
	e.write.SetMaxOpenConns(1)
	e.write.SetMaxIdleConns(1)
	e.disk = sql.OpenDB(&connector{config: e.config, types: e.types, setup: session + `; SET synchronous_commit = on`})
	e.disk.SetMaxOpenConns(1)
	e.aside = sql.OpenDB(&connector{config: e.config, types: e.types, setup: session + `; SET synchronous_commit = off`})
	e.aside.SetMaxOpenConns(1)
	e.read = sql.OpenDB(&connector{config: e.config, types: e.types, setup: session + `; SET default_transaction_read_only = on`})
	e.read.SetMaxOpenConns(readers)
	e.read.SetMaxIdleConns(readers)
	return e.write, e.read, nil
}

// Aside is a pool of one connection for what nodes say of themselves: its commits
// wait neither for the pen nor for the disk.
func (e *Engine) Aside() *sql.DB { return e.aside }

// Close closes the pools and what is beside them.
func (e *Engine) Close() error {
	errs := []error{e.types.close()}
	for _, pool := range []*sql.DB{e.read, e.write, e.disk, e.aside} {
		if pool != nil {
			errs = append(errs, pool.Close())
		}
	}
	return errors.Join(errs...)
}

// Flush waits until the disk, and the standby where one is waited for, has all
// that was committed before. Commits of the writer do not wait: the next writer
// has the pen meanwhile, and what it builds on comes to the disk before its own.
func (e *Engine) Flush(ctx context.Context) error {
	_, err := e.disk.ExecContext(ctx, `SELECT pg_logical_emit_message(TRUE, 'forecall', '')`)
	return err
}

// Turn is what a node finds when it takes the pen.
type Turn = struct {
	N       int64     // how often the pen was taken: one more than last time when no other node wrote meanwhile
	Settled int64     // the last turn that was settled
	Epoch   int64     // of the node; 0 = there is no such node
	At      time.Time // by the server's clock
}

// Begin begins a transaction of the writer and takes the pen, which one writer
// of all nodes has at a time until its transaction ends.
func (e *Engine) Begin(ctx context.Context, c *sql.Conn, node int64) (Turn, error) {
	err := c.Raw(func(dc any) error {
		pg, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("a connection %T", dc)
		}
		return errors.Join(pg.Later(ctx, "BEGIN", nil), pg.Later(ctx, takePen, nil))
	})
	if err != nil {
		return Turn{}, err
	}
	var t Turn
	var at int64
	if err = c.QueryRowContext(ctx, lookAround, node).Scan(&t.N, &t.Settled, &t.Epoch, &at); err != nil {
		return Turn{}, fmt.Errorf("take the pen: %w", err)
	}
	t.At = time.UnixMicro(at).UTC()
	return t, nil
}

// The second is a statement of its own, though it goes in the same packet: a
// statement that waits for a lock sees all other rows as they were before it
// waited, and would not see that its node was fenced meanwhile.
const (
	takePen    = `UPDATE pen SET turn = turn + 1 WHERE one = 1`
	lookAround = `SELECT p.turn, p.settled, COALESCE((SELECT epoch FROM nodes WHERE id = ?1), 0),
		(extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM pen p WHERE p.one = 1`
)

// Commit ends the writer's transaction; one that settles something changes what
// other nodes have in memory. The pen is given back before the disk has it: see Flush.
func (e *Engine) Commit(ctx context.Context, c *sql.Conn, settles bool) error {
	if settles {
		if _, err := c.ExecContext(ctx, `UPDATE pen SET settled = turn WHERE one = 1`); err != nil {
			return fmt.Errorf("tell of settings: %w", err)
		}
	}
	_, err := c.ExecContext(ctx, "COMMIT")
	return err
}

// Taken tells whether a unique key is in use, or the schema refuses a row.
func (e *Engine) Taken(err error) bool {
	var pg *pgconn.PgError
	return errors.As(err, &pg) && pg.Code[:2] == "23"
}
