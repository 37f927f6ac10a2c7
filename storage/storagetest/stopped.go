package storagetest

import (
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// throw stops something of the house.
func (b *bench) throw(scope campaigns.StopScope, value string) campaigns.Stop {
	b.Helper()
	s, err := b.ThrowStop(b.Context(), campaigns.Stop{Scope: scope, Value: value, Reason: "a complaint", By: "cora"})
	b.must(err)
	return s
}

func (b *bench) lift(s campaigns.Stop) {
	b.Helper()
	b.must(b.LiftStop(b.Context(), s.ID, "ann", "over"))
}

// putBack hands contacts back as a hopper does that has them judged: until a full
// minute. It returns until when.
func (b *bench) putBack(c campaigns.Campaign, people []campaigns.Contact) time.Time {
	b.Helper()
	verdicts, err := b.Judge(b.Context(), c.ID, people, time.Now())
	b.must(err)
	until := time.Now().Add(campaigns.FixWait).Add(time.Minute - 1).Truncate(time.Minute)
	back := make([]campaigns.Back, len(people))
	for i, v := range verdicts {
		if v.Allowed {
			b.Fatalf("contact %d is allowed", people[i].ID)
		}
		back[i] = campaigns.Back{Contact: people[i].ID, Until: until, Held: v.Held}
	}
	b.must(b.PutBack(b.Context(), back))
	return until
}

// none asserts that nobody can be leased at a time.
func (b *bench) none(c campaigns.Campaign, now time.Time) {
	b.Helper()
	if got, err := b.Lease(b.Context(), c.ID, now, 9); err != nil || len(got) != 0 {
		b.Fatalf("leased %v, %v", ids(got), err)
	}
}

func stopsLetGo(b *bench) {
	c, other := b.stocked("solar", 3), b.stocked("wind", 1)
	people, apart := b.lease(c, 3), b.lease(other, 1)
	stop := b.throw(campaigns.StopHouse, "")
	elsewhere := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	b.must(b.Postpone(b.Context(), ids(apart), elsewhere)) // for another reason
	b.putBack(c, people[:2])
	b.refusal(c, campaigns.NewAttempt(c, people[2], "", time.Now()), rules.Stopped)
	b.none(c, time.Now())
	b.lift(stop)
	again := b.lease(c, 3)
	same(b, "leased after the lift", ids(again), ids(people))
	if p := b.state(apart[0].ID, campaigns.ContactWaiting); !p.NextAt.Equal(elsewhere) {
		b.Errorf("who waits for another reason is due at %s", p.NextAt)
	}
	b.begin(c, again[0])
	b.clean()
}

func stopsLetCallbacksGo(b *bench) {
	c := b.stocked("c", 1)
	at := time.Now().Add(time.Minute).UTC().Truncate(time.Microsecond)
	b.callback(c, at, 42)
	p := b.leaseAt(c, at)
	stop := b.throw(campaigns.StopCampaign, fmt.Sprint(c.ID))
	b.putBack(c, []campaigns.Contact{p})
	b.none(c, time.Now())
	b.lift(stop)
	if q := b.state(p.ID, campaigns.ContactWaiting); !q.NextAt.Equal(at) || q.Callback != p.Callback {
		b.Errorf("after the lift: %+v, agreed for %s", q, at)
	}
	b.none(c, at.Add(-time.Second))
	if got := b.leaseAt(c, at); got.Callback != p.Callback || got.Agent != 42 {
		b.Errorf("leased %+v: the callback is lost", got)
	}
	b.clean()
}

// The campaign's rest between two calls to a number keeps somebody waiting as well.
func stopsKeepRest(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) {
		c.Cooldown, c.Retry = 5*time.Minute, map[campaigns.Outcome]campaigns.RetryRule{campaigns.NoAnswer: {Delay: time.Minute}}
	})
	a, p := b.call(c, campaigns.NoAnswer)
	rests := a.IntentAt.Add(5 * time.Minute)
	stop := b.throw(campaigns.StopHouse, "")
	until := b.putBack(c, []campaigns.Contact{b.leaseAt(c, rests)})
	b.lift(stop)
	if q := b.state(p.ID, campaigns.ContactWaiting); q.NextAt.Before(rests) || !q.NextAt.Before(until) {
		b.Errorf("after the lift due at %s, the number rests until %s", q.NextAt, rests)
	}
	b.clean()
}

func stopsLeaveWhatIsNewer(b *bench) {
	c := b.stocked("c", 2)
	stop := b.throw(campaigns.StopHouse, "")
	until := b.putBack(c, b.lease(c, 2))
	one, err := b.Lease(b.Context(), c.ID, until, 1) // it is judged again, and a window is closed
	b.must(err)
	window := until.Add(8 * time.Hour).UTC()
	b.must(b.Postpone(b.Context(), ids(one), window))
	b.lift(stop)
	if q := b.state(one[0].ID, campaigns.ContactWaiting); !q.NextAt.Equal(window) {
		b.Errorf("a window that is closed until %s: due at %s after the lift", window, q.NextAt)
	}
	two := b.lease(c, 1)

	// A callback that is agreed for the very minute until which the stop put them off.
	stop = b.throw(campaigns.StopHouse, "")
	until = b.putBack(c, two)
	a, _ := b.rings(c, two[0].Phones[0].Number)
	b.spoke(a, campaigns.InboundConnected, 7)
	_, err = b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback", Callback: &campaigns.Callback{At: until, Agent: 7}})
	b.must(err)
	b.lift(stop)
	if q := b.state(two[0].ID, campaigns.ContactWaiting); !q.NextAt.Equal(until) {
		b.Errorf("agreed for %s, after the lift due at %s", until, q.NextAt)
	}
	b.clean()
}

func stopsOfTwo(b *bench) {
	c := b.stocked("c", 2)
	people := b.lease(c, 2)
	house, spain := b.throw(campaigns.StopHouse, ""), b.throw(campaigns.StopJurisdiction, "ES")
	b.putBack(c, people)
	b.lift(house)
	b.none(c, time.Now())
	b.lift(spain)
	same(b, "leased after both", ids(b.lease(c, 2)), ids(people))
	b.clean()
}

func stopsLiftedMeanwhile(b *bench) {
	c := b.stocked("c", 1)
	people := b.lease(c, 1)
	stop := b.throw(campaigns.StopHouse, "")
	verdicts, err := b.Judge(b.Context(), c.ID, people, time.Now())
	b.must(err)
	if !slices.Equal(verdicts[0].Held.Stops, []int64{stop.ID}) {
		b.Fatalf("%+v", verdicts[0])
	}
	b.lift(stop)
	b.must(b.PutBack(b.Context(), []campaigns.Back{{Contact: people[0].ID, Until: verdicts[0].Until, Held: verdicts[0].Held}}))
	same(b, "leased", ids(b.lease(c, 1)), ids(people))
	b.clean()
}

func stopsOfThousands(b *bench) {
	const many = 2100 // more than one transaction lets go
	c := b.campaign("c")
	people := make([]campaigns.Contact, many)
	for i := range people {
		people[i] = person(fmt.Sprintf("+3491%07d", i))
	}
	b.load(b.list(c, "list", 0), people, campaigns.SkipDuplicates)
	leased := b.lease(c, many)
	stop := b.throw(campaigns.StopHouse, "")
	b.putBack(c, leased)
	began := time.Now()
	b.lift(stop)
	b.Logf("%d let go in %s", many, time.Since(began).Round(time.Millisecond))
	if got := b.lease(c, many); len(got) != many {
		b.Errorf("%d of %d are due", len(got), many)
	}
	b.clean()
}
