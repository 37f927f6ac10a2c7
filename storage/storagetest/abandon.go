package storagetest

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// Abandonment counts calls as the law counts them, and counts them again.
type Abandonment interface {
	AbandonCounts(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, from, to time.Time) (abandonment.Counts, error)
	RecountAbandonment(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time) (campaigns.Recount, error)
	AbandonCalls(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time, classes []abandonment.Class, after int64, limit int) ([]campaigns.AbandonCall, error)
	AbandonStart(ctx context.Context, s campaigns.AbandonScope) (time.Time, error)
	Standings(ctx context.Context, campaign int64, now time.Time) ([]abandonment.Standing, error)
	DrawAMDSample(ctx context.Context, campaign int64, from, to time.Time, n int, by string) (int64, error)
	LabelAMD(ctx context.Context, attempt string, label campaigns.AMDLabel, by string) error
	AMDCases(ctx context.Context, campaign int64, from, to time.Time, limit int) ([]campaigns.AMDCase, error)
	AMDSample(ctx context.Context, s campaigns.AbandonScope, from, to time.Time) (abandonment.Sample, error)
}

var abandonTests = []test{
	{"every answered call is counted under one class for each start of the clock", abandonClasses},
	{"a connection at 1999, 2000 and 2001 ms is in time, in time and late", abandonClock},
	{"two clones of a campaign do not dilute their seller's share", abandonClones},
	{"a campaign that goes to another seller takes no calls along", abandonSellerAtTheTime},
	{"a machine that an agent found is counted whether said before or after the end of the call", abandonAgentMachine},
	{"calls of people who call us are in no rate", abandonInbound},
	{"what was lost is in no rate and is named", abandonLost},
	{"the calls behind a figure are as many as the figure says, page by page", abandonDrillDown},
	{"the reporting zone is fixed by the first call", abandonZone},
	{"machines are people until somebody has listened", abandonSample},
}

// all is everything that was ever placed.
var abandonEver = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func (b *bench) abandoned(s campaigns.AbandonScope, start abandonment.Start) abandonment.Counts {
	b.Helper()
	now := time.Now().Add(time.Second)
	n, err := b.AbandonCounts(b.Context(), s, start, abandonEver, now)
	b.must(err)
	r, err := b.RecountAbandonment(b.Context(), s, start, abandonment.Limit, abandonEver, now)
	b.must(err)
	if d := n.Differ(r.Counts); d != nil {
		b.Fatalf("kept and recounted differ: %+v", d)
	}
	return n
}

// answered ends a call as the dialer does: answered so long ago that instants up
// to 10 s after it lie before now.
func (b *bench) answered(c campaigns.Campaign, o campaigns.Outcome, change func(a *campaigns.Attempt, at func(ms int) time.Time)) *campaigns.Attempt {
	b.Helper()
	a := b.begin(c, b.lease(c, 1)[0])
	done := ended(*a, o)
	at := func(ms int) time.Time { return done.AnsweredAt.Add(time.Duration(ms) * time.Millisecond) }
	change(&done, at)
	b.must(b.Finish(b.Context(), done))
	return &done
}

func abandonClasses(b *bench) {
	c := b.stocked("c", 9)
	b.answered(c, campaigns.Connected, func(a *campaigns.Attempt, at func(int) time.Time) { a.BridgedAt = at(100) })
	b.answered(c, campaigns.LateConnected, func(a *campaigns.Attempt, at func(int) time.Time) {
		a.BridgedAt, a.GreetingStart, a.GreetingEnd, a.GreetingSource = at(2500), at(200), at(900), "vad"
	})
	b.answered(c, campaigns.AbandonedMsg, func(a *campaigns.Attempt, at func(int) time.Time) { a.MessageAt = at(1875) })
	b.answered(c, campaigns.AbandonedMsg, func(a *campaigns.Attempt, at func(int) time.Time) { a.MessageAt = at(2001) })
	b.answered(c, campaigns.AbandonedSilent, func(a *campaigns.Attempt, at func(int) time.Time) { a.EndedAt = at(300) })
	b.answered(c, campaigns.CalleeHungUp, func(a *campaigns.Attempt, at func(int) time.Time) { a.EndedAt = at(1500) })
	b.answered(c, campaigns.Machine, func(*campaigns.Attempt, func(int) time.Time) {})
	b.call(c, campaigns.NoAnswer)
	b.call(c, campaigns.Busy)
	strict := b.abandoned(campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromConnected)
	if want := (abandonment.Counts{Met: 1, Late: 1, Told: 1, ToldLate: 1, Silent: 1, HungUp: 1, Machine: 1}); strict != want {
		b.Fatalf("from the answer %+v, want %+v", strict, want)
	}
	mild := b.abandoned(campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromGreetingEnd)
	if want := (abandonment.Counts{Met: 2, Told: 1, ToldLate: 1, Silent: 1, HungUp: 1, Machine: 1}); mild != want {
		b.Fatalf("from the end of the greeting %+v, want %+v", mild, want)
	}
	b.clean()
}

