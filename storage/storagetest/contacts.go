package storagetest

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

var contactTests = []test{
	{"contacts are leased by the priority of their list, then by id", leaseOrder},
	{"a list that is switched off is not dialed", leaseInactive},
	{"a change of priority counts from the next lease", leasePriority},
	{"waiting contacts are leased when they are due, not before", leaseDue},
	{"a callback that is due comes before every list", leaseCallback},
	{"a personal callback names its agent", leasePersonal},
	{"a released personal callback does not crowd the hopper", releasePersonal},
	{"a released contact is callable at once", releaseReady},
	{"a postponed contact waits until the time that was said", postpones},
	{"a postponed callback waits until the time that was said", postponesCallback},
	{"what is not leased any more is not postponed", postponesLeasedOnly},
	{"depth says where everybody stands", depthCounts},
	{"a contact goes through its phones and then is done", phonesInTurn},
	{"a phone that does not exist is not tried again", deadPhonesStayDead},
	{"the retry rule counts what ended the same way", retryCounts},
	{"recycled contacts are callable with all their tries", recycles},
	{"many high priority contacts that are not due cost nothing", manyWaiting},
}

func ids(people []campaigns.Contact) []int64 {
	out := make([]int64, len(people))
	for i, p := range people {
		out[i] = p.ID
	}
	return out
}

func leaseOrder(b *bench) {
	c := b.campaign("c")
	low, high := b.list(c, "low", 1), b.list(c, "high", 9)
	_, lowIDs := b.load(low, b.people(3), campaigns.SkipDuplicates)
	_, highIDs := b.load(high, b.people(2), campaigns.SkipDuplicates)
	got := b.lease(c, 4)
	same(b, "order", ids(got), []int64{highIDs[0].Contact, highIDs[1].Contact, lowIDs[0].Contact, lowIDs[1].Contact})
	if got[0].Rank != 9 || got[3].Rank != 1 || got[0].State != campaigns.ContactLeased {
		b.Fatalf("leased %+v", got)
	}
	b.lease(c, 1)
}

func leaseInactive(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 1)
	b.load(l, b.people(2), campaigns.SkipDuplicates)
	b.must(b.SetListActive(b.Context(), l.ID, false, "manager"))
	if got, err := b.Lease(b.Context(), c.ID, time.Now(), 5); err != nil || len(got) != 0 {
		b.Fatalf("leased %d, %v", len(got), err)
	}
	if d := b.depth(c); d.Ready != 0 || d.Inactive != 2 {
		b.Fatalf("depth %+v", d)
	}
	b.must(b.SetListActive(b.Context(), l.ID, true, "manager"))
	b.lease(c, 2)
}

func leasePriority(b *bench) {
	c := b.campaign("c")
	one, two := b.list(c, "one", 5), b.list(c, "two", 4)
	b.load(one, b.people(2), campaigns.SkipDuplicates)
	b.load(two, b.people(2), campaigns.SkipDuplicates)
	if p := b.lease(c, 1)[0]; p.List != one.ID {
		b.Fatalf("leased from list %d", p.List)
	}
	b.must(b.SetListPriority(b.Context(), two.ID, 6, "manager"))
	if p := b.lease(c, 1)[0]; p.List != two.ID || p.Rank != 6 {
		b.Fatalf("leased from list %d with rank %d", p.List, p.Rank)
	}
}

func leaseDue(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Retry[campaigns.Busy] = campaigns.RetryRule{Delay: 10 * time.Minute} })
	_, p := b.call(c, campaigns.Busy)
	due := b.state(p.ID, campaigns.ContactWaiting).NextAt
	if d := b.depth(c); d.Waiting != 1 || !d.NextDue.Equal(due) {
		b.Fatalf("depth %+v, due %s", d, due)
	}
	if got, err := b.Lease(b.Context(), c.ID, due.Add(-time.Millisecond), 1); err != nil || len(got) != 0 {
		b.Fatalf("leased %d before it was due, %v", len(got), err)
	}
	if got := b.leaseAt(c, due); got.ID != p.ID || got.Tries != 1 || got.Last != campaigns.Busy {
		b.Fatalf("leased %+v", got)
	}
}

// callback has a contact called and a callback agreed at a time.
func (b *bench) callback(c campaigns.Campaign, at time.Time, agent int64) campaigns.Contact {
	b.Helper()
	a, p := b.call(c, campaigns.Connected)
	created, err := b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Code: "callback", Callback: &campaigns.Callback{At: at, Agent: agent, Note: "after lunch"},
	})
	b.must(err)
	if !created {
		b.Fatal("the callback was not created")
	}
	return b.state(p.ID, campaigns.ContactWaiting)
}

