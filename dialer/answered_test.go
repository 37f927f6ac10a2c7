package dialer

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
)

// one starts a house with a single progressive campaign, one contact and one
// ready agent.
func one(t *testing.T, c callee) *house {
	t.Helper()
	h := newHouse(t, func(string) callee { return c })
	h.store.load(1, 1)
	h.run()
	h.agent(1, true, 1)
	h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
	return h
}

func (h *house) only() campaigns.Attempt {
	h.t.Helper()
	rows := h.store.rows()
	if len(rows) != 1 {
		h.t.Fatalf("%d attempts in the ledger, not one: %+v", len(rows), rows)
	}
	return rows[0]
}

func (h *house) callState(s CallState) func() bool {
	return func() bool {
		calls := h.engine.Snapshot().Calls()
		return len(calls) > 0 && calls[0].State == s
	}
}

func TestAConversationIsWrittenWithItsTimesAndItsQuality(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(6*time.Second, 30*time.Second))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		cur, ok := h.engine.Current(1)
		if !ok || cur.Contact.Name != "Person 1" || cur.Number != "+15550000001" || cur.Attempt == "" {
			t.Errorf("current call: %+v", cur)
		}
		if !h.phones[1].port.connected() {
			t.Error("the agent's phone is not connected to the person")
		}
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		if again, _ := h.engine.Current(1); again.Attempt != cur.Attempt || again.EndedAt.IsZero() {
			t.Errorf("in wrap-up the call is not shown: %+v", again)
		}
		if h.phones[1].port.connected() {
			t.Error("the agent's phone is still connected")
		}
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		a := h.only()
		if a.Outcome != campaigns.Connected || a.EndedBy != "callee" || a.Agent != 1 || a.Trunk != "mem" {
			t.Errorf("row: %+v", a)
		}
		if ring := a.AnsweredAt.Sub(a.RingingAt); ring != 6*time.Second {
			t.Errorf("rang %s", ring)
		}
		if talk := a.EndedAt.Sub(a.BridgedAt); talk < 29*time.Second || talk > 31*time.Second {
			t.Errorf("talked %s", talk)
		}
		if a.PacketsIn != 100 || a.PacketsOut != 90 || a.MOS != 4.2 {
			t.Errorf("quality is not in the row: %+v", a)
		}
		if frames := h.phones[1].port.heard(); frames != 4 {
			t.Errorf("the tone had %d frames of 20 ms, not 4", frames)
		}
	})
}

func TestAPersonForWhomNobodyIsFreeHearsTheMessageWithinTheHold(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(10*time.Second, time.Minute))
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.phones[1].vanish()
		h.until(time.Minute, "message", h.callState(CallMessage))
		if v := h.view(1); v.Totals.Abandoned != 1 || v.Period.Abandoned != 1 {
			t.Errorf("not counted as abandoned: %+v", v.Totals)
		}
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		a := h.only()
		wait := a.MessageAt.Sub(a.AnsweredAt)
		if a.Outcome != campaigns.AbandonedMsg || wait > 2*time.Second || wait < time.Second {
			t.Errorf("%s, message after %s", a.Outcome, wait)
		}
		if d := a.MessageEndAt.Sub(a.MessageAt); d < 4*time.Second || d > 4100*time.Millisecond {
			t.Errorf("the message of 4 s lasted %s", d)
		}
		if heard := media.Silence(4 * time.Second).Sum(); !bytes.Equal(a.MessageSHA256, heard[:]) {
			t.Errorf("which message was heard: %s", a.MessageSHA256)
		}
		if after := a.EndedAt.Sub(a.MessageEndAt); after != afterMessage {
			t.Errorf("the line ended %s after the message", after)
		}
	})
}

func TestKeyNinePutsTheNumberOnTheDoNotCallListAndEndsTheCall(t *testing.T) {
	for _, failing := range []bool{false, true} {
		bubble(t, func(t *testing.T) {
			c := answers(10*time.Second, time.Minute)
			c.key = '9'
			h := one(t, c)
			h.until(20*time.Second, "ringing", h.callState(CallRinging))
			h.phones[1].vanish()
			h.until(time.Minute, "message", h.callState(CallMessage))
			if failing {
				h.store.set(func() { h.store.failFinish = errors.New("disk full") })
				h.until(time.Minute, "unwritten", func() bool { return h.view(1).Unwritten == 1 })
				h.store.set(func() { h.store.failFinish = nil })
			}
			h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
			h.stop()
			a := h.only()
			if !a.OptOut || a.Outcome != campaigns.AbandonedMsg {
				t.Errorf("row: %+v", a)
			}
			if d := a.EndedAt.Sub(a.MessageAt); d != 2*time.Second {
				t.Errorf("the line ended %s after the message began, not with the key", d)
			}
			d, listed := h.store.dnc[a.Number]
			if !listed || d.Channel != campaigns.ChannelKey || d.Attempt != a.ID {
				t.Errorf("do-not-call entry: %+v", d)
			}
		})
	}
}

