package storagetest

import (
	"context"
	"errors"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Receptions records the calls that people make to us, and finds whom an agent
// dials by hand.
type Receptions interface {
	Recognise(ctx context.Context, number string, among []int64) (int64, error)
	Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error)
	ByHand(ctx context.Context, campaign int64, phone campaigns.Phone) (campaigns.Contact, error)
	AgreedCallbacks(ctx context.Context, f campaigns.CallbackFilter) ([]campaigns.AgreedCallback, error)
}

var inboundTests = []test{
	{"a caller is known by the number, with who talked to them last", inboundKnown},
	{"a stranger gets a contact that nobody dials, and one only", inboundStranger},
	{"withheld numbers may call at once, as many as will", inboundWithheld},
	{"who is on the do-not-call list may call us, and the ledger is clean", inboundBlocked},
	{"nobody is called while they call us", inboundLive},
	{"who calls while we call them is written down beside it", inboundCrossing},
	{"a caller who is not served stands where they stood", inboundLeft},
	{"a call back asked for in the queue is kept, and due at its time", inboundCallback},
	{"what an agent says of a caller is done, before and after the end", inboundDisposed},
	{"calls to us are in no count of abandonment, and no try of the contact", inboundTally},
	{"what was open when the process died is closed as lost", inboundLost},
	{"of several campaigns the one that called last is meant", inboundMeant},
	{"a number dialed by hand keeps its contact where it was", manualDone},
	{"a number dialed by hand passes the same gates", manualGates},
	{"callbacks are listed with who is called", agreedListed},
}

func phoneOf(number string) campaigns.Phone {
	return campaigns.Phone{Number: number, Zones: []string{"Europe/Madrid"}}
}

// rings opens an attempt of somebody who calls.
func (b *bench) rings(c campaigns.Campaign, number string) (*campaigns.Attempt, campaigns.Received) {
	b.Helper()
	a := campaigns.NewInbound(c, number, "+34910000000", time.Now())
	r, err := b.Receive(b.Context(), a, phoneOf(number))
	b.must(err)
	return a, r
}

// spoke ends an attempt after a conversation with an agent.
func (b *bench) spoke(a *campaigns.Attempt, o campaigns.Outcome, agent int64) {
	b.Helper()
	end := ended(*a, o)
	end.AnsweredAt = end.RingingAt
	end.Agent, end.BridgedAt = agent, end.RingingAt.Add(time.Microsecond)
	b.must(b.Finish(b.Context(), end))
}

func inboundKnown(b *bench) {
	c := b.stocked("c", 2)
	p := b.lease(c, 1)[0]
	b.spoke(b.begin(c, p), campaigns.Connected, 7)
	a, r := b.rings(c, p.Phones[0].Number)
	if r.Contact.ID != p.ID || r.Contact.Name != "Ana" || r.LastAgent != 7 || r.DoNotCall {
		b.Fatalf("received %+v", r)
	}
	b.state(p.ID, campaigns.ContactLive)
	b.spoke(a, campaigns.InboundConnected, 8)
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if got.Mode != campaigns.Inbound || got.Outcome != campaigns.InboundConnected || got.Contact != p.ID || got.CallerID != "+34910000000" || got.Zones[0] != "Europe/Madrid" {
		b.Fatalf("the log says %+v", got)
	}
	if _, r := b.rings(c, p.Phones[0].Number); r.LastAgent != 8 {
		b.Fatalf("agent %d talked last", r.LastAgent)
	}
	b.clean()
}

func inboundStranger(b *bench) {
	c := b.campaign("c")
	num := b.number()
	a, r := b.rings(c, num)
	again, same := b.rings(c, num)
	if r.Contact.ID == 0 || r.Contact.ID != same.Contact.ID || r.Contact.State != campaigns.ContactDone {
		b.Fatalf("%+v, then %+v", r.Contact, same.Contact)
	}
	lists, err := b.Lists(b.Context(), c.ID)
	b.must(err)
	if len(lists) != 1 || lists[0].Name != campaigns.ListCallsBack || lists[0].Active {
		b.Fatalf("lists %+v", lists)
	}
	b.finish(a, campaigns.InboundLeft)
	b.finish(again, campaigns.InboundLeft)
	b.state(r.Contact.ID, campaigns.ContactDone)
	b.lease(c, 0)
	b.clean()
}

