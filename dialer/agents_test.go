package dialer

import (
	"encoding/json"
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestAnAgentWhoDoesNothingIsReadyAgainAtTheWrapUpLimit(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 10*time.Second))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		began := time.Now()
		h.until(2*time.Minute, "ready", func() bool { return h.state(1) == StateReady })
		if d := time.Since(began); d < 59*time.Second || d > 61*time.Second {
			t.Errorf("ready after %s, not a minute", d)
		}
		if _, ok := h.engine.Current(1); ok {
			t.Error("the last call is still shown")
		}
		h.stop()
	})
}

func TestAPauseDuringACallTakesEffectAfterItsWrapUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 10*time.Second))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.Pause(t.Context(), 1, "lunch"))
		if a, _ := h.engine.Agent(1); a.State != StateTalking || a.After != StatePaused {
			t.Errorf("agent: %+v", a)
		}
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		if a, _ := h.engine.Agent(1); a.State != StatePaused || a.Reason != "lunch" || a.After != "" {
			t.Errorf("agent: %+v", a)
		}
		h.stop()
	})
}

func TestReadyTakesBackAPauseThatWasAskedForDuringACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 10*time.Second))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.Pause(t.Context(), 1, "lunch"))
		h.must(h.engine.Ready(t.Context(), 1))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.Ready(t.Context(), 1)) // as good as WrapUpDone
		if h.state(1) != StateReady {
			t.Errorf("state %s", h.state(1))
		}
		h.stop()
	})
}

func TestASignOutDuringACallTakesEffectAfterItAndHangsThePhoneUp(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 10*time.Second))
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.SignOut(t.Context(), 1))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		select {
		case <-h.phones[1].done:
			t.Error("the phone was hung up before the wrap-up was over")
		default:
		}
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		<-h.phones[1].done
		if h.state(1) != StateOffline {
			t.Errorf("state %s", h.state(1))
		}
		h.must(h.engine.SignOut(t.Context(), 1)) // the second click
		h.stop()
	})
}

func TestSecondClicksDoNothing(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.must(h.engine.Ready(t.Context(), 1))
		h.must(h.engine.Ready(t.Context(), 1))
		h.must(h.engine.HangUp(t.Context(), 1)) // no call: nothing
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		for h.state(1) != StateTalking {
			time.Sleep(time.Millisecond)
		}
		if err := h.engine.HangUp(t.Context(), 1); !errors.Is(err, ErrTooSoon) {
			t.Errorf("a click 1 ms into the call: %v", err)
		}
		time.Sleep(time.Second)
		h.must(h.engine.HangUp(t.Context(), 1))
		h.must(h.engine.HangUp(t.Context(), 1))
		h.until(time.Second, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.HangUp(t.Context(), 1))
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		if a := h.only(); a.EndedBy != "agent" || a.Outcome != campaigns.Connected {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestOrdersOfUnknownAgentsAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		if err := h.engine.Ready(t.Context(), 9); !errors.Is(err, ErrNotSignedIn) {
			t.Errorf("ready: %v", err)
		}
		h.stop()
		if err := h.engine.Ready(t.Context(), 9); !errors.Is(err, ErrStopped) && !errors.Is(err, ErrNotSignedIn) {
			t.Errorf("after the end: %v", err)
		}
	})
}

func TestAnAgentMayChangeThePhoneButNotInACall(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, 10*time.Second))
		info := AgentInfo{ID: 1, Login: "agent1", Campaigns: []int64{1}}
		h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
		second := newStation(t, "second phone")
		if err := h.engine.SignIn(t.Context(), info, second); !errors.Is(err, ErrInCall) {
			t.Errorf("in a call: %v", err)
		}
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.must(h.engine.SignIn(t.Context(), info, second))
		<-h.phones[1].done
		if a, ok := h.engine.Agent(1); !ok || a.State != StatePaused {
			t.Errorf("agent: %+v", a)
		}
		h.must(h.engine.SignIn(t.Context(), info, second)) // the same again
		h.must(h.engine.Ready(t.Context(), 1))
		h.stop()
		<-second.done
	})
}

func TestTheLongestIdleAgentIsServedFirst(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(time.Second, time.Minute) })
		h.run()
		for id := int64(3); id > 0; id-- {
			h.agent(id, true, 1)
			time.Sleep(time.Second)
		}
		h.store.load(1, 2)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = campaigns.Progressive }))
		h.until(time.Minute, "two talk", func() bool { return h.view(1).Talking == 2 })
		if h.state(3) != StateTalking || h.state(2) != StateTalking || h.state(1) != StateReady {
			t.Errorf("states: %s %s %s", h.state(1), h.state(2), h.state(3))
		}
		h.hard()
		h.stop()
	})
}

func TestARefusedAttemptCostsNeitherTheAgentNorTheirPlace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(time.Second, time.Minute) })
		h.store.load(1, 2)
		h.store.refuse = func(a campaigns.Attempt) *rules.Refusal {
			if a.Contact == 3 {
				return nil
			}
			return &rules.Refusal{Primary: rules.Verdict{Rule: rules.Cooldown, Detail: "tried a moment ago"}}
		}
		h.run()
		h.agent(1, true, 1)
		time.Sleep(time.Second)
		h.agent(2, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = campaigns.Progressive }))
		h.until(10*time.Second, "refused", func() bool { return h.view(1).Totals.Refused[rules.Cooldown] == 2 })
		h.store.load(1, 1)
		h.until(10*time.Second, "talking", func() bool { return h.view(1).Talking == 1 })
		if h.state(1) != StateTalking {
			t.Errorf("agent 1 lost the place: %s", h.state(1))
		}
		v := h.view(1)
		if v.Totals.Refused[rules.Cooldown] != 2 || v.Totals.Placed != 1 || h.trunk.count() != 1 {
			t.Errorf("totals: %+v, %d dialed", v.Totals, h.trunk.count())
		}
		h.hard()
		h.stop()
	})
}

