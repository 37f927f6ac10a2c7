package script

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

func TestFindingsSayWhatWouldGoWrong(t *testing.T) {
	const end = "  - id: z\n    text: bye\n    end: true\n"
	known := Known{Columns: []string{"plan", "Contract end"}, Dispositions: []string{"sale", "no_decision"}}
	for name, c := range map[string]struct{ source, want string }{
		"a sound script":            {"steps:\n  - id: a\n    text: 'hi {{fields.plan}} {{fields.contract end|soon}}'\n" + end, ""},
		"a dead end":                {"steps:\n  - id: a\n    next: z\n" + end + "  - id: b\n    text: x\nobjections: [{id: o, title: t, text: x, to: b}]\n", "error dead_end b 7"},
		"branches that may fail":    {"steps:\n" + end + "  - id: a\n    branches: [{when: hour > 9, to: z}]\nstart: a\n", "error dead_end a 5"},
		"a step of nothing":         {"steps:\n  - id: a\n    next: z\n  - id: b\n    next: z\n" + end, "error unreachable b 4"},
		"a circle":                  {"steps:\n  - id: a\n    branches: [{when: hour > 9, to: z}]\n    next: b\n  - id: b\n    next: c\n  - id: c\n    next: b\n" + end, "error endless b 5\nerror endless c 7"},
		"no end at all":             {"steps:\n  - id: a\n    next: a\n", "error endless a 2"},
		"a branch that never is":    {"steps:\n  - id: a\n    branches: [{when: 1 > 2, to: z}]\n    next: z\n" + end, "error never_taken a 3"},
		"a branch that hides":       {"steps:\n  - id: a\n    branches: [{when: 'true', to: z}]\n    next: b\n  - id: b\n    next: z\n" + end, "warning always_taken a 3\nerror unreachable b 5"},
		"a branch twice":            {"steps:\n  - id: a\n    branches: [{when: hour > 9, to: z}, {when: hour  >  9, to: a}]\n    next: z\n" + end, "error never_taken a 3"},
		"an option of none":         {"steps:\n  - id: a\n    questions: [{id: q, text: t, options: [Yes, No]}]\n    branches: [{when: answers.q == \"yse\", to: z}]\n    next: z\n" + end, "error no_such_option a 4"},
		"an option of none, many":   {"steps:\n  - id: a\n    questions: [{id: q, text: t, kind: multiple, options: [Yes, No]}]\n    branches: [{when: '\"maybe\" in answers.q', to: z}]\n    next: z\n" + end, "error no_such_option a 4"},
		"a question to come":        {"steps:\n  - id: a\n    branches: [{when: answers.q > 3, to: z}]\n    next: b\n  - id: b\n    questions: [{id: q, text: t, kind: number}]\n    next: z\n" + end, "error asked_later a 3"},
		"branches of no use":        {"steps:\n  - id: a\n    questions: [{id: q, text: t, required: true, options: [{id: x, label: X, to: z}, {id: y, label: Y, to: z}]}]\n    branches: [{when: hour > 9, to: z}]\n" + end, "warning never_taken a 4"},
		"every answer leads on":     {"steps:\n  - id: a\n    questions: [{id: q, text: t, required: true, options: [{id: x, label: X, to: z}, {id: y, label: Y, to: z}]}]\n" + end, ""},
		"an answer may be left":     {"steps:\n" + end + "  - id: a\n    questions: [{id: q, text: t, options: [{id: x, label: X, to: z}, {id: y, label: Y, to: z}]}]\nstart: a\n", "error dead_end a 5"},
		"a column of no list":       {"steps:\n  - id: a\n    text: '{{fields.plam}}'\n" + end, "error unknown_field  3"},
		"a column in a condition":   {"steps:\n  - id: a\n    branches: [{when: fields.age == \"3\", to: z}]\n    next: z\n" + end, "error unknown_field  3"},
		"a column only declared":    {"fields:\n  age: '30'\nsteps:\n  - id: a\n    text: '{{fields.age}}'\n" + end, "warning declared_only  2"},
		"a suggestion of none":      {"steps:\n  - id: a\n    end: true\n    suggest: sales\n", "error no_such_disposition a 4"},
		"a language that lacks":     {"languages: [en, es]\nsteps:\n  - id: a\n    text: {en: x}\n    questions:\n      - {id: q, text: {en: x, es: y}, options: [{id: n, label: No}, {id: y, label: {en: Y, es: S}}]}\n    end: true\n", "warning missing_language a 3"},
		"a greeting that is not":    {"languages: [cs]\nsteps:\n  - id: a\n    text: '{{greeting}}'\n    end: true\n", "warning no_greeting a 3"},
		"a greeting with a way":     {"languages: [cs]\nsteps:\n  - id: a\n    text: '{{greeting|Dobrý den}}'\n    end: true\n", ""},
		"reached by an objection":   {"steps:\n  - id: a\n    end: true\n  - id: b\n    end: true\nobjections: [{id: o, title: t, to: b}]\n", ""},
		"a chosen way is no way":    {"steps:\n  - id: a\n    questions: [{id: q, text: t, required: true, options: [{id: x, label: X, to: z}, {id: y, label: Y, to: z}]}]\n    next: b\n  - id: b\n    end: true\n" + end, "error unreachable b 5"},
		"numbers compare as floats": {"steps:\n  - id: a\n    questions: [{id: q, text: t, kind: number}]\n    branches: [{when: answers.q == 3 and num(fields.plan) >= 1.5, to: z}]\n    next: z\n" + end, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s, err := Parse("s", c.source)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for _, f := range s.Check(known) {
				got = append(got, fmt.Sprintf("%s %s %s %d", f.Severity, f.Code, f.Step, f.Line))
				if f.Text == "" || !strings.HasSuffix(f.Text, ".") {
					t.Errorf("%q is no sentence", f.Text)
				}
			}
			if strings.Join(got, "\n") != c.want {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), c.want)
			}
		})
	}
}

