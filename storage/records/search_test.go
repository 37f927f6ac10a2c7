package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/callindex"
	"github.com/forecall/forecall/storage/sqlite"
)

// searchesOf are questions that a compliance officer puts, one of each kind and
// some together. From and to are a tenth of the ledger.
func searchesOf(n int64) map[string]campaigns.CallSearch {
	at := func(seq int64) time.Time { return time.UnixMicro(1700000000000000 + seq*100000).UTC() }
	return map[string]campaigns.CallSearch{
		"everything":                         {},
		"number":                             {Number: "+34600000330"},
		"last 4 digits":                      {Digits: "0330"},
		"last 9 digits":                      {Digits: "600000330"},
		"campaign":                           {Campaign: 2},
		"list":                               {List: 7},
		"agent":                              {Agent: 77},
		"outcome":                            {Outcomes: []campaigns.Outcome{campaigns.AbandonedMsg}},
		"disposition":                        {Disposition: "complaint"},
		"caller id":                          {CallerID: "+34910000007"},
		"a tenth of the time":                {From: at(n / 10), To: at(n / 5)},
		"campaign, agent, time":              {Campaign: 2, Agent: 77, From: at(n / 10), To: at(n / 5)},
		"campaign, outcome, disposition":     {Campaign: 3, Outcomes: []campaigns.Outcome{campaigns.Connected}, Disposition: "sale"},
		"list of another campaign (nothing)": {Campaign: 1, List: 2},
		"digits, agent, disposition":         {Digits: "330", Agent: 77, Disposition: "sale"},
		"number, outcome, time":              {Number: "+34600000330", Outcomes: []campaigns.Outcome{campaigns.NoAnswer}, From: at(1)},
		"all of it": {
			Campaign: 2, List: 6, Agent: 77, CallerID: "+34910000077", Outcomes: []campaigns.Outcome{campaigns.Connected}, Disposition: "not_interested", Code: 200, From: at(1),
		},
	}
}

