package rules

import (
	"slices"
	"time"
)

// bind works out what a rule means for the plan.
func (p *Plan) bind(c *compiled) {
	b, r := bound{compiled: c, window: c.window}, c.rule
	switch c.kind {
	case kindWindow:
		p.bindWindow(&b)
	case kindList:
		if b.index = slices.Index(p.lists, r.List); b.index < 0 {
			b.index = len(p.lists)
			p.lists = append(p.lists, r.List)
		}
	case kindCap, kindSilence:
		p.lookBack(c.period, c.dates)
	case kindRate:
		b.index = len(p.rates)
		p.rates = append(p.rates, rateOf(c.set, r))
	case kindFixed:
		b.reason = p.settled(c)
	case kindExternal:
		if !slices.Contains(p.checks, r.Check) {
			p.checks = append(p.checks, r.Check)
		}
	default:
	}
	p.rules = append(p.rules, b)
}

// bindWindow gives the campaign's own hours their week, and the others the
// holidays of the place.
func (p *Plan) bindWindow(b *bound) {
	r := b.rule
	if r == nil {
		b.window, b.margin, b.ahead = newWindow(p.terms.Windows, nil, nil), p.terms.Margin, seconds(p.terms.Margin)
		return
	}
	b.margin = r.Margin.of(&p.terms)
	b.ahead = seconds(b.margin)
	if r.Holidays != "" {
		b.window = p.book.windowAt(r, p.place.Regions)
	}
}

// settled judges a rule that terms and place alone decide.
func (p *Plan) settled(c *compiled) reason {
	switch r := c.rule; r.Type {
	case TypeRing:
		return unless(p.terms.RingTime >= r.Min.Duration(), reasonRing)
	case TypeConnect:
		p.connect = append(p.connect, connectOf(c.set, r))
		return p.connects(r)
	case TypeRecord:
		return unless(len(r.Require) == 0 || r.Require.has(p.recording()), reasonRecording)
	case TypeLineType:
		return r.lineType(p.place.LineType)
	default:
		return r.zoneSource(&p.place)
	}
}

func unless(ok bool, why reason) reason {
	if ok {
		return reasonNone
	}
	return why
}

func (p *Plan) connects(r *Rule) reason {
	switch {
	case r.Message.Audio != "" && !p.terms.Message:
		return reasonMessage
	case r.Message.OptOut != "" && !p.terms.OptOut:
		return reasonOptOut
	}
	return unless(p.terms.Hold <= r.Within.Duration(), reasonHold)
}

func connectOf(s *Set, r *Rule) Connect {
	c := Connect{ID: r.ID, Set: s.Name(), Within: r.Within.Duration(), From: r.From, Cite: r.Cite, Status: r.Status}
	if c.From == "" {
		c.From = fromGreetingEnd
	}
	return c
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
