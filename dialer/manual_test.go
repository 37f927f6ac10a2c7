package dialer

import (
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// stranger is a contact whose number an agent types.
func (h *house) stranger(id int64, number string) campaigns.Contact {
	h.person(id, number)
	h.store.mu.Lock()
	defer h.store.mu.Unlock()
	return *h.store.contacts[id]
}

func TestANumberDialedByHandRingsWithItsCardAndLeavesTheAgentAsTheyWere(t *testing.T) {
	for _, paused := range []bool{false, true} {
		for _, mode := range []campaigns.Mode{campaigns.Preview, campaigns.Progressive, campaigns.Predictive} {
			bubble(t, func(t *testing.T) {
				h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
				h.run()
				h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = mode }))
				h.agent(1, true, 1)
				want := StateReady
				if paused {
					h.must(h.engine.Pause(t.Context(), 1, "lunch"))
					want = StatePaused
				}
				time.Sleep(time.Second)
				p := h.stranger(7, "+15550000007")
				h.must(h.engine.DialNumber(t.Context(), 1, 1, p, false))
				call, ok := h.engine.Current(1)
				if !ok || call.Contact.ID != 7 || call.State != StateReserved {
					t.Errorf("%s: the card is %+v", mode, call)
				}
				if err := h.engine.DialNumber(t.Context(), 1, 1, p, false); !errors.Is(err, ErrInCall) {
					t.Errorf("%s: a second number at once: %v", mode, err)
				}
				h.until(5*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
				h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
				h.must(h.engine.WrapUpDone(t.Context(), 1))
				h.until(time.Second, "as before", func() bool {
					a, _ := h.engine.Agent(1)
					return a.State == want && (!paused || a.Reason == "lunch")
				})
				h.stop()
				rows := h.store.rows()
				if len(rows) != 1 || !rows[0].Manual || rows[0].Agent != 1 || rows[0].Outcome != campaigns.Connected {
					t.Errorf("%s: the ledger says %+v", mode, rows)
				}
			})
		}
	}
}

func TestTheCardOfATypedNumberMayBeLookedAtFirstAndPassedOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
		h.run()
		h.apply(h.campaign(1, nil))
		h.agent(1, true, 1)
		time.Sleep(time.Second)
		p := h.stranger(7, "+15550000007")
		h.must(h.engine.DialNumber(t.Context(), 1, 1, p, true))
		time.Sleep(time.Minute)
		if h.state(1) != StatePreview || h.trunk.count() != 0 {
			t.Errorf("the agent is %s, %d calls", h.state(1), h.trunk.count())
		}
		h.must(h.engine.Skip(t.Context(), 1, "known"))
		if h.state(1) != StateReady {
			t.Errorf("the agent is %s", h.state(1))
		}
		time.Sleep(time.Minute)
		if h.trunk.count() != 0 {
			t.Error("a contact that was passed over is dialed")
		}
		h.must(h.engine.DialNumber(t.Context(), 1, 1, p, true))
		time.Sleep(time.Second)
		h.must(h.engine.Dial(t.Context(), 1))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
	})
}

func TestANumberIsDialedByHandForACampaignThatTheAgentDoesNotWorkForNow(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
		h.run()
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Priority = 1 }))
		h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Priority = 5 }))
		h.agent(1, true, 1, 2)
		h.until(time.Minute, "with campaign 2", func() bool { a, _ := h.engine.Agent(1); return a.Campaign == 2 })
		h.must(h.engine.DialNumber(t.Context(), 1, 1, h.stranger(7, "+15550000007"), false))
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(time.Minute, "with campaign 2 again", func() bool { a, _ := h.engine.Agent(1); return a.Campaign == 2 && a.State == StateReady })
		if err := h.engine.DialNumber(t.Context(), 1, 3, campaigns.Contact{}, false); !errors.Is(err, ErrNotTheirs) {
			t.Errorf("for a campaign of others: %v", err)
		}
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Status = campaigns.Paused }))
		time.Sleep(time.Second)
		var not *NotNowError
		if err := h.engine.DialNumber(t.Context(), 1, 1, h.stranger(8, "+15550000008"), false); !errors.As(err, &not) || not.Why.Cause != CausePaused {
			t.Errorf("for a paused campaign: %v", err)
		}
		h.until(time.Minute, "with campaign 2 still", func() bool { a, _ := h.engine.Agent(1); return a.Campaign == 2 && a.State == StateReady })
		h.stop()
		if rows := h.store.rows(); len(rows) != 1 || rows[0].Campaign != 1 {
			t.Errorf("the ledger says %+v", rows)
		}
	})
}

