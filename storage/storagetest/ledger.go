package storagetest

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

var ledgerTests = []test{
	{"an attempt has its place, time and try when Begin returns", beginFills},
	{"an outcome comes once, and frees the number", finishOnce},
	{"an outcome of no attempt is refused", finishUnknown},
	{"what Finish was told is what the call log shows", finishKeeps},
	{"a word that is no outcome is refused", finishWord},
	{"Recover closes open attempts once and returns leases", recoverOnce},
	{"a hand-over makes the call the second agent's, and the first one free", handOver},
	{"an agent who took a call over while in another is found", handOverTwice},
	{"what was lost is not redialled inside the cool-down", recoverCools},
	{"a cancelled Begin leaves nothing behind", beginCancelled},
	{"a contact that is not leased cannot be called", beginNotLeased},
	{"an attempt of an unknown campaign is refused", beginUnknownCampaign},
	{"a manual call needs no contact", beginManual},
	{"the same attempt twice is refused", beginTwice},
}

func beginFills(b *bench) {
	c := b.stocked("c", 2)
	people := b.lease(c, 2)
	before := time.Now().Add(-time.Second)
	first, second := b.begin(c, people[0]), b.begin(c, people[1])
	if first.Seq != 1 || second.Seq != 2 || first.Try != 1 {
		b.Fatalf("seq %d and %d, try %d: want 1, 2 and 1", first.Seq, second.Seq, first.Try)
	}
	if first.IntentAt.Before(before) || second.IntentAt.Before(first.IntentAt) {
		b.Fatalf("intents at %s and %s", first.IntentAt, second.IntentAt)
	}
	b.state(people[0].ID, campaigns.ContactLive)
	got, err := b.Attempt(b.Context(), first.ID)
	b.must(err)
	if got.Number != first.Number || got.Outcome != "" || got.Hash == "" || !got.IntentAt.Equal(first.IntentAt) {
		b.Fatalf("the ledger has %+v", got)
	}
	b.clean()
}

func finishOnce(b *bench) {
	c := b.stocked("c", 1)
	a, p := b.call(c, campaigns.NoAnswer)
	err := b.Finish(b.Context(), ended(*a, campaigns.Busy))
	if !errors.Is(err, campaigns.ErrFinished) {
		b.Fatalf("second outcome: %v, want ErrFinished", err)
	}
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if got.Outcome != campaigns.NoAnswer || got.Next.State != campaigns.ContactWaiting {
		b.Fatalf("outcome %s, next %+v", got.Outcome, got.Next)
	}
	if p := b.state(p.ID, campaigns.ContactWaiting); p.Tries != 1 || p.Last != campaigns.NoAnswer {
		b.Fatalf("tries %d, last %s", p.Tries, p.Last)
	}
	f := b.clean()
	if f.Attempts != 1 || f.Outcomes != 1 || f.Open != 0 {
		b.Fatalf("findings %+v", f)
	}
}

func finishUnknown(b *bench) {
	c := b.stocked("c", 1)
	a := campaigns.NewAttempt(c, b.lease(c, 1)[0], "", time.Now())
	if err := b.Finish(b.Context(), ended(*a, campaigns.Busy)); !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Fatalf("got %v, want ErrUnknownAttempt", err)
	}
	if _, err := b.Attempt(b.Context(), a.ID); !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Fatalf("got %v, want ErrUnknownAttempt", err)
	}
}

func finishWord(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	a.Outcome = "splendid"
	if err := b.Finish(b.Context(), *a); err == nil {
		b.Fatal("a made-up outcome was stored")
	}
}

func finishKeeps(b *bench) {
	c := b.stocked("c", 1)
	a := b.begin(c, b.lease(c, 1)[0])
	at := a.IntentAt
	step := func(ms int) time.Time { return at.Add(time.Duration(ms) * time.Millisecond) }
	a.Outcome, a.Trunk, a.Code, a.Q850, a.Reason, a.EndedBy = campaigns.Connected, "main", 200, 16, "Нормальное завершение", "agent"
	a.Error, a.Agent, a.ConnectDelay, a.PacketsIn, a.PacketsOut = "e", 7, 130*time.Millisecond, 500, 501
	a.SentAt, a.RingingAt, a.AnsweredAt, a.BridgedAt = step(1), step(2), step(3), step(4)
	a.MessageAt, a.MessageEndAt, a.EndedAt = step(5), step(6), step(7)
	a.LossShare, a.JitterMS, a.MOS = 0.015, 3.5, math.NaN()
	a.SecondAgent, a.SecondAt = 9, step(6)
	a.AgentLoss, a.AgentJitterMS, a.AgentMOS = 0.25, 1.5, 4.25
	b.must(b.Finish(b.Context(), *a))
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	b.clean()
	a.MOS = 0 // what is not a number is not stored
	a.Next = got.Next
	if !sameAttempt(got.Attempt, *a) {
		b.Fatalf("got  %+v\nwant %+v", got.Attempt, *a)
	}
}

