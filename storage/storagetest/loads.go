package storagetest

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var loadTests = []test{
	{"an address is kept whole", keepAddress},
	{"every word of a contact comes back byte for byte", loadKeeps},
	{"a duplicate is skipped, and the verdict says of whom", loadSkips},
	{"duplicates are allowed on demand", loadAllows},
	{"a duplicate fills the contact that is there on demand", loadUpdates},
	{"any phone of a contact makes it a duplicate", loadAnyPhone},
	{"the same number in another campaign is no duplicate", loadOtherCampaign},
	{"what has no number that could be dialed is refused", loadRefuses},
	{"a batch of any size is stored", loadLarge},
	{"a load remembers what it brought", loadRemembers},
	{"a load that has ended takes nothing more", loadEnded},
	{"a load that was cut says where, and the file can be brought again", loadCut},
	{"undo takes out who was never called and ends who was", undoes},
	{"undo during a call ends the contact with the call", undoesLive},
	{"an undone load frees its numbers for the next one", undoFrees},
	{"a load into no list is refused", loadNoList},
}

func loadKeeps(b *bench) {
	c := b.campaign("c")
	names := []string{
		"王小明", "Ödön Őry", "محمد عبد الله", "Nguyễn Thị Ánh", "Ευαγγελία", "👩‍👩‍👧 Łucja", "e\u0301 and \u00e9", "O'Brien; DROP TABLE--",
		"tab\there", "line\nbreak", "null\x00byte", "\u202eright to left", strings.Repeat("長", 2000), "",
	}
	var people []campaigns.Contact
	for i, n := range names {
		p := person(b.number())
		p.Name, p.Company, p.External, p.Row, p.Language = n, n+" Kft.", fmt.Sprint(i), i+2, "hu"
		p.Fields = map[string]string{"note": n, n + "?": "v"}
		p.Zones = []string{"Europe/Budapest", "America/Argentina/Ushuaia"}
		p.Phones[0].Label, p.Phones[0].Region, p.Phones[0].Kind = n, "HU", "mobile"
		people = append(people, p)
	}
	_, verdicts := b.load(b.list(c, "l", 0), people, campaigns.SkipDuplicates)
	for i, v := range verdicts {
		got, err := b.Contact(b.Context(), v.Contact)
		b.must(err)
		want := people[i]
		want.ID, want.Campaign, want.List, want.Load, want.State = got.ID, c.ID, got.List, got.Load, campaigns.ContactReady
		if !equalJSON(got, want) || got.Name != want.Name || got.Fields["note"] != names[i] {
			b.Fatalf("row %d:\ngot  %+v\nwant %+v", v.Row, got, want)
		}
	}
}

func fates(vs []campaigns.RowVerdict) []campaigns.RowFate {
	out := make([]campaigns.RowFate, len(vs))
	for i, v := range vs {
		out[i] = v.Fate
	}
	return out
}

func loadSkips(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	people := b.people(3)
	_, first := b.load(l, people, campaigns.SkipDuplicates)
	again := append(b.people(1), people[1], people[2])
	again = append(again, again[0]) // twice in the file
	again[3].Row = 99
	_, got := b.load(l, again, campaigns.SkipDuplicates)
	same(b, "fates", fates(got), []campaigns.RowFate{campaigns.RowAdded, campaigns.RowDuplicate, campaigns.RowDuplicate, campaigns.RowDuplicate})
	if got[1].Contact != first[1].Contact || got[3].Contact != got[0].Contact || got[3].Row != 99 {
		b.Fatalf("verdicts %+v", got)
	}
	if d := b.depth(c); d.Total != 4 {
		b.Fatalf("depth %+v", d)
	}
	b.clean()
}

func loadAllows(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	people := b.people(2)
	b.load(l, people, campaigns.AllowDuplicates)
	_, got := b.load(l, people, campaigns.AllowDuplicates)
	same(b, "fates", fates(got), []campaigns.RowFate{campaigns.RowAdded, campaigns.RowAdded})
	b.lease(c, 4)
}