func abandonClock(b *bench) {
	c := b.stocked("c", 3)
	for _, ms := range []int{1999, 2000, 2001} {
		b.answered(c, campaigns.Connected, func(a *campaigns.Attempt, at func(int) time.Time) {
			a.GreetingStart, a.GreetingEnd, a.GreetingSource, a.BridgedAt = at(100), at(700), "vad", at(700+ms)
		})
	}
	if n := b.abandoned(campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromGreetingEnd); n.Met != 2 || n.Late != 1 {
		b.Fatalf("%+v, want 2 in time and 1 late", n)
	}
}

func abandonClones(b *bench) {
	acme := func(c *campaigns.Campaign) { c.Seller, c.Purpose = "ACME", "sales" }
	one, two := b.stocked("one", 20, acme), b.stocked("two", 20, acme)
	other := b.stocked("other", 20, func(c *campaigns.Campaign) { c.Seller, c.Purpose = "Borg", "sales" })
	for range 9 {
		b.call(one, campaigns.Connected)
		b.call(two, campaigns.Connected)
		b.call(other, campaigns.Connected)
	}
	b.call(one, campaigns.AbandonedMsg)
	n := b.abandoned(campaigns.AbandonScope{Seller: "ACME", Purpose: "sales", BySeller: true}, abandonment.FromConnected)
	if n.Answered() != 19 || n.Abandoned() != 1 {
		b.Fatalf("of the seller: %+v", n)
	}
	if n := b.abandoned(campaigns.AbandonScope{}, abandonment.FromConnected); n.Answered() != 28 {
		b.Fatalf("of the house: %+v", n)
	}
	if n := b.abandoned(campaigns.AbandonScope{Seller: "ACME", Purpose: "debt", BySeller: true}, abandonment.FromConnected); !n.Empty() {
		b.Fatalf("of another purpose: %+v", n)
	}
}

func abandonSellerAtTheTime(b *bench) {
	c := b.stocked("c", 4, func(c *campaigns.Campaign) { c.Seller, c.Purpose = "ACME", "sales" })
	b.call(c, campaigns.AbandonedMsg)
	c.Seller = "Borg"
	c, err := b.UpdateCampaign(b.Context(), c, "manager")
	b.must(err)
	b.call(c, campaigns.Connected)
	for seller, want := range map[string]abandonment.Counts{"ACME": {Silent: 1}, "Borg": {Met: 1}} {
		s := campaigns.AbandonScope{Seller: seller, Purpose: "sales", BySeller: true}
		if n := b.abandoned(s, abandonment.FromConnected); n.Answered() != 1 || n.Abandoned() != want.Abandoned() {
			b.Fatalf("%s: %+v", seller, n)
		}
	}
}

func abandonAgentMachine(b *bench) {
	c := b.stocked("c", 4)
	early := b.begin(c, b.lease(c, 1)[0])
	b.must1(b.Dispose(b.Context(), campaigns.Disposition{Attempt: early.ID, Key: "a", Code: campaigns.MachineCode}))
	b.finish(early, campaigns.Connected)
	b.disposed(c, campaigns.Disposition{Code: campaigns.MachineCode})
	b.disposed(c, campaigns.Disposition{Code: "no_decision"})
	n := b.abandoned(campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromConnected)
	if n.AgentMachine != 2 || n.Talked() != 3 || n.Humans() != 1 {
		b.Fatalf("%+v", n)
	}
}

func abandonInbound(b *bench) {
	c := b.stocked("c", 1)
	a, _ := b.rings(c, b.number())
	b.spoke(a, campaigns.InboundConnected, 7)
	if n := b.abandoned(campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromConnected); !n.Empty() {
		b.Fatalf("%+v", n)
	}
}

func abandonLost(b *bench) {
	c := b.stocked("c", 1)
	b.begin(c, b.lease(c, 1)[0])
	_, err := b.Recover(b.Context(), time.Now())
	b.must(err)
	r, err := b.RecountAbandonment(b.Context(), campaigns.AbandonScope{Campaign: c.ID}, abandonment.FromConnected, abandonment.Limit, abandonEver, time.Now().Add(time.Second))
	b.must(err)
	if r.Lost != 1 || !r.Counts.Empty() {
		b.Fatalf("%+v", r)
	}
}

