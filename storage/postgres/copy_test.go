package postgres_test

import (
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