// sameAttempt compares all fields; the times as instants.
func sameAttempt(x, y campaigns.Attempt) bool {
	times := func(a *campaigns.Attempt) []*time.Time {
		return []*time.Time{&a.IntentAt, &a.SentAt, &a.RingingAt, &a.AnsweredAt, &a.BridgedAt, &a.MessageAt, &a.MessageEndAt, &a.EndedAt, &a.SecondAt, &a.Next.At}
	}
	tx, ty := times(&x), times(&y)
	for i := range tx {
		if !tx[i].Truncate(time.Microsecond).Equal(ty[i].Truncate(time.Microsecond)) {
			return false
		}
		*tx[i], *ty[i] = time.Time{}, time.Time{}
	}
	zones := slices.Equal(x.Zones, y.Zones)
	x.Zones, y.Zones = nil, nil
	return zones && equalJSON(x, y)
}

func recoverOnce(b *bench) {
	c := b.stocked("c", 10)
	people := b.lease(c, 6)
	for _, p := range people[:3] {
		b.begin(c, p)
	}
	lost, err := b.Recover(b.Context(), time.Now())
	b.must(err)
	if len(lost) != 3 {
		b.Fatalf("closed %d attempts, want 3", len(lost))
	}
	for _, a := range lost {
		got, err := b.Attempt(b.Context(), a.ID)
		b.must(err)
		if got.Outcome != campaigns.Lost {
			b.Fatalf("outcome %s, want lost", got.Outcome)
		}
		b.state(a.Contact, campaigns.ContactWaiting)
	}
	if d := b.depth(c); d.Leased != 0 || d.Live != 0 || d.Ready != 7 || d.Waiting != 3 || d.Total != 10 {
		b.Fatalf("depth %+v", d)
	}
	if again, err := b.Recover(b.Context(), time.Now()); err != nil || len(again) != 0 {
		b.Fatalf("second Recover: %d attempts, %v", len(again), err)
	}
	entries, err := b.AuditEntries(b.Context(), 0, 0)
	b.must(err)
	if e := entries[len(entries)-1]; e.Kind != "store.recover" || !strings.HasPrefix(e.Detail, "3 attempts") {
		b.Fatalf("the last entry of the audit is %+v", e)
	}
	b.clean()
}

func recoverCools(b *bench) {
	c := b.stocked("c", 1, func(c *campaigns.Campaign) {
		c.Cooldown = 3 * time.Hour
		c.Retry[campaigns.Lost] = campaigns.RetryRule{Delay: time.Second}
	})
	p := b.lease(c, 1)[0]
	b.begin(c, p)
	now := time.Now()
	_, err := b.Recover(b.Context(), now)
	b.must(err)
	if p := b.state(p.ID, campaigns.ContactWaiting); p.NextAt.Before(now.Add(3*time.Hour - time.Second)) {
		b.Fatalf("callable again at %s, before the cool-down is over", p.NextAt)
	}
	if got, err := b.Lease(b.Context(), c.ID, now.Add(time.Hour), 1); err != nil || len(got) != 0 {
		b.Fatalf("leased %d inside the cool-down, %v", len(got), err)
	}
}

func beginCancelled(b *bench) {
	c := b.stocked("c", 1)
	a := campaigns.NewAttempt(c, b.lease(c, 1)[0], "", time.Now())
	ctx, cancel := context.WithCancel(b.Context())
	cancel()
	err := b.Begin(ctx, c, a)
	_, found := b.Attempt(b.Context(), a.ID)
	switch {
	case err != nil && found == nil:
		b.Fatalf("Begin said %v, but the row is there", err)
	case err == nil && found != nil:
		b.Fatalf("Begin said yes, but %v", found)
	}
}

