package records

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

// gateEnv makes the test binary the child of the test below: the path of the
// store in which it begins one attempt, and then waits to be killed.
const gateEnv = "FORECALL_TEST_GATE"

const capOfOne = "ruleset: {id: house, version: 1, reviewed_on: 2026-11-21}\nrules:\n" +
	"  - {id: test.cap, type: cap, max: 1, per: 24h, key: [called_number], cite: \"a law\", status: verified}\n"

func adoptText(ctx context.Context, db *DB, source string) error {
	set, err := rules.ParseSet([]byte(source))
	if err != nil {
		return err
	}
	_, err = db.Adopt(ctx, []*rules.Set{set}, campaigns.Adoption{By: "test", Reason: "test"})
	return err
}

// beginUntilKilled writes the row of one attempt and sends nothing.
func beginUntilKilled(path string) error {
	ctx := context.Background()
	db, err := Open(ctx, Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	c, err := db.CampaignByName(ctx, "c")
	if err != nil {
		return err
	}
	people, err := db.Lease(ctx, c.ID, time.Now(), 1)
	if err != nil {
		return err
	}
	if err := db.Begin(ctx, c, campaigns.NewAttempt(c, people[0], "", time.Now())); err != nil {
		return err
	}
	fmt.Println("begun")
	select {}
}

func TestACallThatWasWrittenAndNeverSentCountsAfterAKill(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	must(t, adoptText(t.Context(), db, capOfOne))
	must(t, db.Close())

	child := exec.CommandContext(t.Context(), os.Args[0])
	child.Env = append(os.Environ(), gateEnv+"="+path)
	child.Stderr = os.Stderr
	out, err := child.StdoutPipe()
	must(t, err)
	must(t, child.Start())
	line, err := bufio.NewReader(out).ReadString('\n')
	must(t, child.Process.Kill()) // as kill -9 does: nothing is closed
	_ = child.Wait()
	if err != nil || line != "begun\n" {
		t.Fatalf("the child said %q, %v", line, err)
	}

	db, err = Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	lost, err := db.Recover(t.Context(), time.Now())
	must(t, err)
	if len(lost) != 1 || lost[0].Outcome != campaigns.Lost {
		t.Fatalf("lost %+v", lost)
	}
	people, err := db.Lease(t.Context(), c.ID, time.Now().Add(2*time.Hour), 1)
	must(t, err)
	if len(people) != 1 {
		t.Fatalf("%d people", len(people))
	}
	var refused *rules.Refusal
	err = db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "", time.Now()))
	if !errors.As(err, &refused) || refused.Primary.Rule != "test.cap" || refused.Primary.Used != 1 {
		t.Fatalf("a second call within the day: %v", err)
	}
}

func TestTheRulesInForceAreThereAgainWhenTheStoreIsOpened(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	must(t, db.SetHolidays(t.Context(), rules.BuiltHolidays(), "test"))
	must(t, adoptText(t.Context(), db, capOfOne))
	hash := db.Book().HashText()
	must(t, db.Close())
	db, err = Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	if db.Book().HashText() != hash || len(db.Book().Holidays().Countries()) == 0 {
		t.Errorf("another book: %s, not %s", db.Book().HashText(), hash)
	}
	before, err := db.BookOf(t.Context(), db.force.Load().hash)
	must(t, err)
	if before.HashText() != hash {
		t.Errorf("the book made again is %s, not %s", before.HashText(), hash)
	}
	entries, err := db.AuditEntries(t.Context(), 0, 0)
	must(t, err)
	var kinds []string
	for _, e := range entries {
		kinds = append(kinds, e.Kind)
	}
	if got := strings.Join(kinds, " "); got != auditHolidays+" "+auditAdopt {
		t.Errorf("audit: %s", got)
	}
}

