package script

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"
)

func TestTheExamplesRenderAsTheyDid(t *testing.T) {
	for name, source := range shipped(t) {
		s := must(t, source)
		var b strings.Builder
		for _, lang := range s.Languages {
			for _, st := range s.Steps {
				w := Walk{Step: st.ID, History: []string{s.Start}, Answers: map[string][]string{"uses": {"work", "games"}, "people": {"4"}}}
				page(&b, s.Render(w, lang, s.Example(noon)))
			}
			for _, o := range s.Objections {
				page(&b, s.Render(Walk{Step: s.Start, Objection: o.ID}, lang, s.Example(noon)))
			}
		}
		golden(t, strings.TrimSuffix(name, ".yaml")+".golden", b.String())
	}
}

// page writes a page as somebody would read it aloud, marks included.
func page(b *strings.Builder, p Page) {
	fmt.Fprintf(b, "== %s %s: %s (%d words, %d s) end=%t suggests=%s back=%t\n", p.Language, p.ID, p.Title, p.Words, p.Seconds, p.End, p.Suggests, p.CanBack)
	for _, bl := range append(p.Blocks, p.Hint...) {
		for _, spans := range append([][]Span{bl.Spans}, bl.Items...) {
			if len(spans) > 0 {
				fmt.Fprintf(b, "%-8s%s\n", bl.Kind, marked(spans))
			}
		}
	}
	for _, q := range p.Questions {
		fmt.Fprintf(b, "?       %s (%s %s, required %t, %v to %v, %v)", q.Text, q.ID, q.Kind, q.Required, q.Min, q.Max, q.Value)
		for _, o := range q.Options {
			fmt.Fprintf(b, " [%s=%s]", o.ID, o.Label)
		}
		b.WriteString("\n")
	}
}

func marked(spans []Span) string {
	var b strings.Builder
	for _, sp := range spans {
		mark := map[bool]string{true: "*"}[sp.Italic] + map[bool]string{true: "**"}[sp.Bold]
		text := sp.Text
		if sp.Field != "" {
			text = "<" + sp.Field + ":" + text + ">"
		}
		b.WriteString(mark + text + mark)
	}
	return b.String()
}

func TestMarkdownIsReadAsTextWithLittleMarks(t *testing.T) {
	for source, want := range map[string]string{
		"one\ntwo":                               "say one two",
		"one  \ntwo":                             "say one\ntwo",
		"# Title\ntext":                          "heading Title|say text",
		"**bold** and *it* and ***both***":       "say **bold** and *it* and ***both***",
		"say **{{name}}** now":                   "say say **<name:>** now",
		"{{ first_name | dear *friend* }}!":      "say <first_name:dear *friend*>!",
		"{{fields.a_b}} x_y_z {{fields.c_d}}":    "say <fields.a_b:> x_y_z <fields.c_d:>",
		"> a note\n> goes on\n\nsaid":            "quote a note goes on|say said",
		"- one\n- **two**\n  - three\n\n1. four": "list one|list **two**|list three|list four",
		"<b>bold</b> <script>alert(1)</script>":  "say <b>bold</b> <script>alert(1)</script>",
		"<div>\n\nhi\n\n</div>":                  "say <div>|say hi|say </div>",
		"[link](javascript:alert(1)) ![i](x)":    "say [link](javascript:alert(1)) ![i](x)",
		"`code` &amp; \\*plain\\* \\{\\{name}}":  "say `code` &amp; *plain* {{name}}",
		"a\n---\nb\n\n***":                       "say a --- b|say ***",
		"    indented\n\n```\nfence\n```":        "say indented|say ``` fence ```",
		"&lt;script&gt; &#60;b&#62;":             "say &lt;script&gt; &#60;b&#62;",
		"":                                       "",
		"[a]: http://x\n\n[a]":                   "say [a]: http://x|say [a]",
		strings.Repeat("> ", 500) + "deep":       "quote deep",
		strings.Repeat("*a **b ", 200):           "say " + strings.TrimRight(strings.Repeat("*a **b ", 200), " "),
		"{{name}}{{company}}":                    "say <name:><company:>",
		"{{name\n}}":                             "say {{name }}",
		"\u202Eright to left":                    "say \u202Eright to left",
		"1) one\n2) two":                         "list one|list two",
		"*{{name|a}}* text":                      "say *<name:a>* text",
		"one\n\n\n\n\ntwo":                       "say one|say two",
		"* * *":                                  "",
		"#not a heading":                         "say #not a heading",
		"line\\\nbreak":                          "say line\nbreak",
	} {
		var got []string
		for _, b := range markdown(source, false, func(string, int) {}) {
			for _, spans := range append([][]Span{b.Spans}, b.Items...) {
				if len(spans) > 0 {
					got = append(got, b.Kind+" "+marked(spans))
				}
			}
		}
		if s := strings.Join(got, "|"); s != want {
			t.Errorf("%.60q\ngot  %.300q\nwant %.300q", source, s, want)
		}
	}
}

