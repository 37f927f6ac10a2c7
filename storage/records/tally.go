package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Tally counts the attempts of a campaign that began from since until before
// until, by outcome; a zero until is no end. It walks one covering index.
func (db *DB) Tally(ctx context.Context, campaign int64, since, until time.Time) (campaigns.Tally, error) {
	t := campaigns.Tally{Outcomes: make(map[campaigns.Outcome]int64)}
	to := int64(1<<63 - 1)
	if !until.IsZero() {
		to = micros(until)
	}
	r, err := db.read.QueryContext(ctx, `SELECT outcome, COUNT(*) FROM outcomes WHERE campaign = ?1 AND intent_at >= ?2 AND intent_at < ?3 GROUP BY outcome
		UNION ALL SELECT '', COUNT(*) FROM attempts WHERE live = 1 AND campaign = ?1 AND intent_at >= ?2 AND intent_at < ?3`,
		campaign, micros(since), to)
	if err != nil {
		return t, fmt.Errorf("tally of campaign %d: %w", campaign, err)
	}
	err = eachRow(r, func(r *sql.Rows) error {
		var o campaigns.Outcome
		var n int64
		if err := r.Scan(&o, &n); err != nil {
			return err
		}
		addTally(&t, o, n)
		return nil
	})
	if err != nil {
		return t, fmt.Errorf("tally of campaign %d: %w", campaign, err)
	}
	return t, nil
}

func addTally(t *campaigns.Tally, o campaigns.Outcome, n int64) {
	if o.Inbound() {
		t.Outcomes[o] = n
		t.Inbound += n
		return
	}
	t.Attempts += n
	if o == "" {
		t.Open = n
		return
	}
	t.Outcomes[o] = n
	if o.Live() {
		t.Live += n
	}
	if o.Abandoned() {
		t.Abandoned += n
	}
}
