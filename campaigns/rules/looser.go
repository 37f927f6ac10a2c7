package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// Direction is what a change does to those who call.
type Direction string

// The directions. What cannot be compared for sure counts as loosened.
const (
	Loosened  Direction = "loosened"  // a call may be allowed that was not
	Tightened Direction = "tightened" // no call is allowed that was not
	Reworded  Direction = "reworded"  // citation, label or note alone
)

// Change is one difference between two versions of a set.
type Change struct {
	Rule      ID        `json:"rule,omitempty"` // empty = of the set as a whole
	Field     string    `json:"field"`          // max_age, weekly ...; rule = the whole rule
	Direction Direction `json:"direction"`
	From      string    `json:"from"`
	To        string    `json:"to"`
}

// String is the change in one line.
func (c Change) String() string {
	where := c.Field
	if c.Rule != "" {
		where = string(c.Rule) + " " + c.Field
	}
	return fmt.Sprintf("%s %s: %s -> %s", where, c.Direction, orNone(c.From), orNone(c.To))
}

func orNone(text string) string {
	if text == "" {
		return "none"
	}
	return text
}

// Looser compares two versions of a set rule by rule: what was loosened, what
// tightened, what only reworded. A nil set is one without rules: dropping a
// whole set loosens all it holds. The order is that of the old set, then of what
// was added.
func Looser(old, new *Set) []Change {
	if old == nil {
		old = &Set{}
	}
	if new == nil {
		new = &Set{}
	}
	d := &differ{}
	if len(old.Rules) > 0 && len(new.Rules) > 0 {
		d.scope(&old.Applies, &new.Applies)
		d.variables(old.Variables, new.Variables)
	}
	for i := range old.Rules {
		o := &old.Rules[i]
		if n := new.rule(o.ID); n != nil {
			d.compare(o, n)
		} else {
			d.rule = o.ID
			d.add("rule", Loosened, o.brief(), "")
		}
	}
	for i := range new.Rules {
		if n := &new.Rules[i]; old.rule(n.ID) == nil {
			d.rule = n.ID
			d.add("rule", Tightened, "", n.brief())
		}
	}
	return d.changes
}

// AnyLooser tells whether a change loosens: it wants a reason and a second person.
func AnyLooser(changes []Change) bool {
	return slices.ContainsFunc(changes, func(c Change) bool { return c.Direction == Loosened })
}

func (s *Set) rule(id ID) *Rule {
	for i := range s.Rules {
		if s.Rules[i].ID == id {
			return &s.Rules[i]
		}
	}
	return nil
}

// brief is a rule in a few words.
func (r *Rule) brief() string { return fmt.Sprintf("%s (%s)", r.Type, r.Cite) }

// differ collects changes of one rule after the other.
type differ struct {
	rule    ID
	changes []Change
}

func (d *differ) add(field string, way Direction, from, to string) {
	d.changes = append(d.changes, Change{d.rule, field, way, from, to})
}

// tightenedIf is the direction of a change that tightens under a condition.
func tightenedIf(tighter bool) Direction {
	if tighter {
		return Tightened
	}
	return Loosened
}

// same compares what has no order: any change may loosen.
func (d *differ) same(field, from, to string) {
	if from != to {
		d.add(field, Loosened, from, to)
	}
}

// less compares numbers of which the smaller is the stricter.
func (d *differ) less(field string, from, to float64) {
	if from != to {
		d.add(field, tightenedIf(to < from), fmt.Sprint(from), fmt.Sprint(to))
	}
}

// shorter compares periods of which the shorter is the stricter; zero is none,
// the loosest.
func (d *differ) shorter(field string, from, to Period) {
	if from != to {
		d.add(field, tightenedIf(!to.IsZero() && (from.IsZero() || to.within(from))), periodText(from), periodText(to))
	}
}

