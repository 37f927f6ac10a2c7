package script

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func FuzzParse(f *testing.F) {
	for _, name := range []string{"fibre.yaml", "survey.yaml", "appointment.yaml"} {
		if data, err := os.ReadFile("../../testdata/scripts/" + name); err == nil {
			f.Add(string(data))
		}
	}
	f.Add("plain {{name}} text")
	f.Add("steps: [{id: a, text: '{{name|x}}', end: true}]")
	f.Add("a: &a [x,x]\nsteps: [*a,*a]")
	f.Add("steps:\n  - id: a\n    branches: [{when: fields.x matches company, to: a}]")
	f.Fuzz(func(t *testing.T, source string) {
		s, err := Parse("f", source)
		if err != nil {
			for _, fault := range Faults(err) {
				if fault.Wrong == "" || fault.Line < 0 {
					t.Errorf("fault %+v", fault)
				}
			}
			if len(Faults(err)) == 0 {
				t.Errorf("%v is no fault", err)
			}
			return
		}
		findings := s.Check(Known{Columns: []string{"plan"}, Dispositions: []string{"sale"}})
		s.Draw("en")
		stroll(t, s, rand.New(rand.NewPCG(1, 2)), Sound(findings))
	})
}

func FuzzCondition(f *testing.F) {
	for _, seed := range []string{
		`hour > 3`, `answers.people >= 1 and "x" in fields`, `all([1], true)`, `1..100000000`, `"a" matches company`, `let x = 1; x == 1`,
		`fields["x"] == answers.interest ? true : false`, `len(company) ** 99 > 1`, `[hour, hour] == [1]`, `number?.x ?? true`, `{"a": hour}.a > 1`,
	} {
		f.Add(seed)
	}
	s := mustParse(branch("hour > 3"))
	env := s.env(s.Begin(), Values{Company: strings.Repeat("(a*)*", 80), Fields: map[string]string{"x": strings.Repeat("a", 400)}, Local: noon})
	f.Fuzz(func(t *testing.T, when string) {
		began := time.Now()
		c, err := newCompiler(s).compile(when)
		if err == nil {
			c.holds(env)
		}
		if took := time.Since(began); took > 20*time.Second { // a bound of the machine's, not a measurement
			t.Errorf("%q took %s", when, took)
		}
	})
}

func mustParse(source string) *Script {
	s, err := Parse("", source)
	if err != nil {
		panic(err)
	}
	return s
}

// stroll answers at random for a while. A sound script always offers a way on.
func stroll(t interface{ Errorf(string, ...any) }, s *Script, r *rand.Rand, sound bool) {
	v := Values{Name: "Ana", Local: noon, Fields: map[string]string{"plan": "x"}}
	w := s.Begin()
	for range 60 {
		p := s.Render(w, "en", v)
		if p.ID == "" {
			t.Errorf("nothing is shown at %+v", w)
			return
		}
		if len(s.Objections) > 0 && r.IntN(5) == 0 {
			next, err := s.Object(w, s.Objections[r.IntN(len(s.Objections))].ID)
			if err != nil {
				t.Errorf("%v", err)
			}
			w = next
			continue
		}
		answers := map[string]any{}
		for _, q := range p.Questions {
			answers[q.ID] = someAnswer(q, r)
		}
		if next, err := s.Answer(w, v, answers); err == nil {
			w = next
		}
		next, err := s.Next(w, v)
		var refused *Refusal
		switch {
		case err != nil && !errors.As(err, &refused) && sound:
			t.Errorf("a sound script leads nowhere: %v", err)
			return
		case err == nil && p.End:
			return
		case err == nil:
			w = next
		}
		if r.IntN(9) == 0 {
			w = s.Back(w)
		}
		if !s.Fits(w) {
			t.Errorf("the walk left the script: %+v", w)
			return
		}
	}
}

func someAnswer(q Ask, r *rand.Rand) any {
	switch {
	case r.IntN(4) == 0 && !q.Required:
		return nil
	case q.Kind == Single:
		return q.Options[r.IntN(len(q.Options))].ID
	case q.Kind == Multiple:
		return []any{q.Options[r.IntN(len(q.Options))].ID}
	case q.Kind == Date:
		return noon.AddDate(0, 0, r.IntN(60)-30).Format(time.DateOnly)
	case q.Kind == FreeText:
		return "text"
	}
	return float64(r.IntN(20))
}

// TestASoundScriptAlwaysEndsOrOffersAWayOn draws scripts, keeps those that
// Parse and Check accept, and wants from each step that a walk comes to that
// some conversation ends.
func TestASoundScriptAlwaysEndsOrOffersAWayOn(t *testing.T) {
	sound := 0
	rapid.Check(t, func(rt *rapid.T) {
		source := drawn(rt)
		s, err := Parse("drawn", source)
		if err != nil {
			rt.Fatalf("%v\n%s", err, source)
		}
		if !Sound(s.Check(Known{})) {
			return
		}
		sound++
		r := rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 1))
		for range 5 {
			stroll(rt, s, r, true)
		}
		var ends []string
		for _, st := range s.Steps {
			if st.End {
				ends = append(ends, st.ID)
			}
		}
		good := reach(s.graph().from, ends...)
		for _, st := range s.Steps {
			if !good[st.ID] {
				rt.Errorf("no end from %s\n%s", st.ID, source)
			}
		}
	})
	if sound == 0 {
		t.Error("no script that was drawn is sound, so that nothing was shown")
	}
}

// drawn is a script of a few steps whose ways are drawn at random.
func drawn(t *rapid.T) string {
	n := rapid.IntRange(1, 6).Draw(t, "steps")
	step := func(name string) string { return fmt.Sprintf("s%d", rapid.IntRange(0, n-1).Draw(t, name)) }
	var b strings.Builder
	b.WriteString("steps:\n")
	for i := range n {
		fmt.Fprintf(&b, "  - id: s%d\n    text: hello {{name|you}}\n    questions:\n", i)
		required := rapid.Bool().Draw(t, "required")
		fmt.Fprintf(&b, "      - {id: q%d, text: q, required: %t, options: [{id: a, label: A%s}, {id: b, label: B%s}]}\n",
			i, required, maybeTo(t, step), maybeTo(t, step))
		fmt.Fprintf(&b, "      - {id: n%d, text: n, kind: scale}\n", i)
		switch rapid.IntRange(0, 3).Draw(t, "kind") {
		case 0:
			b.WriteString("    end: true\n")
		case 1:
			fmt.Fprintf(&b, "    next: %s\n", step("next"))
		case 2:
			fmt.Fprintf(&b, "    branches: [{when: answers.q%d == \"a\", to: %s}, {when: answers.n%d > 5, to: %s}]\n", i, step("b1"), i, step("b2"))
		}
	}
	if rapid.Bool().Draw(t, "objection") {
		fmt.Fprintf(&b, "objections: [{id: o, title: t, text: x, to: %s}]\n", step("o"))
	}
	return b.String()
}

func maybeTo(t *rapid.T, step func(string) string) string {
	if !rapid.Bool().Draw(t, "to") {
		return ""
	}
	return ", to: " + step("option")
}
