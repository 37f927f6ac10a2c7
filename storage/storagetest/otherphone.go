package storagetest

import (
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var otherPhoneTests = []test{
	{"a number that a register keeps out leaves the turn to the person's next phone, and so it is foreseen", otherPhoneJudged},
	{"a number that is refused at the last moment leaves the turn to the next phone at once", otherPhoneAtLast},
	{"who wants no calls is called by no other phone", otherPhoneObjected},
}

// someListed is a register that has some numbers.
type someListed map[string]bool

func (s someListed) Look(_ string, number uint64) rules.Listed {
	return rules.Listed{Loaded: true, Listed: s["+"+strconv.FormatUint(number, 10)], AccessedAt: time.Now()}
}

// reachable is a person with several phones, of whom a register has some.
func (b *bench) reachable(c campaigns.Campaign, listed ...bool) campaigns.Contact {
	b.Helper()
	p, listing := person(b.number()), someListed{}
	for range listed[1:] {
		p.Phones = append(p.Phones, person(b.number()).Phones[0])
	}
	for i, l := range listed {
		listing[p.Phones[i].Number] = l
	}
	b.load(b.list(c, "of "+p.Phones[0].Number, 0), []campaigns.Contact{p}, campaigns.SkipDuplicates)
	b.adopt(b.ruleSet("house", 1, register))
	b.SetRegisters(listing)
	return p
}

func (b *bench) judged(c campaigns.Campaign, p campaigns.Contact) campaigns.Judgement {
	b.Helper()
	got, err := b.Judge(b.Context(), c.ID, []campaigns.Contact{p}, time.Now())
	b.must(err)
	return got[0]
}

func (b *bench) barred(c campaigns.Campaign, p campaigns.Contact) string {
	b.Helper()
	bars, err := b.Foresee(b.Context(), c.ID, []campaigns.Contact{p})
	b.must(err)
	return bars[0].Rule
}

func otherPhoneJudged(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Retry[campaigns.NoAnswer] = campaigns.RetryRule{NextPhone: true} })
	b.reachable(c, true, false, true, false)
	p := b.lease(c, 1)[0]
	j := b.judged(c, p)
	if !j.Allowed || j.Phone != 1 || b.barred(c, p) != "" {
		b.Fatalf("judged %+v, foreseen %q", j, b.barred(c, p))
	}
	p.Phone = j.Phone
	a := b.begin(c, p)
	if a.Number != p.Phones[1].Number {
		b.Fatalf("the call goes to phone %d", slices.IndexFunc(p.Phones, func(one campaigns.Phone) bool { return one.Number == a.Number }))
	}
	b.finish(a, campaigns.NoAnswer)
	next := b.leaseAt(c, time.Now().Add(time.Hour))
	if next.Phone != 2 { // the turns go on from the phone that was called
		b.Fatalf("after phone 1 it is the turn of phone %d", next.Phone)
	}
	if j = b.judged(c, next); !j.Allowed || j.Phone != 3 {
		b.Fatalf("after phone 1: %+v", j)
	}
	for _, number := range []int{0, 1, 2, 3} {
		e, err := campaigns.NewLookup(b, b, b).Explain(b.Context(), campaigns.User{Role: campaigns.Manager}, c.ID, p.Phones[number].Number, time.Now())
		b.must(err)
		if got := e.Contacts[0]; got.Turn != (number == 3) || got.Phone != number {
			b.Errorf("phone %d: it is its turn %t: %q", number, got.Turn, got.Reason(time.Now()))
		}
	}
	counts, err := b.Refusals(b.Context(), c.ID, time.Now().Add(-time.Hour), time.Time{})
	b.must(err)
	if len(counts) != 1 || counts[0].Rule != "test.list" || counts[0].N != 2 { // two numbers, however often they were judged
		b.Errorf("refusals %+v", counts)
	}
	b.clean()
}

func otherPhoneAtLast(b *bench) {
	c := b.campaign("c")
	p := b.reachable(c, false, false)
	leased := b.lease(c, 1)[0]
	b.SetRegisters(someListed{p.Phones[0].Number: true})
	b.refusal(c, campaigns.NewAttempt(c, leased, "", time.Now()), "test.list")
	if d := b.depth(c); d.Waiting != 1 || d.Done != 0 {
		b.Fatalf("depth %+v", d)
	}
	next := b.lease(c, 1)[0]
	if next.ID != leased.ID || next.Phone != 1 {
		b.Fatalf("it is the turn of phone %d of contact %d", next.Phone, next.ID)
	}
	b.SetRegisters(someListed{p.Phones[0].Number: true, p.Phones[1].Number: true})
	if j := b.judged(c, next); j.Allowed || !j.Until.IsZero() || j.Rule != "test.list" || b.barred(c, next) != "test.list" {
		b.Fatalf("both are listed: %+v, foreseen %q", j, b.barred(c, next))
	}
	b.refusal(c, campaigns.NewAttempt(c, next, "", time.Now()), "test.list")
	if p := b.state(next.ID, campaigns.ContactDone); p.Last != campaigns.Refused {
		b.Fatalf("ended with %q", p.Last)
	}
	b.clean()
}

// The internal list is what people have told us: it is about them, not about one
// of their numbers. A call of their number that is going on is theirs as well.
func otherPhoneObjected(b *bench) {
	c, other := b.campaign("c"), b.campaign("other")
	p := b.reachable(c, true, false)
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: p.Phones[0].Number, By: "eva"}))
	leased := b.lease(c, 1)[0]
	if j := b.judged(c, leased); j.Allowed || !j.Until.IsZero() || b.barred(c, leased) != string(rules.DNC) {
		b.Fatalf("on the internal list: %+v, foreseen %q", j, b.barred(c, leased))
	}
	b.refusal(c, campaigns.NewAttempt(c, leased, "", time.Now()), rules.DNC)
	b.state(leased.ID, campaigns.ContactDone)

	_, err := b.Drop(b.Context(), campaigns.Adoption{Set: "house", By: "clara"})
	b.must(err)
	talks := person(b.number())
	both := person(talks.Phones[0].Number)
	both.Phones = append(both.Phones, person(b.number()).Phones[0])
	b.load(b.list(other, "l", 0), []campaigns.Contact{talks}, campaigns.SkipDuplicates)
	b.load(b.list(c, "l", 0), []campaigns.Contact{both}, campaigns.SkipDuplicates)
	b.begin(other, b.lease(other, 1)[0])
	waiting := b.lease(c, 1)[0]
	j := b.judged(c, waiting)
	if wait := time.Until(j.Until); j.Allowed || j.Rule != string(rules.Live) || wait > campaigns.BusyWait {
		b.Fatalf("in a call by another campaign: %+v", j)
	}
	b.clean()
}