// longer compares periods of which the longer is the stricter.
func (d *differ) longer(field string, from, to Period) {
	if from != to {
		d.add(field, tightenedIf(from.within(to)), periodText(from), periodText(to))
	}
}

func periodText(p Period) string {
	if p.IsZero() {
		return ""
	}
	return p.String()
}

// fewer compares lists of which the shorter is the stricter.
func (d *differ) fewer(field string, from, to []string) {
	if !sameWords(from, to) {
		d.add(field, tightenedIf(subset(to, from)), strings.Join(from, ", "), strings.Join(to, ", "))
	}
}

// more compares lists of which the longer is the stricter.
func (d *differ) more(field string, from, to []string) {
	if !sameWords(from, to) {
		d.add(field, tightenedIf(subset(from, to)), strings.Join(from, ", "), strings.Join(to, ", "))
	}
}

// choice compares lists of which one has to hold; none is no condition. For a
// rule's own condition (reach) the wider is the stricter, for what it asks for
// the narrower.
func (d *differ) choice(field string, from, to []string, reach bool) {
	if sameWords(from, to) {
		return
	}
	wider := len(to) == 0 || (len(from) > 0 && subset(from, to))
	narrower := len(from) == 0 || (len(to) > 0 && subset(to, from))
	d.add(field, tightenedIf((reach && wider) || (!reach && narrower)), strings.Join(from, ", "), strings.Join(to, ", "))
}

func (d *differ) reworded(field, from, to string) {
	if from != to {
		d.add(field, Reworded, from, to)
	}
}

func sameWords(a, b []string) bool { return subset(a, b) && subset(b, a) }

// subset tells whether all words of a stand in b.
func subset(a, b []string) bool {
	return !slices.ContainsFunc(a, func(word string) bool { return !slices.Contains(b, word) })
}

func (d *differ) scope(from, to *Scope) {
	d.rule = ""
	d.choice("called_country", from.Countries, to.Countries, true)
	d.choice("called_region", from.Regions, to.Regions, true)
	d.choice("purpose", from.Purposes, to.Purposes, true)
	d.choice("party", from.Parties, to.Parties, true)
}

// variables: what a variable means depends on the rules that name it, so any
// change may loosen.
func (d *differ) variables(from, to map[string][]string) {
	names := maps.Clone(from)
	if names == nil {
		names = map[string][]string{}
	}
	maps.Copy(names, to)
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if !slices.Equal(from[name], to[name]) {
			d.add("$"+name, Loosened, strings.Join(from[name], ", "), strings.Join(to[name], ", "))
		}
	}
}

// compare compares two versions of one rule.
func (d *differ) compare(o, n *Rule) {
	d.rule = o.ID
	if o.Type != n.Type {
		d.add("type", Loosened, string(o.Type), string(n.Type))
		return
	}
	if o.Status != n.Status {
		d.status(o.Status, n.Status)
	}
	d.when(&o.When, &n.When)
	d.needs("unless", o.Unless, n.Unless)
	d.fields(o, n)
	d.reworded("cite", o.Cite, n.Cite)
	d.reworded("label", o.Label, n.Label)
	d.reworded("note", o.Note, n.Note)
}

func (d *differ) status(from, to Status) {
	way := Reworded
	if from.Binds() != to.Binds() {
		way = tightenedIf(to.Binds())
	}
	d.add("status", way, string(from), string(to))
}

func (d *differ) when(from, to *When) {
	d.choice("when.country", from.Countries, to.Countries, true)
	d.choice("when.state", from.States, to.States, true)
	d.choice("when.any", from.Any, to.Any, true)
	d.fewer("when.all", from.All, to.All)
	d.fewer("when.not", from.Not, to.Not)
	d.choice("when.purpose", from.Purposes, to.Purposes, true)
	d.choice("when.goods", from.Goods, to.Goods, true)
	d.choice("when.line_type", from.Lines, to.Lines, true)
	d.choice("when.party", from.Parties, to.Parties, true)
}