func inboundWithheld(b *bench) {
	c := b.campaign("c")
	one, r := b.rings(c, "")
	two, _ := b.rings(c, "")
	if r.Contact.ID != 0 {
		b.Fatalf("a withheld number has contact %d", r.Contact.ID)
	}
	b.clean()
	b.spoke(one, campaigns.InboundConnected, 3)
	b.must1(b.Dispose(b.Context(), campaigns.Disposition{Attempt: one.ID, Key: "k", Agent: 3, Code: "do_not_call", At: time.Now()}))
	b.finish(two, campaigns.InboundLeft)
	got, err := b.Attempt(b.Context(), two.ID)
	b.must(err)
	if got.Number != "" {
		b.Fatalf("number %q", got.Number)
	}
	b.clean()
}

func (b *bench) must1(_ bool, err error) {
	b.Helper()
	b.must(err)
}

func inboundBlocked(b *bench) {
	c := b.campaign("c")
	num := b.number()
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: num, At: time.Now(), Channel: campaigns.ChannelManual}))
	a, r := b.rings(c, num)
	if !r.DoNotCall {
		b.Fatal("nobody is told that the number is on the list")
	}
	b.finish(a, campaigns.InboundLeft)
	b.clean()
}

func inboundLive(b *bench) {
	c := b.stocked("c", 1)
	other := b.campaign("other")
	p := b.lease(c, 1)[0]
	num := p.Phones[0].Number
	b.load(b.list(other, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	q := b.lease(other, 1)[0]
	one, _ := b.rings(c, num)
	two, _ := b.rings(c, num)
	refused := func(c campaigns.Campaign, p campaigns.Contact) {
		b.Helper()
		var r *rules.Refusal
		if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, p, "", time.Now())); !errors.As(err, &r) || r.Primary.Rule != rules.Live {
			b.Fatalf("a caller is called: %v", err)
		}
	}
	refused(c, p)
	refused(other, q)
	b.finish(one, campaigns.InboundLeft)
	if d, err := b.Weigh(b.Context(), other, q, num, false, time.Now()); err != nil || d.PrimaryRule() != rules.Live {
		b.Fatalf("the second line is up still: %+v %v", d, err)
	}
	b.finish(two, campaigns.InboundLeft)
	b.state(p.ID, campaigns.ContactReady)
	b.begin(c, b.lease(c, 1)[0])
	b.clean()
}