// hostile are values that lists have brought, or could.
var hostile = []string{
	`<script>alert(1)</script>`, `**bold** _it_ # x`, "{{agent}} {{fields.plan}}", "> note\n\n# head\n- item", "`x` [a](b) &lt;",
	"\u202Eevil\u202D txt.exe", "bad \xff\xfe bytes", "👩🏽‍💻 Zoë 王小明 عمر", strings.Repeat("ш", 100_000), "a\x00b\x1b[31mred",
}

func TestAHostileValueIsTextAndStaysWhereItStands(t *testing.T) {
	s := must(t, "title: t\nsteps:\n  - id: a\n    title: For {{name}}\n    text: |\n      one **{{name}}** two\n\n      - {{fields.plan}}\n    questions: [{id: q, text: 'Is {{name}} right?'}]\n    end: true\n")
	for _, value := range hostile {
		p := s.Render(s.Begin(), "en", Values{Name: value, Fields: map[string]string{"plan": value}})
		if len(p.Blocks) != 2 || len(p.Blocks[0].Spans) != 3 || len(p.Blocks[1].Items) != 1 || len(p.Blocks[1].Items[0]) != 1 {
			t.Errorf("%.40q changed what it stands in: %.200v", value, p.Blocks)
			continue
		}
		name := p.Blocks[0].Spans[1]
		if name.Text != clean(value) || !name.Bold || name.Field != "name" || len([]rune(name.Text)) > maxValue+1 {
			t.Errorf("%.40q became %.60q", value, name.Text)
		}
		if p.Title != "For "+clean(value) || p.Questions[0].Text != "Is "+clean(value)+" right?" {
			t.Errorf("%.40q in lines: %.60q, %.60q", value, p.Title, p.Questions[0].Text)
		}
		if data, err := json.Marshal(p); err != nil || strings.ContainsAny(name.Text, "\x00\n\x1b\u202E") {
			t.Errorf("%.40q: %v %.60s", value, err, data)
		}
		if p.Blocks[0].Spans[0].Text != "one " || p.Blocks[0].Spans[2].Text != " two" {
			t.Errorf("%.40q reached its neighbours", value)
		}
	}
}

func TestAFieldSaysWhatIsKnownElseItsDefaultElseThatItIsMissing(t *testing.T) {
	s := must(t, "steps:\n  - id: a\n    text: '{{name|sir or madam}}, {{company}}'\n    end: true\n")
	spans := s.Render(s.Begin(), "en", Values{}).Blocks[0].Spans
	if spans[0].Text != "sir or madam" || spans[0].Missing || spans[2].Text != "" || !spans[2].Missing {
		t.Errorf("%+v", spans)
	}
}