func TestPreviewShowsACardAndTheAgentDecides(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 10*time.Second) })
		h.store.load(1, 2)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Preview, nil }))
		h.until(10*time.Second, "card", func() bool { return h.state(1) == StatePreview })
		if err := h.engine.Skip(t.Context(), 1, "too late"); err != nil && !errors.Is(err, ErrTooSoon) {
			t.Error(err)
		}
		time.Sleep(time.Second)
		first, _ := h.engine.Current(1)
		if first.Attempt != "" || first.Contact.ID == 0 || h.trunk.count() != 0 {
			t.Errorf("card: %+v", first)
		}
		h.must(h.engine.Skip(t.Context(), 1, "knows her"))
		h.until(time.Second, "next card", func() bool { c, _ := h.engine.Current(1); return c.Contact.ID == 2 })
		if err := h.engine.Skip(t.Context(), 1, ""); !errors.Is(err, ErrTooSoon) {
			t.Errorf("the second click skipped the next: %v", err)
		}
		time.Sleep(time.Second)
		h.must(h.engine.Dial(t.Context(), 1))
		h.must(h.engine.Dial(t.Context(), 1)) // the second click
		h.until(10*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		time.Sleep(time.Minute)
		if h.state(1) != StateReady {
			t.Errorf("the skipped contact came back at once: %s", h.state(1))
		}
		if why := h.view(1).Why; why.Cause != CauseWindowClosed && why.Cause != CauseListEmpty {
			t.Errorf("why: %+v", why)
		}
		h.until(20*time.Minute, "card of the skipped contact", func() bool { c, _ := h.engine.Current(1); return c.Contact.ID == 1 })
		h.must(h.engine.Pause(t.Context(), 1, "break"))
		if _, ok := h.engine.Current(1); ok {
			t.Error("the card stays with a paused agent")
		}
		if err := h.engine.Dial(t.Context(), 1); !errors.Is(err, ErrNoCard) {
			t.Errorf("dial without a card: %v", err)
		}
		h.stop()
		if a := h.only(); a.Agent != 1 || a.Mode != campaigns.Preview {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAnAgentMayTakeBackAPreviewThatRings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(20*time.Second, 10*time.Second) })
		h.store.load(1, 1)
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Preview, nil }))
		h.until(10*time.Second, "card", func() bool { return h.state(1) == StatePreview })
		time.Sleep(time.Second)
		h.must(h.engine.Dial(t.Context(), 1))
		time.Sleep(5 * time.Second)
		if cur, _ := h.engine.Current(1); cur.State != StateReserved || cur.Attempt == "" {
			t.Errorf("current: %+v", cur)
		}
		h.must(h.engine.HangUp(t.Context(), 1))
		h.until(time.Second, "ready", func() bool { return h.state(1) == StateReady })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Cancelled || a.Error != errWithdrawnByAgent.Error() {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAPersonWhoWaitsGoesBeforeACallThatOnlyRings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(number string) callee {
			if number == "+15550000001" {
				return answers(10*time.Second, time.Minute)
			}
			return answers(20*time.Second, time.Minute)
		})
		h.store.load(1, 2)
		h.run()
		h.agent(1, true, 1)
		time.Sleep(time.Second)
		h.agent(2, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.until(20*time.Second, "both ring", func() bool { return h.view(1).Ringing == 2 })
		first := h.engine.Snapshot().Calls()[0]
		for _, c := range h.engine.Snapshot().Calls() {
			if c.Number == "+15550000001" {
				first = c
			}
		}
		h.phones[first.Agent].vanish() // the agent of the call that is answered first
		h.until(20*time.Second, "talking", func() bool { return h.view(1).Talking == 1 })
		h.agent(3, true, 1) // in time for the second
		h.until(20*time.Second, "both talk", func() bool { return h.view(1).Talking == 2 })
		if v := h.view(1); v.Totals.Abandoned != 0 {
			t.Errorf("totals: %+v", v.Totals)
		}
		h.hard()
		h.stop()
	})
}

func TestAPreviewThatIsRefusedTellsTheAgentWhy(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, time.Minute) })
		h.store.load(1, 2)
		h.store.dnc["+15550000001"] = campaigns.DoNotCall{Number: "+15550000001"}
		h.run()
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = campaigns.Preview }))
		h.until(10*time.Second, "card", func() bool { return h.state(1) == StatePreview })
		time.Sleep(time.Second)
		h.must(h.engine.Dial(t.Context(), 1))
		h.until(time.Second, "next card", func() bool { c, _ := h.engine.Current(1); return c.Contact.ID == 2 })
		if a, _ := h.engine.Agent(1); a.Notice == "" || h.trunk.count() != 0 {
			t.Errorf("agent: %+v, %d dialed", a, h.trunk.count())
		}
		h.trunk.fail("trunk mem: breaker open")
		time.Sleep(time.Second)
		var notNow *NotNowError
		if err := h.engine.Dial(t.Context(), 1); !errors.As(err, &notNow) || notNow.Why.Cause != CauseTrunk {
			t.Errorf("dial without a line: %v", err)
		}
		if h.state(1) != StatePreview {
			t.Errorf("the card is gone: %s", h.state(1))
		}
		if _, err := json.Marshal(h.engine.Snapshot()); err != nil {
			t.Errorf("snapshot as JSON: %v", err)
		}
		h.stop()
	})
}
