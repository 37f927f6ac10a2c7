package script

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"go.yaml.in/yaml/v3"
)

// Day is a bound of a date: a day of the calendar, or today with so many days
// added.
type Day struct {
	On    string // 2006-01-02; empty = relative
	Shift int    // days from today
}

// Against is the day that a bound means, when today is given.
func (d Day) Against(today time.Time) string {
	if d.On != "" {
		return d.On
	}
	return today.AddDate(0, 0, d.Shift).Format(time.DateOnly)
}

func (r *reader) question(st *Step, n *yaml.Node, key string) {
	q := &Question{Line: n.Line}
	var low, high *yaml.Node
	kind := ""
	r.mapping(n, key, []field{
		{"id", r.name(&q.ID, questionName, rightQuestion)},
		{"text", r.text(&q.Text)},
		{"kind", r.scalar(&kind)},
		{"required", r.truth(&q.Required)},
		{"options", func(n *yaml.Node, key string) {
			r.list(n, key, maxOptions, func(n *yaml.Node, key string) { r.option(q, n, key) })
		}},
		{"min", func(n *yaml.Node, _ string) { low = n }},
		{"max", func(n *yaml.Node, _ string) { high = n }},
		{"low", r.text(&q.Low)},
		{"high", r.text(&q.Top)},
	})
	if n.Kind != yaml.MappingNode {
		return
	}
	q.Kind = Kind(kind)
	switch {
	case kind == "" && len(q.Options) > 0:
		q.Kind = Single
	case kind == "":
		q.Kind = FreeText
	}
	r.bounds(q, low, high, key)
	r.validate(q, n, key)
	if q.ID == "" {
		if !hasKey(n, "id") {
			r.fault(n.Line, key, "the question has no id", "id: "+rightQuestion)
		}
		return
	}
	if r.script.questions[q.ID] != nil {
		r.fault(n.Line, key+".id", "question "+q.ID+" stands there twice", "a name of its own: answers are kept by it")
		return
	}
	if len(r.script.order) >= maxQuestions {
		r.fault(n.Line, key, "the script has too many questions", fmt.Sprintf("at most %d", maxQuestions))
		return
	}
	st.Questions = append(st.Questions, q)
	r.script.questions[q.ID] = q
	r.script.order = append(r.script.order, q)
}

// validate wants of each kind what it needs, and nothing that it does not know.
func (r *reader) validate(q *Question, n *yaml.Node, key string) {
	chooses := q.Kind == Single || q.Kind == Multiple
	switch {
	case !slices.Contains(Kinds(), q.Kind):
		r.fault(n.Line, key+".kind", "there is no kind of question "+strconv.Quote(string(q.Kind)), "single, multiple, number, date, scale or text")
	case chooses && len(q.Options) < 2:
		r.fault(n.Line, key+".options", "a question to choose from has fewer than two options", "options: [Yes, No]")
	case !chooses && len(q.Options) > 0:
		r.fault(n.Line, key+".options", "a question of kind "+string(q.Kind)+" has no options", "kind: single or multiple")
	case len(q.Text.by) == 0:
		r.fault(n.Line, key, "the question has no text", "text: what to ask")
	case q.Kind == Scale && *q.Max-*q.Min > 20:
		r.fault(n.Line, key, "the scale has more than 21 places", "such as min: 0, max: 10")
	case q.Min != nil && q.Max != nil && *q.Min > *q.Max:
		r.fault(n.Line, key, fmt.Sprintf("min %g is more than max %g", *q.Min, *q.Max), "min not above max")
	case q.Kind == Multiple && q.Min != nil && *q.Min > float64(len(q.Options)):
		r.fault(n.Line, key+".min", fmt.Sprintf("%g options can never be chosen of %d", *q.Min, len(q.Options)), "at most their number")
	case q.From != nil && q.To != nil && q.From.Against(someDay) > q.To.Against(someDay) && (q.From.On == "") == (q.To.On == ""):
		r.fault(n.Line, key, "the first day is after the last", "min not after max")
	}
	if q.Kind != Single {
		for _, o := range q.Options {
			if o.To != "" {
				r.fault(o.Line, key+".options", "only the options of a single choice lead to a step", "branches with a condition such as \""+o.ID+"\" in answers."+q.ID)
			}
		}
	}
}

