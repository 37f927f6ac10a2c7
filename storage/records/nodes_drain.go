package records

import (
	"context"
	"database/sql"
	"fmt"
)

// DrainNode implements campaigns.NodeKeeper.
func (db *DB) DrainNode(ctx context.Context, name string, drain bool, by string) error {
	mark, kind := "", "node.undrain"
	if drain {
		mark, kind = by, "node.drain"
	}
	err := db.do(ctx, func(t *tx) error {
		var id int64
		if err := t.row(`SELECT id FROM nodes WHERE name = ?`, []any{name}, &id); err != nil {
			return noRows(err)
		}
		if _, err := t.exec(`UPDATE nodes SET drain = ?2 WHERE id = ?1`, id, mark); err != nil {
			return err
		}
		return t.note(kind, by, "node "+name, "")
	})
	if err != nil {
		return fmt.Errorf("%s %s: %w", kind, name, err)
	}
	return nil
}

// NodeLines implements campaigns.NodeReader.
func (db *DB) NodeLines(ctx context.Context) (map[int64]int, error) {
	out := make(map[int64]int)
	r, err := db.read.QueryContext(ctx, `SELECT node, COUNT(*) FROM placed GROUP BY node`)
	if err == nil {
		err = eachRow(r, func(r *sql.Rows) error {
			var node int64
			var lines int
			err := r.Scan(&node, &lines)
			out[node] = lines
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("count the lines of each node: %w", err)
	}
	return out, nil
}
