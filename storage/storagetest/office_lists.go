package storagetest

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

var officeListTests = []test{
	{"lists with weights are mixed exactly, lease by lease", mixes},
	{"a mix of which one list runs dry goes on with the others", mixRunsDry},
	{"lists without a weight go by priority beside a mix", mixAndPriority},
	{"a filter leases those who pass, and callbacks whatever it says", filterLeases},
	{"a filter is found far down a list, and round its end", filterFar},
	{"a filter means the same in the store as in memory", filterMeansTheSame},
	{"a filter is counted before it is saved", filterCounted},
	{"the columns of the lists are known by name", fieldNames},
	{"figures of lists say how far each has come", listFigures},
	{"ready contacts are counted by the clocks they live by", readyZones},
	{"what is recycled is counted first, and is what was asked for", recyclesBy},
}

// setList changes the weight of a list.
func (b *bench) weigh(l campaigns.List, weight int) {
	b.Helper()
	b.must(b.SetListWeight(b.Context(), l.ID, weight, "tester"))
}

func mixes(b *bench) {
	c := b.campaign("c")
	lists := []campaigns.List{b.list(c, "a", 1), b.list(c, "b", 9), b.list(c, "d", 5)}
	weights := []int{70, 20, 10}
	for i, l := range lists {
		b.weigh(l, weights[i])
		b.load(l, b.people(weights[i]*101), campaigns.SkipDuplicates)
	}
	got := map[int64]int{}
	for n := 0; n < 10_000; {
		size := 1 + n%37 // leases of any size
		for _, p := range b.lease(c, size) {
			n++
			got[p.List]++
			if p.Rank != 9 {
				b.Fatalf("rank %d of the mix, want that of its first list", p.Rank)
			}
			for i, l := range lists {
				if want := float64(n*weights[i]) / 100; float64(got[l.ID]) > want+1.5 || float64(got[l.ID]) < want-1.5 {
					b.Fatalf("after %d leases list %s had %d, want %.1f", n, l.Name, got[l.ID], want)
				}
			}
		}
	}
}

func mixRunsDry(b *bench) {
	c := b.campaign("c")
	small, large := b.list(c, "small", 0), b.list(c, "large", 0)
	b.weigh(small, 90)
	b.weigh(large, 10)
	b.load(small, b.people(9), campaigns.SkipDuplicates)
	b.load(large, b.people(20), campaigns.SkipDuplicates)
	lists := map[int64]int{}
	for _, p := range b.lease(c, 29) {
		lists[p.List]++
	}
	if lists[small.ID] != 9 || lists[large.ID] != 20 {
		b.Fatalf("leased %v", lists)
	}
	b.load(small, b.people(10), campaigns.SkipDuplicates) // nothing was saved up meanwhile
	b.load(large, b.people(10), campaigns.SkipDuplicates)
	clear(lists)
	for _, p := range b.lease(c, 10) {
		lists[p.List]++
	}
	if lists[small.ID] != 9 || lists[large.ID] != 1 {
		b.Fatalf("leased %v of the refilled lists", lists)
	}
}

func mixAndPriority(b *bench) {
	c := b.campaign("c")
	first, low := b.list(c, "first", 9), b.list(c, "low", 0)
	one, two := b.list(c, "one", 5), b.list(c, "two", 1)
	for _, l := range []campaigns.List{first, low, one, two} {
		b.load(l, b.people(2), campaigns.SkipDuplicates)
	}
	b.weigh(one, 50)
	b.weigh(two, 50)
	var order []int64
	for range 8 {
		order = append(order, b.lease(c, 1)[0].List)
	}
	same(b, "order of lists", order, []int64{first.ID, first.ID, one.ID, two.ID, one.ID, two.ID, low.ID, low.ID})
}

// filtered is a campaign with a filter.
func filtered(text string) func(*campaigns.Campaign) {
	return func(c *campaigns.Campaign) { c.Filter = text }
}

// parsed reads a filter.
func (b *bench) parsed(text string) filter.Expression {
	b.Helper()
	e, err := filter.Parse(text, filter.Names{})
	b.must(err)
	return e
}

