package script

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity is how bad a finding is.
type Severity string

// The severities. A script with an error is not taken.
const (
	SeverityError   Severity = "error"
	SeverityWarning Severity = "warning"
)

// Finding is something that would go wrong when the script is read.
type Finding struct {
	Severity Severity `json:"severity" enum:"error,warning"`
	Code     string   `json:"code" doc:"What it is, for programs. Stable."`
	Step     string   `json:"step,omitempty"`
	Line     int      `json:"line,omitempty"`
	Text     string   `json:"text" doc:"What is wrong, and what would help."`
}

// Known is what a campaign has, for Check.
type Known struct {
	// Columns of the campaign's lists; nil = it has none yet, so that they
	// cannot be checked.
	Columns []string
	// Dispositions are the codes of the campaign; nil = not to be checked.
	Dispositions []string
}

// Check finds what Parse cannot see in one place: dead ends, steps and branches
// that are never come to, loops without an end, columns that no list has,
// languages in which a text is missing. In the order of the file.
func (s *Script) Check(known Known) []Finding {
	c := &checker{script: s, graph: s.graph()}
	if !s.Plain {
		c.flow()
		c.branches()
		c.variants()
	}
	c.columns(known.Columns)
	c.suggestions(known.Dispositions)
	slices.SortStableFunc(c.out, func(a, b Finding) int { return cmp.Compare(a.Line, b.Line) })
	return c.out
}

// Sound tells that no finding is an error.
func Sound(findings []Finding) bool {
	return !slices.ContainsFunc(findings, func(f Finding) bool { return f.Severity == SeverityError })
}

type checker struct {
	script *Script
	graph  graph
	out    []Finding
}

func (c *checker) say(sev Severity, code, step string, line int, format string, args ...any) {
	c.out = append(c.out, Finding{Severity: sev, Code: code, Step: step, Line: line, Text: fmt.Sprintf(format, args...)})
}

// flow looks for steps that nothing leads to and for ways that lead to no end.
func (c *checker) flow() {
	from := []string{c.script.Start}
	for _, o := range c.script.Objections {
		if o.To != "" {
			from = append(from, o.To)
		}
	}
	reached := reach(c.graph.to, from...)
	var ends, dead []string
	for _, st := range c.script.Steps {
		switch {
		case st.End:
			ends = append(ends, st.ID)
		case c.stuck(st):
			dead = append(dead, st.ID)
		}
	}
	good, stuck := reach(c.graph.from, ends...), reach(c.graph.from, dead...)
	for _, st := range c.script.Steps {
		switch {
		case !reached[st.ID]:
			c.say(SeverityError, "unreachable", st.ID, st.Line, "Nothing leads to step %s; name it in next, in branches or at an option, or take it out.", st.ID)
		case slices.Contains(dead, st.ID):
			c.say(SeverityError, "dead_end", st.ID, st.Line,
				"Step %s is a dead end: when none of its branches holds there is no way on; add next, or end: true.", st.ID)
		case !good[st.ID] && !stuck[st.ID]:
			c.say(SeverityError, "endless", st.ID, st.Line, "From step %s no end can be reached: its ways lead round in a circle; let one lead to a step with end: true.", st.ID)
		}
	}
}

// stuck tells whether there are answers after which a step leads nowhere.
func (c *checker) stuck(st *Step) bool {
	if st.End || st.Next != "" || st.decides() {
		return false
	}
	return !slices.ContainsFunc(st.Branches, func(b Branch) bool { return b.cond.always != nil && *b.cond.always })
}

// branches looks for those that are never taken.
func (c *checker) branches() {
	for _, st := range c.script.Steps {
		before := reach(c.graph.from, st.ID)
		seen := map[string]bool{}
		for i, b := range st.Branches {
			text := strings.Join(strings.Fields(b.When), " ")
			switch {
			case seen[text]:
				c.say(SeverityError, "never_taken", st.ID, b.Line, "The branch %q stands there twice; the second is never taken.", b.When)
			case b.cond.always != nil && !*b.cond.always:
				c.say(SeverityError, "never_taken", st.ID, b.Line, "The branch %q never holds.", b.When)
			case b.cond.always != nil && (i+1 < len(st.Branches) || st.Next != ""):
				c.say(SeverityWarning, "always_taken", st.ID, b.Line, "The branch %q always holds: what stands after it is never come to; write next: %s instead.", b.When, b.To)
			}
			seen[text] = true
			for _, wrong := range b.cond.wrong {
				c.say(SeverityError, "no_such_option", st.ID, b.Line, "In %q: %s.", b.When, wrong)
			}
			c.asked(st, b, before)
		}
		if len(st.Branches) > 0 && st.decides() {
			c.say(SeverityWarning, "never_taken", st.ID, st.Branches[0].Line, "Every answer of step %s leads on by itself; its branches are never come to.", st.ID)
		}
	}
}

