package dialer

import (
	"cmp"
	"context"
	"errors"
	"time"
)

// post is where a signed-in agent stands.
type post struct {
	phone  PhoneRef
	mine   *agent // not nil: the engine holds the agent, who works for no campaign
	loop   *Loop  // else who has the agent
	info   AgentInfo
	asked  bool  // the loop was asked to give the agent back
	errand int64 // campaign for which the agent dials a number by hand; 0 = none
}

// SignIn takes in an agent whose phone is up. The agent is paused until Ready;
// the phone is the engine's from here on and is hung up when the agent leaves;
// when SignIn returns an error the phone stays the caller's.
// An agent who is signed in already changes to the new phone, unless that
// agent is in a call: then the error is ErrInCall.
func (e *Engine) SignIn(ctx context.Context, info AgentInfo, st Station) error {
	phone, known := e.hands.hold(st)
	err := e.ask(ctx, func(reply chan error) { e.signIn(info, e.own, phone, func(err error) { reply <- err }) })
	if err != nil && !known {
		e.hands.drop(phone.Phone)
	}
	return err
}

func (e *Engine) signIn(info AgentInfo, hands *crew, phone PhoneRef, reply func(error)) {
	if e.stopping {
		reply(ErrStopping)
		return
	}
	p := e.roster[info.ID]
	switch {
	case p == nil:
	case p.phone == phone:
		reply(nil)
		return
	case p.mine == nil: // ask the loop to let go first, and come back
		e.recall(p, info, hands, phone, reply)
		return
	case p.mine.busy():
		reply(ErrInCall)
		return
	default:
		e.dismiss(p.mine, otherPhone)
	}
	now := time.Now()
	a := &agent{info: info, phone: phone, hands: hands, state: StatePaused, since: now, idleSince: now, reason: "signed in", occupancy: occupancy{speed: e.settings.Speed, at: now}}
	e.equip(a)
	e.roster[info.ID] = &post{phone: phone, mine: a, info: info}
	hands.do(deed{Kind: deedKeep, Phone: phone.Phone, Agent: info.ID})
	a.publish()
	e.assign()
	reply(nil)
}

// recall signs an agent out of a loop, to sign in anew; one who is in a call
// stays.
func (e *Engine) recall(p *post, info AgentInfo, hands *crew, phone PhoneRef, reply func(error)) {
	l := p.loop
	told := l.tell(func() {
		if a, here := l.agents[info.ID]; here {
			if a.busy() {
				reply(ErrInCall)
				return
			}
			l.lose(a, otherPhone, time.Now())
		}
		e.tell(func() { e.signIn(info, hands, phone, reply) })
	})
	if !told {
		e.tell(func() { e.signIn(info, hands, phone, reply) })
	}
}

// equip gives an agent the cords to who watches it.
func (e *Engine) equip(a *agent) {
	a.show = func(s AgentState) {
		if a.hands.trunk == nil && e.gaveUp.Load() {
			return // they are the next brain's
		}
		e.show.putAgent(s)
		e.hub.tell(Notice{Kind: NoticeAgent, At: time.Now(), Agent: &s})
		if a.hands.trunk == nil { // they may meet another brain
			a.hands.do(deed{Kind: deedShow, Agent: a.info.ID, State: a.shadow(s)})
		}
	}
	a.tell = e.Note
}

// letGo hangs the agent's phone up.
func (a *agent) letGo() { a.hands.do(deed{Kind: deedLetGo, Phone: a.phone.Phone}) }

// phoneLost takes an agent whose phone is gone out of the pool, wherever the
// agent is.
func (e *Engine) phoneLost(id int64, phone PhoneRef, why string) {
	p := e.roster[id]
	if p == nil || p.phone != phone {
		return
	}
	if p.mine != nil {
		e.dismiss(p.mine, why)
		return
	}
	l := p.loop
	told := l.tell(func() {
		if !l.phoneLost(id, phone, why, time.Now()) {
			e.tell(func() { e.phoneLost(id, phone, why) }) // on the way back to us
		}
	})
	if !told {
		e.tell(func() { e.phoneLost(id, phone, why) })
	}
}

// left hears from a loop that an agent is gone.
func (e *Engine) left(a *agent, reason string) { e.dismiss(a, reason) }

// dismiss lets an agent go for good.
func (e *Engine) dismiss(a *agent, reason string) {
	id := a.info.ID
	if p := e.roster[id]; p != nil && p.phone == a.phone {
		delete(e.roster, id)
	}
	if a.hands.trunk != nil || !e.gaveUp.Load() {
		e.log.Info("agent left", "agent", id, "reason", reason)
	}
	a.letGo()
	e.alone(a)
	e.show.leave(id, reason != signedOut && reason != otherPhone)
	a.call, a.after, a.line, a.guest = nil, "", nil, nil
	a.become(StateOffline, time.Now())
	a.reason = reason
	a.publish()
	e.show.dropAgent(id)
}