// slowly counts what a search chooses by SQL alone.
func slowly(t *testing.T, db *DB, s campaigns.CallSearch) (n int64) {
	t.Helper()
	var w where
	add := func(given bool, cond string, args ...any) {
		if given {
			w.add(cond, args...)
		}
	}
	add(s.Number != "", "a.e164 = ?", e164(s.Number))
	add(s.Digits != "", "printf('%d', a.e164) LIKE ?", "%"+s.Digits)
	add(s.Campaign != 0, "a.campaign = ?", s.Campaign)
	add(s.List != 0, "a.list = ?", s.List)
	add(s.Agent != 0, "(COALESCE(o.agent, a.agent) = ? OR o.second_agent = ?)", s.Agent, s.Agent)
	add(s.CallerID != "", "a.caller_id = ?", s.CallerID)
	add(s.Disposition != "", "d.code = ?", s.Disposition)
	add(s.Code != 0, "o.code = ?", s.Code)
	if len(s.Outcomes) > 0 {
		w.add("o.outcome = ?", string(s.Outcomes[0]))
	}
	add(!s.From.IsZero(), "a.intent_at >= ?", micros(s.From))
	add(!s.To.IsZero(), "a.intent_at < ?", micros(s.To))
	if err := db.read.QueryRow(`SELECT COUNT(*)`+callTables+w.text(), w.args...).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

func (db *DB) searchedAs(t *testing.T, what string, n int64) {
	t.Helper()
	for name, s := range searchesOf(n) {
		if what != "made" && !slices.Contains([]string{"last 4 digits", "agent", "disposition", "all of it"}, name) {
			continue // all of them once, these whenever the index changed
		}
		s.Limit = 5
		found, err := db.FindCalls(t.Context(), s)
		if err != nil {
			t.Fatal(err)
		}
		if want := slowly(t, db, s); found.Count != want || found.Behind != 0 || int64(len(found.Calls)) != min(5, want) {
			t.Errorf("%s, %s: %d calls, want %d; %d on the page, %d behind", what, name, found.Count, want, len(found.Calls), found.Behind)
		}
	}
}

// The index is at first not there, then made, kept, changed, damaged, dropped
// from memory and read again; what is found is always the same.
func TestASearchFindsTheSameWhateverBecameOfItsIndex(t *testing.T) {
	if testing.Short() {
		t.Skip("tens of thousands of calls: minutes under the race detector")
	}
	const n = callindex.Size + 1000
	path := filepath.Join(t.TempDir(), "forecall.db")
	ctx := t.Context()
	db, err := Open(ctx, Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	bulky(t, db, n)
	found, err := db.FindCalls(ctx, campaigns.CallSearch{Campaign: 2, Limit: 1})
	if err != nil || found.Count == 0 || found.Behind != callindex.Size && found.Behind != 0 { // 0: the store was quicker than the test
		t.Fatalf("before the blocks are made: %d found, %d behind, %v", found.Count, found.Behind, err)
	}
	if _, _, err := db.SelectCalls(ctx, campaigns.CallSearch{Campaign: 2}); found.Behind > 0 && err != nil && !errors.Is(err, campaigns.ErrIndexing) {
		t.Fatalf("calls are selected that cannot all be searched: %v", err)
	}
	tend := func() {
		t.Helper()
		if err := db.index.tend(ctx); err != nil {
			t.Fatal(err)
		}
	}
	tend()
	db.searchedAs(t, "made", n)
	if err := db.do(ctx, func(t *tx) error { return t.lateFacts(5) }); err != nil {
		t.Fatal(err)
	}
	db.searchedAs(t, "with late facts", n)
	if err := db.Close(); err != nil { // before they were kept
		t.Fatal(err)
	}
	if db, err = Open(ctx, Settings{Engine: sqlite.At(path)}); err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	db.searchedAs(t, "opened again", n)
	bulky(t, db, callindex.Size)
	db.searchedAs(t, "with another block", n)
	tend()
	db.searchedAs(t, "kept", n)
	if err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE call_columns SET body = substr(body, 1, 100) WHERE block = 1 AND name = 'agent'`)
		return err
	}); err != nil {
		t.Fatal(err)
	}
	db.index.drop()
	if found, err := db.FindCalls(ctx, campaigns.CallSearch{Agent: 77, Limit: 1}); err != nil || found.Behind != callindex.Size {
		t.Fatalf("a damaged block: %d behind, %v", found.Behind, err)
	}
	tend()
	db.searchedAs(t, "repaired", n)
}

// lateFacts gives calls of the first block another disposition, as of an agent
// who was away, and others a number that is gone, as of a person erased.
func (t *tx) lateFacts(n int64) error {
	for seq := int64(1000); n > 0; seq++ {
		var there bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM dispositions WHERE seq = ?)`, []any{seq}, &there); err != nil || there {
			continue
		}
		row := []any{seq, "late", int64(77), "complaint", "", int64(1), "done", int64(0), "", int64(0), int64(0)}
		if _, err := t.chain(kindDisposition, seq, digest(row)); err != nil {
			return err
		}
		if _, err := t.exec(`INSERT INTO dispositions (seq, key, agent, code, note, at, effect, effect_at, currency, total, extras) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row...); err != nil {
			return err
		}
		n--
	}
	var drop []string
	err := t.rows(`SELECT 'DROP TRIGGER ' || name FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'attempts'`, nil, func(r *sql.Rows) error {
		drop = append(drop, "")
		return r.Scan(&drop[len(drop)-1])
	})
	if err != nil {
		return err
	}
	for _, x := range append(drop, `UPDATE attempts SET e164 = 0 WHERE seq = 11`) {
		if _, err := t.exec(x); err != nil {
			return err
		}
	}
	return t.indexAgain(11)
}

func TestNoQueryOfASearchWalksThroughTheLedger(t *testing.T) {
	db := openTest(t)
	for name, query := range map[string]string{
		"page": callsAtQuery, "follow": followQuery, "rows": indexRowsQuery, "again": indexAgainQuery, "digits": numbersEndQuery,
		"number": `SELECT seq FROM attempts WHERE e164 = ? AND seq BETWEEN ? AND ?`, "talks": `SELECT attempt FROM talks WHERE agent = ?`,
		"column": `SELECT name, block, body FROM call_columns WHERE name = ?`,
	} {
		for _, step := range plan(t, db, query) {
			if strings.HasPrefix(step, "SCAN") && !strings.Contains(step, "json_each") {
				t.Errorf("%s: %s", name, step)
			}
		}
	}
	if !slices.ContainsFunc(plan(t, db, `SELECT * FROM attempts WHERE list = 7`), func(s string) bool { return strings.HasPrefix(s, "SCAN") }) {
		t.Error("a walk through the ledger is not seen")
	}
}

// plan is how SQLite would answer a query.
func plan(t *testing.T, db *DB, query string) (steps []string) {
	t.Helper()
	args := make([]any, strings.Count(query, "?"))
	for i := range args {
		args[i] = 1
	}
	r, err := db.read.QueryContext(context.Background(), "EXPLAIN QUERY PLAN "+query, args[:distinct(query)]...)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for r.Next() {
		var a, b, c int
		var step string
		if err := r.Scan(&a, &b, &c, &step); err != nil {
			t.Fatal(err)
		}
		steps = append(steps, step)
	}
	return steps
}

// distinct is how many arguments a query takes: ?1 may stand twice.
func distinct(query string) int {
	for n := 9; n > 0; n-- {
		if strings.Contains(query, fmt.Sprint("?", n)) {
			return n
		}
	}
	return strings.Count(query, "?")
}
