package records

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// keepDrafts is how long a draft waits for a disposition that does not come.
const keepDrafts = 7 * 24 * time.Hour

// SaveDraft keeps what an agent has filled in of a call; the last one stands.
// There is none of a call that was disposed of: campaigns.ErrDisposed.
func (db *DB) SaveDraft(ctx context.Context, d campaigns.CallDraft) error {
	err := db.do(ctx, func(t *tx) error {
		var disposed bool
		err := t.row(`SELECT EXISTS (SELECT 1 FROM dispositions d JOIN attempts a ON a.seq = d.seq WHERE a.id = ?)`, []any{d.Attempt}, &disposed)
		if err == nil && disposed {
			err = campaigns.ErrDisposed
		}
		if err != nil {
			return err
		}
		if _, err := t.exec(`DELETE FROM drafts WHERE saved_at < ?`, micros(t.now.Add(-keepDrafts))); err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO drafts (attempt, agent, body, saved_at) VALUES (?1, ?2, ?3, ?4)
			ON CONFLICT (attempt) DO UPDATE SET agent = ?2, body = ?3, saved_at = ?4`, d.Attempt, d.Agent, string(d.Body), micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep the draft of attempt %s: %w", d.Attempt, err)
	}
	return nil
}

// Draft reads what was filled in of a call; campaigns.ErrNotFound when nothing was.
func (db *DB) Draft(ctx context.Context, attempt string) (campaigns.CallDraft, error) {
	d := campaigns.CallDraft{Attempt: attempt}
	var body string
	var at int64
	err := noRows(db.read.QueryRowContext(ctx, `SELECT agent, body, saved_at FROM drafts WHERE attempt = ?`, attempt).Scan(&d.Agent, &body, &at))
	if err != nil {
		return campaigns.CallDraft{}, fmt.Errorf("draft of attempt %s: %w", attempt, err)
	}
	d.Body, d.SavedAt = []byte(body), moment(at)
	return d, nil
}
