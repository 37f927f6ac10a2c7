package dialer

import (
	"cmp"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// doubleClick is how soon after a call or a card appears an agent's answer to
// it is taken for the second click of something earlier (F20).
const doubleClick = 300 * time.Millisecond

// join takes in an agent whom the engine lends. The loop owns it from here on.
func (l *Loop) join(a *agent, now time.Time) {
	l.agents[a.info.ID] = a
	a.campaign, a.moving = l.id, false
	a.under(l.policy.Ceiling, now)
	switch {
	case a.rested(now):
		l.ready(a, now)
	case a.free():
		l.apply(pacing.AgentReady, 0, a.info.ID, now)
	case a.state == StateResting:
		l.apply(pacing.AgentPaused, 0, a.info.ID, now)
		l.tellUntil(pacing.AgentResting, a, a.restUntil, now)
	default:
		l.apply(pacing.AgentPaused, 0, a.info.ID, now)
	}
	a.leaving = time.Time{}
	l.tellLeaving(a, now)
	a.publish()
}

// handBack returns an idle agent to the engine.
func (l *Loop) handBack(a *agent) {
	delete(l.agents, a.info.ID)
	l.shrunkAt = time.Now()
	a.campaign, a.moving = 0, false
	a.under(0, l.shrunkAt)
	l.apply(pacing.AgentGone, 0, a.info.ID, l.shrunkAt)
	l.engine.tell(func() { l.engine.takeBack(a) })
}

// lose removes an agent who is gone: signed out, or the phone is lost.
func (l *Loop) lose(a *agent, reason string, now time.Time) {
	delete(l.agents, a.info.ID)
	l.shrunkAt = now
	l.takeCard(a)
	for _, c := range l.calls {
		if c.agent == a {
			l.orphan(c) // the attempt sees the phone's end itself
		}
	}
	l.apply(pacing.AgentGone, 0, a.info.ID, now)
	a.campaign, a.call, a.line, a.guest = 0, nil, nil, nil
	l.engine.tell(func() { l.engine.left(a, reason) })
}

// phoneLost hears that the phone of an agent is gone; false when the agent is
// not here (any more).
func (l *Loop) phoneLost(id int64, phone PhoneRef, why string, now time.Time) bool {
	a, here := l.agents[id]
	if here && a.phone == phone {
		l.lose(a, why, now)
	}
	return here
}

// command does what an agent asks; when the agent has just been handed back,
// the engine is asked instead.
func (l *Loop) command(cmd command) {
	a, here := l.agents[cmd.agent]
	if !here {
		l.engine.tell(func() { l.engine.command(cmd) })
		return
	}
	if now := time.Now(); !l.engine.talkOrder(l, a, cmd, now) {
		cmd.reply <- l.obey(a, cmd, now)
	}
}

func (l *Loop) obey(a *agent, cmd command, now time.Time) error {
	switch cmd.order {
	case orderReady:
		l.askReady(a, now)
	case orderPause:
		l.askPause(a, cmd.reason, now)
	case orderSignOut:
		l.askSignOut(a, cmd.reason, now)
	case orderWrapUpDone:
		if a.state == StateWrapUp {
			a.call = nil
			l.carryOn(a, now)
		}
	case orderFinishing:
		l.finishing(a, now)
	case orderStep:
		l.step(a, cmd.reason, now)
	case orderPlan:
		l.setPlan(a, cmd.plan, now)
	case orderOtherCall:
		return l.askOtherCall(a, cmd.reason, now)
	case orderOtherCallEnded:
		l.otherCallEnded(a, now)
	case orderHangUp:
		return l.askHangUp(a, now)
	case orderManual:
		return l.askManual(a, cmd, now)
	case orderDial:
		return l.askDial(a, now)
	case orderSkip:
		return l.askSkip(a, now)
	}
	return nil
}

func (l *Loop) askReady(a *agent, now time.Time) {
	a.after = ""
	switch a.state {
	case StatePaused:
		l.carryOn(a, now)
	case StateWrapUp:
		a.call = nil
		l.carryOn(a, now)
	default:
		a.publish()
	}
}

func (l *Loop) askPause(a *agent, reason string, now time.Time) {
	switch {
	case a.busy():
		a.after, a.afterReason = StatePaused, reason
		l.apply(pacing.AgentLeavingAfterCall, 0, a.info.ID, now)
		a.publish()
	default:
		l.takeCard(a)
		l.shrunkAt = now
		l.apply(pacing.AgentPaused, 0, a.info.ID, now)
		a.pause(reason, now)
	}
}

// askSignOut signs an agent out after the present call. Whom a reason signs out, and
// not a wish, makes the notes first.
func (l *Loop) askSignOut(a *agent, reason string, now time.Time) {
	if a.engaged() || a.state == StateElsewhere || (reason != "" && a.busy()) {
		a.after, a.afterReason = StateOffline, reason
		l.apply(pacing.AgentLeavingAfterCall, 0, a.info.ID, now)
		a.publish()
		return
	}
	l.lose(a, cmp.Or(reason, signedOut), now)
}

func (l *Loop) askHangUp(a *agent, now time.Time) error {
	if a.guest != nil {
		return a.hangUp(l.real(doubleClick), now)
	}
	for _, c := range l.calls {
		if c.agent != a {
			continue
		}
		if now.Sub(c.since) < l.settings.real(doubleClick) && c.state == CallTalking {
			return ErrTooSoon
		}
		switch {
		case c.state == CallTalking:
			c.line().put(command{agent: a.info.ID, order: orderLeave})
		case c.inAir() && a.call != nil: // the agent asked for this call
			c.withdraw(errWithdrawnByAgent)
		}
	}
	return nil
}

// reserve binds an agent to a call that is placed or answered.
func (l *Loop) reserve(a *agent, c *call, now time.Time) {
	c.agent, a.reservedFor = a, c.row
	if a.state == StateReserved {
		a.publish() // for another call: their node keeps for which
	}
	a.become(StateReserved, now)
}

// longestIdle is who has been free for the longest time, or nil.
func (l *Loop) longestIdle() *agent { return l.longest((*agent).free) }

// longestIdleToStay leaves out those who are wanted elsewhere.
func (l *Loop) longestIdleToStay() *agent {
	return l.longest(func(a *agent) bool { return a.free() && !a.moving })
}

func (l *Loop) longest(fit func(*agent) bool) *agent {
	var best *agent
	for _, a := range l.agents {
		if fit(a) && a.reached() && !l.bereft(a) && (best == nil || a.before(best)) {
			best = a
		}
	}
	return best
}

// wrapUp is the state after a conversation, for the campaign's limit.
func (l *Loop) wrapUp(a *agent, now time.Time) {
	a.wrapUntil, a.line, a.guest = time.Time{}, nil, nil
	if l.campaign.WrapUp > 0 {
		a.wrapUntil = now.Add(l.settings.real(l.campaign.WrapUp))
	}
	if a.call != nil {
		a.call.EndedAt, a.call.WrapUpUntil, a.call.NoAudio = now, a.wrapUntil, false
	}
	a.become(StateWrapUp, now)
	l.apply(pacing.AgentWrapUp, 0, a.info.ID, now)
	l.mayLeave(a, now)
}

func (l *Loop) expireWrapUps(now time.Time) {
	for _, a := range l.agents {
		if a.state == StateWrapUp && !a.wrapUntil.IsZero() && !now.Before(a.wrapUntil) {
			a.call = nil
			l.carryOn(a, now)
		}
	}
}

// carryOn is what an agent does after a call, or instead of one: what was asked
// for meanwhile, else a rest when it is due, else the next.
func (l *Loop) carryOn(a *agent, now time.Time) {
	l.endManual(a)
	switch a.next() {
	case StateOffline:
		l.lose(a, a.goodbye(), now)
	case StatePaused:
		l.apply(pacing.AgentPaused, 0, a.info.ID, now)
		a.pause(a.afterReason, now)
	default:
		if !l.mustRest(a, now) {
			l.ready(a, now)
		}
	}
}

// wish hears that the engine wants an agent back for another campaign, or not
// any more.
func (l *Loop) wish(id int64, moving bool, now time.Time) {
	a, here := l.agents[id]
	if !here || a.moving == moving {
		return
	}
	a.moving, a.movingSince = moving, now
	switch {
	case moving && a.state != StatePaused:
		l.apply(pacing.AgentLeavingAfterCall, 0, id, now)
	case !moving && a.free():
		l.apply(pacing.AgentReady, 0, id, now)
	}
}

// spare hands back the agents whom the engine wants. Calls that were placed
// with an agent in mind are waited for: since the wish, pacing does not count
// on the agent any more.
func (l *Loop) spare() {
	for _, a := range l.agents {
		if a.moving && (a.state == StatePaused || a.state == StateResting || (a.free() && !l.needs(a))) {
			l.handBack(a)
		}
	}
}

// needs tells whether a person may still be answered by a call that was placed
// before the agent was wanted elsewhere, with too few others free to take it.
func (l *Loop) needs(a *agent) bool {
	rings, others := len(l.waiting), 0
	for _, c := range l.calls {
		if c.inAir() && c.agent == nil && c.placed.Before(a.movingSince) {
			rings++
		}
	}
	for _, b := range l.agents {
		if b != a && b.free() {
			others++
		}
	}
	return rings > others
}

// currentCall is what the agent of a call sees of it.
func (l *Loop) currentCall(c *call, a *agent, now time.Time) *CurrentCall {
	cur := l.card(c.contact, now)
	cur.Attempt, cur.Number, cur.State = c.row, c.number, a.state
	cur.Inbound, cur.DoNotCall = c.inbound, c.doNotCall
	if c.state == CallTalking {
		cur.BridgedAt, cur.State = now, StateTalking
	}
	return cur
}

func (l *Loop) card(p campaigns.Contact, now time.Time) *CurrentCall {
	phone, _ := p.Dial()
	return &CurrentCall{
		Contact: p, Number: phone.Number, Campaign: l.id, CampaignName: l.campaign.Name,
		Script: l.campaign.Script, ScriptVer: l.campaign.ScriptVer, State: StatePreview, Since: now,
	}
}
