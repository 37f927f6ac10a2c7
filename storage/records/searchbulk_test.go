package records

import (
	"fmt"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// bulky fills a ledger with n calls without dialing them: as many campaigns,
// lists, agents and numbers shown as a large house has, outcomes as a shift
// brings them, one call a hundred milliseconds. Its chain holds the links' kinds
// alone, so that it does not verify: it is there to be searched.
func bulky(tb testing.TB, db *DB, n int64) {
	tb.Helper()
	var first int64
	if err := db.read.QueryRow(`SELECT COALESCE(MAX(seq), 0) FROM attempts`).Scan(&first); err != nil {
		tb.Fatal(err)
	}
	if first == 0 {
		for _, name := range []string{"Winter", "Spring", "Summer", "Autumn"} {
			c, _ := newCampaign(tb, db, name)
			for l := range 49 {
				if _, err := db.CreateList(tb.Context(), campaigns.List{Campaign: c.ID, Name: fmt.Sprint("list ", l), Active: true}); err != nil {
					tb.Fatal(err)
				}
			}
		}
	}
	indexes := []string{"attempts_number", "attempts_contact", "outcomes_tally", "outcomes_agent"}
	if n > 1_000_000 { // an index is made faster than it is kept
		rebuilt := bulkWithout(tb, db, indexes)
		defer rebuilt()
	}
	const batch = 100_000
	for from := first + 1; from <= first+n; from += batch {
		to := min(from+batch-1, first+n)
		if err := db.do(tb.Context(), func(t *tx) error { return t.bulk(from, to) }); err != nil {
			tb.Fatal(err)
		}
	}
}

// bulkWithout drops indexes and returns what makes them again.
func bulkWithout(tb testing.TB, db *DB, indexes []string) func() {
	tb.Helper()
	var again []string
	for _, name := range indexes {
		var text string
		if err := db.read.QueryRow(`SELECT sql FROM sqlite_schema WHERE name = ?`, name).Scan(&text); err != nil {
			tb.Fatal(err)
		}
		again = append(again, text)
		if err := db.do(tb.Context(), func(t *tx) error { _, err := t.exec(`DROP INDEX ` + name); return err }); err != nil {
			tb.Fatal(err)
		}
	}
	return func() {
		for _, text := range again {
			if err := db.do(tb.Context(), func(t *tx) error { _, err := t.exec(text); return err }); err != nil {
				tb.Fatal(err)
			}
		}
	}
}

// bulk writes the calls from one place to another. Random is a multiplicative
// hash of the place, so that the same calls come out at every run.
func (t *tx) bulk(from, to int64) error {
	const draw = `WITH RECURSIVE n(seq) AS (SELECT ?1 UNION ALL SELECT seq + 1 FROM n WHERE seq < ?2),
		r(seq, a, b, c) AS (SELECT seq, (seq * 2654435761) >> 7 & 0xFFFFFF, (seq * 40503 + 12345) * 69069 >> 9 & 0xFFFFFF, (seq * 1103515245) >> 5 & 0xFFFFFF FROM n)`
	for _, insert := range []string{
		`INSERT INTO attempts (seq, id, campaign, list, contact, phone, e164, caller_id, mode, agent, callback, try, zones, script_ver, intent_at,
			manual, settings, retry_of, day_no, prev, hash, live)
		SELECT seq, printf('018f%08x-0000-7000-8000-%012x', seq >> 8, seq), 1 + a % 4, 1 + a % 4 + 4 * (b % 49), 1 + seq % 3000000, 0,
			34600000000 + (seq % 3000000) * 33, '+3491000' || printf('%04d', c % 200), 'predictive', 0, 0, 1, 'Europe/Madrid', '3', 1700000000000000 + seq * 100000,
			0, 1, '', 1, zeroblob(32), randomblob(32), NULL FROM r`,
		`INSERT INTO outcomes (seq, campaign, intent_at, outcome, agent, trunk, code, ended_by, sent_at, ringing_at, answered_at, bridged_at, ended_at,
			connect_delay, next_state, recorded_at, prev, hash)
		SELECT seq, 1 + a % 4, 1700000000000000 + seq * 100000, CASE WHEN b % 100 < 22 THEN 'connected' WHEN b % 100 < 23 THEN 'abandoned_msg'
			WHEN b % 100 < 40 THEN 'machine' WHEN b % 100 < 50 THEN 'busy' ELSE 'no_answer' END,
			CASE WHEN b % 100 < 22 THEN 1 + c % 300 END, 'main', CASE WHEN b % 100 < 40 THEN 200 WHEN b % 100 < 50 THEN 486 ELSE 487 END, 'callee',
			1700000000100000 + seq * 100000, 1700000001100000 + seq * 100000, 1700000009100000 + seq * 100000, 1700000009300000 + seq * 100000,
			1700000059100000 + seq * 100000, 200000, 'done', 1700000060000000 + seq * 100000, zeroblob(32), randomblob(32) FROM r`,
		`INSERT INTO dispositions (seq, key, agent, code, note, at, effect, effect_at, currency, total, extras)
		SELECT seq, 'k', 1 + c % 300, CASE c / 300 % 20 WHEN 0 THEN 'sale' WHEN 1 THEN 'complaint' ELSE 'not_interested' END, '', 1700000090000000 + seq * 100000,
			'done', 0, '', 0, 0 FROM r WHERE b % 100 < 22`,
		`INSERT INTO chain (seq, kind, ref, digest, hash)
		SELECT ?3 + 3 * (seq - ?1) + k.n, k.kind, seq, zeroblob(32), zeroblob(32) FROM r, (SELECT 1 AS n, 'attempt' AS kind UNION ALL SELECT 2, 'outcome' UNION ALL SELECT 3, 'audit') k`,
	} {
		args := []any{from, to}
		if insert[12] == 'c' {
			args = append(args, t.link.seq)
		}
		if _, err := t.exec(insertWith(draw, insert), args...); err != nil {
			return fmt.Errorf("%.30s: %w", insert, err)
		}
	}
	t.link.seq += 3 * (to - from + 1)
	t.attempt, t.intent = to, 1700000000000000+to*100000
	return nil
}

// insertWith puts a WITH clause before the SELECT of an INSERT.
func insertWith(with, insert string) string {
	for i := range insert {
		if insert[i:i+6] == "SELECT" {
			return insert[:i] + with + " " + insert[i:]
		}
	}
	return insert
}
