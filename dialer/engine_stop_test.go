package dialer

import (
	"errors"
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
			h.must(h.engine.Halt([]campaigns.Stop{s}))
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
			h.must(h.engine.Halt(nil))
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
			h.must(h.engine.Halt([]campaigns.Stop{c.stop}))
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
		h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopHouse}}))
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

func TestAStopBindsWhatAgentsDialThemselves(t *testing.T) {
	for name, how := range map[string]func(h *house) error{
		"a number that was typed": func(h *house) error {
			return h.engine.DialNumber(h.t.Context(), 1, 1, h.stranger(7, "+15550000007"), false)
		},
		"a card": func(h *house) error { return h.engine.Dial(h.t.Context(), 1) },
	} {
		bubble(t, func(t *testing.T) {
			h := newHouse(t, func(string) callee { return answers(2*time.Second, 20*time.Second) })
			h.store.load(1, 2)
			h.run()
			h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode = campaigns.Preview }))
			h.agent(1, true, 1)
			h.until(5*time.Second, "a card", func() bool { return h.state(1) == StatePreview })
			time.Sleep(time.Second)
			h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopCampaign, Value: "1", Reason: "a complaint", By: "cora"}}))
			no, ok := errors.AsType[*NotNowError](how(h))
			if !ok || no.Why.Cause != CauseKillSwitch || h.trunk.count() != 0 {
				t.Errorf("%s: %v, %d calls", name, no, h.trunk.count())
			}
			h.must(h.engine.Halt(nil))
			h.must(how(h))
			h.until(time.Minute, "talking", func() bool { return h.state(1) == StateTalking })
			h.must(h.engine.Pause(t.Context(), 1, "done"))
			h.until(time.Minute, "over", func() bool { return h.store.count() == 1 })
			h.must(h.engine.WrapUpDone(t.Context(), 1))
			h.stop()
		})
	}
}

func TestAStopWithdrawsACardsCallThatRings(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(20*time.Second, 20*time.Second) })
		h.run()
		h.apply(h.campaign(1, nil))
		h.agent(1, true, 1)
		time.Sleep(time.Second)
		h.must(h.engine.DialNumber(t.Context(), 1, 1, h.stranger(7, "+15550000007"), false))
		h.until(10*time.Second, "ringing", h.callState(CallRinging))
		h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopHouse, Reason: "a complaint", By: "cora"}}))
		h.until(100*time.Millisecond, "withdrawn", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.Cancelled || a.Error != errStopped.Error() {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAStopCancelsTheOutsideNumberThatRingsAndThePersonStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, func(c *campaigns.Campaign) { c.OutsideTransfer = true })
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000001"}, true))
		h.until(time.Second, "it is called", func() bool { return len(h.store.legs()) == 1 })
		h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopJurisdiction, Value: "FR"}, {Scope: campaigns.StopCampaign, Value: "7"}}))
		if legs := h.store.legs(); legs[0].Outcome != "" {
			t.Fatalf("a stop of others ended it: %+v", legs)
		}
		h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopJurisdiction, Value: "ES"}}))
		h.until(time.Second, "cancelled", func() bool { return h.store.legs()[0].Outcome == campaigns.Cancelled })
		if h.state(1) != StateTalking || h.store.count() != 0 {
			t.Errorf("the conversation did not go on: agent is %s", h.state(1))
		}
		h.finish()
		if leg := h.store.legs()[0]; leg.Error != errStopped.Error() || !leg.AnsweredAt.IsZero() {
			t.Errorf("side leg: %+v", leg)
		}
	})
}

