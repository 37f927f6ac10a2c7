package script

import (
	"strings"
	"time"
)

// Page is a step or an objection as it is shown: in one language, for one
// person.
type Page struct {
	ID        string  `json:"id"`
	Title     string  `json:"title,omitempty"`
	Objection bool    `json:"objection,omitempty" doc:"What to say to an objection; next and back return to the step."`
	Language  string  `json:"language" doc:"BCP 47, that it is read in; of a text that is missing in it, the script's first."`
	Blocks    []Block `json:"blocks"`
	Hint      []Block `json:"hint,omitempty" doc:"A note for the agent beside the step."`
	Questions []Ask   `json:"questions"`
	CanBack   bool    `json:"can_back"`
	End       bool    `json:"end" doc:"Nothing follows."`
	Suggests  string  `json:"suggests,omitempty" doc:"Code of the disposition that fits this end."`
	Words     int     `json:"words" doc:"To be read aloud."`
	Seconds   int     `json:"seconds" doc:"That reading them takes, at 150 words a minute."`
}

// Ask is a question as it is shown.
type Ask struct {
	ID       string   `json:"id"`
	Text     string   `json:"text"`
	Kind     Kind     `json:"kind" enum:"single,multiple,number,date,scale,text"`
	Required bool     `json:"required"`
	Options  []Choice `json:"options,omitempty"`
	Min      any      `json:"min,omitempty" doc:"A number, or a day of a date."`
	Max      any      `json:"max,omitempty"`
	Low      string   `json:"low,omitempty" doc:"What the low end of a scale means."`
	High     string   `json:"high,omitempty"`
	Value    any      `json:"value,omitempty" doc:"What was answered: a text, a number, or a list of options."`
}

// Choice is an option as it is shown.
type Choice struct {
	ID    string `json:"id"`
	Label string `json:"label"`
}

// Render shows where the walk stands.
func (s *Script) Render(w Walk, language string, v Values) Page {
	language = s.Language(language)
	p := Page{Language: language, CanBack: w.CanBack(), Questions: []Ask{}}
	if o := s.objections[w.Objection]; o != nil {
		p.ID, p.Objection, p.Title = o.ID, true, s.line(o.Title, language, v)
		p.Blocks, p.Hint = s.fill(o.Text, language, v), s.fill(o.Hint, language, v)
	} else if st := s.steps[w.Step]; st != nil {
		p.ID, p.Title, p.End, p.Suggests = st.ID, s.line(st.Title, language, v), st.End, st.Suggest
		p.Blocks, p.Hint = s.fill(st.Text, language, v), s.fill(st.Hint, language, v)
		for _, q := range st.Questions {
			p.Questions = append(p.Questions, s.ask(q, w, language, v))
		}
	}
	p.Words, p.Seconds = length(p.Blocks)
	return p
}

func (s *Script) ask(q *Question, w Walk, language string, v Values) Ask {
	a := Ask{
		ID: q.ID, Text: s.line(q.Text, language, v), Kind: q.Kind, Required: q.Required,
		Low: s.line(q.Low, language, v), High: s.line(q.Top, language, v), Value: shown(q, w.Answers[q.ID]),
	}
	for _, o := range q.Options {
		a.Options = append(a.Options, Choice{ID: o.ID, Label: s.line(o.Label, language, v)})
	}
	if q.Min != nil {
		a.Min = *q.Min
	}
	if q.Max != nil {
		a.Max = *q.Max
	}
	if q.From != nil {
		a.Min = q.From.Against(v.day())
	}
	if q.To != nil {
		a.Max = q.To.Against(v.day())
	}
	return a
}

// shown is an answer as a page takes it up again.
func shown(q *Question, given []string) any {
	switch {
	case len(given) == 0:
		return nil
	case q.Kind == Multiple:
		return given
	case q.Kind == Number || q.Kind == Scale:
		return number(given[0])
	}
	return given[0]
}

