package dialer

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// kinds are those of the events about an agent, in order.
func kinds(events []pacing.Event, agent int64) []pacing.Kind {
	var all []pacing.Kind
	for _, e := range events {
		if e.Agent == pacing.AgentID(agent) {
			all = append(all, e.Kind)
		}
	}
	return all
}

func find(events []pacing.Event, kind pacing.Kind) []pacing.Event {
	return slices.DeleteFunc(slices.Clone(events), func(e pacing.Event) bool { return e.Kind != kind })
}

func TestAPlannedBreakPausesAFreeAgentAtItsTimeAndPacingKnewIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, nil)) // with nobody to call
		h.until(10*time.Second, "works", func() bool { return h.worksFor(1) == 1 })
		from := time.Now().Add(10 * time.Minute)
		h.must(h.engine.PlanBreaks(t.Context(), 1, []Break{{From: from.Add(time.Hour), Reason: "done for today"}, {From: from, To: from.Add(15 * time.Minute)}}))
		if a, _ := h.engine.Agent(1); a.State != StateReady || !a.LeavesAt.Equal(from) {
			t.Errorf("agent: %+v", a)
		}
		time.Sleep(time.Until(from) - time.Second)
		if h.state(1) != StateReady {
			t.Errorf("%s a second before the break", h.state(1))
		}
		time.Sleep(2 * time.Second)
		a, _ := h.engine.Agent(1)
		if want := "break until " + from.Add(15*time.Minute).Format("15:04"); a.State != StatePaused || a.Reason != want || !a.LeavesAt.Equal(from.Add(time.Hour)) {
			t.Errorf("agent: %+v", a)
		}
		time.Sleep(20 * time.Minute)
		if h.state(1) != StatePaused {
			t.Error("the clock made somebody ready who may not be at the desk")
		}
		h.must(h.engine.Ready(t.Context(), 1))
		time.Sleep(time.Until(from.Add(time.Hour + time.Second)))
		if a, _ := h.engine.Agent(1); a.State != StatePaused || a.Reason != "done for today" || !a.LeavesAt.IsZero() {
			t.Errorf("at the end of the shift: %+v", a)
		}
		h.stop()
		leaves := find(h.told(1), pacing.AgentLeavesAt)
		if len(leaves) != 3 || !near(leaves[0].Until, from) || !near(leaves[1].Until, from.Add(time.Hour)) || !leaves[2].Until.IsZero() {
			t.Errorf("pacing was told %+v", leaves)
		}
	})
}

// near forgives what the clock of pacing leaves away.
func near(a, b time.Time) bool { return a.Sub(b).Abs() <= time.Microsecond }

func TestABreakThatComesInACallBeginsAfterItsWrapUpAndNoCallIsGiven(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, 10*time.Minute) })
		h.store.load(1, 50)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		from := time.Now().Add(time.Minute)
		h.must(h.engine.PlanBreaks(t.Context(), 1, []Break{{From: from, To: from.Add(time.Minute)}}))
		time.Sleep(2 * time.Minute)
		if a, _ := h.engine.Agent(1); a.State != StateTalking || a.After != StatePaused {
			t.Errorf("in the call: %+v", a)
		}
		h.until(time.Hour, "paused", func() bool { return h.state(1) == StatePaused })
		if n := h.trunk.count(); n != 1 {
			t.Errorf("%d calls", n)
		}
		h.stop()
		got := kinds(h.told(1), 1)
		i := slices.Index(got, pacing.AgentLeavingAfterCall)
		if i < 0 || got[len(got)-2] != pacing.AgentPaused {
			t.Errorf("pacing was told %v", got)
		}
	})
}

func TestWhoComesBackEarlyIsNotSentAwayAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		h.agent(1, true, 1) // no campaign runs: the engine has the agent
		from := time.Now().Add(time.Minute)
		h.must(h.engine.PlanBreaks(t.Context(), 1, []Break{{From: from, To: from.Add(time.Hour)}}))
		time.Sleep(62 * time.Second)
		if h.state(1) != StatePaused {
			t.Fatalf("%s in the break", h.state(1))
		}
		h.must(h.engine.Ready(t.Context(), 1))
		time.Sleep(time.Minute)
		if h.state(1) != StateReady {
			t.Errorf("%s after the agent came back", h.state(1))
		}
		h.must(h.engine.PlanBreaks(t.Context(), 1, []Break{{From: from.Add(-time.Hour), To: from.Add(-time.Minute)}, {From: time.Now()}}))
		if a, _ := h.engine.Agent(1); a.State != StatePaused || a.Reason != "end of shift" {
			t.Errorf("agent: %+v", a)
		}
		h.must(h.engine.PlanBreaks(t.Context(), 1, nil))
		h.stop()
	})
}

