package storagetest

import (
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// phones gives a campaign one contact with n phones, leased.
func (b *bench) phones(c campaigns.Campaign, n int) campaigns.Contact {
	b.Helper()
	p := campaigns.Contact{Name: "Ana"}
	for range n {
		p.Phones = append(p.Phones, person(b.number()).Phones[0])
	}
	b.load(b.list(c, "phones", 0), []campaigns.Contact{p}, campaigns.SkipDuplicates)
	return b.lease(c, 1)[0]
}

func wrongNumberNext(b *bench) {
	c := b.campaign("c")
	p := b.phones(c, 3)
	first := b.begin(c, p)
	b.finish(first, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: first.ID, Key: "k", Code: "wrong_number"})
	b.must(err)
	got := b.state(p.ID, campaigns.ContactWaiting)
	if got.Phone != 1 || !got.Phones[0].Dead || got.Phones[1].Dead || got.Phones[2].Dead || got.NextAt.After(time.Now()) {
		b.Fatalf("contact %+v", got)
	}
	next := b.begin(c, b.leaseAt(c, time.Now()))
	if next.Number != p.Phones[1].Number {
		b.Fatalf("%s is called next, not %s", next.Number, p.Phones[1].Number)
	}
	b.finish(next, campaigns.NoAnswer)
	if got := b.state(p.ID, campaigns.ContactWaiting); got.Phone != 2 {
		b.Fatalf("the dead phone comes back: %+v", got)
	}
	b.clean()
}

func wrongNumberLast(b *bench) {
	c := b.stocked("c", 1)
	_, p := b.disposed(c, campaigns.Disposition{Code: "wrong_number"})
	if got := b.state(p.ID, campaigns.ContactDone); !got.Phones[0].Dead {
		b.Fatalf("contact %+v", got)
	}
	if n, err := b.Recycle(b.Context(), c.ID, []campaigns.Outcome{campaigns.Connected}, "mia"); err != nil || n != 0 {
		b.Fatalf("%d who are not there are called again, %v", n, err)
	}
	b.clean()
}

func wrongNumberShared(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "shared", 0)
	shared, own := person(b.number()), person(b.number())
	also := campaigns.Contact{Name: "Both", Phones: []campaigns.Phone{shared.Phones[0], own.Phones[0]}}
	_, verdicts := b.load(l, []campaigns.Contact{shared, shared, also}, campaigns.AllowDuplicates)
	p := b.lease(c, 3)
	var first campaigns.Contact
	for _, leased := range p {
		if leased.ID == verdicts[0].Contact {
			first = leased
		}
	}
	b.must(b.Release(b.Context(), []int64{verdicts[1].Contact, verdicts[2].Contact}))
	a := b.begin(c, first)
	b.finish(a, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "wrong_number"})
	b.must(err)
	b.state(verdicts[0].Contact, campaigns.ContactDone)
	b.state(verdicts[1].Contact, campaigns.ContactDone)
	if got := b.state(verdicts[2].Contact, campaigns.ContactReady); got.Phone != 1 {
		b.Fatalf("the one with another phone: %+v", got)
	}
	b.clean()
}

func wrongNumberLeased(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "shared", 0)
	shared, own := person(b.number()), person(b.number())
	also := campaigns.Contact{Name: "Both", Phones: []campaigns.Phone{shared.Phones[0], own.Phones[0]}}
	_, verdicts := b.load(l, []campaigns.Contact{shared, shared, also}, campaigns.AllowDuplicates)
	leased := make(map[int64]campaigns.Contact)
	for _, p := range b.lease(c, 3) {
		leased[p.ID] = p
	}
	first, only, both := leased[verdicts[0].Contact], leased[verdicts[1].Contact], leased[verdicts[2].Contact]
	a := b.begin(c, first)
	b.finish(a, campaigns.Connected)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "wrong_number"})
	b.must(err)
	for _, p := range []campaigns.Contact{only, both} {
		if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); !errors.Is(err, campaigns.ErrNotLeased) {
			b.Fatalf("the wrong number of contact %d is called: %v", p.ID, err)
		}
	}
	b.state(only.ID, campaigns.ContactDone)
	b.state(both.ID, campaigns.ContactWaiting)
	if next := b.begin(c, b.leaseAt(c, time.Now())); next.Number != own.Phones[0].Number {
		b.Fatalf("%s is called, not the other phone", next.Number)
	}
}

func wrongNumberEarly(b *bench) {
	c := b.campaign("c")
	p := b.phones(c, 2)
	a := b.begin(c, p)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "wrong_number"})
	b.must(err)
	b.finish(a, campaigns.Connected)
	if got := b.state(p.ID, campaigns.ContactWaiting); got.Phone != 1 || !got.Phones[0].Dead {
		b.Fatalf("contact %+v", got)
	}
	b.clean()
}
