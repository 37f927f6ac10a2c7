package sqlite

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// Retention reads the matrix: the defaults, and what somebody changed of them.
func (db *DB) Retention(ctx context.Context) ([]campaigns.RetentionRule, error) {
	all := campaigns.DefaultRetention()
	err := db.look(ctx, func(q querier) error {
		return q.rows(`SELECT kind, keep, by, at FROM retention`, nil, func(r *sql.Rows) error {
			var kind, by string
			var keep, at int64
			err := r.Scan(&kind, &keep, &by, &at)
			for i := range all {
				if all[i].Kind == kind {
					all[i].Keep, all[i].By, all[i].At = time.Duration(keep)*time.Microsecond, by, moment(at)
				}
			}
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read how long what is kept: %w", err)
	}
	return all, nil
}

// SetRetention says how long a kind is kept, and writes down from what to what.
func (db *DB) SetRetention(ctx context.Context, kind string, keep time.Duration, by string) error {
	all, err := db.Retention(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(r campaigns.RetentionRule) bool { return r.Kind == kind })
	if i < 0 {
		return fmt.Errorf("retention of %s: %w", kind, campaigns.ErrNotFound)
	}
	return db.noted(ctx, "retention.set", by, "retention "+kind, fmt.Sprintf("from %s to %s", all[i].Keep, keep),
		`INSERT INTO retention (kind, keep, by, at) VALUES (?, ?, ?, ?)
		ON CONFLICT (kind) DO UPDATE SET keep = excluded.keep, by = excluded.by, at = excluded.at`,
		kind, keep.Microseconds(), by, micros(time.Now()))
}

// heldAttempt tells whether an open hold covers the attempt a, at the time ?2.
const heldAttempt = `EXISTS (SELECT 1 FROM holds h WHERE h.released_at = 0 AND (h.until = 0 OR h.until > ?2) AND (
	h.scope = 'number' AND h.e164 = a.e164 OR h.scope = 'campaign' AND h.campaign = a.campaign
	OR h.scope = 'period' AND a.intent_at >= h.from_at AND (h.to_at = 0 OR a.intent_at < h.to_at)
	OR h.scope = 'seller' AND h.seller = (SELECT trim(COALESCE(u.detail ->> '$.seller', '')) FROM audit u WHERE u.seq = a.settings)))`

// heldContact is the same of the contact c.
const heldContact = `EXISTS (SELECT 1 FROM holds h WHERE h.released_at = 0 AND (h.until = 0 OR h.until > ?2) AND (
	h.scope = 'campaign' AND h.campaign = c.campaign OR h.scope = 'period'
	OR h.scope = 'number' AND EXISTS (SELECT 1 FROM numbers n WHERE n.campaign = c.campaign AND n.e164 = h.e164 AND n.contact = c.id)
	OR h.scope = 'seller' AND h.seller = (SELECT trim(COALESCE(k.settings ->> '$.seller', '')) FROM campaigns k WHERE k.id = c.campaign)))`

// heldNumber is the same of the number o.e164: an open hold covers it, a seller
// who has a consent of it, or a call to it.
const heldNumber = `(EXISTS (SELECT 1 FROM holds h WHERE h.released_at = 0 AND (h.until = 0 OR h.until > ?2) AND (
	h.scope = 'number' AND h.e164 = o.e164
	OR h.scope = 'seller' AND EXISTS (SELECT 1 FROM consents k WHERE k.e164 = o.e164 AND k.seller IN ('', h.seller))))
	OR EXISTS (SELECT 1 FROM attempts a WHERE a.e164 = o.e164 AND ` + heldAttempt + `))`

// overQueries find what of a kind is older than ?1: its key, and whether a hold
// covers it at ?2.
var overQueries = map[string]string{
	campaigns.KeepRecordings: `SELECT a.seq, ` + heldAttempt + ` FROM recordings r JOIN attempts a ON a.seq = r.attempt WHERE r.path <> '' AND r.began_at < ?1`,
	campaigns.KeepCalls: `SELECT a.seq, ` + heldAttempt + ` FROM attempts a WHERE a.erased = 0 AND (a.e164 <> 0 OR a.contact <> 0) AND a.live IS NULL
		AND a.intent_at < ?1 AND NOT EXISTS (SELECT 1 FROM held WHERE seq = a.seq)`,
	campaigns.KeepContacts: `SELECT c.id, ` + heldContact + ` FROM contacts c JOIN loads l ON l.id = c.load WHERE c.state = 'done'
		AND MAX(c.tried_at, l.began_at) < ?1 AND NOT EXISTS (SELECT 1 FROM callbacks b WHERE b.contact = c.id AND b.done = 0)`,
	campaigns.KeepConsents: `SELECT o.e164, ` + heldNumber + ` FROM (SELECT e164 FROM consents GROUP BY e164
		HAVING MAX(MAX(at, renewed_at, until, revoked_at, used_at)) < ?1) o`,
	campaigns.KeepDecisions: `SELECT d.attempt, ` + heldAttempt + ` FROM decisions d JOIN attempts a ON a.seq = d.attempt WHERE d.at < ?1`,
	campaigns.KeepRefusals: `SELECT d.seq, EXISTS (SELECT 1 FROM holds h WHERE h.released_at = 0 AND (h.until = 0 OR h.until > ?2) AND (h.scope = 'number'
		AND h.e164 = d.e164 OR h.scope = 'campaign' AND h.campaign = d.campaign OR h.scope = 'period' AND d.at >= h.from_at
		AND (h.to_at = 0 OR d.at < h.to_at))) FROM denials d WHERE d.at < ?1`,
	campaigns.KeepMessages: `SELECT id, 0 FROM messages WHERE at < ?1 AND ?2 > 0`,
}

// Expired counts what of a kind is older than before, and how much of that a
// hold keeps.
func (db *DB) Expired(ctx context.Context, kind string, before time.Time) (n, held int64, err error) {
	query, ok := overQueries[kind]
	if !ok {
		return 0, 0, fmt.Errorf("expired %s: %w", kind, campaigns.ErrNotFound)
	}
	err = db.look(ctx, func(q querier) error {
		return q.row(`SELECT COUNT(*) FILTER (WHERE NOT kept), COUNT(*) FILTER (WHERE kept) FROM (SELECT column1, column2 AS kept FROM (`+
			renamed(query)+`))`, []any{micros(before), micros(time.Now())}, &n, &held)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("expired %s: %w", kind, err)
	}
	return n, held, nil
}

// renamed gives the columns of a query the names of VALUES.
func renamed(query string) string {
	return `SELECT * FROM (VALUES (NULL, NULL)) WHERE 0 UNION ALL ` + query
}

// expireBatch bounds a transaction of the retention: calls go before.
const expireBatch = 200

// Expire deletes some of a kind that is older than before and that no hold
// covers, writes a tombstone, and tells how much it was; 0 when nothing is left.
func (db *DB) Expire(ctx context.Context, kind string, before time.Time, law string) (n int64, err error) {
	err = db.doBulk(ctx, func(t *tx) error {
		n, err = t.expire(kind, micros(before), law)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("expire %s: %w", kind, err)
	}
	return n, nil
}

func (t *tx) expire(kind string, before int64, law string) (int64, error) {
	over, err := t.over(kind, before)
	if err != nil || len(over) == 0 {
		return 0, err
	}
	e := &erasing{counts: make(map[string]int64)}
	if err := t.row(`SELECT COALESCE(MAX(seq), 0) + 1 FROM erasures`, nil, &e.seq); err != nil {
		return 0, err
	}
	for _, id := range over {
		if err := t.expireOne(e, kind, id); err != nil {
			return 0, fmt.Errorf("%s %d: %w", kind, id, err)
		}
	}
	if err := t.rebase(e); err != nil {
		return 0, err
	}
	return int64(len(over)), t.bury(campaigns.Tombstone{
		Seq: e.seq, At: t.now, By: "retention", Basis: law, Kind: campaigns.TombstoneRetention, Counts: e.counts,
	})
}

// over finds the next of a kind that may go.
func (t *tx) over(kind string, before int64) (over []int64, err error) {
	query, ok := overQueries[kind]
	if !ok {
		return nil, campaigns.ErrNotFound
	}
	err = t.rows(`SELECT column1 FROM (`+renamed(query)+`) WHERE NOT column2 LIMIT ?3`, []any{before, micros(t.now), expireBatch}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		over = append(over, id)
		return err
	})
	return over, err
}

func (t *tx) expireOne(e *erasing, kind string, id int64) error {
	switch kind {
	case campaigns.KeepRecordings:
		n, err := t.doom(`attempt = ?`, id)
		e.counts["recordings deleted"] += n
		return err
	case campaigns.KeepCalls:
		return t.expireCall(e, id)
	case campaigns.KeepContacts:
		e.contacts = []int64{id}
		return t.eraseContacts(e)
	case campaigns.KeepConsents:
		n, err := t.eraseConsents(id)
		e.counts[evidence.KindConsent] += n
		return err
	case campaigns.KeepDecisions:
		e.counts["decisions deleted"]++
		_, err := t.exec(`DELETE FROM decisions WHERE attempt = ?`, id)
		return err
	case campaigns.KeepRefusals:
		e.counts["refusals deleted"]++
		_, err := t.exec(`DELETE FROM denials WHERE seq = ?`, id)
		return err
	case campaigns.KeepMessages:
		e.counts["messages deleted"]++
		if _, err := t.exec(`DELETE FROM message_reads WHERE message = ?`, id); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM messages WHERE id = ?`, id)
		return err
	}
	return campaigns.ErrNotFound
}

// expireCall empties one call whose time is over; the salt of the number goes
// with the last of its rows.
func (t *tx) expireCall(e *erasing, seq int64) error {
	a := erasedAttempt{seq: seq}
	var num int64
	if err := t.row(`SELECT format, id, e164 FROM attempts WHERE seq = ?`, []any{seq}, &a.format, &a.id, &num); err != nil {
		return err
	}
	e.attempts = []erasedAttempt{a}
	if err := t.eraseAttempts(e); err != nil {
		return err
	}
	_, err := t.exec(`DELETE FROM subjects WHERE e164 = ?1 AND NOT EXISTS (SELECT 1 FROM attempts WHERE e164 = ?1 AND erased = 0)
		AND NOT EXISTS (SELECT 1 FROM consent_events WHERE e164 = ?1 AND erased = 0)
		AND NOT EXISTS (SELECT 1 FROM do_not_call_changes WHERE e164 = ?1 AND erased = 0 AND commitment IS NOT NULL)`, subjectOf(num, seq))
	return err
}
