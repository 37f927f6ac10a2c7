package script

import (
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

func (v Values) at(hour int) Values {
	v.Local = time.Date(2026, 11, 22, hour, 5, 0, 0, time.UTC)
	v.Now = v.Local
	return v
}

// answered is a move of a conversation: answers, and where they lead.
type answered struct {
	answers map[string]any
	to      string
}

func TestAConversationGoesWhereItsAnswersLead(t *testing.T) {
	s := must(t, shipped(t)["fibre.yaml"])
	for name, c := range map[string]struct {
		fields map[string]string
		way    []answered
	}{
		"a sale": {nil, []answered{
			{map[string]any{"right_person": "yes"}, "interest"},
			{map[string]any{"interested": "yes", "people": 2.0}, "offer"},
			{nil, "order"},
			{map[string]any{"ordered": "ordered"}, "visit"},
			{map[string]any{"visit_day": "2026-12-01"}, "sold"},
			{nil, "sold"},
		}},
		"a full house": {nil, []answered{
			{map[string]any{"right_person": "yes"}, "interest"}, {map[string]any{"interested": "yes", "people": "5"}, "big_offer"},
		}},
		"somebody who plays": {nil, []answered{
			{map[string]any{"right_person": "yes"}, "interest"}, {map[string]any{"interested": "yes", "uses": []any{"games", "work"}}, "big_offer"},
		}},
		"nobody there":      {nil, []answered{{map[string]any{"right_person": "later"}, "call_back"}, {nil, "call_back"}}},
		"an open bill":      {map[string]string{"Debt": "12,50"}, []answered{{map[string]any{"right_person": "yes"}, "interest"}, {map[string]any{"interested": "yes"}, "debt"}}},
		"a bill of nothing": {map[string]string{"debt": "none"}, []answered{{map[string]any{"right_person": "yes"}, "interest"}, {map[string]any{"interested": "no"}, "survey"}}},
	} {
		t.Run(name, func(t *testing.T) {
			v := Values{Fields: c.fields}.at(12)
			w := s.Begin()
			for i, move := range c.way {
				var err error
				if w, err = s.Answer(w, v, move.answers); err != nil {
					t.Fatalf("move %d: %v", i, err)
				}
				if w, err = s.Next(w, v); err != nil {
					t.Fatalf("move %d: %v", i, err)
				}
				if w.Step != move.to {
					t.Fatalf("move %d leads to %s, want %s", i, w.Step, move.to)
				}
			}
		})
	}
}

func TestARequiredQuestionHoldsTheStepAndNothingElseDoes(t *testing.T) {
	s := must(t, shipped(t)["fibre.yaml"])
	v := Values{}.at(9)
	w, err := s.Next(s.Begin(), v)
	if r := Refusals(err); len(r) != 1 || r[0].Question != "right_person" || w.Step != "opening" {
		t.Fatalf("%v at %s", err, w.Step)
	}
	w, err = s.Object(w, "no_time")
	if err != nil || w.At() != "no_time" {
		t.Fatalf("%v at %s", err, w.At())
	}
	if w, err = s.Next(w, v); err != nil || w.Step != "call_back" || w.Objection != "" {
		t.Fatalf("the objection leads to %s: %v", w.At(), err)
	}
	if w = s.Back(w); w.Step != "opening" || w.CanBack() {
		t.Errorf("back at %+v", w)
	}
	w, err = s.Object(w, "too_expensive")
	if err != nil {
		t.Fatal(err)
	}
	if next, err := s.Next(w, v); err != nil || next.At() != "opening" || len(next.History) != 0 {
		t.Errorf("an objection without a way returns to %+v: %v", next, err)
	}
	if _, err := s.Object(w, "none"); err == nil {
		t.Error("an objection that is not there")
	}
}

func TestAnAnswerThatTheWayLeftNoLongerCounts(t *testing.T) {
	s := must(t, shipped(t)["fibre.yaml"])
	v := Values{}.at(9)
	walk := func(w Walk, answers map[string]any) Walk {
		w, err := s.Answer(w, v, answers)
		if err == nil {
			w, err = s.Next(w, v)
		}
		if err != nil {
			t.Fatal(err)
		}
		return w
	}
	w := walk(s.Begin(), map[string]any{"right_person": "yes"})
	w = walk(w, map[string]any{"interested": "no"})
	w = walk(w, map[string]any{"satisfied": 3.0, "missing": "upload"})
	want := []Given{{"right_person", "yes"}, {"interested", "no"}, {"satisfied", "3"}, {"missing", "upload"}}
	if got := s.Given(w); !slices.Equal(got, want) {
		t.Fatalf("given %v", got)
	}
	w = s.Back(s.Back(w))
	w = walk(w, map[string]any{"interested": "yes"})
	if got := s.Given(w); !slices.Equal(got, []Given{{"right_person", "yes"}, {"interested", "yes"}}) || w.Step != "offer" {
		t.Errorf("at %s given %v", w.Step, got)
	}
	w, err := s.Answer(s.Back(w), v, map[string]any{"interested": nil})
	if err != nil || slices.ContainsFunc(s.Given(w), func(g Given) bool { return g.Question == "interested" }) {
		t.Errorf("an answer taken back is given: %v, %v", s.Given(w), err)
	}
}

func TestAnswersAreReadByTheirKind(t *testing.T) {
	s := must(t, `
steps:
  - id: a
    questions:
      - {id: one, text: t, options: [Yes, No]}
      - {id: many, text: t, kind: multiple, options: [A, B, C], min: 1, max: 2}
      - {id: n, text: t, kind: number, min: -2, max: 10}
      - {id: d, text: t, kind: date, min: today, max: 2026-12-31}
      - {id: s, text: t, kind: scale, min: 1, max: 5}
      - {id: f, text: t, kind: text, max: 10, min: 2}
    end: true
  - id: b
    end: true
objections: [{id: o, title: x, to: b}]
`)
	for _, c := range []struct {
		question string
		given    any
		want     []string // nil = refused
		why      string
	}{
		{"one", "yes", []string{"yes"}, ""},
		{"one", " yes ", []string{"yes"}, ""},
		{"one", "maybe", nil, `has no option "maybe"; it has yes, no`},
		{"one", []any{"yes", "no"}, nil, "takes one answer"},
		{"one", true, nil, "neither a text, a number nor a list"},
		{"one", map[string]any{}, nil, "neither a text"},
		{"many", []any{"c", "a", "c"}, []string{"a", "c"}, ""},
		{"many", "b", []string{"b"}, ""},
		{"many", []any{"a", "b", "c"}, nil, "Choose at most 2"},
		{"many", []any{1.0}, nil, "neither"},
		{"n", "2,5", []string{"2.5"}, ""},
		{"n", -2.0, []string{"-2"}, ""},
		{"n", 11, nil, "at most 10"},
		{"n", -3, nil, "at least -2"},
		{"n", "NaN", nil, "no number"},
		{"n", "1e999", nil, "no number"},
		{"n", "0x10p", nil, "no number"},
		{"d", "2026-11-22", []string{"2026-11-22"}, ""},
		{"d", "2026-11-21", nil, "not before 2026-11-22"},
		{"d", "2027-01-01", nil, "not after 2026-12-31"},
		{"d", "2026-02-30", nil, "no day"},
		{"s", 5.0, []string{"5"}, ""},
		{"s", "3.5", nil, "a whole number from 1 to 5"},
		{"s", 0.0, nil, "from 1 to 5"},
		{"f", "ábc", []string{"ábc"}, ""},
		{"f", "x", nil, "at least 2"},
		{"f", strings.Repeat("ж", 11), nil, "11 characters; at most 10"},
		{"f", "ab\x00\xff", []string{"ab\uFFFD"}, ""},
		{"q", "x", nil, `Step a does not ask "q"`},
	} {
		w, err := s.Answer(s.Begin(), Values{}.at(12), map[string]any{c.question: c.given})
		if (err == nil) != (c.want != nil) || !reflect.DeepEqual(w.Answers[c.question], c.want) {
			t.Errorf("%s %v: %v, %v", c.question, c.given, w.Answers, err)
		}
		if err != nil && !strings.Contains(err.Error(), c.why) {
			t.Errorf("%s %v: %q does not say %q", c.question, c.given, err, c.why)
		}
	}
	if w, err := s.Answer(s.Begin(), Values{}, map[string]any{"one": "yes", "n": 99}); err == nil || len(w.Answers) != 0 {
		t.Errorf("half of the answers were taken: %v, %v", w.Answers, err)
	}
	w := s.Begin()
	w.Step = "b"
	if _, err := s.Answer(w, Values{}, map[string]any{"one": "yes"}); err == nil {
		t.Error("an answer to a question of another step was taken")
	}
}

func TestConditionsSeeTheCallAndFailToHoldRatherThanToRun(t *testing.T) {
	v := Values{
		Company: "ACME", Language: "es-MX", Number: "+34600111222",
		Fields: map[string]string{"age": "67", "Contract end": "2026-12-01", "text": strings.Repeat("x", 400)},
	}.at(19)
	for when, want := range map[string]bool{
		`hour >= 19 and weekday == "sunday"`:                 true,
		`today < fields["Contract end"]`:                     true,
		`num(fields.age) >= 65`:                              true,
		`num(fields.none) >= 65`:                             false,
		`num(fields.none) < 65`:                              false,
		`not answered.people`:                                true,
		`answers.people >= 1 or answers.people < 1`:          false,
		`company contains "CM" and language startsWith "es"`: true,
		`lower(company) == "acme" and len(company) == 4`:     true,
		`fields.age matches "^[0-9]+$"`:                      true,
		`fields.text matches fields.text`:                    true,
		`fields.age matches "(" + company`:                   false, // no pattern: it cannot be worked out
		`[1, 2][hour] == 1`:                                  false,
		`answers.interest in ["yes", "no"]`:                  false,
		`fields.Age == "67"`:                                 true,
	} {
		s, err := Parse("s", branch(when))
		if err != nil {
			t.Errorf("%s: %v", when, err)
			continue
		}
		if got := s.Steps[0].Branches[0].cond.holds(s.env(s.Begin(), v)); got != want {
			t.Errorf("%s is %t", when, got)
		}
	}
}

func TestAWalkRemembersABoundedWay(t *testing.T) {
	s := must(t, "steps:\n  - id: a\n    branches: [{when: hour > 23, to: z}]\n    next: b\n  - id: b\n    next: a\n  - id: z\n    end: true\n")
	w := s.Begin()
	for range 3000 {
		var err error
		if w, err = s.Next(w, Values{}.at(9)); err != nil {
			t.Fatal(err)
		}
	}
	if len(w.History) > maxHistory {
		t.Errorf("%d steps are remembered", len(w.History))
	}
}
