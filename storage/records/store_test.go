package records

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestASecondProcessIsToldThatTheFileIsInUse(t *testing.T) {
	db := openTest(t)
	path := pathOf(t, db)
	if _, err := Open(t.Context(), Settings{Engine: sqlite.At(path)}); !errors.Is(err, sqlite.ErrInUse) {
		t.Fatalf("got %v, want ErrInUse", err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
}

// pathOf asks SQLite where the store lies.
func pathOf(t *testing.T, db *DB) string {
	t.Helper()
	var seq int
	var name, path string
	if err := db.read.QueryRow(`PRAGMA database_list`).Scan(&seq, &name, &path); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestOpenRefusesWhatIsNoLedger(t *testing.T) {
	garbage := filepath.Join(t.TempDir(), "garbage.db")
	if err := os.WriteFile(garbage, []byte(strings.Repeat("not a database ", 1000)), 0o600); err != nil {
		t.Fatal(err)
	}
	for name, path := range map[string]string{
		"no path":         "",
		"memory":          ":memory:",
		"no folder":       filepath.Join(t.TempDir(), "none", "forecall.db"),
		"not a database":  garbage,
		"a folder itself": t.TempDir(),
	} {
		if db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)}); err == nil {
			t.Errorf("%s: opened", name)
			_ = db.Close()
		}
	}
}

func TestAPathWithOddLettersIsTakenAsItIs(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a b?c#d%20é.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	newCampaign(t, db, "c")
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(path); err != nil || info.Size() == 0 {
		t.Fatalf("the file is not there: %v", err)
	}
}

func TestAFileOfANewerProgramIsRefused(t *testing.T) {
	db := openTest(t)
	path := pathOf(t, db)
	err := db.do(t.Context(), func(x *tx) error {
		_, err := x.exec(`INSERT INTO goose_db_version (version_id, is_applied) VALUES (9999, 1)`)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), Settings{Engine: sqlite.At(path)}); !errors.Is(err, sqlite.ErrNewer) {
		t.Fatalf("got %v, want ErrNewer", err)
	}
}

func TestEverythingIsThereAfterReopening(t *testing.T) {
	db := openTest(t)
	path := pathOf(t, db)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 20)
	stock := leaseAll(t, db, c)
	at := 0
	if err := dial(t.Context(), db, c, func() (campaigns.Contact, bool) { at++; return stock[at-1], at <= 10 }, &times{}); err != nil {
		t.Fatal(err)
	}
	before, err := db.Verify(t.Context(), time.Now())
	if err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	again, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	after, err := again.Verify(t.Context(), before.At)
	if err != nil {
		t.Fatal(err)
	}
	if !after.Clean() || after.Head != before.Head || after.Attempts != 10 || after.Records != before.Records {
		t.Fatalf("before %+v\nafter  %+v", before, after)
	}
	lists, err := again.Lists(t.Context(), c.ID)
	if err != nil || len(lists) != 1 {
		t.Fatalf("lists %+v, %v", lists, err)
	}
	a := campaigns.NewAttempt(c, stock[10], "", time.Now()) // still leased: Recover was not called
	if err := again.Begin(t.Context(), c, a); err != nil || a.Seq != 11 {
		t.Fatalf("seq %d, %v", a.Seq, err)
	}
}

func TestAClosedStoreSaysSo(t *testing.T) {
	db := openTest(t)
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600000000"}); !errors.Is(err, ErrClosed) {
		t.Fatalf("got %v, want ErrClosed", err)
	}
}

func TestCloseWritesWhatIsQueued(t *testing.T) {
	db := openTest(t)
	path := pathOf(t, db)
	const n = 50
	var mu sync.Mutex
	var kept []string
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			num := people(i, 1)[0].Phones[0].Number
			if db.AddDoNotCall(context.WithoutCancel(t.Context()), campaigns.DoNotCall{Number: num}) == nil {
				mu.Lock()
				defer mu.Unlock()
				kept = append(kept, num)
			}
		})
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	wg.Wait()
	again, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for _, num := range kept {
		if there, err := again.IsDoNotCall(t.Context(), num); err != nil || !there {
			t.Fatalf("acknowledged and gone: %v", err)
		}
	}
}

