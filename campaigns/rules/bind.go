package rules

import (
	"slices"
	"time"
)

// bind works out what a rule of a set means for the plan.
func (p *Plan) bind(s *Set, r *Rule) {
	b := bound{id: r.ID, rule: r, set: s, advisory: !r.Status.Binds(), lifts: p.asks(r.Unless), period: r.Per, max: int64(r.Max)}
	switch r.Type {
	case TypeList:
		p.bindList(&b, r)
	case TypeConsent:
		b.kind, b.stage = kindConsentRule, stageConsent
		b.asks = p.asks(r.asks())
	case TypeWindow:
		p.bindWindow(&b, r)
	case TypeCap:
		b.kind, b.stage, b.dates = kindCap, stageCaps, r.byDates(r.Per)
		b.count = p.counter(r, after(r.counted()))
		p.lookBack(r.Per, b.dates)
	case TypeCooldown, TypeGuard:
		b.kind, b.stage, b.dates, b.period = kindSilence, stageSilence, r.byDates(r.For), r.For
		b.count = p.counter(r, after(r.After))
		p.lookBack(r.For, b.dates)
	case TypeRate:
		b.kind, b.stage, b.index = kindRate, stageRates, len(p.rates)
		p.rates = append(p.rates, rateOf(s, r))
	case TypeRing:
		b.fixed(stageSettings, unless(p.terms.RingTime >= r.Min.Duration(), reasonRing))
	case TypeConnect:
		p.bindConnect(&b, s, r)
	case TypeRecord:
		b.fixed(stageSettings, unless(len(r.Require) == 0 || r.Require.has(p.recording()), reasonRecording))
	case TypeLineType:
		b.fixed(stagePlace, r.lineType(p.place.LineType))
	case TypeZone:
		b.fixed(stagePlace, r.zoneSource(&p.place))
	case TypeCLI:
		b.kind, b.stage, b.cli = kindCLI, stageCLI, p.cliRule(r)
	case TypeExternal:
		b.kind, b.stage, b.maxAge = kindExternal, stageConsent, r.MaxAge.Duration()
		if !slices.Contains(p.checks, r.Check) {
			p.checks = append(p.checks, r.Check)
		}
	case TypeCustom:
		b.kind, b.stage, b.program = kindCustom, stageSettings, r.custom
	}
	p.rules = append(p.rules, b)
}

func (b *bound) fixed(s stage, why reason) { b.kind, b.stage, b.reason = kindFixed, s, why }

func unless(ok bool, why reason) reason {
	if ok {
		return reasonNone
	}
	return why
}

func (p *Plan) bindList(b *bound, r *Rule) {
	b.kind, b.stage, b.index = kindList, stageLists, -1
	b.maxAge, b.grace = r.MaxAge.Duration(), r.Grace.Duration()
	if r.List == internalList {
		b.kind = kindDNC
		return
	}
	if b.index = slices.Index(p.lists, r.List); b.index < 0 {
		b.index = len(p.lists)
		p.lists = append(p.lists, r.List)
	}
}

// internalList is the name of our own list in documents.
const internalList = "internal"

func (p *Plan) bindWindow(b *bound, r *Rule) {
	b.kind, b.stage, b.margin = kindWindow, stageWindows, r.Margin.of(&p.terms)
	b.ahead = seconds(b.margin)
	var off *dateSet
	if r.Holidays != "" {
		off = p.book.holidays.dates(r.Holidays, p.place.Regions)
	}
	b.window = newWindow(r.Weekly, r.PreHoliday, off)
}

func (p *Plan) bindConnect(b *bound, s *Set, r *Rule) {
	why := unless(p.terms.Hold <= r.Within.Duration(), reasonHold)
	if r.Message.Audio != "" && !p.terms.Message {
		why = reasonMessage
	} else if r.Message.OptOut != "" && !p.terms.OptOut {
		why = reasonOptOut
	}
	b.fixed(stageSettings, why)
	c := Connect{ID: r.ID, Set: s.Name(), Within: r.Within.Duration(), From: r.From, Cite: r.Cite, Status: r.Status}
	if c.From == "" {
		c.From = fromGreetingEnd
	}
	p.connect = append(p.connect, c)
}

func (p *Plan) recording() string {
	if p.terms.Recording == "" {
		return "off"
	}
	return p.terms.Recording
}

func (r *Rule) lineType(line string) reason {
	switch {
	case line == "" && r.Unknown == "allowed":
		return reasonNone
	case line == "":
		return reasonLineUnknown
	case len(r.Allow) > 0 && !r.Allow.has(line), r.Forbid.has(line):
		return reasonLine
	}
	return reasonNone
}

func (r *Rule) zoneSource(p *Place) reason {
	switch {
	case len(r.Sources) > 0 && !r.Sources.has(p.ZoneSource):
		return reasonZoneSource
	case r.MaxZones > 0 && len(p.Zones) > r.MaxZones:
		return reasonManyZones
	}
	return reasonNone
}

// byDates tells whether a rule counts dates at the person's place, or instants.
func (r *Rule) byDates(p Period) bool {
	return r.CalendarDays || (p.Calendar() && !r.Elapsed)
}

// lookBack widens the horizon; dates may begin up to two days before instants.
func (p *Plan) lookBack(period Period, dates bool) {
	back := period.Duration()
	if dates {
		back += 48 * time.Hour
	}
	p.horizon = max(p.horizon, back)
}

func rateOf(s *Set, r *Rule) RateRule {
	out := RateRule{
		ID: r.ID, Set: s.Name(), Countries: s.Applies.Countries, Regions: s.Applies.Regions, Max: r.Max, ActAt: r.ActAt, Window: r.Window,
		Group: r.Group, Formula: r.Formula, OnBreach: r.OnBreach, Act: r.Act, Start: r.Start, Within: r.Within, Label: r.Label, Cite: r.Cite, Status: r.Status,
	}
	for _, field := range []struct {
		value *string
		usual string
	}{{&out.Group, "campaign"}, {&out.Formula, "us"}, {&out.Act, "period"}, {&out.Start, fromGreetingEnd}} {
		if *field.value == "" {
			*field.value = field.usual
		}
	}
	if out.Within.IsZero() {
		out.Within = Period{Clock: 2 * time.Second}
	}
	return out
}
