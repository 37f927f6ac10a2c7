package postgres

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// ErrAway marks what could not be done, or whose answer was lost, because the
// connection with the database server is gone or cannot be had.
var ErrAway = errors.New("the database server is away")

// away marks an error of which the connection has died.
func (c *conn) away(err error) error {
	if err == nil || !c.lost(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// lost tells whether a connection is of no use any more after an error.
func (c *conn) lost(err error) bool {
	var e *pgconn.PgError
	if errors.As(err, &e) && slices.Contains(condemned, e.Code) {
		gone(c.pg)
	}
	if !c.pg.IsClosed() {
		return false
	}
	c.types.lost.Add(1)
	return true
}

// condemned are errors after which a new connection does better: a plan of
// before a migration, a statement that a pooler has lost, a primary that is one
// no more.
var condemned = []string{"0A000", "26000", "25006"}

// again is away for a query of a reader: one over a connection that had died
// unnoticed, as after a restart of the server, is asked over another one.
func (c *conn) again(ctx context.Context, err error) error {
	if err == nil || !c.lost(err) {
		return err
	}
	if c.reader && !c.snapshot && ctx.Err() == nil {
		return driver.ErrBadConn
	}
	return fmt.Errorf("%w: %w", ErrAway, err)
}

// restful is how long a connection may have rested before it is tried whether it
// still stands.
const restful = time.Second

var _ driver.SessionResetter = (*conn)(nil)

// ResetSession tries a connection that has rested before it is used again, and
// one that has stood while another broke.
func (c *conn) ResetSession(ctx context.Context) error {
	if c.pg.IsClosed() || c.pg.TxStatus() != 'I' { // a snapshot that nobody ended
		return driver.ErrBadConn
	}
	lost := c.types.lost.Load()
	if (time.Since(c.used) > restful || c.seen != lost) && c.pg.Ping(ctx) != nil {
		return driver.ErrBadConn
	}
	c.used, c.seen = time.Now(), lost
	return nil
}