func TestNoRowOfTheLedgerCanBeChangedOrDeleted(t *testing.T) {
	db := openTest(t)
	soldCall(t, db)
	for _, statement := range []string{
		`UPDATE attempts SET e164 = 1`,
		`UPDATE attempts SET live = 1`,
		`UPDATE attempts SET intent_at = 0`,
		`DELETE FROM attempts`,
		`UPDATE outcomes SET outcome = 'busy'`,
		`DELETE FROM outcomes`,
		`UPDATE dispositions SET code = 'x'`,
		`DELETE FROM dispositions`,
		`UPDATE order_lines SET quantity = 1`,
		`DELETE FROM order_lines`,
		`UPDATE do_not_call_changes SET removed = 1`,
		`DELETE FROM do_not_call_changes`,
		`UPDATE audit SET by = 'nobody'`,
		`DELETE FROM audit`,
		`UPDATE chain SET hash = zeroblob(32)`,
		`DELETE FROM chain`,
	} {
		err := db.do(t.Context(), func(x *tx) error {
			_, err := x.exec(statement)
			return err
		})
		if err == nil || !strings.Contains(err.Error(), "append-only") {
			t.Errorf("%s: %v", statement, err)
		}
	}
}

// soldCall puts one of everything into the ledger.
func soldCall(t testing.TB, db *DB) *campaigns.Attempt {
	t.Helper()
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 3)
	stock := leaseAll(t, db, c)
	var first *campaigns.Attempt
	for i, p := range stock {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		must(t, db.Begin(t.Context(), c, a))
		a.Outcome, a.Agent, a.BridgedAt, a.EndedAt = campaigns.Connected, int64(i+1), a.IntentAt, a.IntentAt
		must(t, db.Finish(t.Context(), *a))
		if first == nil {
			first = a
		}
	}
	_, err := db.Dispose(t.Context(), campaigns.Disposition{
		Attempt: first.ID, Key: "k", Code: "sale", Note: "wants it soon", Answers: []campaigns.Answer{{Question: "q", Value: "v"}},
		Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 2, UnitPrice: 100}}},
	})
	must(t, err)
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34699999999", Name: "Ana", Reason: "asked"}))
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34699999998"}))
	return first
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestAFullDiskRefusesNewAttemptsAndNothingIsHalfWritten(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 400)
	stock := leaseAll(t, db, c)
	pages := func(t *testing.T, n int) {
		t.Helper()
		must(t, db.do(t.Context(), func(x *tx) error {
			var got int
			if n == 0 {
				return x.row(`PRAGMA max_page_count = 1000000000`, nil, &got)
			}
			return x.row(`PRAGMA max_page_count = 1`, nil, &got) // means: not one more than there are
		}))
	}
	pages(t, 1)
	begun, failed := int64(0), 0
	for _, p := range stock[:300] {
		if err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); err != nil {
			failed++
		} else {
			begun++
		}
	}
	if failed == 0 {
		t.Fatal("the disk was never full")
	}
	pages(t, 0)
	for _, p := range stock[300:] {
		must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())))
		begun++
	}
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !f.Clean() || f.Attempts != begun {
		t.Fatalf("%d acknowledged, findings %+v", begun, f)
	}
}

func TestReadsOfTheCallLogWalkTheLedgerItself(t *testing.T) {
	db := openTest(t)
	for name, f := range map[string]campaigns.CallFilter{
		"all":      {},
		"campaign": {Campaign: 1, Newest: true},
		"outcome":  {Outcomes: []campaigns.Outcome{campaigns.Busy}},
		"sold":     {Sold: true},
		"code":     {Disposition: "sale"},
		"agent":    {Agent: 4},
	} {
		query, args := callQuery(f, 1, 100)
		plan := explain(t, db, query, args)
		if !strings.HasPrefix(plan, "SEARCH a USING INTEGER PRIMARY KEY") || strings.Contains(plan, "TEMP B-TREE") {
			t.Errorf("%s:\n%s", name, plan)
		}
	}
	query, args := callQuery(campaigns.CallFilter{Contact: 3}, 1, 100)
	if plan := explain(t, db, query, args); !strings.Contains(plan, "attempts_contact") {
		t.Errorf("contact:\n%s", plan)
	}
	query, args = callQuery(campaigns.CallFilter{Number: "+34600000000"}, 1, 100)
	if plan := explain(t, db, query, args); !strings.Contains(plan, "attempts_number") {
		t.Errorf("number:\n%s", plan)
	}
}

func explain(t *testing.T, db *DB, query string, args []any) string {
	t.Helper()
	rows, err := db.read.Query(`EXPLAIN QUERY PLAN `+query, args...)
	must(t, err)
	var plan []string
	must(t, eachRow(rows, func(r *sql.Rows) error {
		var id, parent, unused int
		var detail string
		err := r.Scan(&id, &parent, &unused, &detail)
		plan = append(plan, detail)
		return err
	}))
	return strings.Join(plan, "\n")
}
