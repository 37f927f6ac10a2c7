package rules

import (
	"fmt"
	"slices"
	"strings"
)

// fields compares what belongs to the type of a rule.
func (d *differ) fields(o, n *Rule) {
	switch o.Type {
	case TypeList:
		d.same("list", o.List, n.List)
		d.reworded("scope", o.Scope, n.Scope)
		d.shorter("max_age", o.MaxAge, n.MaxAge)
		d.less("grace", o.Grace.Duration().Hours(), n.Grace.Duration().Hours())
	case TypeConsent:
		d.consent(o, n)
	case TypeWindow:
		d.window(o, n)
	case TypeCap:
		d.less("max", o.Max, n.Max)
		d.longer("per", o.Per, n.Per)
		d.counting(o, n)
		d.less("count", float64(countRank(o.Count)), float64(countRank(n.Count)))
	case TypeCooldown, TypeGuard:
		d.more("after", o.After, n.After)
		d.longer("for", o.For, n.For)
		d.counting(o, n)
		d.flag("first_day", o.FirstDay, n.FirstDay, true)
	case TypeRate:
		d.rate(o, n)
	case TypeRing:
		d.longer("min", o.Min, n.Min)
	case TypeConnect:
		d.shorter("within", o.Within, n.Within)
		d.less("from", float64(startRank(o.From)), float64(startRank(n.From)))
		d.more("message.audio", one(o.Message.Audio), one(n.Message.Audio))
		d.more("message.opt_out", one(o.Message.OptOut), one(n.Message.OptOut))
	case TypeCLI:
		d.more("require", o.Require, n.Require)
		d.more("forbid_ranges", o.ForbidRanges, n.ForbidRanges)
		d.choice("require_range", o.RequireRange, n.RequireRange, false)
		d.shorter("tested_within", o.TestedWithin, n.TestedWithin)
	case TypeRecord:
		d.choice("require", o.Require, n.Require, false)
		d.more("keep", o.Keep, n.Keep)
		d.longer("hold", o.Hold, n.Hold)
	case TypeExternal:
		d.same("check", o.Check, n.Check)
		d.shorter("max_age", o.MaxAge, n.MaxAge)
	case TypeLineType:
		d.choice("allow", o.Allow, n.Allow, false)
		d.more("forbid", o.Forbid, n.Forbid)
		d.flag("unknown", o.Unknown == "allowed", n.Unknown == "allowed", true)
	case TypeZone:
		d.choice("sources", o.Sources, n.Sources, false)
		d.maxZones(o.MaxZones, n.MaxZones)
	case TypeCustom:
		d.same("expr", o.Expr, n.Expr)
	}
}

// flag compares a yes or no, of which one is the looser.
func (d *differ) flag(field string, from, to, looser bool) {
	if from != to {
		d.add(field, tightenedIf(to != looser), fmt.Sprint(from), fmt.Sprint(to))
	}
}

func (d *differ) maxZones(from, to int) {
	if from != to {
		d.add("max_zones", tightenedIf(to > 0 && (from == 0 || to < from)), itoa(from), itoa(to))
	}
}

func (d *differ) consent(o, n *Rule) {
	if len(o.Any) > 0 || len(n.Any) > 0 {
		d.needs("any", o.asks(), n.asks())
		return
	}
	if lo, ln := level(o.Level), level(n.Level); lo != ln {
		d.add("level", tightenedIf(ln > lo), o.Level, n.Level)
	}
	d.same("channel", o.Channel, n.Channel)
	d.flag("names_seller", o.NamesSeller, n.NamesSeller, false)
	d.shorter("max_age", o.MaxAge, n.MaxAge)
}

// asks are what a consent rule is satisfied by.
func (r *Rule) asks() needs {
	if len(r.Any) > 0 {
		return r.Any
	}
	return needs{{Kind: kindConsent, Level: r.Level, Channel: r.Channel, MaxAge: r.MaxAge, NamesSeller: r.NamesSeller}}
}

// needs compares what satisfies or lifts a rule: each that is new has to be
// covered by one that was there.
func (d *differ) needs(field string, from, to needs) {
	if from.String() == to.String() {
		return
	}
	tighter := !slices.ContainsFunc(to, func(n Need) bool { return !slices.ContainsFunc(from, n.coveredBy) })
	d.add(field, tightenedIf(tighter), from.String(), to.String())
}

// coveredBy tells whether whatever satisfies n satisfies o as well.
func (n Need) coveredBy(o Need) bool {
	channel := func(c string) bool { return c == channelAutomated }
	return n.Kind == o.Kind && level(n.Level) >= level(o.Level) && channel(n.Channel) == channel(o.Channel) && (n.NamesSeller || !o.NamesSeller) &&
		(o.MaxAge.IsZero() || (!n.MaxAge.IsZero() && n.MaxAge.within(o.MaxAge)))
}

