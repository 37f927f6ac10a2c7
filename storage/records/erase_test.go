package records

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/storage/sqlite"
)

// The person of these tests, and what is known of them. Every text holds a
// mark that is searched for when they are erased.
const (
	herNumber = "+34612345678"
	herMark   = "Xochitl"
)

// oneCalled writes all that the house can know of a person.
func oneCalled(t *testing.T, db *DB) (campaigns.Campaign, *campaigns.Attempt) {
	t.Helper()
	c, l := newCampaign(t, db, "c")
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "l.csv", Policy: campaigns.SkipDuplicates, By: "m"})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, []campaigns.Contact{
		{Name: herMark, Company: herMark, External: herMark, Fields: map[string]string{"street": herMark}, Row: 2,
			Phones: []campaigns.Phone{{Number: herNumber, Zones: []string{"Europe/Madrid"}}}},
		{Name: "Other", Row: 3, Phones: []campaigns.Phone{{Number: "+34687654321", Zones: []string{"Europe/Madrid"}}}},
	}, campaigns.SkipDuplicates)
	must(t, err)
	must(t, db.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: 2, Added: 2}, ""))
	var hers *campaigns.Attempt
	for _, p := range leaseAll(t, db, c) {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		must(t, db.Begin(t.Context(), c, a))
		a.Outcome, a.Agent, a.BridgedAt, a.EndedAt = campaigns.Connected, 1, a.IntentAt, a.IntentAt
		a.Error = "486 from sip:" + a.Number + "@carrier"
		must(t, db.Finish(t.Context(), *a))
		if a.Number == herNumber {
			hers = a
		}
	}
	spoken(t, db, hers)
	return c, hers
}

// spoken is what was said and kept of the person's call.
func spoken(t *testing.T, db *DB, a *campaigns.Attempt) {
	t.Helper()
	must(t, db.AddCallEvents(t.Context(), []campaigns.CallEvent{
		{Attempt: a.ID, At: time.Now(), Kind: "hold", By: 1, Detail: herMark}, {Attempt: a.ID, At: time.Now(), Kind: "resume", By: 1},
	}))
	must(t, db.SaveRecording(t.Context(), campaigns.Recording{Attempt: a.ID, Path: "2026/" + a.ID + ".wav", Began: time.Now(), Octets: 5, SHA256: "ab"}))
	_, err := db.Dispose(t.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Code: "sale", Note: herMark, Reason: herMark, Agent: 1,
		Answers:     []campaigns.Answer{{Question: "q", Value: herMark}},
		Sale:        &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 2, UnitPrice: 100}}, ReadBack: herMark},
		Appointment: &campaigns.Appointment{At: time.Now().Add(time.Hour), To: time.Now().Add(2 * time.Hour), Zone: "Europe/Madrid", Place: herMark, Person: herMark, Note: herMark},
		Callback:    &campaigns.Callback{At: time.Now().Add(time.Hour), Note: herMark},
		Complaint:   &campaigns.Complaint{Text: herMark},
	})
	must(t, err)
	must(t, db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: herNumber, Name: herMark, Reason: herMark, Reference: herMark, Attempt: a.ID}))
	_, err = db.AddMessage(t.Context(), campaigns.Message{At: time.Now(), By: "m", Agent: 1, Text: "call 34612345678 again"})
	must(t, err)
}

// forget erases a person as a node does.
func forget(t *testing.T, db *DB, number string) campaigns.Tombstone {
	t.Helper()
	ask, err := db.AskErasure(t.Context(), number, campaigns.BasisObjected, "cora")
	must(t, err)
	stone, err := db.Erase(t.Context(), ask.ID)
	must(t, err)
	must(t, db.Scrub(t.Context()))
	return stone
}

// sweep looks for words in every file below a folder, octet by octet.
func sweep(t *testing.T, folder string, words ...string) {
	t.Helper()
	must(t, filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		for _, w := range words {
			if at := bytes.Index(b, []byte(w)); at >= 0 {
				t.Errorf("%s holds %q at octet %d: ...%q...", filepath.Base(path), w, at, b[max(0, at-60):min(len(b), at+60)])
			}
		}
		return nil
	}))
}