func abandonDrillDown(b *bench) {
	acme := func(c *campaigns.Campaign) { c.Seller, c.Purpose = "ACME", "sales" }
	one, two := b.stocked("one", 30, acme), b.stocked("two", 30, acme)
	for i := range 12 {
		for _, c := range []campaigns.Campaign{two, one} {
			b.call(c, []campaigns.Outcome{campaigns.Connected, campaigns.AbandonedMsg, campaigns.NoAnswer}[i%3])
		}
	}
	for _, s := range []campaigns.AbandonScope{{Campaign: one.ID}, {Seller: "ACME", Purpose: "sales", BySeller: true}} {
		want := b.abandoned(s, abandonment.FromConnected)
		var got abandonment.Counts
		var places []int64
		for after := int64(0); ; {
			page, err := b.AbandonCalls(b.Context(), s, abandonment.FromConnected, abandonment.Limit, abandonEver, time.Now().Add(time.Second), nil, after, 3)
			b.must(err)
			for _, c := range page {
				got.Note(c.Class, c.Reserved)
				places, after = append(places, c.Seq), c.Seq
			}
			if len(page) < 3 {
				break
			}
		}
		if got != want || !slices.IsSorted(places) || len(slices.Compact(places)) != int(want.Answered()) {
			b.Fatalf("%+v in places %v, want %+v", got, places, want)
		}
		silent, err := b.AbandonCalls(b.Context(), s, abandonment.FromConnected, abandonment.Limit, abandonEver, time.Now().Add(time.Second), []abandonment.Class{abandonment.Silent}, 0, 100)
		b.must(err)
		if len(silent) != int(want.Silent) || silent[0].Attempt == "" || silent[0].Wait != -1 {
			b.Fatalf("%d silent, want %d: %+v", len(silent), want.Silent, silent[:1])
		}
	}
}

func abandonZone(b *bench) {
	c := b.stocked("c", 1)
	c.Zone = "Europe/Madrid"
	c, err := b.UpdateCampaign(b.Context(), c, "manager")
	b.must(err)
	b.call(c, campaigns.NoAnswer)
	c.Zone = "Europe/Rome"
	if _, err := b.UpdateCampaign(b.Context(), c, "manager"); !errors.Is(err, campaigns.ErrZoneFixed) {
		b.Fatalf("got %v, want ErrZoneFixed", err)
	}
	c.Zone, c.Goods = "Europe/Madrid", "other"
	if _, err := b.UpdateCampaign(b.Context(), c, "manager"); err != nil {
		b.Fatal(err)
	}
}

func abandonSample(b *bench) {
	c := b.stocked("c", 40)
	for range 10 {
		b.call(c, campaigns.Machine)
		b.call(c, campaigns.Connected)
	}
	now := time.Now().Add(time.Second)
	own := func() abandonment.Standing {
		b.Helper()
		all, err := b.Standings(b.Context(), c.ID, now)
		b.must(err)
		return all[0]
	}
	if st := own(); st.FalsePositives != 10 || st.Budget >= 0 || st.Rule.ID != campaigns.OwnLimitID {
		b.Fatalf("nobody has listened: %+v", st)
	}
	for _, want := range []int64{6, 4, 0} {
		drawn, err := b.DrawAMDSample(b.Context(), c.ID, abandonEver, now, 6, "carl")
		b.must(err)
		if drawn != want {
			b.Fatalf("drew %d, want %d", drawn, want)
		}
	}
	cases, err := b.AMDCases(b.Context(), c.ID, abandonEver, now, 100)
	b.must(err)
	for _, k := range cases {
		b.must(b.LabelAMD(b.Context(), k.Attempt, campaigns.AMDMachine, "carl"))
	}
	b.must(b.LabelAMD(b.Context(), cases[0].Attempt, campaigns.AMDHuman, "carla"))
	s, err := b.AMDSample(b.Context(), campaigns.AbandonScope{Campaign: c.ID}, abandonEver, now)
	b.must(err)
	if (s != abandonment.Sample{Labelled: 10, Humans: 1}) || own().FalsePositives != s.FalsePositives(10) {
		b.Fatalf("%+v, %+v", s, own())
	}
	connected, _ := b.call(c, campaigns.Connected)
	if err := b.LabelAMD(b.Context(), connected.ID, campaigns.AMDHuman, "carl"); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("a call that was not drawn: %v", err)
	}
	entries, err := b.AuditEntries(b.Context(), 0, 1000)
	b.must(err)
	labels := 0
	for _, e := range entries {
		if e.Kind == "amd.label" {
			labels++
		}
	}
	if labels != 11 {
		b.Fatalf("%d labels in the audit, want 11", labels)
	}
	b.clean()
}
