package dialer

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// team starts a predictive campaign with so many agents and contacts.
func team(t *testing.T, agents, contacts int, callee func(string) callee, change func(*campaigns.Campaign)) *house {
	t.Helper()
	h := newHouse(t, callee)
	h.store.load(1, contacts)
	h.run()
	h.wrapUps(func() time.Duration { return 3 * time.Second })
	for id := range int64(agents) {
		h.agent(id+1, true, 1)
	}
	h.apply(h.campaign(1, change))
	return h
}

func TestNothingIsDialedWhileTheStoreCannotBeginAndNothingIsLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 60, mixed(2, 0.5, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(time.Minute, "some dialed", func() bool { return h.trunk.count() > 5 })
		h.store.set(func() { h.store.failBegin = errors.New("disk full") })
		h.until(time.Minute, "store failing", func() bool { return h.view(1).Why.Cause == CauseStoreFailing })
		before, tries := h.trunk.count(), h.store.failed()
		time.Sleep(2 * time.Minute)
		if n := h.trunk.count() - before; n != 0 {
			t.Errorf("%d calls were placed without a row", n)
		}
		if n := h.store.failed() - tries; n < 20 || n > 70 {
			t.Errorf("the store was tried %d times in two minutes", n)
		}
		if !strings.Contains(h.view(1).Why.Text, "disk full") {
			t.Errorf("why: %+v", h.view(1).Why)
		}
		h.store.set(func() { h.store.failBegin = nil })
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 60 })
		h.stop()
		if n := len(h.store.rows()); n != 60 {
			t.Errorf("%d outcomes for 60 contacts", n)
		}
	})
}

func TestOutcomesAreKeptUntilTheStoreTakesThem(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 60, mixed(3, 0.5, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(time.Minute, "some dialed", func() bool { return h.trunk.count() > 5 })
		h.store.set(func() { h.store.failFinish = errors.New("I/O error") })
		h.until(time.Minute, "store failing", func() bool { return h.view(1).Unwritten > 0 })
		before := h.trunk.count()
		time.Sleep(3 * time.Minute)
		if n := h.trunk.count() - before; n != 0 {
			t.Errorf("%d calls were placed", n)
		}
		if why := h.view(1).Why; why.Cause != CauseStoreFailing {
			t.Errorf("why: %+v", why)
		}
		h.store.set(func() { h.store.failFinish = nil })
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 60 })
		h.stop()
	})
}

func TestASlowStoreStopsNewCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 60, mixed(4, 0.5, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil; c.Mode = campaigns.Progressive })
		h.until(time.Minute, "some dialed", func() bool { return h.trunk.count() > 5 })
		h.store.set(func() { h.store.latency = 10 * time.Second })
		h.until(2*time.Minute, "slow", func() bool { return strings.Contains(h.view(1).Why.Text, "has not answered") })
		h.store.set(func() { h.store.latency = time.Millisecond })
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 60 })
		h.stop()
	})
}

func TestAHardStopWithAFailingStoreEndsAfterItsGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 2, 10, mixed(5, 0.9, time.Hour), nil)
		h.until(2*time.Minute, "talking", func() bool { return h.view(1).Talking > 0 })
		h.store.set(func() { h.store.failFinish = errors.New("gone for good") })
		began := time.Now()
		h.hard()
		<-h.ended
		if d := time.Since(began); d > 15*time.Second {
			t.Errorf("ended %s after the hard stop", d)
		}
		h.robots.Wait()
	})
}

func TestAHardStopHangsUpEverybodyAndWritesEveryOutcome(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 100, mixed(6, 0.6, time.Hour), nil)
		h.until(10*time.Minute, "three talk", func() bool { return h.view(1).Talking >= 3 })
		began := time.Now()
		h.hard()
		<-h.ended
		if d := time.Since(began); d > time.Second {
			t.Errorf("ended %s after the hard stop", d)
		}
		h.stop()
		for id, st := range h.phones {
			if !st.hung {
				t.Errorf("the phone of agent %d was not hung up", id)
			}
		}
	})
}

func TestASoftStopPlacesNothingAndLetsConversationsEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 5, 300, mixed(7, 0.4, 2*time.Minute), nil)
		h.until(20*time.Minute, "talking and ringing", func() bool { v := h.view(1); return v.Talking >= 3 && v.Ringing >= 2 })
		dialed := h.trunk.count()
		h.soft()
		time.Sleep(campaigns.MinRingTime + 500*time.Millisecond)
		if v := h.view(1); v.InAir > v.Agents[StateReady] {
			t.Errorf("%d still ring for %d free agents", v.InAir, v.Agents[StateReady])
		}
		if err := h.engine.SignIn(context.Background(), AgentInfo{ID: 99}, newStation(t, "late")); !errors.Is(err, ErrStopping) {
			t.Errorf("sign-in while stopping: %v", err)
		}
		h.stop()
		if n := h.trunk.count() - dialed; n > 0 {
			t.Errorf("%d calls were placed after the soft stop", n)
		}
		for _, a := range h.store.rows() {
			if a.Outcome == campaigns.Connected && a.EndedBy != "callee" {
				t.Errorf("a conversation was cut: %+v", a)
			}
		}
	})
}

