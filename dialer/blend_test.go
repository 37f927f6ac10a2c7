package dialer

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// underCap holds a campaign against its cap, at the end of a shift with enough
// answers to speak of a share.
func (h *house) underCap(id int64) {
	h.t.Helper()
	p := h.view(id).Period
	h.t.Logf("campaign %d: %d answered, %d abandoned", id, p.Answered, p.Abandoned)
	if p.Answered < 150 {
		h.t.Errorf("campaign %d: only %d answered", id, p.Answered)
	}
	if float64(p.Abandoned) > 0.03*float64(p.Answered) {
		h.t.Errorf("campaign %d: %d abandoned of %d", id, p.Abandoned, p.Answered)
	}
}

// longShift leaves a test out where the race detector makes hours of it.
func longShift(t *testing.T) {
	t.Helper()
	if testing.Short() {
		t.Skip("a long shift, left out in short mode")
	}
}

// reload gives a campaign so many fresh contacts, again and again, until the
// house stops.
func (h *house) reload(campaign int64, n int, every time.Duration) {
	h.store.load(campaign, n)
	over := h.ended
	h.robots.Go(func() {
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			select {
			case <-over:
				return
			case <-tick.C:
				h.store.load(campaign, n)
			}
		}
	})
}

func TestTwoCampaignsThatShareTheirAgentsBothKeepTheCap(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(31, 0.3, 40*time.Second))
		h.store.load(1, 4000)
		h.run()
		h.wrapUps(func() time.Duration { return 5 * time.Second })
		for id := range int64(12) {
			h.agent(id+1, true, 1, 2)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.reload(2, 150, 10*time.Minute) // in bursts: the team goes to and fro
		h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Retry, c.Priority = nil, 5 }))
		time.Sleep(80 * time.Minute)
		h.underCap(1)
		h.underCap(2)
		h.hard()
		h.stop()
	})
}

func TestCallbacksThatAreAllDueAtTenAreKeptAndTheCapToo(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(32, 0.3, 40*time.Second))
		h.store.load(1, 4000)
		due := time.Now().Add(30 * time.Minute)
		for i := range int64(40) {
			h.callback(20_001+i, 1+i%10, due) // four for each agent
		}
		for i := range int64(30) {
			h.callback(30_001+i, 0, due) // and thirty for anybody
		}
		h.run()
		h.wrapUps(func() time.Duration { return 5 * time.Second })
		for id := range int64(10) {
			h.agent(id+1, true, 1)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		time.Sleep(75 * time.Minute)
		h.underCap(1)
		h.hard()
		h.stop()
		agreed := 0
		for _, a := range h.store.rows() {
			if a.Contact < 20_000 {
				continue
			}
			agreed++
			if late := a.IntentAt.Sub(due); late < 0 || late > 20*time.Minute {
				t.Errorf("contact %d is called %s after the time agreed", a.Contact, late)
			}
			if want := 1 + (a.Contact-20_001)%10; a.Contact < 30_000 && a.Outcome == campaigns.Connected && a.Agent != want {
				t.Errorf("contact %d talks to agent %d, not %d", a.Contact, a.Agent, want)
			}
		}
		if agreed != 70 {
			t.Errorf("%d of 70 callbacks were called", agreed)
		}
	})
}

// callback adds a contact who is to be called at a time, by one agent or, with
// 0, by anybody.
func (h *house) callback(id, agent int64, due time.Time) {
	h.store.add(campaigns.Contact{
		ID: id, Campaign: 1, List: 1, Name: "Agreed", Callback: id, Agent: agent, State: campaigns.ContactWaiting, NextAt: due,
		Phones: []campaigns.Phone{{Number: fmt.Sprintf("+1555%07d", id), Zones: []string{"America/New_York"}}},
	})
}

