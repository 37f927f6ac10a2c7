package records

import (
	"database/sql"
	"maps"
	"slices"
	"strings"
	"testing"
)

// short are tables of some hundred rows in the longest-lived house: holds,
// files that were asked for, calls that are on now, test calls of trunks.
var short = []string{"holds", "exports", "held", "test_calls", "CONSTANT ROW"}

func TestAnErasureWalksThroughNoLongTable(t *testing.T) {
	db := openTest(t)
	oneCalled(t, db)
	before := map[string]bool{}
	statements := func() (all []string) {
		must(t, db.do(t.Context(), func(tx *tx) error {
			all = slices.Collect(maps.Keys(tx.stmts))
			return nil
		}))
		return all
	}
	for _, s := range statements() {
		before[s] = true
	}
	forget(t, db, herNumber)
	for _, s := range statements() {
		if before[s] || strings.HasPrefix(s, "PRAGMA") {
			continue
		}
		args := make([]any, strings.Count(s, "?"))
		rows, err := db.read.Query("EXPLAIN QUERY PLAN "+s, args...)
		must(t, err)
		must(t, eachRow(rows, func(r *sql.Rows) error {
			var id, parent, unused int
			var detail string
			err := r.Scan(&id, &parent, &unused, &detail)
			if table, ok := strings.CutPrefix(detail, "SCAN "); ok && !slices.Contains(short, table) {
				t.Errorf("%s\n\tin %s", detail, s)
			}
			return err
		}))
	}
}
