package records

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
)

// ruled is a ledger with a call that was placed under rules, and its recording.
func ruled(t *testing.T) *DB {
	t.Helper()
	db := openTest(t)
	set, ok := rules.Preset("us-federal")
	if !ok {
		t.Fatal("no preset")
	}
	_, err := db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "cora", ApprovedBy: "adam", Reason: "we call there"})
	must(t, err)
	must(t, db.SetHolidays(t.Context(), rules.BuiltHolidays(), "cora"))
	a := soldCall(t, db)
	must(t, db.SaveRecording(t.Context(), campaigns.Recording{Attempt: a.ID, Path: "a.wav", Began: time.Now(), Octets: 5, SHA256: "ab"}))
	clean(t, db)
	return db
}

func TestWhoeverChangesWhyACallWasPlacedIsFound(t *testing.T) {
	for name, statement := range map[string]string{
		"the record of a decision is rewritten":       `UPDATE decisions SET record = x'00' WHERE attempt = 1`,
		"a decision is taken out":                     `DELETE FROM decisions WHERE attempt = 1`,
		"a decision is said to be by other terms":     `UPDATE decisions SET terms = 99 WHERE attempt = 1`,
		"two decisions are exchanged":                 `UPDATE decisions SET record = (SELECT record FROM decisions WHERE attempt = 2) WHERE attempt = 1`,
		"the terms of a campaign are rewritten":       `UPDATE terms SET body = '{}'`,
		"a rule set is rewritten":                     `UPDATE rule_sets SET source = x'00'`,
		"a file of holidays is rewritten":             `UPDATE holiday_files SET source = x'00'`,
		"somebody else is said to have approved":      `UPDATE adoptions SET approved_by = 'nobody'`,
		"another reason is given":                     `UPDATE adoptions SET reason = ''`,
		"an adoption is taken out":                    `DELETE FROM adoptions`,
		"an adoption is put in":                       `INSERT INTO adoptions SELECT seq + 1, id, version, sha256, 1, at, by, approved_by, reason FROM adoptions`,
		"a recording is deleted without an erasure":   `UPDATE recordings SET path = '', deleted_at = 1`,
		"the sound is lost and nobody says it is":     `UPDATE recordings SET path = ''`,
		"a decision is slipped in for somebody's own": `INSERT INTO decisions SELECT 99, book, terms, at, record FROM decisions WHERE attempt = 1`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := ruled(t)
			tamper(t, db, `PRAGMA foreign_keys = 0; `+statement)
			unclean(t, db, "the ledger is clean")
		})
	}
}

func TestDecisionsWhoseTimeIsOverAreMissedByNobody(t *testing.T) {
	db := ruled(t)
	s, _ := signs(t, db)
	r := campaigns.NewRetention(db)
	_, err := r.Run(t.Context(), time.Now().Add(20*366*24*time.Hour))
	must(t, err)
	clean(t, db)
	if _, report := exported(t, db, s, evidence.Selection{}); report.Undecided == 0 {
		t.Errorf("no decision was deleted: %+v", report)
	}
}

func TestARecordingThatWasCompletedAfterACrashVerifiesInAnExport(t *testing.T) {
	db := ruled(t)
	s, _ := signs(t, db)
	a, err := db.Recording(t.Context(), attemptWithSound(t, db))
	must(t, err)
	a.Octets, a.SHA256, a.Repaired = 9, "cd", true
	must(t, db.SaveRecording(t.Context(), a))
	clean(t, db)
	exported(t, db, s, evidence.Selection{})
	tamper(t, db, `UPDATE recordings SET sha256 = 'ef'`)
	unclean(t, db, "a recording that was completed may be exchanged")
}

func attemptWithSound(t *testing.T, db *DB) (id string) {
	t.Helper()
	must(t, db.read.QueryRow(`SELECT a.id FROM recordings r JOIN attempts a ON a.seq = r.attempt`).Scan(&id))
	return id
}
