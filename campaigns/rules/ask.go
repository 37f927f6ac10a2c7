package rules

import (
	"math"
	"time"
)

// ask is a Need as it applies within a plan.
type ask struct {
	kind        string
	grant       bool // a Grant has to stand for it
	level       int
	automated   bool
	namesSeller bool
	age         Period
	need        int // which of the rule's needs it comes of
}

// ebrAges are how long a business relationship lasts: 18 months after a
// purchase, 3 months after an inquiry (16 CFR 310.2(q), 47 CFR 64.1200(f)(5)).
var ebrAges = [...]ask{
	{kind: kindPurchase, grant: true, age: Period{Months: 18}}, {kind: kindInquiry, grant: true, age: Period{Months: 3}},
	{kind: kindContract, grant: true},
}

// asksOf compiles needs.
func asksOf(list needs) []ask {
	var out []ask
	for i, n := range list {
		switch n.Kind {
		case needReserved, needAgreed, needManual:
			out = append(out, ask{kind: n.Kind, need: i})
		case needEBR:
			for _, a := range ebrAges {
				a.need = i
				out = append(out, a)
			}
		default:
			out = append(out, ask{
				kind: n.Kind, grant: true, level: level(n.Level), automated: n.Channel == channelAutomated, namesSeller: n.NamesSeller,
				age: n.MaxAge, need: i,
			})
		}
	}
	return out
}

// granted finds what satisfies one of the asks at an instant: which ask, and
// which grant (-1 = it needs none); ok is false when nothing does.
func (p *Plan) granted(asks []ask, f *Facts, at time.Time) (which, grant int, ok bool) {
	for i := range asks {
		a := &asks[i]
		if !a.grant {
			if a.said(f) {
				return i, -1, true
			}
			continue
		}
		for g := range f.Consents {
			if from, until, fits := p.valid(a, &f.Consents[g]); fits && !at.Before(from) && (until.IsZero() || at.Before(until)) {
				return i, g, true
			}
		}
	}
	return 0, -1, false
}

// grantedFrom is the first time at or after an instant at which one of the asks
// is satisfied; ok is false when time alone brings none.
func (p *Plan) grantedFrom(asks []ask, f *Facts, at time.Time) (first time.Time, ok bool) {
	for i := range asks {
		a := &asks[i]
		if !a.grant {
			if a.said(f) {
				return at, true
			}
			continue
		}
		for g := range f.Consents {
			from, until, fits := p.valid(a, &f.Consents[g])
			from = later(from, at)
			if fits && (until.IsZero() || from.Before(until)) && (!ok || from.Before(first)) {
				first, ok = from, true
			}
		}
	}
	return first, ok
}

// said tells whether what needs no grant is so.
func (a *ask) said(f *Facts) bool {
	switch a.kind {
	case needReserved:
		return f.Reserved
	case needAgreed:
		return f.Agreed
	case needManual:
		return f.Manual
	}
	return false
}

// valid is the time in which a grant satisfies an ask; until zero = without end.
func (p *Plan) valid(a *ask, g *Grant) (from, until time.Time, fits bool) {
	if !a.fits(g) || !p.forUs(a, g) {
		return from, until, false
	}
	from, until = g.At, g.Until
	if !g.Revoked.IsZero() && (until.IsZero() || g.Revoked.Before(until)) {
		until = g.Revoked
	}
	if !a.age.IsZero() {
		if end := p.ages(a.age, later(g.At, g.RenewedAt)); until.IsZero() || end.Before(until) {
			until = end
		}
	}
	return from, until, true
}

// fits compares kind, level and channel. A contract, a purchase and an inquiry
// are interactions of the person too.
func (a *ask) fits(g *Grant) bool {
	if a.kind != g.Kind && (a.kind != kindInteraction || (g.Kind != kindContract && g.Kind != kindPurchase && g.Kind != kindInquiry)) {
		return false
	}
	if a.kind == kindConsent && !g.speaksOf(a.automated) {
		return false
	}
	return level(g.Level) >= a.level
}

// speaksOf tells whether a consent covers calls by machines, or by people: one
// is none for the other (Dir. 2002/58 art. 13(1), PECR reg. 19).
func (g *Grant) speaksOf(automated bool) bool {
	if automated {
		return g.Channels&GrantAutomated != 0
	}
	return g.Channels == 0 || g.Channels&GrantLive != 0
}

// forUs compares seller and purpose; one for another seller is none.
func (p *Plan) forUs(a *ask, g *Grant) bool {
	if g.Seller == "" {
		return !a.namesSeller && p.onPurpose(g)
	}
	return g.Seller == p.terms.Seller && p.onPurpose(g)
}

// onPurpose: a permission for one purpose is none for a campaign that has another,
// nor for one that does not say what it calls for (GDPR 6(1)(a): specific).
func (p *Plan) onPurpose(g *Grant) bool { return g.Purpose == "" || g.Purpose == p.terms.Purpose }

// ages is when what was given at an instant is too old. A period of the calendar
// ends as the day begins that bears the same date later, in the first of the
// zones: on that day it is no longer "within" the period whatever the hour.
func (p *Plan) ages(period Period, given time.Time) time.Time {
	if !period.Calendar() || len(p.zones) == 0 {
		return given.Add(period.Duration())
	}
	first := int64(math.MaxInt64)
	for _, z := range p.zones {
		first = min(first, z.begins(z.date(given.Unix()).after(period)))
	}
	return time.Unix(first, 0).Add(period.Clock).UTC()
}
