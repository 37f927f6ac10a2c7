package dialer

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// pair is an office of two nodes with an agent each, and a campaign that dials one
// to one.
func pair(t *testing.T, c callee, contacts int, change func(*campaigns.Campaign)) *office {
	o := newOffice(t, 2, func(string) callee { return c })
	o.store.load(1, contacts)
	o.takeFloor()
	o.apply(officeCampaign(1, func(c *campaigns.Campaign) {
		c.Mode, c.Retry, c.WrapUp = campaigns.Progressive, nil, 5*time.Minute
		if change != nil {
			change(c)
		}
	}))
	return o
}

// change is a brain that dies, and another that has the floor five seconds later.
func (o *office) change() {
	o.kill()
	time.Sleep(5 * time.Second)
	o.takeFloor()
}

func (o *office) is(agent int64, s State) func() bool {
	return func() bool { return o.state(agent) == s }
}

// with brings agent 1 of an office into a conversation.
func (o *office) talking() *office {
	o.agent(o.nodes[0], 1, 1)
	o.until(time.Minute, "talking", o.is(1, StateTalking))
	return o
}

func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// only is the one row of the ledger, once it is there.
func (o *office) only() campaigns.Attempt {
	o.t.Helper()
	o.until(time.Second, "written", func() bool { return o.store.count() > 0 })
	rows := o.store.rows()
	if len(rows) != 1 {
		o.t.Fatalf("%d rows", len(rows))
	}
	return rows[0]
}

func TestWhatHasNotLeftWhenTheBrainIsLostIsWithdrawnAndTheAgentServesOn(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(20*time.Second, 30*time.Second), 1, nil)
		o.store.set(func() { o.store.latency = 5 * time.Second })
		o.agent(o.nodes[0], 1, 1)
		o.until(time.Minute, "its row is being written", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallBeginning })
		o.kill()
		time.Sleep(6 * time.Second)
		o.store.set(func() { o.store.latency = time.Millisecond })
		o.store.load(1, 1)
		o.takeFloor()
		o.until(time.Minute, "talking for the next brain", o.is(1, StateTalking))
		if a := o.store.rows()[0]; a.Outcome != campaigns.Cancelled || a.Error != errWithdrawnAlone.Error() || !a.SentAt.IsZero() {
			t.Errorf("row: %+v", a)
		}
		o.until(time.Minute, "notes", o.is(1, StateWrapUp))
		o.close()
	})
}

func TestWhatRingsWhenTheBrainIsLostIsTheNextOnesAndItsAgentToo(t *testing.T) {
	for _, gap := range []time.Duration{0, 500 * time.Millisecond, 5 * time.Second, 12 * time.Second} {
		t.Run(gap.String(), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := pair(t, answers(20*time.Second, 30*time.Second), 3, nil)
				o.agent(o.nodes[0], 1, 1)
				o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
				o.kill()
				time.Sleep(gap)
				o.takeFloor()
				o.until(6*time.Second, "adopted, with its agent", func() bool {
					v := o.view(1)
					return len(v.Calls) == 1 && v.Calls[0].State == CallRinging && v.Calls[0].Agent == 1 && o.state(1) == StateReserved
				})
				time.Sleep(2 * time.Second)
				if n := o.nodes[0].trunk.count() + o.nodes[1].trunk.count(); n != 1 {
					t.Errorf("%d calls were placed for one agent", n)
				}
				o.until(time.Minute, "talking", o.is(1, StateTalking))
				o.until(time.Minute, "over", func() bool { return o.store.count() > 0 })
				if a := o.store.rows()[0]; a.Outcome != campaigns.Connected || a.Agent != 1 {
					t.Errorf("row: %+v", a)
				}
				o.close()
			})
		})
	}
}