func loadUpdates(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	p := person(b.number())
	p.Fields = map[string]string{"city": "Brno", "plan": "old"}
	_, first := b.load(l, []campaigns.Contact{p}, campaigns.UpdateDuplicates)
	p.Name, p.Company, p.External = "", "New s.r.o.", "E7"
	p.Fields = map[string]string{"plan": "new", "since": "2020"}
	_, got := b.load(l, []campaigns.Contact{p}, campaigns.UpdateDuplicates)
	if got[0].Fate != campaigns.RowUpdated || got[0].Contact != first[0].Contact {
		b.Fatalf("verdict %+v", got[0])
	}
	now, err := b.Contact(b.Context(), first[0].Contact)
	b.must(err)
	if now.Name != "Ana" || now.Company != "New s.r.o." || now.External != "E7" {
		b.Fatalf("contact %+v", now)
	}
	if f := now.Fields; len(f) != 3 || f["city"] != "Brno" || f["plan"] != "new" || f["since"] != "2020" {
		b.Fatalf("fields %v", f)
	}
	b.clean()
}

func loadAnyPhone(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	two := person(b.number())
	two.Phones = append(two.Phones, person(b.number()).Phones[0])
	b.load(l, []campaigns.Contact{two}, campaigns.SkipDuplicates)
	_, got := b.load(l, []campaigns.Contact{person(two.Phones[1].Number)}, campaigns.SkipDuplicates)
	same(b, "fates", fates(got), []campaigns.RowFate{campaigns.RowDuplicate})
}

func loadOtherCampaign(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	people := b.people(2)
	b.load(b.list(one, "l", 0), people, campaigns.SkipDuplicates)
	_, got := b.load(b.list(two, "l", 0), people, campaigns.SkipDuplicates)
	same(b, "fates", fates(got), []campaigns.RowFate{campaigns.RowAdded, campaigns.RowAdded})
}

func loadRefuses(b *bench) {
	c := b.campaign("c")
	good, bad := person(b.number()), person("0600 12")
	mixed := person("sip:x@y")
	mixed.Phones = append(mixed.Phones, person(b.number()).Phones[0])
	_, got := b.load(b.list(c, "l", 0), []campaigns.Contact{bad, good, {Name: "nobody"}, mixed}, campaigns.SkipDuplicates)
	same(b, "fates", fates(got), []campaigns.RowFate{campaigns.RowRefused, campaigns.RowAdded, campaigns.RowRefused, campaigns.RowAdded})
	if got[0].Reason == "" || got[2].Reason == "" || got[0].Contact != 0 {
		b.Fatalf("verdicts %+v", got)
	}
	p, err := b.Contact(b.Context(), got[3].Contact)
	b.must(err)
	if len(p.Phones) != 1 || rules.Dialable(p.Phones[0].Number) != nil {
		b.Fatalf("phones %+v", p.Phones)
	}
}

func loadLarge(b *bench) {
	c := b.stocked("c", 2345)
	if d := b.depth(c); d.Ready != 2345 || d.Total != 2345 {
		b.Fatalf("depth %+v", d)
	}
	b.clean()
}

func loadRemembers(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	id, err := b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "jan.csv", Policy: campaigns.UpdateDuplicates, By: "eva"})
	b.must(err)
	counts := campaigns.LoadCounts{Rows: 10, Added: 4, Updated: 3, Duplicates: 2, Refused: 1}
	b.must(b.EndLoad(b.Context(), id, counts, ""))
	got, err := b.Load(b.Context(), id)
	b.must(err)
	if got.Counts != counts || got.Source != "jan.csv" || got.By != "eva" || got.Campaign != c.ID || got.Policy != campaigns.UpdateDuplicates {
		b.Fatalf("load %+v", got)
	}
	if got.BeganAt.IsZero() || got.EndedAt.Before(got.BeganAt) || !got.UndoneAt.IsZero() {
		b.Fatalf("times %+v", got)
	}
	next, _ := b.load(l, b.people(1), campaigns.SkipDuplicates)
	all, err := b.Loads(b.Context(), c.ID)
	b.must(err)
	if len(all) != 2 || all[0].ID != next || all[1].ID != id {
		b.Fatalf("loads %+v", all)
	}
}

func loadEnded(b *bench) {
	c := b.campaign("c")
	id, _ := b.load(b.list(c, "l", 0), b.people(1), campaigns.SkipDuplicates)
	if _, err := b.AddContacts(b.Context(), id, b.people(1), campaigns.SkipDuplicates); err == nil {
		b.Fatal("an ended load took a contact")
	}
	if _, err := b.AddContacts(b.Context(), 999, b.people(1), campaigns.SkipDuplicates); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("a load that does not exist: %v", err)
	}
	if d := b.depth(c); d.Total != 1 {
		b.Fatalf("depth %+v", d)
	}
}