func TestInboundCallsThatTakeAgentsAwayDoNotBreakTheCap(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := team(t, 10, 4000, mixed(33, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		rng := rand.New(rand.NewPCG(5, 5))
		var inbound sync.WaitGroup
		taken := 0
		for end := time.Now().Add(time.Hour); time.Now().Before(end); {
			time.Sleep(time.Duration(rng.ExpFloat64() * float64(time.Minute)))
			talk := time.Duration(rng.ExpFloat64() * float64(time.Minute))
			for _, i := range rng.Perm(10) { // whoever is in no call of ours takes it
				id := int64(i) + 1
				if a, _ := h.engine.Agent(id); a.State == StateElsewhere || h.engine.OtherCall(t.Context(), id, "inbound") != nil {
					continue
				}
				taken++
				inbound.Go(func() {
					time.Sleep(talk)
					_ = h.engine.OtherCallEnded(t.Context(), id)
				})
				break
			}
		}
		if taken < 50 {
			t.Errorf("only %d inbound calls", taken)
		}
		h.underCap(1)
		inbound.Wait()
		h.hard()
		h.stop()
	})
}

func TestATeamThatLeavesForItsPlannedBreaksKeepsTheCap(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		h := team(t, 12, 4000, mixed(34, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		began := time.Now()
		for id := range int64(12) {
			half := time.Duration(id%2) * 15 * time.Minute // two shifts of breaks
			var plan []Break
			for hour := range 2 {
				from := began.Add(time.Duration(hour)*35*time.Minute + 15*time.Minute + half/2)
				plan = append(plan, Break{From: from, To: from.Add(12 * time.Minute)})
			}
			h.must(h.engine.PlanBreaks(t.Context(), id+1, append(plan, Break{From: began.Add(80 * time.Minute)})))
			h.backFrom(id+1, plan)
		}
		time.Sleep(79 * time.Minute)
		h.underCap(1)
		h.until(20*time.Minute, "all gone home", func() bool { return h.view(1).Agents[StatePaused] == 12 })
		h.until(time.Minute, "nothing rings", func() bool { return h.view(1).InAir == 0 })
		h.underCap(1) // with what the end of the shift cost
		h.stop()
	})
}

// backFrom makes an agent ready again at the end of each break.
func (h *house) backFrom(agent int64, plan []Break) {
	h.robots.Go(func() {
		for _, b := range plan {
			time.Sleep(time.Until(b.To))
			_ = h.engine.Ready(context.Background(), agent)
		}
	})
}

// One end of a shift says nothing: 0 to 3 people are lost at it, by chance, also
// with one seed, for goroutines of one instant have no order. So a whole team
// leaves at one moment, twelve times. Measured: this seed loses 2 or 5 and, when
// the breaks are not announced, 20 or 22; sixteen other seeds 3 to 11 (mean 6.9,
// deviation 2.1) and unannounced 15 to 23. More than 15 is four deviations away
// even if every run drew its people anew: one in 30,000.
func TestATeamThatLeavesAllAtOnceAsPlannedLosesFewPeople(t *testing.T) {
	longShift(t)
	bubble(t, func(t *testing.T) {
		const ends, every = 12, 8 * time.Minute
		h := team(t, 12, 4000, mixed(35, 0.3, 40*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		first := time.Now().Add(20 * time.Minute)
		var plan []Break
		for i := range ends {
			from := first.Add(time.Duration(i) * every)
			plan = append(plan, Break{From: from, To: from.Add(2 * time.Minute)})
		}
		for id := range int64(12) {
			h.must(h.engine.PlanBreaks(t.Context(), id+1, plan))
			h.backFrom(id+1, plan)
		}
		lost, answered := 0, 0
		for _, b := range plan {
			time.Sleep(time.Until(b.From.Add(-time.Minute)))
			before := h.view(1).Period
			time.Sleep(time.Until(b.From.Add(time.Minute)))
			after := h.view(1).Period
			lost, answered = lost+after.Abandoned-before.Abandoned, answered+after.Answered-before.Answered
		}
		h.underCap(1)
		t.Logf("at %d ends: %d answered, %d lost", ends, answered, lost)
		if answered < 60 || lost > 15 {
			t.Errorf("at %d ends of a shift %d people answered and %d of them to nobody", ends, answered, lost)
		}
		h.hard()
		h.stop()
	})
}
