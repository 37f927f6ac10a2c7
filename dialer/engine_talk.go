package dialer

import (
	"context"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// This file is what agents may ask for during a call, and supervisors.

// Hold puts the person on hold, where they hear music, or takes them back.
func (e *Engine) Hold(ctx context.Context, agent int64, on bool) error {
	return e.talk(ctx, agent, orderHold, ask{On: on})
}

// Mute lets nobody but supervisors hear the agent, whatever phone it is.
func (e *Engine) Mute(ctx context.Context, agent int64, on bool) error {
	return e.talk(ctx, agent, orderMute, ask{On: on})
}

// SendDigits presses keys (0-9, *, #, A-D) towards the person, or towards the
// outside number that the agent talks to. It does not wait until they are up.
func (e *Engine) SendDigits(ctx context.Context, agent int64, digits string) error {
	return e.talk(ctx, agent, orderDigits, ask{Digits: digits})
}

// Record pauses the recording of the agent's call, or goes on; where the
// campaign asks for consent, on begins it.
func (e *Engine) Record(ctx context.Context, agent int64, on bool) error {
	return e.talk(ctx, agent, orderRecord, ask{On: on})
}

// Transfer passes the agent's call on. It returns when the other side rings; the
// error says why it cannot: a *BusyError, ErrOutsideBarred and others of this
// package. Attended, the agent talks to the other side first; else it has the
// person when it answers. Who does not answer within 20 s, the person is back.
func (e *Engine) Transfer(ctx context.Context, agent int64, to TransferTarget, attended bool) error {
	return e.talk(ctx, agent, orderTransfer, ask{To: to, Attended: attended})
}

// CompleteTransfer gives the person to the other side of the agent's transfer.
func (e *Engine) CompleteTransfer(ctx context.Context, agent int64) error {
	return e.talk(ctx, agent, orderComplete, ask{})
}

// CancelTransfer takes the agent's transfer back: the other side is let go.
func (e *Engine) CancelTransfer(ctx context.Context, agent int64) error {
	return e.talk(ctx, agent, orderCancel, ask{})
}

// Conference lets the person, the agent and the other side of the transfer hear
// each other.
func (e *Engine) Conference(ctx context.Context, agent int64) error {
	return e.talk(ctx, agent, orderConference, ask{})
}

// Accept answers a call that is passed on to the agent.
func (e *Engine) Accept(ctx context.Context, agent int64) error {
	return e.talk(ctx, agent, orderAccept, ask{})
}

// Refuse does not take it: the person goes back.
func (e *Engine) Refuse(ctx context.Context, agent int64) error {
	return e.talk(ctx, agent, orderRefuse, ask{})
}

// AskHelp asks for a supervisor, or takes it back. It is over by itself when one
// joins, and when the call ends.
func (e *Engine) AskHelp(ctx context.Context, agent int64, on bool) error {
	return e.talk(ctx, agent, orderHelp, ask{On: on})
}

func (e *Engine) talk(ctx context.Context, agent int64, o order, a ask) error {
	return e.order(ctx, command{agent: agent, order: o, ask: a})
}

// Note writes something down in the time line of a call.
func (e *Engine) Note(ev campaigns.CallEvent) {
	ev.At = time.Now()
	e.hands.chronicle.add(ev)
}

// Monitor lets a supervisor, who is signed in with a phone, take part in all
// calls of an agent, until StopMonitor or until one of them leaves; again, it
// changes the mode. ErrNoHeadset when the supervisor is not there,
// ErrNotSignedIn when the agent is not, ErrInCall when the supervisor talks.
func (e *Engine) Monitor(ctx context.Context, user, agent int64, mode MonitorMode) error {
	if user == agent {
		return ErrSelf
	}
	who, there := e.Agent(user)
	if !there {
		return ErrNoHeadset
	}
	whom, there := e.Agent(agent)
	if !there {
		return ErrNotSignedIn
	}
	if who.Supervises != 0 && who.Supervises != agent {
		if err := e.StopMonitor(ctx, user); err != nil {
			return err
		}
	}
	phone, err := e.phoneOf(ctx, user)
	if err != nil {
		return err
	}
	if err := e.order(ctx, command{agent: user, order: orderSupervise, other: agent, reason: string(mode) + ": " + whom.called()}); err != nil {
		return err
	}
	heard := ear{MonitorState{User: user, Name: who.called(), Mode: mode, Since: time.Now()}, phone}
	err = e.order(ctx, command{agent: agent, order: orderListen, ask: ask{Ears: []ear{heard}}})
	if err != nil {
		_ = e.StopMonitor(context.WithoutCancel(ctx), user)
	}
	return err
}

// phoneOf is the phone of who is signed in.
func (e *Engine) phoneOf(ctx context.Context, user int64) (ref PhoneRef, err error) {
	found := make(chan PhoneRef, 1)
	err = e.ask(ctx, func(reply chan error) {
		if p := e.roster[user]; p != nil {
			found <- p.phone
			reply <- nil
		} else {
			reply <- ErrNoHeadset
		}
	})
	if err != nil {
		return PhoneRef{}, err
	}
	return <-found, nil
}

// StopMonitor ends it. Who listens to nobody has stopped already.
func (e *Engine) StopMonitor(ctx context.Context, user int64) error {
	who, there := e.Agent(user)
	if !there || who.Supervises == 0 {
		return nil
	}
	return e.order(ctx, command{agent: user, order: orderSuperviseEnd})
}

// TakeOver makes the supervisor the agent of the person whom the agent talks
// with to whom they listen. The agent goes to wrap-up.
func (e *Engine) TakeOver(ctx context.Context, user int64) error {
	who, there := e.Agent(user)
	if !there || who.Supervises == 0 {
		return ErrNotSupervising
	}
	agent := who.Supervises
	if err := e.order(ctx, command{agent: agent, order: orderTakeOver, ask: ask{By: user}}); err != nil {
		return err
	}
	e.at(agent, func(_ keeper, a *agentOf, _ time.Time) { a.unlisten(user) })
	return nil
}

// agentOf is an agent; the name is taken where this file means a number.
type agentOf = agent

// talkOrder does what is asked of an agent during a call, for whichever owner
// the agent has; false when it is no such order.
func (e *Engine) talkOrder(k keeper, a *agent, cmd command, now time.Time) bool {
	switch {
	case cmd.order.duringCall():
		a.passOn(cmd)
	case cmd.order == orderHelp:
		err := a.askHelp(cmd.ask.On)
		if err == nil && cmd.ask.On {
			e.hub.tell(Notice{Kind: NoticeHelp, At: now, Attempt: a.call.Attempt, Agent: ptr(a.published())})
		}
		cmd.answer(err)
	case cmd.order == orderSupervise:
		cmd.answer(e.supervise(k, a, cmd, now))
	case cmd.order == orderSuperviseEnd:
		e.superviseEnd(k, a, now)
		cmd.answer(nil)
	case cmd.order == orderListen:
		a.listen(cmd.ask.Ears[0])
		cmd.answer(nil)
	default:
		return false
	}
	return true
}

// supervise takes an agent who listens to another out of the queue.
func (e *Engine) supervise(k keeper, a *agent, cmd command, now time.Time) error {
	if a.supervises == cmd.other {
		a.reason = cmd.reason
		a.publish()
		return nil
	}
	if a.busy() {
		return ErrInCall
	}
	if l, lent := k.(*Loop); lent {
		if err := l.askOtherCall(a, cmd.reason, now); err != nil {
			return err
		}
	} else {
		a.elsewhere(cmd.reason, now)
	}
	a.supervises = cmd.other
	a.publish()
	return nil
}

// superviseEnd makes a supervisor what they were before, and lets the agent be
// alone.
func (e *Engine) superviseEnd(k keeper, a *agent, now time.Time) {
	e.deafen(a)
	if a.state == StateElsewhere {
		k.carryOn(a, now)
	}
}

// deafen ends what a supervisor listens to.
func (e *Engine) deafen(a *agent) {
	whom, user := a.supervises, a.info.ID
	if a.supervises = 0; whom != 0 {
		e.at(whom, func(_ keeper, of *agent, _ time.Time) { of.unlisten(user) })
	}
}

// alone ends what an agent who leaves is listened to by, and listens to.
func (e *Engine) alone(a *agent) {
	e.deafen(a)
	for _, listening := range slices.Clone(a.ears) {
		e.at(listening.User, func(k keeper, s *agent, now time.Time) {
			if s.supervises == a.info.ID {
				e.superviseEnd(k, s, now)
			}
		})
	}
	a.ears = nil
}
