package storagetest

import (
	"errors"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var rulesTests = []test{
	{"a number in a call is refused in every campaign", refuseLive},
	{"a number on the do-not-call list is refused and its contact done", refuseDNC},
	{"outside the calling window a contact waits until it opens", refuseHours},
	{"settings bind as stored, not as the caller remembers them", refuseStored},
	{"with several zones every one of them must be open", refuseZones},
	{"without a zone nobody is called", refuseNoZone},
	{"after the last try a contact is done", refuseAttempts},
	{"a number rests for the cool-down, whichever campaign tried it", refuseCooldown},
	{"a failed route costs neither a try nor the cool-down", routeFailed},
	{"what is not a number is never dialed", refuseNumber},
	{"an agreed callback may be called inside the cool-down", agreedCallback},
}

func refuseLive(b *bench) {
	one, two := b.campaign("one"), b.campaign("two")
	num := b.number()
	b.load(b.list(one, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	b.load(b.list(two, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	first := b.begin(one, b.lease(one, 1)[0])
	p := b.lease(two, 1)[0]
	b.refusal(two, campaigns.NewAttempt(two, p, "", time.Now()), rules.Live)
	if p := b.state(p.ID, campaigns.ContactWaiting); !p.NextAt.After(time.Now()) {
		b.Fatalf("comes back at %s", p.NextAt)
	}
	b.finish(first, campaigns.Busy)
	p = b.leaseAt(two, time.Now().Add(time.Hour))
	b.begin(two, p)
	b.clean()
}

// leaseAt leases one contact as of a later time.
func (b *bench) leaseAt(c campaigns.Campaign, now time.Time) campaigns.Contact {
	b.Helper()
	got, err := b.Lease(b.Context(), c.ID, now, 1)
	b.must(err)
	if len(got) != 1 {
		b.Fatalf("leased %d contacts as of %s, want 1; depth %+v", len(got), now, b.depth(c))
	}
	return got[0]
}

func refuseDNC(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: p.Phones[0].Number, Channel: campaigns.ChannelManual, By: "eva"}))
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), rules.DNC)
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

// closed is a week whose windows are all on days other than now's in Madrid,
// so that no test depends on the hour at which it runs.
func closed(now time.Time) rules.Week {
	w := rules.Always()
	madrid, err := rules.Location("Europe/Madrid")
	if err != nil {
		panic(err)
	}
	today := now.In(madrid).Weekday()
	w[today], w[(today+1)%7] = nil, nil
	return w
}

func refuseHours(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Windows = closed(time.Now()) })
	p := b.lease(c, 1)[0]
	r := b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), rules.Hours)
	got := b.state(p.ID, campaigns.ContactWaiting)
	if !got.NextAt.Equal(r.Primary.Next.Truncate(time.Microsecond)) || !got.NextAt.After(time.Now()) {
		b.Fatalf("waits until %s, the window opens at %s", got.NextAt, r.Primary.Next)
	}
}

func refuseStored(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	stricter := c
	stricter.Windows = closed(time.Now())
	_, err := b.UpdateCampaign(b.Context(), stricter, "manager")
	b.must(err)
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), rules.Hours)
}

func refuseZones(b *bench) {
	now := time.Now()
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Windows = openOnlyAt(now, "Pacific/Kiritimati") })
	both := person(b.number())
	both.Phones[0].Zones = []string{"Pacific/Kiritimati", "Pacific/Midway"} // 25 hours apart
	b.load(b.list(c, "l", 0), []campaigns.Contact{both}, campaigns.SkipDuplicates)
	p := b.lease(c, 1)[0]
	b.refusal(c, campaigns.NewAttempt(c, p, "", now), rules.Hours)
}

// openOnlyAt is a week that is open today in a zone and on no other day.
func openOnlyAt(now time.Time, zone string) rules.Week {
	loc, err := rules.Location(zone)
	if err != nil {
		panic(err)
	}
	var w rules.Week
	w[now.In(loc).Weekday()] = rules.Always()[0]
	return w
}

func refuseNoZone(b *bench) {
	c := b.campaign("c")
	nowhere := person("+88312345678") // a network of no country (ITU-T E.164.1)
	nowhere.Phones[0].Zones = nil
	b.load(b.list(c, "l", 0), []campaigns.Contact{nowhere}, campaigns.SkipDuplicates)
	p := b.lease(c, 1)[0]
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), rules.Zone)
	b.state(p.ID, campaigns.ContactWaiting) // somebody may find out where that is
}

func refuseAttempts(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) {
		c.MaxAttempts = 5
		c.Retry[campaigns.Busy] = campaigns.RetryRule{}
	})
	b.call(c, campaigns.Busy)
	b.call(c, campaigns.Busy)
	fewer := c
	fewer.MaxAttempts = 2
	_, err := b.UpdateCampaign(b.Context(), fewer, "manager")
	b.must(err)
	p := b.lease(c, 1)[0]
	if p.Tries != 2 {
		b.Fatalf("%d tries, want 2", p.Tries)
	}
	b.refusal(c, campaigns.NewAttempt(c, p, "", time.Now()), rules.Attempts)
	b.state(p.ID, campaigns.ContactDone)
}

func refuseCooldown(b *bench) {
	one := b.campaign("one")
	two := b.campaign("two", func(c *campaigns.Campaign) { c.Cooldown = time.Hour })
	num := b.number()
	b.load(b.list(one, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	b.load(b.list(two, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	a, _ := b.call(one, campaigns.NoAnswer)
	p := b.lease(two, 1)[0]
	b.refusal(two, campaigns.NewAttempt(two, p, "", time.Now()), rules.Cooldown)
	if p := b.state(p.ID, campaigns.ContactWaiting); !p.NextAt.Equal(a.IntentAt.Add(time.Hour)) {
		b.Fatalf("waits until %s, the number was tried at %s", p.NextAt, a.IntentAt)
	}
}

func routeFailed(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) {
		c.Cooldown = time.Hour
		c.Retry[campaigns.RouteFailed] = campaigns.RetryRule{}
	})
	b.call(c, campaigns.RouteFailed)
	_, p := b.call(c, campaigns.RouteFailed)
	if p := b.state(p.ID, campaigns.ContactWaiting); p.Tries != 0 {
		b.Fatalf("%d tries used up by routes that failed", p.Tries)
	}
}

func refuseNumber(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := campaigns.NewAttempt(c, p, "", time.Now())
	a.Number = "+34600111222;maddr=10.0.0.1"
	b.refusal(c, a, rules.Number)
	err := b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: "600 111 222"})
	if !errors.Is(err, rules.ErrNumber) {
		b.Fatalf("do-not-call of no number: %v", err)
	}
}

func agreedCallback(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) { c.Cooldown, c.MaxAttempts = 24*time.Hour, 1 })
	a, p := b.call(c, campaigns.Connected)
	at := time.Now().Add(time.Minute)
	_, err := b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Code: "callback", Callback: &campaigns.Callback{At: at}})
	b.must(err)
	got := b.leaseAt(c, at)
	if got.ID != p.ID || got.Callback == 0 {
		b.Fatalf("leased %+v", got)
	}
	b.begin(c, got)
	b.clean()
}