func TestAnErasedPersonIsNowhereInTheDataFolderAndTheChainStands(t *testing.T) {
	db := openTest(t)
	c, hers := oneCalled(t, db)
	meetings, err := db.Bookings(t.Context(), campaigns.BookingFilter{Contact: hers.Contact})
	must(t, err)
	if len(meetings) != 1 {
		t.Fatalf("%d meetings", len(meetings))
	}
	_, err = db.CancelBooking(t.Context(), meetings[0].ID, herMark+" is ill", "m")
	must(t, err)
	s, before := signs(t, db)
	stone := forget(t, db, herNumber)
	if stone.Counts[kindAttempt] != 1 || stone.Counts[kindDisposition] != 1 || stone.Counts[kindDoNotCall] != 1 || stone.Counts[kindEvents] != 1 {
		t.Errorf("tombstone %+v", stone)
	}
	f, err := db.VerifyWith(t.Context(), time.Now(), campaigns.Trust{Key: s.ID(), Outside: []evidence.Checkpoint{before}})
	must(t, err)
	if !f.Clean() {
		t.Errorf("findings %+v", f.Broken)
	}
	paths, err := db.DoomedFiles(t.Context())
	must(t, err)
	if len(paths) != 1 || paths[0] != "2026/"+hers.ID+".wav" {
		t.Errorf("doomed %v", paths)
	}
	must(t, db.FileGone(t.Context(), paths[0]))
	// As text she is nowhere; as a number she is on the list of those whom nobody
	// calls, and nowhere else.
	sweep(t, filepath.Dir(pathOf(t, db)), herMark, "34612345678")
	there, err := db.IsDoNotCall(t.Context(), herNumber)
	must(t, err)
	if !there {
		t.Error("the number is not on the do-not-call list")
	}
	uses(t, db, e164(herNumber))
	neverCalled(t, db, c)
}

// uses asserts that a number stands as an integer in the do-not-call list only.
func uses(t *testing.T, db *DB, num int64) {
	t.Helper()
	type column struct{ table, name string }
	var columns []column
	rows, err := db.read.Query(`SELECT m.name, p.name FROM sqlite_master m JOIN pragma_table_info(m.name) p WHERE m.type = 'table' AND p.type = 'INTEGER'`)
	must(t, err)
	for rows.Next() {
		var c column
		must(t, rows.Scan(&c.table, &c.name))
		columns = append(columns, c)
	}
	must(t, rows.Close())
	for _, c := range columns {
		var n int
		must(t, db.read.QueryRow(`SELECT COUNT(*) FROM "`+c.table+`" WHERE "`+c.name+`" = ?`, num).Scan(&n))
		if n > 0 && c.table != "do_not_call" && c.table != "do_not_call_changes" {
			t.Errorf("%s.%s holds the number %d times", c.table, c.name, n)
		}
	}
}

// neverCalled asserts that the person, loaded again, is not called.
func neverCalled(t *testing.T, db *DB, c campaigns.Campaign) {
	t.Helper()
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "again", Active: true})
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "l.csv", Policy: campaigns.SkipDuplicates})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, []campaigns.Contact{{Name: "again", Row: 2, Phones: []campaigns.Phone{{Number: herNumber, Zones: []string{"Europe/Madrid"}}}}}, campaigns.SkipDuplicates)
	must(t, err)
	must(t, db.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: 1, Added: 1}, ""))
	for _, p := range leaseAll(t, db, c) {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		err := db.Begin(t.Context(), c, a)
		if refusal, ok := errors.AsType[*rules.Refusal](err); a.Number == herNumber && !ok {
			t.Errorf("an erased person is called: %v, %v", err, refusal)
		}
	}
	a := &campaigns.Attempt{ID: "m", Campaign: c.ID, Number: herNumber, Manual: true, Mode: campaigns.Preview, Zones: []string{"Europe/Madrid"}}
	if _, ok := errors.AsType[*rules.Refusal](db.Begin(t.Context(), c, a)); !ok {
		t.Error("an erased person is called by hand")
	}
}

