package storagetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var consentGateTests = []test{
	{"a call names the consents that it stands on, and each counts it once", consentUsed},
	{"a consent that is revoked during the campaign refuses the very next call", consentRevokedRunning},
	{"a withdrawal that is dated ahead holds at once", consentRevokedAhead},
	{"of calls and a withdrawal at once none begins after the withdrawal has returned", consentWithdrawRace},
	{"a purchase lets the seller call, until an objection voids it (16 CFR 310.2(q))", consentRelation},
	{"a consent to live calls is none to automated ones, and one to a seller none to another", consentTerms},
}

const (
	saysYes  = `  - {id: test.consent, type: consent, level: express, cite: "a law"}`
	bought   = `  - {id: test.ebr, type: consent, any: [{purchase: {max_age: 18mo}}, {inquiry: {max_age: 3mo}}], cite: "16 CFR 310.2(q)"}`
	machines = `  - {id: test.auto, type: consent, level: express, channel: automated, cite: "a law"}`
)

// yes is a consent to the campaign's seller, given a minute ago.
func yes(c campaigns.Campaign, number string) campaigns.Consent {
	return campaigns.Consent{
		Number: number, Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, Seller: c.Seller, At: time.Now().Add(-time.Minute),
		Source: campaigns.ConsentByForm, Wording: "Yes.", By: "test",
	}
}

func forAigua(c *campaigns.Campaign) { c.Seller, c.MaxAttempts = "Aigua SL", 100 }

func consentUsed(b *bench) {
	c := b.stocked("c", 2, forAigua)
	b.adopt(b.ruleSet("house", 1, saysYes))
	people := b.lease(c, 2)
	id := b.give(yes(c, people[0].Phones[0].Number))[0].ID
	a := b.begin(c, people[0])
	b.refusal(c, campaigns.NewAttempt(c, people[1], "", time.Now()), "test.consent")
	b.finish(a, campaigns.NoAnswer)
	call, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	f, err := b.ConsentFile(b.Context(), id)
	b.must(err)
	if a.Consent != id || call.Consent != id || f.Uses != 1 || f.UsedAt.IsZero() || len(f.Used) != 1 || f.Used[0].Attempt != a.ID || f.Used[0].Campaign != c.ID {
		b.Fatalf("attempt stands on %q (log: %q), entry %+v", a.Consent, call.Consent, f)
	}
	if !f.KeepUntil().Equal(latest(f.UsedAt, f.RecordedAt).AddDate(5, 0, 0)) {
		b.Fatalf("kept until %s, used %s", f.KeepUntil(), f.UsedAt)
	}
	b.clean()
}

func latest(a, c time.Time) time.Time {
	if a.After(c) {
		return a
	}
	return c
}

func consentRevokedRunning(b *bench) {
	c := b.stocked("c", 1, forAigua, func(c *campaigns.Campaign) { c.Retry[campaigns.NoAnswer] = campaigns.RetryRule{} })
	b.adopt(b.ruleSet("house", 1, saysYes))
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	id := b.give(yes(c, num))[0].ID
	b.finish(b.begin(c, p), campaigns.NoAnswer)
	p = b.lease(c, 1)[0]
	_, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: num, ID: id, Source: campaigns.ConsentByPaper, By: "test"})
	b.must(err)
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), "test.consent")
	b.state(p.ID, campaigns.ContactWaiting) // it may be given again
	b.clean()
}

func consentRevokedAhead(b *bench) {
	c := b.stocked("c", 1, forAigua)
	b.adopt(b.ruleSet("house", 1, saysYes))
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	ahead := time.Now().Add(12 * time.Hour)
	late := yes(c, num)
	late.At, late.Reference = ahead.Add(-time.Hour), "by a clock that is ahead"
	b.give(yes(c, num))
	b.give(late)
	_, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: num, At: ahead, Source: campaigns.ConsentByPaper, By: "test"})
	b.must(err)
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), "test.consent")
	entries, err := b.Consents(b.Context(), campaigns.ConsentFilter{Number: num})
	b.must(err)
	for _, e := range entries {
		if e.RevokedAt.IsZero() || e.RevokedAt.After(time.Now()) {
			b.Errorf("an entry stands until %s", e.RevokedAt)
		}
	}
	b.clean()
}