func TestTheDrainLimitEndsConversationsThatDoNotEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(time.Second, 100*time.Hour) })
		h.engine.settings.DrainLimit = 5 * time.Minute
		h.store.load(1, 3)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, nil))
		h.until(time.Minute, "talking", func() bool { return h.view(1).Talking == 1 })
		began := time.Now()
		h.soft()
		<-h.ended
		if d := time.Since(began); d < 5*time.Minute || d > 5*time.Minute+time.Second {
			t.Errorf("drained for %s", d)
		}
		h.stop()
	})
}

func TestWhenAThirdOfTheAgentsVanishDialingFollowsAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 30, 3000, mixed(8, 0.3, time.Minute), nil)
		h.until(time.Hour, "full pace", func() bool { return h.store.count() > 900 })
		for id := range int64(9) {
			h.phones[id+1].vanish()
		}
		time.Sleep(300 * time.Millisecond)
		n := 0
		for _, agents := range h.view(1).Agents {
			n += agents
		}
		if n != 21 {
			t.Errorf("%d agents are counted, not 21", n)
		}
		h.until(2*time.Hour, "all tried", func() bool { return h.store.count() >= 1500 })
		v := h.view(1)
		if share := float64(v.Totals.Abandoned) / float64(v.Totals.Answered); share > 0.03 {
			t.Errorf("abandonment of the day %.2f %%: %+v", 100*share, v.Totals)
		}
		h.hard()
		h.stop()
		for _, a := range h.store.rows() {
			if ring := a.EndedAt.Sub(a.RingingAt); a.Outcome == campaigns.Cancelled && a.Error == errWithdrawnNobody.Error() &&
				!a.RingingAt.IsZero() && ring < 15*time.Second {
				t.Errorf("withdrawn after %s of ringing", ring)
			}
		}
	})
}

func TestWhenAllAgentsVanishNothingMoreIsDialed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 10, 1000, mixed(9, 0.3, time.Minute), nil)
		h.until(time.Hour, "full pace", func() bool { return h.store.count() > 200 })
		gone := time.Now()
		for _, st := range h.phones {
			st.vanish()
		}
		time.Sleep(time.Minute)
		for _, at := range h.trunk.dials {
			if at.Sub(gone) > time.Second {
				t.Errorf("dialed %s after the last agent was gone", at.Sub(gone))
			}
		}
		if why := h.view(1).Why; why.Cause != CauseNoAgents {
			t.Errorf("why: %+v", why)
		}
		if v := h.view(1); v.InAir != 0 || v.Talking != 0 {
			t.Errorf("%d in the air, %d talking a minute later", v.InAir, v.Talking)
		}
		h.stop()
	})
}

func TestFlappingAgentsNeverHaveTwoCalls(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 4, 300, mixed(10, 0.5, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		for i := range 200 {
			id := int64(i%4) + 1
			time.Sleep(750 * time.Millisecond)
			h.phones[id].vanish()
			h.until(time.Second, "gone", func() bool { return h.state(id) == StateOffline })
			h.agent(id, true, 1)
		}
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 300 })
		h.stop()
	})
}

func TestAPausedCampaignEndsItsCallsAndGoesOnWhenStartedAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 100, mixed(11, 0.4, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		h.until(10*time.Minute, "dialing", func() bool { return h.trunk.count() > 10 })
		c := h.campaign(1, func(c *campaigns.Campaign) { c.Status, c.Retry = campaigns.Paused, nil })
		h.apply(c)
		h.apply(c) // idempotent
		h.until(10*time.Minute, "its calls over", func() bool { v := h.view(1); return !v.Active && len(v.Calls) == 0 })
		if v := h.view(1); v.Why.Cause != CausePaused || v.Status != campaigns.Paused || v.Totals.Placed < 10 {
			t.Errorf("view: %+v %+v", v.Why, v.Totals)
		}
		dialed := h.trunk.count()
		time.Sleep(5 * time.Minute)
		if h.trunk.count() != dialed {
			t.Error("a paused campaign dials")
		}
		if h.state(1) != StateReady {
			t.Errorf("the agent is %s", h.state(1))
		}
		c.Status = campaigns.Running
		h.apply(c)
		h.until(time.Hour, "all done", func() bool { return h.store.done() == 100 })
		if v := h.view(1); v.Totals.Placed != 100 {
			t.Errorf("the totals began anew: %+v", v.Totals)
		}
		h.stop()
	})
}

