package postgres

import (
	"context"
	"crypto/rand"
	"database/sql/driver"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// connector opens connections for database/sql whose statements are those of
// the store: see respell. Rows are read to their end before the first is given
// out, so that a connection is free for the next statement while they are
// walked; a query without arguments within a snapshot is a cursor instead,
// whatever its length.
type connector struct {
	config *pgx.ConnConfig
	setup  string // run on every new connection
	reader bool   // it writes nothing
	types  *types
}

func (c *connector) Driver() driver.Driver { return noDriver{} }

func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	lost := c.types.lost.Load()
	pg, err := connect(ctx, c.config, c.setup)
	if err != nil {
		return nil, err
	}
	return &conn{pg: pg, types: c.types, reader: c.reader, used: time.Now(), seen: lost, session: rand.Text(), prepared: make(map[string]*statement), growth: make(map[string]growth)}, nil
}

type noDriver struct{}

func (noDriver) Open(string) (driver.Conn, error) {
	return nil, errors.New("open through the connector")
}

// conn is one connection. It belongs to one goroutine at a time.
type conn struct {
	pg       *pgconn.PgConn
	types    *types
	prepared map[string]*statement
	queue    []queued          // what nobody waits for
	ahead    ahead             // what was read before it is needed
	growth   map[string]growth // by table
	cursors  int
	snapshot bool
	reader   bool
	used     time.Time // when it was last taken from its pool
	seen     int64     // connections that had been lost by then

	session string // of this connection, in table writers
	groups  int64  // transactions that were begun as the writer's
	named   int64  // the node after which it is named
}

var (
	_ driver.QueryerContext     = (*conn)(nil)
	_ driver.ExecerContext      = (*conn)(nil)
	_ driver.ConnPrepareContext = (*conn)(nil)
	_ driver.ConnBeginTx        = (*conn)(nil)
	_ driver.Validator          = (*conn)(nil)
	_ driver.Pinger             = (*conn)(nil)
)

// snapshotBegin begins a transaction that sees the store as it was at one instant.
const snapshotBegin = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"

func (c *conn) IsValid() bool { return !c.pg.IsClosed() }

// Ping tells whether the connection stands, as far as this side knows.
func (c *conn) Ping(context.Context) error {
	if c.pg.IsClosed() {
		return driver.ErrBadConn
	}
	return nil
}

func (c *conn) Close() error { return c.pg.Close(context.Background()) }

// Begin is what database/sql asked before it knew contexts.
func (c *conn) Begin() (driver.Tx, error) {
	return c.BeginTx(context.Background(), driver.TxOptions{})
}

func (c *conn) BeginTx(ctx context.Context, o driver.TxOptions) (driver.Tx, error) {
	begin := "BEGIN"
	if o.ReadOnly {
		begin = snapshotBegin
	}
	if err := c.pg.Exec(ctx, begin).Close(); err != nil {
		return nil, c.again(ctx, err)
	}
	c.snapshot = o.ReadOnly
	return ending{c}, nil
}

type ending struct{ c *conn }

func (e ending) Commit() error   { return e.end("COMMIT") }
func (e ending) Rollback() error { return e.end("ROLLBACK") }

func (e ending) end(how string) error {
	e.c.snapshot = false
	return e.c.away(e.c.pg.Exec(context.Background(), how).Close())
}

func (c *conn) Prepare(query string) (driver.Stmt, error) {
	return c.PrepareContext(context.Background(), query)
}

// PrepareContext gives a statement out that is prepared when it is first used:
// what its arguments are may decide how.
func (c *conn) PrepareContext(_ context.Context, query string) (driver.Stmt, error) {
	return &stmt{c: c, query: query}, nil
}

func (c *conn) QueryContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	r, err := c.query(ctx, query, args)
	if err != nil {
		return nil, c.again(ctx, err)
	}
	return r, nil
}

