package dialer

import (
	"cmp"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is about agents in a call that was passed on to them. Such a guest
// stays with its owner, a loop or the engine, whatever campaign the call is of;
// for the owner's pacing it is an agent who is reserved, talks, and makes notes.
//
//	ready --invite--> reserved --accept--> talking --the call is over--> wrap-up
//	  ^                  |                    |
//	  +---- refused -----+--- taken back -----+ (who never had the person has no notes to make)

// guest is the part of an agent in a call of somebody else.
type guest struct {
	Attempt string        `json:"attempt"`
	Had     bool          `json:"had,omitempty"` // the person
	WrapUp  time.Duration `json:"wrap_up"`       // of the call's campaign, for agents whom no loop has
}

// invitation asks an agent to take a call.
type invitation struct {
	Agent    int64         `json:"agent"`
	From     int64         `json:"from"`
	TakeOver bool          `json:"take_over,omitempty"` // by a supervisor, who asked for it
	WrapUp   time.Duration `json:"wrap_up"`
	Talk     TalkState     `json:"talk"`

	card CurrentCall // of From, whose call it is
	line *way
}

// keeper is who owns an agent.
type keeper interface {
	note(kind pacing.Kind, a *agent, now time.Time) // tells pacing
	wrapUp(a *agent, now time.Time)
	carryOn(a *agent, now time.Time)
	real(d time.Duration) time.Duration
}

var (
	_ keeper = (*Loop)(nil)
	_ keeper = (*Engine)(nil)
)

func (l *Loop) note(kind pacing.Kind, a *agent, now time.Time) { l.apply(kind, 0, a.info.ID, now) }
func (l *Loop) real(d time.Duration) time.Duration             { return l.settings.real(d) }

// note: nobody dials for the agents whom no campaign has.
func (e *Engine) note(pacing.Kind, *agent, time.Time) {}
func (e *Engine) real(d time.Duration) time.Duration  { return e.settings.real(d) }

// wrapUp is for the agents whom no campaign has, after a call that was passed on
// to them.
func (e *Engine) wrapUp(a *agent, now time.Time) {
	a.wrapUntil = time.Time{}
	if g := a.guest; g != nil && g.WrapUp > 0 {
		a.wrapUntil = now.Add(e.settings.real(g.WrapUp))
	}
	a.guest, a.line = nil, nil
	if a.call != nil {
		a.call.EndedAt, a.call.WrapUpUntil, a.call.NoAudio = now, a.wrapUntil, false
	}
	a.become(StateWrapUp, now)
}

// carryOn is what such an agent does then.
func (e *Engine) carryOn(a *agent, now time.Time) {
	a.call, a.guest, a.line = nil, nil, nil
	switch a.next() {
	case StateOffline:
		e.dismiss(a, a.goodbye())
		return
	case StatePaused:
		a.pause(a.afterReason, now)
	default:
		a.become(StateReady, now)
	}
	e.assign()
}

// reach runs do where an agent is, on its owner's goroutine; gone when the agent
// has left.
func (e *Engine) reach(id int64, do func(keeper, *agent), gone func()) {
	p := e.roster[id]
	if p == nil {
		gone()
		return
	}
	if p.mine != nil {
		do(e, p.mine)
		return
	}
	l := p.loop
	again := func() { e.tell(func() { e.reach(id, do, gone) }) } // on the way back to us
	told := l.tell(func() {
		if a, here := l.agents[id]; here {
			do(l, a)
		} else {
			again()
		}
	})
	if !told {
		again()
	}
}

// at tells an agent's owner something about the agent, if the agent is there.
func (e *Engine) at(id int64, do func(keeper, *agent, time.Time)) {
	e.tell(func() { e.reach(id, func(k keeper, a *agent) { do(k, a, time.Now()) }, func() {}) })
}

// invite reserves an agent for a call that is passed on; the answer says why it
// cannot be.
func (e *Engine) invite(from *crew, w word) {
	inv, answer := *w.Invite, deed{Kind: deedAnswer, Ask: w.Ask, Seat: &seat{}}
	card, ok := e.cardOf(inv.From, w.Attempt)
	if !ok {
		answer.Fault = faultOf(ErrNoCall)
		from.do(answer)
		return
	}
	inv.card, inv.line = card, &way{from, w.Attempt}
	e.reach(inv.Agent, func(k keeper, a *agent) {
		s, err := a.borrow(k, inv, time.Now())
		answer.Seat, answer.Fault = &s, faultOf(err)
		from.do(answer)
	}, func() {
		answer.Fault = faultOf(ErrNotSignedIn)
		from.do(answer)
	})
}

// borrow reserves the agent for a call of somebody else.
func (a *agent) borrow(k keeper, inv invitation, now time.Time) (seat, error) {
	overhears := inv.TakeOver && a.state == StateElsewhere && a.supervises == inv.From
	if !a.free() && !overhears {
		return seat{}, &BusyError{Name: a.info.called(), State: a.state}
	}
	card := inv.card
	card.Talk, card.EndedAt, card.WrapUpUntil, card.BridgedAt = inv.Talk, time.Time{}, time.Time{}, time.Time{}
	a.guest, a.line, a.call = &guest{Attempt: card.Attempt, WrapUp: inv.WrapUp}, inv.line, &card
	a.notice, a.supervises, a.told = "", 0, a.ears
	k.note(pacing.AgentReserved, a, now)
	a.become(StateReserved, now)
	return seat{Agent: a.info.ID, Name: a.info.called(), Phone: a.phone, Ears: a.ears}, nil
}

// in tells whether the agent is a guest in a call.
func (a *agent) in(attempt string) bool { return a.guest != nil && a.guest.Attempt == attempt }

// guestTalks hears that a guest has answered.
func (e *Engine) guestTalks(id int64, attempt string) {
	e.at(id, func(k keeper, a *agent, now time.Time) {
		if !a.in(attempt) {
			return
		}
		a.call.BridgedAt = now
		k.note(pacing.AgentTalking, a, now)
		a.become(StateTalking, now)
		a.tellLateEars()
	})
}

// guestHas hears that a guest has the person: there will be notes to make.
func (e *Engine) guestHas(id int64, attempt string) {
	e.at(id, func(_ keeper, a *agent, _ time.Time) {
		if a.in(attempt) {
			a.guest.Had = true
		}
	})
}

// freeGuest hears that a call is over for a guest. Who has talked with the
// person gets wrap-up, the others are free at once.
func (e *Engine) freeGuest(id int64, attempt string, had bool) {
	e.at(id, func(k keeper, a *agent, now time.Time) {
		switch {
		case !a.in(attempt):
		case had || a.guest.Had:
			k.wrapUp(a, now)
		default:
			a.guest, a.line, a.call = nil, nil, nil
			a.notice = "the call that was to be passed on to you went another way"
			k.carryOn(a, now)
		}
	})
}

// passedOn hears that a guest has passed the person on in turn.
func (e *Engine) passedOn(id int64, attempt string, to int64, name string) {
	e.at(id, func(k keeper, a *agent, now time.Time) {
		if a.in(attempt) {
			a.call.Talk = TalkState{PassedTo: name, PassedAgent: to}
			k.wrapUp(a, now)
		}
	})
}

// cardOf is the card of an agent's call, to be passed on.
func (e *Engine) cardOf(id int64, attempt string) (CurrentCall, bool) {
	a, ok := e.show.agent(id)
	if !ok || a.Call == nil || a.Call.Attempt != attempt {
		return CurrentCall{}, false
	}
	return *a.Call, true
}

// passedOn hears that the agent of a call has passed the person on: notes
// follow, and the call goes on without the agent.
func (l *Loop) passedOn(c *call, to int64, name string, at time.Time) {
	a := c.agent
	c.agent, c.guest = nil, to
	delete(l.orphans, c.id) // whose phone was lost is not in the call any more
	if a == nil {
		return
	}
	if a.call != nil {
		a.call.Talk = TalkState{PassedTo: name, PassedAgent: to}
	}
	l.wrapUp(a, at)
}

// giveBack reserves the agent for the person who had them first, if the agent is free or still
// makes notes of the call.
func (l *Loop) giveBack(c *call, now time.Time) {
	a := l.agents[c.prefers]
	if c.prefers = 0; a == nil {
		return
	}
	if a.state == StateWrapUp && a.call != nil && a.call.Attempt == c.row {
		a.call = nil
		l.ready(a, now)
	}
	if a.free() {
		l.reserve(a, c, now)
	}
}

// showTalk shows an agent how a conversation stands.
func (l *Loop) showTalk(id int64, attempt string, v TalkState) {
	if a, here := l.agents[id]; here {
		a.showTalk(attempt, v)
		return
	}
	l.engine.at(id, func(_ keeper, a *agent, _ time.Time) { a.showTalk(attempt, v) })
}

func (a *agent) showTalk(attempt string, v TalkState) {
	if a.call == nil || a.call.Attempt != attempt || !a.engaged() {
		return
	}
	v.Help = a.call.Talk.Help
	a.call.Talk = v
	a.publish()
}

// askHelp asks for a supervisor, or takes it back.
func (a *agent) askHelp(on bool) error {
	switch {
	case a.call == nil || a.state != StateTalking:
		return ErrNoCall
	case a.call.Talk.Help == on:
		return nil
	}
	a.call.Talk.Help = on
	kind := campaigns.EventHelpOver
	if on {
		kind = campaigns.EventHelp
	}
	a.eventOf(kind, a.info.ID, "")
	a.publish()
	return nil
}

// hangUp is the hang-up key of a guest: it refuses a call that rings, and leaves
// one that is talked on.
func (a *agent) hangUp(least time.Duration, now time.Time) error {
	if a.line == nil || !a.engaged() {
		return nil
	}
	if now.Sub(a.since) < least && a.state == StateTalking {
		return ErrTooSoon
	}
	a.line.put(command{agent: a.info.ID, order: orderLeave})
	return nil
}

// noAudio shows that nothing is heard of the person, or something again.
func (a *agent) noAudio(attempt string, missing bool) {
	if a.call != nil && a.call.Attempt == attempt {
		a.call.NoAudio = missing
		a.publish()
	}
}

// called is how colleagues call an agent: by the name, or the login.
func (i AgentInfo) called() string { return cmp.Or(i.Name, i.Login) }