func TestABreakOfSomebodyWhoIsSignedOutIsRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		if err := h.engine.PlanBreaks(t.Context(), 7, nil); !errors.Is(err, ErrNotSignedIn) {
			t.Errorf("%v", err)
		}
		h.stop()
	})
}

func TestTheFinishingKeyAndTheStepsOfTheScriptReachPacing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.must(h.engine.Finishing(t.Context(), 1)) // no conversation: nothing
		h.must(h.engine.Step(t.Context(), 1, "greeting"))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.Step(t.Context(), 1, "greeting"))
		h.must(h.engine.Step(t.Context(), 1, "greeting"))
		h.must(h.engine.Step(t.Context(), 1, "closing"))
		h.must(h.engine.Finishing(t.Context(), 1))
		h.must(h.engine.Finishing(t.Context(), 1)) // the second click
		if c, _ := h.engine.Current(1); !c.Finishing || c.Step != "closing" {
			t.Errorf("shown: %+v", c)
		}
		h.until(2*time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.Step(t.Context(), 1, "notes"))
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		told := h.told(1)
		steps, keys := find(told, pacing.AgentStep), find(told, pacing.AgentFinishing)
		if len(steps) != 2 || steps[0].Step != stepID("greeting") || steps[1].Step != stepID("closing") || len(keys) != 1 {
			t.Errorf("pacing was told %+v, %+v", steps, keys)
		}
	})
}

func TestAStepKeepsItsNumberOverRestarts(t *testing.T) {
	for name, want := range map[string]pacing.StepID{"": 0, "greeting": 27483, "closing": 14295, "7": 37370} {
		if got := stepID(name); got != want {
			t.Errorf("%q is step %d, it was %d", name, got, want)
		}
	}
}

func TestACallFromElsewhereKeepsTheAgentFromOursAndIsFollowedByWrapUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, 20*time.Second) })
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(time.Minute, "works", func() bool { return h.worksFor(1) == 1 })
		h.must(h.engine.OtherCall(t.Context(), 1, "inbound"))
		h.must(h.engine.OtherCall(t.Context(), 1, "inbound"))
		if a, _ := h.engine.Agent(1); a.State != StateElsewhere || a.Reason != "inbound" || a.Call != nil {
			t.Errorf("agent: %+v", a)
		}
		h.store.load(1, 5)
		time.Sleep(5 * time.Second)
		if n := h.trunk.count(); n != 0 {
			t.Errorf("%d calls for nobody", n)
		}
		h.must(h.engine.OtherCallEnded(t.Context(), 1))
		h.must(h.engine.OtherCallEnded(t.Context(), 1))
		if h.state(1) != StateWrapUp {
			t.Errorf("%s after the call", h.state(1))
		}
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		if err := h.engine.OtherCall(t.Context(), 1, "inbound"); !errors.Is(err, ErrInCall) {
			t.Errorf("two calls at once: %v", err)
		}
		h.hard()
		h.stop()
		got := kinds(h.told(1), 1)
		if want := []pacing.Kind{pacing.AgentReady, pacing.AgentTalking, pacing.AgentWrapUp, pacing.AgentReady}; len(got) < 4 || !slices.Equal(got[:4], want) {
			t.Errorf("pacing was told %v", got)
		}
	})
}

func TestAPausedAgentWhoTakesACallFromElsewhereIsPausedAfterIt(t *testing.T) {
	for _, running := range []bool{true, false} {
		bubble(t, func(t *testing.T) {
			h := newHouse(t, nil)
			h.run()
			h.agent(1, true, 1)
			if running {
				h.apply(h.campaign(1, nil))
				h.until(time.Minute, "works", func() bool { return h.worksFor(1) == 1 })
			}
			h.must(h.engine.Pause(t.Context(), 1, "mail"))
			h.must(h.engine.OtherCall(t.Context(), 1, "inbound"))
			h.must(h.engine.OtherCallEnded(t.Context(), 1))
			h.must(h.engine.WrapUpDone(t.Context(), 1))
			if a, _ := h.engine.Agent(1); a.State != StatePaused || a.Reason != "mail" {
				t.Errorf("agent: %+v", a)
			}
			h.must(h.engine.Ready(t.Context(), 1))
			h.must(h.engine.OtherCall(t.Context(), 1, "inbound"))
			h.must(h.engine.Pause(t.Context(), 1, "lunch"))
			h.must(h.engine.OtherCallEnded(t.Context(), 1))
			h.must(h.engine.WrapUpDone(t.Context(), 1))
			if a, _ := h.engine.Agent(1); a.State != StatePaused || a.Reason != "lunch" {
				t.Errorf("agent: %+v", a)
			}
			h.must(h.engine.Ready(t.Context(), 1))
			h.must(h.engine.OtherCall(t.Context(), 1, "inbound"))
			h.must(h.engine.OtherCallEnded(t.Context(), 1))
			h.must(h.engine.WrapUpDone(t.Context(), 1))
			if h.state(1) != StateReady {
				t.Errorf("%s, not ready again", h.state(1))
			}
			h.stop()
		})
	}
}