func filterLeases(b *bench) {
	c := b.campaign("c", filtered(`fields.plan == "gold"`))
	people := b.people(10)
	for i := range people {
		people[i].Fields = map[string]string{"plan": []string{"gold", "silver"}[i%2]}
	}
	_, verdicts := b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	got := b.lease(c, 5)
	for i, p := range got {
		if p.ID != verdicts[2*i].Contact || p.Fields["plan"] != "gold" {
			b.Fatalf("leased %+v", p)
		}
	}
	b.lease(c, 0)
	c.Filter = `fields.plan == "silver"` // asked anew at once
	c, err := b.UpdateCampaign(b.Context(), c, "tester")
	b.must(err)
	p := b.lease(c, 1)[0]
	if p.ID != verdicts[1].Contact {
		b.Fatalf("leased %d under the changed filter", p.ID)
	}
	a := b.begin(c, p)
	b.finish(a, campaigns.Connected)
	created, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 1, Code: "callback", At: time.Now(),
		Callback: &campaigns.Callback{At: time.Now().Add(time.Millisecond)}})
	b.must(err)
	c.Filter = `false`
	c, err = b.UpdateCampaign(b.Context(), c, "tester")
	b.must(err)
	due, err := b.Lease(b.Context(), c.ID, time.Now().Add(time.Minute), 5)
	b.must(err)
	if !created || len(due) != 1 || due[0].ID != p.ID {
		b.Fatalf("leased %v: a callback was agreed", ids(due))
	}
}

func filterFar(b *bench) {
	c := b.campaign("c", filtered(`name == "here"`))
	people := b.people(3000)
	for _, i := range []int{5, 1500, 2900} {
		people[i].Name = "here"
	}
	_, verdicts := b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	var got []int64
	for range 2 {
		got = append(got, b.lease(c, 1)[0].ID)
	}
	same(b, "leased", got, []int64{verdicts[5].Contact, verdicts[1500].Contact})
	b.must(b.Release(b.Context(), got[:1]))
	same(b, "leased round the end", ids(b.lease(c, 2)), []int64{verdicts[2900].Contact, verdicts[5].Contact})
}

// The same random contacts are asked the same random questions in the store
// and in memory.
func filterMeansTheSame(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "Spring, \"new\"", 0)
	random := rand.New(rand.NewPCG(7, 11))
	people := b.people(300)
	for i := range people {
		strange(random, &people[i])
	}
	b.load(l, people, campaigns.SkipDuplicates)
	for range 40 { // some have been tried
		b.call(c, campaigns.NoAnswer)
	}
	var stored []campaigns.Contact
	for id := int64(1); id <= 300; id++ {
		p, err := b.Contact(b.Context(), id)
		b.must(err)
		stored = append(stored, p)
	}
	now := time.Now().Add(90 * time.Minute)
	for range 400 {
		text := question(random, 3)
		e := b.parsed(text)
		want := int64(0)
		for _, p := range stored {
			if e.Match(p.Filtered(l.Name), now) {
				want++
			}
		}
		got, err := b.FilterCount(b.Context(), c.ID, e, now)
		b.must(err)
		if got.Passing != want {
			b.Fatalf("%s: %d pass in the store, %d in memory", text, got.Passing, want)
		}
	}
}

var oddTexts = []string{"", "gold", "Gold", "12", "12,5", " 7 ", "-3.5", "1e3", "0x1", "'; DROP TABLE contacts; --", `a"b\c`, "José Ñandú", "王小明", "%_", "2026-12-01", "5.", ".5", "-", "1-1", "Madrid 28001", "\u00a0", "👋🏽", "<b>&amp;</b>"}

var oddFields = []string{"plan", "Monthly bill", `we"ird\name`, "Größe", "a.b", "$", "x[0]", "<tag>&", "'"}

