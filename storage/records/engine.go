package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Engine is the database that holds the store: a file (package storage/sqlite)
// or a server (storage/postgres). It imports nothing of ours; what it can do
// beyond this it shows by being a Pen or a Log as well.
type Engine interface {
	// Open brings the schema up to that of this program, and returns the pool of
	// the writer, which has one connection, and that of the readers. Both speak
	// the SQL of this package. Close follows, also after an error.
	Open(ctx context.Context, log *slog.Logger) (write, read *sql.DB, err error)
	// Taken tells whether a unique key is in use, or the schema refuses a row.
	Taken(err error) bool
	// Close closes the pools and all that is beside them.
	Close() error
}

// Pen is an engine whose store other processes write as well, each in its turn.
// Without one we alone write, and a commit is on disk when it returns.
type Pen interface {
	// Begin begins a transaction that no other writer's overlaps until it ends,
	// and says what a node finds then.
	Begin(ctx context.Context, c *sql.Conn, node int64) (Turn, error)
	// Commit ends the transaction, marked as one that changes what others have in
	// memory when it settles something. It gives the pen back before the disk has it,
	// and returns a mark by which Written knows the transaction. An error with a mark
	// is a commit whose answer was lost; one without is none at all.
	Commit(ctx context.Context, c *sql.Conn, settles bool) (mark string, err error)
	// Written returns when the disk has what was committed, and tells of each mark
	// whether its transaction is there. An error means that it cannot be known now.
	Written(ctx context.Context, marks []string) ([]bool, error)
}

// Turn is what a node finds when it takes the pen. It is an alias, for engines
// know nothing of ours.
type Turn = struct {
	N       int64     // one more than last time when no other process wrote meanwhile
	Settled int64     // the last turn that changed what others have in memory
	Epoch   int64     // of the node; 0 = there is no such node
	At      time.Time // by the clock of the engine, which all nodes share
}

// House is an engine that several nodes share.
type House interface {
	// Aside is a pool of one connection for what nodes say of themselves: its
	// commits wait neither for the pen nor for the disk.
	Aside() *sql.DB
	// Disconnect ends the connections over which a node writes, the writer's and that
	// of its claims: what it has begun is undone.
	Disconnect(ctx context.Context, node int64) error
}

// Log is an engine whose commits stand in a log of its own before they are moved
// into the file. What it does, it does on the writer's connection between two
// transactions.
type Log interface {
	// Due tells when the log has grown so long that it is to be started anew.
	Due() <-chan struct{}
	// Restart starts it anew, if no reader is in the way.
	Restart(ctx context.Context, c *sql.Conn)
	// Empty cuts it to nothing, with what stands in it of deleted rows; false
	// when a reader is in the way.
	Empty(ctx context.Context, c *sql.Conn) bool
}

// open opens the engine and learns what it can do.
func (db *DB) open(ctx context.Context) (err error) {
	if db.write, db.read, err = db.engine.Open(ctx, db.log); err != nil {
		return err
	}
	db.pen, _ = db.engine.(Pen)
	if h, ok := db.engine.(House); ok {
		db.aside = h.Aside()
	}
	if c, ok := db.engine.(Claimer); ok {
		db.claims = newClaimer(c)
	}
	if db.wal, _ = db.engine.(Log); db.wal != nil {
		db.logDue = db.wal.Due()
	}
	return db.start(ctx)
}

// beginOn begins a transaction of an engine that others write as well. Nothing
// was written yet when a connection turns out to be dead: another one serves.
func (t *tx) beginOn(pen Pen) error {
	if t.lost() {
		if err := t.reconnect(); err != nil {
			return err
		}
	}
	self := t.db.self()
	asked := time.Now()
	turn, err := pen.Begin(background, t.conn, self.id)
	if err != nil && t.lost() {
		if err := t.reconnect(); err != nil {
			return err
		}
		asked = time.Now()
		turn, err = pen.Begin(background, t.conn, self.id)
	}
	told := time.Now()
	if err != nil {
		return err
	}
	if self.id != 0 && turn.Epoch != self.epoch {
		return campaigns.ErrFenced
	}
	t.now = turn.At
	if err := t.follow(turn.N, turn.Settled); err != nil {
		return err
	}
	t.now, t.jumped = t.clock.shared(turn.At, asked, told, moment(t.intent))
	return nil
}

// lost tells whether the writer's connection is gone, as far as is known.
func (t *tx) lost() bool { return t.db.pen != nil && t.conn.PingContext(background) != nil }

// reconnect takes a new connection. All that memory holds is read again over it:
// the server may have failed, and have lost the last commits with their numbers.
func (t *tx) reconnect() error {
	fresh, err := t.db.write.Conn(background)
	if err != nil {
		return err
	}
	_ = t.conn.Close() // it is gone
	t.conn = fresh
	clear(t.stmts)
	t.turn, t.committed.turn = 0, 0
	clear(t.terms)
	t.abandon.forget()
	t.db.known.forgetVersions()
	t.db.index.stale.Store(true)
	return nil
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
	if err == nil && before == 0 {
		err = t.checkSeen()
	}
	if err == nil && (before == 0 || settled > before) {
		err = t.loadMemory()
	}
	if err != nil {
		return fmt.Errorf("read what other nodes wrote: %w", err)
	}
	t.turn = turn
	return nil
}

// late tells whether an error is that of an earlier statement.
func late(err error) bool {
	var e interface{ Late() bool }
	return errors.As(err, &e) && e.Late()
}
