package dialer

import (
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// passing is a house in which agent 1 talks with a person who stays on the line,
// and agents 2 and 3 are signed in for a campaign that has nobody to call.
func passing(t *testing.T, change func(*campaigns.Campaign)) *house {
	t.Helper()
	h := newHouse(t, func(n string) callee {
		switch n {
		case "+34911000001": // takes a call
			return answers(3*time.Second, time.Hour)
		case "+34911000002": // never does
			return callee{setup: 300 * time.Millisecond, ring: time.Hour, fate: campaigns.Connected}
		case "+34911000003":
			return callee{setup: 300 * time.Millisecond, ring: time.Second, fate: campaigns.Busy}
		}
		return answers(4*time.Second, time.Hour)
	})
	h.store.load(1, 1)
	h.run()
	h.agent(1, true, 1)
	h.apply(h.campaign(1, func(c *campaigns.Campaign) {
		c.Mode, c.Retry = campaigns.Progressive, nil
		c.Departments = []campaigns.Department{
			{Name: "Claims", Agents: []string{"agent2", "agent3"}, Number: "+34911000001"}, {Name: "Nobody", Agents: []string{"agent9"}},
		}
		if change != nil {
			change(c)
		}
	}))
	h.apply(h.campaign(2, func(c *campaigns.Campaign) { c.Mode = campaigns.Progressive }))
	h.until(20*time.Second, "talking", func() bool { return h.state(1) == StateTalking })
	h.agent(2, true, 2)
	time.Sleep(time.Second)
	h.agent(3, true, 2)
	h.until(5*time.Second, "the others work", func() bool { return h.worksFor(2) == 2 && h.worksFor(3) == 2 })
	return h
}

// talk is what an agent sees of the conversation.
func (h *house) talk(agent int64) TalkState {
	cur, _ := h.engine.Current(agent)
	return cur.Talk
}

// joined lists who is connected to the room, or to anybody.
func (h *house) joined(agent int64) bool { return h.phones[agent].port.connected() }

func (h *house) customer() *memLeg {
	h.trunk.mu.Lock()
	defer h.trunk.mu.Unlock()
	return h.trunk.legs[0]
}

func (h *house) phase(agent int64, p TransferPhase) func() bool {
	return func() bool { return h.talk(agent).Transfer.Phase == p }
}

func (h *house) in(agent int64, s State) func() bool {
	return func() bool { return h.state(agent) == s }
}

// finish hangs the person up, ends every wrap-up and stops.
func (h *house) finish() {
	h.t.Helper()
	h.customer().hangUpByCallee()
	h.until(10*time.Second, "the outcome is written", func() bool { return h.store.count() == 1 })
	for id := range h.phones {
		_ = h.engine.WrapUpDone(h.t.Context(), id)
	}
	h.until(time.Second, "all are free", func() bool {
		for id := range h.phones {
			if s := h.state(id); s != StateReady && s != StateOffline && s != StatePaused {
				return false
			}
		}
		return true
	})
	for id := range h.phones {
		if h.joined(id) {
			h.t.Errorf("agent %d is still connected", id)
		}
	}
	h.stop()
}

func (h *house) refuses(want, got error) {
	h.t.Helper()
	if !errors.Is(got, want) {
		h.t.Errorf("got %v, want %v", got, want)
	}
}

// events asserts which kinds stand in the time line, in this order, others
// between them.
func (h *house) events(want ...campaigns.CallEventKind) {
	h.t.Helper()
	got := h.store.kinds()
	rest := got
	for _, k := range want {
		i := slices.Index(rest, k)
		if i < 0 {
			h.t.Errorf("no %s in its place: the time line is %v", k, got)
			return
		}
		rest = rest[i+1:]
	}
}

func TestAnAttendedTransferToAnAgentIsTalkedOverAndCompleted(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Step(t.Context(), 1, "offer"))
		began := time.Now()
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2, Note: "wants the price"}, true))
		h.until(time.Second, "rings", h.phase(1, TransferRinging))
		cur, ok := h.engine.Current(2)
		if !ok || h.state(2) != StateReserved || cur.Contact.Name != "Person 1" || cur.Step != "offer" || cur.Talk.Note != "wants the price" ||
			cur.Talk.Transfer.From != "Agent 1" || cur.Talk.Transfer.Phase != TransferRinging {
			t.Errorf("agent 2 is %s and sees %+v", h.state(2), cur)
		}
		if to := h.talk(1).Transfer.To; to != "Agent 2" {
			t.Errorf("agent 1 sees it go to %q", to)
		}
		heard := h.customer().port.heard()
		time.Sleep(3 * time.Second)
		if n := h.customer().port.heard() - heard; n < 100 {
			t.Errorf("the person heard %d frames of music in 3 s", n)
		}
		if n := h.phones[2].port.heard(); n < 100 {
			t.Errorf("the phone of agent 2 was rung with %d frames", n)
		}
		h.must(h.engine.Accept(t.Context(), 2))
		h.until(time.Second, "they talk", h.phase(1, TransferTalking))
		h.until(time.Second, "both talk", func() bool { return h.state(1) == StateTalking && h.state(2) == StateTalking })
		time.Sleep(2 * time.Second)
		h.must(h.engine.CompleteTransfer(t.Context(), 1))
		h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
		if to := h.talk(1).PassedTo; to != "Agent 2" || h.joined(1) {
			t.Errorf("passed to %q, joined %t", to, h.joined(1))
		}
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		h.until(time.Second, "the call is shown as agent 2's", func() bool {
			calls := h.engine.Snapshot().Calls()
			return len(calls) == 1 && calls[0].Agent == 2
		})
		time.Sleep(30 * time.Second)
		if h.state(2) != StateTalking {
			t.Errorf("agent 2 is %s", h.state(2))
		}
		h.customer().hangUpByCallee()
		h.until(5*time.Second, "agent 2 makes notes", h.in(2, StateWrapUp))
		h.finish()
		a := h.only()
		if a.Agent != 1 || a.SecondAgent != 2 || a.SecondAt.Sub(began) < 5*time.Second || a.Error != "" || a.Outcome != campaigns.Connected {
			t.Errorf("row: %+v", a)
		}
		if len(a.Talks) != 2 || a.Talks[0].Agent != 1 || a.Talks[1].Agent != 2 || !a.Talks[1].From.Equal(a.SecondAt) {
			t.Errorf("talks: %+v", a.Talks)
		}
		h.events(campaigns.EventStep, campaigns.EventTransferAsked, campaigns.EventTransferAnswered, campaigns.EventTransferDone)
		told := kinds(h.told(2), 2)
		want := []pacing.Kind{pacing.AgentReserved, pacing.AgentTalking, pacing.AgentWrapUp}
		if i := slices.Index(told, pacing.AgentReserved); i < 0 || !slices.Equal(told[i:i+3], want) {
			t.Errorf("the pacing of campaign 2 was told %v of agent 2", told)
		}
	})
}