// window compares hours minute by minute.
func (d *differ) window(o, n *Rule) {
	d.hours("weekly", o.Weekly, n.Weekly)
	if o.Holidays != n.Holidays {
		d.add("holidays", tightenedIf(o.Holidays == ""), o.Holidays, n.Holidays)
	}
	if !slices.Equal(o.PreHoliday, n.PreHoliday) {
		tighter := len(o.PreHoliday) == 0 || (len(n.PreHoliday) > 0 && covered(n.PreHoliday, o.PreHoliday))
		d.add("pre_holiday", tightenedIf(tighter), spansText(o.PreHoliday), spansText(n.PreHoliday))
	}
	if o.Margin != n.Margin {
		shorter := n.Margin.ring < o.Margin.ring || n.Margin.hold < o.Margin.hold || n.Margin.plus < o.Margin.plus
		d.add("margin", tightenedIf(!shorter), o.Margin.String(), n.Margin.String())
	}
}

func (d *differ) hours(field string, from, to Week) {
	tighter, same := true, true
	for day := range from {
		tighter = tighter && covered(to[day], from[day])
		same = same && covered(to[day], from[day]) && covered(from[day], to[day])
	}
	if !same {
		d.add(field, tightenedIf(tighter), from.String(), to.String())
	}
}

// covered tells whether every minute of some spans is one of others.
func covered(inner, outer []Span) bool {
	for _, s := range inner {
		for minute := s.From; minute < s.To; minute++ {
			if !slices.ContainsFunc(outer, func(o Span) bool { return minute >= o.From && minute < o.To }) {
				return false
			}
		}
	}
	return true
}

func spansText(list []Span) string {
	texts := make([]string, len(list))
	for i, s := range list {
		texts[i] = s.String()
	}
	return strings.Join(texts, ", ")
}

// String writes the hours from Monday on: mon 09:00-13:00, 14:00-20:00; tue ...
func (w Week) String() string {
	var days []string
	for i := range w {
		if d := (i + 1) % 7; len(w[d]) > 0 {
			days = append(days, dayNames[d]+" "+spansText(w[d]))
		}
	}
	if len(days) == 0 {
		return "never"
	}
	return strings.Join(days, "; ")
}

// counting compares whose calls are counted, and how.
func (d *differ) counting(o, n *Rule) {
	period := func(r *Rule) Period {
		if r.Type == TypeCap {
			return r.Per
		}
		return r.For
	}
	if a, b := o.byDates(period(o)), n.byDates(period(n)); a != b {
		d.add("calendar_days", Loosened, fmt.Sprint(a), fmt.Sprint(b))
	}
	narrow := func(r *Rule) (out []string) {
		for _, key := range r.Key {
			if key != "called_number" && key != "person" {
				out = append(out, strings.TrimSuffix(key, "_key"))
			}
		}
		return out
	}
	d.fewer("key", narrow(o), narrow(n))
	d.flag("key person", o.Key.has("person"), n.Key.has("person"), false)
}

// countRank orders what a cap counts; the more it counts, the stricter.
func countRank(count string) int {
	return max(0, slices.Index([]string{"attempts", "answered", "conversations"}, count))
}

// startRank orders the starts of the wait for an agent, the earliest first.
func startRank(from string) int {
	if from == "" {
		from = fromGreetingEnd
	}
	return slices.Index([]string{fromConnected, fromGreetingStart, fromGreetingEnd}, from)
}

func (d *differ) rate(o, n *Rule) {
	a, b := rateOf(&Set{}, o), rateOf(&Set{}, n)
	d.less("max", a.Max, b.Max)
	d.actAt(a.ActAt, b.ActAt)
	d.same("window", windowText(a.Window), windowText(b.Window))
	d.same("group", a.Group, b.Group)
	d.same("formula", a.Formula, b.Formula)
	d.same("on_breach", a.OnBreach, b.OnBreach)
	d.flag("act hard", a.Act == "hard", b.Act == "hard", false)
	d.less("start", float64(startRank(a.Start)), float64(startRank(b.Start)))
	if a.Within != b.Within {
		d.less("within", a.Within.Duration().Seconds(), b.Within.Duration().Seconds())
	}
}

// actAt: without such a share pacing does not shrink before the greatest.
func (d *differ) actAt(from, to float64) {
	if from != to {
		d.add("act_at", tightenedIf(to > 0 && (from == 0 || to < from)), fmt.Sprint(from), fmt.Sprint(to))
	}
}

func windowText(w RateWindow) string {
	var parts []string
	if !w.Blocks.IsZero() {
		parts = append(parts, "blocks of "+w.Blocks.String())
	}
	if !w.Rolling.IsZero() {
		parts = append(parts, "rolling "+w.Rolling.String())
	}
	for _, word := range []string{w.Calendar, w.And} {
		if word != "" {
			parts = append(parts, word)
		}
	}
	return strings.Join(parts, " and ")
}
