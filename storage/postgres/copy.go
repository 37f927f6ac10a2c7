package postgres

import (
	"bytes"
	"context"
	"database/sql/driver"
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
	return c.away(err)
}

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
