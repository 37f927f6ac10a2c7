package postgres

import (
	"bytes"
	"context"
	"database/sql/driver"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// Copy adds rows to a table in one stream, which costs a third of INSERT. It is
// part of the transaction, like any statement: an error undoes that. Cells are those
// of all rows, one row after the other.
func (c *conn) Copy(ctx context.Context, table string, columns []string, cells []any) error {
	if len(c.queue) > 0 { // comes first
		if _, err := c.ExecContext(ctx, "SELECT 1", nil); err != nil {
			return err
		}
	}
	var b bytes.Buffer
	for i, v := range cells {
		column := i % len(columns)
		if err := copyValue(&b, v); err != nil {
			return fmt.Errorf("copy to %s: column %s: %w", table, columns[column], err)
		}
		if column == len(columns)-1 {
			b.WriteByte('\n')
		} else {
			b.WriteByte('\t')
		}
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	_, err := c.pg.CopyFrom(ctx, &b, "COPY "+table+" ("+strings.Join(columns, ", ")+") FROM STDIN")
	if err != nil {
		return c.away(err)
	}
	return c.grown(ctx, table, len(cells)/len(columns))
}

// firstLook is how many rows a table has got when the server looks at it first.
const firstLook = 500

// grown has the server look at a table that has doubled. Statements are planned
// once, and a plan for the few rows of before reads a million: the server itself
// looks once a minute only.
func (c *conn) grown(ctx context.Context, table string, rows int) error {
	g := c.growth[table]
	if g.rows += rows; g.rows < max(firstLook, 2*g.seen) {
		c.growth[table] = g
		return nil
	}
	g.seen = g.rows
	c.growth[table] = g
	return c.away(c.pg.Exec(ctx, "ANALYZE "+table).Close())
}

// growth is what a connection has added to a table, and how much of it there was
// when the server looked last.
type growth struct{ rows, seen int }

// copyValue writes a value as COPY reads it.
func copyValue(b *bytes.Buffer, v any) error {
	v, err := driver.DefaultParameterConverter.ConvertValue(v)
	if err != nil {
		return err
	}
	switch v := v.(type) {
	case nil:
		b.WriteString(`\N`)
	case int64:
		b.Write(strconv.AppendInt(b.AvailableBuffer(), v, 10))
	case float64:
		b.Write(strconv.AppendFloat(b.AvailableBuffer(), v, 'g', -1, 64))
	case []byte:
		b.WriteString(`\\x`)
		b.Write(hex.AppendEncode(b.AvailableBuffer(), v))
	case string:
		copyText(b, armour(v))
	default:
		return fmt.Errorf("a value of type %T", v)
	}
	return nil
}

// copyText writes a text in which nothing ends the column or the row.
func copyText(b *bytes.Buffer, s string) {
	for i := range len(s) {
		switch c := s[i]; c {
		case '\\':
			b.WriteString(`\\`)
		case '\n':
			b.WriteString(`\n`)
		case '\r':
			b.WriteString(`\r`)
		case '\t':
			b.WriteString(`\t`)
		default:
			b.WriteByte(c)
		}
	}
}