func TestWithoutABrainAPhoneRingsForFifteenSecondsAndNoLonger(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(time.Minute, 30*time.Second), 1, func(c *campaigns.Campaign) { c.RingTime = 40 * time.Second })
		o.agent(o.nodes[0], 1, 1)
		o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
		o.kill()
		o.until(time.Minute, "over", func() bool { return o.store.count() == 1 })
		a := o.only()
		if rang := a.EndedAt.Sub(a.RingingAt); a.Outcome != campaigns.Cancelled || rang < campaigns.MinRingTime || rang > campaigns.MinRingTime+time.Second {
			t.Errorf("%s after %s of ringing", a.Outcome, rang)
		}
		o.takeFloor()
		o.close()
	})
}

func TestWhoAnswersAtAHandoverIsWithTheirAgent(t *testing.T) {
	for _, before := range []time.Duration{100 * time.Millisecond, 500 * time.Millisecond, 900 * time.Millisecond} {
		bubble(t, func(t *testing.T) {
			o := pair(t, answers(10*time.Second, 30*time.Second), 1, nil)
			o.agent(o.nodes[0], 1, 1)
			o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
			time.Sleep(10*time.Second - before)
			o.kill()
			time.Sleep(time.Second)
			o.takeFloor()
			o.until(2*time.Second, "talking", o.is(1, StateTalking))
			o.until(time.Minute, "over", func() bool { return o.store.count() == 1 })
			if a := o.only(); a.Outcome != campaigns.Connected || a.ConnectDelay > 2*time.Second {
				t.Errorf("row: %+v", a)
			}
			o.close()
		})
	}
}

func TestSomebodyWhoCallsAtAHandoverIsReceived(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, time.Minute), 0, nil)
		o.agent(o.nodes[0], 1, 1)
		time.Sleep(time.Second) // what a brain did in its last instant may be lost with it
		o.kill()
		time.Sleep(3 * time.Second)
		caller := (&house{t: t, trunk: o.nodes[1].trunk}).caller("+15559990001", time.Minute, 10*time.Minute)
		o.nodes[1].hands.Receive(t.Context(), caller)
		time.Sleep(time.Second)
		o.takeFloor()
		o.until(5*time.Second, "talking", o.is(1, StateTalking))
		o.until(2*time.Minute, "over", func() bool { return o.store.count() == 1 })
		if a := o.only(); a.Outcome != campaigns.InboundConnected {
			t.Errorf("row: %+v", a)
		}
		o.close()
	})
}

// A node that stops gives its work away: what talks there ends by itself, its agents
// are signed out after it, and not one call more is placed there.
func TestANodeThatStopsLetsItsConversationsEndAndGetsNoMore(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, time.Minute), 50, nil).talking()
		st := o.agent(o.nodes[1], 2, 1)
		idle := o.agent(o.nodes[0], 3) // of no campaign
		o.nodes[0].soft()
		o.until(2*time.Second, "who is idle there is signed out", o.is(3, StateOffline))
		placed := o.nodes[0].trunk.count()
		o.until(2*time.Minute, "notes", o.is(1, StateWrapUp))
		if o.store.rows()[0].Outcome != campaigns.Connected {
			t.Errorf("row: %+v", o.store.rows()[0])
		}
		o.must(o.brain.WrapUpDone(t.Context(), 1))
		o.until(time.Second, "signed out", o.is(1, StateOffline))
		<-o.nodes[0].gone
		if d := o.nodes[0].trunk.count() - placed; d != 0 {
			t.Errorf("%d calls were placed at a node that stops", d)
		}
		if err := o.nodes[0].hands.SignIn(t.Context(), AgentInfo{ID: 7}, idle); !errors.Is(err, ErrHandsLeave) {
			t.Errorf("signing in there: %v", err)
		}
		o.until(time.Minute, "the other node goes on", o.is(2, StateTalking))
		o.nodes[1].hard()
		o.until(10*time.Second, "gone", o.is(2, StateOffline))
		<-st.Done()
		o.close()
	})
}

