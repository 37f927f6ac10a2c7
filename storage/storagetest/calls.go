package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

var callTests = []test{
	{"a call names the one it repeats, how often the number was tried that day, and the link before", callRetries},
	{"a call keeps the settings that were in force when it began", callSettings},
	{"a call shows names beside numbers", callNames},
	{"every filter chooses, and they combine", callFilters},
	{"a stream of many pages has every call once, in order", callStream},
	{"a stream may be left early, and stops when its context does", callStops},
	{"the history of a contact is newest first", callHistory},
	{"a tally counts by outcome within a period", tallies},
	{"hashes of calls are the links of the chain", callHashes},
}

func callNames(b *bench) {
	c := b.campaign("Winter")
	l := b.list(c, "January", 0)
	p := person(b.number())
	p.Name, p.External = "Ødegård", "X-1"
	b.load(l, []campaigns.Contact{p}, campaigns.SkipDuplicates)
	u, err := b.PutUser(b.Context(), campaigns.User{Login: "eva", Role: campaigns.Agent})
	b.must(err)
	a := b.begin(c, b.lease(c, 1)[0])
	e := ended(*a, campaigns.Connected)
	e.Agent = u.ID
	b.must(b.Finish(b.Context(), e))
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if got.CampaignName != "Winter" || got.ListName != "January" || got.ContactName != "Ødegård" || got.External != "X-1" || got.AgentLogin != "eva" {
		b.Fatalf("call %+v", got)
	}
}

func seqs(calls []campaigns.Call) []int64 {
	out := make([]int64, len(calls))
	for i, c := range calls {
		out[i] = c.Seq
	}
	return out
}

func callFilters(b *bench) {
	one := b.stocked("one", 4)
	two := b.stocked("two", 1)
	b.call(one, campaigns.Busy) // 1
	sold := b.begin(one, b.lease(one, 1)[0])
	e := ended(*sold, campaigns.Connected) // 2
	e.Agent = 9
	b.must(b.Finish(b.Context(), e))
	third, p := b.call(one, campaigns.NoAnswer) // 3
	b.call(two, campaigns.Busy)                 // 4
	b.begin(one, b.lease(one, 1)[0])            // 5, open
	_, err := b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: sold.ID, Key: "k", Code: "sale", Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "p", Quantity: 1}}},
	})
	b.must(err)
	tests := []struct {
		name string
		f    campaigns.CallFilter
		want []int64
	}{
		{"all", campaigns.CallFilter{}, []int64{1, 2, 3, 4, 5}},
		{"newest", campaigns.CallFilter{Newest: true, Limit: 2}, []int64{5, 4}},
		{"newest after", campaigns.CallFilter{Newest: true, After: 3}, []int64{2, 1}},
		{"after", campaigns.CallFilter{After: 3}, []int64{4, 5}},
		{"campaign", campaigns.CallFilter{Campaign: one.ID}, []int64{1, 2, 3, 5}},
		{"campaign and limit", campaigns.CallFilter{Campaign: one.ID, Limit: 2}, []int64{1, 2}},
		{"outcome", campaigns.CallFilter{Outcomes: []campaigns.Outcome{campaigns.Busy}}, []int64{1, 4}},
		{"outcomes", campaigns.CallFilter{Outcomes: []campaigns.Outcome{campaigns.Busy, campaigns.NoAnswer}}, []int64{1, 3, 4}},
		{"outcome and campaign", campaigns.CallFilter{Campaign: two.ID, Outcomes: []campaigns.Outcome{campaigns.Busy}}, []int64{4}},
		{"agent", campaigns.CallFilter{Agent: 9}, []int64{2}},
		{"number", campaigns.CallFilter{Number: third.Number}, []int64{3}},
		{"contact", campaigns.CallFilter{Contact: p.ID}, []int64{3}},
		{"disposition", campaigns.CallFilter{Disposition: "sale"}, []int64{2}},
		{"sold", campaigns.CallFilter{Sold: true}, []int64{2}},
		{"from", campaigns.CallFilter{From: third.IntentAt}, []int64{3, 4, 5}},
		{"to", campaigns.CallFilter{To: third.IntentAt}, []int64{1, 2}},
		{"from and to", campaigns.CallFilter{From: sold.IntentAt, To: third.IntentAt}, []int64{2}},
		{"before all", campaigns.CallFilter{To: third.IntentAt.Add(-time.Hour)}, []int64{}},
		{"after all", campaigns.CallFilter{From: time.Now().Add(time.Hour)}, []int64{}},
	}
	for _, tt := range tests {
		same(b, tt.name, seqs(b.all(tt.f)), tt.want)
	}
}

// called is a campaign with n finished calls.
func (b *bench) called(n int) campaigns.Campaign {
	b.Helper()
	c := b.stocked("c", n)
	people := b.lease(c, n)
	together(40, func(i int) {
		for j := i; j < n; j += 40 {
			a := campaigns.NewAttempt(c, people[j], "", time.Now())
			if err := b.Begin(b.Context(), c, a); err != nil {
				b.Error(err)
				return
			}
			if err := b.Finish(b.Context(), ended(*a, campaigns.NoAnswer)); err != nil {
				b.Error(err)
			}
		}
	})
	return c
}

func callStream(b *bench) {
	const n = 2500
	c := b.called(n)
	want := make([]int64, n)
	for i := range want {
		want[i] = int64(i + 1)
	}
	same(b, "oldest first", seqs(b.all(campaigns.CallFilter{Campaign: c.ID})), want)
	slices.Reverse(want)
	same(b, "newest first", seqs(b.all(campaigns.CallFilter{Newest: true})), want)
	same(b, "limit over a page", seqs(b.all(campaigns.CallFilter{Newest: true, Limit: 1001})), want[:1001])
	b.clean()
}

