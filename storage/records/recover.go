package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Recover is called once at start, after Join and before anything is dialed:
// attempts that a process left open are closed as lost, and contacts that stood in its
// hoppers are callable again, and loads that nobody reads any more are closed. What was lost may have rung, so its contact
// waits for the retry rule and for the cool-down of its campaign, whichever
// is longer, from now. Now is also when the lost calls ended, as far as
// anybody knows; when their process was last heard of stands in the audit.
// It returns the attempts it closed. Where other nodes live it is for earlier lives
// of this one; what others have stays theirs: see EndNode.
func (db *DB) Recover(ctx context.Context, now time.Time) ([]campaigns.Attempt, error) {
	self, whose := db.self(), `node <> ?1 OR epoch <> ?2 OR ?1 = 0` // whoever it was, it is gone
	if db.pen != nil {
		whose = `node = ?1 AND (epoch < ?2 OR ?1 = 0)`
	}
	lost, err := db.closeOpen(ctx, whose, []any{self.id, self.epoch}, now)
	if err == nil {
		err = db.closeUnfinished(ctx, whose, []any{self.id, self.epoch}, now)
	}
	if err != nil || db.pen != nil && self.id != 0 {
		return lost, err
	}
	for more := true; more; {
		err := db.do(ctx, func(t *tx) (err error) {
			more, err = t.returnLeased()
			return err
		})
		if err != nil {
			return lost, fmt.Errorf("recover leases: %w", err)
		}
	}
	return lost, nil
}

// closeUnfinished closes what some lives of nodes left beside attempts: calls to
// outside numbers, and loads whose file nobody reads any more.
func (db *DB) closeUnfinished(ctx context.Context, whose string, args []any, now time.Time) error {
	err := db.do(ctx, func(t *tx) error {
		if err := t.closeSides(whose, args, now); err != nil {
			return err
		}
		return t.cutLoads(whose, args)
	})
	if err != nil {
		return fmt.Errorf("close what ended lives left: %w", err)
	}
	return nil
}

// closeOpen closes as lost the open attempts of some lives of nodes, and returns
// those that it closed.
func (db *DB) closeOpen(ctx context.Context, whose string, args []any, now time.Time) ([]campaigns.Attempt, error) {
	var lost []campaigns.Attempt
	heard, err := db.lastHeard(ctx)
	if err != nil {
		return nil, fmt.Errorf("recover: %w", err)
	}
	for {
		var some []campaigns.Attempt
		err := db.do(ctx, func(t *tx) (err error) {
			some, err = t.closeLost(whose, args, now)
			return err
		})
		if err != nil {
			return lost, fmt.Errorf("recover: %w", err)
		}
		if len(some) == 0 {
			break
		}
		lost = append(lost, some...)
	}
	if len(lost) > 0 {
		detail := fmt.Sprintf("%d attempts closed as lost; the last that was heard of their process: %s", len(lost), heard.Format(time.RFC3339Nano))
		if err := db.do(ctx, func(t *tx) error { return t.note("store.recover", "", "ledger", detail) }); err != nil {
			return lost, fmt.Errorf("recover: %w", err)
		}
	}
	return lost, nil
}

// lastHeard is the time of the last record of the ledger.
func (db *DB) lastHeard(ctx context.Context) (time.Time, error) {
	var at int64
	err := db.read.QueryRowContext(ctx, `SELECT MAX(
		COALESCE((SELECT intent_at FROM attempts ORDER BY seq DESC LIMIT 1), 0),
		COALESCE((SELECT o.recorded_at FROM chain c JOIN outcomes o ON o.seq = c.ref WHERE c.kind = ? ORDER BY c.seq DESC LIMIT 1), 0),
		COALESCE((SELECT at FROM audit ORDER BY seq DESC LIMIT 1), 0))`, kindOutcome).Scan(&at)
	return moment(at), err
}

// recoverBatch bounds the transactions of Recover.
const recoverBatch = 200

func (t *tx) closeLost(whose string, args []any, now time.Time) ([]campaigns.Attempt, error) {
	var open []campaigns.Attempt
	err := t.rows(fmt.Sprintf(`SELECT `+attemptColumns+` FROM attempts
		WHERE seq IN (SELECT seq FROM placed WHERE %s ORDER BY seq LIMIT %d) ORDER BY seq`, whose, recoverBatch), args, func(r *sql.Rows) error {
		a, err := scanAttempt(r)
		open = append(open, a)
		return err
	})
	if err != nil {
		return nil, err
	}
	for i := range open {
		a := &open[i]
		a.Outcome, a.EndedAt, a.Error = campaigns.Lost, now, "the process ended during the call"
		if err := t.finish(*a); err != nil {
			return nil, err
		}
		if err := t.coolDown(*a, now); err != nil {
			return nil, err
		}
		if err := t.closeSidesOf(a.Seq, now); err != nil {
			return nil, err
		}
	}
	return open, nil
}

// coolDown keeps the contact of a lost attempt waiting for the campaign's
// cool-down, when its retry rule would have it back sooner.
func (t *tx) coolDown(a campaigns.Attempt, now time.Time) error {
	c, ok := t.settings(a.Campaign)
	if !ok || a.Contact == 0 || a.Mode == campaigns.Inbound {
		return nil
	}
	until := micros(now.Add(c.Cooldown))
	_, err := t.exec(`UPDATE contacts SET next_at = ?2 WHERE id = ?1 AND state = 'waiting' AND next_at < ?2`, a.Contact, until)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET due = ?2 WHERE contact = ?1 AND done = 0 AND due < ?2`, a.Contact, until)
	return err
}

// returnLeased puts leased contacts back, and live ones whose attempt is
// gone, which no code of ours leaves behind but a restored file might hold.
func (t *tx) returnLeased() (more bool, err error) {
	n := int64(0)
	err = t.returning(`UPDATE contacts SET state = CASE WHEN callback = 0 THEN 'ready' ELSE 'waiting' END
		WHERE id IN (SELECT id FROM contacts WHERE state = 'leased' LIMIT ?) RETURNING list, state`, []any{recoverBatch},
		func(r *sql.Rows) error {
			var list int64
			var state campaigns.ContactState
			n++
			err := r.Scan(&list, &state)
			t.moved(list, campaigns.ContactLeased, state, 1)
			return err
		})
	if err != nil || n > 0 {
		return n > 0, err
	}
	err = t.returning(`UPDATE contacts SET state = 'ready', callback = 0 WHERE state = 'live'
		AND NOT EXISTS (SELECT 1 FROM attempts WHERE contact = contacts.id AND live = 1) RETURNING list`, nil,
		func(r *sql.Rows) error {
			var list int64
			err := r.Scan(&list)
			t.moved(list, campaigns.ContactLive, campaigns.ContactReady, 1)
			return err
		})
	return false, err
}

func scanAttempt(r scanner) (campaigns.Attempt, error) {
	var a campaigns.Attempt
	var num, intent int64
	var zones string
	err := r.Scan(&a.Seq, &a.ID, &a.Campaign, &a.List, &a.Contact, &a.Phone, &num, &a.CallerID, &a.Mode, &a.Agent, &a.Callback,
		&a.Try, &zones, &a.ScriptVer, &intent, &a.Manual, &a.Settings, &a.RetryOf, &a.DayNo)
	a.Number, a.Zones, a.IntentAt = number(num), splitZones(zones), moment(intent)
	return a, err
}
