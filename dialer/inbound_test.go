package dialer

import (
	"context"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/pacing"
)

// testVoice says everything with tones of a length that can be told apart.
func testVoice() QueueVoice {
	v := QueueVoice{
		Greeting: media.Silence(2 * time.Second), Offer: media.Silence(3 * time.Second), Closed: media.Silence(4 * time.Second),
		Sorry: media.Silence(2 * time.Second), Noted: media.Silence(time.Second), Removed: media.Silence(time.Second), Goodbye: media.Silence(time.Second),
		Further: media.Silence(time.Second), Music: media.Silence(5 * time.Second),
	}
	for range 3 {
		v.Positions = append(v.Positions, media.Silence(time.Second))
	}
	return v
}

// person adds somebody who stands on the campaign's list and is not called now.
func (h *house) person(id int64, number string) {
	h.store.add(campaigns.Contact{
		ID: id, Campaign: 1, List: 1, Name: "Known", State: campaigns.ContactDone,
		Phones: []campaigns.Phone{{Number: number, Zones: []string{"America/New_York"}}},
	})
}

func TestWhoCallsBackIsWithAFreeAgentAtOnceAndIsKnown(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, nil)
		h.person(7, "+15550000007")
		h.ring("+15550000007", 30*time.Second, time.Minute)
		h.until(time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		call, _ := h.engine.Current(1)
		if !call.Inbound || call.Contact.Name != "Known" || call.Number != "+15550000007" || call.Attempt == "" {
			t.Errorf("the card is %+v", call)
		}
		h.until(time.Minute, "wrap-up", func() bool { return h.state(1) == StateWrapUp })
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(time.Second, "ready", func() bool { return h.state(1) == StateReady })
		h.stop()
		rows := h.store.inbound()
		if len(rows) != 1 || rows[0].Outcome != campaigns.InboundConnected || rows[0].Agent != 1 || rows[0].ConnectDelay > time.Second {
			t.Errorf("the ledger says %+v", rows)
		}
		if p := h.view(1).Period; p.Answered != 0 || p.Abandoned != 0 {
			t.Errorf("the account of abandonment counts it: %+v", p)
		}
		if got := h.kindsTold(1); got[pacing.AgentTalking] != 1 || got[pacing.CallBridged]+got[pacing.CallAnswered]+got[pacing.CallPlaced] != 0 {
			t.Errorf("pacing was told %v", got)
		}
	})
}

func (h *house) kindsTold(campaign int64) map[pacing.Kind]int {
	kinds := make(map[pacing.Kind]int)
	for _, e := range h.told(campaign) {
		kinds[e.Kind]++
	}
	return kinds
}

func TestAStrangerIsTakenAndGetsAContactOfTheirOwn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, nil)
		h.ring("+15559990001", 10*time.Second, time.Minute)
		h.ring("", 10*time.Second, time.Minute) // withheld, and second in the queue
		h.until(2*time.Minute, "both served", func() bool {
			if h.state(1) == StateWrapUp {
				h.must(h.engine.WrapUpDone(t.Context(), 1))
			}
			return len(h.store.inbound()) == 2
		})
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.stop()
		for _, a := range h.store.inbound() {
			if a.Outcome != campaigns.InboundConnected || (a.Contact == 0) != (a.Number == "") {
				t.Errorf("the ledger says %+v", a)
			}
		}
	})
}