func TestAPersonOnHoldIsKeptAndNotCalledUntilTheHoldIsReleased(t *testing.T) {
	db := openTest(t)
	c, _ := oneCalled(t, db)
	holds := []campaigns.Hold{
		{Scope: campaigns.HoldNumber, Number: herNumber, Reason: "dispute of " + herMark, By: "cora"},
		{Scope: campaigns.HoldCampaign, Campaign: c.ID, Reason: "dispute", By: "cora"},
		{Scope: campaigns.HoldPeriod, From: time.Now().Add(-time.Hour), To: time.Now().Add(time.Hour), Reason: "dispute", By: "cora"},
	}
	for i := range holds {
		h, err := db.AddHold(t.Context(), holds[i])
		must(t, err)
		holds[i] = h
	}
	past, err := db.AddHold(t.Context(), campaigns.Hold{Scope: campaigns.HoldNumber, Number: herNumber, Until: time.Now().Add(-time.Hour), Reason: "over", By: "cora"})
	must(t, err)
	ask, err := db.AskErasure(t.Context(), herNumber, campaigns.BasisWithdrawn, "cora")
	must(t, err)
	if ask.State != campaigns.ErasureRestricted || len(ask.Holds) != 3 {
		t.Errorf("ask %+v, past %d", ask, past.ID)
	}
	for _, h := range holds {
		if _, err := db.Erase(t.Context(), ask.ID); !errors.Is(err, campaigns.ErrHeld) {
			t.Fatalf("erased though hold %d holds: %v", h.ID, err)
		}
		neverBegins(t, db, c)
		_, err := db.ReleaseHold(t.Context(), h.ID, "cora", "settled")
		must(t, err)
	}
	_, err = db.Erase(t.Context(), ask.ID)
	must(t, err)
	if due, err := db.ScrubDue(t.Context()); err != nil || !due {
		t.Errorf("after an erasure nobody says that the log is to be emptied: %v", err)
	}
	must(t, db.Scrub(t.Context()))
	if due, err := db.ScrubDue(t.Context()); err != nil || due {
		t.Errorf("the log was emptied, and is to be: %v", err)
	}
	if _, err := db.ReleaseHold(t.Context(), holds[0].ID, "cora", "again"); !errors.Is(err, campaigns.ErrNotFound) {
		t.Errorf("a hold is released twice: %v", err)
	}
	clean(t, db)
	uses(t, db, e164(herNumber))
	sweep(t, filepath.Dir(pathOf(t, db)), "dispute of "+herMark)
}

func neverBegins(t *testing.T, db *DB, c campaigns.Campaign) {
	t.Helper()
	a := &campaigns.Attempt{ID: "h", Campaign: c.ID, Number: herNumber, Manual: true, Mode: campaigns.Preview, Zones: []string{"Europe/Madrid"}}
	if _, ok := errors.AsType[*rules.Refusal](db.Begin(t.Context(), c, a)); !ok {
		t.Error("a person who asked to be erased is called while a hold keeps the data")
	}
}

func clean(t *testing.T, db *DB) {
	t.Helper()
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if !f.Clean() {
		t.Errorf("findings %+v", f.Broken)
	}
}

func TestAPersonInACallIsErasedWhenItIsOver(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 1)
	p := leaseAll(t, db, c)[0]
	a := campaigns.NewAttempt(c, p, "", time.Now())
	must(t, db.Begin(t.Context(), c, a))
	ask, err := db.AskErasure(t.Context(), a.Number, campaigns.BasisObjected, "cora")
	must(t, err)
	if _, err := db.Erase(t.Context(), ask.ID); !errors.Is(err, campaigns.ErrInCall) {
		t.Fatalf("erased in a call: %v", err)
	}
	a.Outcome, a.EndedAt = campaigns.Connected, time.Now()
	must(t, db.Finish(t.Context(), *a))
	_, err = db.Erase(t.Context(), ask.ID)
	must(t, err)
	open, err := db.Erasures(t.Context())
	must(t, err)
	if len(open) != 0 {
		t.Errorf("still open: %+v", open)
	}
	clean(t, db)
}

func TestPersonsOfTheFirstFormatAreErasedAndTheChainStands(t *testing.T) {
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(oldStore(t))})
	must(t, err)
	defer func() { must(t, db.Close()) }()
	_, err = db.Recover(t.Context(), time.Now())
	must(t, err)
	var numbers []string
	seen := map[string]bool{}
	for call, err := range db.Calls(t.Context(), campaigns.CallFilter{}) {
		must(t, err)
		if !seen[call.Number] {
			seen[call.Number], numbers = true, append(numbers, call.Number)
		}
	}
	history, err := db.DoNotCallHistory(t.Context(), "")
	must(t, err)
	for _, h := range history {
		if !seen[h.Number] {
			seen[h.Number], numbers = true, append(numbers, h.Number)
		}
	}
	for i, n := range numbers {
		forget(t, db, n)
		if i%8 == 0 || i == len(numbers)-1 {
			clean(t, db)
		}
		uses(t, db, e164(n))
	}
	tamper(t, db, `UPDATE attempts SET mode = 'x' WHERE seq = 3`)
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if f.Clean() {
		t.Error("an erased row of format 1 may be changed and nobody sees it")
	}
}