func TestACallIsBackWhenNobodyAnswersTheTransfer(t *testing.T) {
	for _, tc := range []struct {
		name     string
		to       TransferTarget
		attended bool
		act      func(h *house)
		within   time.Duration
		why      string
	}{
		{"an agent does not answer", TransferTarget{Agent: 2}, false, nil, 20 * time.Second, "Agent 2 did not answer"},
		{"an agent refuses", TransferTarget{Agent: 2}, true, func(h *house) { h.must(h.engine.Refuse(h.t.Context(), 2)) }, time.Second, "Agent 2 refused the call"},
		{"an agent hangs up", TransferTarget{Agent: 2}, true, func(h *house) { h.must(h.engine.HangUp(h.t.Context(), 2)) }, time.Second, "Agent 2 refused the call"},
		{"the phone of an agent is lost", TransferTarget{Agent: 2}, false, func(h *house) { h.phones[2].vanish() }, time.Second, "Agent 2's phone was lost"},
		{"a number does not answer", TransferTarget{Number: "+34911000002"}, false, nil, 21 * time.Second, "+34911000002 did not answer"},
		{"a number is busy", TransferTarget{Number: "+34911000003"}, true, nil, 3 * time.Second, "+34911000003 is busy"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := passing(t, func(c *campaigns.Campaign) { c.OutsideTransfer = true })
				h.must(h.engine.Transfer(t.Context(), 1, tc.to, tc.attended))
				h.until(time.Second, "rings", h.phase(1, TransferRinging))
				rang := time.Now()
				if tc.act != nil {
					time.Sleep(500 * time.Millisecond)
					tc.act(h)
				}
				h.until(tc.within+2*time.Second, "it has failed", h.phase(1, TransferFailed))
				if took := time.Since(rang); took > tc.within+time.Second || h.talk(1).Transfer.Why != tc.why {
					t.Errorf("after %s: %q", took, h.talk(1).Transfer.Why)
				}
				if h.state(1) != StateTalking || !h.joined(1) || h.talk(1).OnHold {
					t.Errorf("agent 1 is %s", h.state(1))
				}
				h.until(time.Second, "agent 2 is free of it", func() bool { s := h.state(2); return s == StateReady || s == StateOffline })
				h.finish()
				if a := h.only(); a.SecondAgent != 0 || len(a.Talks) != 0 || a.Agent != 1 {
					t.Errorf("row: %+v", a)
				}
				h.events(campaigns.EventTransferAsked, campaigns.EventTransferFailed)
				for _, leg := range h.store.legs() {
					if leg.Outcome == "" || leg.EndedAt.IsZero() {
						t.Errorf("side leg without an end: %+v", leg)
					}
				}
			})
		})
	}
}

