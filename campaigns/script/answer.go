package script

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"
)

// Refusal is an answer that cannot be taken, or is missing.
type Refusal struct {
	Question string
	Text     string // one sentence
}

// Error says the sentence.
func (r *Refusal) Error() string { return r.Text }

// Refusals returns those that an error of Answer or Next holds.
func Refusals(err error) []*Refusal {
	var out []*Refusal
	var one *Refusal
	var many interface{ Unwrap() []error }
	switch {
	case errors.As(err, &many):
		for _, e := range many.Unwrap() {
			out = append(out, Refusals(e)...)
		}
	case errors.As(err, &one):
		out = append(out, one)
	}
	return out
}

// maxFree is how many characters a free text holds unless the question says less.
const maxFree = 4000

// Answer takes answers to questions of the step that the walk stands at: a
// text, a number, a list of texts, or nothing, which takes the answer away. It
// fails with every Refusal joined and then changes nothing.
func (s *Script) Answer(w Walk, v Values, answers map[string]any) (Walk, error) {
	st := s.steps[w.Step]
	var errs []error
	out := w
	for _, id := range slices.Sorted(mapKeys(answers)) {
		q := s.questions[id]
		if q == nil || st == nil || !slices.Contains(st.Questions, q) {
			errs = append(errs, &Refusal{Question: id, Text: fmt.Sprintf("Step %s does not ask %q.", w.Step, id)})
			continue
		}
		value, err := q.read(answers[id], v.day())
		if err != nil {
			errs = append(errs, err)
			continue
		}
		out = out.with(id, value)
	}
	if len(errs) > 0 {
		return w, errors.Join(errs...)
	}
	return out, nil
}

func mapKeys[V any](m map[string]V) func(func(string) bool) {
	return func(yield func(string) bool) {
		for k := range m {
			if !yield(k) {
				return
			}
		}
	}
}

// complete wants an answer to every required question of a step.
func (s *Script) complete(st *Step, w Walk) error {
	var errs []error
	for _, q := range st.Questions {
		if q.Required && len(w.Answers[q.ID]) == 0 {
			errs = append(errs, q.refuse("Answer %q first.", s.in(q.Text, s.Languages[0])))
		}
	}
	return errors.Join(errs...)
}

func (q *Question) refuse(format string, args ...any) error {
	return &Refusal{Question: q.ID, Text: fmt.Sprintf(format, args...)}
}

// read turns what was given into what is kept; nothing given is no answer.
func (q *Question) read(given any, today time.Time) ([]string, error) {
	values, ok := texts(given)
	if !ok {
		return nil, q.refuse("The answer to %q is neither a text, a number nor a list of texts.", q.ID)
	}
	values = slices.DeleteFunc(values, func(s string) bool { return s == "" })
	if len(values) == 0 {
		return nil, nil
	}
	if len(values) > 1 && q.Kind != Multiple {
		return nil, q.refuse("The question %q takes one answer.", q.ID)
	}
	switch q.Kind {
	case Single, Multiple:
		return q.options(values)
	case Number:
		return q.number(values[0])
	case Scale:
		return q.scale(values[0])
	case Date:
		return q.date(values[0], today)
	case FreeText:
	}
	return q.free(values[0])
}

// texts reads what JSON or a form brings.
func texts(given any) ([]string, bool) {
	switch v := given.(type) {
	case nil:
		return nil, true
	case string:
		return []string{strings.TrimSpace(v)}, true
	case float64:
		return []string{strconv.FormatFloat(v, 'f', -1, 64)}, true
	case json.Number:
		return []string{v.String()}, true
	case int:
		return []string{strconv.Itoa(v)}, true
	case []string:
		return slices.Clone(v), true
	case []any:
		var out []string
		for _, item := range v {
			text, ok := item.(string)
			if !ok {
				return nil, false
			}
			out = append(out, strings.TrimSpace(text))
		}
		return out, true
	}
	return nil, false
}

func (q *Question) options(values []string) ([]string, error) {
	var out []string
	for _, o := range q.Options { // in their order, each once
		if slices.Contains(values, o.ID) {
			out = append(out, o.ID)
		}
	}
	for _, v := range values {
		if !slices.Contains(out, v) {
			return nil, q.refuse("The question %q has no option %q; it has %s.", q.ID, short(v), strings.Join(optionIDs(q), ", "))
		}
	}
	if q.Kind == Multiple && q.Min != nil && float64(len(out)) < *q.Min {
		return nil, q.refuse("Choose at least %g for %q.", *q.Min, q.ID)
	}
	if q.Kind == Multiple && q.Max != nil && float64(len(out)) > *q.Max {
		return nil, q.refuse("Choose at most %g for %q.", *q.Max, q.ID)
	}
	return out, nil
}

func (q *Question) number(value string) ([]string, error) {
	n := number(value)
	switch {
	case !finite(n):
		return nil, q.refuse("The answer to %q is no number; write one such as 12.5.", q.ID)
	case q.Min != nil && n < *q.Min:
		return nil, q.refuse("The answer to %q is at least %g.", q.ID, *q.Min)
	case q.Max != nil && n > *q.Max:
		return nil, q.refuse("The answer to %q is at most %g.", q.ID, *q.Max)
	}
	return []string{strconv.FormatFloat(n, 'f', -1, 64)}, nil
}

func (q *Question) scale(value string) ([]string, error) {
	n := number(value)
	if !finite(n) || n != float64(int64(n)) || n < *q.Min || n > *q.Max {
		return nil, q.refuse("The answer to %q is a whole number from %g to %g.", q.ID, *q.Min, *q.Max)
	}
	return []string{strconv.FormatFloat(n, 'f', 0, 64)}, nil
}

func (q *Question) date(value string, today time.Time) ([]string, error) {
	d, err := time.Parse(time.DateOnly, value)
	if err != nil {
		return nil, q.refuse("The answer to %q is no day; write it as 2026-12-31.", q.ID)
	}
	day := d.Format(time.DateOnly)
	if q.From != nil && day < q.From.Against(today) {
		return nil, q.refuse("The answer to %q is not before %s.", q.ID, q.From.Against(today))
	}
	if q.To != nil && day > q.To.Against(today) {
		return nil, q.refuse("The answer to %q is not after %s.", q.ID, q.To.Against(today))
	}
	return []string{day}, nil
}

func (q *Question) free(value string) ([]string, error) {
	value = strings.ToValidUTF8(strings.ReplaceAll(value, "\x00", ""), "\uFFFD")
	most := maxFree
	if q.Max != nil {
		most = min(most, int(*q.Max))
	}
	n := utf8.RuneCountInString(value)
	if n > most {
		return nil, q.refuse("The answer to %q has %d characters; at most %d are kept.", q.ID, n, most)
	}
	if q.Min != nil && n < int(*q.Min) {
		return nil, q.refuse("The answer to %q has %d characters; at least %g are wanted.", q.ID, n, *q.Min)
	}
	return []string{value}, nil
}

func short(s string) string {
	if r := []rune(clean(s)); len(r) > 40 {
		return string(r[:40]) + "…"
	}
	return clean(s)
}

// joined is an answer in one line.
func joined(values []string) string { return strings.Join(values, ", ") }
