package rules

import (
	"fmt"
	"strings"
	"time"
)

// sayFixed explains rules that the campaign's settings and the place settle.
func (d *Decision) sayFixed(b *bound, v *Verdict) {
	t, p, r := &d.plan.terms, &d.plan.place, b.rule
	switch r.Type {
	case TypeRing:
		v.Need = "at least " + r.Min.String()
		v.Detail = fmt.Sprintf("an unanswered call rings %s", t.RingTime)
	case TypeConnect:
		v.Need = "an agent or the message within " + r.Within.String()
		v.Detail = connectWords(b.reason, t)
	case TypeRecord:
		v.Need = strings.Join(r.Require, " or ")
		v.Detail = "recording: " + d.plan.recording() + keepWords(r)
	case TypeLineType:
		v.Need = lineWords(r)
		v.Detail = "line type: " + orUnknown(p.LineType)
	case TypeZone:
		v.Need = zoneNeed(r)
		v.Detail = fmt.Sprintf("candidate zones: %d, source: %s", len(p.Zones), orUnknown(p.ZoneSource))
	default:
	}
}

func connectWords(why reason, t *Terms) string {
	switch why {
	case reasonMessage:
		return "no message is set for people to whom no agent can be given"
	case reasonOptOut:
		return "the message offers no way to refuse further calls"
	}
	return fmt.Sprintf("an answered call is held for %s at most", t.Hold)
}

func keepWords(r *Rule) string {
	if len(r.Keep) == 0 {
		return ""
	}
	return fmt.Sprintf("; %s kept for %s", strings.Join(r.Keep, ", "), r.Hold)
}

func lineWords(r *Rule) string {
	var parts []string
	if len(r.Allow) > 0 {
		parts = append(parts, "one of "+strings.Join(r.Allow, ", "))
	}
	if len(r.Forbid) > 0 {
		parts = append(parts, "none of "+strings.Join(r.Forbid, ", "))
	}
	return strings.Join(parts, ", ")
}

func zoneNeed(r *Rule) string {
	var parts []string
	if len(r.Sources) > 0 {
		parts = append(parts, "by "+strings.Join(r.Sources, " or "))
	}
	if r.MaxZones > 0 {
		parts = append(parts, fmt.Sprintf("at most %d zones", r.MaxZones))
	}
	return strings.Join(parts, ", ")
}

func orUnknown(word string) string {
	if word == "" {
		return "unknown"
	}
	return strings.ReplaceAll(word, "_", " ")
}

// cliWords say what is wrong with a caller ID.
var cliWords = map[reason]string{
	reasonNone: "", reasonNoCLI: "no caller ID is chosen", reasonUnauthorized: "no right to use it is on record for this day",
	reasonNotCallable: "nobody has shown that it can be called back", reasonBlocked: "a carrier or analytics block it",
	reasonNotAssigned: "it is not assigned to the seller of this campaign", reasonMobile: "it is a mobile number",
	reasonOtherCountry: "it is of another country", reasonUntested: "its last test call is too old",
	reasonForbiddenRange: "it is of a range that is forbidden here", reasonRange: "it is of none of the ranges that are prescribed here",
}

func (d *Decision) sayCLI(b *bound, r *result, v *Verdict) {
	v.Need = cliNeed(b)
	v.Detail = "caller ID " + d.facts.CLI.Number
	switch {
	case r.why == reasonNoCLI:
		v.Detail = cliWords[r.why]
	case r.why == reasonForbiddenRange:
		v.Detail += fmt.Sprintf(": it begins with %s, %s", b.cli.forbid[r.ref], cliWords[r.why])
	case r.why != reasonNone:
		v.Detail += ": " + cliWords[r.why]
	}
}

func cliNeed(b *bound) string {
	parts := strings.Split(strings.ReplaceAll(strings.Join(b.rule.Require, ","), "_", " "), ",")
	if len(b.rule.Require) == 0 {
		parts = nil
	}
	if len(b.cli.forbid) > 0 {
		parts = append(parts, "not "+strings.Join(b.cli.forbid, ", "))
	}
	if b.cli.ranged {
		parts = append(parts, "one of "+strings.Join(b.shownRanges(), ", "))
	}
	return strings.Join(parts, ", ")
}

// shownRanges are the prescribed beginnings, or the variables without a value.
func (b *bound) shownRanges() []string {
	if len(b.cli.ranges) == 0 {
		return b.rule.RequireRange
	}
	return b.cli.ranges
}

func (d *Decision) sayRate(b *bound, r *result, v *Verdict) {
	v.Need = fmt.Sprintf("at most %g%% abandoned", 100*b.rule.Max)
	v.Max = 0
	switch {
	case b.index >= len(d.facts.Rates) || !d.facts.Rates[b.index].Known:
		v.Detail = "the abandoned calls of this period are not counted yet, so only calls with a reserved agent are placed"
	default:
		c := &d.facts.Rates[b.index]
		v.Used = c.Abandoned
		v.Detail = fmt.Sprintf("%d abandoned of %d answered by a person, %d left", c.Abandoned, c.Answered, max(0, c.Budget))
	}
	if d.facts.Reserved {
		v.Detail += "; an agent is reserved for this call"
	}
}

func (d *Decision) sayExternal(b *bound, r *result, v *Verdict) {
	v.Need = "check " + b.rule.Check
	if b.maxAge > 0 {
		v.Need += " within " + b.rule.MaxAge.String()
	}
	if r.ref < 0 {
		v.Detail = fmt.Sprintf("the number was never checked by %s", b.rule.Check)
		return
	}
	c := &d.facts.External[r.ref]
	answer := fmt.Sprintf("%q", c.Answer)
	if c.Answer == "" {
		answer = map[bool]string{true: "that nothing is in the way", false: "that it must not be called"}[c.OK]
	}
	v.Detail = fmt.Sprintf("%s answered %s on %s", c.Check, answer, c.At.UTC().Format(time.DateOnly))
}

func (d *Decision) customWords(r *result) string {
	if r.why == reasonCustomError {
		return "the expression failed at work, so the call is refused"
	}
	return either(r, "the expression holds", "the expression does not hold")
}
