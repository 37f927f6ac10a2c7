package storagetest

import (
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var doNotCallTests = []test{
	{"an entry keeps who asked, when, how and why", dncKeeps},
	{"a removal is in the history, and the number may be called again", dncRemoves},
	{"without a number the history is that of all numbers, in the order of the ledger", dncHistory},
	{"an import adds what is new and says how much that was", dncImports},
	{"a bad number refuses the whole import", dncImportBad},
	{"the list can be read page by page", dncPages},
	{"an entry of a seller refuses the calls of its campaigns and of no other", dncOfSeller},
	{"who said it in a call said it to the seller of its campaign", dncInCall},
	{"who said it in a call said it to whom the campaign called for then", dncAfterARename},
	{"an entry of any seller refuses the calls of a campaign that names none", dncOfNobody},
	{"a new name for a seller is no way out of the list of the old one", dncOfARenamedSeller},
	{"a number leaves the list of one seller and stays on the others", dncLeavesOne},
}

func dncKeeps(b *bench) {
	want := campaigns.DoNotCall{
		Number: b.number(), At: time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), Channel: campaigns.ChannelManual, By: "eva", Name: "Ana Ruiz",
		Seller: "ACME", Goods: "paint", Reason: "asked by letter", Reference: "R-17", Campaign: 3,
	}
	b.must(b.AddDoNotCall(b.Context(), want))
	got, err := b.DoNotCall(b.Context(), want.Number)
	b.must(err)
	if got != want {
		b.Fatalf("got  %+v\nwant %+v", got, want)
	}
	yes, err := b.IsDoNotCall(b.Context(), want.Number)
	b.must(err)
	no, err := b.IsDoNotCall(b.Context(), b.number())
	b.must(err)
	if !yes || no {
		b.Fatalf("listed: %t, another: %t", yes, no)
	}
	if _, err := b.DoNotCall(b.Context(), b.number()); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
	again := want
	again.Reason = "asked again"
	b.must(b.AddDoNotCall(b.Context(), again))
	history, err := b.DoNotCallHistory(b.Context(), want.Number)
	b.must(err)
	if len(history) != 2 || history[1].Reason != "asked again" || history[0].RecordedAt.IsZero() {
		b.Fatalf("history %+v", history)
	}
	b.clean()
}

func dncRemoves(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num}))
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, By: "compliance", Reason: "wrong number typed"}))
	b.begin(c, p)
	if err := b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, By: "compliance"}); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("removed twice: %v", err)
	}
	history, err := b.DoNotCallHistory(b.Context(), num)
	b.must(err)
	if len(history) != 2 || !history[1].Removed || history[1].By != "compliance" || history[1].Reason != "wrong number typed" {
		b.Fatalf("history %+v", history)
	}
	b.clean()
}

func dncImports(b *bench) {
	var batch []campaigns.DoNotCall
	for range 1300 {
		batch = append(batch, campaigns.DoNotCall{Number: b.number(), Channel: campaigns.ChannelImport})
	}
	b.must(b.AddDoNotCall(b.Context(), batch[7]))
	batch = append(batch, batch[0])
	added, err := b.ImportDoNotCall(b.Context(), batch)
	b.must(err)
	if added != 1299 {
		b.Fatalf("added %d, want 1299", added)
	}
	for _, i := range []int{0, 7, 499, 500, 1299} {
		if there, err := b.IsDoNotCall(b.Context(), batch[i].Number); err != nil || !there {
			b.Fatalf("entry %d: %t, %v", i, there, err)
		}
	}
	b.clean()
}

func dncImportBad(b *bench) {
	good := b.number()
	added, err := b.ImportDoNotCall(b.Context(), []campaigns.DoNotCall{{Number: good}, {Number: "112"}})
	if !errors.Is(err, rules.ErrNumber) || added != 0 {
		b.Fatalf("added %d, %v", added, err)
	}
	if there, err := b.IsDoNotCall(b.Context(), good); err != nil || there {
		b.Fatalf("half of it was stored: %t, %v", there, err)
	}
}

func dncPages(b *bench) {
	var want []string
	for range 5 {
		n := b.number()
		want = append(want, n)
		b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: n}))
	}
	var got []string
	for after := ""; ; after = got[len(got)-1] {
		page, err := b.DoNotCalls(b.Context(), after, 2)
		b.must(err)
		if len(page) == 0 {
			break
		}
		for _, d := range page {
			got = append(got, d.Number)
		}
	}
	same(b, "numbers", got, want)
}

// sells makes a campaign with one contact that calls for a seller.
func (b *bench) sells(name, seller, number string) (campaigns.Campaign, campaigns.Contact) {
	c := b.campaign(name, func(c *campaigns.Campaign) { c.Seller, c.Cooldown = seller, 0 })
	people := b.people(1)
	people[0].Phones[0].Number = number
	b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	return c, b.lease(c, 1)[0]
}