func leaseCallback(b *bench) {
	c := b.stocked("c", 3)
	at := time.Now().Add(time.Hour)
	p := b.callback(c, at, 0)
	if got := b.leaseAt(c, at.Add(-time.Second)); got.ID == p.ID {
		b.Fatal("a callback was leased before its time")
	}
	got := b.leaseAt(c, at)
	if got.ID != p.ID || got.Callback == 0 || got.Agent != 0 || got.Rank <= 1000 {
		b.Fatalf("leased %+v", got)
	}
	open, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Campaign: c.ID, Open: true})
	b.must(err)
	if len(open) != 1 || open[0].Contact != p.ID || !open[0].At.Equal(at.Truncate(time.Microsecond)) || open[0].Note != "after lunch" {
		b.Fatalf("callbacks %+v", open)
	}
	b.finish(b.begin(c, got), campaigns.Connected)
	b.state(p.ID, campaigns.ContactDone)
	open, err = b.Callbacks(b.Context(), campaigns.CallbackFilter{Campaign: c.ID, Open: true})
	b.must(err)
	if len(open) != 0 {
		b.Fatalf("still open: %+v", open)
	}
}

func leasePersonal(b *bench) {
	c := b.stocked("c", 1)
	at := time.Now().Add(time.Hour)
	b.callback(c, at, 42)
	if p := b.leaseAt(c, at); p.Agent != 42 {
		b.Fatalf("for agent %d, want 42", p.Agent)
	}
	mine, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Agent: 42})
	b.must(err)
	others, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Agent: 43})
	b.must(err)
	if len(mine) != 1 || len(others) != 0 {
		b.Fatalf("mine %+v, others %+v", mine, others)
	}
}

func releasePersonal(b *bench) {
	c := b.stocked("c", 2)
	b.callback(c, time.Now().Add(time.Hour), 42)
	at := time.Now().Add(2 * time.Hour)
	p := b.leaseAt(c, at)
	b.must(b.Release(b.Context(), []int64{p.ID}))
	b.state(p.ID, campaigns.ContactWaiting)
	if got := b.leaseAt(c, time.Now()); got.ID == p.ID {
		b.Fatal("it came again at once")
	}
	if got := b.leaseAt(c, at); got.ID != p.ID {
		b.Fatalf("leased %d, want the callback of contact %d", got.ID, p.ID)
	}
}

func releaseReady(b *bench) {
	c := b.stocked("c", 3)
	got := b.lease(c, 3)
	b.must(b.Release(b.Context(), append(ids(got), 1<<40)))
	b.must(b.Release(b.Context(), ids(got))) // and again: no harm
	b.must(b.Release(b.Context(), nil))
	if d := b.depth(c); d.Ready != 3 || d.Leased != 0 {
		b.Fatalf("depth %+v", d)
	}
	same(b, "order", ids(b.lease(c, 3)), ids(got))
	b.clean()
}

func depthCounts(b *bench) {
	c := b.stocked("c", 10)
	b.call(c, campaigns.NoAnswer)
	b.call(c, campaigns.Connected)
	p := b.lease(c, 2)
	b.begin(c, p[0])
	d := b.depth(c)
	want := campaigns.Depth{Ready: 6, Waiting: 1, Leased: 1, Live: 1, Done: 1, Total: 10, NextDue: d.NextDue}
	if d != want || d.NextDue.IsZero() {
		b.Fatalf("depth %+v, want %+v", d, want)
	}
	other := b.stocked("other", 1)
	if d := b.depth(other); d.Ready != 1 || d.Total != 1 {
		b.Fatalf("another campaign's depth: %+v", d)
	}
	b.clean()
}

func phonesInTurn(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Retry[campaigns.Invalid] = campaigns.RetryRule{NextPhone: true, Max: 1} })
	p := person(b.number())
	p.Phones = append(p.Phones, person(b.number()).Phones[0])
	_, v := b.load(b.list(c, "l", 0), []campaigns.Contact{p}, campaigns.SkipDuplicates)
	for i := range p.Phones {
		a, _ := b.call(c, campaigns.Invalid)
		if a.Number != p.Phones[i].Number || a.Phone != i {
			b.Fatalf("call %d went to phone %d", i, a.Phone)
		}
	}
	b.state(v[0].Contact, campaigns.ContactDone)
	b.clean()
}

func deadPhonesStayDead(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) {
		c.Retry[campaigns.Invalid] = campaigns.RetryRule{NextPhone: true}
		c.Retry[campaigns.NoAnswer] = campaigns.RetryRule{NextPhone: true}
	})
	p := person(b.number())
	for range 2 {
		p.Phones = append(p.Phones, person(b.number()).Phones[0])
	}
	b.load(b.list(c, "l", 0), []campaigns.Contact{p}, campaigns.SkipDuplicates)
	for i, o := range []campaigns.Outcome{campaigns.NoAnswer, campaigns.Invalid, campaigns.NoAnswer, campaigns.NoAnswer} {
		a, _ := b.call(c, o)
		if want := []int{0, 1, 2, 0}[i]; a.Phone != want {
			b.Fatalf("call %d went to phone %d, want %d", i, a.Phone, want)
		}
	}
	if a, _ := b.call(c, campaigns.NoAnswer); a.Phone != 2 {
		b.Fatalf("after the first phone came phone %d, want 2: the second does not exist", a.Phone)
	}
	b.clean()
}