func TestABlindTransferGivesThePersonToWhoAnswers(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Department: "Claims"}, false))
		h.until(time.Second, "rings at who was idle for longest", h.in(2, StateReserved))
		h.must(h.engine.Accept(t.Context(), 2))
		h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
		h.until(time.Second, "agent 2 talks", h.in(2, StateTalking))
		h.refuses(ErrTooSoon, h.engine.HangUp(t.Context(), 2))
		time.Sleep(time.Second)
		h.must(h.engine.HangUp(t.Context(), 2)) // has the person now
		h.until(time.Second, "agent 2 is in wrap-up", h.in(2, StateWrapUp))
		h.finish()
		if a := h.only(); a.EndedBy != "agent" || a.SecondAgent != 2 {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestADepartmentWithoutAFreeAgentIsCalledAtItsNumber(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Pause(t.Context(), 2, "tea"))
		h.must(h.engine.Pause(t.Context(), 3, "tea"))
		h.until(time.Second, "paused", func() bool { return h.state(2) == StatePaused && h.state(3) == StatePaused })
		h.refuses(ErrNobodyThere, h.engine.Transfer(t.Context(), 1, TransferTarget{Department: "Nobody"}, false))
		h.refuses(ErrNoDepartment, h.engine.Transfer(t.Context(), 1, TransferTarget{Department: "Sales"}, false))
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Department: "Claims"}, false))
		h.until(10*time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		time.Sleep(time.Minute)
		if h.store.count() != 0 {
			t.Fatal("the call did not go on without the agent")
		}
		legs := h.store.legs()
		if len(legs) != 1 || legs[0].Number != "+34911000001" || legs[0].Outcome != "" || legs[0].Agent != 1 {
			t.Errorf("side legs: %+v", legs)
		}
		h.finish()
		if leg := h.store.legs()[0]; leg.Outcome != campaigns.Connected || leg.AnsweredAt.IsZero() || leg.EndedAt.Before(leg.AnsweredAt.Add(time.Minute-5*time.Second)) {
			t.Errorf("side leg: %+v", leg)
		}
		if a := h.only(); len(a.Talks) != 1 || a.SecondAgent != 0 || a.Talks[0].To.After(a.EndedAt.Add(-50*time.Second)) {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestWhenTheOutsideLineHangsUpThePersonsCallEnds(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, func(c *campaigns.Campaign) { c.OutsideTransfer = true })
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000001"}, false))
		h.until(10*time.Second, "passed on", h.in(1, StateWrapUp))
		h.trunk.mu.Lock()
		outside := h.trunk.legs[1]
		h.trunk.mu.Unlock()
		outside.hangUpByCallee()
		h.until(5*time.Second, "over", func() bool { return h.store.count() == 1 })
		h.finish()
		if a := h.only(); a.EndedBy != "us" || a.Error != "the outside line hung up" {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAnOutsideNumberThatIsListedWhileItRingsIsCancelledAndThePersonStays(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, func(c *campaigns.Campaign) { c.OutsideTransfer, c.Seller = true, "Acme" })
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000001"}, true))
		time.Sleep(100 * time.Millisecond)
		h.must(h.engine.WithdrawAll([]campaigns.DoNotCall{{Number: "+34911000002"}, {Number: "+34911000001", Seller: "somebody else"}}))
		time.Sleep(100 * time.Millisecond)
		if legs := h.store.legs(); len(legs) != 1 || legs[0].Outcome != "" {
			t.Fatalf("another's entry ended it: %+v", legs)
		}
		h.must(h.engine.WithdrawAll([]campaigns.DoNotCall{{Number: "+34911000001"}}))
		h.until(time.Second, "cancelled", func() bool { return h.store.legs()[0].Outcome == campaigns.Cancelled })
		if h.state(1) != StateTalking || h.store.count() != 0 {
			t.Errorf("the conversation did not go on: agent is %s", h.state(1))
		}
		h.finish()
		if leg := h.store.legs()[0]; leg.Error != errWithdrawnDNC.Error() || !leg.AnsweredAt.IsZero() {
			t.Errorf("side leg: %+v", leg)
		}
	})
}

