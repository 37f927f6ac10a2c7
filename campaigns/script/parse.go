package script

import (
	"errors"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"go.yaml.in/yaml/v3"
)

// structured marks a source that means to be a file of steps: one of its lines
// is a key of the top.
var structured = regexp.MustCompile(`(?m)^(title|languages|fields|start|steps|objections)\s*:`)

// Structured tells whether a source means to be a file of steps rather than a
// text to read.
func Structured(source string) bool { return structured.MatchString(Canonical(source)) }

// Parse reads the source of a script; name stands in faults, as a file's does.
// A source that is no file of steps is one step that says it. The error holds
// every Fault found; see Faults.
func Parse(name, source string) (*Script, error) {
	if len(source) > maxSource {
		return nil, errors.Join(&Fault{File: name, Wrong: fmt.Sprintf("the script has %d octets", len(source)), Right: fmt.Sprintf("at most %d", maxSource)})
	}
	source = strings.ReplaceAll(Canonical(strings.TrimPrefix(source, "\uFEFF")), "\x00", "")
	s := &Script{
		Languages: []string{"en"}, Fields: map[string]string{}, steps: map[string]*Step{}, objections: map[string]*Objection{},
		questions: map[string]*Question{}, usedAt: map[string]int{}, declaredAt: map[string]int{},
	}
	r := &reader{file: name, script: s}
	if !structured.MatchString(source) {
		r.plain(source)
	} else if err := r.structured(source); err != nil {
		return nil, err
	}
	if len(r.faults) > 0 {
		return nil, errors.Join(r.faults...)
	}
	return s, nil
}

func (r *reader) structured(source string) error {
	var root yaml.Node
	if err := yaml.Unmarshal([]byte(source), &root); err != nil {
		return notYAML(r.file, err)
	}
	if root.Kind == 0 || len(root.Content) != 1 {
		return errors.Join(&Fault{File: r.file, Line: 1, Wrong: "the file is empty", Right: "steps: and a list of steps"})
	}
	top := root.Content[0]
	var steps, objections *yaml.Node
	r.first(top, "languages", r.languages) // texts are read in them, wherever the key stands
	r.mapping(top, "", []field{
		{"title", r.scalar(&r.script.Title)},
		{"languages", func(*yaml.Node, string) {}},
		{"fields", r.columns},
		{"start", r.scalar(&r.script.Start)},
		{"steps", func(n *yaml.Node, _ string) { steps = n }},
		{"objections", func(n *yaml.Node, _ string) { objections = n }},
	})
	if steps == nil {
		r.fault(top.Line, "steps", "the script has no steps", "steps: and a list of steps, each with an id and a text")
		return nil
	}
	r.list(steps, "steps", maxSteps, r.step)
	if objections != nil {
		r.list(objections, "objections", maxObjections, r.objection)
	}
	r.join(steps)
	return nil
}

// first reads a key before all others.
func (r *reader) first(n *yaml.Node, key string, read func(*yaml.Node, string)) {
	if n.Kind != yaml.MappingNode {
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key && n.Content[i+1].Kind != yaml.AliasNode {
			read(n.Content[i+1], key)
			return
		}
	}
}

// columns reads the columns that the script declares.
func (r *reader) columns(n *yaml.Node, key string) {
	if n.Kind != yaml.MappingNode {
		r.fault(n.Line, key, "it is not a set of columns", "a column and an example, such as plan: Fibre 300")
		return
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k, v := n.Content[i], n.Content[i+1]
		var example string
		r.scalar(&example)(v, key+"."+k.Value)
		if strings.ContainsAny(k.Value, "{}|\n") || strings.TrimSpace(k.Value) == "" {
			r.fault(k.Line, key, quoted(k)+" is no column", "a name without braces and bars")
			continue
		}
		r.script.Fields[k.Value] = example
		r.script.declaredAt[k.Value] = k.Line
	}
}

func (r *reader) step(n *yaml.Node, key string) {
	st := &Step{Line: n.Line}
	r.mapping(n, key, []field{
		{"id", r.name(&st.ID, stepName, rightStep)},
		{"title", r.text(&st.Title)},
		{"text", r.rich(&st.Text, false)},
		{"hint", r.rich(&st.Hint, true)},
		{"questions", func(n *yaml.Node, key string) {
			r.list(n, key, maxQuestions, func(n *yaml.Node, key string) { r.question(st, n, key) })
		}},
		{"branches", func(n *yaml.Node, key string) {
			r.list(n, key, maxBranches, func(n *yaml.Node, key string) { r.branch(st, n, key) })
		}},
		{"next", func(n *yaml.Node, key string) { st.nextLine = n.Line; r.scalar(&st.Next)(n, key) }},
		{"end", r.truth(&st.End)},
		{"suggest", func(n *yaml.Node, key string) { st.suggestLine = n.Line; r.scalar(&st.Suggest)(n, key) }},
	})
	switch {
	case st.ID == "":
		if n.Kind == yaml.MappingNode && !hasKey(n, "id") {
			r.fault(n.Line, key, "the step has no id", "id: "+rightStep)
		}
		return
	case r.taken(st.ID):
		r.fault(n.Line, key+".id", "the name "+st.ID+" stands there twice", "a name of its own")
		return
	}
	r.script.Steps = append(r.script.Steps, st)
	r.script.steps[st.ID] = st
}

