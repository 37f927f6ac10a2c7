package records

import (
	"database/sql"
	"errors"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/sqlite"
)

func TestWhatIsOlderThanItsTimeGoesAndTheChainStands(t *testing.T) {
	db := openTest(t)
	c, hers := oneCalled(t, db)
	h, err := db.AddHold(t.Context(), campaigns.Hold{Scope: campaigns.HoldNumber, Number: herNumber, Reason: "dispute", By: "cora"})
	must(t, err)
	r := campaigns.NewRetention(db)
	later := time.Now().Add(6 * 366 * 24 * time.Hour)
	cora := campaigns.User{Login: "cora", Role: campaigns.Compliance}
	due, err := r.Due(t.Context(), cora, later)
	must(t, err)
	want := map[string][2]int64{
		campaigns.KeepRecordings: {0, 1}, campaigns.KeepCalls: {1, 1}, campaigns.KeepContacts: {1, 0}, campaigns.KeepMessages: {1, 0},
	}
	for _, d := range due {
		if w, ok := want[d.Kind]; ok && (d.N != w[0] || d.Held != w[1]) {
			t.Errorf("%s: %d due and %d on hold, want %v", d.Kind, d.N, d.Held, w)
		}
	}
	gone, err := r.Run(t.Context(), later)
	must(t, err)
	if gone[campaigns.KeepCalls] != 1 || gone[campaigns.KeepRecordings] != 0 {
		t.Errorf("gone %v", gone)
	}
	clean(t, db)
	if call, err := db.Attempt(t.Context(), hers.ID); err != nil || call.Number != herNumber {
		t.Errorf("what a hold covers is %+v, %v", call.Attempt, err)
	}
	_, err = db.ReleaseHold(t.Context(), h.ID, "cora", "settled")
	must(t, err)
	_, err = r.Run(t.Context(), later)
	must(t, err)
	clean(t, db)
	must(t, db.Scrub(t.Context()))
	paths, err := db.DoomedFiles(t.Context())
	must(t, err)
	if len(paths) != 1 {
		t.Errorf("doomed %v", paths)
	}
	call, err := db.Attempt(t.Context(), hers.ID)
	if err != nil || call.Number != "" || call.Disposition.Note != "" {
		t.Errorf("after its time the call reads %+v, %v", call, err)
	}
	stones, err := db.Tombstones(t.Context(), 0)
	must(t, err)
	if len(stones) == 0 || stones[0].Kind != campaigns.TombstoneRetention {
		t.Errorf("tombstones %+v", stones)
	}
	if gone, err = r.Run(t.Context(), time.Now()); err != nil || gone[campaigns.KeepContacts] != 0 {
		t.Errorf("a run of today deletes %v, %v of campaign %d", gone, err, c.ID)
	}
}

func TestAHoldKeepsTheConsentsOfWhomItCovers(t *testing.T) {
	db := openTest(t)
	c, _ := oneCalled(t, db)
	const nobodys = "+34699999999" // never called
	for _, number := range []string{herNumber, nobodys} {
		permits(t, db, number)
	}
	cora := campaigns.User{Login: "cora", Role: campaigns.Compliance}
	later := time.Now().Add(6 * 366 * 24 * time.Hour)
	r := campaigns.NewRetention(db)
	for _, h := range []struct {
		hold      campaigns.Hold
		due, held int64
	}{
		{campaigns.Hold{Scope: campaigns.HoldNumber, Number: herNumber}, 1, 1},
		{campaigns.Hold{Scope: campaigns.HoldCampaign, Campaign: c.ID}, 1, 1},
		{campaigns.Hold{Scope: campaigns.HoldPeriod, From: time.Now().Add(-time.Hour)}, 1, 1},
		{campaigns.Hold{Scope: campaigns.HoldSeller, Seller: "Acme"}, 0, 2}, // they agreed to calls by the whole house
	} {
		h.hold.Reason, h.hold.By = "dispute", "cora"
		set, err := db.AddHold(t.Context(), h.hold)
		must(t, err)
		due, err := r.Due(t.Context(), cora, later)
		must(t, err)
		for _, d := range due {
			if d.Kind == campaigns.KeepConsents && (d.N != h.due || d.Held != h.held) {
				t.Errorf("a hold of a %s: %d due and %d kept, want %d and %d", h.hold.Scope, d.N, d.Held, h.due, h.held)
			}
		}
		_, err = db.ReleaseHold(t.Context(), set.ID, "cora", "settled")
		must(t, err)
	}
	h, err := db.AddHold(t.Context(), campaigns.Hold{Scope: campaigns.HoldNumber, Number: herNumber, Reason: "dispute", By: "cora"})
	must(t, err)
	has := func(number string, want int) {
		t.Helper()
		_, err := r.Run(t.Context(), later)
		must(t, err)
		files, err := db.ConsentsOf(t.Context(), number)
		must(t, err)
		if len(files) != want {
			t.Errorf("%d consents of %s are left, want %d", len(files), number, want)
		}
	}
	has(herNumber, 2) // the one she gave, and what she bought
	has(nobodys, 0)
	_, err = db.ReleaseHold(t.Context(), h.ID, "cora", "settled")
	must(t, err)
	has(herNumber, 0)
	clean(t, db)
}