// someDay is a today to compare two bounds that both move with it.
var someDay = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

func (r *reader) option(q *Question, n *yaml.Node, key string) {
	o := Option{Line: n.Line}
	if n.Kind == yaml.ScalarNode {
		r.text(&o.Label)(n, key)
		o.ID = slug(n.Value)
	} else {
		r.mapping(n, key, []field{
			{"id", r.name(&o.ID, optionName, rightOption)}, {"label", r.text(&o.Label)}, {"to", r.scalar(&o.To)},
		})
		if n.Kind == yaml.MappingNode && len(o.Label.by) == 0 {
			r.fault(n.Line, key, "the option has no label", "label: what the answer is")
			return
		}
		if o.ID == "" && n.Kind == yaml.MappingNode && !hasKey(n, "id") {
			o.ID = slug(o.Label.by[r.script.Languages[0]])
		}
	}
	switch {
	case o.ID == "":
		if n.Kind == yaml.ScalarNode || (n.Kind == yaml.MappingNode && !hasKey(n, "id")) {
			r.fault(n.Line, key, "the option has no name that could be kept", "{id: yes, label: ...}")
		}
	case slices.ContainsFunc(q.Options, func(other Option) bool { return other.ID == o.ID }):
		r.fault(n.Line, key, "option "+o.ID+" stands there twice", "a name of its own")
	default:
		q.Options = append(q.Options, o)
	}
}

var relative = regexp.MustCompile(`^today(?:\s*([+-])\s*(\d{1,4}))?$`)

// bounds reads min and max as the kind means them.
func (r *reader) bounds(q *Question, low, high *yaml.Node, key string) {
	if q.Kind == Date {
		q.From, q.To = r.day(low, key+".min"), r.day(high, key+".max")
		return
	}
	q.Min, q.Max = r.figure(low, key+".min"), r.figure(high, key+".max")
	if q.Kind == Scale {
		zero, ten := 0.0, 10.0
		if q.Min == nil {
			q.Min = &zero
		}
		if q.Max == nil {
			q.Max = &ten
		}
	}
	if q.Kind == Number {
		return
	}
	for _, f := range []*float64{q.Min, q.Max} {
		if f != nil && (*f != float64(int64(*f)) || (*f < 0 && q.Kind != Scale)) {
			r.fault(q.Line, key, fmt.Sprintf("%g is no bound of kind %s", *f, q.Kind), "a whole number")
			whole := float64(int64(*f))
			*f = whole
		}
	}
}

func (r *reader) figure(n *yaml.Node, key string) *float64 {
	if n == nil {
		return nil
	}
	f, err := strconv.ParseFloat(n.Value, 64)
	if n.Kind != yaml.ScalarNode || err != nil || !finite(f) || f > 1e12 || f < -1e12 {
		r.fault(n.Line, key, quoted(n)+" is no number", "a number such as 10")
		return nil
	}
	return &f
}

func (r *reader) day(n *yaml.Node, key string) *Day {
	if n == nil {
		return nil
	}
	if m := relative.FindStringSubmatch(n.Value); n.Kind == yaml.ScalarNode && m != nil {
		shift, err := strconv.Atoi("0" + m[2])
		if err != nil {
			shift = 0
		}
		if m[1] == "-" {
			shift = -shift
		}
		return &Day{Shift: shift}
	}
	if _, err := time.Parse(time.DateOnly, n.Value); n.Kind != yaml.ScalarNode || err != nil {
		r.fault(n.Line, key, quoted(n)+" is no day", "2026-12-31, today, or today+30")
		return nil
	}
	return &Day{On: n.Value}
}