func TestAnAgentHearsWhyATypedNumberIsNotDialed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(time.Second, time.Second) })
		h.run()
		h.apply(h.campaign(1, nil))
		h.agent(1, true, 1)
		h.must(h.engine.Pause(t.Context(), 1, "lunch"))
		time.Sleep(time.Second)
		h.store.set(func() {
			h.store.refuse = func(campaigns.Attempt) *rules.Refusal {
				return &rules.Refusal{Primary: rules.Verdict{Rule: rules.Hours, Detail: "it is night there"}}
			}
		})
		h.must(h.engine.DialNumber(t.Context(), 1, 1, h.stranger(7, "+15550000007"), false))
		h.until(time.Second, "paused again", func() bool { a, _ := h.engine.Agent(1); return a.State == StatePaused && a.Reason != "" })
		if a, _ := h.engine.Agent(1); a.Notice != "refused by hours: it is night there" || a.Reason != "lunch" || a.Call != nil {
			t.Errorf("the agent reads %+v", a)
		}
		h.stop()
	})
}

func TestACardIsDialedByItselfWhenItsTimeIsOver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
		h.store.load(1, 2)
		h.run()
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.PreviewDial = campaigns.Preview, 10*time.Second }))
		h.agent(1, true, 1)
		h.until(5*time.Second, "a card", func() bool { return h.state(1) == StatePreview })
		call, _ := h.engine.Current(1)
		if left := time.Until(call.DialAt); left < 9*time.Second || left > 10*time.Second {
			t.Errorf("dialed in %s", left)
		}
		time.Sleep(9 * time.Second)
		if h.trunk.count() != 0 {
			t.Error("dialed before its time")
		}
		h.until(2*time.Second, "dialed", func() bool { return h.trunk.count() == 1 })
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(5*time.Second, "the next card", func() bool { return h.state(1) == StatePreview })
		time.Sleep(5 * time.Second)
		h.must(h.engine.Skip(t.Context(), 1, "not now"))
		time.Sleep(20 * time.Second)
		if h.trunk.count() != 1 {
			t.Error("a card that was passed over is dialed")
		}
		h.must(h.engine.Pause(t.Context(), 1, "done"))
		h.stop()
	})
}

func TestACallbackOfAnAgentWhoDoesNotComeGoesToAnybodyAfterTheGrace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
		due := time.Now().Add(10 * time.Minute)
		h.callback(20_001, 9, due) // agent 9 is not there today
		h.run()
		h.wrapUps(func() time.Duration { return time.Second })
		h.agent(1, true, 1)
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.CallbackGrace = 20 * time.Minute }))
		time.Sleep(29 * time.Minute)
		if n := h.trunk.count(); n != 0 {
			t.Errorf("%d calls before the grace was over", n)
		}
		h.until(3*time.Minute, "somebody called", func() bool { return len(h.store.rows()) == 1 })
		if a := h.store.rows()[0]; a.Contact != 20_001 || a.Agent != 1 || a.Callback == 0 || a.Outcome != campaigns.Connected {
			t.Errorf("the ledger says %+v", a)
		}
		h.hard()
		h.stop()
	})
}