// layDown lets a free agent rest as the ceiling would.
func (h *house) layDown(agent int64, d time.Duration) (until time.Time) {
	h.t.Helper()
	h.tryLayDown(agent, d)
	h.until(time.Second, "resting", func() bool { return h.state(agent) == StateResting })
	a, _ := h.engine.Agent(agent)
	if left := time.Until(a.Until); left > d || left < d-time.Second {
		h.t.Errorf("a rest of %s ends in %s", d, left)
	}
	return a.Until
}

// tryLayDown does so if the agent is free in a campaign.
func (h *house) tryLayDown(agent int64, d time.Duration) {
	h.t.Helper()
	loops, err := h.engine.loops(context.Background())
	h.must(err)
	for _, l := range loops {
		l.tell(func() {
			if a := l.agents[agent]; a != nil && a.free() {
				now := time.Now()
				a.rest(now.Add(d), "a rest", now)
				l.tellUntil(pacing.AgentResting, a, a.restUntil, now)
			}
		})
	}
}

func TestARestEndsByItselfAndNotBefore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, 20*time.Second) })
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(time.Minute, "works", func() bool { return h.worksFor(1) == 1 })
		until := h.layDown(1, time.Minute)
		h.store.load(1, 5)
		h.must(h.engine.Ready(t.Context(), 1)) // it does not help
		if a, _ := h.engine.Agent(1); a.State != StateResting || !a.Until.Equal(until) || a.Reason == "" {
			t.Errorf("agent: %+v", a)
		}
		time.Sleep(time.Until(until) - time.Second)
		if h.state(1) != StateResting || h.trunk.count() != 0 || h.view(1).Agents[StateResting] != 1 {
			t.Errorf("%s, %d calls", h.state(1), h.trunk.count())
		}
		h.until(3*time.Second, "works again", func() bool { return h.state(1) == StateReserved })
		if a, _ := h.engine.Agent(1); !a.Until.IsZero() {
			t.Errorf("agent: %+v", a)
		}
		h.hard()
		h.stop()
	})
}

func TestARestingAgentMayPauseAndSignOutAndBeLentWithTheirRest(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, 20*time.Second) })
		h.store.load(1, 1)
		h.run()
		for id := range int64(3) {
			h.agent(id+1, true, 1, 2)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
		h.until(time.Minute, "works", func() bool { return h.worksFor(1) == 1 && h.worksFor(2) == 1 && h.worksFor(3) == 1 })
		h.until(time.Minute, "the list is through", func() bool { return h.store.done() == 1 })
		var until time.Time
		for id := range int64(3) {
			_ = h.engine.WrapUpDone(t.Context(), id+1)
			until = h.layDown(id+1, 10*time.Minute)
		}
		h.must(h.engine.Pause(t.Context(), 1, "lunch"))
		if h.state(1) != StatePaused {
			t.Errorf("%s, not paused", h.state(1))
		}
		h.must(h.engine.SignOut(t.Context(), 2))
		h.until(time.Second, "signed out", func() bool { return h.state(2) == StateOffline })
		h.store.load(2, 30)
		h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Retry, c.Priority = nil, 5 }))
		h.until(time.Minute, "lent", func() bool { return h.worksFor(3) == 2 })
		if a, _ := h.engine.Agent(3); a.State != StateResting || !a.Until.Equal(until) {
			t.Errorf("agent: %+v", a)
		}
		h.until(11*time.Minute, "talking", func() bool { return h.state(3) == StateTalking })
		if early := time.Until(until); early > 0 {
			t.Errorf("%s early", early)
		}
		h.hard()
		h.stop()
		if rests := find(h.told(2), pacing.AgentResting); len(rests) != 1 || !near(rests[0].Until, until) {
			t.Errorf("campaign 2 was told %+v", rests)
		}
	})
}