func (c *conn) query(ctx context.Context, query string, args []driver.NamedValue) (driver.Rows, error) {
	switch query {
	case "BEGIN":
		err := c.pg.Exec(ctx, snapshotBegin).Close()
		c.snapshot = err == nil
		return &rows{}, err
	case "COMMIT":
		c.snapshot = false
		return &rows{}, c.pg.Exec(ctx, query).Close()
	}
	if c.snapshot && len(args) == 0 {
		return c.declare(ctx, query)
	}
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	values, formats, err := s.bind(args)
	if err != nil {
		return nil, err
	}
	if out, there := c.early(s, values); there {
		return out, nil
	}
	out := &rows{fields: s.fields}
	err = c.run(ctx, queued{s, values, formats, query}, func(r *pgconn.ResultReader) (pgconn.CommandTag, error) {
		_, err := out.fill(r)
		return pgconn.CommandTag{}, err
	})
	return out, err
}

func (c *conn) ExecContext(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	r, err := c.exec(ctx, query, args)
	if err != nil {
		return nil, c.away(err)
	}
	return r, nil
}

func (c *conn) exec(ctx context.Context, query string, args []driver.NamedValue) (driver.Result, error) {
	if query == "ROLLBACK" {
		c.queue = c.queue[:0]
	}
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return nil, err
	}
	values, formats, err := s.bind(args)
	if err != nil {
		return nil, err
	}
	var tag pgconn.CommandTag
	err = c.run(ctx, queued{s, values, formats, query}, func(r *pgconn.ResultReader) (_ pgconn.CommandTag, err error) {
		tag, err = r.Close()
		return tag, err
	})
	if query == "COMMIT" && err == nil && tag.String() != query {
		return nil, errUndone
	}
	return driver.RowsAffected(tag.RowsAffected()), err
}

// errUndone says that a transaction, in which a statement had failed before, was
// undone instead of committed: Postgres answers that without an error.
var errUndone = errors.New("the transaction was undone: a statement in it had failed")

// known adds to an error of the server which statement it speaks of.
func (c *conn) known(err error, query string) error {
	var e *pgconn.PgError
	if errors.As(err, &e) && strings.HasPrefix(e.Code, "42") {
		return fmt.Errorf("%w\n%s", err, query)
	}
	return err
}

// declare opens a cursor within the snapshot.
func (c *conn) declare(ctx context.Context, query string) (driver.Rows, error) {
	c.cursors++
	name := "walk" + strconv.Itoa(c.cursors)
	if err := c.pg.Exec(ctx, "DECLARE "+name+" NO SCROLL CURSOR FOR "+respell(query)).Close(); err != nil {
		return nil, c.known(err, query)
	}
	out := &rows{more: func(r *rows) (bool, error) {
		result := c.pg.ExecParams(context.Background(), "FETCH "+strconv.Itoa(fetch)+" FROM "+name, nil, nil, nil, binaryResults)
		r.fields = result.FieldDescriptions()
		n, err := r.fill(result)
		return n == fetch, err
	}, end: func() error { return c.pg.Exec(context.Background(), "CLOSE "+name).Close() }}
	_, err := out.refill()
	return out, err
}

// fetch is how many rows a cursor brings at once.
const fetch = 1000

// stmt is a statement as database/sql holds it.
type stmt struct {
	c     *conn
	query string
}

var (
	_ driver.StmtQueryContext = (*stmt)(nil)
	_ driver.StmtExecContext  = (*stmt)(nil)
)

func (s *stmt) Close() error  { return nil } // the connection keeps what it prepared
func (s *stmt) NumInput() int { return -1 }

func (s *stmt) QueryContext(ctx context.Context, args []driver.NamedValue) (driver.Rows, error) {
	return s.c.QueryContext(ctx, s.query, args)
}

func (s *stmt) ExecContext(ctx context.Context, args []driver.NamedValue) (driver.Result, error) {
	return s.c.ExecContext(ctx, s.query, args)
}

func (s *stmt) Query([]driver.Value) (driver.Rows, error)  { return nil, errors.ErrUnsupported }
func (s *stmt) Exec([]driver.Value) (driver.Result, error) { return nil, errors.ErrUnsupported }