func TestACallerWaitsForTheAgentWhoTalkedToThemLastButNotForLong(t *testing.T) {
	for _, tc := range []struct {
		name string
		busy time.Duration // how long the last agent is busy still
		want int64
	}{{"is free in a moment", 5 * time.Second, 2}, {"is busy for long", time.Minute, 1}} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := reception(t, 2, nil)
				h.person(7, "+15550000007")
				h.must(h.engine.Pause(t.Context(), 1, "away"))
				h.ring("+15550000007", 5*time.Second, time.Minute) // agent 2 gets to know them
				h.until(time.Minute, "wrap-up", func() bool { return h.state(2) == StateWrapUp })
				h.must(h.engine.WrapUpDone(t.Context(), 2))
				h.ring("+15550000008", tc.busy, time.Minute)
				h.until(time.Second, "talking", func() bool { return h.state(2) == StateTalking })
				h.must(h.engine.Ready(t.Context(), 1))
				h.wrapUps(func() time.Duration { return time.Second })
				h.ring("+15550000007", 5*time.Second, time.Minute)
				h.until(5*time.Minute, "all over", func() bool { return len(h.store.inbound()) == 3 })
				if rows := h.store.inbound(); rows[2].Agent != tc.want {
					t.Errorf("agent %d takes the call, after %s", rows[2].Agent, rows[2].ConnectDelay)
				}
				h.hard()
				h.stop()
			})
		})
	}
}

func TestCallersAreServedInOrderAndHearTheirPlace(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, func(c *campaigns.Campaign) { c.Inbound.Places = 3 })
		h.must(h.engine.Pause(t.Context(), 1, "away"))
		var callers []*memCaller
		for _, n := range []string{"+15550000001", "+15550000002", "+15550000003"} {
			callers = append(callers, h.ring(n, 5*time.Second, 10*time.Minute))
			time.Sleep(time.Second)
		}
		fourth := h.ring("+15550000004", time.Second, time.Minute)
		h.until(time.Second, "the fourth is refused", func() bool { return fourth.code() == refuseBusy })
		h.until(time.Second, "three are shown in the queue", func() bool { return h.view(1).Queued == 3 })
		time.Sleep(40 * time.Second)
		for i, c := range callers {
			// Greeting 2 s, place 1 s, offer (of a known number without a zone: none), music: 50 frames a second.
			if n := c.leg.port.heard(); n < 1500 {
				t.Errorf("caller %d heard %d frames of voice and music", i+1, n)
			}
		}
		h.wrapUps(func() time.Duration { return time.Second })
		h.must(h.engine.Ready(t.Context(), 1))
		h.until(5*time.Minute, "all over", func() bool { return len(h.store.inbound()) == 4 })
		h.hard()
		h.stop()
		last := time.Time{}
		for _, a := range h.store.inbound() {
			if a.Outcome == campaigns.InboundRefused {
				continue
			}
			if a.Outcome != campaigns.InboundConnected || a.BridgedAt.Before(last) {
				t.Errorf("out of turn: %+v", a)
			}
			last = a.BridgedAt
		}
	})
}

func TestKeysOfTheQueueBookACallbackOrOptOut(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, nil)
		h.must(h.engine.Pause(t.Context(), 1, "away"))
		h.person(7, "+15550000007")
		h.person(8, "+15550000008")
		back, out := h.ring("+15550000007", 0, time.Hour), h.ring("+15550000008", 0, time.Hour)
		time.Sleep(10 * time.Second)
		back.press('5') // means nothing
		back.press('1')
		out.press('9')
		h.until(time.Minute, "both over", func() bool { return len(h.store.inbound()) == 2 })
		for _, a := range h.store.inbound() {
			switch a.Number {
			case "+15550000007":
				wait := a.Next.At.Sub(a.EndedAt)
				if a.Outcome != campaigns.InboundCallback || wait < 30*time.Second || wait > 2*time.Minute {
					t.Errorf("called back %s after the call: %+v", wait, a)
				}
			case "+15550000008":
				if a.Outcome != campaigns.InboundLeft || !a.OptOut {
					t.Errorf("opt-out: %+v", a)
				}
			}
		}
		if _, listed := h.store.dnc["+15550000008"]; !listed {
			t.Error("who pressed 9 is not on the list")
		}
		h.stop()
	})
}