func beginNotLeased(b *bench) {
	c := b.stocked("c", 2)
	p := b.lease(c, 1)[0]
	b.must(b.Release(b.Context(), []int64{p.ID}))
	a := campaigns.NewAttempt(c, p, "", time.Now())
	if err := b.Begin(b.Context(), c, a); !errors.Is(err, campaigns.ErrNotLeased) {
		b.Fatalf("got %v, want ErrNotLeased", err)
	}
	b.state(p.ID, campaigns.ContactReady)
	a.Contact = 1 << 40
	if err := b.Begin(b.Context(), c, a); !errors.Is(err, campaigns.ErrNotLeased) {
		b.Fatalf("unknown contact: got %v, want ErrNotLeased", err)
	}
}

func beginUnknownCampaign(b *bench) {
	c := b.stocked("c", 1)
	p := b.lease(c, 1)[0]
	a := campaigns.NewAttempt(c, p, "", time.Now())
	c.ID = 99
	if err := b.Begin(b.Context(), c, a); !errors.Is(err, campaigns.ErrNotFound) {
		b.Fatalf("got %v, want ErrNotFound", err)
	}
}

func beginManual(b *bench) {
	c := b.campaign("c")
	a := &campaigns.Attempt{
		ID: "0197-manual", Campaign: c.ID, Number: "+34600123456", Zones: []string{"Europe/Madrid"}, Manual: true, Mode: campaigns.Preview,
	}
	b.must(b.Begin(b.Context(), c, a))
	b.finish(a, campaigns.Connected)
	got, err := b.Attempt(b.Context(), a.ID)
	b.must(err)
	if !got.Manual || got.Outcome != campaigns.Connected || got.Next.State != campaigns.ContactDone {
		b.Fatalf("got %+v", got)
	}
	b.clean()
}

func beginTwice(b *bench) {
	c := b.stocked("c", 2)
	people := b.lease(c, 2)
	a := b.begin(c, people[0])
	again := campaigns.NewAttempt(c, people[1], "", time.Now())
	again.ID = a.ID
	if err := b.Begin(b.Context(), c, again); !errors.Is(err, campaigns.ErrExists) {
		b.Fatalf("got %v, want ErrExists", err)
	}
	b.state(people[1].ID, campaigns.ContactLeased)
	b.clean()
}

// refusal asserts that Begin refuses by a rule, and returns the refusal.
func (b *bench) refusal(c campaigns.Campaign, a *campaigns.Attempt, rule rules.ID) *rules.Refusal {
	b.Helper()
	err := b.Begin(b.Context(), c, a)
	var r *rules.Refusal
	if !errors.As(err, &r) {
		b.Fatalf("got %v, want a refusal by %s", err, rule)
	}
	if r.Primary.Rule != rule {
		b.Fatalf("refused by %s (%s), want %s", r.Primary.Rule, r.Primary.Detail, rule)
	}
	if _, err := b.Attempt(b.Context(), a.ID); !errors.Is(err, campaigns.ErrUnknownAttempt) {
		b.Fatalf("a refused attempt stands in the ledger: %v", err)
	}
	return r
}

// handOver has agent 1 talk and agent 2 take over, then another call of an agent.
func (b *bench) handOver(agent int64) {
	c := b.stocked("c", 2)
	people := b.lease(c, 2)
	first, next := b.begin(c, people[0]), b.begin(c, people[1])
	at := first.IntentAt
	ms := func(n int) time.Time { return at.Add(time.Duration(n) * time.Millisecond) }
	first.Outcome, first.Agent, first.AnsweredAt, first.BridgedAt = campaigns.Connected, 1, ms(1), ms(2)
	first.SecondAgent, first.SecondAt, first.EndedAt = 2, ms(10), ms(30)
	b.must(b.Finish(b.Context(), *first))
	next.Outcome, next.Agent, next.AnsweredAt, next.BridgedAt, next.EndedAt = campaigns.Connected, agent, ms(11), ms(12), ms(20)
	b.must(b.Finish(b.Context(), *next))
}

func handOver(b *bench) {
	b.handOver(1) // free since the hand-over
	b.clean()
	for agent, want := range map[int64]int{1: 2, 2: 1, 3: 0} {
		if got := b.all(campaigns.CallFilter{Agent: agent}); len(got) != want {
			b.Fatalf("%d calls of agent %d, want %d", len(got), agent, want)
		}
	}
}

func handOverTwice(b *bench) {
	b.handOver(2) // still in the call that was taken over
	f, err := b.Verify(b.Context(), time.Now())
	b.must(err)
	if len(f.Broken) != 1 || f.Broken[0].Law != campaigns.LawOneLeg {
		b.Fatalf("want one breach of %s, got %+v", campaigns.LawOneLeg, f.Broken)
	}
}
