package records

import (
	"context"
	"fmt"
)

// SaveOdds keeps what a campaign has learned of who answers, in the form of
// package odds.
func (db *DB) SaveOdds(ctx context.Context, campaign int64, model []byte) error {
	err := db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO odds (campaign, body, at) VALUES (?, ?, ?)
			ON CONFLICT (campaign) DO UPDATE SET body = excluded.body, at = excluded.at`, campaign, notNil(model), micros(t.now))
		return err
	})
	if err != nil {
		return fmt.Errorf("save odds of campaign %d: %w", campaign, err)
	}
	return nil
}

// Odds returns what was saved last; campaigns.ErrNotFound when nothing was.
func (db *DB) Odds(ctx context.Context, campaign int64) ([]byte, error) {
	var model []byte
	err := db.read.QueryRowContext(ctx, `SELECT body FROM odds WHERE campaign = ?`, campaign).Scan(&model)
	if err = noRows(err); err != nil {
		return nil, fmt.Errorf("odds of campaign %d: %w", campaign, err)
	}
	return model, nil
}