func dncOfSeller(b *bench) {
	num := b.number()
	acme, one := b.sells("acme", "ACME  Paint", num)
	other, two := b.sells("other", "Other", num)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Seller: "acme paint ", Channel: campaigns.ChannelManual}))
	b.refusal(acme, campaigns.NewAttempt(acme, one, "", time.Now()), rules.DNC)
	a := b.begin(other, two)
	b.finish(a, campaigns.Busy)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Channel: campaigns.ChannelManual}))
	third, p := b.sells("third", "", num)
	b.refusal(third, campaigns.NewAttempt(third, p, "", time.Now()), rules.DNC)
	entries, err := b.DoNotCallEntries(b.Context(), num)
	b.must(err)
	if len(entries) != 2 || entries[0].Seller != "" || entries[1].Seller != "acme paint " {
		b.Fatalf("entries %+v", entries)
	}
	page, err := b.DoNotCalls(b.Context(), "", 1)
	b.must(err)
	if len(page) != 2 {
		b.Fatalf("a page holds %d of the number's 2 entries", len(page))
	}
	b.clean()
}

// A campaign that does not say for whom it calls may call for anybody: whoever
// was asked not to call binds it.
func dncOfNobody(b *bench) {
	num := b.number()
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Seller: "ACME", Channel: campaigns.ChannelManual}))
	house, p := b.sells("house", "", num)
	b.refusal(house, campaigns.NewAttempt(house, p, "", time.Now()), rules.DNC)
	bars, err := b.Foresee(b.Context(), house.ID, []campaigns.Contact{p})
	b.must(err)
	if bars[0].Rule != string(rules.DNC) {
		b.Errorf("an import does not foresee it: %+v", bars)
	}
	other, two := b.sells("other", "Other", num)
	a := b.begin(other, two)
	if err := b.BeginSide(b.Context(), side(a, "s1", num)); err != nil {
		b.Errorf("an outside call of another seller: %v", err)
	}
	b.finish(a, campaigns.Busy)
	b.clean()
}

// A new name for a seller is no way out of what people asked the old one, nor out
// of how often they were called.
func dncOfARenamedSeller(b *bench) {
	num := b.number()
	c, p := b.sells("acme", "ACME", num)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Campaign: c.ID, Channel: campaigns.ChannelAgent}))
	for _, name := range []string{"ACME Holding SL", "", "Nova"} {
		c.Seller, c.SellersBefore = name, nil // as a form sends it, that knows no former names
		var err error
		c, err = b.UpdateCampaign(b.Context(), c, "manager")
		b.must(err)
		again := campaigns.NewAttempt(c, p, "", time.Now())
		again.Manual = true // which leaves the contact where it is
		b.refusal(c, again, rules.DNC)
	}
	if want := []string{"ACME", "ACME Holding SL"}; !slices.Equal(c.SellersBefore, want) {
		b.Errorf("former names %q, want %q", c.SellersBefore, want)
	}
	b.clean()
}

func dncInCall(b *bench) {
	num := b.number()
	acme, _ := b.sells("acme", "ACME", num)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Campaign: acme.ID, Channel: campaigns.ChannelKey}))
	other, two := b.sells("other", "Other", num)
	b.begin(other, two)
	d, err := b.DoNotCall(b.Context(), num)
	b.must(err)
	if d.Seller != "ACME" {
		b.Fatalf("entry %+v", d)
	}
	b.clean()
}

func dncAfterARename(b *bench) {
	num := b.number()
	c, p := b.sells("acme", "ACME", num)
	a := b.begin(c, p)
	c.Seller = "Nova"
	_, err := b.UpdateCampaign(b.Context(), c, "manager")
	b.must(err)
	b.finish(a, campaigns.Connected)
	b.must1(b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "do_not_call"}))
	twin, two := b.sells("twin", "acme", num)
	b.refusal(twin, campaigns.NewAttempt(twin, two, "", time.Now()), rules.DNC)
	b.clean()
}

func dncLeavesOne(b *bench) {
	num := b.number()
	for _, seller := range []string{"", "ACME", "Other"} {
		b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Seller: seller, Channel: campaigns.ChannelManual}))
	}
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Seller: "acme", By: "compliance", Reason: "asked by letter"}))
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, By: "compliance", Reason: "asked by letter"}))
	entries, err := b.DoNotCallEntries(b.Context(), num)
	b.must(err)
	if len(entries) != 1 || entries[0].Seller != "Other" {
		b.Fatalf("entries %+v", entries)
	}
	history, err := b.DoNotCallHistory(b.Context(), num)
	b.must(err)
	if len(history) != 5 || !history[3].Removed || history[3].Seller != "acme" || history[4].Seller != "" {
		b.Fatalf("history %+v", history)
	}
	b.clean()
}

func dncHistory(b *bench) {
	second, first := b.number(), b.number() // the order of the ledger is not that of the numbers
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: first, Channel: campaigns.ChannelManual}))
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: second}))
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: first, By: "compliance", Reason: "wrong number typed"}))
	history, err := b.DoNotCallHistory(b.Context(), "")
	b.must(err)
	var got []string
	for _, c := range history {
		got = append(got, c.Number)
	}
	same(b, "numbers", got, []string{first, second, first})
	if history[0].Channel != campaigns.ChannelManual || history[1].Removed || !history[2].Removed {
		b.Fatalf("history %+v", history)
	}
}
