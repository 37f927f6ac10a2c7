package records

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// insertRows is how many rows one INSERT carries.
const insertRows = 50

// copier is a connection over which many rows travel as one stream. Cells are
// those of all rows, one row after the other.
type copier interface {
	Copy(ctx context.Context, table string, columns []string, cells []any) error
}

// insertAll adds rows of which none can be there already: as one stream where the
// engine has such, else many to a statement.
func (t *tx) insertAll(table string, columns []string, cells []any) error {
	if len(cells) == 0 {
		return nil
	}
	if t.db.pen != nil {
		t.writes++
		return t.conn.Raw(func(dc any) error {
			c, ok := dc.(copier)
			if !ok {
				return fmt.Errorf("a connection %T that takes no stream of rows", dc)
			}
			return c.Copy(background, table, columns, cells)
		})
	}
	for some := range slices.Chunk(cells, insertRows*len(columns)) {
		if _, err := t.exec(insertQuery(table, columns, len(some)/len(columns)), some...); err != nil {
			return fmt.Errorf("insert into %s: %w", table, err)
		}
	}
	return nil
}

// insertQuery has plain question marks only: SQLite's driver looks numbered ones
// up by name, one by one, which grows with their square.
func insertQuery(table string, columns []string, n int) string {
	row := "(" + strings.Repeat("?, ", len(columns)-1) + "?)"
	return "INSERT INTO " + table + " (" + strings.Join(columns, ", ") + ") VALUES " + strings.Repeat(row+", ", n-1) + row
}