func TestColumnsAreOnlyWarnedOfWhileThereIsNoList(t *testing.T) {
	s := must(t, "steps:\n  - id: a\n    text: '{{fields.plan}}'\n    end: true\n")
	f := s.Check(Known{})
	if len(f) != 1 || f[0].Severity != SeverityWarning || !Sound(f) {
		t.Errorf("%+v", f)
	}
	if Sound(s.Check(Known{Columns: []string{}})) {
		t.Error("lists without a column have all columns")
	}
}

func TestADrawingHoldsEveryStepAndEveryWayOnce(t *testing.T) {
	for name, source := range shipped(t) {
		s := must(t, source)
		d := s.Draw("en")
		seen := map[string]bool{}
		for i, b := range d.Boxes {
			if seen[b.ID] || b.X < 0 || b.X+BoxWidth > d.Width || b.Y+BoxHeight > d.Height || b.Title == "" {
				t.Errorf("%s: box %+v of %d x %d", name, b, d.Width, d.Height)
			}
			for _, o := range d.Boxes[:i] {
				if o.Y == b.Y && o.X < b.X+BoxWidth && b.X < o.X+BoxWidth {
					t.Errorf("%s: %s lies over %s", name, b.ID, o.ID)
				}
			}
			seen[b.ID] = true
		}
		for _, st := range s.Steps {
			if !seen[st.ID] {
				t.Errorf("%s: step %s is not drawn", name, st.ID)
			}
		}
		if len(d.Lines) != len(s.Ways("en")) || len(d.Lines) == 0 {
			t.Errorf("%s: %d lines of %d ways", name, len(d.Lines), len(s.Ways("en")))
		}
	}
	s := must(t, shipped(t)["fibre.yaml"])
	i := slices.IndexFunc(s.Ways("es"), func(w Way) bool { return w.From == "order" && w.To == "survey" })
	if i < 0 || s.Ways("es")[i].Why != "No" || s.Ways("es")[i].Kind != WayAnswer {
		t.Errorf("ways %+v", s.Ways("es"))
	}
}
