package rules

import "time"

// state is how one rule came out.
type state uint8

const (
	passes  state = iota // met
	lifted               // not met, and lifted for this call
	advises              // not met, and refuses nobody because of its status
	refuses
	skipped // not asked: see Static
)

// result is what one rule of a plan says, without words.
type result struct {
	state state
	why   reason
	lift  int8  // which ask of the lifts, or of a consent rule, stands for it
	zone  int16 // of the plan, that decides; -1 = none
	ref   int32 // call of the past, check or range that decides; -1 = none
	grant int32 // on which it stands; -1 = none
	used  int64
}

// Decision is what all rules of a plan say of a number at an instant. It points
// at the Facts that it was made of: they must stay as they are until its words
// are read. The zero value is used by Decide, again and again.
type Decision struct {
	plan    *Plan
	facts   *Facts
	now     time.Time
	results []result
	clocks  []reading // of the plan's zones, at now
	primary int       // index of the first refusing rule by stage; -1 = none
}

// Decide runs every rule and fills d. With a Decision that is used again it
// allocates nothing, but for plans with custom rules.
func (p *Plan) Decide(f *Facts, now time.Time, d *Decision) {
	d.begin(p, f, now)
	for i := range p.rules {
		p.judge(&p.rules[i], f, d, &d.results[i])
		d.note(i)
	}
}

func (d *Decision) begin(p *Plan, f *Facts, now time.Time) {
	d.plan, d.facts, d.now, d.primary = p, f, now, -1
	if cap(d.results) < len(p.rules) {
		d.results = make([]result, len(p.rules))
	}
	d.results = d.results[:len(p.rules)]
	d.clocks = d.clocks[:0]
	for _, z := range p.zones {
		d.clocks = append(d.clocks, z.read(now.Unix()))
	}
}

// note keeps the first refusing rule by stage.
func (d *Decision) note(i int) {
	if d.results[i].state == refuses && (d.primary < 0 || d.plan.rules[i].stage < d.plan.rules[d.primary].stage) {
		d.primary = i
	}
}

// judge runs one rule, with what may lift it.
func (p *Plan) judge(b *bound, f *Facts, d *Decision, r *result) {
	*r = result{zone: -1, ref: -1, grant: -1}
	p.meets(b, f, d, r)
	if r.why == reasonNone {
		return
	}
	r.state = refuses
	if len(b.lifts) > 0 && r.why.liftable() {
		if which, grant, ok := p.granted(b.lifts, f, d.now); ok {
			r.state, r.lift, r.grant = lifted, int8(which), int32(grant)
			return
		}
	}
	if b.advisory {
		r.state = advises
	}
}

// liftable: what nothing is known of is not lifted by anything; a register has
// to be there and fresh for everybody.
func (r reason) liftable() bool { return r != reasonNotLoaded && r != reasonStale }

// meets tells why a rule is not met; reasonNone = it is.
func (p *Plan) meets(b *bound, f *Facts, d *Decision, r *result) {
	now := d.now
	switch b.kind {
	case kindWindow:
		p.inWindow(b, d, r)
	case kindList:
		r.why = b.listed(f, now)
	case kindConsentRule:
		which, grant, ok := p.granted(b.asks, f, now)
		r.why, r.lift, r.grant = unless(ok, reasonConsent), int8(which), int32(grant)
	case kindCap:
		r.used = p.used(b, f, now)
		r.why = unless(r.used < b.max, reasonCap)
	case kindSilence:
		until, which := p.silentUntil(b, f)
		r.why, r.ref = unless(which < 0 || !now.Before(until), reasonSilence), int32(which)
	case kindFixed:
		r.why = b.reason
	case kindCLI:
		r.why, r.ref = p.cliReason(b.cli, &f.CLI, now)
	case kindRate:
		r.why = b.rated(f)
	case kindExternal:
		r.why, r.ref = b.checked(f, now)
	case kindCustom:
		r.why = p.customReason(b, f, now)
	default:
		p.base(b, f, now, r)
	}
}