// Own renders the agent's own wording of a step, which is written as a
// script's text. What a field is that we do not know stays as it was written.
func (s *Script) Own(source, language string, v Values) []Block {
	if len(source) > maxText {
		source = strings.ToValidUTF8(source[:maxText], "")
	}
	return fill(markdown(source, false, func(string, int) {}), s.Language(language), v)
}

// Official is the text of a step or an objection in a language, as it was
// written; empty when there is none.
func (s *Script) Official(id, language string) string {
	language = s.Language(language)
	if st := s.steps[id]; st != nil {
		return s.passage(st.Text, language).source
	}
	if o := s.objections[id]; o != nil {
		return s.passage(o.Text, language).source
	}
	return ""
}

// in is a text in a language, or in the script's first.
func (s *Script) in(t Text, language string) string {
	if text, ok := t.by[language]; ok {
		return text
	}
	return t.by[s.Languages[0]]
}

func (s *Script) passage(r Rich, language string) passage {
	if p, ok := r.by[language]; ok {
		return p
	}
	return r.by[s.Languages[0]]
}

// line fills the fields of a text of one line.
func (s *Script) line(t Text, language string, v Values) string {
	return anyField.ReplaceAllStringFunc(s.in(t, language), func(field string) string {
		m := anyField.FindStringSubmatch(field)
		if value := v.Value(strings.TrimSpace(m[1]), language); value != "" {
			return value
		}
		return strings.TrimSpace(m[2])
	})
}

// fill fills the fields of a text. The Markdown has been read before, so that
// a value is text whatever stands in it.
func (s *Script) fill(r Rich, language string, v Values) []Block {
	return fill(s.passage(r, language).blocks, language, v)
}

func fill(blocks []Block, language string, v Values) []Block {
	out := make([]Block, len(blocks))
	for i, b := range blocks {
		b.Spans = fillSpans(b.Spans, language, v)
		items := make([][]Span, len(b.Items))
		for j, item := range b.Items {
			items[j] = fillSpans(item, language, v)
		}
		if b.Items != nil {
			b.Items = items
		}
		out[i] = b
	}
	return out
}

func fillSpans(spans []Span, language string, v Values) []Span {
	if spans == nil {
		return nil
	}
	out := make([]Span, len(spans))
	for i, sp := range spans {
		if sp.Field != "" {
			value := v.Value(sp.Field, language)
			if value == "" {
				value, sp.Missing = sp.Text, sp.Text == ""
			}
			sp.Text = value
		}
		out[i] = sp
	}
	return out
}

// wordsPerMinute is a calm voice on the telephone.
const wordsPerMinute = 150

// length counts the words that are read aloud and how long that takes.
func length(blocks []Block) (words, seconds int) {
	for _, b := range blocks {
		if b.Note {
			continue
		}
		for _, spans := range append([][]Span{b.Spans}, b.Items...) {
			var text strings.Builder
			for _, sp := range spans {
				text.WriteString(sp.Text)
			}
			words += len(strings.Fields(text.String()))
		}
	}
	return words, (words*60 + wordsPerMinute - 1) / wordsPerMinute
}

// Example is a person out of the script's own examples, for a preview without
// a list.
func (s *Script) Example(now time.Time) Values {
	v := Values{
		Name: "Ana García", Company: "Panadería Sol", Number: "+34600111222", Agent: "Kim Meyer", Campaign: s.Title, Seller: "ACME",
		Local: now, Now: now, Fields: map[string]string{},
	}
	for name, example := range s.Fields {
		v.Fields[name] = example
	}
	return v
}

// Shout is an objection as the desk lists it.
type Shout struct {
	ID    string `json:"id"`
	Key   string `json:"key,omitempty" doc:"One letter or digit that leads to it."`
	Title string `json:"title"`
}

// Shouts lists the objections of the script in a language.
func (s *Script) Shouts(language string, v Values) []Shout {
	out := make([]Shout, len(s.Objections))
	for i, o := range s.Objections {
		out[i] = Shout{ID: o.ID, Key: o.Key, Title: s.line(o.Title, s.Language(language), v)}
	}
	return out
}
