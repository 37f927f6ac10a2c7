package postgres_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Lists travel as a stream of text in which some octets have a meaning.
func TestAContactOfAListComesBackOctetByOctet(t *testing.T) {
	db := open(t, database(t))
	c := stocked(t, db, 0)
	lists, err := db.Lists(t.Context(), c.ID)
	must(t, err)
	load, err := db.BeginLoad(t.Context(), campaigns.Load{List: lists[0].ID, Policy: campaigns.SkipDuplicates})
	must(t, err)
	every := make([]byte, 256)
	for i := range every {
		every[i] = byte(i)
	}
	names := []string{`\N`, `\.`, "a\tb\nc\r\nd\\e", `\\N`, string(every), "\x00", "\xff\xfe", "Žofia Nováková", "'; DROP TABLE contacts; --", `\t\n`}
	people := make([]campaigns.Contact, len(names))
	for i, n := range names {
		phone := campaigns.Phone{Number: "+3461000000" + string(rune('0'+i)), Zones: []string{"Europe/Madrid"}}
		people[i] = campaigns.Contact{Row: i + 2, Name: n, External: n, Company: n, Phones: []campaigns.Phone{phone, phone}}
	}
	verdicts, err := db.AddContacts(t.Context(), load, people, campaigns.SkipDuplicates)
	must(t, err)
	for i, v := range verdicts {
		got, err := db.Contact(t.Context(), v.Contact)
		must(t, err)
		if got.Name != names[i] || got.External != names[i] || got.Company != names[i] || len(got.Phones) != 2 {
			t.Errorf("%q came back as %q, %q, %q", names[i], got.Name, got.External, got.Company)
		}
	}
	again, err := db.AddContacts(t.Context(), load, people, campaigns.SkipDuplicates)
	must(t, err)
	for i, v := range again {
		if v.Fate != campaigns.RowDuplicate || v.Contact != verdicts[i].Contact {
			t.Errorf("row %d again: %+v", i, v)
		}
	}
	got, err := db.Lease(t.Context(), c.ID, time.Now(), 100)
	must(t, err)
	if len(got) != len(names) {
		t.Fatalf("leased %d of %d", len(got), len(names))
	}
	clean(t, db)
}

// Plans are made once, on tables that may be empty then: one that reads all the
// numbers of a campaign for each hundred rows was chosen for the first list.
func TestALongListIsNotReadAgainForEachOfItsBatches(t *testing.T) {
	s := private(t, "fsync=off", "autovacuum=off")
	name, err := s.Database(t.Context(), "")
	must(t, err)
	db := newStore(t, s.Address(name))
	const n = 8000
	stocked(t, db, n)
	deadline := time.Now().Add(20 * time.Second)
	added, fetched := 0, 0
	for added < n && time.Now().Before(deadline) { // the server counts a little later
		must(t, db.Writable(t.Context()))
		out, err := s.Tool("psql", "-At", "-F", " ", "-d", name, "-c", `SELECT n_tup_ins, idx_tup_fetch + seq_tup_read FROM pg_stat_user_tables WHERE relname = 'numbers'`)
		must(t, err)
		_, err = fmt.Sscan(string(out), &added, &fetched)
		must(t, err)
		<-time.After(50 * time.Millisecond)
	}
	if added < n || fetched > 10*n {
		t.Fatalf("%d numbers were read to add %d", fetched, added)
	}
}
