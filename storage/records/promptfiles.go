package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// PromptFile is what is known of a recorded message that the store keeps for all
// nodes of a house.
type PromptFile struct {
	Octets int64 // nought: it was deleted
	At     time.Time
}

// KeepPromptFile keeps a recorded message for all nodes, in place of one of its name.
// An empty one is one that was deleted: its name is remembered.
func (db *DB) KeepPromptFile(ctx context.Context, name string, body []byte) error {
	if body == nil {
		body = []byte{}
	}
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO prompt_files (name, body, at) VALUES (?, ?, ?)
			ON CONFLICT (name) DO UPDATE SET body = excluded.body, at = excluded.at`, name, body, micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the prompt %s: %w", name, err)
	}
	return nil
}

// PromptFileBody reads a recorded message; campaigns.ErrNotFound when the store never
// had it, and nothing, without an error, when it was deleted.
func (db *DB) PromptFileBody(ctx context.Context, name string) (body []byte, at time.Time, err error) {
	var kept int64
	err = noRows(db.read.QueryRowContext(ctx, `SELECT body, at FROM prompt_files WHERE name = ?`, name).Scan(&body, &kept))
	if err != nil {
		return nil, at, fmt.Errorf("read the prompt %s: %w", name, err)
	}
	return body, moment(kept), nil
}

// PromptFiles lists the recorded messages that the store keeps or kept, by name.
func (db *DB) PromptFiles(ctx context.Context) (map[string]PromptFile, error) {
	r, err := db.read.QueryContext(ctx, `SELECT name, length(body), at FROM prompt_files`)
	if err != nil {
		return nil, fmt.Errorf("list the prompts: %w", err)
	}
	out := make(map[string]PromptFile)
	err = eachRow(r, func(r *sql.Rows) error {
		var name string
		var f PromptFile
		var at int64
		err := r.Scan(&name, &f.Octets, &at)
		f.At = moment(at)
		out[name] = f
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("list the prompts: %w", err)
	}
	return out, nil
}
