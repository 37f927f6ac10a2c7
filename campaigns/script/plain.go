package script

import (
	"errors"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v3"
)

// PlainStep is the id of the one step of a script that is a text to read.
const PlainStep = "text"

// plain makes one step of a text, whose lines stay lines.
func (r *reader) plain(source string) {
	r.script.Plain = true
	if len(source) > maxText*5 {
		r.fault(0, "", "the text is too long", "at most "+strconv.Itoa(maxText*5)+" octets, or a file of steps")
		return
	}
	lines := strings.Split(source, "\n")
	for i, l := range lines {
		if l != "" {
			lines[i] = l + "  " // a hard line break
		}
	}
	st := &Step{ID: PlainStep, Line: 1, End: true}
	n := &yaml.Node{Kind: yaml.ScalarNode, Style: yaml.LiteralStyle, Value: strings.Join(lines, "\n"), Line: 0}
	if len(n.Value) <= maxText {
		r.rich(&st.Text, false)(n, "")
	} else {
		st.Text.by = map[string]passage{r.script.Languages[0]: {source: source, blocks: markdown(n.Value, false, func(name string, at int) {
			r.known(name, 1+strings.Count(n.Value[:at], "\n"), "")
		})}}
	}
	r.script.Steps, r.script.Start = []*Step{st}, st.ID
	r.script.steps[st.ID] = st
}

// Verbatim is a script of one step that says a source word by word: no field is
// filled, no mark is read. It never fails.
func Verbatim(source string) *Script {
	st := &Step{ID: PlainStep, Line: 1, End: true}
	var blocks []Block
	for _, p := range strings.Split(Canonical(source), "\n\n") {
		if p = strings.Trim(p, "\n"); p != "" {
			blocks = append(blocks, Block{Kind: BlockSay, Spans: []Span{{Text: p}}})
		}
	}
	st.Text.by = map[string]passage{"en": {source: source, blocks: blocks}}
	return &Script{
		Plain: true, Languages: []string{"en"}, Fields: map[string]string{}, Steps: []*Step{st}, Start: st.ID,
		steps: map[string]*Step{st.ID: st}, objections: map[string]*Objection{}, questions: map[string]*Question{},
		usedAt: map[string]int{}, declaredAt: map[string]int{},
	}
}

// CheckOwn says what is wrong with an agent's own wording: a field that is none,
// braces that stand alone, too many words. Columns of the list are not checked.
func CheckOwn(text string) error {
	r := &reader{script: &Script{Languages: []string{"en"}, usedAt: map[string]int{}}}
	var to Rich
	r.rich(&to, false)(&yaml.Node{Kind: yaml.ScalarNode, Style: yaml.LiteralStyle, Value: text}, "")
	return errors.Join(r.faults...)
}