func TestWhatMayNotBePassedOnIsRefusedInWords(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.refuses(ErrOutsideBarred, h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000002"}, false))
		h.refuses(ErrOutsideBarred, h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "112"}, false))
		h.refuses(ErrSelf, h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 1}, false))
		h.refuses(ErrNotSignedIn, h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 9}, false))
		h.must(h.engine.Pause(t.Context(), 2, "tea"))
		err := h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, false)
		busy, ok := errors.AsType[*BusyError](err)
		if !ok || busy.Error() != "Agent 2 is paused and cannot take the call now" {
			t.Errorf("to a paused agent: %v", err)
		}
		h.store.change(func() { h.store.listed = map[string]bool{"+34911000001": true} })
		h.refuses(ErrNumberBarred, h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000001"}, false))
		h.trunk.fail("no line")
		h.refuses(ErrNoLine, h.engine.Transfer(t.Context(), 1, TransferTarget{Number: "+34911000001"}, false))
		h.refuses(ErrNoTransfer, h.engine.CompleteTransfer(t.Context(), 1))
		h.refuses(ErrNoTransfer, h.engine.CancelTransfer(t.Context(), 1))
		h.refuses(ErrNoTransfer, h.engine.Conference(t.Context(), 1))
		h.refuses(ErrNoCall, h.engine.Accept(t.Context(), 3))
		h.refuses(ErrNoCall, h.engine.Hold(t.Context(), 3, true))
		if h.talk(1) != (TalkState{}) {
			t.Errorf("agent 1 sees %+v", h.talk(1))
		}
		h.finish()
		if len(h.trunk.request) != 1 {
			t.Errorf("%d INVITEs", len(h.trunk.request))
		}
	})
}

func TestThreeTalkAndTheAgentMayLeaveOrStay(t *testing.T) {
	for _, leave := range []bool{true, false} {
		bubble(t, func(t *testing.T) {
			h := passing(t, nil)
			h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 3}, true))
			h.refuses(ErrNotAnswered, h.engine.Conference(t.Context(), 1))
			h.refuses(ErrTransferring, h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
			h.refuses(ErrTransferring, h.engine.Hold(t.Context(), 1, true))
			h.must(h.engine.Accept(t.Context(), 3))
			h.until(time.Second, "they talk", h.phase(1, TransferTalking))
			h.must(h.engine.Conference(t.Context(), 1))
			h.must(h.engine.Conference(t.Context(), 1)) // the second click
			h.until(time.Second, "three", h.phase(3, TransferConference))
			h.refuses(ErrNotYours, h.engine.Hold(t.Context(), 3, true))
			time.Sleep(10 * time.Second)
			if leave {
				h.must(h.engine.CompleteTransfer(t.Context(), 1))
				h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
				h.until(time.Second, "agent 3 has the person", func() bool { return h.talk(3).Transfer == TransferState{} })
			} else {
				h.must(h.engine.HangUp(t.Context(), 3))
				h.until(time.Second, "agent 3 has notes to make", h.in(3, StateWrapUp))
				if now := h.talk(3); now.PassedTo != "Agent 1" || now.PassedAgent != 1 {
					t.Errorf("agent 3 may say what came of a call that agent 1 is in: %+v", now)
				}
				h.until(time.Second, "agent 1 goes on", func() bool { return h.state(1) == StateTalking && h.talk(1).Transfer.Why == "Agent 3 left" })
			}
			h.finish()
			a := h.only()
			if leave && (a.SecondAgent != 3 || len(a.Talks) != 2) || !leave && (a.SecondAgent != 0 || len(a.Talks) != 0) {
				t.Errorf("row: %+v", a)
			}
			h.events(campaigns.EventTransferAnswered, campaigns.EventConference)
		})
	}
}

