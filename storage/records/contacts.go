package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Contact reads one contact.
func (db *DB) Contact(ctx context.Context, id int64) (campaigns.Contact, error) {
	c, err := scanContact(db.read.QueryRowContext(ctx, `SELECT `+contactColumns+` FROM contacts WHERE id = ?`, id))
	if err != nil {
		return c, fmt.Errorf("contact %d: %w", id, noRows(err))
	}
	return c, nil
}

// Depth tells where the contacts of a campaign stand. It reads counters, not
// contacts, and may be asked at any rate.
func (db *DB) Depth(ctx context.Context, campaign int64, _ time.Time) (campaigns.Depth, error) {
	var d campaigns.Depth
	r, err := db.read.QueryContext(ctx, `SELECT l.active, d.state, SUM(d.n) FROM lists l JOIN depths d ON d.list = l.id
		WHERE l.campaign = ? GROUP BY l.active, d.state`, campaign)
	if err != nil {
		return d, fmt.Errorf("depth of campaign %d: %w", campaign, err)
	}
	err = eachRow(r, func(r *sql.Rows) error {
		var active bool
		var state campaigns.ContactState
		var n int64
		if err := r.Scan(&active, &state, &n); err != nil {
			return err
		}
		addDepth(&d, active, state, n)
		return nil
	})
	if err != nil {
		return d, fmt.Errorf("depth of campaign %d: %w", campaign, err)
	}
	var due sql.NullInt64
	err = db.read.QueryRowContext(ctx, `SELECT MIN(at) FROM (
		SELECT MIN(next_at) AS at FROM contacts WHERE campaign = ?1 AND state = 'waiting' AND callback = 0
		UNION ALL SELECT MIN(due) FROM callbacks WHERE campaign = ?1 AND done = 0) next`, campaign).Scan(&due)
	if err != nil {
		return d, fmt.Errorf("next due of campaign %d: %w", campaign, err)
	}
	d.NextDue = moment(due.Int64)
	c, _ := db.known.campaign(campaign)
	d.Filter = c.Filter != ""
	return d, nil
}

func addDepth(d *campaigns.Depth, active bool, state campaigns.ContactState, n int64) {
	d.Total += n
	switch state {
	case campaigns.ContactReady:
		if active {
			d.Ready += n
		} else {
			d.Inactive += n
		}
	case campaigns.ContactWaiting:
		d.Waiting += n
	case campaigns.ContactLeased:
		d.Leased += n
	case campaigns.ContactLive:
		d.Live += n
	case campaigns.ContactDone:
		d.Done += n
	}
}

// recycleBatch is how many contacts one transaction of Recycle moves.
const recycleBatch = 500

// Recycle makes finished contacts of a campaign callable again whose last
// outcome is one of outcomes, with all their tries before them, and tells how
// many there were. What agents ended for good stays ended, and so does what
// an undone load brought.
func (db *DB) Recycle(ctx context.Context, campaign int64, outcomes []campaigns.Outcome, by string) (int64, error) {
	wanted := make(map[campaigns.Outcome]bool, len(outcomes))
	for _, o := range outcomes {
		wanted[o] = true
	}
	moved := int64(0)
	for after := int64(0); ; {
		ids, last, err := db.doneContacts(ctx, campaign, after, wanted)
		if err != nil {
			return moved, fmt.Errorf("recycle campaign %d: %w", campaign, err)
		}
		n, err := db.recycle(ctx, ids)
		moved += n
		if err != nil {
			return moved, fmt.Errorf("recycle campaign %d: %w", campaign, err)
		}
		if last == 0 {
			break
		}
		after = last
	}
	detail := fmt.Sprintf("%d contacts with outcomes %v", moved, outcomes)
	return moved, db.AddAudit(ctx, campaigns.AuditEntry{Kind: "campaign.recycle", By: by, Subject: subject("campaign", campaign), Detail: detail})
}

// doneContacts reads the next page of finished contacts; last is 0 at the end.
func (db *DB) doneContacts(ctx context.Context, campaign, after int64, wanted map[campaigns.Outcome]bool) (ids []int64, last int64, err error) {
	r, err := db.read.QueryContext(ctx, `SELECT c.id, c.last FROM contacts c JOIN loads l ON l.id = c.load
		WHERE c.id > ? AND c.campaign = ? AND c.state = 'done' AND l.undone_at = 0
		AND NOT EXISTS (SELECT 1 FROM attempts a JOIN dispositions d ON d.seq = a.seq WHERE a.contact = c.id AND d.effect IN ('done', 'dnc', 'refused'))
		AND (EXISTS (SELECT 1 FROM json_each(c.phones) p WHERE COALESCE(CAST(p.value ->> '$.dead' AS INTEGER), 0) = 0)
			OR NOT EXISTS (SELECT 1 FROM attempts a JOIN dispositions d ON d.seq = a.seq WHERE a.contact = c.id AND d.effect = 'wrong_number'))
		ORDER BY c.id LIMIT ?`, after, campaign, recycleBatch)
	if err != nil {
		return nil, 0, err
	}
	n := 0
	err = eachRow(r, func(r *sql.Rows) error {
		var o campaigns.Outcome
		n++
		err := r.Scan(&last, &o)
		if wanted[o] {
			ids = append(ids, last)
		}
		return err
	})
	if n < recycleBatch {
		last = 0
	}
	return ids, last, err
}

func (db *DB) recycle(ctx context.Context, ids []int64) (n int64, err error) {
	if len(ids) == 0 {
		return 0, nil
	}
	err = db.doBulk(ctx, func(t *tx) error {
		n = 0
		for _, id := range ids {
			err := t.returning(`UPDATE contacts SET state = 'ready', tries = 0, next_at = 0 WHERE id = ? AND state = 'done' RETURNING list`,
				[]any{id}, func(r *sql.Rows) error {
					var list int64
					err := r.Scan(&list)
					t.moved(list, campaigns.ContactDone, campaigns.ContactReady, 1)
					n++
					return err
				})
			if err != nil {
				return err
			}
		}
		return nil
	})
	return n, err
}

func ignoreMissing(err error) error {
	if errors.Is(err, campaigns.ErrNotFound) {
		return nil
	}
	return err
}