func TestFieldsSayWhatAgentsNeed(t *testing.T) {
	madrid := time.FixedZone("Madrid", 3600)
	at := func(hour int) Values { return Values{Local: time.Date(2026, 11, 22, hour, 4, 0, 0, madrid)} }
	for _, c := range []struct {
		field, language, want string
		v                     Values
	}{
		{"first_name", "en", "Ana", Values{Name: "Ana María Ferrer"}},
		{"first_name", "en", "Ana", Values{Name: "Sra. Ana Ferrer"}},
		{"first_name", "en", "Ana", Values{Name: "Ferrer Soler, Ana"}},
		{"first_name", "en", "Mari", Values{Name: "Ana Ferrer", Fields: map[string]string{"First_Name": "Mari"}}},
		{"first_name", "hu", "Éva", Values{Name: "Nagy Éva"}},
		{"first_name", "en", "Éva", Values{Name: "Nagy Éva", Language: "hu-HU"}},
		{"first_name", "en", "Dr", Values{Name: "Dr"}},
		{"first_name", "en", "", Values{Name: "  "}},
		{"agent_first_name", "en", "Kim", Values{Agent: "Kim Meyer"}},
		{"number", "en", "+34•••••••22", Values{Number: "+34600111222"}},
		{"number", "en", "", Values{Number: "112"}},
		{"local_time", "en", "09:04", at(9)},
		{"local_time", "en", "", Values{}},
		{"greeting", "en", "Good morning", at(9)},
		{"greeting", "en", "Good afternoon", at(12)},
		{"greeting", "en-GB", "Good evening", at(18)},
		{"greeting", "es", "Buenas tardes", at(19)},
		{"greeting", "es", "Buenas noches", at(20)},
		{"greeting", "hu", "Jó reggelt", at(8)},
		{"greeting", "hu", "Jó napot", at(9)},
		{"greeting", "et", "Tere päevast", at(11)},
		{"greeting", "en", "Good afternoon", Values{}},
		{"greeting", "cs", "", at(9)},
		{"fields.Plan", "en", "gold", Values{Fields: map[string]string{"plan": "gold"}}},
		{"fields.x", "en", "", Values{}},
		{"nothing", "en", "", Values{Name: "Ana"}},
	} {
		if got := c.v.Value(c.field, c.language); got != c.want {
			t.Errorf("%s in %s of %+v: %q, want %q", c.field, c.language, c.v, got, c.want)
		}
	}
}

func TestALanguageIsChosenByItsTagThenByItsLanguageThenTheFirst(t *testing.T) {
	s := must(t, "languages: [en, es, pt-BR]\nsteps:\n  - id: a\n    text: {en: x, es: y}\n    end: true\n")
	for _, c := range []struct {
		wishes []string
		want   string
	}{
		{nil, "en"}, {[]string{"es-MX"}, "es"}, {[]string{"PT-br"}, "pt-BR"}, {[]string{"pt"}, "pt-BR"}, {[]string{"", "xx", "es"}, "es"}, {[]string{"xx"}, "en"},
	} {
		if got := s.Language(c.wishes...); got != c.want {
			t.Errorf("%v: %s, want %s", c.wishes, got, c.want)
		}
	}
	if p := s.Render(s.Begin(), "pt", Values{}); flat(p.Blocks) != "x" {
		t.Errorf("a missing text is read as %q", flat(p.Blocks))
	}
	if s.Official("a", "es") != "y" || s.Official("none", "es") != "" {
		t.Error("the official text is another")
	}
}

func TestTheAgentsOwnWordingIsRenderedAsTheScriptIs(t *testing.T) {
	s := must(t, "steps:\n  - id: a\n    text: x\n    end: true\n")
	blocks := s.Own("Hi **{{first_name|you}}** {{unknown}} <b>", "en", Values{Name: "Ana Ferrer"})
	if got := marked(blocks[0].Spans); got != "Hi **<first_name:Ana>** <unknown:> <b>" {
		t.Errorf("%q", got)
	}
}