func TestTheHangUpKeyInATransferEndsTheAgentsPartOnly(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
		h.until(time.Second, "rings", h.phase(1, TransferRinging))
		h.must(h.engine.HangUp(t.Context(), 1))
		h.until(time.Second, "blind from here", func() bool { return h.talk(1).Transfer.Kind == TransferBlind })
		h.must(h.engine.Accept(t.Context(), 2))
		h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
		h.must(h.engine.WrapUpDone(t.Context(), 1))

		h.must(h.engine.Transfer(t.Context(), 2, TransferTarget{Agent: 3}, true)) // and on
		h.until(time.Second, "rings", h.in(3, StateReserved))
		h.must(h.engine.Accept(t.Context(), 3))
		h.until(time.Second, "they talk", h.phase(2, TransferTalking))
		time.Sleep(time.Second)
		h.must(h.engine.HangUp(t.Context(), 2))
		h.until(time.Second, "agent 2 is in wrap-up", h.in(2, StateWrapUp))
		if h.talk(2).PassedTo != "Agent 3" || h.state(3) != StateTalking {
			t.Errorf("2: %+v, 3: %s", h.talk(2), h.state(3))
		}
		h.finish()
		if a := h.only(); len(a.Talks) != 3 || a.SecondAgent != 3 || a.Talks[1].Agent != 2 {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestWhenThePersonHangsUpEverythingIsUndone(t *testing.T) {
	for _, tc := range []struct {
		name string
		act  func(h *house)
		then State // of agent 2
	}{
		{"while it rings", func(*house) {}, StateReady},
		{"while the agents talk", func(h *house) {
			h.must(h.engine.Accept(h.t.Context(), 2))
			h.until(time.Second, "they talk", h.phase(1, TransferTalking))
		}, StateReady},
		{"in a conference", func(h *house) {
			h.must(h.engine.Accept(h.t.Context(), 2))
			h.must(h.engine.Conference(h.t.Context(), 1))
		}, StateWrapUp},
	} {
		t.Run(tc.name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				h := passing(t, nil)
				h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
				h.until(time.Second, "rings", h.in(2, StateReserved))
				tc.act(h)
				h.customer().hangUpByCallee()
				h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
				h.until(time.Second, "agent 2 is free of it", h.in(2, tc.then))
				h.finish()
			})
		})
	}
}

func TestAPersonWhoWasPassedOnIsBackWithTheFirstAgentWhenThePhoneIsLost(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, false))
		h.until(time.Second, "rings", h.in(2, StateReserved))
		h.must(h.engine.Accept(t.Context(), 2))
		h.until(time.Second, "agent 1 is in wrap-up", h.in(1, StateWrapUp))
		time.Sleep(10 * time.Second)
		h.phones[2].vanish()
		h.until(2*time.Second, "agent 1 has the person again", h.in(1, StateTalking))
		time.Sleep(10 * time.Second)
		h.finish()
		a := h.only()
		if a.SecondAgent != 1 || len(a.Talks) != 3 || a.Talks[2].Agent != 1 || a.MessageAt.Equal(a.BridgedAt) {
			t.Errorf("row: %+v", a)
		}
	})
}

func TestAnAgentWhosePhoneIsLostInAConsultationLeavesThePersonWithTheOther(t *testing.T) {
	bubble(t, func(t *testing.T) {
		h := passing(t, nil)
		h.must(h.engine.Transfer(t.Context(), 1, TransferTarget{Agent: 2}, true))
		h.until(time.Second, "rings", h.in(2, StateReserved))
		h.must(h.engine.Accept(t.Context(), 2))
		h.until(time.Second, "they talk", h.phase(1, TransferTalking))
		h.phones[1].vanish()
		h.until(time.Second, "agent 2 has the person", func() bool { return h.talk(2).Transfer == TransferState{} && h.state(2) == StateTalking })
		time.Sleep(5 * time.Second)
		h.agent(1, true, 1) // with another phone
		h.store.load(1, 1)
		h.until(time.Minute, "agent 1 gets calls again", h.in(1, StateTalking))
		h.trunk.legs[1].hangUpByCallee()
		h.until(10*time.Second, "notes", h.in(1, StateWrapUp))
		h.must(h.engine.WrapUpDone(t.Context(), 1))
		if h.state(2) != StateTalking {
			t.Errorf("agent 2 is %s", h.state(2))
		}
		h.customer().hangUpByCallee()
		h.until(10*time.Second, "both are written", func() bool { return h.store.count() == 2 })
		h.must(h.engine.WrapUpDone(t.Context(), 2))
		h.stop()
		second := false
		for _, a := range h.store.rows() {
			second = second || a.SecondAgent == 2
		}
		if !second {
			t.Error("no row says that agent 2 had the person")
		}
	})
}
