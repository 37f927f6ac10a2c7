package dialer

import (
	"context"
	"encoding/json"
	"errors"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

func (h *house) worksFor(agent int64) int64 {
	a, _ := h.engine.Agent(agent)
	return a.Campaign
}

func TestSharedAgentsServeTheHigherPriorityAsLongAsItCanDial(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(3*time.Second, 20*time.Second) })
		h.store.load(1, 200)
		h.run()
		h.wrapUps(func() time.Duration { return 2 * time.Second })
		for id := range int64(4) {
			h.agent(id+1, true, 1, 2)
		}
		none := func(c *campaigns.Campaign) { c.Retry = nil }
		h.apply(h.campaign(1, none))
		h.until(time.Minute, "all talk for campaign 1", func() bool { return h.view(1).Talking == 4 })
		h.store.load(2, 20)
		h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Retry, c.Priority = nil, 5 }))
		h.until(3*time.Second, "campaign 2 runs", func() bool { return h.view(2).Active })
		if h.view(1).Talking == 0 {
			t.Error("conversations were cut for another campaign")
		}
		h.until(2*time.Minute, "all moved", func() bool { return h.view(2).Talking == 4 })
		h.until(time.Hour, "campaign 2 through and all back", func() bool { return h.view(1).Talking == 4 && h.view(2).Totals.Bridged == 20 })
		h.until(time.Hour, "all through", func() bool { return h.store.done() == 220 })
		h.stop()
	})
}

func TestAnAgentWhoDoesNotServeACampaignIsNeverLentToIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(3*time.Second, 20*time.Second) })
		h.store.load(1, 20)
		h.run()
		h.agent(1, true, 2)
		h.apply(h.campaign(1, nil))
		time.Sleep(time.Minute)
		if h.worksFor(1) != 0 || h.view(1).Why.Cause != CauseNoAgents || h.trunk.count() != 0 {
			t.Errorf("works for %d, why %+v", h.worksFor(1), h.view(1).Why)
		}
		h.stop()
	})
}

func TestACallbackAgreedWithAnAgentWaitsForThatAgentAndFetchesThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(3*time.Second, 20*time.Second) })
		h.store.load(1, 400)
		due := time.Now().Add(10 * time.Minute)
		h.store.add(campaigns.Contact{
			ID: 1001, Campaign: 2, List: 1, Name: "Agreed", Callback: 5, Agent: 2, State: campaigns.ContactWaiting, NextAt: due,
			Phones: []campaigns.Phone{{Number: "+15559990001", Zones: []string{"America/New_York"}}},
		})
		h.run()
		h.wrapUps(func() time.Duration { return 2 * time.Second })
		h.agent(1, true, 1, 2)
		h.agent(2, true, 1, 2)
		none := func(c *campaigns.Campaign) { c.Retry = nil }
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry, c.Priority = nil, 9 }))
		h.apply(h.campaign(2, none))
		h.until(20*time.Minute, "the callback", func() bool { return h.view(2).Totals.Bridged == 1 })
		if late := time.Since(due); late > 2*time.Minute {
			t.Errorf("called %s late", late)
		}
		h.until(time.Minute, "back to work for campaign 1", func() bool { return h.worksFor(2) == 1 })
		h.hard()
		h.stop()
		for _, a := range h.store.rows() {
			if a.Campaign == 2 && (a.Agent != 2 || a.Callback != 5 || a.IntentAt.Before(due)) {
				t.Errorf("row: %+v", a)
			}
			if a.Campaign == 1 && a.Outcome == campaigns.AbandonedMsg {
				t.Logf("abandoned in campaign 1 for the move: %+v", a)
			}
		}
	})
}

func TestAPersonalCallbackOfSomebodyAbsentWaitsAndSaysSo(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(3*time.Second, 20*time.Second) })
		h.store.add(campaigns.Contact{
			ID: 1, Campaign: 1, Name: "Agreed", Callback: 5, Agent: 2, State: campaigns.ContactReady,
			Phones: []campaigns.Phone{{Number: "+15559990001", Zones: []string{"America/New_York"}}},
		})
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, nil))
		time.Sleep(time.Minute)
		if v := h.view(1); v.Parked != 1 || v.Totals.Placed != 0 || h.state(1) != StateReady {
			t.Errorf("view: %+v", v)
		}
		h.agent(2, true, 1)
		h.until(10*time.Second, "talking", func() bool { return h.state(2) == StateTalking })
		h.hard()
		h.stop()
	})
}

func TestTimeMayRunFasterForADemonstration(t *testing.T) {
	bubble(t, func(t *testing.T) {
		fast := mixed(20, 0.4, 30*time.Second)
		h := newHouse(t, func(n string) callee {
			c := fast(n)
			c.setup, c.ring, c.talk, c.patience = c.setup/10, c.ring/10, c.talk/10, c.patience/10
			return c
		})
		h.engine.settings.Speed = 10
		h.store.load(1, 300)
		h.run()
		h.wrapUps(func() time.Duration { return 300 * time.Millisecond })
		for id := range int64(10) {
			h.agent(id+1, true, 1)
		}
		began := time.Now()
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(time.Hour, "all done", func() bool { return h.store.done()+h.store.cancelled() >= 300 })
		t.Logf("300 contacts in %s: %v", time.Since(began), h.store.outcomes())
		if d := time.Since(began); d > 6*time.Minute {
			t.Errorf("took %s", d)
		}
		h.soft()
		<-h.ended
		for _, r := range h.trunk.request {
			if r.RingTime != 2500*time.Millisecond {
				t.Fatalf("ring time %s, not a tenth of 25 s", r.RingTime)
			}
		}
		for _, a := range h.store.rows() {
			if a.Outcome == campaigns.AbandonedMsg && a.MessageAt.Sub(a.AnsweredAt) > 200*time.Millisecond {
				t.Errorf("message after %s", a.MessageAt.Sub(a.AnsweredAt))
			}
		}
	})
}

