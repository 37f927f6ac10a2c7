package records

import (
	"database/sql"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestVerifyNamesWhatWasTamperedWith(t *testing.T) {
	tests := []struct {
		name, statement string
		law             campaigns.Law
	}{
		{"a number is changed", `UPDATE attempts SET e164 = 34600000001 WHERE seq = 2`, campaigns.LawChain},
		{"an intent is moved in time", `UPDATE attempts SET intent_at = intent_at + 1 WHERE seq = 1`, campaigns.LawChain},
		{"the settings of a call are swapped", `UPDATE attempts SET settings = settings + 1 WHERE seq = 1`, campaigns.LawChain},
		{"the link before an attempt is changed", `UPDATE attempts SET prev = zeroblob(32) WHERE seq = 2`, campaigns.LawChain},
		{"the link before an outcome is changed", `UPDATE outcomes SET prev = zeroblob(32) WHERE seq = 2`, campaigns.LawChain},
		{"who took a call over is changed", `UPDATE outcomes SET second_agent = 9 WHERE seq = 2`, campaigns.LawChain},
		{"an attempt is taken out", `DELETE FROM attempts WHERE seq = 2`, campaigns.LawChain},
		{"the last attempt is taken out", `DELETE FROM attempts WHERE seq = 3`, campaigns.LawChain},
		{"an attempt is slipped in", `INSERT INTO attempts (` + attemptColumns + `, format, prev, hash, live) SELECT 4, 'x', campaign, list, 0, phone, 1,
			caller_id, mode, agent, callback, try, zones, script_ver, intent_at, manual, settings, retry_of, day_no, 2, prev, hash, 1
			FROM attempts WHERE seq = 1`, campaigns.LawChain},
		{"an attempt is given to another contact", `UPDATE attempts SET contact = contact + 1 WHERE seq = 2`, campaigns.LawChain},
		{"an attempt is said to be of format 1", `UPDATE attempts SET format = 1 WHERE seq = 2`, campaigns.LawChain},
		{"a commitment is changed", `UPDATE attempts SET commitment = zeroblob(32) WHERE seq = 2`, campaigns.LawChain},
		{"a salt is taken out", `DELETE FROM subjects`, campaigns.LawChain},
		{"a salt is changed", `UPDATE subjects SET salt = zeroblob(32)`, campaigns.LawChain},
		{"a person is forgotten without an erasure", `UPDATE attempts SET e164 = 0, contact = 0, erased = 1 WHERE seq = 2`, campaigns.LawChain},
		{"another decision is named", `UPDATE attempts SET decision = zeroblob(32) WHERE seq = 1`, campaigns.LawChain},
		{"an agent is said to have come in time", `UPDATE outcomes SET late = 0 WHERE seq = 2`, campaigns.LawChain},
		{"a note is rewritten", `UPDATE dispositions SET note = 'agreed to everything'`, campaigns.LawChain},
		{"what somebody answered is rewritten", `UPDATE answers SET value = 'no'`, campaigns.LawChain},
		{"why somebody wants no calls is rewritten", `UPDATE do_not_call_changes SET reason = 'nothing'`, campaigns.LawChain},
		{"an outcome is made nicer", `UPDATE outcomes SET outcome = 'callee_hung_up' WHERE seq = 2`, campaigns.LawChain},
		{"an outcome is taken out", `DELETE FROM outcomes WHERE seq = 3`, campaigns.LawOutcome},
		{"an order is doubled", `UPDATE order_lines SET quantity = 4`, campaigns.LawChain},
		{"an answer is taken out", `DELETE FROM answers`, campaigns.LawChain},
		{"a disposition is taken out", `DELETE FROM dispositions`, campaigns.LawChain},
		{"a do-not-call request is taken out", `DELETE FROM do_not_call_changes WHERE seq = 2`, campaigns.LawChain},
		{"a number is taken off the list", `DELETE FROM do_not_call WHERE e164 = 34699999999`, campaigns.LawDoNotCall},
		{"who did it is changed", `UPDATE audit SET by = 'nobody' WHERE seq = 1`, campaigns.LawChain},
		{"a link is taken out", `DELETE FROM chain WHERE seq = 5`, campaigns.LawChain},
		{"a link is changed", `UPDATE chain SET digest = zeroblob(32) WHERE seq = 5`, campaigns.LawChain},
		{"the last link is cut off", `DELETE FROM chain WHERE seq = (SELECT MAX(seq) FROM chain)`, campaigns.LawChain},
		{"two links are swapped", `UPDATE chain SET ref = 3 - ref WHERE kind = 'attempt' AND ref IN (1, 2)`, campaigns.LawChain},
		{"an open attempt is hidden", `UPDATE attempts SET live = 1 WHERE seq = 1`, campaigns.LawLive},
		{"an agent talks to two", `UPDATE outcomes SET agent = 1, bridged_at = 10, ended_at = 20 + seq WHERE seq < 3`, campaigns.LawOneLeg},
		{"a contact is taken out", `DELETE FROM contacts WHERE id = 1`, campaigns.LawCounters},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			db := openTest(t)
			soldCall(t, db)
			f, err := db.Verify(t.Context(), time.Now())
			if err != nil || !f.Clean() {
				t.Fatalf("not clean before: %+v, %v", f, err)
			}
			tamper(t, db, tt.statement)
			if f, err = db.Verify(t.Context(), time.Now()); err != nil {
				t.Fatal(err)
			}
			if f.Clean() || !slices.ContainsFunc(f.Broken, func(b campaigns.Finding) bool { return b.Law == tt.law }) {
				t.Fatalf("want a breach of %s, got %+v", tt.law, f)
			}
		})
	}
}

// tamper does what somebody with the file and a tool can do.
func tamper(t *testing.T, db *DB, statement string) {
	t.Helper()
	pool, err := sql.Open("sqlite", "file:"+pathOf(t, db)+"?_pragma=busy_timeout(5000)")
	must(t, err)
	defer pool.Close()
	rows, err := pool.Query(`SELECT name FROM sqlite_master WHERE type = 'trigger'`)
	must(t, err)
	var triggers []string
	must(t, eachRow(rows, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		triggers = append(triggers, name)
		return err
	}))
	for _, name := range triggers {
		_, err := pool.Exec(`DROP TRIGGER ` + name)
		must(t, err)
	}
	_, err = pool.Exec(statement)
	must(t, err)
}
