package records

import (
	"context"
	"database/sql"
	"fmt"
	"log/slog"
)

// Engine is a database server that holds the store instead of a file of ours:
// see package storage/postgres. Its pools speak the SQL of this package.
type Engine interface {
	// Migrate brings the schema up to that of this program.
	Migrate(ctx context.Context) error
	// Pools opens the pool of the writer, which has one connection, and that of the readers.
	Pools(ctx context.Context) (write, read *sql.DB, err error)
	// Begin begins a transaction that no other writer's overlaps until it ends.
	// Turn counts them: it is one more than last time when no other process wrote
	// meanwhile. Settled is the last turn that changed what others have in memory.
	Begin(ctx context.Context, c *sql.Conn) (turn, settled int64, err error)
	// Settle marks the turn as one that changes what others have in memory.
	Settle(ctx context.Context, c *sql.Conn) error
	// Flush returns when all that was committed before is on disk: a commit gives
	// the pen back before that.
	Flush(ctx context.Context) error
	// Taken tells whether a unique key is in use, or the schema refuses a row.
	Taken(err error) bool
	// Close closes what is beside the pools.
	Close() error
}

// OpenOn opens the store that an engine holds.
func OpenOn(ctx context.Context, e Engine, log *slog.Logger) (*DB, error) {
	db := &DB{engine: e, log: log, stop: make(chan struct{}), known: newKnown(), sieve: newSieve()}
	db.index = newSearchIndex(db)
	if db.log == nil {
		db.log = slog.New(slog.DiscardHandler)
	}
	if err := db.openOn(ctx); err != nil {
		_ = db.closeFiles()
		return nil, fmt.Errorf("open store: %w", err)
	}
	return db, nil
}

func (db *DB) openOn(ctx context.Context) (err error) {
	if err = db.engine.Migrate(ctx); err != nil {
		return err
	}
	if db.write, db.read, err = db.engine.Pools(ctx); err != nil {
		return err
	}
	return db.start(ctx, func() {})
}

// beginOn begins a transaction of the engine, over a new connection when the one
// before is gone.
func (t *tx) beginOn(e Engine) error {
	if t.conn.PingContext(background) != nil {
		fresh, err := t.db.write.Conn(background)
		if err != nil {
			return err
		}
		_ = t.conn.Close() // it is gone
		t.conn = fresh
		clear(t.stmts)
		t.turn, t.committed.turn = 0, 0 // whatever was written meanwhile, or was not
	}
	turn, settled, err := e.Begin(background, t.conn)
	if err != nil {
		return err
	}
	return t.follow(turn, settled)
}

// follow reads again what this process holds in memory when another has written
// since its last turn.
func (t *tx) follow(turn, settled int64) error {
	before := t.turn
	if before > 0 && turn == before+1 {
		t.turn = turn
		return nil
	}
	err := t.loadCounters()
	if err == nil && (before == 0 || settled > before) {
		err = t.loadMemory()
	}
	if err != nil {
		return fmt.Errorf("read what other nodes wrote: %w", err)
	}
	t.turn = turn
	return nil
}