func TestWhenNobodyIsSignedInTheCallerMayLeaveANumberAtOnce(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 0, func(c *campaigns.Campaign) { c.Status = campaigns.Paused })
		h.person(7, "+15550000007")
		asks := h.ring("+15550000007", 0, time.Hour)
		time.Sleep(5 * time.Second)
		asks.press('1')
		h.until(time.Minute, "over", func() bool { return len(h.store.inbound()) == 1 })
		if a := h.store.inbound()[0]; a.Outcome != campaigns.InboundCallback {
			t.Errorf("the ledger says %+v", a)
		}
		silent := h.ring("+15550000009", 0, time.Hour)
		h.until(time.Minute, "over", func() bool { return len(h.store.inbound()) == 2 })
		if a := h.store.inbound()[1]; a.Outcome != campaigns.InboundLeft || a.EndedBy != "us" || silent.leg.Ending().By != "us" {
			t.Errorf("the ledger says %+v", a)
		}
		h.until(time.Minute, "the loop has ended again", func() bool { return !h.view(1).Active })
		h.stop()
	})
}

func TestTheLongestWaitEndsWithAnOffer(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, func(c *campaigns.Campaign) { c.Inbound.Queue = time.Minute })
		h.must(h.engine.Pause(t.Context(), 1, "away"))
		h.person(7, "+15550000007")
		began := time.Now()
		c := h.ring("+15550000007", 0, time.Hour)
		time.Sleep(63 * time.Second)
		c.press('1')
		h.until(time.Minute, "over", func() bool { return len(h.store.inbound()) == 1 })
		if a := h.store.inbound()[0]; a.Outcome != campaigns.InboundCallback || time.Since(began) > 80*time.Second {
			t.Errorf("after %s the ledger says %+v", time.Since(began), a)
		}
		h.stop()
	})
}

func TestACallerWhoseAgentLosesThePhoneGoesFirstInTheQueue(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 2, nil)
		h.must(h.engine.Pause(t.Context(), 2, "away"))
		h.ring("+15550000001", time.Minute, time.Hour)
		h.until(time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		h.ring("+15550000002", time.Minute, time.Hour)
		time.Sleep(5 * time.Second)
		h.phones[1].vanish()
		time.Sleep(5 * time.Second)
		h.must(h.engine.Ready(t.Context(), 2))
		h.until(time.Second, "talking", func() bool { return h.state(2) == StateTalking })
		if call, _ := h.engine.Current(2); call.Number != "+15550000001" {
			t.Errorf("%s is served first", call.Number)
		}
		h.hard()
		h.stop()
	})
}

func TestACallerWhoOptsOutAfterTheAgentsPhoneIsLostIsNotCalledAgain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 2, nil)
		h.must(h.engine.Pause(t.Context(), 2, "away"))
		c := h.ring("+15550000001", time.Hour, time.Hour)
		h.until(time.Second, "talking", func() bool { return h.state(1) == StateTalking })
		time.Sleep(5 * time.Second)
		h.phones[1].vanish()
		time.Sleep(5 * time.Second)
		c.press('1') // is for those who have talked to nobody
		time.Sleep(time.Second)
		c.press('9')
		h.until(time.Minute, "over", func() bool { return len(h.store.inbound()) == 1 })
		if a := h.store.inbound()[0]; a.Outcome != campaigns.InboundConnected || !a.OptOut || a.Agent != 1 || a.EndedBy != "us" {
			t.Errorf("the ledger says %+v", a)
		}
		if _, listed := h.store.dnc["+15550000001"]; !listed {
			t.Error("who pressed 9 is not on the list")
		}
		h.stop()
	})
}

