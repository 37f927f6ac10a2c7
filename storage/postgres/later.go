package postgres

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
)

// queued is a statement on its way to the server.
type queued struct {
	s       *statement
	values  [][]byte
	formats []int16
	query   string
}

// lateError is that of a statement that nobody waited for: what is told is told
// to whoever asked next.
type lateError struct{ error }

func (e lateError) Unwrap() error { return e.error }

// Late tells that the error belongs to an earlier statement.
func (lateError) Late() bool { return true }

// Later writes without waiting: the statement goes to the server with the next
// one that somebody waits for, in one packet, and its error comes with that one's.
// The arguments may be used again.
func (c *conn) Later(ctx context.Context, query string, args []driver.NamedValue) error {
	s, err := c.statement(ctx, query, args)
	if err != nil {
		return err
	}
	values, formats, err := s.bind(args)
	if err != nil {
		return err
	}
	for i, v := range values {
		values[i] = bytes.Clone(v)
	}
	c.queue = append(c.queue, queued{s, values, formats, query})
	return nil
}

// patience is how long the writer waits for an answer: whoever has the pen that
// long holds up every node, and a server that says nothing for so long is gone.
const patience = time.Minute

// run sends what is queued, and last, and reads what comes of last.
func (c *conn) run(ctx context.Context, last queued, read func(*pgconn.ResultReader) (pgconn.CommandTag, error)) error {
	if !c.reader {
		limited, cancel := context.WithTimeout(ctx, patience)
		defer cancel()
		ctx = limited
	}
	if len(c.queue) == 0 {
		_, err := read(c.pg.ExecPrepared(ctx, last.s.name, last.values, last.formats, last.s.results))
		return c.known(err, last.query)
	}
	before := c.queue
	c.queue = nil
	p := c.pg.StartPipeline(ctx)
	for _, q := range append(before, last) {
		p.SendQueryPrepared(q.s.name, q.values, q.formats, q.s.results)
	}
	if err := p.Sync(); err != nil {
		_ = p.Close()
		return err
	}
	err := c.answers(p, before, last, read)
	if end := p.Close(); err == nil {
		err = end
	}
	c.queue = before[:0]
	return err
}

func (c *conn) answers(p *pgconn.Pipeline, before []queued, last queued, read func(*pgconn.ResultReader) (pgconn.CommandTag, error)) error {
	for _, q := range before {
		if err := c.passOver(p, q); err != nil {
			return err
		}
	}
	r, err := reader(p)
	if err == nil {
		_, err = read(r)
	}
	return c.known(err, last.query)
}

// passOver reads the answer that nobody waited for.
func (c *conn) passOver(p *pgconn.Pipeline, q queued) error {
	r, err := reader(p)
	if err == nil {
		_, err = r.Close()
	}
	if err != nil {
		return lateError{c.known(err, q.query)}
	}
	return nil
}

func reader(p *pgconn.Pipeline) (*pgconn.ResultReader, error) {
	some, err := p.GetResults()
	if err != nil {
		return nil, err
	}
	r, ok := some.(*pgconn.ResultReader)
	if !ok {
		return nil, fmt.Errorf("the server answers with %T", some)
	}
	return r, nil
}
