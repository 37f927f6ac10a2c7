package storagetest

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var raceTests = []test{
	{"of a hundred that begin the same number one wins", raceNumber},
	{"of a hundred that begin the same contact one wins", raceContact},
	{"after a do-not-call was acknowledged no Begin passes", raceDNC},
	{"the last try of a contact is taken once", raceLastTry},
	{"of a hundred outcomes of one attempt one is stored", raceFinish},
	{"of a hundred dispositions of one attempt one is stored", raceDispose},
	{"no contact is leased twice", raceLease},
	{"of two imports of the same people one adds them", raceImport},
	{"a refusal does not harm what is written beside it", raceRefusals},
}

const crowd = 100

func raceNumber(b *bench) {
	num := b.number()
	var cs []campaigns.Campaign
	var as []*campaigns.Attempt
	for i := range crowd {
		c := b.campaign(fmt.Sprintf("c%d", i))
		b.load(b.list(c, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
		cs = append(cs, c)
		as = append(as, campaigns.NewAttempt(c, b.lease(c, 1)[0], "", time.Now()))
	}
	var won atomic.Int64
	together(crowd, func(i int) { b.onlyRefused(b.Begin(b.Context(), cs[i], as[i]), rules.Live, &won) })
	if won.Load() != 1 {
		b.Fatalf("%d calls to one number at once", won.Load())
	}
	if f := b.clean(); f.Open != 1 {
		b.Fatalf("%d open attempts", f.Open)
	}
}

// onlyRefused counts success and accepts no error but refusal by a rule.
func (b *bench) onlyRefused(err error, rule rules.ID, won *atomic.Int64) {
	var r *rules.Refusal
	switch {
	case err == nil:
		won.Add(1)
	case !errors.As(err, &r) || r.Primary.Rule != rule:
		b.Errorf("got %v, want a refusal by %s", err, rule)
	}
}

func raceContact(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	var won atomic.Int64
	together(crowd, func(int) {
		b.onlyRefused(b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())), rules.Live, &won)
	})
	if won.Load() != 1 {
		b.Fatalf("%d attempts at one contact at once", won.Load())
	}
	b.state(p.ID, campaigns.ContactLive)
	b.clean()
}

func raceDNC(b *bench) {
	c := b.stocked("c", crowd)
	people := b.lease(c, crowd)
	var mu sync.Mutex
	added := make(map[string]bool) // numbers whose do-not-call was acknowledged
	together(2*crowd, func(i int) {
		p := people[i/2]
		num := p.Phones[0].Number
		if i%2 == 0 {
			if err := b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num}); err != nil {
				b.Error(err)
			}
			mu.Lock()
			added[num] = true
			mu.Unlock()
			return
		}
		mu.Lock()
		before := added[num]
		mu.Unlock()
		err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now()))
		if before && err == nil {
			b.Errorf("a number was called after its do-not-call was acknowledged")
		}
	})
	b.clean() // I1 by the order of the chain
}

func raceLastTry(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) {
		c.MaxAttempts = 3
		c.Retry[campaigns.Busy] = campaigns.RetryRule{NextPhone: true}
	})
	many := person(b.number())
	for range 9 {
		many.Phones = append(many.Phones, person(b.number()).Phones[0])
	}
	b.load(b.list(c, "l", 0), []campaigns.Contact{many}, campaigns.SkipDuplicates)
	b.call(c, campaigns.Busy)
	b.call(c, campaigns.Busy)
	p := b.lease(c, 1)[0]
	var won atomic.Int64
	together(crowd, func(i int) { // through different phones, so that no number is in the way
		p := p
		p.Phone = i % len(p.Phones)
		b.onlyRefused(b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())), rules.Live, &won)
	})
	if won.Load() != 1 {
		b.Fatalf("the last try was taken %d times", won.Load())
	}
}

func raceFinish(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	var won atomic.Int64
	together(crowd, func(i int) {
		err := b.Finish(b.Context(), ended(*a, campaigns.Outcomes()[i%10]))
		if err == nil {
			won.Add(1)
		} else if !errors.Is(err, campaigns.ErrFinished) {
			b.Error(err)
		}
	})
	if won.Load() != 1 {
		b.Fatalf("%d outcomes", won.Load())
	}
	b.clean()
}

func raceDispose(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.call(c, campaigns.Connected)
	var created, again, refused atomic.Int64
	together(crowd, func(i int) {
		d := campaigns.Disposition{Attempt: a.ID, Key: fmt.Sprint(i % 2), Code: "survey"}
		ok, err := b.Dispose(b.Context(), d)
		switch {
		case err == nil && ok:
			created.Add(1)
		case err == nil:
			again.Add(1)
		case errors.Is(err, campaigns.ErrDisposed):
			refused.Add(1)
		default:
			b.Error(err)
		}
	})
	if created.Load() != 1 || again.Load() != crowd/2-1 || refused.Load() != crowd/2 {
		b.Fatalf("created %d, again %d, refused %d", created.Load(), again.Load(), refused.Load())
	}
}

func raceLease(b *bench) {
	c := b.stocked("c", 1000)
	var mu sync.Mutex
	seen := make(map[int64]int)
	together(20, func(int) {
		for {
			got, err := b.Lease(b.Context(), c.ID, time.Now(), 17)
			if err != nil {
				b.Error(err)
			}
			if len(got) == 0 {
				return
			}
			mu.Lock()
			for _, p := range got {
				seen[p.ID]++
			}
			mu.Unlock()
		}
	})
	for id, n := range seen {
		if n != 1 {
			b.Fatalf("contact %d was leased %d times", id, n)
		}
	}
	if len(seen) != 1000 {
		b.Fatalf("leased %d of 1000", len(seen))
	}
	b.clean()
}

func raceImport(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	people := b.people(300)
	var added atomic.Int64
	together(4, func(int) {
		id, err := b.BeginLoad(b.Context(), campaigns.Load{List: l.ID, Policy: campaigns.SkipDuplicates})
		if err != nil {
			b.Error(err)
			return
		}
		verdicts, err := b.AddContacts(b.Context(), id, people, campaigns.SkipDuplicates)
		if err != nil {
			b.Error(err)
		}
		for _, v := range verdicts {
			if v.Fate == campaigns.RowAdded {
				added.Add(1)
			}
		}
	})
	if added.Load() != 300 || b.depth(c).Total != 300 {
		b.Fatalf("added %d, depth %+v", added.Load(), b.depth(c))
	}
	b.clean()
}

func raceRefusals(b *bench) {
	c := b.stocked("c", crowd)
	people := b.lease(c, crowd)
	var won, bad atomic.Int64
	together(crowd, func(i int) {
		a := campaigns.NewAttempt(c, people[i], "", time.Now())
		switch i % 4 {
		case 0:
			a.Number = "nonsense"
		case 1:
			a.ID = "the same for all" // fails after it has written
		}
		if err := b.Begin(b.Context(), c, a); err != nil {
			bad.Add(1)
		} else {
			won.Add(1)
		}
	})
	if won.Load() != crowd/2+1 || bad.Load() != crowd/2-1 {
		b.Fatalf("%d begun, %d refused", won.Load(), bad.Load())
	}
	if f := b.clean(); f.Attempts != won.Load() {
		b.Fatalf("%d attempts in the ledger, %d acknowledged", f.Attempts, won.Load())
	}
}