func strange(random *rand.Rand, p *campaigns.Contact) {
	pick := func(from []string) string { return from[random.IntN(len(from))] }
	p.Name, p.Company, p.External, p.Language = pick(oddTexts), pick(oddTexts), pick(oddTexts), pick([]string{"", "es", "hu"})
	p.Phones[0].Region, p.Phones[0].Kind = pick([]string{"", "ES", "HU"}), pick([]string{"mobile", "fixed"})
	p.Phones[0].Zones = [][]string{{"Europe/Madrid"}, {"Atlantic/Canary", "Europe/Madrid"}}[random.IntN(2)]
	if random.IntN(3) == 0 {
		p.Zones = []string{"Europe/Budapest"}
	}
	if random.IntN(5) == 0 {
		return // without fields
	}
	p.Fields = map[string]string{}
	for _, f := range oddFields {
		if random.IntN(3) > 0 {
			p.Fields[f] = pick(oddTexts)
		}
	}
}

// question draws a filter.
func question(random *rand.Rand, depth int) string {
	pick := func(from ...string) string { return from[random.IntN(len(from))] }
	if depth > 0 && random.IntN(2) == 0 {
		left, right := question(random, depth-1), question(random, depth-1)
		return pick("("+left+" and "+right+")", "("+left+" or "+right+")", "not ("+left+")")
	}
	quoted := func() string { return fmt.Sprintf("%q", oddTexts[random.IntN(len(oddTexts))]) }
	field := fmt.Sprintf("fields[%q]", oddFields[random.IntN(len(oddFields))])
	word := pick(field, field, field, "name", "company", "external_id", "language", "list", "region", "kind", "zone", "last", "lower("+field+")", "lower(name)")
	compare := pick("==", "!=", "<", "<=", ">", ">=")
	switch random.IntN(6) {
	case 0:
		return word + " " + compare + " " + quoted()
	case 1:
		return word + " " + compare + " " + pick("12", "-3.5", "0", "12.5", "7")
	case 2:
		return pick("tries", "age_hours", "age_days", "import", "number("+field+")") + " " + compare + " " + pick("0", "1", "1.5", "12", "100000")
	case 3:
		return word + " in [" + quoted() + ", " + quoted() + "]"
	case 4:
		text := oddTexts[1+random.IntN(len(oddTexts)-1)]
		return word + " " + pick("contains", "startsWith", "endsWith") + fmt.Sprintf(" %q", text)
	}
	return pick("tried", "true", field+" in [12, -3.5]", "tries in [0, 2]")
}

func filterCounted(b *bench) {
	c := b.stocked("c", 10)
	b.lease(c, 2)
	b.call(c, campaigns.NoAnswer)
	got, err := b.FilterCount(b.Context(), c.ID, b.parsed("not tried"), time.Now())
	b.must(err)
	if want := (campaigns.FilterCount{Contacts: 10, Passing: 9, Remaining: 9, Ready: 7, AllReady: 7}); got != want {
		b.Fatalf("%+v, want %+v", got, want)
	}
}

func fieldNames(b *bench) {
	c := b.campaign("c")
	one, two := b.people(2), b.people(2)
	one[0].Fields, two[1].Fields = map[string]string{"Número": "1", "plan": "x"}, map[string]string{`a"b`: "1", "plan": "y"}
	b.load(b.list(c, "one", 0), one, campaigns.SkipDuplicates)
	b.load(b.list(c, "two", 0), two, campaigns.SkipDuplicates)
	names, err := b.FieldNames(b.Context(), c.ID)
	b.must(err)
	same(b, "names", names, []string{"Número", `a"b`, "plan"})
	other := b.campaign("other")
	names, err = b.FieldNames(b.Context(), other.ID)
	b.must(err)
	same(b, "names of nothing", names, nil)
}