// asked wants the questions of a condition to come before it or in its step.
func (c *checker) asked(st *Step, b Branch, before map[string]bool) {
	for _, id := range b.cond.asks {
		i := slices.IndexFunc(c.script.Steps, func(other *Step) bool {
			return slices.ContainsFunc(other.Questions, func(q *Question) bool { return q.ID == id })
		})
		if i >= 0 && !before[c.script.Steps[i].ID] {
			c.say(SeverityError, "asked_later", st.ID, b.Line,
				"The branch %q asks for %s, which is asked in step %s; no way leads from there to here.", b.When, id, c.script.Steps[i].ID)
		}
	}
}

// columns wants every column that the script names to be one of a list.
func (c *checker) columns(known []string) {
	s := c.script
	has := func(list []string, name string) bool {
		return slices.ContainsFunc(list, func(k string) bool { return strings.EqualFold(k, name) })
	}
	declared := make([]string, 0, len(s.Fields))
	for name := range s.Fields {
		declared = append(declared, name)
	}
	for name, line := range s.usedAt {
		switch {
		case has(declared, name), known == nil && s.Plain, has(known, name):
		case known == nil:
			c.say(SeverityWarning, "unknown_field", "", line,
				"No list of the campaign is there yet to have a column %q; declare it under fields at the top, with an example.", name)
		default:
			c.say(SeverityError, "unknown_field", "", line, "No list of the campaign has a column %q%s; correct it, or declare it under fields at the top.",
				name, perhaps(name, known))
		}
	}
	for name, line := range s.declaredAt {
		_, used := s.usedAt[name]
		if known != nil && used && !has(known, name) {
			c.say(SeverityWarning, "declared_only", "", line, "No list of the campaign has the declared column %q%s: its default is read, or a gap.", name, perhaps(name, known))
		}
	}
}

func perhaps(name string, known []string) string {
	near := like(name, known)
	if near == "" {
		return ""
	}
	return ", but one named " + near
}

// suggestions wants the dispositions of ends to be the campaign's.
func (c *checker) suggestions(codes []string) {
	if codes == nil {
		return
	}
	for _, st := range c.script.Steps {
		if st.Suggest != "" && !slices.Contains(codes, st.Suggest) {
			c.say(SeverityError, "no_such_disposition", st.ID, st.suggestLine, "The campaign has no disposition %q; right would be %s.", st.Suggest, nearest(st.Suggest, codes))
		}
	}
}

// variants looks for texts that are missing in one of the languages.
func (c *checker) variants() {
	if len(c.script.Languages) < 2 {
		c.greetings(c.script.Languages)
		return
	}
	for _, st := range c.script.Steps {
		m := missing{script: c.script, by: map[string][]string{}}
		m.want("the title", keys(st.Title.by), false)
		m.want("the text", keys(st.Text.by), true)
		m.want("the hint", keys(st.Hint.by), false)
		for _, q := range st.Questions {
			m.want("question "+q.ID, keys(q.Text.by), true)
			for _, o := range q.Options {
				m.want("option "+o.ID+" of "+q.ID, keys(o.Label.by), false)
			}
		}
		c.tell(m, "Step "+st.ID, st.ID, st.Line)
	}
	for _, o := range c.script.Objections {
		m := missing{script: c.script, by: map[string][]string{}}
		m.want("the title", keys(o.Title.by), false)
		m.want("the text", keys(o.Text.by), true)
		c.tell(m, "Objection "+o.ID, o.ID, o.Line)
	}
	c.greetings(c.script.Languages)
}

// missing is what a step lacks, by language.
type missing struct {
	script *Script
	by     map[string][]string
}

// want notes the languages that a text is missing in. What is not spoken may
// stand in one language for all.
func (m missing) want(what string, have []string, spoken bool) {
	if len(have) == 0 || (!spoken && len(have) == 1) {
		return
	}
	for _, lang := range m.script.Languages[1:] {
		if !slices.Contains(have, lang) {
			m.by[lang] = append(m.by[lang], what)
		}
	}
}

func (c *checker) tell(m missing, what, step string, line int) {
	for _, lang := range c.script.Languages {
		if list := m.by[lang]; len(list) > 0 {
			c.say(SeverityWarning, "missing_language", step, line, "%s lacks in %s: %s; it is read in %s.", what, lang, strings.Join(list, ", "), c.script.Languages[0])
		}
	}
}

// greetings wants {{greeting}} only where it is known.
func (c *checker) greetings(languages []string) {
	for _, lang := range languages {
		if greeting(lang, 12) != "" {
			continue
		}
		for _, st := range c.script.Steps {
			for _, spans := range allSpans(c.script.passage(st.Text, lang).blocks) {
				if slices.ContainsFunc(spans, func(sp Span) bool { return sp.Field == "greeting" && sp.Text == "" }) {
					c.say(SeverityWarning, "no_greeting", st.ID, st.Line, "Step %s greets, and no greeting is known in %s; write it out.", st.ID, lang)
				}
			}
		}
	}
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	return out
}
