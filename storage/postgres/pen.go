package postgres

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// The second is a statement of its own, though it goes in the same packet: a
// statement that waits for a lock sees all other rows as they were before it
// waited, and would not see that its node was fenced meanwhile.
const (
	takePen    = `UPDATE pen SET turn = turn + 1 WHERE one = 1`
	lookAround = `SELECT p.turn, p.settled, COALESCE((SELECT epoch FROM nodes WHERE id = ?1), 0),
		(extract(epoch FROM clock_timestamp()) * 1000000)::bigint FROM pen p WHERE p.one = 1`
)

// leaveMark writes which transaction of this connection this one is.
const leaveMark = `INSERT INTO writers (session, last, at) VALUES (?1, ?2, CAST(extract(epoch FROM now()) * 1000000 AS BIGINT))
	ON CONFLICT (session) DO UPDATE SET last = excluded.last, at = excluded.at`

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
		return pg.begin(ctx, node)
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

// Disconnect ends the connections over which a node writes, the writer's and that of
// its claims: what it has begun is undone, and the pen is free.
func (e *Engine) Disconnect(ctx context.Context, node int64) error {
	var ended int
	err := e.read.QueryRowContext(ctx, `SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity
		WHERE datname = current_database() AND usename = current_user AND application_name = ?1`, writerOf(node)).Scan(&ended)
	if err != nil {
		return fmt.Errorf("disconnect node %d: %w", node, err)
	}
	return nil
}

// writerOf is the application name of the connection that writes for a node.
func writerOf(node int64) string { return "forecall/node " + strconv.FormatInt(node, 10) }

// name names the connection after the node that it writes for, so that others can
// end it. It is no part of a transaction, which may be undone.
func (c *conn) name(ctx context.Context, node int64) error {
	if c.named == node {
		return nil
	}
	_, err := c.pg.Exec(ctx, `SET application_name = '`+writerOf(node)+`'`).ReadAll()
	if err == nil {
		c.named = node
	}
	return c.away(err)
}

func (c *conn) begin(ctx context.Context, node int64) error {
	c.queue = c.queue[:0] // of one that failed
	c.ahead = ahead{}
	c.groups++
	if err := c.name(ctx, node); err != nil {
		return err
	}
	return errors.Join(c.Later(ctx, "BEGIN", nil), c.Later(ctx, takePen, nil), c.Later(ctx, leaveMark, values(c.session, c.groups)))
}

// Commit ends the writer's transaction; one that settles something changes what
// other nodes have in memory. The pen is given back before the disk has it: Written
// waits for that, by the mark. An error with a mark is a commit whose answer was
// lost, one without a mark is none at all.
func (e *Engine) Commit(ctx context.Context, c *sql.Conn, settles bool) (mark string, err error) {
	err = c.Raw(func(dc any) (err error) {
		pg, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("a connection %T", dc)
		}
		if settles {
			if err := pg.Later(ctx, `UPDATE pen SET settled = turn WHERE one = 1`, nil); err != nil {
				return err
			}
		}
		mark, err = pg.commit(ctx)
		return err
	})
	return mark, err
}

// lostAnswer begins the mark of a commit that was not answered.
const lostAnswer = "?"

func (c *conn) commit(ctx context.Context) (mark string, err error) {
	if c.pg.IsClosed() {
		return "", ErrAway
	}
	c.ahead = ahead{}
	mark = c.session + "/" + strconv.FormatInt(c.groups, 10)
	_, err = c.exec(ctx, "COMMIT", nil)
	var said *pgconn.PgError
	switch {
	case err == nil:
		return mark, nil
	case errors.Is(err, errUndone), errors.As(err, &said) && said.Severity == "ERROR":
		return "", c.away(err)
	case !c.pg.IsClosed():
		gone(c.pg) // nobody knows what the answer belongs to
	}
	return lostAnswer + mark, c.away(err)
}

// A row without content goes through the log, and is waited for: when it is on
// disk, all that was committed before is, and so it is at the standby where one is
// waited for. The marks are read by the same session: had the server failed
// between the two, it would have ended.
const (
	flush     = `SELECT pg_logical_emit_message(TRUE, 'forecall', '')`
	awaitPen  = `SELECT one FROM pen WHERE one = 1 FOR UPDATE`
	readMarks = `SELECT session, last FROM writers WHERE session = ANY(string_to_array(?1, ' '))`
)

// Written waits until the disk, and the standby where one is waited for, has what
// was committed, and tells of each mark whether its transaction is there: one whose
// answer was lost may never have been, and a server that failed has lost those of
// the last moment. An error means that it cannot be known now.
func (e *Engine) Written(ctx context.Context, marks []string) ([]bool, error) {
	c, err := e.disk.Conn(ctx)
	if err != nil {
		return nil, err
	}
	defer c.Close()
	sessions, doubtful := sessionsOf(marks)
	err = c.Raw(func(dc any) error {
		pg, ok := dc.(*conn)
		if !ok {
			return fmt.Errorf("a connection %T", dc)
		}
		pg.queue = pg.queue[:0]
		if doubtful { // its transaction had the pen, and has ended when we have it
			if err := pg.Later(ctx, awaitPen, nil); err != nil {
				return err
			}
		}
		return pg.Later(ctx, flush, nil)
	})
	if err != nil {
		return nil, err
	}
	last, err := lastOf(ctx, c, sessions)
	if err != nil {
		return nil, fmt.Errorf("wait for the disk: %w", err)
	}
	out := make([]bool, len(marks))
	for i, m := range marks {
		session, number := parseMark(m)
		out[i] = number > 0 && last[session] >= number
	}
	return out, nil
}

func lastOf(ctx context.Context, c *sql.Conn, sessions string) (map[string]int64, error) {
	rows, err := c.QueryContext(ctx, readMarks, sessions)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	last := make(map[string]int64)
	for rows.Next() {
		var session string
		var n int64
		if err := rows.Scan(&session, &n); err != nil {
			return nil, err
		}
		last[session] = n
	}
	return last, rows.Err()
}

// sessionsOf are the connections over which transactions were written, with a
// space between, and whether the answer of one is missing.
func sessionsOf(marks []string) (sessions string, doubtful bool) {
	seen := make(map[string]bool)
	for _, m := range marks {
		doubtful = doubtful || strings.HasPrefix(m, lostAnswer)
		session, _ := parseMark(m)
		if !seen[session] {
			seen[session] = true
			sessions += " " + session
		}
	}
	return strings.TrimPrefix(sessions, " "), doubtful
}

func parseMark(mark string) (session string, number int64) {
	session, n, _ := strings.Cut(strings.TrimPrefix(mark, lostAnswer), "/")
	number, err := strconv.ParseInt(n, 10, 64)
	if err != nil {
		return session, 0
	}
	return session, number
}

// forgetWriters deletes marks of connections that are long gone.
const forgetWriters = `DELETE FROM writers WHERE at < CAST(extract(epoch FROM now()) * 1000000 AS BIGINT) - 604800000000`
