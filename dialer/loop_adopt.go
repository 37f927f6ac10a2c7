package dialer

import (
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is how a loop takes over calls that another brain has placed, and loses
// those of hands that are gone. Each function runs on the loop's goroutine.

// handsJoined hears of hands that calls may be placed with.
func (l *Loop) handsJoined(c *crew) {
	if !slices.Contains(l.crews, c) {
		l.crews = append(l.crews, c)
	}
	l.brief(c)
}

// handsLost ends the calls of hands that are gone, but those of a session that is
// named. Their outcomes are written by whoever ends the node.
func (l *Loop) handsLost(from *crew, but string) {
	now := time.Now()
	for _, c := range l.calls {
		if c.hands == from && (but == "" || c.session != but) {
			l.lost(c, now)
		}
	}
}

// leaveHands forgets the calls of hands that go on without us.
func (l *Loop) leaveHands(from *crew) {
	for _, c := range l.calls {
		if c.hands == from {
			l.stopWaiting(c)
			l.unasked(c)
			l.orphan(c)
			l.forget(c)
		}
	}
}

// lost is the end of a call whose hands are gone.
func (l *Loop) lost(c *call, now time.Time) {
	l.stopWaiting(c)
	l.unasked(c)
	if c.state != CallWriting {
		l.over(c, campaigns.Attempt{
			ID: c.row, Campaign: l.id, Contact: c.contact.ID, Number: c.number, Trunk: c.trunk, Outcome: campaigns.Lost, EndedAt: now,
		}, now)
	}
	l.closed(c)
}

// unasked waits no more for the row of a call: whoever should have written it is not
// there to say so, and nobody would be called until they were.
func (l *Loop) unasked(c *call) {
	if c.state == CallBeginning {
		l.ledger(c.hands).passed()
	}
}

// stopWaiting takes a call out of those that wait for an agent.
func (l *Loop) stopWaiting(c *call) {
	c.claim = 0
	is := func(w *call) bool { return w == c }
	l.waiting, l.queue = slices.DeleteFunc(l.waiting, is), slices.DeleteFunc(l.queue, is)
}

// adopt takes the calls that live with hands. What they do not name is over.
func (l *Loop) adopt(all adoption) {
	now := time.Now()
	l.handsJoined(all.from)
	l.settles = now.Add(bringWithin)
	for _, live := range all.calls {
		c := l.rows[live.Row.ID]
		if c == nil {
			c = l.adopted1(live, all.from, now)
		} else {
			l.settleCall(c, live, now)
		}
		c.session = all.session
	}
	l.handsLost(all.from, all.session)
}

// adopted1 takes over a call that another brain has placed. It is in the budget as
// any other. One that rings is pacing's as if it had been placed now; of one that was
// answered pacing hears of its agent only, who talks and makes notes.
func (l *Loop) adopted1(live liveCall, from *crew, now time.Time) *call {
	l.lastCall++
	c := &call{
		id: l.lastCall, row: live.Row.ID, number: live.Row.Number, shown: live.Row.CallerID, contact: live.Contact, trunk: live.Trunk,
		state: live.State, placed: now.Add(-live.Placed), since: now.Add(-live.Since), hands: from, adopted: !live.ringing(),
		answered: live.Answered, abandoned: live.Abandoned, bridged: live.Bridged, noAudio: live.NoAudio,
		manual: live.Row.Manual, reserved: live.Row.Reserved, inbound: live.Row.Mode == campaigns.Inbound, guest: live.Guest,
		queuing: queuing{lastAgent: live.First, doNotCall: live.Listed},
	}
	l.know(c)
	if live.Unwritten {
		l.unwritten(c)
	}
	if live.ringing() {
		l.adoptRinging(c, live, now)
		return c
	}
	if c.answered && !c.inbound {
		l.account.answer(c.country())
		if c.abandoned {
			l.account.abandon(c.country())
		}
	}
	if live.Agent == 0 && live.Guest == 0 && live.Last != 0 && c.state != CallWriting {
		l.bereave(c, live.Last)
	}
	claimed := now.Add(-live.Claimed)
	switch {
	case live.Claim != 0 && live.State == CallQueued:
		l.enqueue(c, claimed, live.Claim)
	case live.Claim != 0:
		l.wantAgent(c, live.Trunk, claimed, live.Claim)
		l.askReserved(c)
	case live.Agent != 0 && (c.state == CallTalking || c.state == CallConnecting):
		l.await(c, live.Agent)
	}
	return c
}

// adoptRinging takes over a call that nobody has answered yet, with the agent whom
// the other brain has reserved for it.
func (l *Loop) adoptRinging(c *call, live liveCall, now time.Time) {
	l.apply(pacing.CallPlaced, c.id, 0, now)
	if c.state != CallBeginning { // else begun counts it
		l.totals.Placed++
	}
	if c.state == CallRinging {
		l.apply(pacing.CallRinging, c.id, 0, now)
	}
	if l.halts(c) {
		c.withdraw(errStopped)
	}
	l.askReserved(c)
}

// askReserved asks the engine for the agent who was reserved for a call.
func (l *Loop) askReserved(c *call) {
	if c != nil && c.agent == nil && (c.inAir() || c.state == CallWaiting) {
		row := c.row
		l.engine.tell(func() { l.engine.bringReserved(l, row) })
	}
}

// await asks the engine for the agent of a call.
func (l *Loop) await(c *call, agent int64) {
	c.awaits = agent
	w := want{l, c.row}
	l.engine.tell(func() { l.engine.bring(agent, w) })
}

// settleCall brings a call that we have in line with what its hands say of it, after
// we were without each other.
func (l *Loop) settleCall(c *call, live liveCall, now time.Time) {
	if a := c.agent; a != nil && a.info.ID != live.Agent && live.State != CallWriting && !live.ringing() {
		l.bereave(c, a.info.ID)
		l.parted(c, a, now)
	}
	if c.claim != live.Claim {
		l.stopWaiting(c)
	}
	if live.ringing() && c.inAir() {
		l.settleRinging(c, live, now)
	}
	switch claimed := now.Add(-live.Claimed); {
	case live.State == CallWriting && c.state != CallWriting:
		l.over(c, live.Row, now)
	case live.Claim != 0 && c.claim == 0 && live.State == CallQueued:
		l.enqueue(c, claimed, live.Claim)
	case live.Claim != 0 && c.claim == 0:
		l.wantAgent(c, live.Trunk, claimed, live.Claim)
	case live.State == CallTalking && c.state != CallTalking && c.agent != nil:
		l.bridged(c, 0, !c.bridged, live.Abandoned, now)
	case live.State == CallMessage && c.state != CallMessage:
		l.answeredUnheard(c, now)
		l.messagePlays(c, now)
	}
	if live.Abandoned && !c.inbound {
		l.answeredUnheard(c, now)
		l.abandon(c, now)
	}
	if live.Unwritten {
		l.unwritten(c)
	}
}

// settleRinging brings a call that nobody has answered in line with its hands. What
// was withdrawn meanwhile may not have reached them.
func (l *Loop) settleRinging(c *call, live liveCall, now time.Time) {
	if c.state == CallBeginning && live.State != CallBeginning {
		l.begun(c.hands, c, now.Add(-live.Since))
	}
	if live.State == CallRinging {
		l.ringing(c, live.Trunk, now.Add(-live.Since))
	}
	if c.cause != nil {
		c.hands.do(deed{Kind: deedWithdraw, Calls: []string{c.row}, Fault: faultOf(c.cause)})
	}
}

// answeredUnheard counts an answer that we were not told of.
func (l *Loop) answeredUnheard(c *call, now time.Time) {
	if !c.answered {
		c.answered = true
		l.totals.Answered++
		l.account.answer(c.country())
		l.apply(pacing.CallAnswered, c.id, 0, now)
	}
}

// parted frees an agent from a call that goes on, or has ended, without them.
func (l *Loop) parted(c *call, a *agent, now time.Time) {
	c.agent = nil
	if a.state == StateTalking {
		l.wrapUp(a, now)
		return
	}
	a.call = nil
	l.carryOn(a, now)
}

// callBack asks for an agent who was signed out with their node and is back, when
// a call has gone on with them.
func (l *Loop) callBack(id int64) {
	for _, c := range l.calls {
		if l.orphans[c.id] == id && c.agent == nil && c.state == CallTalking {
			l.await(c, id)
		}
	}
}

// attach takes in the agent of an adopted call. When that is over, notes follow.
func (l *Loop) attach(a *agent, attempt string, now time.Time) {
	l.join(a, now)
	c := l.rows[attempt]
	if c == nil || c.awaits != a.info.ID || c.agent != nil || (c.state != CallTalking && c.state != CallConnecting) {
		if a.state == StateTalking {
			l.wrapUp(a, now)
		} else {
			l.carryOn(a, now)
		}
		return
	}
	l.hasAgent(c, a, now)
}

// attachReserved takes in the agent who was reserved for an adopted call.
func (l *Loop) attachReserved(a *agent, attempt string, now time.Time) {
	l.join(a, now)
	c := l.rows[attempt]
	if c == nil || c.agent != nil || (!c.inAir() && c.state != CallWaiting) {
		l.carryOn(a, now)
		return
	}
	c.agent = a
	l.apply(pacing.AgentReady, 0, a.info.ID, now) // as any who is kept for a call that rings
	l.mayLeave(a, now)
}

// takeOver brings an agent of ours into the adopted call that they are in: what their
// node was told last had them free, or kept for a call that only rings.
func (l *Loop) takeOver(id int64, attempt string, now time.Time) {
	a, c := l.agents[id], l.rows[attempt]
	if a == nil || c == nil || c.awaits != id || c.agent != nil || (c.state != CallTalking && c.state != CallConnecting) {
		return
	}
	for _, other := range l.calls {
		if other.agent == a && !other.inAir() {
			return
		}
	}
	switch a.state {
	case StateReady, StateReserved, StatePaused, StateWrapUp, StateResting:
		for _, other := range l.calls {
			if other.agent == a {
				other.agent = nil
			}
		}
		l.hasAgent(c, a, now)
	}
}

// hasAgent is an adopted call whose agent has come.
func (l *Loop) hasAgent(c *call, a *agent, now time.Time) {
	c.awaits = 0
	delete(l.orphans, c.id)
	c.agent, a.line = a, c.line()
	if a.call == nil || a.call.Attempt != c.row {
		a.call = l.currentCall(c, a, now)
	}
	if c.state == CallTalking {
		a.become(StateTalking, now)
	} else {
		a.become(StateReserved, now)
	}
	l.apply(pacing.AgentTalking, 0, a.info.ID, now)
	l.mayLeave(a, now)
	a.told = nil
	a.tellEars() // nobody listens any more
}