func inboundCrossing(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	ours := b.begin(c, p)
	theirs, _ := b.rings(c, p.Phones[0].Number)
	b.clean()
	b.finish(ours, campaigns.Cancelled)
	b.spoke(theirs, campaigns.InboundConnected, 4)
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

func inboundLeft(b *bench) {
	c := b.stocked("c", 3)
	ready := b.lease(c, 3)
	b.must(b.Release(b.Context(), []int64{ready[0].ID}))
	b.finish(b.begin(c, ready[1]), campaigns.NoAnswer)
	before, err := b.Contact(b.Context(), ready[1].ID)
	b.must(err)
	for _, p := range ready {
		a, _ := b.rings(c, p.Phones[0].Number)
		b.finish(a, campaigns.InboundLeft)
	}
	b.state(ready[0].ID, campaigns.ContactReady)
	b.state(ready[1].ID, campaigns.ContactWaiting)
	b.state(ready[2].ID, campaigns.ContactReady) // out of the hopper
	after, err := b.Contact(b.Context(), ready[1].ID)
	b.must(err)
	if !after.NextAt.Equal(before.NextAt) || after.Tries != before.Tries || after.Last != before.Last {
		b.Fatalf("before %+v, after %+v", before, after)
	}
	if err := b.Begin(b.Context(), c, campaigns.NewAttempt(c, ready[2], "", time.Now())); !errors.Is(err, campaigns.ErrNotLeased) {
		b.Fatalf("the hopper's copy is dialed: %v", err)
	}
	b.clean()
}

func inboundCallback(b *bench) {
	c := b.campaign("c")
	num := b.number()
	a, r := b.rings(c, num)
	at := time.Now().Add(time.Minute).UTC().Truncate(time.Microsecond)
	end := ended(*a, campaigns.InboundCallback)
	end.Next = campaigns.Next{State: campaigns.ContactWaiting, At: at}
	b.must(b.Finish(b.Context(), end))
	p, err := b.Contact(b.Context(), r.Contact.ID)
	b.must(err)
	if p.State != campaigns.ContactWaiting || p.Callback == 0 || !p.NextAt.Equal(at) || p.Agent != 0 {
		b.Fatalf("the contact is %+v", p)
	}
	b.lease(c, 0)
	due, err := b.Lease(b.Context(), c.ID, at, 1)
	b.must(err)
	if len(due) != 1 || due[0].ID != p.ID {
		b.Fatalf("due are %+v", due)
	}
	b.finish(b.begin(c, due[0]), campaigns.Connected)
	open, err := b.Callbacks(b.Context(), campaigns.CallbackFilter{Campaign: c.ID, Open: true})
	b.must(err)
	if len(open) != 0 {
		b.Fatalf("open are %+v", open)
	}
	b.clean()
}

func inboundDisposed(b *bench) {
	for _, early := range []bool{true, false} {
		c := b.stocked("c"+map[bool]string{true: "early", false: "late"}[early], 1)
		p := b.lease(c, 1)[0]
		b.must(b.Release(b.Context(), []int64{p.ID}))
		a, _ := b.rings(c, p.Phones[0].Number)
		at := time.Now().Add(time.Hour)
		d := campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "callback", At: time.Now(), Callback: &campaigns.Callback{At: at, Agent: 3}}
		if early {
			b.must1(b.Dispose(b.Context(), d))
		}
		b.spoke(a, campaigns.InboundConnected, 3)
		if !early {
			b.must1(b.Dispose(b.Context(), d))
		}
		got, err := b.Contact(b.Context(), p.ID)
		b.must(err)
		if got.State != campaigns.ContactWaiting || got.Callback == 0 || got.Agent != 3 || got.Tries != 0 {
			b.Fatalf("early %v: the contact is %+v", early, got)
		}
	}
	b.clean()
}

func inboundTally(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	b.finish(b.begin(c, p), campaigns.Connected)
	for _, o := range []campaigns.Outcome{campaigns.InboundConnected, campaigns.InboundLeft, campaigns.InboundCallback, campaigns.InboundRefused} {
		a, _ := b.rings(c, b.number())
		end := ended(*a, o)
		end.Next = campaigns.Next{State: campaigns.ContactWaiting, At: time.Now().Add(time.Hour)}
		b.must(b.Finish(b.Context(), end))
	}
	open, _ := b.rings(c, b.number())
	t, err := b.Tally(b.Context(), c.ID, time.Time{}, time.Time{})
	b.must(err)
	if t.Attempts != 1 || t.Live != 1 || t.Abandoned != 0 || t.Open != 0 || t.Inbound != 4 || t.Outcomes[campaigns.InboundLeft] != 1 {
		b.Fatalf("tally %+v", t)
	}
	b.finish(open, campaigns.InboundLeft)
	if _, r := b.rings(c, p.Phones[0].Number); r.Contact.Tries != 1 {
		b.Fatalf("%d tries", r.Contact.Tries)
	}
	d, err := b.Weigh(b.Context(), c, p, p.Phones[0].Number, false, time.Now())
	b.must(err)
	if tries := verdictOf(d, rules.Attempts); tries.Used != 1 || d.PrimaryRule() != rules.Live {
		b.Fatalf("%+v, primary %s", tries, d.PrimaryRule())
	}
	b.clean()
}

func inboundLost(b *bench) {
	c := b.campaign("c")
	a, r := b.rings(c, b.number())
	w, _ := b.rings(c, "")
	lost, err := b.Recover(b.Context(), time.Now())
	b.must(err)
	if len(lost) != 2 {
		b.Fatalf("%d lost", len(lost))
	}
	for _, id := range []string{a.ID, w.ID} {
		got, err := b.Attempt(b.Context(), id)
		b.must(err)
		if got.Outcome != campaigns.Lost {
			b.Fatalf("it ends %s", got.Outcome)
		}
	}
	b.state(r.Contact.ID, campaigns.ContactDone)
	b.clean()
}

