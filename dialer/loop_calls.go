package dialer

import (
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is what the loop hears from attempts, in the order of a call's
// life. Each runs on the loop's goroutine.

// ringing hears that the phone rings.
func (l *Loop) ringing(c *call, trunk string, at time.Time) {
	if c.inAir() && c.state != CallRinging {
		c.trunk = trunk
		c.become(CallRinging, at)
		l.apply(pacing.CallRinging, c.id, 0, at)
	}
}

// wantAgent hears that a person is on the line and needs an agent. Exactly one
// seat comes back: from match, or from giveUp.
func (l *Loop) wantAgent(c *call, trunk string, at time.Time, claim int) {
	c.claim = claim
	if c.trunk = trunk; !c.answered {
		c.answered = true
		l.totals.Answered++
		l.account.answer(c.country())
		l.apply(pacing.CallAnswered, c.id, 0, at)
	}
	if c.state == CallTalking || c.state == CallConnecting {
		l.partedOrLost(c, at)
	}
	l.giveBack(c, at)
	c.become(CallWaiting, at)
	l.waiting = append(l.waiting, c)
}

// giveUp hears that a person does not wait any longer: the hold is over, or
// the line is. An agent who was given meanwhile is in the seat already. A loop that
// was late hears of a person and of the end of the hold in one breath: who is free,
// or kept for the call, takes it even then. Nobody hears the message while an agent
// sits there, and no agent stays kept for a call that is given up.
func (l *Loop) giveUp(c *call, claim int, hungUp bool, at time.Time) {
	if c.claim != claim {
		return
	}
	if !hungUp {
		if l.match(at); c.claim == 0 {
			return
		}
	}
	l.waiting = slices.DeleteFunc(l.waiting, func(w *call) bool { return w == c })
	c.give(seat{})
	if hungUp {
		return
	}
	if !c.bridged { // who has talked to an agent was not abandoned
		l.abandon(c, at)
	}
}

// messagePlays hears that a person hears the message.
func (l *Loop) messagePlays(c *call, at time.Time) {
	l.orphan(c) // only a lost phone leads here with an agent
	c.become(CallMessage, at)
}

// orphan takes its agent from a call when the agent's phone is lost. Until the
// person has another agent, or is gone, the call counts as that agent's: who
// signs in again at once gets no second one (I7).
func (l *Loop) orphan(c *call) {
	if c.agent != nil {
		l.bereave(c, c.agent.info.ID)
	}
	c.agent = nil
}

// bereave notes whose a call is that goes on without them.
func (l *Loop) bereave(c *call, agent int64) {
	if c.bridged {
		l.orphans[c.id] = agent
	}
}

// partedOrLost takes its agent from a call that asks for another. The phone of the
// one is lost, and they with it; or the way to it between two nodes is: then they
// are free of the call, with notes to make if they have talked.
func (l *Loop) partedOrLost(c *call, at time.Time) {
	if a := c.agent; a != nil && a.hands != c.hands && l.agents[a.info.ID] == a {
		l.bereave(c, a.info.ID)
		l.parted(c, a, at)
		return
	}
	l.orphan(c)
}

// bereft tells whether an agent's last call goes on without them.
func (l *Loop) bereft(a *agent) bool {
	for _, id := range l.orphans {
		if id == a.info.ID {
			return true
		}
	}
	return false
}

// abandon counts a person for whom no agent came in time, once.
func (l *Loop) abandon(c *call, at time.Time) {
	if c.abandoned {
		return
	}
	c.abandoned = true
	l.totals.Abandoned++
	l.account.abandon(c.country())
	l.apply(pacing.CallAbandoned, c.id, 0, at)
}

// match gives agents to the persons who wait: first to those whose own agent
// is there, then to the others, longest wait first. One who cannot be served
// now keeps nobody else waiting.
func (l *Loop) match(now time.Time) {
	l.serve(now, func(c *call) *agent { return c.agent })
	l.serve(now, func(*call) *agent { return l.agentFor() })
}

// serve gives those who wait the agent that is chosen for them, if any.
func (l *Loop) serve(now time.Time, choose func(*call) *agent) {
	l.waiting = slices.DeleteFunc(l.waiting, func(c *call) bool {
		a := choose(c)
		if a != nil {
			l.seat(a, c, now)
		}
		return a != nil
	})
}

// seat gives an agent to a person who waits.
func (l *Loop) seat(a *agent, c *call, now time.Time) {
	if c.agent != a {
		l.reserve(a, c, now)
	}
	c.become(CallConnecting, now)
	a.told = a.ears
	c.seated = c.claim
	c.give(seat{Agent: a.info.ID, Name: a.info.called(), Phone: a.phone, Ears: a.ears})
}

// agentFor chooses who takes a person for whom nobody is reserved: the longest
// idle, else one reserved for a call that only rings.
func (l *Loop) agentFor() *agent {
	if a := l.longestIdle(); a != nil {
		return a
	}
	return l.steal()
}

// steal takes the agent reserved for the youngest ringing call: a person who
// is there goes before one who may come. Agents who asked for a call
// themselves keep it.
func (l *Loop) steal() *agent {
	if l.policy.Mode != pacing.Progressive {
		return nil
	}
	var from *call
	for _, c := range l.calls {
		if c.inAir() && c.agent != nil && c.contact.Agent == 0 && !c.manual && !c.reserved && (from == nil || c.placed.After(from.placed)) {
			from = c
		}
	}
	if from == nil {
		return nil
	}
	a := from.agent
	from.agent = nil
	return a
}

// bridged hears that the person and the agent hear each other.
func (l *Loop) bridged(c *call, delay time.Duration, first, late bool, at time.Time) {
	if c.agent == nil {
		return // the agent's phone was lost on the way
	}
	a := c.agent
	c.become(CallTalking, at)
	c.bridged = true
	delete(l.orphans, c.id)
	a.call, a.line, c.guest = l.currentCall(c, a, at), c.line(), 0
	a.notice = ""
	a.become(StateTalking, at)
	a.tellLateEars()
	if late {
		l.abandon(c, at)
	}
	if c.inbound {
		l.apply(pacing.AgentTalking, 0, a.info.ID, at)
	} else {
		l.apply(pacing.CallBridged, c.id, a.info.ID, at)
	}
	l.mayLeave(a, at)
	if first && !c.inbound {
		l.totals.Bridged++
		l.settings.Bridged(l.id, delay)
	}
	l.hub.tell(Notice{Kind: NoticeConnected, At: at, Attempt: c.row, Campaign: l.id, Agent: ptr(a.published()), Delay: delay})
}

// audio hears that nothing, or something again, is heard of a person.
func (l *Loop) audio(c *call, missing bool) {
	c.noAudio = missing
	if c.guest != 0 {
		row := c.row
		l.engine.at(c.guest, func(_ keeper, a *agent, _ time.Time) { a.noAudio(row, missing) })
	}
	if a := c.agent; a != nil && a.call != nil && a.call.Attempt == c.row {
		a.call.NoAudio = missing
		a.publish()
	}
}

// over hears how a call ended; its outcome is being written.
func (l *Loop) over(c *call, row campaigns.Attempt, at time.Time) {
	l.tellPacing(c, row, at)
	delete(l.orphans, c.id)
	talked := c.state == CallTalking
	c.become(CallWriting, at)
	if a := c.agent; a != nil {
		c.agent = nil
		if talked {
			l.wrapUp(a, at)
		} else {
			if a.call != nil { // the agent asked for it
				a.notice = "the last call: " + string(row.Outcome)
			}
			a.call = nil
			l.carryOn(a, at)
		}
	}
	l.count(c, row, at)
	l.teach(c, row)
}

// tellPacing says what the end of a call means for the floor.
func (l *Loop) tellPacing(c *call, row campaigns.Attempt, at time.Time) {
	switch {
	case c.inbound: // pacing knows of the agent, and of nothing else
	case row.Outcome.Live() && !c.answered: // answered while it was withdrawn
		c.answered = true
		l.totals.Answered++
		l.account.answer(c.country())
		l.apply(pacing.CallAnswered, c.id, 0, at)
		if row.Outcome.Abandoned() {
			l.abandon(c, at)
		}
		l.apply(pacing.CallEnded, c.id, 0, at)
	case c.answered:
		if row.Outcome.Abandoned() {
			l.abandon(c, at)
		}
		l.apply(pacing.CallEnded, c.id, 0, at)
	case row.Outcome == campaigns.NoAnswer:
		l.apply(pacing.CallNoAnswer, c.id, 0, at)
	case row.Outcome == campaigns.Cancelled:
		l.apply(pacing.CallCancelled, c.id, 0, at)
	default:
		l.apply(pacing.CallFailed, c.id, 0, at)
	}
}

func (l *Loop) count(c *call, row campaigns.Attempt, at time.Time) {
	l.totals.Outcomes[row.Outcome]++
	if row.OptOut {
		l.totals.OptedOut++
	}
	e := EndedCall{
		Attempt: row.ID, Campaign: l.id, Contact: c.contact.ID, Name: c.contact.Name, Number: c.number,
		Outcome: row.Outcome, At: at, Agent: row.Agent, Trunk: row.Trunk, Code: row.Code,
	}
	if !row.BridgedAt.IsZero() {
		e.Talk = row.EndedAt.Sub(row.BridgedAt)
	}
	l.last = append([]EndedCall{e}, l.last[:min(len(l.last), keepLast-1)]...)
	l.hub.tell(Notice{Kind: NoticeEnded, At: at, Attempt: row.ID, Campaign: l.id, Call: &e})
}

// unwritten hears that the store did not take an outcome.
func (l *Loop) unwritten(c *call) {
	if !c.unwritten {
		c.unwritten = true
		l.ledger(c.hands).unwritten++
	}
}

// unwrittenAll is how many outcomes the store has refused so far, on all nodes.
func (l *Loop) unwrittenAll() (n int) {
	for _, s := range l.stores {
		n += s.unwritten
	}
	return n
}

// closed hears that the outcome is on disk (or given up), the last word of
// every attempt.
func (l *Loop) closed(c *call) {
	if c.unwritten {
		l.ledger(c.hands).unwritten--
	}
	if l.account.asking && c.answered && !c.inbound {
		l.account.closed = append(l.account.closed, c.counted())
	}
	l.forget(c)
}

func ptr[T any](v T) *T { return &v }
