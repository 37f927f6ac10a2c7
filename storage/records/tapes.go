package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// Pages of tapes: how many are read, and how many dropped, in one go. A minute
// of a large campaign is some tens of kilobytes.
const (
	tapePage = 30
	tapeDrop = 100
)

// SaveTape keeps what pacing saw and decided in a minute of a campaign, in
// pacing's own form. The same minute again replaces it.
func (db *DB) SaveTape(ctx context.Context, campaign int64, from time.Time, tape []byte) error {
	err := db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO tapes (campaign, from_at, body) VALUES (?, ?, ?)
			ON CONFLICT (campaign, from_at) DO UPDATE SET body = excluded.body`, campaign, micros(from), notNil(tape))
		return err
	})
	if err != nil {
		return fmt.Errorf("save tape of campaign %d: %w", campaign, err)
	}
	return nil
}

// Tapes gives the tapes of a campaign that begin at from or after and before
// to, in the order of time. An error of each ends the reading and is returned.
// Nothing is held open while each works.
func (db *DB) Tapes(ctx context.Context, campaign int64, from, to time.Time, each func(from time.Time, tape []byte) error) error {
	after := micros(from) - 1
	for {
		page, err := db.tapePage(ctx, campaign, after, micros(to))
		if err != nil {
			return fmt.Errorf("tapes of campaign %d: %w", campaign, err)
		}
		for _, t := range page {
			if err := each(moment(t.from), t.body); err != nil {
				return err
			}
			after = t.from
		}
		if len(page) < tapePage {
			return nil
		}
	}
}

type storedTape struct {
	from int64
	body []byte
}

func (db *DB) tapePage(ctx context.Context, campaign, after, to int64) ([]storedTape, error) {
	r, err := db.read.QueryContext(ctx, `SELECT from_at, body FROM tapes WHERE campaign = ? AND from_at > ? AND from_at < ?
		ORDER BY from_at LIMIT ?`, campaign, after, to, tapePage)
	if err != nil {
		return nil, err
	}
	var page []storedTape
	err = eachRow(r, func(r *sql.Rows) error {
		var t storedTape
		err := r.Scan(&t.from, &t.body)
		page = append(page, t)
		return err
	})
	return page, err
}

// DropTapes forgets the tapes that began before a time, a few at a time, so
// that no call waits for it.
func (db *DB) DropTapes(ctx context.Context, before time.Time) error {
	for {
		var gone int64
		err := db.doBulk(ctx, func(t *tx) (err error) {
			gone, err = t.exec(`DELETE FROM tapes WHERE (campaign, from_at) IN (SELECT campaign, from_at FROM tapes WHERE from_at < ? ORDER BY from_at LIMIT ?)`,
				micros(before), tapeDrop)
			return err
		})
		if err != nil {
			return fmt.Errorf("drop tapes before %s: %w", before.UTC().Format(time.RFC3339), err)
		}
		if gone < tapeDrop {
			return nil
		}
	}
}