// base judges the base rules but for the hours.
func (p *Plan) base(b *bound, f *Facts, now time.Time, r *result) {
	switch b.kind {
	case kindNumber:
		r.why = unless(f.dialable(), reasonNumber)
	case kindStopped:
		r.why = unless(len(f.Stops) == 0, reasonStopped)
	case kindLive:
		r.why = unless(!f.Live, reasonLive)
	case kindDNC:
		r.why = unless(!f.DNC, reasonListed)
	case kindZone:
		r.why = unless(len(p.zones) > 0, reasonZoneUnknown)
	case kindPlace:
		r.why = unless(p.place.Country != "" || len(p.place.Jurisdictions) > 0, reasonPlaceUnknown)
	case kindAttempts:
		r.used = int64(f.Tries)
		r.why = unless(p.terms.MaxTries <= 0 || f.Tries < p.terms.MaxTries || f.Agreed, reasonAttempts)
	case kindCooldownNumber:
		r.why = unless(f.Agreed || f.LastTry.IsZero() || !now.Before(f.LastTry.Add(p.terms.Cooldown)), reasonCooldown)
	case kindClock:
		r.why = unless(!f.Clock.Jumped && f.Clock.Offset.Abs() <= MaxClockOffset, reasonClock)
	}
}

// dialable judges the number, or remembers of a record what was judged.
func (f *Facts) dialable() bool {
	if f.masked != maskNone {
		return f.masked == maskDialable
	}
	return isDialable(f.Number)
}

// inWindow looks at every zone and keeps the first that is closed.
func (p *Plan) inWindow(b *bound, d *Decision, r *result) {
	if len(p.zones) == 0 {
		r.why = reasonClosed
		return
	}
	for i := range d.clocks {
		if !b.window.openAll(&d.clocks[i], b.ahead) {
			p.closedBy(b, d, i, r)
			if r.why != reasonNone {
				return
			}
		}
	}
}

// closedBy looks closely at one zone: the call may still be open over a change
// of the clocks, or over midnight.
func (p *Plan) closedBy(b *bound, d *Decision, i int, r *result) {
	z := p.zones[i]
	from, to := d.now.Unix(), d.now.Add(b.margin).Unix()
	at, ok := b.window.open(z, from, to)
	if ok {
		return
	}
	r.zone, r.why = int16(i), reasonClosed
	if at > from {
		r.why = reasonMargin
	}
	if off := b.window.off; off != nil {
		if on := z.date(at); !off.covers(on) {
			r.why = reasonNoHolidays
		} else if off.has(on) {
			r.why = reasonHoliday
		}
	}
}

func (b *bound) listed(f *Facts, now time.Time) reason {
	if b.index >= len(f.Lists) || !f.Lists[b.index].Loaded {
		return reasonNotLoaded
	}
	l := &f.Lists[b.index]
	switch {
	case b.maxAge > 0 && now.Sub(l.AccessedAt) > b.maxAge:
		return reasonStale
	case !l.Listed, b.grace > 0 && !l.RegisteredAt.IsZero() && now.Before(l.RegisteredAt.Add(b.grace)):
		return reasonNone
	}
	return reasonListed
}

// rated: a rate that is spent leaves calls to which an agent is reserved, for
// they cannot be abandoned.
func (b *bound) rated(f *Facts) reason {
	switch {
	case f.Reserved:
		return reasonNone
	case b.index >= len(f.Rates) || !f.Rates[b.index].Known:
		return reasonNotCounted
	}
	return unless(!f.Rates[b.index].Spent, reasonRate)
}

// checked finds the newest answer of the check.
func (b *bound) checked(f *Facts, now time.Time) (reason, int32) {
	which := -1
	for i := range f.External {
		if c := &f.External[i]; c.Check == b.rule.Check && (which < 0 || c.At.After(f.External[which].At)) {
			which = i
		}
	}
	switch {
	case which < 0:
		return reasonUnchecked, -1
	case b.maxAge > 0 && now.Sub(f.External[which].At) > b.maxAge:
		return reasonCheckOld, int32(which)
	case !f.External[which].OK:
		return reasonCheckFailed, int32(which)
	}
	return reasonNone, int32(which)
}
