package records

import (
	"context"
	"database/sql/driver"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Long reads go past database/sql to the driver: scanning forty columns one
// by one through its conversions costs more than reading them.

// cells walks along the columns of one row. Null is the zero of each type.
type cells struct {
	row []driver.Value
	at  int
}

func (c *cells) next() driver.Value {
	v := c.row[c.at]
	c.at++
	return v
}

func (c *cells) null() bool          { return c.row[c.at] == nil }
func (c *cells) skip(n int)          { c.at += n }
func (c *cells) integer() int64      { v, _ := c.next().(int64); return v }
func (c *cells) small() int          { return int(c.integer()) }
func (c *cells) text() string        { v, _ := c.next().(string); return v }
func (c *cells) real() float64       { v, _ := c.next().(float64); return v }
func (c *cells) blob() []byte        { v, _ := c.next().([]byte); return v }
func (c *cells) truth() bool         { return c.integer() != 0 }
func (c *cells) instant() time.Time  { return moment(c.integer()) }
func (c *cells) span() time.Duration { return time.Duration(c.integer()) * time.Microsecond }

// withDriver lends a reading connection of the driver to f.
func (db *DB) withDriver(ctx context.Context, f func(driver.QueryerContext) error) error {
	conn, err := db.reading(ctx).Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	return conn.Raw(func(dc any) error {
		q, ok := dc.(driver.QueryerContext)
		if !ok {
			return fmt.Errorf("driver connection %T cannot query", dc)
		}
		return f(q)
	})
}

// stream is a query whose rows are taken one at a time; several may be open
// on one connection.
type stream struct {
	rows driver.Rows
	row  []driver.Value
	held bool // the row was read and is to be given out again
	over bool // the last row was read: a further step would begin anew
}

func openStream(q driver.QueryerContext, query string, args ...any) (*stream, error) {
	named := make([]driver.NamedValue, len(args))
	for i, a := range args {
		v, err := driver.DefaultParameterConverter.ConvertValue(a)
		if err != nil {
			return nil, err
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: v}
	}
	// The statement does not watch the context: that would cost a wait per
	// row. Readers check it between rows instead.
	rows, err := q.QueryContext(background, query, named)
	if err != nil {
		return nil, err
	}
	return &stream{rows: rows, row: make([]driver.Value, len(rows.Columns()))}, nil
}

// next reads a row, valid until the next one; ok is false at the end.
func (s *stream) next() (row []driver.Value, ok bool, err error) {
	if s.held {
		s.held = false
		return s.row, true, nil
	}
	if s.over {
		return nil, false, nil
	}
	err = s.rows.Next(s.row)
	if errors.Is(err, io.EOF) {
		s.over = true
		return nil, false, nil
	}
	return s.row, err == nil, err
}

// hold gives the last row out once more.
func (s *stream) hold() { s.held = true }

func (s *stream) close() { _ = s.rows.Close() }

// driverRow makes a driver's row scan like one of database/sql, for the types
// of the ledger.
type driverRow []driver.Value

// Scan reads integers, texts and truths.
func (r driverRow) Scan(dest ...any) error {
	c := cells{row: r}
	for _, d := range dest {
		switch d := d.(type) {
		case *int64:
			*d = c.integer()
		case *int:
			*d = c.small()
		case *string:
			*d = c.text()
		case *bool:
			*d = c.truth()
		case *campaigns.Mode:
			*d = campaigns.Mode(c.text())
		default:
			return fmt.Errorf("scan a column into %T", d)
		}
	}
	return nil
}

// each runs a query and hands every row to f.
func each(q driver.QueryerContext, query string, args []any, f func(*cells) error) error {
	s, err := openStream(q, query, args...)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		row, ok, err := s.next()
		if err != nil || !ok {
			return err
		}
		if err := f(&cells{row: row}); err != nil {
			return err
		}
	}
}
