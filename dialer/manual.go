package dialer

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// ErrNotTheirs is the error of a number dialed for a campaign that the agent is
// not signed in for.
var ErrNotTheirs = errors.New("the agent is not signed in for the campaign")

// DialNumber calls a contact whose number an agent typed, for a campaign that
// runs: the card stands before the agent while it rings, or, with look, before
// the call, until the agent says Dial or Skip. The agent must be ready, paused
// or at another card; after the call they are what they were. The ledger judges
// the number at the last moment, as any other. A *NotNowError says why nothing
// can be placed.
func (e *Engine) DialNumber(ctx context.Context, agent, campaign int64, p campaigns.Contact, look bool) error {
	p.Agent, p.Callback = 0, 0 // whatever was agreed is not what this call keeps
	return e.ask(ctx, func(reply chan error) {
		e.dialNumber(command{agent: agent, order: orderManual, other: campaign, contact: p, look: look, reply: reply})
	})
}

// dialNumber brings the agent to the loop of the campaign, and gives the order
// there.
func (e *Engine) dialNumber(cmd command) {
	p, s := e.roster[cmd.agent], e.running[cmd.other]
	switch {
	case p == nil:
		cmd.reply <- ErrNotSignedIn
	case !slices.Contains(p.info.Campaigns, cmd.other):
		cmd.reply <- ErrNotTheirs
	case s == nil || !s.up:
		e.errandOver(cmd.agent)
		cmd.reply <- &NotNowError{Why: closedWhy(e.latest[cmd.other].campaign.Status, e.stopping, 0)}
	case p.mine != nil && p.mine.busy():
		cmd.reply <- ErrInCall
	case p.mine != nil:
		p.errand = cmd.other
		e.lend(p, s.loop)
		fallthrough
	case p.loop == s.loop:
		if !s.loop.tell(func() { s.loop.command(cmd) }) {
			e.tell(func() { e.dialNumber(cmd) }) // it has just ended
		}
	default:
		p.errand = cmd.other
		l := p.loop
		if !l.tell(func() { l.spareFor(cmd, time.Now()) }) {
			e.tell(func() { e.dialNumber(cmd) }) // the agent is on the way back to us
		}
	}
}

// errandOver lets an agent work again where they are of most use.
func (e *Engine) errandOver(agent int64) {
	if p := e.roster[agent]; p != nil && p.errand != 0 {
		p.errand = 0
		e.assign()
	}
}

// spareFor gives an agent back who wants to dial for another campaign.
func (l *Loop) spareFor(cmd command, now time.Time) {
	a, here := l.agents[cmd.agent]
	switch {
	case here && a.busy():
		l.engine.tell(func() { l.engine.errandOver(cmd.agent) })
		cmd.reply <- ErrInCall
		return
	case here:
		if l.takeCard(a); a.state == StatePreview {
			a.become(StateReady, now)
		}
		l.handBack(a)
	}
	l.engine.tell(func() { l.engine.dialNumber(cmd) })
}

// askManual shows the card of a number that the agent typed, and dials it
// unless they want to look at it first.
func (l *Loop) askManual(a *agent, cmd command, now time.Time) error {
	err := l.manual(a, cmd, now)
	if err != nil && !a.manual {
		l.engine.tell(func() { l.engine.errandOver(cmd.agent) })
	}
	return err
}

func (l *Loop) manual(a *agent, cmd command, now time.Time) error {
	if a.busy() || a.guest != nil {
		return ErrInCall
	}
	if blocked, why := l.blocked(now); blocked {
		return &NotNowError{Why: why}
	}
	if !l.open() {
		return &NotNowError{Why: closedWhy(l.campaign.Status, l.stopping, len(l.calls))}
	}
	if room, full := l.room(); room <= 0 {
		return &NotNowError{Why: Why{Cause: CauseTrunk, Text: full}}
	}
	l.takeCard(a)
	if a.state == StatePaused && a.after == "" {
		a.after, a.afterReason = StatePaused, a.reason
	}
	p := cmd.contact
	a.card, a.call, a.manual = &p, l.card(p, now), true
	l.shrunkAt = now // calls may ring that were placed with this agent in mind
	a.become(StatePreview, now)
	l.apply(pacing.AgentReserved, 0, a.info.ID, now)
	if !cmd.look {
		l.dialCard(a, now)
	}
	return nil
}

// dialCard calls the contact whose card stands before the agent.
func (l *Loop) dialCard(a *agent, now time.Time) {
	p := *a.card
	a.card = nil
	c := l.put(p, 0, a, true, now)
	a.call = l.currentCall(c, a, now)
	a.publish()
}

// returnCard gives the contact of a card back; one that was typed by hand is
// nobody's.
func (l *Loop) returnCard(a *agent, notBefore time.Time) {
	if !a.manual {
		l.contacts.Return(*a.card, notBefore)
	}
	a.card, a.call = nil, nil
}

// endManual is the end of what an agent dialed by hand.
func (l *Loop) endManual(a *agent) {
	if a.manual {
		a.manual = false
		id := a.info.ID
		l.engine.tell(func() { l.engine.errandOver(id) })
	}
}

// dialAfter is how long after a countdown that could not be kept the next try is.
const dialAfter = time.Second

// countDown dials the cards whose time is over.
func (l *Loop) countDown(now time.Time) {
	for _, a := range l.agents {
		if a.state != StatePreview || a.card == nil || a.call == nil || a.call.DialAt.IsZero() || now.Before(a.call.DialAt) {
			continue
		}
		if err := l.askDial(a, now); err != nil {
			a.call.DialAt = now.Add(l.settings.real(dialAfter))
			a.publish()
		}
	}
}

// freeParked gives callbacks that were agreed with one agent to anybody, when
// that agent has not come to them in the campaign's grace. What became due while
// the campaign did not run waits from its start on: its agent may just be coming.
func (l *Loop) freeParked(now time.Time) {
	grace := l.settings.real(l.campaign.Grace())
	for id, waiting := range l.parked {
		kept := waiting[:0]
		for _, p := range waiting {
			if now.Sub(later(p.NextAt, l.began)) < grace {
				kept = append(kept, p)
				continue
			}
			l.log.Info("a callback goes to anybody: its agent has not come to it", "contact", p.ID, "agent", id, "late", now.Sub(p.NextAt).Round(time.Second))
			p.Agent = 0
			l.contacts.Return(p, time.Time{})
		}
		if l.parked[id] = kept; len(kept) == 0 {
			delete(l.parked, id)
		}
	}
}
