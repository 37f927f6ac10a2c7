package records

import (
	"database/sql"
	"database/sql/driver"
	"fmt"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// longLedger are calls of sixty months as a server holds them: three to each number,
// spread over all the time, their outcomes, and what agents said of a tenth. A call is
// written a second time when it has ended.
const longLedger = `SET search_path = forecall; SET synchronous_commit = off;
INSERT INTO contacts (id, campaign, list, load, row, external, name, company, language, fields, phones, zones, state)
	SELECT g, 1, 1, 1, g, '', 'Name ' || g, '', 'en', '', '[{"number":"+' || (49100000000 + g) || '","kind":"mobile"}]', 'Europe/Berlin', 'leased'
	FROM generate_series(1, %[1]d / 3) g;
INSERT INTO attempts (seq, id, campaign, list, contact, phone, e164, caller_id, mode, agent, callback, try, zones, script_ver, intent_at, manual, settings, retry_of, day_no, prev, hash)
	SELECT g, 'a' || g, 1, 1, n, 0, 49100000000 + n, '', 'predictive', 0, 0, 1, '', '', 1700000000000000 + g * (60 * 2592000000000 / %[1]d), 0, 1, '', 1, '', ''
	FROM (SELECT g, 1 + g * 7919 %% (%[1]d / 3) n FROM generate_series(1, %[1]d::bigint) g) calls;
INSERT INTO outcomes (seq, campaign, intent_at, outcome, next_state, recorded_at, prev, hash)
	SELECT seq, 1, intent_at, 'no_answer', 'waiting', intent_at, '', '' FROM attempts;
INSERT INTO dispositions (seq, key, agent, code, note, at, effect, effect_at, currency, total, extras)
	SELECT seq, '', 1, 'sale', '', intent_at, 'done', 0, '', 0, 0 FROM attempts WHERE seq %% 10 = 0;
SET session_replication_role = replica; UPDATE attempts SET live = NULL; SET session_replication_role = origin`

// surveyed lets the server know what is in the tables, as autovacuum does after a while.
// It knows nothing of those that were just filled, moved or restored.
const surveyed = `ANALYZE forecall.contacts; ANALYZE forecall.attempts; ANALYZE forecall.outcomes; ANALYZE forecall.dispositions`

// unsurveyed lets the server forget what it saw in the tables, and look no more.
const unsurveyed = `DELETE FROM pg_statistic WHERE starelid = ANY ('{forecall.contacts,forecall.attempts,forecall.outcomes,forecall.dispositions}'::regclass[]);
	UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = ANY ('{forecall.contacts,forecall.attempts,forecall.outcomes,forecall.dispositions}'::regclass[]);
	ALTER TABLE forecall.contacts SET (autovacuum_enabled = off); ALTER TABLE forecall.attempts SET (autovacuum_enabled = off);
	ALTER TABLE forecall.outcomes SET (autovacuum_enabled = off); ALTER TABLE forecall.dispositions SET (autovacuum_enabled = off); `

// fillLong puts a ledger of some calls into a store on Postgres.
func fillLong(tb testing.TB, db *DB, calls int) {
	tb.Helper()
	onServer(tb, db, fmt.Sprintf(longLedger, calls))
	onServer(tb, db, surveyed)
}

// onServer runs statements as they are, beside the store.
func onServer(tb testing.TB, db *DB, statements string) {
	tb.Helper()
	s, err := server()
	must(tb, err)
	var name string
	must(tb, db.read.QueryRowContext(background, `SELECT current_database()`).Scan(&name))
	must(tb, s.Exec(background, name, statements))
}

// generic has a connection of the readers plan as the writer's does: once for all
// values.
func generic(tb testing.TB, db *DB) *sql.Conn {
	tb.Helper()
	c, err := db.read.Conn(background)
	must(tb, err)
	_, err = c.ExecContext(background, `SET plan_cache_mode = force_generic_plan`)
	must(tb, err)
	tb.Cleanup(func() { // others would plan so as well
		_ = c.Raw(func(any) error { return driver.ErrBadConn })
		_ = c.Close()
	})
	return c
}

// judged are the questions that Begin and Finish ask of the ledger about a call.
func judged(db *DB, g, calls int) (a ahead) {
	n := int64(1 + g*7919%(calls/3))
	number := fmt.Sprintf("+%d", 49100000000+n)
	now := time.UnixMicro(1700000000000000 + 60*2592000000000)
	var r factsRow
	a.ask(factsQuery, r.args(n, number, 0, campaigns.Campaign{ID: 1}, now))
	_, _ = db.history(&a, n, number, now.AddDate(0, -1, 0), nil)
	_, _ = (*tx)(nil).begunOf(&a, fmt.Sprintf("a%d", g), campaigns.NoAnswer)
	return a
}

// walks marks a plan that reads a table from its beginning, or all calls of one outcome.
var walks = regexp.MustCompile(`Seq Scan on (attempts|outcomes|dispositions|contacts)|outcomes_tally|Backward using attempts_pkey`)

// However long the ledger: no question about one call walks through it, also where
// the server plans once for all calls, as it does for the writer, and where it has not
// looked yet at what is in the tables.
func TestACallIsJudgedByTheIndexesOfALongLedger(t *testing.T) {
	const calls = 60_000
	filled := fmt.Sprintf(longLedger, calls)
	for _, c := range []struct{ name, before, after string }{
		{"surveyed", filled + "; " + surveyed, ""},
		{"just restored", unsurveyed + filled, ""},
		{"planned when it was empty", unsurveyed, filled},
	} {
		t.Run(c.name, func(t *testing.T) {
			db := openPostgres(t)
			onServer(t, db, c.before)
			conn := generic(t, db)
			a := judged(db, 7, calls)
			for i := range a.queries {
				planOf(t, conn, i, a.queries[i], a.args[i])
			}
			if c.after != "" {
				onServer(t, db, c.after)
			}
			for i, want := range []string{"attempts_number", "attempts_number", "attempts_contact"} {
				plan := plannedOf(t, conn, i, a.args[i])
				if walks.MatchString(plan) || !strings.Contains(plan, want) {
					t.Errorf("question %d: want %s, and no table read from its beginning:\n%s", i, want, plan)
				}
			}
		})
	}
}

// planOf is how the server will answer a question, whatever its arguments are.
func planOf(tb testing.TB, c *sql.Conn, n int, query string, args []driver.NamedValue) string {
	tb.Helper()
	kinds, _ := spelled(tb, args)
	_, err := c.ExecContext(background, fmt.Sprintf(`PREPARE question%d (%s) AS %s`, n, strings.Join(kinds, ", "), query))
	must(tb, err)
	return plannedOf(tb, c, n, args)
}

// spelled are arguments as PREPARE and EXECUTE take them.
func spelled(tb testing.TB, args []driver.NamedValue) (kinds, values []string) {
	tb.Helper()
	kinds, values = make([]string, len(args)), make([]string, len(args))
	for i, a := range args {
		switch v := a.Value.(type) {
		case int64:
			kinds[i], values[i] = "BIGINT", fmt.Sprint(v)
		case string:
			kinds[i], values[i] = "TEXT", "'"+v+"'"
		default:
			tb.Fatalf("an argument of type %T", v)
		}
	}
	return kinds, values
}

// plannedOf is the same for a question that was planned.
func plannedOf(tb testing.TB, c *sql.Conn, n int, args []driver.NamedValue) string {
	tb.Helper()
	_, values := spelled(tb, args)
	rows, err := c.QueryContext(background, fmt.Sprintf(`EXPLAIN EXECUTE question%d (%s)`, n, strings.Join(values, ", ")))
	must(tb, err)
	var plan strings.Builder
	must(tb, eachRow(rows, func(r *sql.Rows) error {
		var line string
		err := r.Scan(&line)
		plan.WriteString(line + "\n")
		return err
	}))
	return plan.String()
}