// TestATestCallOfAnyNodeIsWithdrawnByTheBrainOfAnother, and by what the node itself has
// read in the store.
func TestATestCallOfAnyNodeIsWithdrawnByTheBrainOfAnother(t *testing.T) {
	house := []campaigns.Stop{{ID: 1, Scope: campaigns.StopHouse, Reason: "a complaint", By: "cora"}}
	listed := []campaigns.DoNotCall{{Number: "+15550000001"}}
	for name, withdraw := range map[string]func(*office) error{
		"a stop":                   func(o *office) error { return o.brain.Halt(house) },
		"an entry":                 func(o *office) error { return o.brain.WithdrawAll(listed) },
		"a stop in the store":      func(o *office) error { o.nodes[1].hands.Halt(house); return nil },
		"an entry in the store":    func(o *office) error { o.nodes[1].hands.Bar(listed); return nil },
		"a stop, lifted meanwhile": func(o *office) error { defer o.nodes[1].hands.Halt(nil); return o.brain.Halt(house) },
	} {
		bubble(t, func(t *testing.T) {
			o := newOffice(t, 2, nil)
			o.takeFloor()
			o.until(time.Second, "both nodes are heard", func() bool { return o.brain.Heard("n1") && o.brain.Heard("n2") })
			dial, leave, done, err := o.nodes[1].hands.Aside(t.Context(), "+15550000001", "+15551230001")
			if err != nil {
				t.Fatal(err)
			}
			if err := withdraw(o); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if _, err := leave(); err == nil || dial.Err() == nil {
				t.Errorf("%s: it was not withdrawn", name)
			}
			done()
			_, _, done, err = o.nodes[1].hands.Aside(t.Context(), "+15550000002", "")
			if stopped := name == "a stop" || name == "a stop in the store"; stopped != errors.Is(err, campaigns.ErrStopped) {
				t.Errorf("%s: the next begins with %v", name, err)
			}
			if err == nil {
				done()
			}
			o.close()
		})
	}
}

// A test call is of no campaign: the stops of campaigns leave it alone, and any
// entry in the do-not-call list binds it, whoever it is of.
func TestATestCallIsWithdrawnByAStopAndByAnEntryUntilItIsDone(t *testing.T) {
	house := campaigns.Stop{Scope: campaigns.StopHouse, Reason: "a complaint", By: "cora"}
	bubble(t, func(t *testing.T) {
		h := newHouse(t, nil)
		h.run()
		begin := func() (leave func() (func(), error), gone func() bool, done func()) {
			dial, leave, done, err := h.engine.Aside(t.Context(), "+15550000001", "+15551230001")
			h.must(err)
			return leave, func() bool { return dial.Err() != nil }, done
		}
		leave, gone, done := begin()
		left, err := leave()
		h.must(err)
		h.must(h.engine.Halt([]campaigns.Stop{{Scope: campaigns.StopCampaign, Value: "1"}, {Scope: campaigns.StopCallerID, Value: "+15551230002"}}))
		if gone() {
			t.Error("a stop of others withdrew it")
		}
		stopped := make(chan error, 1)
		go func() { stopped <- h.engine.Halt([]campaigns.Stop{house}) }()
		time.Sleep(time.Second)
		select {
		case <-stopped:
			t.Error("the stop returned while an INVITE was being written")
		default:
		}
		left()
		h.must(<-stopped)
		if _, err := leave(); !errors.Is(err, errStopped) || !gone() {
			t.Errorf("stopped, and an INVITE may leave: %v", err)
		}
		done()
		if _, _, _, err := h.engine.Aside(t.Context(), "+15550000001", ""); !errors.Is(err, campaigns.ErrStopped) {
			t.Errorf("begun under a stop: %v", err)
		}
		h.must(h.engine.Halt(nil))
		leave, gone, done = begin()
		h.must(h.engine.WithdrawAll([]campaigns.DoNotCall{{Number: "+15550000001", Seller: "somebody"}}))
		if _, err := leave(); !errors.Is(err, errWithdrawnDNC) || !gone() {
			t.Errorf("listed, and an INVITE may leave: %v", err)
		}
		done()
		_, gone, done = begin()
		done()
		h.must(h.engine.Halt([]campaigns.Stop{house}))
		if gone() {
			t.Error("who is answered is cut by a stop")
		}
		h.stop()
	})
}
