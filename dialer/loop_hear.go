package dialer

import (
	"errors"
	"time"
)

// hear takes a word of the hands about one of the loop's calls, on the loop's
// goroutine. Of a call that the loop does not have only that is heard which counts
// without it.
func (l *Loop) hear(from *crew, w word) {
	c := l.rows[w.Attempt]
	switch w.Kind {
	case wordBegun:
		l.begun(from, c, w.At)
		return
	case wordClaim, wordQueue:
		if c == nil {
			from.do(deed{Kind: deedSeat, Attempt: w.Attempt, Seat: &seat{Claim: w.Claim}})
			return
		}
	case wordTalk:
		l.showTalk(w.Agent, w.Attempt, *w.Talk)
		return
	case wordUnrecorded:
		l.recordingFails()
		return
	}
	if c != nil {
		l.hearOf(c, w)
	}
}

// hearOf takes a word about a call, in the order of a call's life.
func (l *Loop) hearOf(c *call, w word) {
	switch w.Kind {
	case wordRefused:
		l.refused(c, w)
	case wordRinging:
		l.ringing(c, w.Trunk, w.At)
	case wordClaim:
		l.wantAgent(c, w.Trunk, w.At, w.Claim)
	case wordGiveUp:
		l.giveUp(c, w.Claim, w.HungUp, w.At)
	case wordUnseated:
		l.unseated(c, w)
	case wordPrefer:
		c.prefers, c.lastAgent = w.Agent, w.Agent
	case wordBridged:
		l.bridged(c, w.Delay, w.First, w.Late, w.At)
	case wordMessage:
		l.messagePlays(c, w.At)
	case wordAudio:
		l.audio(c, w.Missing)
	case wordPassed:
		l.passedOn(c, w.Agent, w.Name, w.At)
	case wordReceived:
		c.contact, c.lastAgent, c.doNotCall = w.Received.Contact, w.Received.LastAgent, w.Received.DoNotCall
	case wordUnreceived:
		if err := w.Fault.err(); !errors.Is(err, errCallerGone) {
			l.ledger(c.hands).failed(w.At, err, false)
		}
		l.forget(c)
	case wordQueue:
		l.enqueue(c, w.At, w.Claim)
	case wordLeaveQueue:
		l.leaveQueue(c, w.Claim)
	case wordOver:
		l.over(c, *w.Row, w.At)
	case wordUnwritten:
		l.unwritten(c)
	case wordClosed:
		l.closed(c)
	}
}

// forget is the end of what the loop knows of a call.
func (l *Loop) forget(c *call) {
	delete(l.calls, c.id)
	delete(l.rows, c.row)
}

// know notes a call.
func (l *Loop) know(c *call) {
	l.calls[c.id], l.rows[c.row] = c, c
}

// unseated hears that an agent who was given to a call is not used: the seat came
// too late, or the way to the phone was not found. The agent is free again; one
// whose phone is out of reach is paused, or the next call would end the same way.
func (l *Loop) unseated(c *call, w word) {
	a := c.agent
	if a == nil || c.seated != w.Claim || c.state != CallConnecting {
		return
	}
	c.agent = nil
	c.become(CallWaiting, w.At)
	if a.call != nil && a.call.Attempt == c.row {
		a.call = nil
	}
	now := time.Now()
	if w.Fault != nil && a.after == "" {
		a.after, a.afterReason = StatePaused, "calls of another node do not reach the phone"
	}
	l.carryOn(a, now)
}
