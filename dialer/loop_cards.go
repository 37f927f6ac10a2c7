package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing"
)

// This file serves contacts that belong to one agent: previews, and callbacks
// agreed with somebody by name.

// serveCards shows a contact to every free agent of a preview campaign.
func (l *Loop) serveCards(now time.Time) {
	if l.policy.Mode != pacing.Preview || !l.open() {
		return
	}
	if blocked, _ := l.blocked(now); blocked {
		return
	}
	for {
		a := l.longestIdleToStay()
		if a == nil {
			return
		}
		p, ok := l.next(now)
		if l.short = !ok; !ok {
			return
		}
		l.showCard(a, p, now)
	}
}

func (l *Loop) showCard(a *agent, p campaigns.Contact, now time.Time) {
	a.card, a.call = &p, l.card(p, now)
	if l.campaign.PreviewDial > 0 {
		a.call.DialAt = now.Add(l.settings.real(l.campaign.PreviewDial))
	}
	a.become(StatePreview, now)
	l.apply(pacing.AgentReserved, 0, a.info.ID, now)
}

// takeCard takes a card away that was not dialed.
func (l *Loop) takeCard(a *agent) {
	if a.card == nil {
		return
	}
	l.returnCard(a, time.Time{})
	l.endManual(a)
}

// askDial calls the contact whose card the agent looks at.
func (l *Loop) askDial(a *agent, now time.Time) error {
	if a.engaged() && a.call != nil {
		return nil // the second click
	}
	if a.card == nil {
		return ErrNoCard
	}
	if now.Sub(a.since) < l.settings.real(doubleClick) {
		return ErrTooSoon
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
	l.dialCard(a, now)
	return nil
}

// askSkip passes over the contact; it is not shown again for a while.
func (l *Loop) askSkip(a *agent, now time.Time) error {
	if a.card == nil {
		return ErrNoCard
	}
	if now.Sub(a.since) < l.settings.real(doubleClick) {
		return ErrTooSoon
	}
	l.returnCard(a, now.Add(l.settings.real(l.settings.SkipDelay)))
	l.totals.Skipped++
	l.carryOn(a, now)
	return nil
}

// serveParked calls those who agreed to be called by one agent, when that
// agent is free. It needs no pacing: the agent is reserved.
func (l *Loop) serveParked(now time.Time) {
	if !l.open() || len(l.parked) == 0 {
		return
	}
	if blocked, _ := l.blocked(now); blocked {
		return
	}
	for id, waiting := range l.parked {
		a, here := l.agents[id]
		if !here || !a.free() || l.bereft(a) || l.roomless() {
			continue
		}
		p := waiting[0]
		if l.parked[id] = waiting[1:]; len(waiting) == 1 {
			delete(l.parked, id)
		}
		if !l.windowOpen(p, now) {
			l.contacts.Return(p, now.Add(time.Minute))
			continue
		}
		if l.policy.Mode == pacing.Preview {
			l.showCard(a, p, now)
			continue
		}
		l.put(p, 0, a, true, now)
		if l.policy.Mode == pacing.Predictive {
			l.apply(pacing.AgentReserved, 0, id, now) // not free for anybody else
		}
	}
}

// putGuarded calls somebody who may only be called with an agent kept for the
// call: who was abandoned lately, or taken for a machine. Without a free agent the
// contact waits.
func (l *Loop) putGuarded(p campaigns.Contact, odds float64, seat *agent, now time.Time) {
	if seat == nil {
		seat = l.longestIdleToStay()
	}
	if seat == nil {
		l.contacts.Return(p, now.Add(l.settings.real(guardedAgain)))
		return
	}
	l.put(p, odds, seat, true, now)
	if l.policy.Mode == pacing.Predictive {
		l.apply(pacing.AgentReserved, 0, seat.info.ID, now) // not free for anybody else
	}
}

// guardedAgain is how long a contact waits that needs an agent kept for it when
// nobody is free.
const guardedAgain = 20 * time.Second

func (l *Loop) roomless() bool {
	room, _ := l.room()
	return room <= 0
}

func (l *Loop) windowOpen(p campaigns.Contact, now time.Time) bool {
	_, zones := p.Dial()
	return rules.OpenAt(l.campaign.Windows, zones, now, l.campaign.RingTime)
}
