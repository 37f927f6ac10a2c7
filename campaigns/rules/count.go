package rules

import (
	"strings"
	"time"
)

// counter chooses among the calls of the past.
type counter struct {
	events     []event // any of them
	person     bool    // calls to the person's other numbers as well
	bySeller   bool    // of this seller alone
	bySubject  bool    // about this subject alone
	byCampaign bool    // of this campaign alone
}

// event is a class of endings.
type event struct {
	class class
	word  string // of an outcome or effect
}

type class uint8

const (
	classAttempt class = iota
	classAnswered
	classConversation
	classRefused
	classAbandoned
	classMachine
	classOutcome
	classEffect
)

// classes are the words of endings in documents.
var classes = map[string]class{
	"attempt": classAttempt, "attempts": classAttempt, "answered": classAnswered, "conversation": classConversation, "conversations": classConversation,
	"refused": classRefused, "abandoned": classAbandoned, "machine": classMachine,
}

// keyWords are the keys of caps, cooldowns and guards.
var keyWords = words{"called_number", "person", "seller", "subject", "subject_key", "campaign"}

func parseEvent(text string) (event, bool) {
	text = strings.TrimPrefix(text, "disposition.")
	if word, ok := strings.CutPrefix(text, "outcome."); ok && word != "" {
		return event{classOutcome, word}, true
	}
	if word, ok := strings.CutPrefix(text, "effect."); ok && word != "" {
		return event{classEffect, word}, true
	}
	c, ok := classes[text]
	return event{class: c}, ok
}

func after(texts words) []event {
	var out []event
	for _, text := range texts {
		if e, ok := parseEvent(text); ok { // ParseSet has read it
			out = append(out, e)
		}
	}
	return out
}

func (r *Rule) counted() words {
	if r.Count == "" {
		return words{"attempts"}
	}
	return words{r.Count}
}

func (r *Rule) counter(events words) counter {
	return counter{
		events: after(events), person: r.Key.has("person"), bySeller: r.Key.has("seller"),
		bySubject: r.Key.has("subject") || r.Key.has("subject_key"), byCampaign: r.Key.has("campaign"),
	}
}

// counts tells whether a call of the past is one of those that a rule looks at.
// What a call or the campaign does not say of itself cannot tell calls apart:
// they count.
func (p *Plan) counts(c *counter, h *Past) bool {
	t := &p.terms
	if (h.Other && !c.person) || (c.bySeller && p.ofAnother(h)) || (c.bySubject && differs(h.Subject, t.Subject)) ||
		(c.byCampaign && h.Campaign != t.Campaign && h.Campaign != 0 && t.Campaign != 0) {
		return false
	}
	for i := range c.events {
		if c.events[i].is(h) {
			return true
		}
	}
	return false
}

func differs(a, b string) bool { return a != b && a != "" && b != "" }

// ofAnother tells whether a call was surely made for another seller. A campaign
// that has got a new name for its seller still calls for whom it called before.
func (p *Plan) ofAnother(h *Past) bool {
	t := &p.terms
	return differs(h.Seller, t.Seller) && (h.Campaign != t.Campaign || t.Campaign == 0) && !sameName(h.Seller, t.Seller)
}

// sameName tells whether two names differ in spaces and capitals at most.
func sameName(a, b string) bool {
	for {
		if a, b = strings.TrimSpace(a), strings.TrimSpace(b); a == "" || b == "" {
			return a == b
		}
		var x, y string
		x, a, _ = strings.Cut(a, " ")
		y, b, _ = strings.Cut(b, " ")
		if !strings.EqualFold(x, y) {
			return false
		}
	}
}