func inboundMeant(b *bench) {
	num := b.number()
	var ids []int64
	var cs []campaigns.Campaign
	for _, name := range []string{"one", "two", "three"} {
		c := b.campaign(name)
		cs, ids = append(cs, c), append(ids, c.ID)
	}
	meant := func(want int64) {
		b.Helper()
		if got, err := b.Recognise(b.Context(), num, ids); err != nil || got != want {
			b.Fatalf("campaign %d is meant, want %d (%v)", got, want, err)
		}
	}
	meant(0)
	for _, c := range cs[1:] {
		b.load(b.list(c, "l", 0), []campaigns.Contact{person(num)}, campaigns.SkipDuplicates)
	}
	meant(cs[1].ID)
	b.finish(b.begin(cs[2], b.lease(cs[2], 1)[0]), campaigns.NoAnswer)
	meant(cs[2].ID)
}

func manualDone(b *bench) {
	c := b.campaign("c")
	num := b.number()
	p, err := b.ByHand(b.Context(), c.ID, phoneOf(num))
	b.must(err)
	dial := func() *campaigns.Attempt {
		b.Helper()
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Manual = true
		b.must(b.Begin(b.Context(), c, a))
		b.state(p.ID, campaigns.ContactLive)
		return a
	}
	b.finish(dial(), campaigns.NoAnswer)
	b.state(p.ID, campaigns.ContactDone) // no retry rule sends a stranger to the dialer
	a := dial()
	b.spoke(a, campaigns.Connected, 3)
	b.must1(b.Dispose(b.Context(), campaigns.Disposition{Attempt: a.ID, Key: "k", Agent: 3, Code: "callback", At: time.Now(), Callback: &campaigns.Callback{At: time.Now().Add(time.Hour)}}))
	b.state(p.ID, campaigns.ContactWaiting)
	again, err := b.ByHand(b.Context(), c.ID, phoneOf(num))
	b.must(err)
	if again.ID != p.ID {
		b.Fatalf("contact %d, then %d", p.ID, again.ID)
	}
	b.clean()
}

func manualGates(b *bench) {
	c := b.campaign("c", func(c *campaigns.Campaign) { c.Cooldown = time.Hour })
	p, err := b.ByHand(b.Context(), c.ID, phoneOf(b.number()))
	b.must(err)
	begin := func() error {
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Manual = true
		return b.Begin(b.Context(), c, a)
	}
	var won atomic.Int64
	together(crowd, func(int) { b.onlyRefused(begin(), rules.Live, &won) })
	if won.Load() != 1 {
		b.Fatalf("%d calls by hand to one number at once", won.Load())
	}
	lost, err := b.Recover(b.Context(), time.Now())
	b.must(err)
	if len(lost) != 1 {
		b.Fatalf("%d lost", len(lost))
	}
	var r *rules.Refusal
	if err := begin(); !errors.As(err, &r) || r.Primary.Rule != rules.Cooldown {
		b.Fatalf("inside the cool-down: %v", err)
	}
	b.must(b.AddDoNotCall(b.Context(), campaigns.DoNotCall{Number: p.Phones[0].Number, At: time.Now(), Channel: campaigns.ChannelManual}))
	if err := begin(); !errors.As(err, &r) || r.Primary.Rule != rules.DNC {
		b.Fatalf("on the list: %v", err)
	}
	b.state(p.ID, campaigns.ContactDone)
	b.clean()
}

func agreedListed(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := b.begin(c, p)
	b.spoke(a, campaigns.Connected, 3)
	at := time.Now().Add(time.Hour).UTC().Truncate(time.Microsecond)
	b.must1(b.Dispose(b.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Agent: 3, Code: "callback", At: time.Now(), Callback: &campaigns.Callback{At: at, Agent: 3, Note: "the price"},
	}))
	list, err := b.AgreedCallbacks(b.Context(), campaigns.CallbackFilter{Agent: 3, Open: true})
	b.must(err)
	if len(list) != 1 || list[0].Name != "Ana" || list[0].Number != p.Phones[0].Number || list[0].Note != "the price" || !list[0].At.Equal(at) || list[0].Zones[0] != "Europe/Madrid" {
		b.Fatalf("listed %+v", list)
	}
}

// verdictOf is what one rule says in a decision.
func verdictOf(d *rules.Decision, id rules.ID) rules.Verdict {
	for _, v := range d.Verdicts() {
		if v.Rule == id {
			return v
		}
	}
	return rules.Verdict{}
}