func TestNothingGoesBeforeItsTime(t *testing.T) {
	db := openTest(t)
	oneCalled(t, db)
	r := campaigns.NewRetention(db)
	gone, err := r.Run(t.Context(), time.Now().Add(89*24*time.Hour))
	must(t, err)
	for kind, n := range gone {
		if n > 0 {
			t.Errorf("%d %s are gone after 89 days", n, kind)
		}
	}
	gone, err = r.Run(t.Context(), time.Now().Add(91*24*time.Hour))
	must(t, err)
	if gone[campaigns.KeepRecordings] != 1 || gone[campaigns.KeepCalls] != 0 {
		t.Errorf("after 91 days: %v", gone)
	}
}

func TestHowLongWhatIsKeptIsChangedInTheAudit(t *testing.T) {
	db := openTest(t)
	must(t, db.SetRetention(t.Context(), campaigns.KeepRecordings, 30*24*time.Hour, "cora"))
	all, err := db.Retention(t.Context())
	must(t, err)
	if all[0].Keep != 30*24*time.Hour || all[0].Default != 90*24*time.Hour || all[0].By != "cora" {
		t.Errorf("%+v", all[0])
	}
	entries, err := db.AuditPage(t.Context(), campaigns.AuditFilter{Kind: "retention."})
	must(t, err)
	if len(entries) != 1 || entries[0].Detail != "from 2160h0m0s to 720h0m0s" {
		t.Errorf("audit %+v", entries)
	}
}

func TestWhatAnOlderVersionDeletedIsNotInTheFileAfterTheFirstStart(t *testing.T) {
	path := oldStore(t)
	pool, err := sql.Open("sqlite", "file:"+path+"?_pragma=busy_timeout(5000)")
	must(t, err)
	for _, q := range []string{
		`CREATE TABLE junk (text TEXT)`, `INSERT INTO junk VALUES ('Quetzalcoatl remains')`, `DROP TABLE junk`,
	} {
		_, err := pool.Exec(q)
		must(t, err)
	}
	must(t, pool.Close())
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(path)})
	must(t, err)
	must(t, db.Scrub(t.Context()))
	defer func() { must(t, db.Close()) }()
	sweep(t, filepath.Dir(path), "Quetzalcoatl")
}

func TestEverythingThatIsKnownOfAPersonIsFound(t *testing.T) {
	db := openTest(t)
	oneCalled(t, db)
	people, err := db.ContactsOf(t.Context(), herNumber)
	must(t, err)
	if len(people) != 1 || people[0].Name != herMark {
		t.Errorf("contacts %+v", people)
	}
	who, err := db.Person(t.Context(), herNumber)
	must(t, err)
	if len(who) != len("person 0123456789abcdef") {
		t.Errorf("the audit calls her %q", who)
	}
	forget(t, db, herNumber)
	if people, err = db.ContactsOf(t.Context(), herNumber); err != nil || len(people) != 0 {
		t.Errorf("contacts %+v, %v", people, err)
	}
	told, err := db.RecipientsOf(t.Context(), herNumber)
	if err != nil || len(told) != 0 {
		t.Errorf("recipients %+v, %v", told, err)
	}
}

// heldBy is a house with a hold, in which something of a person is old.
func heldBy(t *testing.T, h campaigns.Hold) (*DB, campaigns.Campaign) {
	t.Helper()
	db := openTest(t)
	c, _ := oneCalled(t, db)
	c.Seller = "Ácme  Energy"
	c, err := db.UpdateCampaign(t.Context(), c, "m")
	must(t, err)
	l, err := db.CreateList(t.Context(), campaigns.List{Campaign: c.ID, Name: "more", Active: true})
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "l.csv", Policy: campaigns.SkipDuplicates})
	must(t, err)
	_, err = db.AddContacts(t.Context(), load, []campaigns.Contact{{Name: "never called", Row: 2, Phones: []campaigns.Phone{{Number: "+34612345679", Zones: []string{"Europe/Madrid"}}}}}, campaigns.SkipDuplicates)
	must(t, err)
	must(t, db.EndLoad(t.Context(), load, campaigns.LoadCounts{Rows: 1, Added: 1}, ""))
	_, err = db.AddConsents(t.Context(), []campaigns.Consent{{Number: "+34612345679", Kind: "consent", Level: "express", Seller: "ÁCME Energy", At: time.Now(), Source: "web"}})
	must(t, err)
	h.Reason, h.By = "dispute", "cora"
	if h.Scope == campaigns.HoldCampaign {
		h.Campaign = c.ID
	}
	_, err = db.AddHold(t.Context(), h)
	must(t, err)
	return db, c
}

