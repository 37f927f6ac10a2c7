package sqlite

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
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
	pool, err := openPool(path, 1, []string{"busy_timeout(5000)"})
	must(t, err)
	for _, q := range []string{
		`CREATE TABLE junk (text TEXT)`, `INSERT INTO junk VALUES ('Quetzalcoatl remains')`, `DROP TABLE junk`,
	} {
		_, err := pool.Exec(q)
		must(t, err)
	}
	must(t, pool.Close())
	db, err := Open(t.Context(), Settings{Path: path})
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
