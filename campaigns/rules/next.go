package rules

import "time"

// Next is the first time at or after the one decided for at which no rule will
// refuse, as far as time alone decides: it goes on over hours of the week in
// all zones, holidays, breaks, gaps of the clocks, caps that free up, cool-downs
// that end and consents that begin or end, until all allow it together. ok is
// false when that never is: because of what only people can change, or because
// hours never meet within 400 days.
//
// A call that is under way to the number is left out: it ends at any moment.
// Lists and checks are taken to be renewed in time. A custom rule, whose
// expression may look at anything, never allows by time what it refuses now.
func (d *Decision) Next() (at time.Time, ok bool) {
	if d.Allowed() {
		return d.now, true
	}
	return d.plan.next(d, horizon)
}

// next goes to the fixed point: from each instant to the latest of those before
// which some rule refuses, until none does.
func (p *Plan) next(d *Decision, within time.Duration) (time.Time, bool) {
	at := d.now
	limit := d.now.Add(within)
	for !at.After(limit) {
		latest := at
		for i := range p.rules {
			if p.rules[i].kind == kindLive || p.rules[i].advisory {
				continue
			}
			next, ok := p.allowsFrom(&p.rules[i], &d.results[i], d.facts, latest, limit)
			if !ok {
				return time.Time{}, false
			}
			latest = next
		}
		if latest.Equal(at) {
			return at, true
		}
		at = latest
	}
	return time.Time{}, false
}

// allowsFrom is the first time at or after an instant at which one rule, or what
// lifts it, allows the call.
func (p *Plan) allowsFrom(b *bound, r *result, f *Facts, at, limit time.Time) (time.Time, bool) {
	own, ok := p.metFrom(b, r, f, at, limit)
	if len(b.lifts) == 0 || !r.why.liftable() || (ok && own.Equal(at)) {
		return own, ok
	}
	granted, lifts := p.grantedFrom(b.lifts, f, at)
	if lifts && (!ok || granted.Before(own)) {
		return granted, true
	}
	return own, ok
}

// metFrom is allowsFrom without what lifts the rule.
func (p *Plan) metFrom(b *bound, r *result, f *Facts, at, limit time.Time) (time.Time, bool) {
	switch b.kind {
	case kindWindow:
		if len(p.zones) == 0 {
			return time.Time{}, false
		}
		return b.window.next(p.zones, at, b.margin, limit.Sub(at))
	case kindCooldownNumber:
		if f.Agreed || f.LastTry.IsZero() {
			return at, true
		}
		return later(at, f.LastTry.Add(p.terms.Cooldown)), true
	case kindSilence:
		until, which := p.silentUntil(b, f)
		if which < 0 {
			return at, true
		}
		return later(at, until), true
	case kindCap:
		return p.frees(b, f, at)
	case kindConsentRule:
		return p.grantedFrom(b.asks, f, at)
	case kindList:
		if r.why == reasonNone && b.graceOver(f, at) {
			return time.Time{}, false
		}
	case kindCLI:
		if r.why == reasonNone && !p.stillShown(b, f, at) {
			return time.Time{}, false
		}
	}
	return at, r.why == reasonNone
}

// graceOver tells whether a listed number has no grace any more at a time.
func (b *bound) graceOver(f *Facts, at time.Time) bool {
	l := &f.Lists[b.index]
	return l.Listed && !at.Before(l.RegisteredAt.Add(b.grace))
}

// stillShown tells whether the right to the caller ID has not run out by then.
func (p *Plan) stillShown(b *bound, f *Facts, at time.Time) bool {
	for _, wish := range b.cli.require {
		if wish == cliAuthorized && p.cliWish(wish, &f.CLI, at) != reasonNone {
			return false
		}
	}
	return true
}

// nextOf is when one rule alone will allow the call; zero = it does, or not by
// time alone.
func (d *Decision) nextOf(i int) time.Time {
	if s := d.results[i].state; s != refuses && s != advises {
		return time.Time{}
	}
	at, ok := d.plan.allowsFrom(&d.plan.rules[i], &d.results[i], d.facts, d.now, d.now.Add(horizon))
	if !ok || at.Equal(d.now) {
		return time.Time{}
	}
	return at
}