func TestAHoldKeepsConsentsAndPeopleWhoWereNeverCalled(t *testing.T) {
	for name, h := range map[string]campaigns.Hold{
		"of the number":                    {Scope: campaigns.HoldNumber, Number: "+34612345679"},
		"of the seller, spelled otherwise": {Scope: campaigns.HoldSeller, Seller: "ÁCME energy"},
	} {
		t.Run(name, func(t *testing.T) {
			db, _ := heldBy(t, h)
			n, held, err := db.Expired(t.Context(), campaigns.KeepConsents, time.Now().Add(time.Hour))
			must(t, err)
			due := int64(1) // somebody bought something of the house, of no seller
			if h.Scope == campaigns.HoldSeller {
				due = 0
			}
			if n != due || held != 2-due {
				t.Errorf("%d consents are due and %d on hold", n, held)
			}
			if gone, err := db.Expire(t.Context(), campaigns.KeepConsents, time.Now().Add(time.Hour), "law"); err != nil || gone != due {
				t.Errorf("%d consents are gone, %v", gone, err)
			}
			if left, err := db.ConsentsOf(t.Context(), "+34612345679"); err != nil || len(left) != 1 {
				t.Errorf("%d consents on hold are left, %v", len(left), err)
			}
			ask, err := db.AskErasure(t.Context(), "+34612345679", campaigns.BasisObjected, "cora")
			must(t, err)
			if _, err := db.Erase(t.Context(), ask.ID); !errors.Is(err, campaigns.ErrHeld) {
				t.Errorf("a person on hold is erased: %v", err)
			}
			removed, kept, err := db.UndoLoad(t.Context(), 2, "m")
			must(t, err)
			if removed != 0 || kept != 1 {
				t.Errorf("a load that is undone takes %d people on hold out, and keeps %d", removed, kept)
			}
		})
	}
}

func TestAHoldOfASellerCoversTheCallsOfItsTimeHoweverItIsSpelled(t *testing.T) {
	db, c := heldBy(t, campaigns.Hold{Scope: campaigns.HoldSeller, Seller: " ácme ENERGY "})
	p := leaseAll(t, db, c)[0]
	a := campaigns.NewAttempt(c, p, "", time.Now())
	must(t, db.Begin(t.Context(), c, a))
	a.Outcome, a.EndedAt = campaigns.NoAnswer, time.Now()
	must(t, db.Finish(t.Context(), *a))
	n, held, err := db.Expired(t.Context(), campaigns.KeepCalls, time.Now().Add(time.Hour))
	must(t, err)
	if n != 2 || held != 1 { // two were placed before the campaign called for that seller
		t.Errorf("%d calls are due and %d on hold", n, held)
	}
	if gone, err := db.Expire(t.Context(), campaigns.KeepCalls, time.Now().Add(time.Hour), "law"); err != nil || gone != 2 {
		t.Errorf("%d calls are gone, %v", gone, err)
	}
	if call, err := db.Attempt(t.Context(), a.ID); err != nil || call.Number != "+34612345679" {
		t.Errorf("the call on hold is %+v, %v", call.Attempt, err)
	}
	clean(t, db)
}

func TestWhatIsOverIsLookedAtAgainByItsKeyAlone(t *testing.T) {
	db := openTest(t)
	for kind, query := range overQueries {
		rows, err := db.read.Query(`EXPLAIN QUERY PLAN SELECT EXISTS (SELECT 1 FROM `+query.text(true)+` WHERE NOT kept)`, 1, 2, "[]", "[]", "[]", 1)
		must(t, err)
		for rows.Next() {
			var id, parent, unused int
			var detail string
			must(t, rows.Scan(&id, &parent, &unused, &detail))
			for _, table := range []string{"SCAN a", "SCAN r", "SCAN d", "SCAN c", "SCAN k", "SCAN m", "SCAN o", "SCAN l", "SCAN b"} {
				if detail == table || strings.HasPrefix(detail, table+" ") {
					t.Errorf("%s: %s", kind, detail)
				}
			}
		}
		must(t, rows.Close())
	}
}