func TestADoNotCallRequestDoesNotHoldTheOutcomeBack(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(10*time.Second, time.Minute)
		c.key = '9'
		h := one(t, c)
		h.store.set(func() { h.store.failDNC = errors.New("not today") })
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.phones[1].vanish()
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); h.store.dnc[a.Number].Attempt != a.ID {
			t.Errorf("the outcome did not take the request along: %v", h.store.dnc)
		}
	})
}

func TestAnOutcomeThatTheLedgerRefusesForGoodIsNotTriedForEver(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(10*time.Second, time.Minute)
		c.key = '9'
		h := one(t, c)
		h.store.set(func() { h.store.refused = map[string]bool{"+15550000001": true} })
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.phones[1].vanish()
		h.until(time.Minute, "message", h.callState(CallMessage))
		h.until(10*time.Second, "over", func() bool { v := h.view(1); return len(v.Calls) == 0 && v.Unwritten == 0 })
		if _, listed := h.store.dnc["+15550000001"]; !listed {
			t.Error("the do-not-call request went down with the outcome")
		}
		h.soft()
		<-h.ended
		h.hard()
	})
}

func TestOtherKeysDoNotOptOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(10*time.Second, time.Minute)
		c.key = '1'
		h := one(t, c)
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.phones[1].vanish()
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.OptOut || len(h.store.dnc) != 0 {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAPersonWhoHangsUpAtOnceIsNotShownToAnAgent(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(10*time.Second, time.Minute)
		c.patience = 700 * time.Millisecond
		h := one(t, c)
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.must(h.engine.Pause(t.Context(), 1, "break")) // due after the call: still reserved
		h.phones[1].vanish()
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.CalleeHungUp || a.EndedBy != "callee" || a.Agent != 1 {
			t.Errorf("row: %+v", a)
		}
		if v := h.view(1); v.Totals.Abandoned != 0 || v.Totals.Answered != 1 {
			t.Errorf("totals: %+v", v.Totals)
		}
	})
}

func TestDeadAirIsFlaggedAtThreeSecondsAndEndedAtTwenty(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(4*time.Second, time.Hour)
		c.mute = true
		h := one(t, c)
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		time.Sleep(2900 * time.Millisecond)
		if cur, _ := h.engine.Current(1); cur.NoAudio {
			t.Error("flagged too early")
		}
		time.Sleep(1500 * time.Millisecond)
		if cur, _ := h.engine.Current(1); !cur.NoAudio {
			t.Error("the agent is not told that nothing is heard")
		}
		if calls := h.engine.Snapshot().Calls(); len(calls) != 1 || !calls[0].NoAudio {
			t.Errorf("calls: %+v", calls)
		}
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		a := h.only()
		if d := a.EndedAt.Sub(a.AnsweredAt); a.Outcome != campaigns.DeadAir || d < 20*time.Second || d > 22*time.Second {
			t.Errorf("%s after %s", a.Outcome, d)
		}
	})
}

func TestAudioThatStopsInAConversationIsDeadAirAfterTwentySeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(4*time.Second, time.Hour)
		c.silentIn = 30 * time.Second
		h := one(t, c)
		h.until(2*time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		a := h.only()
		d := a.EndedAt.Sub(a.AnsweredAt)
		if a.Outcome != campaigns.DeadAir || a.EndedBy != "us" || a.Error == "" || d < 50*time.Second || d > 52*time.Second {
			t.Errorf("after %s: %+v", d, a)
		}
	})
}

func TestSilenceOnHoldIsNoDeadAirAndTheTimeBeginsAnewAfterIt(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(4*time.Second, time.Hour)
		c.silentIn = 10 * time.Second
		c.heldTo = 3 * time.Minute
		h := one(t, c)
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		time.Sleep(2 * time.Minute)
		if cur, _ := h.engine.Current(1); h.state(1) != StateTalking || cur.NoAudio {
			t.Errorf("on hold the agent is %s, no audio %t", h.state(1), cur.NoAudio)
		}
		h.until(5*time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		a := h.only()
		if d := a.EndedAt.Sub(a.AnsweredAt); a.Outcome != campaigns.DeadAir || d < 3*time.Minute+19*time.Second || d > 3*time.Minute+22*time.Second {
			t.Errorf("%s after %s", a.Outcome, d)
		}
	})
}

func TestAPersonWhoseAgentLosesThePhoneGetsAnotherAgentOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		time.Sleep(5 * time.Second)
		h.agent(2, true, 1)
		h.until(2*time.Second, "second agent joined", func() bool { return h.view(1).Agents[StateReady] == 1 })
		lost := time.Now()
		h.phones[1].vanish()
		h.until(2*time.Second, "another agent talks", func() bool { return h.state(2) == StateTalking })
		if time.Since(lost) > time.Second {
			t.Errorf("silence of %s", time.Since(lost))
		}
		h.until(100*time.Millisecond, "the agent without a phone out of the pool", func() bool { return h.state(1) == StateOffline })
		h.phones[2].vanish()
		h.until(5*time.Second, "message", h.callState(CallMessage))
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		a := h.only()
		if a.Outcome != campaigns.Connected || a.EndedBy != "us" || a.MessageAt.IsZero() {
			t.Errorf("row: %+v", a)
		}
		if a.Agent != 1 || a.ConnectDelay > time.Second || a.BridgedAt.Sub(a.AnsweredAt) != a.ConnectDelay {
			t.Errorf("agent %d, bridged %s after the answer, delay %s", a.Agent, a.BridgedAt.Sub(a.AnsweredAt), a.ConnectDelay)
		}
		if took := a.SecondAt.Sub(lost); a.SecondAgent != 2 || took < 0 || took > time.Second {
			t.Errorf("agent %d took over %s after the loss", a.SecondAgent, took)
		}
		if v := h.view(1); v.Totals.Abandoned != 0 || v.Totals.Bridged != 1 {
			t.Errorf("totals: %+v", v.Totals)
		}
	})
}