func TestRulesThatCannotBeReadLetNobodyBeCalled(t *testing.T) {
	path := filepath.Join(t.TempDir(), "forecall.db")
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	must(t, db.do(t.Context(), func(x *tx) error { // as of a newer program
		_, err := x.exec(`INSERT INTO rule_sets (sha256, id, version, source, added_at) VALUES (x'aa', 'future', 1, CAST('rules: {of: tomorrow}' AS BLOB), 0)`)
		if err != nil {
			return err
		}
		_, err = x.adoption(campaigns.Adoption{Set: "future", Version: 1, SHA256: campaigns.Hash{0xaa}, By: "test"})
		return err
	}))
	must(t, db.Close())
	db, err = Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err) // it can be seen and replaced
	defer func() { must(t, db.Close()) }()
	p := leaseAll(t, db, c)[0]
	if err := db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); err == nil || !strings.Contains(err.Error(), "nobody is called") {
		t.Fatalf("called by rules that nobody could read: %v", err)
	}
	if _, err := db.Judge(t.Context(), c.ID, []campaigns.Contact{p}, time.Now()); err == nil {
		t.Error("the hopper is told something else")
	}
	_, err = db.Drop(t.Context(), campaigns.Adoption{Set: "future", By: "test"})
	must(t, err)
	must(t, db.Begin(t.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())))
}

// tenRules are rules of every costly kind, none of which refuses a Spanish
// number that was never called.
const tenRules = `ruleset: {id: ten, version: 1, reviewed_on: 2026-11-21}
rules:
  - {id: t.list, type: list, list: the-list, max_age: 31d, cite: law, status: verified}
  - {id: t.list2, type: list, list: the-list, cite: law, status: verified}
  - {id: t.hours, type: window, weekly: {mon-sun: ["00:00-24:00"]}, cite: law, status: verified}
  - {id: t.hours2, type: window, weekly: {mon-sun: ["00:00-24:00"]}, cite: law, status: verified}
  - {id: t.cap, type: cap, max: 3, per: 24h, key: [called_number], cite: law, status: verified}
  - {id: t.cap2, type: cap, max: 4, per: 30d, key: [seller, person], cite: law, status: verified}
  - {id: t.refused, type: cooldown, after: refused, for: 60d, key: [person], cite: law, status: verified}
  - {id: t.guard, type: guard, after: abandoned, for: 72h, key: [called_number], cite: law, status: verified}
  - {id: t.ring, type: ring, min: 15s, cite: law, status: verified}
  - {id: t.line, type: line_type, forbid: [toll_free], unknown: allowed, cite: law, status: verified}
`

// onNoList is a register on which nobody stands.
type onNoList struct{ at time.Time }

func (r onNoList) Look(string, uint64) rules.Listed {
	return rules.Listed{Loaded: true, AccessedAt: r.at, Version: "1"}
}

// BenchmarkBegin measures what rules cost the ledger: attempts begun and ended,
// durable, from 32 callers, by the base rules alone and by ten more.
func BenchmarkBegin(b *testing.B) {
	for _, with := range []struct{ name, source string }{{"rules=none", ""}, {"rules=10", tenRules}} {
		b.Run(with.name, func(b *testing.B) {
			db := openTest(b)
			c, l := newCampaign(b, db, "bench")
			fill(b, db, l, b.N+1)
			if with.source != "" {
				must(b, adoptText(b.Context(), db, with.source))
				db.SetRegisters(onNoList{time.Now()})
			}
			stock := leaseAll(b, db, c)
			var took times
			b.ResetTimer()
			const callers = 32
			errs := make(chan error, callers)
			next := make(chan campaigns.Contact, b.N)
			for _, p := range stock[:b.N] {
				next <- p
			}
			close(next)
			for range callers {
				go func() {
					errs <- dial(b.Context(), db, c, func() (campaigns.Contact, bool) {
						p, ok := <-next
						return p, ok
					}, &took)
				}()
			}
			for range callers {
				must(b, <-errs)
			}
			b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "calls/s")
			took.report(b, "")
		})
	}
}
