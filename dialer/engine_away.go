package dialer

import (
	"context"
	"slices"
	"time"
)

// beat is how often the engine looks at the breaks and rests of agents whom no
// campaign has.
const beat = time.Second

// PlanBreaks replaces what an agent plans: breaks, and the end of the shift. At
// its time a free agent is paused, and a busy one after the present call; until
// then pacing reckons with it. The clock makes nobody ready again: that is for
// the agent to say, with Ready, also before the break is over.
func (e *Engine) PlanBreaks(ctx context.Context, agent int64, plan []Break) error {
	return e.order(ctx, command{agent: agent, order: orderPlan, plan: slices.Clone(plan)})
}

// Finishing hears an agent's finishing key: the conversation is about to end,
// and the next call may be placed for it. Outside a conversation, and the
// second time, it does nothing.
func (e *Engine) Finishing(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderFinishing})
}

// Step hears which step of the script an agent has come to, by its name; ""
// is none. Pacing learns how soon conversations end at each. Outside a
// conversation it does nothing.
func (e *Engine) Step(ctx context.Context, agent int64, step string) error {
	return e.order(ctx, command{agent: agent, order: orderStep, reason: step})
}

// OtherCall hears that an agent is in a conversation that did not come from
// the dialer, inbound or with a colleague, and says what it is for those who
// watch. While a call of ours rings for the agent or is talked on, the error
// is ErrInCall.
func (e *Engine) OtherCall(ctx context.Context, agent int64, what string) error {
	return e.order(ctx, command{agent: agent, order: orderOtherCall, reason: what})
}

// OtherCallEnded hears that it is over. Wrap-up follows, as after any call, and
// then what was before: ready, or paused.
func (e *Engine) OtherCallEnded(ctx context.Context, agent int64) error {
	return e.order(ctx, command{agent: agent, order: orderOtherCallEnded})
}

// keepTimes begins the breaks and ends the rests of the agents whom no
// campaign has.
func (e *Engine) keepTimes(now time.Time) {
	changed := false
	for _, p := range e.roster {
		a := p.mine
		if a == nil {
			continue
		}
		if b, due := a.plan.begin(now); due {
			e.pause(a, b.text(), now)
			changed = true
		}
		if a.rested(now) {
			a.become(StateReady, now)
			changed = true
		}
		if e.heldEnough(a, now) {
			e.release(a, now) // who may be lent to a loop by it
			continue
		}
		if a.state == StateWrapUp && !a.wrapUntil.IsZero() && !now.Before(a.wrapUntil) {
			e.carryOn(a, now)
			changed = true
		}
	}
	if changed {
		e.assign()
	}
}

// pause pauses an agent whom no campaign has, after a conversation elsewhere.
func (e *Engine) pause(a *agent, reason string, now time.Time) {
	if a.busy() {
		a.after, a.afterReason = StatePaused, reason
		a.publish()
		return
	}
	a.pause(reason, now)
}

// otherCallEnded is the end of a conversation elsewhere of an agent whom no
// campaign has: there are no notes to be made.
func (e *Engine) otherCallEnded(a *agent, now time.Time) {
	if a.state != StateElsewhere {
		return
	}
	if a.supervises != 0 { // two calls at once are for nobody
		e.superviseEnd(e, a, now)
		return
	}
	if a.after == StatePaused {
		a.pause(a.afterReason, now)
	} else {
		a.become(StateReady, now)
	}
	e.assign()
}