func TestACampaignStartedAgainWhileItDrainsGoesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 100, mixed(12, 0.4, 20*time.Second), func(c *campaigns.Campaign) { c.Retry = nil })
		for range 30 {
			time.Sleep(7 * time.Second)
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status, c.Retry = campaigns.Paused, nil }))
			time.Sleep(4 * time.Second)
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		}
		h.until(time.Hour, "all done", func() bool { return h.store.done()+h.store.cancelled() >= 100 })
		h.stop()
	})
}

func TestADrainingCampaignIsStoppedWhenItsLastCallIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := team(t, 3, 100, mixed(13, 0.4, 20*time.Second), nil)
		h.until(10*time.Minute, "talking", func() bool { return h.view(1).Talking > 0 })
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status = campaigns.Draining }))
		h.until(time.Second, "draining", func() bool { return h.view(1).Why.Cause == CauseDraining })
		h.until(30*time.Minute, "stopped", func() bool { return h.view(1).Status == campaigns.Stopped })
		if h.store.statuses[1] != campaigns.Stopped {
			t.Errorf("the store says %q", h.store.statuses[1])
		}
		h.stop()
	})
}

func TestWithoutAMessageNobodyIsDialedAhead(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, mixed(14, 0.2, 10*time.Second))
		h.engine.settings.Messages = Settings{}.filled().Messages
		h.store.load(1, 200)
		h.run()
		h.wrapUps(func() time.Duration { return time.Second })
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(3*time.Hour, "all done", func() bool { return h.store.done() == 200 })
		if h.view(1).Warning == "" {
			t.Error("nobody is warned")
		}
		h.stop()
		if h.trunk.peak > 1 {
			t.Errorf("%d calls at once for one agent", h.trunk.peak)
		}
	})
}

func TestAPersonWhoseAgentIsThereDoesNotWaitForOneWhoseAgentIsLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(number string) callee {
			if number == "+15550000001" {
				return answers(5*time.Second, time.Minute)
			}
			return answers(6*time.Second, 20*time.Second) // a second later, inside the hold
		})
		h.store.load(1, 2)
		h.run()
		h.agent(1, true, 1)
		h.agent(2, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Preview, nil }))
		h.until(time.Minute, "two cards", func() bool { return h.state(1) == StatePreview && h.state(2) == StatePreview })
		time.Sleep(time.Second)
		h.must(h.engine.Dial(t.Context(), 1))
		h.must(h.engine.Dial(t.Context(), 2))
		h.until(20*time.Second, "both ring", func() bool { return h.view(1).Ringing == 2 })
		lost, _ := h.engine.Current(1)
		h.phones[1].vanish()
		h.until(time.Minute, "both over", func() bool { return h.store.count() == 2 })
		h.must(h.engine.WrapUpDone(t.Context(), 2))
		h.stop()
		for _, a := range h.store.rows() {
			switch {
			case a.Contact == lost.Contact.ID && a.Outcome != campaigns.AbandonedMsg:
				t.Errorf("the one without an agent: %+v", a)
			case a.Contact != lost.Contact.ID && (a.Outcome != campaigns.Connected || a.Agent != 2 || a.ConnectDelay > 10*time.Millisecond):
				t.Errorf("the other: %s after %s with agent %d", a.Outcome, a.ConnectDelay, a.Agent)
			}
		}
	})
}

func TestACampaignThatEndsLetsWhatRingsRingForFifteenSeconds(t *testing.T) {
	for _, end := range []struct {
		name string
		do   func(*house)
	}{
		{"pause", func(h *house) { h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status = campaigns.Paused })) }},
		{"drain", func(h *house) { h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status = campaigns.Draining })) }},
		{"soft stop", func(h *house) { h.soft() }},
	} {
		t.Run(end.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := team(t, 12, 2000, mixed(21, 0.25, time.Minute), nil)
				h.until(time.Hour, "full pace", func() bool { v := h.view(1); return h.store.count() > 200 && v.Ringing > v.Agents[StateReady]+5 })
				ended := time.Now()
				end.do(h)
				h.until(10*time.Minute, "its calls over", func() bool { v := h.view(1); return !v.Active || len(v.Calls) == 0 })
				h.stop()
				withdrawn, answered := 0, 0
				for _, a := range h.store.rows() {
					ring := a.EndedAt.Sub(a.RingingAt)
					switch {
					case a.Error == errWithdrawnEnding.Error() && !a.RingingAt.IsZero():
						withdrawn++
						if ring < campaigns.MinRingTime || ring > campaigns.MinRingTime+time.Second && a.RingingAt.Add(campaigns.MinRingTime).After(ended) {
							t.Errorf("withdrawn after %s of ringing", ring)
						}
					case a.AnsweredAt.After(ended):
						answered++
						if a.BridgedAt.IsZero() && a.MessageAt.IsZero() && a.Outcome != campaigns.CalleeHungUp {
							t.Errorf("a person who answered after the end had neither agent nor message: %+v", a)
						}
					}
				}
				if withdrawn == 0 || answered == 0 {
					t.Errorf("%d withdrawn, %d answered: the test shows nothing", withdrawn, answered)
				}
			})
		})
	}
}