func listFigures(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Retry[campaigns.NoAnswer] = campaigns.RetryRule{Delay: time.Hour} })
	one, two := b.list(c, "one", 9), b.list(c, "two", 0)
	b.load(one, b.people(6), campaigns.SkipDuplicates)
	b.load(two, b.people(3), campaigns.SkipDuplicates)
	b.call(c, campaigns.NoAnswer)
	b.call(c, campaigns.NoAnswer)
	a, _ := b.call(c, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 1, Code: "sale", At: time.Now()})
	b.must(err)
	a, _ = b.call(c, campaigns.Connected)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "l", Agent: 1, Code: "callback", At: time.Now(), Callback: &campaigns.Callback{At: time.Now().Add(time.Hour)}})
	b.must(err)
	b.lease(c, 1)
	figures, err := b.ListFigures(b.Context(), c.ID)
	b.must(err)
	f := figures[0]
	if len(figures) != 2 || f.List.Name != "one" || f.Contacts != 6 || f.Remaining != 5 || f.Retry != 2 || f.Callbacks != 1 || f.Done != 1 ||
		f.Ready != 1 || f.Live != 1 || f.Tried != 4 || f.Attempts != 4 || f.Outcomes[campaigns.NoAnswer] != 2 || f.Said["sale"] != 1 ||
		f.Last[campaigns.Connected] != 2 || f.Penetration() != 4.0/6 || f.PerContact() != 1 {
		b.Fatalf("%+v", f)
	}
	if g := figures[1]; g.Contacts != 3 || g.Ready != 3 || g.Attempts != 0 || g.Penetration() != 0 {
		b.Fatalf("%+v", g)
	}
}

func readyZones(b *bench) {
	c := b.campaign("c")
	people := b.people(5)
	people[1].Phones[0].Zones = []string{"America/Adak", "America/Anchorage"}
	people[2].Zones = []string{"Asia/Tokyo"}
	people[3].Zones, people[3].Name = []string{"Asia/Tokyo"}, "left out"
	b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	counts, err := b.ReadyZones(b.Context(), c.ID, b.parsed(`name != "left out"`), time.Now())
	b.must(err)
	var got []string
	for _, z := range counts {
		got = append(got, fmt.Sprint(z.Count, " ", strings.Join(z.Zones, "+")))
	}
	slices.Sort(got)
	same(b, "zones", got, []string{"1 America/Adak+America/Anchorage", "1 Asia/Tokyo", "2 Europe/Madrid"})
}

func recyclesBy(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.MaxAttempts = 1 })
	one, two := b.list(c, "one", 9), b.list(c, "two", 0)
	b.load(one, b.people(5), campaigns.SkipDuplicates)
	b.load(two, b.people(1), campaigns.SkipDuplicates)
	_, quiet := b.call(c, campaigns.NoAnswer)
	b.call(c, campaigns.Busy)
	said := func(code string) campaigns.Contact {
		a, p := b.call(c, campaigns.Connected)
		_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: a.ID, Agent: 1, Code: code, At: time.Now()})
		b.must(err)
		return p
	}
	said("sale")
	not := said("not_interested")
	said("do_not_call")
	_, other := b.call(c, campaigns.NoAnswer)
	soon := time.Now().Add(time.Second)
	for i, want := range []struct {
		order campaigns.RecycleOrder
		n     int64
	}{
		{campaigns.RecycleOrder{Outcomes: []campaigns.Outcome{campaigns.NoAnswer}, OlderThan: time.Hour}, 0},
		{campaigns.RecycleOrder{Outcomes: []campaigns.Outcome{campaigns.Connected}}, 0},
		{campaigns.RecycleOrder{Dispositions: []string{"do_not_call"}}, 0},
		{campaigns.RecycleOrder{Outcomes: []campaigns.Outcome{campaigns.NoAnswer, campaigns.Busy}}, 3},
		{campaigns.RecycleOrder{Outcomes: []campaigns.Outcome{campaigns.NoAnswer}, List: one.ID}, 1},
		{campaigns.RecycleOrder{Dispositions: []string{"not_interested"}}, 1},
	} {
		want.order.Campaign = c.ID
		got, err := b.Recyclable(b.Context(), want.order, soon)
		b.must(err)
		if got != want.n {
			b.Fatalf("order %d: %d contacts, want %d", i+1, got, want.n)
		}
		if i < 4 {
			continue
		}
		moved, err := b.RecycleBy(b.Context(), want.order, soon, "tester")
		b.must(err)
		if moved != want.n {
			b.Fatalf("order %d: %d recycled", i+1, moved)
		}
	}
	same(b, "callable again", ids(b.lease(c, 2)), []int64{quiet.ID, not.ID})
	b.state(other.ID, campaigns.ContactDone)
}
