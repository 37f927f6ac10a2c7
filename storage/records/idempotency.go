package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Reserve claims an idempotency key for a request of a user until it
// expires. It is fresh, or kept holds the digest of the request that came
// first with the key and its answer, nil while that one is still at work.
func (db *DB) Reserve(ctx context.Context, user int64, key string, request []byte, until time.Time) (kept campaigns.Kept, fresh bool, err error) {
	err = db.do(ctx, func(t *tx) error {
		kept, fresh = campaigns.Kept{}, false
		if _, err := t.exec(`DELETE FROM idempotency WHERE expires <= ?`, micros(t.now)); err != nil {
			return err
		}
		err := t.row(`SELECT request, answer FROM idempotency WHERE user = ? AND key = ?`, []any{user, key}, &kept.Request, &kept.Answer)
		if !errors.Is(err, sql.ErrNoRows) {
			return err
		}
		fresh = true
		_, err = t.exec(`INSERT INTO idempotency (user, key, request, expires) VALUES (?, ?, ?, ?)`, user, key, notNil(request), micros(until))
		return err
	})
	if err != nil {
		return campaigns.Kept{}, false, fmt.Errorf("reserve idempotency key: %w", err)
	}
	return kept, fresh, nil
}

// KeepAnswer keeps the answer of a reserved key.
func (db *DB) KeepAnswer(ctx context.Context, user int64, key string, answer []byte) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE idempotency SET answer = ?3 WHERE user = ?1 AND key = ?2`, user, key, notNil(answer))
		return err
	})
	if err != nil {
		return fmt.Errorf("keep answer: %w", err)
	}
	return nil
}

// DropKey frees a key whose request failed in a way that may be tried again.
func (db *DB) DropKey(ctx context.Context, user int64, key string) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM idempotency WHERE user = ? AND key = ?`, user, key)
		return err
	})
	if err != nil {
		return fmt.Errorf("drop idempotency key: %w", err)
	}
	return nil
}
