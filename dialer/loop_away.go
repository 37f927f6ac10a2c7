package dialer

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is what keeps an agent from the next call beside the present one:
// planned breaks, rests that the occupancy ceiling asks for, and conversations
// that did not come from the dialer.

// keepTimes begins the breaks whose time has come and ends the rests whose
// time is over.
func (l *Loop) keepTimes(now time.Time) {
	for _, a := range l.agents {
		if b, due := a.plan.begin(now); due {
			l.startBreak(a, b, now)
		}
		if a.rested(now) {
			l.ready(a, now)
		}
	}
}

// startBreak pauses an agent for a break, after the present call.
func (l *Loop) startBreak(a *agent, b Break, now time.Time) {
	l.tellLeaving(a, now)
	switch {
	case a.after == StateOffline: // going home already
	case a.state == StatePaused:
		a.pause(b.text(), now)
	default:
		l.askPause(a, b.text(), now)
	}
}

// setPlan takes an agent's planned breaks.
func (l *Loop) setPlan(a *agent, breaks []Break, now time.Time) {
	a.plan = newPlan(breaks)
	l.tellLeaving(a, now)
	l.keepTimes(now)
	a.publish()
}

// tellLeaving tells pacing when an agent leaves, when that has changed.
func (l *Loop) tellLeaving(a *agent, now time.Time) {
	at := a.plan.leavesAt()
	if at.Equal(a.leaving) {
		return
	}
	a.leaving = at
	l.tellUntil(pacing.AgentLeavesAt, a, at, now)
}

// tellUntil tells pacing a fact about an agent with an instant.
func (l *Loop) tellUntil(kind pacing.Kind, a *agent, until, now time.Time) {
	l.floor.Apply(pacing.Event{
		At: l.clock.virtual(now), Kind: kind, Agent: pacing.AgentID(a.info.ID), Until: l.clock.virtual(until),
	})
}

// mustRest lets an agent who comes free rest, when the campaign's occupancy
// ceiling asks for it.
func (l *Loop) mustRest(a *agent, now time.Time) bool {
	a.under(l.policy.Ceiling, now)
	d := a.occupancy.rest()
	if d == 0 {
		return false
	}
	why := fmt.Sprintf("a rest of %s, so that no more than %.0f %% of the time is work", d.Round(time.Second), 100*l.policy.Ceiling)
	a.rest(now.Add(l.settings.real(d)), why, now)
	l.tellUntil(pacing.AgentResting, a, a.restUntil, now)
	return true
}

// ready gives an agent to the queue.
func (l *Loop) ready(a *agent, now time.Time) {
	a.become(StateReady, now)
	l.apply(pacing.AgentReady, 0, a.info.ID, now)
	if a.moving {
		l.apply(pacing.AgentLeavingAfterCall, 0, a.info.ID, now)
	}
}

// askOtherCall hears that an agent is in a conversation that is not ours.
func (l *Loop) askOtherCall(a *agent, what string, now time.Time) error {
	if a.engaged() {
		return ErrInCall
	}
	if a.state == StateElsewhere {
		return nil // the second click
	}
	l.takeCard(a)
	a.call = nil
	l.shrunkAt = now
	a.elsewhere(what, now)
	l.apply(pacing.AgentTalking, 0, a.info.ID, now)
	l.mayLeave(a, now)
	return nil
}

// otherCallEnded hears that it is over: wrap-up follows, as after any call. Who
// listens to somebody has no notes to make, and listens no more.
func (l *Loop) otherCallEnded(a *agent, now time.Time) {
	switch {
	case a.state != StateElsewhere:
	case a.supervises != 0:
		l.engine.superviseEnd(l, a, now)
	default:
		l.wrapUp(a, now)
	}
}

// mayLeave tells pacing that a busy agent will not come free here.
func (l *Loop) mayLeave(a *agent, now time.Time) {
	if a.after != "" || a.moving {
		l.apply(pacing.AgentLeavingAfterCall, 0, a.info.ID, now)
	}
}

// finishing hears the finishing key: the conversation is about to end.
func (l *Loop) finishing(a *agent, now time.Time) {
	if a.state != StateTalking || a.call == nil || a.call.Finishing {
		return
	}
	a.call.Finishing = true
	l.apply(pacing.AgentFinishing, 0, a.info.ID, now)
	a.publish()
}

// step hears which step of the script the agent has come to.
func (l *Loop) step(a *agent, name string, now time.Time) {
	if a.state != StateTalking || a.call == nil || a.call.Step == name {
		return
	}
	a.call.Step = name
	a.eventOf(campaigns.EventStep, a.info.ID, name)
	l.floor.Apply(pacing.Event{At: l.clock.virtual(now), Kind: pacing.AgentStep, Agent: pacing.AgentID(a.info.ID), Step: stepID(name)})
	a.publish()
}

// teach tells the hopper what came of a call, so that it learns who answers
// when. What did not reach the contact teaches nothing.
func (l *Loop) teach(c *call, row campaigns.Attempt) {
	switch {
	case c.inbound: // who calls us says nothing of who answers
	case row.Outcome.Live():
		l.contacts.Resolved(c.contact, c.placed, true)
	case row.Outcome.Counts() && row.Outcome != campaigns.Failed && row.Outcome != campaigns.Lost:
		l.contacts.Resolved(c.contact, c.placed, false)
	}
}
