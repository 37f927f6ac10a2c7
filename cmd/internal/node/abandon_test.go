package node

import (
	"context"
	"encoding/json"
	"testing"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

// spentAtOnce lets nobody be abandoned before 34 have answered.
const spentAtOnce = `ruleset: {id: test-spent, title: Spent at once, version: 1, reviewed_on: 2026-11-22, reviewed_by: ""}
rules:
  - {id: test.rate, type: rate, max: 0.03, act: hard, window: {blocks: 30d, anchor: campaign_start}, start: greeting_end, within: 2s, cite: "16 CFR 310.4(b)(4)(i), held at every moment"}
`

// greeted is an agent who lets each person go when they have long greeted.
func greeted(ctx context.Context, v *village, d *desk, over func()) error {
	for {
		var e client.Event
		select {
		case <-ctx.Done():
			return nil
		case e = <-d.events:
		}
		var card api.Card
		switch e.Name {
		case "call_connected":
			if err := json.Unmarshal(e.Data, &card); err != nil {
				return err
			}
			silence := time.NewTimer(1800 * time.Millisecond) // until it is known that they do not go on
			select {
			case <-silence.C:
			case <-ctx.Done():
			}
			silence.Stop()
			close(v.line(card.Number).enough)
		case "call_ended":
			if err := json.Unmarshal(e.Data, &card); err != nil {
				return err
			}
			if err := d.Dispose(ctx, card.Attempt, api.Disposition{Attempt: card.Attempt, Code: "not_interested"}); err != nil {
				return err
			}
			over()
		}
	}
}

// Over real SIP and RTP: a limit that holds at every moment has nothing left for the
// first answers, so every call has an agent kept for it, nobody is abandoned, and the
// ledger knows when each person had greeted.
func TestWithNothingLeftOfTheBudgetEveryCallHasItsAgentAndItsGreeting(t *testing.T) {
	t.Parallel()
	const people = 6
	v := openVillage(t, at50ms)
	v.voice = media.Silence(200 * time.Millisecond).Then(media.Tone(voiceHertz, 500*time.Millisecond)).Then(media.Silence(time.Minute))
	logins := []string{"agent1", "agent2"}
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) { c.Campaigns[0].Mode = string(campaigns.Predictive) }, logins...)
	set, err := rules.ParseSet([]byte(spentAtOnce))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := o.node.db.Adopt(within(t), []*rules.Set{set}, campaigns.Adoption{By: "carla"}); err != nil {
		t.Fatal(err)
	}
	ctx, enough := context.WithTimeout(context.Background(), patience+people*5*time.Second)
	defer enough()
	done := make(chan struct{}, people)
	work, ctx := errgroup.WithContext(ctx)
	for _, login := range logins {
		o.plug(t, login, newWatcher())
		d := o.seat(t, login)
		work.Go(func() error { return greeted(ctx, v, d, func() { done <- struct{}{} }) })
	}
	numbers := make([]string, people)
	for i := range numbers {
		numbers[i] = fictional(i)
	}
	o.dial(t, numbers...)
	for range people {
		await(t, "a call is disposed of", done)
	}
	enough()
	if err := work.Wait(); err != nil {
		t.Fatal(err)
	}
	o.soft()
	o.end(t)
	calls := o.ledger(t)
	if len(calls) != people {
		t.Fatalf("%d calls in the ledger, not %d", len(calls), people)
	}
	heard := 0
	for _, c := range calls {
		if c.Outcome != campaigns.Connected || !c.Reserved || c.Late {
			t.Errorf("%s, agent kept %t, late %t", c.Outcome, c.Reserved, c.Late)
		}
		if c.GreetingSource != "vad" || c.GreetingEnd.IsZero() {
			continue // a busy machine tears holes into sound
		}
		heard++
		if end := c.GreetingEnd.Sub(c.AnsweredAt); end < 600*time.Millisecond || end > 1200*time.Millisecond || !c.GreetingStart.Before(c.GreetingEnd) {
			t.Errorf("the greeting of 700 ms ended %s after the answer", end)
		}
	}
	if heard < people/2 {
		t.Errorf("only %d of %d greetings were heard", heard, people)
	}
}