func consentWithdrawRace(b *bench) {
	const callers = 16
	num := b.number()
	c := b.campaign("c", forAigua)
	b.adopt(b.ruleSet("house", 1, saysYes))
	same := make([]campaigns.Contact, 200)
	for i := range same {
		same[i] = person(num)
	}
	b.load(b.list(c, "list", 0), same, campaigns.AllowDuplicates)
	people := make(chan campaigns.Contact, len(same))
	for _, p := range b.lease(c, len(same)) {
		people <- p
	}
	close(people)
	b.give(yes(c, num))
	var withdrawn, began, late atomic.Int64
	underWay := make(chan struct{}) // closed by the fifth call
	together(callers+1, func(i int) {
		if i == callers {
			<-underWay
			_, err := b.Withdraw(b.Context(), campaigns.Withdrawal{Number: num, Source: campaigns.ConsentByPaper, By: "test"})
			if err != nil {
				b.Error(err)
			}
			withdrawn.Store(1)
			return
		}
		for p := range people {
			after := withdrawn.Load() == 1
			a := campaigns.NewAttempt(c, p, "", time.Now())
			err := b.Begin(context.WithoutCancel(b.Context()), c, a)
			var refused *rules.Refusal
			switch {
			case err == nil:
				if began.Add(1) == 5 {
					close(underWay)
				}
				if after {
					late.Add(1)
				}
				if err := b.Finish(b.Context(), ended(*a, campaigns.NoAnswer)); err != nil {
					b.Error(err)
				}
			case !errors.As(err, &refused):
				b.Error(err)
			}
		}
	})
	if late.Load() != 0 {
		b.Fatalf("%d of %d calls began after the withdrawal", late.Load(), began.Load())
	}
	f := b.consentsOf(num)
	if f[0].Uses != began.Load() {
		b.Fatalf("%d calls began, %d uses", began.Load(), f[0].Uses)
	}
	b.clean()
}

func consentRelation(b *bench) {
	shop := b.stocked("shop", 1, forAigua)
	a, p := b.call(shop, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "sale",
		Sale: &campaigns.Sale{Currency: "EUR", Lines: []campaigns.OrderLine{{Product: "router", Quantity: 1, UnitPrice: 4900}}}})
	b.must(err)
	num := p.Phones[0].Number
	b.adopt(b.ruleSet("house", 1, bought))
	again := b.campaign("again", forAigua)
	b.load(b.list(again, "list", 0), []campaigns.Contact{person(num), person(num)}, campaigns.AllowDuplicates)
	people := b.lease(again, 2)
	b.finish(b.begin(again, people[0]), campaigns.Busy)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, Channel: campaigns.ChannelManual, By: "x"}))
	b.must(b.RemoveDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, By: "x", Reason: "entered by mistake"}))
	b.refusal(again, campaigns.NewAttempt(again, people[1], "", time.Now()), "test.ebr")
	b.clean()
}

func consentTerms(b *bench) {
	c := b.stocked("c", 1, forAigua)
	b.adopt(b.ruleSet("house", 1, machines))
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	live, other := yes(c, num), yes(c, num)
	other.Seller, other.Channels = "Gas SA", []campaigns.ConsentChannel{campaigns.ConsentAutomated}
	b.give(live, other)
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), "test.auto")
	right := yes(c, num)
	right.Channels = []campaigns.ConsentChannel{campaigns.ConsentLive, campaigns.ConsentAutomated}
	id := b.give(right)[0].ID
	people, err := b.Lease(b.Context(), c.ID, time.Now().Add(time.Hour), 1)
	b.must(err)
	if a := b.begin(c, people[0]); a.Consent != id {
		b.Fatalf("it stands on %q", a.Consent)
	}
}