// A node that was taken for dead ends what lives on it, and works again in its next life.
func TestANodeThatIsSuspendedHangsUpAndWorksAgainWhenItIsResumed(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 50, nil).talking()
		st := o.agent(o.nodes[1], 2, 1)
		o.until(time.Minute, "both talk", func() bool { return o.state(2) == StateTalking })
		fenced := errors.New("taken for dead")
		o.nodes[1].hands.Suspend(fenced)
		select {
		case <-st.Done():
		case <-time.After(time.Second):
			t.Error("the phone is still up")
		}
		o.until(time.Second, "its line is hung up", func() bool { return o.store.count() == 1 })
		if a := o.only(); a.Agent != 2 || a.EndedBy != "us" {
			t.Errorf("row: %+v", a)
		}
		placed := o.nodes[1].trunk.count()
		time.Sleep(4 * time.Second)
		if n := o.nodes[1].trunk.count(); n != placed {
			t.Errorf("%d calls were placed by a node without a life", n-placed)
		}
		o.nodes[1].hands.Resume()
		o.agent(o.nodes[1], 2, 1)
		o.until(time.Minute, "talking again", o.is(2, StateTalking))
		if o.state(1) != StateTalking {
			t.Errorf("the agent of the other node is %s", o.state(1))
		}
		o.close()
	})
}

func TestWhoAnswersWhileThereIsNoBrainHearsTheMessageWithinTwoSecondsAndCounts(t *testing.T) {
	for _, before := range []time.Duration{500 * time.Millisecond, time.Second, 1400 * time.Millisecond} {
		bubble(t, func(t *testing.T) {
			o := pair(t, answers(10*time.Second, 30*time.Second), 1, nil)
			o.agent(o.nodes[0], 1, 1)
			o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
			time.Sleep(10*time.Second - before)
			o.change()
			o.until(time.Minute, "over", func() bool { return o.store.count() == 1 })
			o.until(time.Minute, "counted", func() bool { p := o.view(1).Period; return p.Answered == 1 && p.Abandoned == 1 })
			o.until(time.Minute, "free", o.is(1, StateReady))
			if a := o.only(); a.Outcome != campaigns.AbandonedMsg { // checkRow holds the two seconds
				t.Errorf("row: %+v", a)
			}
			o.close()
		})
	}
}

func TestAPersonWhoHearsTheMessageIsInTheBudgetOfTheNextBrain(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 30*time.Second), 1, nil)
		st := o.agent(o.nodes[0], 1, 1)
		o.until(time.Minute, "ringing", func() bool { v := o.view(1); return len(v.Calls) == 1 && v.Calls[0].State == CallRinging })
		st.vanish()
		o.until(10*time.Second, "message", func() bool { return o.view(1).Messages == 1 })
		o.kill()
		time.Sleep(2 * time.Second) // the message is of four, and three for the key
		o.takeFloor()
		o.until(3*time.Second, "adopted", func() bool {
			v := o.view(1)
			return v.Messages == 1 && v.Period.Abandoned == 1 && v.Period.Answered == 1
		})
		o.until(time.Minute, "over", func() bool { return o.store.count() == 1 })
		if a := o.only(); a.Outcome != campaigns.AbandonedMsg {
			t.Errorf("row: %+v", a)
		}
		o.close()
	})
}

