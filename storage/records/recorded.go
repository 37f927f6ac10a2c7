package records

import (
	"context"
	"encoding/json"
	"fmt"
)

// Recorded tells which of some attempts have a recording.
func (db *DB) Recorded(ctx context.Context, attempts []string) (map[string]bool, error) {
	ids, err := json.Marshal(attempts)
	if err != nil {
		return nil, fmt.Errorf("recorded: %w", err)
	}
	r, err := db.read.QueryContext(ctx, `SELECT a.id FROM json_each(?) j JOIN attempts a ON a.id = j.value
		JOIN recordings r ON r.attempt = a.seq`, string(ids))
	if err != nil {
		return nil, fmt.Errorf("recorded: %w", err)
	}
	defer r.Close()
	out := make(map[string]bool)
	for r.Next() {
		var id string
		if err := r.Scan(&id); err != nil {
			return nil, fmt.Errorf("recorded: %w", err)
		}
		out[id] = true
	}
	return out, r.Err()
}
