package script

import (
	"flag"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares with a file of testdata.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs:\n%s", name, got)
	}
}

// noon is a Sunday in the winter.
var noon = time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)

// shipped are the example scripts of the repository.
func shipped(t *testing.T) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../../testdata/scripts/*.yaml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no example scripts: %v", err)
	}
	out := map[string]string{}
	for _, f := range files {
		data, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		out[filepath.Base(f)] = string(data)
	}
	return out
}

func must(t *testing.T, source string) *Script {
	t.Helper()
	s, err := Parse("", source)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestEveryShippedScriptIsReadAndHasNoFinding(t *testing.T) {
	for name, source := range shipped(t) {
		s, err := Parse(name, source)
		if err != nil {
			t.Errorf("%v", err)
			continue
		}
		columns := make([]string, 0, len(s.Fields))
		for c := range s.Fields {
			columns = append(columns, c)
		}
		codes := []string{"sale", "appointment", "survey", "callback", "not_interested", "wrong_number", "machine", "no_decision", "do_not_call"}
		for _, f := range s.Check(Known{Columns: columns, Dispositions: codes}) {
			t.Errorf("%s:%d: %s", name, f.Line, f.Text)
		}
	}
}

func TestFaultsNameTheLineTheKeyAndWhatWouldBeRight(t *testing.T) {
	const step = "steps:\n  - id: a\n    text: hello\n    end: true\n"
	for name, c := range map[string]struct{ source, want string }{
		"an unknown key at the top":  {"titel: x\n" + step, "s:1: titel: there is no such key; right would be title"},
		"an unknown key of a step":   {"steps:\n  - id: a\n    tekst: x\n", "s:3: steps[0].tekst: there is no such key; right would be text"},
		"no steps":                   {"title: x\n", "s:1: steps: the script has no steps"},
		"an empty list of steps":     {"steps: []\n", "s:1: steps: the script has no step"},
		"a step without an id":       {"steps:\n  - text: x\n", "s:2: steps[0]: the step has no id; right would be id: small letters"},
		"an id that is no name":      {"steps:\n  - id: Big Step\n", `s:2: steps[0].id: "Big Step" is no name; right would be small letters`},
		"a step twice":               {step + "  - id: a\n    end: true\n", "s:5: steps[1].id: the name a stands there twice"},
		"a word of the desk":         {"steps:\n  - id: back\n    end: true\n", "s:2: steps[0].id: the name back stands there twice"},
		"an unknown field":           {"steps:\n  - id: a\n    text: |\n      one\n\n      {{nmae}}\n    end: true\n", `s:6: steps[0].text: there is no field "nmae"; right would be name; a column of the list is written {{fields.nmae}}`},
		"an unknown field, title":    {"steps:\n  - id: a\n    title: '{{plan}}'\n    end: true\n", `s:3: steps[0].title: there is no field "plan"`},
		"braces that stand alone":    {"steps:\n  - id: a\n    text: hi {{name\n    end: true\n", "s:3: steps[0].text: two braces stand alone"},
		"a next that is not there":   {"steps:\n  - id: a\n    next: offr\n  - id: offer\n    end: true\n", `s:3: steps[0].next: there is no step "offr"; right would be offer`},
		"a start that is not there":  {"start: z\n" + step, `start: there is no step "z"; right would be a`},
		"an end that leads on":       {"steps:\n  - id: a\n    end: true\n    next: a\n", "s:2: steps[0]: the step is an end and leads on"},
		"suggestion of no end":       {"steps:\n  - id: a\n    suggest: sale\n  - id: b\n    end: true\n", "s:2: steps[0].suggest: only an end suggests a disposition"},
		"neither true nor false":     {"steps:\n  - id: a\n    end: maybe\n", "s:3: steps[0].end: it is neither true nor false"},
		"a language that is none":    {"languages: [en, '§']\n" + step, `s:1: languages[1]: "§" is no language`},
		"a text in a stranger's":     {"languages: [en]\nsteps:\n  - id: a\n    text: {en: x, fr: y}\n    end: true\n", `s:4: steps[0].text.fr: the script is not in language "fr"; right would be one of en, or fr among languages`},
		"no text in the first":       {"languages: [en, es]\nsteps:\n  - id: a\n    text: {es: y}\n    end: true\n", "s:4: steps[0].text: the text is missing in en"},
		"a branch without a way":     {"steps:\n  - id: a\n    branches: [{when: hour > 3}]\n    end: true\n", "s:3: steps[0].branches[0]: a branch needs a condition and a step"},
		"an alias":                   {"title: &t x\nsteps: *t\n", "s:2: steps: references to other parts of the file are not read"},
		"no YAML":                    {"steps:\n  - id: a\n    text: [x\n", "did not find expected"},
		"an unknown kind":            {ask("id: q, text: t, kind: star"), `s:5: steps[0].questions[0].kind: there is no kind of question "star"; right would be single, multiple`},
		"one option":                 {ask("id: q, text: t, options: [Yes]"), "s:5: steps[0].questions[0].options: a question to choose from has fewer than two options"},
		"an option twice":            {ask("id: q, text: t, options: [Yes, yes]"), "option yes stands there twice"},
		"options of a number":        {ask("id: q, text: t, kind: number, options: [A, B]"), "a question of kind number has no options"},
		"a question without text":    {ask("id: q, kind: number"), "the question has no text"},
		"a question without id":      {ask("text: t"), "the question has no id; right would be id: small letters"},
		"a question twice":           {ask("id: q, text: t}\n      - {id: q, text: t"), "s:6: steps[0].questions[1].id: question q stands there twice"},
		"bounds that cross":          {ask("id: q, text: t, kind: number, min: 5, max: 3"), "min 5 is more than max 3"},
		"a bound that is no number":  {ask("id: q, text: t, kind: scale, max: ten"), `"ten" is no number`},
		"a scale too long":           {ask("id: q, text: t, kind: scale, max: 100"), "the scale has more than 21 places"},
		"a day that is none":         {ask("id: q, text: t, kind: date, min: tomorrow"), `"tomorrow" is no day; right would be 2026-12-31, today, or today+30`},
		"days that cross":            {ask("id: q, text: t, kind: date, min: today+5, max: today-5"), "the first day is after the last"},
		"a way of a multiple choice": {ask("id: q, text: t, kind: multiple, options: [{id: x, label: X, to: a}, {id: z, label: Z}]"), "only the options of a single choice lead to a step"},
		"an option to nowhere":       {ask("id: q, text: t, options: [{id: x, label: X, to: b}, {id: z, label: Z}]"), `s:5: steps[0].questions.q: there is no step "b"`},
		"an objection without title": {step + "objections: [{id: p, text: x}]\n", "s:5: objections[0]: the objection has no title"},
		"a key of two objections":    {step + "objections:\n  - {id: p, key: p, title: x}\n  - {id: q, key: p, title: y}\n", "s:7: objections[1].key: the key p belongs to p"},
		"a key of two letters":       {step + "objections: [{id: p, key: pp, title: x}]\n", `objections[0].key: "pp" is no name; right would be one small letter or digit`},
		"an objection to nowhere":    {step + "objections: [{id: p, title: x, to: b}]\n", `objections[0].to: there is no step "b"`},
		"an unknown question":        {branch(`answers.intrest == "yes"`), "there is no intrest; perhaps interest (character 9)"},
		"an unknown name":            {branch(`companny == "x"`), "there is no companny; perhaps company (character 1)"},
		"a number against a word":    {branch(`answers.people == "3"`), "invalid operation: == (mismatched types float64 and string)"},
		"no truth":                   {branch(`answers.people`), "expected bool, but got float64"},
		"a loop in a condition":      {branch(`all([1], # > 0)`), "conditions compare and do not loop"},
		"a function of none":         {branch(`repeat("x", 100000000) == ""`), "there is no repeat"},
		"an expression without end":  {branch(`hour > `), "unexpected token EOF"},
		"a file too long":            {strings.Repeat("# x\n", 60_000), "the script has 240000 octets; right would be at most 200000"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := Parse("s", c.source)
			if err == nil {
				t.Fatal("accepted")
			}
			if !strings.Contains(err.Error(), c.want) {
				t.Errorf("got\n%v\nwant\n%s", err, c.want)
			}
		})
	}
}

// ask is a script whose one step asks one question.
func ask(question string) string {
	return "steps:\n  - id: a\n    end: true\n    questions:\n      - {" + question + "}\n"
}

// branch is a script with two questions and one condition.
func branch(when string) string {
	return "steps:\n  - id: a\n    questions:\n      - {id: interest, text: t, options: [Yes, No]}\n      - {id: people, text: t, kind: number}\n" +
		"    branches:\n      - when: '" + strings.ReplaceAll(when, "'", "''") + "'\n        to: b\n    next: b\n  - id: b\n    end: true\n"
}

func TestSeveralFaultsAreToldAtOnceInTheOrderOfTheFile(t *testing.T) {
	_, err := Parse("s", "steps:\n  - id: a\n    text: '{{x}}'\n    next: nowhere\n  - id: b\n    kind: x\n    end: true\n")
	var lines []int
	for _, f := range Faults(err) {
		lines = append(lines, f.Line)
	}
	if !slices.Equal(lines, []int{3, 4, 6}) {
		t.Errorf("lines %v of %v", lines, err)
	}
}

func TestATextIsAScriptOfOneStepThatKeepsItsLines(t *testing.T) {
	s := must(t, "Good day: my name is {{agent}}.\nI call about *your* line.\n\nGood bye.")
	if !s.Plain || len(s.Steps) != 1 || len(s.Check(Known{})) != 0 {
		t.Fatalf("%+v, %v", s.Steps, s.Check(Known{}))
	}
	p := s.Render(s.Begin(), "", Values{Agent: "Kim"})
	if !p.End || p.ID != PlainStep || len(p.Blocks) != 2 {
		t.Fatalf("%+v", p)
	}
	if got := flat(p.Blocks); got != "Good day: my name is Kim.\nI call about your line.\nGood bye." {
		t.Errorf("%q", got)
	}
	if _, err := Parse("s", "hello {{nobody}}"); err == nil || !strings.Contains(err.Error(), `there is no field "nobody"`) {
		t.Errorf("an unknown field of a text: %v", err)
	}
	if s := must(t, ""); len(s.Steps) != 1 || !s.Render(s.Begin(), "", Values{}).End {
		t.Error("no text is no step")
	}
	if s := must(t, strings.Repeat("A long text. ", 1500)); s.Render(s.Begin(), "", Values{}).Words != 4500 {
		t.Error("a long text lost words")
	}
}

func flat(blocks []Block) string {
	var out []string
	for _, b := range blocks {
		for _, spans := range append([][]Span{b.Spans}, b.Items...) {
			var line strings.Builder
			for _, sp := range spans {
				line.WriteString(sp.Text)
			}
			if line.Len() > 0 {
				out = append(out, line.String())
			}
		}
	}
	return strings.Join(out, "\n")
}

func TestAVersionNamesTheTextAndNotItsLineEnds(t *testing.T) {
	if a, b := Version(3, "one  \r\ntwo\r\n\r\n"), Version(3, "one\ntwo"); a != b || !strings.HasPrefix(a, "3.") || len(a) != 10 {
		t.Errorf("%q and %q", a, b)
	}
	if Hash("one") == Hash("two") {
		t.Error("two texts have one name")
	}
	if v := Version(1, " \n"); v != "" {
		t.Errorf("no text has version %q", v)
	}
}