func hasKey(n *yaml.Node, key string) bool {
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == key {
			return true
		}
	}
	return false
}

// taken tells whether a step or an objection has a name: at the desk both are
// places to go to.
func (r *reader) taken(id string) bool {
	return r.script.steps[id] != nil || r.script.objections[id] != nil || slices.Contains([]string{"next", "back", "stay"}, id)
}

func (r *reader) branch(st *Step, n *yaml.Node, key string) {
	b := Branch{Line: n.Line}
	r.mapping(n, key, []field{{"when", r.scalar(&b.When)}, {"to", r.scalar(&b.To)}})
	if b.When == "" || b.To == "" {
		r.fault(n.Line, key, "a branch needs a condition and a step", `when: answers.interest == "no", to: bye`)
		return
	}
	st.Branches = append(st.Branches, b)
}

func (r *reader) objection(n *yaml.Node, key string) {
	o := &Objection{Line: n.Line}
	r.mapping(n, key, []field{
		{"id", r.name(&o.ID, stepName, rightStep)},
		{"key", r.name(&o.Key, keyName, "one small letter or digit")},
		{"title", r.text(&o.Title)},
		{"text", r.rich(&o.Text, false)},
		{"hint", r.rich(&o.Hint, true)},
		{"to", r.scalar(&o.To)},
	})
	switch {
	case n.Kind != yaml.MappingNode || (o.ID == "" && hasKey(n, "id")):
		return
	case o.ID == "":
		r.fault(n.Line, key, "the objection has no id", "id: "+rightStep)
		return
	case r.taken(o.ID):
		r.fault(n.Line, key+".id", "the name "+o.ID+" stands there twice", "a name of its own")
		return
	case len(o.Title.by) == 0:
		r.fault(n.Line, key, "the objection has no title", "title: what the person says, in a few words")
	}
	for _, other := range r.script.objections {
		if o.Key != "" && other.Key == o.Key {
			r.fault(n.Line, key+".key", "the key "+o.Key+" belongs to "+other.ID, "a letter or digit of its own")
		}
	}
	r.script.Objections = append(r.script.Objections, o)
	r.script.objections[o.ID] = o
}

// join resolves what names other parts of the script, once all are known.
func (r *reader) join(at *yaml.Node) {
	s := r.script
	if len(s.Steps) == 0 {
		if len(r.faults) == 0 {
			r.fault(at.Line, "steps", "the script has no step", "a list of steps, each with an id and a text")
		}
		return
	}
	if s.Start == "" {
		s.Start = s.Steps[0].ID
	}
	r.leads(s.Start, at.Line, "start")
	c := newCompiler(s)
	for i, st := range s.Steps {
		key := "steps[" + strconv.Itoa(i) + "]"
		r.joinStep(c, st, key)
	}
	for i, o := range s.Objections {
		if o.To != "" {
			r.leads(o.To, o.Line, "objections["+strconv.Itoa(i)+"].to")
		}
	}
}

func (r *reader) joinStep(c *compiler, st *Step, key string) {
	for i := range st.Branches {
		b := &st.Branches[i]
		at := key + ".branches[" + strconv.Itoa(i) + "]"
		r.leads(b.To, b.Line, at+".to")
		cond, err := c.compile(b.When)
		if err != nil {
			r.fault(b.Line, at+".when", "the condition "+strconv.Quote(b.When)+" is not right: "+err.Error(), "")
			continue
		}
		for _, column := range cond.columns {
			if _, before := r.script.usedAt[column]; !before {
				r.script.usedAt[column] = b.Line
			}
		}
		b.cond = cond
	}
	for _, q := range st.Questions {
		for _, o := range q.Options {
			if o.To != "" {
				r.leads(o.To, o.Line, key+".questions."+q.ID)
			}
		}
	}
	switch {
	case st.End && (st.Next != "" || len(st.Branches) > 0):
		r.fault(st.Line, key, "the step is an end and leads on", "either end: true, or next and branches")
	case st.Suggest != "" && !st.End:
		r.fault(st.Line, key+".suggest", "only an end suggests a disposition", "end: true")
	case st.Next != "":
		r.leads(st.Next, st.nextLine, key+".next")
	case !st.End && !st.decides():
		st.Next = r.script.follows(st.ID)
	}
}

// leads wants a step of that name.
func (r *reader) leads(to string, line int, key string) {
	if r.script.steps[to] != nil {
		return
	}
	ids := make([]string, len(r.script.Steps))
	for i, st := range r.script.Steps {
		ids[i] = st.ID
	}
	r.fault(line, key, "there is no step "+strconv.Quote(to), nearest(to, ids))
}

// slug makes a name of a label: "Yes, please" becomes yes_please.
func slug(label string) string {
	var b strings.Builder
	for _, r := range strings.ToLower(label) {
		switch {
		case unicode.IsLetter(r) || unicode.IsDigit(r):
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "_"):
			b.WriteRune('_')
		}
	}
	out := []rune(strings.Trim(b.String(), "_"))
	return string(out[:min(len(out), 64)])
}

func finite(f float64) bool { return !math.IsNaN(f) && !math.IsInf(f, 0) }