// sendHome is the end of the shift for all.
func (e *Engine) sendHome() {
	e.hear()
	for _, p := range e.roster {
		if p.mine != nil {
			e.dismiss(p.mine, "the service stops")
		}
	}
}

// Ready makes an agent take calls; during a call it takes back a pause or
// sign-out that was asked for.
func (e *Engine) Ready(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderReady})
}

// Pause makes an agent take no calls, after the present one and its wrap-up.
func (e *Engine) Pause(ctx context.Context, agent int64, reason string) error {
	return e.order(ctx, command{agent: agent, order: orderPause, reason: reason})
}

// SignOut ends an agent's shift, after the present call, and hangs up the
// agent's phone. An agent who is not signed in is signed out already.
func (e *Engine) SignOut(ctx context.Context, agent int64) error {
	err := e.order(ctx, command{agent: agent, order: orderSignOut})
	if errors.Is(err, ErrNotSignedIn) {
		return nil
	}
	return err
}

// HangUp ends the customer's leg of an agent's call, or a ringing call that
// the agent asked for. Without a call it does nothing; within 300 ms of the
// connection it is ErrTooSoon.
func (e *Engine) HangUp(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderHangUp})
}

// WrapUpDone ends an agent's wrap-up: ready, or paused when that was asked for.
func (e *Engine) WrapUpDone(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderWrapUpDone})
}

// Dial calls the contact whose card is shown to the agent; a *NotNowError says
// why it cannot be.
func (e *Engine) Dial(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderDial})
}

// Skip passes over the contact whose card is shown to the agent.
func (e *Engine) Skip(ctx context.Context, agent int64, reason string) error {
	return e.order(ctx, command{agent: agent, order: orderSkip, reason: reason})
}

func (e *Engine) order(ctx context.Context, cmd command) error {
	return e.ask(ctx, func(reply chan error) {
		cmd.reply = reply
		e.command(cmd)
	})
}

// command does what an agent asks, or sends it to the loop that has the agent.
func (e *Engine) command(cmd command) {
	p := e.roster[cmd.agent]
	switch {
	case p == nil:
		cmd.reply <- ErrNotSignedIn
	case p.mine != nil:
		if now := time.Now(); !e.talkOrder(e, p.mine, cmd, now) {
			cmd.reply <- e.obey(p.mine, cmd, now)
		}
	case !p.loop.tell(func() { p.loop.command(cmd) }):
		e.tell(func() { e.command(cmd) }) // the agent is on the way back to us
	}
}

// obey is for agents whom no campaign needs at the moment.
func (e *Engine) obey(a *agent, cmd command, now time.Time) error {
	switch cmd.order {
	case orderReady:
		switch a.after = ""; a.state {
		case StatePaused:
			a.become(StateReady, now)
		case StateWrapUp:
			e.carryOn(a, now)
		}
		e.assign()
	case orderPause:
		e.pause(a, cmd.reason, now)
	case orderPlan:
		a.plan = newPlan(cmd.plan)
		e.keepTimes(now)
		a.publish()
	case orderOtherCall:
		if a.state != StateElsewhere {
			a.elsewhere(cmd.reason, now)
		}
	case orderOtherCallEnded:
		e.otherCallEnded(a, now)
	case orderSignOut:
		if a.engaged() || (cmd.reason != "" && a.busy()) {
			a.after, a.afterReason = StateOffline, cmd.reason
			a.publish()
			return nil
		}
		e.dismiss(a, cmp.Or(cmd.reason, signedOut))
	case orderHangUp:
		return a.hangUp(e.real(doubleClick), now)
	case orderWrapUpDone:
		if a.state == StateWrapUp {
			e.carryOn(a, now)
		}
	case orderDial, orderSkip:
		return ErrNoCard
	}
	return nil
}

// Why agents leave because somebody wants it.
const (
	signedOut  = "signed out"
	otherPhone = "signed in from another phone"
)

// Lost tells whether an agent who is not signed in was signed out last though nobody
// had asked for it: the phone is lost, or its node stops or is gone.
func (e *Engine) Lost(agent int64) bool { return e.show.isLost(agent) }

// Agent returns what is known of an agent; false when not signed in.
func (e *Engine) Agent(agent int64) (AgentState, bool) { return e.show.agent(agent) }

// Current returns the call, or the preview, that stands before an agent.
func (e *Engine) Current(agent int64) (CurrentCall, bool) {
	a, ok := e.show.agent(agent)
	if !ok || a.Call == nil {
		return CurrentCall{}, false
	}
	return *a.Call, true
}