func TestWhatPacingLearnedAndTheAccountOfThePeriodOutliveARestart(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 200, mixed(21, 0.4, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(time.Hour, "half done", func() bool { return h.store.count() > 100 })
		h.stop()
		var kept pacing.Estimates
		if err := json.Unmarshal(h.store.saved[1], &kept); err != nil || kept.Attempts < 50 {
			t.Fatalf("kept: %v, %v attempts", err, kept.Attempts)
		}
		h.store.tally = campaigns.Tally{Live: 40, Abandoned: 1}
		next := &house{t: t, store: h.store, trunk: h.trunk, ended: make(chan struct{}), phones: make(map[int64]*memStation)}
		next.engine = NewEngine(h.engine.settings, next.store, next.trunk)
		next.run()
		next.agent(1, true, 1)
		next.apply(next.campaign(1, nil))
		next.until(10*time.Second, "dialing", func() bool { return next.view(1).InAir > 0 })
		if p := next.view(1).Period; p.Answered < 40 || p.Abandoned != 1 || p.To.Sub(p.From) != 30*24*time.Hour {
			t.Errorf("period: %+v", p)
		}
		next.hard()
		next.stop()
	})
}

func TestASlowReaderIsToldToResync(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 300, mixed(22, 0.5, 5*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		ctx, cancel := context.WithCancel(context.Background())
		slow := h.engine.Subscribe(ctx)
		h.until(time.Hour, "all done", func() bool { return h.store.done()+h.store.cancelled() >= 300 })
		n, resync := len(slow), false
		for range n {
			resync = (<-slow).Kind == NoticeResync || resync
		}
		if !resync || n > backlog {
			t.Errorf("%d notices wait, resync %v", n, resync)
		}
		cancel()
		for range slow { // it is closed
		}
		h.stop()
		if _, open := <-h.engine.Subscribe(context.Background()); open {
			t.Error("a reader may come after the end")
		}
	})
}

// TestAgentsMayDoAnythingAtAnyTime clicks at random and looks whether a law
// breaks: two calls for an agent, two outcomes, a lost contact, a goroutine.
func TestAgentsMayDoAnythingAtAnyTime(t *testing.T) {
	for seed := range uint64(12) {
		bubble(t, func(t *testing.T) {
			rng := rand.New(rand.NewPCG(seed, 99))
			h := newHouse(t, mixed(seed, 0.5, 8*time.Second))
			h.store.load(1, 150)
			h.store.load(2, 150)
			h.run()
			for id := range int64(2) {
				h.apply(h.campaign(id+1, func(c *campaigns.Campaign) {
					c.Mode = []campaigns.Mode{campaigns.Predictive, campaigns.Progressive, campaigns.Preview}[rng.IntN(3)]
					c.Priority, c.WrapUp = rng.IntN(2), time.Duration(rng.IntN(20))*time.Second
				}))
			}
			phones := make(map[int64]*memStation)
			var clicks sync.WaitGroup
			for range 3000 {
				time.Sleep(time.Duration(rng.ExpFloat64() * float64(100*time.Millisecond)))
				id := int64(rng.IntN(6)) + 1
				click(t, h, phones, id, rng.IntN(32), &clicks)
			}
			clicks.Wait()
			h.soft()
			for id := range int64(6) {
				_ = h.engine.SignOut(t.Context(), id+1)
			}
			time.Sleep(2 * time.Minute)
			h.hard()
			h.stop()
		})
	}
}

func click(t *testing.T, h *house, phones map[int64]*memStation, id int64, what int, clicks *sync.WaitGroup) {
	ctx, e := context.Background(), h.engine
	order := func(do func() error) { clicks.Go(func() { _ = do() }) } // any answer will do
	switch what {
	case 0:
		if st := phones[id]; st != nil {
			st.vanish()
		}
	case 1, 2:
		st := newStation(t, "phone")
		info := AgentInfo{ID: id, Campaigns: [][]int64{{1}, {2}, {1, 2}}[id%3]}
		if e.SignIn(ctx, info, st) == nil {
			phones[id] = st
		}
	case 3:
		order(func() error { return e.SignOut(ctx, id) })
	case 4, 5:
		order(func() error { return e.Pause(ctx, id, "break") })
	case 6, 7, 8:
		order(func() error { return e.HangUp(ctx, id) })
	case 9, 10:
		order(func() error { return e.Skip(ctx, id, "no") })
	case 11, 12, 13:
		order(func() error { return e.Dial(ctx, id) })
	case 14, 15, 16, 17:
		order(func() error { return e.WrapUpDone(ctx, id) })
	case 18:
		order(func() error {
			return e.Apply(ctx, h.campaign(id%2+1, func(c *campaigns.Campaign) { c.Status = campaigns.Paused }))
		})
	case 19:
		order(func() error { return e.Apply(ctx, h.campaign(id%2+1, nil)) })
	case 20, 21:
		order(func() error { return e.OtherCall(ctx, id, "inbound") })
	case 22, 23, 24:
		order(func() error { return e.OtherCallEnded(ctx, id) })
	case 25:
		from := time.Now().Add(10 * time.Second)
		plan := []Break{{From: from, To: from.Add(20 * time.Second)}, {From: from.Add(time.Minute)}}
		order(func() error { return e.PlanBreaks(ctx, id, plan) })
	case 26:
		order(func() error { return errors.Join(e.Step(ctx, id, "closing"), e.Finishing(ctx, id)) })
	case 27:
		h.tryLayDown(id, 15*time.Second)
	default:
		order(func() error { return e.Ready(ctx, id) })
	}
}