func TestAConversationGoesOnUnderAnotherBrainWhichKnowsItsAgent(t *testing.T) {
	for name, during := range map[string]func(o *office){
		"plain": func(*office) {},
		"on hold": func(o *office) {
			o.must(o.brain.Hold(o.t.Context(), 1, true))
			o.until(time.Second, "on hold", func() bool { a, _ := o.brain.Agent(1); return a.Call.Talk.OnHold })
		},
		"a pause asked for": func(o *office) { o.must(o.brain.Pause(o.t.Context(), 1, "lunch")) },
	} {
		t.Run(name, func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := pair(t, answers(3*time.Second, 5*time.Minute), 1, nil).talking()
				before, _ := o.brain.Current(1)
				time.Sleep(time.Second)
				during(o)
				time.Sleep(time.Second) // what a brain did in its last instant may be lost with it
				o.change()
				o.until(5*time.Second, "adopted", func() bool { return o.state(1) == StateTalking && o.view(1).Talking == 1 })
				now, _ := o.brain.Current(1)
				if now.Attempt != before.Attempt || now.Contact.Name != before.Contact.Name || now.Talk.OnHold != (name == "on hold") {
					t.Errorf("the card was %+v and is %+v", before, now)
				}
				if name == "on hold" {
					o.must(o.brain.Hold(t.Context(), 1, false))
				}
				time.Sleep(time.Second)
				o.must(o.brain.HangUp(t.Context(), 1))
				o.until(time.Second, "notes", o.is(1, StateWrapUp))
				o.must(o.brain.WrapUpDone(t.Context(), 1))
				if want := map[bool]State{true: StatePaused, false: StateReady}[name == "a pause asked for"]; o.state(1) != want {
					t.Errorf("the agent is %s and not %s", o.state(1), want)
				}
				if a := o.only(); a.Outcome != campaigns.Connected || a.Agent != 1 || a.EndedBy != "agent" {
					t.Errorf("row: %+v", a)
				}
				o.close()
			})
		})
	}
}

func TestAnAgentWhoseConversationEndsWithoutABrainHasNotesToMakeWithTheNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 30*time.Second), 1, nil).talking()
		time.Sleep(28 * time.Second)
		o.change()
		o.until(10*time.Second, "notes", o.is(1, StateWrapUp))
		a, _ := o.brain.Agent(1)
		if a.Call == nil || a.Call.WrapUpUntil.IsZero() || a.Call.Attempt != o.only().ID {
			t.Errorf("the card: %+v", a.Call)
		}
		o.close()
	})
}

func TestNotesThatAreBeingMadeWhenTheBrainIsLostAreMadeToTheirEnd(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 10*time.Second), 1, nil).talking()
		o.until(time.Minute, "notes", o.is(1, StateWrapUp))
		before, _ := o.brain.Current(1)
		o.change()
		o.until(5*time.Second, "notes still", o.is(1, StateWrapUp))
		if now, _ := o.brain.Current(1); now.Attempt != before.Attempt || !now.WrapUpUntil.Equal(before.WrapUpUntil) {
			t.Errorf("the card was %+v and is %+v", before, now)
		}
		o.until(5*time.Minute, "ready when their time is over", o.is(1, StateReady))
		o.close()
	})
}

func TestATransferGoesOnUnderAnotherBrain(t *testing.T) {
	for _, answered := range []bool{false, true} {
		t.Run(fmt.Sprintf("answered %t", answered), func(t *testing.T) {
			bubble(t, func(t *testing.T) {
				o := pair(t, answers(3*time.Second, 5*time.Minute), 1, nil).talking()
				o.agent(o.nodes[1], 2, 1)
				o.must(o.brain.Transfer(t.Context(), 1, TransferTarget{Agent: 2, Note: "listen"}, true))
				o.until(time.Second, "it rings at the other node", o.is(2, StateReserved))
				if answered {
					o.must(o.brain.Accept(t.Context(), 2))
					o.until(time.Second, "they talk", o.is(2, StateTalking))
				}
				time.Sleep(time.Second)
				o.change()
				o.until(6*time.Second, "adopted", func() bool { return o.state(1) == StateTalking && o.state(2) != StateOffline && o.view(1).Talking == 1 })
				if !answered {
					o.must(o.brain.Accept(t.Context(), 2))
				}
				o.until(time.Second, "they talk", o.is(2, StateTalking))
				o.until(time.Second, "completed", func() bool { return o.brain.CompleteTransfer(t.Context(), 1) == nil })
				o.until(time.Second, "notes", o.is(1, StateWrapUp))
				time.Sleep(10 * time.Second)
				o.must(o.brain.HangUp(t.Context(), 2))
				o.until(time.Second, "notes of the other", o.is(2, StateWrapUp))
				o.until(time.Second, "over", func() bool { return o.store.count() == 1 })
				if a := o.only(); a.Outcome != campaigns.Connected || a.Agent != 1 || a.SecondAgent != 2 || len(a.Talks) != 2 {
					t.Errorf("row: %+v", a)
				}
				o.close()
			})
		})
	}
}