func TestWhatRingsAtACallersPhoneIsWithdrawn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := newHouse(t, func(string) callee {
			return callee{setup: 300 * time.Millisecond, ring: time.Hour, fate: campaigns.Connected}
		})
		h.store.load(1, 1)
		h.run()
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Mode, c.Retry = campaigns.Progressive, nil }))
		h.agent(1, true, 1)
		h.until(10*time.Second, "it rings", func() bool { return h.view(1).Ringing == 1 })
		time.Sleep(2 * time.Second)
		h.ring("+15550000001", 5*time.Second, time.Minute)
		h.until(10*time.Second, "they talk", func() bool { return h.state(1) == StateTalking })
		h.must(h.engine.Pause(t.Context(), 1, "home"))
		h.until(time.Minute, "both over", func() bool { return len(h.store.rows()) == 2 })
		for _, a := range h.store.rows() {
			if a.Mode != campaigns.Inbound && (a.Outcome != campaigns.Cancelled || a.Error != errWithdrawnCalls.Error()) {
				t.Errorf("our call ends with %s: %s", a.Outcome, a.Error)
			}
		}
		h.hard()
		h.stop()
	})
}

func TestACallerWhoHangsUpAsTheAgentIsChosenLeavesTheAgentReady(t *testing.T) {
	for after := range 40 { // at every millisecond around the choice
		bubble(t, func(t *testing.T) {
			h := reception(t, 1, nil)
			h.must(h.engine.Pause(t.Context(), 1, "away"))
			h.ring("+15550000001", 5*time.Second, 10*time.Second+time.Duration(after)*50*time.Microsecond)
			time.Sleep(10 * time.Second)
			go func() { _ = h.engine.Ready(context.Background(), 1) }()
			h.until(time.Minute, "over", func() bool { return len(h.store.inbound()) == 1 })
			h.until(time.Minute, "free again", func() bool {
				if h.state(1) == StateWrapUp {
					h.must(h.engine.WrapUpDone(t.Context(), 1))
				}
				return h.state(1) == StateReady
			})
			h.stop()
		})
	}
}

func TestAnAgentOfAnotherCampaignIsCalledInForACaller(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 0, func(c *campaigns.Campaign) { c.CallerIDs = []string{houseNumber} })
		h.store.load(2, 500)
		h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.CallerIDs = []string{"+15551112222"}; c.Priority = 9 }))
		h.wrapUps(func() time.Duration { return time.Second })
		h.agent(1, true, 1, 2)
		h.until(10*time.Minute, "works for campaign 2", func() bool { a, _ := h.engine.Agent(1); return a.Campaign == 2 })
		h.ring("+15559990001", 10*time.Second, 30*time.Minute)
		h.until(10*time.Minute, "served", func() bool { return len(h.store.inbound()) == 1 })
		if a := h.store.inbound()[0]; a.Outcome != campaigns.InboundConnected || a.Campaign != 1 || a.Agent != 1 {
			t.Errorf("the ledger says %+v", a)
		}
		h.until(10*time.Minute, "back with campaign 2", func() bool { a, _ := h.engine.Agent(1); return a.Campaign == 2 })
		h.hard()
		h.stop()
	})
}

func TestCallsToNumbersThatAreNobodysAreRefused(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := reception(t, 1, func(c *campaigns.Campaign) { c.CallerIDs = []string{"+15551112222"} })
		c := h.ring("+15559990001", 0, time.Minute)
		h.until(time.Second, "refused", func() bool { return c.code() == refuseUnknown })
		h.apply(h.campaign(1, func(c *campaigns.Campaign) { c.Inbound.Off = true }))
		c = h.ring("+15559990001", 0, time.Minute)
		h.until(time.Second, "refused", func() bool { return c.code() == refuseDecline })
		h.apply(h.campaign(1, nil))
		h.store.set(func() { h.store.failBegin = context.DeadlineExceeded })
		c = h.ring("+15559990001", 0, time.Minute)
		h.until(time.Second, "refused", func() bool { return c.code() == refuseDown })
		h.stop()
		if n := len(h.store.inbound()); n != 0 {
			t.Errorf("%d rows of calls that were not taken", n)
		}
	})
}