func TestWhoErasesBehindTheBackOfTheChainIsFound(t *testing.T) {
	for name, statement := range map[string]string{
		"a tombstone is taken out":    `DELETE FROM erasures`,
		"a tombstone is changed":      `UPDATE erasures SET by = 'nobody'`,
		"one more is emptied":         `UPDATE attempts SET e164 = 0, contact = 0, erased = 1 WHERE erased = 0`,
		"an erased row says a number": `UPDATE attempts SET e164 = 34612345678 WHERE erased = 1`,
		"an erased row is unmarked":   `UPDATE attempts SET erased = 0 WHERE erased = 1`,
		"an event is rewritten":       `UPDATE call_events SET kind = 'x'`,
		"an event is taken out":       `DELETE FROM call_events WHERE id = 2`,
		"an event is put in":          `INSERT INTO call_events (attempt, at, kind, by, detail, batch) VALUES (1, 1, 'x', 1, '', 1)`,
		"an event is put in as old":   `INSERT INTO call_events (attempt, at, kind, by, detail) VALUES (1, 1, 'x', 1, '')`,
		"a recording is exchanged":    `UPDATE recordings SET sha256 = 'cd'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := openTest(t)
			oneCalled(t, db)
			forget(t, db, herNumber)
			clean(t, db)
			tamper(t, db, statement)
			f, err := db.Verify(t.Context(), time.Now())
			must(t, err)
			if f.Clean() {
				t.Error("the ledger is clean")
			}
		})
	}
}

func TestWhoIsErasedWhileEverybodyDialsIsNotCalledAnyMore(t *testing.T) {
	db := openTest(t)
	c, l := newCampaign(t, db, "c")
	fill(t, db, l, 60)
	stock := leaseAll(t, db, c)
	var wg sync.WaitGroup
	var mu sync.Mutex
	asked, late := map[string]bool{}, 0
	for i, p := range stock {
		wg.Go(func() {
			a := campaigns.NewAttempt(c, p, "", time.Now())
			if i%2 == 0 {
				ask, err := db.AskErasure(context.WithoutCancel(t.Context()), a.Number, campaigns.BasisObjected, "cora")
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				asked[a.Number] = true
				mu.Unlock()
				if _, err := db.Erase(t.Context(), ask.ID); err != nil && !errors.Is(err, campaigns.ErrInCall) {
					t.Error(err)
				}
			}
			mu.Lock()
			forgotten := asked[a.Number]
			mu.Unlock()
			err := db.Begin(t.Context(), c, a)
			if err == nil && forgotten {
				mu.Lock()
				late++
				mu.Unlock()
			}
			if err == nil {
				a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
				if err := db.Finish(t.Context(), *a); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
	if late > 0 {
		t.Errorf("%d calls began after the person was erased", late)
	}
	clean(t, db)
}

// wholeLedger chooses everything for an export.
var wholeLedger = evidence.Selection{}

// unclean asserts that the check finds something.
func unclean(t *testing.T, db *DB, otherwise string) {
	t.Helper()
	f, err := db.Verify(t.Context(), time.Now())
	must(t, err)
	if f.Clean() {
		t.Error(otherwise)
	}
}

// oneFileFails is a folder in which a number cannot be forgotten.
type oneFileFails struct {
	noFiles

	number string
}

func (f oneFileFails) Forget(_ context.Context, number string) error {
	if number == f.number {
		return errors.New("the disk is read-only")
	}
	return nil
}

func TestAPersonWhoCannotBeErasedKeepsNobodyElseWaiting(t *testing.T) {
	db := openTest(t)
	for _, n := range []string{"+34600000001", "+34600000002"} {
		_, err := db.AskErasure(t.Context(), n, campaigns.BasisObjected, "cora")
		must(t, err)
	}
	s := campaigns.NewSubjects(db, oneFileFails{number: "+34600000001"}, func(campaigns.DoNotCall) error { return nil }, campaigns.NewRetention(db), db)
	done, err := s.Resume(t.Context())
	if err == nil || done != 1 {
		t.Errorf("%d were done, %v", done, err)
	}
	open, err := db.Erasures(t.Context())
	must(t, err)
	if len(open) != 1 || open[0].Number != "+34600000001" {
		t.Errorf("open %+v", open)
	}
}