func callStops(b *bench) {
	b.called(1500)
	n := 0
	for _, err := range b.Calls(b.Context(), campaigns.CallFilter{}) {
		b.must(err)
		if n++; n == 3 {
			break
		}
	}
	ctx, cancel := context.WithCancel(b.Context())
	defer cancel()
	var last error
	for _, err := range b.Calls(ctx, campaigns.CallFilter{}) {
		cancel()
		last = err
	}
	if !errors.Is(last, context.Canceled) {
		b.Fatalf("the stream ended with %v", last)
	}
}

func callHistory(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Retry[campaigns.Busy] = campaigns.RetryRule{} })
	var want []int64
	var p campaigns.Contact
	for range 4 {
		var a *campaigns.Attempt
		a, p = b.call(c, campaigns.Busy)
		want = append([]int64{a.Seq}, want...)
	}
	got, err := b.History(b.Context(), p.ID, 3)
	b.must(err)
	same(b, "history", seqs(got), want[:3])
	if got[0].Try != 4 {
		b.Fatalf("try %d of the last call", got[0].Try)
	}
}

func tallies(b *bench) {
	c := b.stocked("c", 6)
	start := time.Now()
	for _, o := range []campaigns.Outcome{campaigns.Busy, campaigns.Connected, campaigns.Connected, campaigns.AbandonedMsg} {
		b.call(c, o)
	}
	b.begin(c, b.lease(c, 1)[0])
	got, err := b.Tally(b.Context(), c.ID, start.Add(-time.Minute), time.Time{})
	b.must(err)
	if got.Attempts != 5 || got.Open != 1 || got.Live != 3 || got.Abandoned != 1 || got.Outcomes[campaigns.Connected] != 2 {
		b.Fatalf("tally %+v", got)
	}
	none, err := b.Tally(b.Context(), c.ID, start.Add(-time.Hour), start.Add(-time.Minute))
	b.must(err)
	if none.Attempts != 0 {
		b.Fatalf("tally of before %+v", none)
	}
}

func callHashes(b *bench) {
	c := b.stocked("c", 2)
	open := b.begin(c, b.lease(c, 1)[0])
	intent, err := b.Attempt(b.Context(), open.ID)
	b.must(err)
	if head := b.clean().Head; intent.Hash != head {
		b.Fatalf("hash %s, head of the chain %s", intent.Hash, head)
	}
	b.finish(open, campaigns.Busy)
	over, err := b.Attempt(b.Context(), open.ID)
	b.must(err)
	if head := b.clean().Head; over.Hash != head || over.Hash == intent.Hash {
		b.Fatalf("hash %s, head of the chain %s", over.Hash, head)
	}
}

func callSettings(b *bench) {
	c := b.stocked("c", 3, func(c *campaigns.Campaign) { c.Seller, c.Goods, c.Language = "ACME", "paint", "en" })
	first, _ := b.call(c, campaigns.Connected)
	old := c
	c.Seller, c.Goods, c.Language = "Bolt", "roofs", "es"
	_, err := b.UpdateCampaign(b.Context(), c, "manager")
	b.must(err)
	second := campaigns.NewAttempt(old, b.lease(c, 1)[0], "", time.Now()) // whoever dials has not heard of it yet
	b.must(b.Begin(b.Context(), old, second))
	b.finish(second, campaigns.Connected)
	if first.Settings == 0 || second.Settings == first.Settings {
		b.Fatalf("versions %d and %d", first.Settings, second.Settings)
	}
	_, err = b.SetStatus(b.Context(), c.ID, campaigns.Paused, "manager")
	b.must(err)
	got := b.all(campaigns.CallFilter{})
	one, err := b.Attempt(b.Context(), first.ID)
	b.must(err)
	for i, want := range []struct {
		call           campaigns.Call
		version        int64
		seller, spoken string
	}{{got[0], first.Settings, "ACME", "en"}, {got[1], second.Settings, "Bolt", "es"}, {one, first.Settings, "ACME", "en"}} {
		s := want.call.Settings
		if s == nil || s.Seller != want.seller || s.Language != want.spoken || s.ID != c.ID || want.call.Attempt.Settings != want.version {
			b.Fatalf("call %d: version %d, settings %+v", i, want.call.Attempt.Settings, s)
		}
	}
	b.clean()
}

func callRetries(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Retry[campaigns.Busy] = campaigns.RetryRule{} })
	first, _ := b.call(c, campaigns.Busy)
	second := b.begin(c, b.leaseAt(c, time.Now().Add(time.Second)))
	before := b.all(campaigns.CallFilter{})
	b.finish(second, campaigns.Busy)
	got := b.all(campaigns.CallFilter{})
	if got[0].RetryOf != "" || got[0].DayNo != 1 || got[1].RetryOf != first.ID || got[1].DayNo != 2 {
		b.Fatalf("first: retry of %q, %d of the day; second: retry of %q, %d of the day",
			got[0].RetryOf, got[0].DayNo, got[1].RetryOf, got[1].DayNo)
	}
	// The intents and outcomes are the last four links, one after the other.
	if before[1].PrevHash != got[0].Hash || got[1].PrevHash != before[1].Hash || len(got[0].PrevHash) != len(got[0].Hash) {
		b.Fatalf("links %s after %s, %s after %s", before[1].Hash, before[1].PrevHash, got[1].Hash, got[1].PrevHash)
	}
	b.clean()
}