func retryCounts(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) {
		c.Retry[campaigns.Busy] = campaigns.RetryRule{}
		c.Retry[campaigns.Blocked] = campaigns.RetryRule{Max: 2}
	})
	b.call(c, campaigns.Blocked)
	b.call(c, campaigns.Busy)
	_, p := b.call(c, campaigns.Blocked)
	b.state(p.ID, campaigns.ContactDone)
}

func recycles(b *bench) {
	c := b.stocked("c", 3, func(c *campaigns.Campaign) {
		c.MaxAttempts = 1
	})
	_, busy := b.call(c, campaigns.Busy)
	_, lost := b.call(c, campaigns.NoAnswer)
	a, refused := b.call(c, campaigns.Busy)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "not_interested"})
	b.must(err)
	n, err := b.Recycle(b.Context(), c.ID, []campaigns.Outcome{campaigns.Busy}, "manager")
	b.must(err)
	if n != 1 {
		b.Fatalf("recycled %d, want 1", n)
	}
	if p := b.state(busy.ID, campaigns.ContactReady); p.Tries != 0 {
		b.Fatalf("%d tries", p.Tries)
	}
	b.state(lost.ID, campaigns.ContactDone)
	b.state(refused.ID, campaigns.ContactDone)
	b.clean()
}

func manyWaiting(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Windows = closed(time.Now()) })
	high, low := b.list(c, "high", 9), b.list(c, "low", 1)
	b.load(high, b.people(3000), campaigns.SkipDuplicates)
	b.load(low, b.people(2), campaigns.SkipDuplicates)
	for {
		people, err := b.Lease(b.Context(), c.ID, time.Now(), 500)
		b.must(err)
		if people[0].List == low.ID {
			break
		}
		together(50, func(i int) {
			for j := i; j < len(people); j += 50 {
				if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, people[j], "", time.Now())); err == nil {
					b.Error("called outside the window")
				}
			}
		})
		if d := b.depth(c); d.Waiting == 3000 {
			break
		}
	}
	for i := range 2 {
		got, err := b.Lease(b.Context(), c.ID, time.Now(), 1)
		b.must(err)
		if len(got) == 1 && got[0].List != low.ID {
			b.Fatalf("lease %d came from the list that waits", i)
		}
	}
}

func postpones(b *bench) {
	c := b.stocked("c", 3)
	people, until := b.lease(c, 3), time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	b.must(b.Postpone(b.Context(), ids(people[:2]), until))
	if p := b.state(people[0].ID, campaigns.ContactWaiting); !p.NextAt.Equal(until) {
		b.Fatalf("waits until %s, want %s", p.NextAt, until)
	}
	if d := b.depth(c); d.Waiting != 2 || d.Leased != 1 || !d.NextDue.Equal(until) {
		b.Fatalf("depth %+v", d)
	}
	if got, err := b.Lease(b.Context(), c.ID, until.Add(-time.Millisecond), 9); err != nil || len(got) != 0 {
		b.Fatalf("leased %d before the time, %v", len(got), err)
	}
	got, err := b.Lease(b.Context(), c.ID, until, 9)
	b.must(err)
	same(b, "leased", ids(got), ids(people[:2]))
	b.clean()
}

func postponesCallback(b *bench) {
	c := b.stocked("c", 1)
	at := time.Now().Add(time.Minute)
	b.callback(c, at, 42)
	p, until := b.leaseAt(c, at), at.Add(12*time.Hour)
	b.must(b.Postpone(b.Context(), []int64{p.ID}, until))
	if got, err := b.Lease(b.Context(), c.ID, until.Add(-time.Second), 1); err != nil || len(got) != 0 {
		b.Fatalf("leased %d before the time, %v", len(got), err)
	}
	if got := b.leaseAt(c, until); got.Callback != p.Callback || got.Agent != 42 {
		b.Fatalf("leased %+v: the callback is lost", got)
	}
	b.clean()
}

func postponesLeasedOnly(b *bench) {
	c := b.stocked("c", 3)
	people := b.lease(c, 2)
	a := b.begin(c, people[0])
	b.must(b.Release(b.Context(), []int64{people[1].ID}))
	b.must(b.Postpone(b.Context(), []int64{people[0].ID, people[1].ID, 1 << 40}, time.Now().Add(time.Hour)))
	b.state(people[0].ID, campaigns.ContactLive)
	b.state(people[1].ID, campaigns.ContactReady)
	b.finish(a, campaigns.Connected)
	b.clean()
}
