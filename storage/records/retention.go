package records

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

// overQuery finds what of a kind is older than ?1: its key, and whether a hold
// covers it at ?2.
type overQuery struct{ key, held, from, where string }

var overQueries = map[string]overQuery{
	campaigns.KeepRecordings: {"a.seq", heldAttempt, `recordings r JOIN attempts a ON a.seq = r.attempt`, `r.path <> '' AND r.began_at < ?1`},
	campaigns.KeepCalls: {"a.seq", heldAttempt, `attempts a`, `a.erased = 0 AND (a.e164 <> 0 OR a.contact <> 0) AND a.live IS NULL AND a.intent_at < ?1
		AND NOT EXISTS (SELECT 1 FROM held WHERE seq = a.seq)`},
	campaigns.KeepContacts: {"c.id", heldContact, `contacts c JOIN loads l ON l.id = c.load`, `c.state = 'done' AND MAX(c.tried_at, l.began_at) < ?1
		AND NOT EXISTS (SELECT 1 FROM callbacks b WHERE b.contact = c.id AND b.done = 0)`},
	campaigns.KeepConsents: {"k.e164", heldConsent, `consents k`, `k.seq = (SELECT MIN(seq) FROM consents WHERE e164 = k.e164)
		AND NOT EXISTS (SELECT 1 FROM consents o WHERE o.e164 = k.e164 AND MAX(o.at, o.renewed_at, o.until, o.revoked_at, o.used_at) >= ?1)`},
	campaigns.KeepDecisions: {"d.attempt", heldAttempt, `decisions d JOIN attempts a ON a.seq = d.attempt`, `d.at < ?1`},
	campaigns.KeepRefusals:  {"d.seq", heldDenial, `denials d`, `d.at < ?1`},
	campaigns.KeepMessages:  {"m.id", "FALSE", `messages m`, `m.at < ?1`},
}

// text is the query as a table over (id, kept); with one it asks about the key
// ?6 alone. Every parameter is used, as the driver wants it.
func (o overQuery) text(one bool) string {
	q := `SELECT CAST(NULL AS INTEGER) AS id, FALSE AS kept WHERE FALSE AND (?1 < 0 OR ?2 < 0 OR ?3 = '' OR ?4 = '' OR ?5 = '') UNION ALL
		SELECT ` + o.key + `, ` + o.held + ` FROM ` + o.from + ` WHERE ` + o.where
	if one {
		q += ` AND ` + o.key + ` = ?6`
	}
	return `(` + q + `) overdue`
}

// overArgs are the parameters of overQueries.
func overArgs(q querier, before int64, now time.Time, more ...any) ([]any, error) {
	s, err := sellersHeld(q, now, 0)
	return append(append([]any{before, micros(now)}, s.args()...), more...), err
}

// Expired counts what of a kind is older than before, and how much of that a
// hold keeps.
func (db *DB) Expired(ctx context.Context, kind string, before time.Time) (n, held int64, err error) {
	over, ok := overQueries[kind]
	if !ok {
		return 0, 0, fmt.Errorf("expired %s: %w", kind, campaigns.ErrNotFound)
	}
	err = db.look(ctx, func(q querier) error {
		args, err := overArgs(q, micros(before), time.Now())
		if err != nil {
			return err
		}
		return q.row(`SELECT COUNT(*) FILTER (WHERE NOT kept), COUNT(*) FILTER (WHERE kept) FROM `+over.text(false), args, &n, &held)
	})
	if err != nil {
		return 0, 0, fmt.Errorf("expired %s: %w", kind, err)
	}
	return n, held, nil
}

// What is over is looked for beside the writer, so many at once, for that may
// walk through years of calls; it is deleted a few in one transaction, in which
// each is looked at once more by its key.
const (
	overAtOnce  = 10_000
	expireBatch = 200
)

// Expire deletes some of a kind that is older than before and that no hold
// covers, writes a tombstone for each transaction, and tells how much it was; 0
// when nothing is left. Calls go before.
func (db *DB) Expire(ctx context.Context, kind string, before time.Time, law string) (n int64, err error) {
	over, err := db.over(ctx, kind, micros(before))
	for some := range slices.Chunk(over, expireBatch) {
		if err != nil {
			break
		}
		err = db.doBulk(ctx, func(t *tx) error {
			gone, err := t.expire(kind, micros(before), law, some)
			n += gone
			return err
		})
	}
	if err != nil {
		return n, fmt.Errorf("expire %s: %w", kind, err)
	}
	return n, nil
}

// over finds the next of a kind that may go.
func (db *DB) over(ctx context.Context, kind string, before int64) (over []int64, err error) {
	query, ok := overQueries[kind]
	if !ok {
		return nil, campaigns.ErrNotFound
	}
	err = db.look(ctx, func(q querier) error {
		args, err := overArgs(q, before, time.Now(), overAtOnce)
		if err != nil {
			return err
		}
		return q.rows(`SELECT id FROM `+query.text(false)+` WHERE NOT kept LIMIT ?6`, args, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			over = append(over, id)
			return err
		})
	})
	return over, err
}

func (t *tx) expire(kind string, before int64, law string, over []int64) (n int64, err error) {
	e := &erasing{counts: make(map[string]int64)}
	if err := t.row(`SELECT COALESCE(MAX(seq), 0) + 1 FROM erasures`, nil, &e.seq); err != nil {
		return 0, err
	}
	args, err := overArgs(t, before, t.now, nil)
	if err != nil {
		return 0, err
	}
	for _, id := range over {
		var still bool
		args[len(args)-1] = id
		err := t.row(`SELECT EXISTS (SELECT 1 FROM `+overQueries[kind].text(true)+` WHERE NOT kept)`, args, &still)
		if err == nil && still {
			n++
			err = t.expireOne(e, kind, id)
		}
		if err != nil {
			return 0, fmt.Errorf("%s %d: %w", kind, id, err)
		}
	}
	if err := t.rebase(e); err != nil || n == 0 {
		return 0, err
	}
	return n, t.bury(campaigns.Tombstone{
		Seq: e.seq, At: t.now, By: "retention", Basis: law, Kind: campaigns.TombstoneRetention, Counts: e.counts,
	})
}

func (t *tx) expireOne(e *erasing, kind string, id int64) error {
	switch kind {
	case campaigns.KeepRecordings:
		n, err := t.doom(`attempt = ?`, id)
		e.counts[recordingsDeleted] += n
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
		e.counts[decisionsDeleted]++
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
		AND NOT EXISTS (SELECT 1 FROM consent_events WHERE e164 = ?1 AND e164 <> 0 AND erased = 0)
		AND NOT EXISTS (SELECT 1 FROM do_not_call_changes WHERE e164 = ?1 AND erased = 0 AND commitment IS NOT NULL)`, subjectOf(num, seq))
	return err
}
