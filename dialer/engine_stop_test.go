package dialer

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// ringingOut is a house that dials one contact after the other; nobody answers.
func ringingOut(t *testing.T) *house {
	h := newHouse(t, func(string) callee { return callee{fate: campaigns.NoAnswer, ring: 20 * time.Second} })
	h.store.load(1, 500)
	h.run()
	h.agent(1, true, 1)
	h.apply(h.campaign(1, func(c *campaigns.Campaign) {
		c.Mode, c.Retry, c.CallerIDs = campaigns.Progressive, nil, []string{"+15551230001"}
	}))
	h.until(time.Minute, "ringing", h.callState(CallRinging))
	return h
}

func TestAStopWithdrawsWhatRingsAndNothingLeavesUntilItIsLifted(t *testing.T) {
	for name, s := range map[string]campaigns.Stop{
		"the house":          {Scope: campaigns.StopHouse},
		"the campaign":       {Scope: campaigns.StopCampaign, Value: "1"},
		"one not understood": {Scope: "universe"},
	} {
		bubble(t, func(t *testing.T) {
			h := ringingOut(t)
			s.By, s.At, s.Reason = "cora", time.Now(), "a complaint"
			h.engine.Halt([]campaigns.Stop{s})
			sent := h.trunk.count()
			h.until(100*time.Millisecond, "withdrawn", func() bool { return len(h.store.rows()) == sent })
			time.Sleep(10 * time.Minute)
			if n := h.trunk.count(); n != sent {
				t.Errorf("%s is stopped, and %d INVITEs left", name, n-sent)
			}
			if why := h.view(1).Why; why.Cause != CauseKillSwitch || why.Text != s.String() {
				t.Errorf("%s: why %+v", name, why)
			}
			if a := h.store.rows()[sent-1]; a.Outcome != campaigns.Cancelled || a.Error != errStopped.Error() {
				t.Errorf("%s: row %+v", name, a)
			}
			h.engine.Halt(nil)
			h.until(time.Minute, "it dials again", func() bool { return h.trunk.count() > sent })
			h.stop()
		})
	}
}

func TestAStopOfACallerIDOrACountryWithdrawsOnlyItsCalls(t *testing.T) {
	for _, c := range []struct {
		stop  campaigns.Stop
		meets bool
	}{
		{campaigns.Stop{Scope: campaigns.StopCallerID, Value: "+15551230001"}, true},
		{campaigns.Stop{Scope: campaigns.StopCallerID, Value: "+15551230002"}, false},
		{campaigns.Stop{Scope: campaigns.StopJurisdiction, Value: "ES"}, false},
		{campaigns.Stop{Scope: campaigns.StopCampaign, Value: "2"}, false},
		{campaigns.Stop{Scope: campaigns.StopHouse, LiftedAt: time.Unix(1, 0)}, false},
	} {
		bubble(t, func(t *testing.T) {
			h := ringingOut(t)
			h.engine.Halt([]campaigns.Stop{c.stop})
			time.Sleep(time.Second)
			if got := len(h.store.rows()) > 0; got != c.meets {
				t.Errorf("%+v: withdrawn is %t", c.stop, got)
			}
			h.stop()
		})
	}
}

func TestAStopLetsConversationsGoOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopHouse}})
		time.Sleep(10 * time.Second)
		if h.state(1) != StateTalking {
			t.Error("the conversation was cut")
		}
		h.until(2*time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Connected {
			t.Errorf("row: %+v", a)
		}
	})
}
