package dialer

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/pacing"
)

// This file is what the budget of abandoned calls does to dialing.
//
//	predictive --one more lost call could break a period--> one to one, reserved
//	    ^                                                        |
//	    +------------ the rate recovers, or the period ends -----+
//
// One to one alone abandons people: somebody who was called before answers and
// takes the agent, and whoever the agent was meant for finds nobody. So each call is
// placed with an agent who is kept for it until it is over; what rings already gets
// the free agents, oldest first, and what is left without one is withdrawn as far as
// the law lets it (least ring time). From then on nobody is abandoned but by the loss
// of an agent's phone.

// refreshEvery is how often the store is asked where the campaign stands.
const refreshEvery = 10 * time.Second

// bindBudget settles how calls are placed at this decision: the policy under the
// limit that binds, and whether it is one to one for a limit that holds at every
// moment.
func (l *Loop) bindBudget(policy pacing.Policy) pacing.Policy {
	policy = l.account.policy(policy)
	if policy.Mode == pacing.Predictive && l.account.spent() != nil {
		policy.Mode = pacing.Progressive
	}
	return policy
}

// judgeBudget tells whether the calls of this decision are placed with an agent
// kept for each. What limits the lines says nothing of the budget: then it stays as
// it was.
func (l *Loop) judgeBudget() {
	switch l.policy.Mode {
	case pacing.Progressive:
		l.sparing = l.account.spent() != nil || l.account.over() != nil
	case pacing.Predictive:
		switch l.decision.Why {
		case pacing.ReasonBudgetSpent:
			l.sparing = true
		case pacing.ReasonLines, pacing.ReasonPerAgent, pacing.ReasonAtOnce, pacing.ReasonNoAgents:
			l.sparing = l.sparing || l.account.spent() != nil
		default:
			l.sparing = l.account.spent() != nil
		}
	default:
		l.sparing = false
	}
}

// shelter gives the free agents to calls that ring without one, oldest first, when
// nobody may be abandoned any more. Those that are left over it withdraws when a limit
// is exceeded already, or holds at every moment; a budget of which the rest is planned
// for had planned for them.
func (l *Loop) shelter(now time.Time) {
	if !l.sparing {
		return
	}
	var open []*call
	for _, c := range l.calls {
		if c.inAir() && c.agent == nil && !c.manual {
			open = append(open, c)
		}
	}
	slices.SortFunc(open, func(a, b *call) int { return a.placed.Compare(b.placed) })
	least, strict := l.settings.real(l.policy.MinRing), l.account.spent() != nil || l.account.over() != nil
	for _, c := range open {
		if a := l.longestIdle(); a != nil {
			c.reserved = true
			l.reserve(a, c, now)
			continue
		}
		if strict && (c.state != CallRinging || now.Sub(c.since) >= least) {
			c.withdraw(errWithdrawnBudget)
		}
	}
}

// askBudget asks for the store's count; the answer comes as work for the loop.
func (l *Loop) askBudget(now time.Time) {
	if l.account.asking || now.Sub(l.budgetAt) < max(time.Second, l.settings.real(refreshEvery)) {
		return
	}
	select {
	case l.budgetAsks <- struct{}{}:
		l.budgetAt, l.account.asking = now, true
	default: // the last one is still being read
	}
}

// budgetRead hears where the store says that the campaign stands.
func (l *Loop) budgetRead(standings []abandonment.Standing, err error) {
	if err != nil || len(standings) == 0 {
		l.account.asking, l.account.closed = false, nil
		l.log.Error("the account of abandonment could not be read; the loop counts on", "error", err)
		return
	}
	open := slices.Clone(l.account.closed)
	for _, c := range l.calls {
		if c.answered && !c.inbound {
			open = append(open, c.counted())
		}
	}
	l.account.take(standings, open)
}

// counted is what the call counts as so far.
func (c *call) counted() callCount { return callCount{country: c.country(), abandoned: c.abandoned} }

// country is where the number is, as far as it is known.
func (c *call) country() string {
	phone, _ := c.contact.Dial()
	return phone.Region
}

// keepAccount reads where the campaign stands whenever the loop asks.
func (e *Engine) keepAccount(ctx context.Context, l *Loop, asks <-chan struct{}) {
	for range asks {
		standings, err := e.store.Standings(ctx, l.id, time.Now())
		l.tell(func() { l.budgetRead(standings, err) })
	}
}

// spentText says which limit is spent, in figures.
func (l *Loop) spentText() string {
	b := l.account.bound()
	for _, other := range []*limit{l.account.over(), l.account.spent()} {
		if other != nil {
			b = other
		}
	}
	r := b.rate()
	return fmt.Sprintf("the abandonment budget is spent: %.0f of %.0f answered, %.2f %% of at most %g %% (%s, since %s); each call is placed with an agent kept for it",
		r.Above, r.Below, 100*r.Share(), 100*b.Rule.Max, b.Rule.ID, b.Period.From.Format("2 January"))
}