func loadCut(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	people := b.people(5)
	for i := range people {
		people[i].Row = i + 2
	}
	id, err := b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Source: "jan.csv", Policy: campaigns.SkipDuplicates})
	b.must(err)
	_, err = b.AddContacts(b.Context(), id, people[:3], campaigns.SkipDuplicates)
	b.must(err)
	b.must(b.EndLoad(b.Context(), id, campaigns.LoadCounts{Rows: 3, Added: 3}, campaigns.CutFailed))
	got, err := b.Load(b.Context(), id)
	b.must(err)
	if got.Cut != campaigns.CutFailed || got.Line != 4 || got.Counts.Added != 3 || got.EndedAt.IsZero() || !strings.Contains(got.Interrupted(), "after line 4") {
		b.Fatalf("load %+v: %s", got, got.Interrupted())
	}
	again, fate := b.load(l, people, campaigns.SkipDuplicates)
	same(b, "fates", fates(fate), []campaigns.RowFate{campaigns.RowDuplicate, campaigns.RowDuplicate, campaigns.RowDuplicate, campaigns.RowAdded, campaigns.RowAdded})
	if got, err = b.Load(b.Context(), again); err != nil || got.Cut != "" || got.Line != 0 || got.Interrupted() != "" {
		b.Fatalf("the whole load %+v, %v", got, err)
	}
}

func undoes(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	b.load(l, b.people(3), campaigns.SkipDuplicates)
	id, verdicts := b.load(l, b.people(1200), campaigns.SkipDuplicates)
	b.must(b.SetListPriority(b.Context(), l.ID, 1, "manager"))
	b.lease(c, 3)                              // of the first load
	called, _ := b.call(c, campaigns.NoAnswer) // of the second
	leased := b.lease(c, 1)[0]
	removed, kept, err := b.UndoLoad(b.Context(), id, "manager")
	b.must(err)
	if removed != 1199 || kept != 1 {
		b.Fatalf("removed %d, kept %d", removed, kept)
	}
	b.state(called.Contact, campaigns.ContactDone)
	if _, err := b.Contact(b.Context(), verdicts[1199].Contact); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("a contact of the undone load: %v", err)
	}
	if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, leased, "", time.Now())); !errors.Is(err, campaigns.ErrNotLeased) {
		b.Fatalf("a contact taken out was called: %v", err)
	}
	if d := b.depth(c); d.Total != 4 || d.Leased != 3 || d.Done != 1 {
		b.Fatalf("depth %+v", d)
	}
	load, err := b.Load(b.Context(), id)
	b.must(err)
	if load.UndoneAt.IsZero() {
		b.Fatal("the load does not say that it was undone")
	}
	if again, _, err := b.UndoLoad(b.Context(), id, "manager"); err != nil || again != 0 {
		b.Fatalf("undone twice: %d, %v", again, err)
	}
	if _, _, err := b.UndoLoad(b.Context(), 999, "manager"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("undo of no load: %v", err)
	}
	b.clean()
}

func undoesLive(b *bench) {
	c := b.campaign("c")
	id, _ := b.load(b.list(c, "l", 0), b.people(1), campaigns.SkipDuplicates)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	_, kept, err := b.UndoLoad(b.Context(), id, "manager")
	b.must(err)
	if kept != 1 {
		b.Fatalf("kept %d", kept)
	}
	b.state(p.ID, campaigns.ContactLive)
	b.finish(a, campaigns.NoAnswer)
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

func undoFrees(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	people := b.people(5)
	id, _ := b.load(l, people, campaigns.SkipDuplicates)
	_, _, err := b.UndoLoad(b.Context(), id, "manager")
	b.must(err)
	_, got := b.load(l, people, campaigns.SkipDuplicates)
	for _, v := range got {
		if v.Fate != campaigns.RowAdded {
			b.Fatalf("verdict %+v", v)
		}
	}
	b.clean()
}

func loadNoList(b *bench) {
	if _, err := b.BeginLoad(b.Context(), campaigns.Load{List: 77}); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}