func TestHowWellTheAgentWasHeardIsThatOfThisCallAlone(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee { return answers(4*time.Second, 10*time.Second) })
		h.store.load(1, 2)
		h.run()
		phone := h.agent(1, true, 1).port
		phone.receive(5000, 5000) // a bad morning
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		for _, lost := range []uint64{0, 250} {
			h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
			time.Sleep(time.Second)
			phone.receive(1000-lost, lost)
			h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
			phone.receive(0, 3000) // between the calls
			h.must(h.engine.WrapUpDone(t.Context(), 1))
		}
		h.until(time.Minute, "both written", func() bool { return h.store.count() == 2 })
		h.stop()
		good, bad := h.store.rows()[0], h.store.rows()[1]
		if good.AgentLoss != 0 || good.AgentMOS < 4 || good.AgentJitterMS != 3 {
			t.Errorf("the good call: loss %g, MOS %g, jitter %g ms", good.AgentLoss, good.AgentMOS, good.AgentJitterMS)
		}
		if bad.AgentLoss != 0.25 || bad.AgentMOS > 3 || bad.AgentMOS < 1 {
			t.Errorf("the bad call: loss %g, MOS %g", bad.AgentLoss, bad.AgentMOS)
		}
	})
}

func TestAPersonWhoseAgentLosesThePhoneHearsTheMessageWithinTwoSeconds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		time.Sleep(5 * time.Second)
		lost := time.Now()
		h.phones[1].vanish()
		h.until(time.Minute, "over", func() bool { return len(h.store.rows()) == 1 })
		h.stop()
		if a := h.only(); a.MessageAt.Sub(lost) > 2*time.Second || a.Outcome != campaigns.Connected {
			t.Errorf("message %s after the loss: %+v", a.MessageAt.Sub(lost), a)
		}
	})
}

func TestTheTwoSecondsAreCountedToTheMillisecond(t *testing.T) {
	for _, tc := range []struct {
		wait time.Duration
		want campaigns.Outcome
	}{
		{1999 * time.Millisecond, campaigns.Connected},
		{2000 * time.Millisecond, campaigns.Connected},
		{2001 * time.Millisecond, campaigns.LateConnected},
	} {
		bubble(t, func(t *testing.T) {
			now := time.Now()
			a := &attempt{
				row: &campaigns.Attempt{AnsweredAt: now.Add(-tc.wait)}, hands: &Hands{},
				campaign: campaigns.Campaign{Hold: campaigns.MaxHold}, settings: Settings{}.filled(),
			}
			a.connected(seat{Agent: 3})
			if a.row.Outcome != tc.want || a.row.ConnectDelay != tc.wait {
				t.Errorf("connected after %s: %s, delay %s", tc.wait, a.row.Outcome, a.row.ConnectDelay)
			}
		})
	}
}

func TestALateConnectionCountsAsAbandonedAndStillTalks(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := one(t, answers(4*time.Second, time.Minute))
		h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		s := make(chan CampaignView, 1)
		loop := make(chan *Loop, 1)
		h.engine.tell(func() { loop <- h.engine.running[1].loop })
		l := <-loop
		l.tell(func() {
			for _, c := range l.calls {
				l.bridged(c, 3*time.Second, false, true, time.Now())
			}
			s <- l.view(time.Now(), true)
		})
		if v := <-s; v.Totals.Abandoned != 1 || v.Period.Abandoned != 1 || v.Talking != 1 {
			t.Errorf("view: %+v", v.Totals)
		}
		h.hard()
		h.stop()
	})
}

func TestAnAnswerThatCrossesOurWithdrawalIsAbandonedInSilence(t *testing.T) {
	bubble(t, func(t *testing.T) {
		c := answers(10*time.Second, time.Minute)
		c.crossing = true
		h := one(t, c)
		h.until(20*time.Second, "ringing", h.callState(CallRinging))
		h.engine.Withdraw("+15550000001")
		h.until(100*time.Millisecond, "withdrawn", func() bool { return len(h.store.rows()) == 1 })
		v := h.view(1)
		h.until(time.Second, "counted", func() bool { v = h.view(1); return v.Totals.Abandoned == 1 })
		h.stop()
		if a := h.only(); a.Outcome != campaigns.AbandonedSilent || v.Period.Answered != 1 {
			t.Errorf("row: %+v", a)
		}
	})
}