// is tells whether a call ended so. An attempt that never left us, because a
// rule or the trunk refused it, is none.
func (e event) is(h *Past) bool {
	switch e.class {
	case classAttempt:
		return h.Outcome != "refused" && h.Outcome != "route_failed"
	case classAnswered:
		return h.Answered
	case classConversation:
		return h.Outcome == "connected" || h.Outcome == "late_connected"
	case classRefused:
		return h.Refused
	case classAbandoned:
		return h.Outcome == "abandoned_msg" || h.Outcome == "abandoned_silent" || h.Outcome == "late_connected"
	case classMachine:
		return h.Outcome == "machine"
	case classOutcome:
		return h.Outcome == e.word
	case classEffect:
		return h.Effect == e.word
	}
	return true
}

// used counts the calls within a cap's period before now. By instants a call
// leaves the period when it is over to the nanosecond; by dates, when the date
// of the period's length later begins at the person's place, in the last of the
// zones.
func (p *Plan) used(b *bound, f *Facts, now time.Time) (n int64) {
	if b.dates && len(p.zones) > 0 {
		for _, z := range p.zones {
			n = max(n, p.usedByDates(b, f, z, now))
		}
		return n
	}
	from := now.Add(-b.period.Duration())
	for i := range f.History {
		if h := &f.History[i]; h.At.After(from) && p.counts(&b.count, h) {
			n++
		}
	}
	return n
}

func (p *Plan) usedByDates(b *bound, f *Facts, z *zone, now time.Time) (n int64) {
	today := z.date(now.Unix())
	for i := range f.History {
		h := &f.History[i]
		if p.counts(&b.count, h) && today < z.date(h.At.Unix()).after(b.datePeriod()) {
			n++
		}
	}
	return n
}

// datePeriod is the period in dates: 24h by the calendar are one day.
func (b *bound) datePeriod() Period {
	p := b.period
	p.Days += int(p.Clock / (24 * time.Hour))
	p.Clock = 0
	return p
}

// frees is when a cap has room again: when as many of its calls have left the
// period as stand above the greatest number less one.
func (p *Plan) frees(b *bound, f *Facts, at time.Time) (time.Time, bool) {
	if b.max <= 0 {
		return time.Time{}, false
	}
	n := int64(0)
	for i := range f.History { // newest first: the max-th newest has to leave
		h := &f.History[i]
		if !p.counts(&b.count, h) {
			continue
		}
		if n++; n == b.max {
			return later(at, p.leaves(b, h.At)), true
		}
	}
	return at, true
}

func later(a, b time.Time) time.Time {
	if a.Before(b) {
		return b
	}
	return a
}

// leaves is when a call is no longer within the period, in all zones.
func (p *Plan) leaves(b *bound, at time.Time) time.Time {
	if !b.dates || len(p.zones) == 0 {
		return at.Add(b.period.Duration())
	}
	var last int64
	for i, z := range p.zones {
		if begins := z.begins(z.date(at.Unix()).after(b.datePeriod())); i == 0 || begins > last {
			last = begins
		}
	}
	return time.Unix(last, 0).UTC()
}

// silentUntil is the end of a cooldown or guard after the calls of the past, and
// which of them keeps it; -1 = none.
func (p *Plan) silentUntil(b *bound, f *Facts) (until time.Time, which int) {
	which = -1
	for i := range f.History {
		h := &f.History[i]
		if !p.counts(&b.count, h) {
			continue
		}
		if end := p.silence(b, h.At); which < 0 || end.After(until) {
			until, which = end, i
		}
	}
	return until, which
}

// silence is the end of the silence after a call. Days are counted after the
// day of the call, unless the rule counts that day as the first.
func (p *Plan) silence(b *bound, at time.Time) time.Time {
	if !b.dates || len(p.zones) == 0 {
		return at.Add(b.period.Duration())
	}
	var last int64
	for i, z := range p.zones {
		end := z.date(at.Unix()).after(b.datePeriod())
		if !b.rule.FirstDay {
			end++
		}
		if begins := z.begins(end); i == 0 || begins > last {
			last = begins
		}
	}
	return time.Unix(last, 0).UTC()
}