func TestASupervisorListensNoMoreUnderAnotherBrainAndIsFree(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 1, nil).talking()
		o.agent(o.nodes[1], 9)
		o.must(o.brain.Monitor(t.Context(), 9, 1, Listen))
		time.Sleep(time.Second)
		o.change()
		o.until(6*time.Second, "adopted", func() bool { return o.state(1) == StateTalking && o.state(9) == StateReady })
		time.Sleep(time.Second)
		o.must(o.brain.Monitor(t.Context(), 9, 1, Whisper)) // and may again
		o.must(o.brain.HangUp(t.Context(), 1))
		o.until(time.Second, "notes", o.is(1, StateWrapUp))
		o.close()
	})
}

func TestACallerWhoWaitsWhenTheBrainIsLostIsServedByTheNext(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, time.Minute), 0, nil)
		o.agent(o.nodes[0], 1, 1)
		o.must(o.brain.Pause(t.Context(), 1, "tea"))
		caller := (&house{t: t, trunk: o.nodes[1].trunk, engine: nil}).caller("+15559990001", time.Minute, 10*time.Minute)
		o.nodes[1].hands.Receive(t.Context(), caller)
		o.until(10*time.Second, "queued", func() bool { return o.view(1).Queued == 1 })
		time.Sleep(time.Second)
		o.change()
		o.until(6*time.Second, "queued with the next brain", func() bool { return o.view(1).Queued == 1 && o.state(1) == StatePaused })
		o.must(o.brain.Ready(t.Context(), 1))
		o.until(5*time.Second, "talking", o.is(1, StateTalking))
		o.until(2*time.Minute, "notes", o.is(1, StateWrapUp))
		o.until(time.Second, "over", func() bool { return o.store.count() == 1 })
		if a := o.only(); a.Outcome != campaigns.InboundConnected || a.Agent != 1 {
			t.Errorf("row: %+v", a)
		}
		o.close()
	})
}

func TestAConversationOfACampaignThatIsPausedIsAdoptedAndNothingIsPlaced(t *testing.T) {
	bubble(t, func(t *testing.T) {
		o := pair(t, answers(3*time.Second, 5*time.Minute), 3, nil).talking()
		o.apply(officeCampaign(1, func(c *campaigns.Campaign) { c.Status, c.Retry = campaigns.Paused, nil }))
		o.change()
		o.until(6*time.Second, "adopted", func() bool { return o.state(1) == StateTalking && o.view(1).Talking == 1 })
		time.Sleep(time.Second)
		o.must(o.brain.HangUp(t.Context(), 1))
		o.until(time.Second, "notes", o.is(1, StateWrapUp))
		o.must(o.brain.WrapUpDone(t.Context(), 1))
		time.Sleep(time.Minute)
		if n := o.nodes[0].trunk.count() + o.nodes[1].trunk.count(); n != 1 {
			t.Errorf("%d calls were placed", n)
		}
		o.close()
	})
}

// caller is somebody who may be received at a node.
func (h *house) caller(number string, talk, patience time.Duration) *memCaller {
	c := &memCaller{in: Inbound{Number: number, Called: houseNumber, Trunk: "mem", CallID: "call-of-" + number, At: time.Now()}, gone: make(chan struct{})}
	c.leg = &memLeg{trunk: h.trunk, number: "in" + number + fmt.Sprint(time.Now().UnixNano()), callee: callee{talk: talk, patience: patience}, done: make(chan struct{})}
	c.leg.port = &memPort{t: h.t, name: number, onConnect: c.leg.agentHeard}
	return c
}
