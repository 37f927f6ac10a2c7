package records

import (
	"context"
	"fmt"
)

// SaveEstimates keeps what pacing has learned of a campaign, in pacing's own form.
func (db *DB) SaveEstimates(ctx context.Context, campaign int64, body []byte) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO estimates (campaign, body, at) VALUES (?, ?, ?)
			ON CONFLICT (campaign) DO UPDATE SET body = excluded.body, at = excluded.at`, campaign, notNil(body), micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("save estimates of campaign %d: %w", campaign, err)
	}
	return nil
}

// Estimates returns what was saved last; campaigns.ErrNotFound when nothing was.
func (db *DB) Estimates(ctx context.Context, campaign int64) ([]byte, error) {
	var body []byte
	err := db.read.QueryRowContext(ctx, `SELECT body FROM estimates WHERE campaign = ?`, campaign).Scan(&body)
	if err = noRows(err); err != nil {
		return nil, fmt.Errorf("estimates of campaign %d: %w", campaign, err)
	}
	return body, nil
}

// notNil keeps an empty value from becoming null.
func notNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
