package script

import (
	"fmt"
	"maps"
	"slices"
)

// Walk is where an agent stands in a script and what was answered on the way.
// It is a value: every move returns another.
//
//	Begin --> step --Next--> step --Next--> end
//	           ^  |  <--Back--
//	           |  Object
//	           |  v
//	        objection (Next and Back return, or go on where it says)
type Walk struct {
	Step      string              `json:"step"`
	Objection string              `json:"objection,omitempty"`
	History   []string            `json:"history,omitempty"` // steps before this one, oldest first
	Answers   map[string][]string `json:"answers,omitempty"` // by question, as Answer wrote them
}

// maxHistory is how many steps back a walk remembers.
const maxHistory = 500

// Begin is the walk at the first step.
func (s *Script) Begin() Walk { return Walk{Step: s.Start} }

// Fits tells whether a walk is one of this script: a script that was changed
// may have lost the step.
func (s *Script) Fits(w Walk) bool {
	return s.steps[w.Step] != nil && (w.Objection == "" || s.objections[w.Objection] != nil)
}

// At is the id of what is read: an objection, or the step.
func (w Walk) At() string {
	if w.Objection != "" {
		return w.Objection
	}
	return w.Step
}

// CanBack tells whether there is something to go back to.
func (w Walk) CanBack() bool { return w.Objection != "" || len(w.History) > 0 }

// Next goes on: to the step of the chosen option, of the first branch that
// holds, or to the next one. It fails with Unanswered when a required question
// has no answer; at an end it stays.
func (s *Script) Next(w Walk, v Values) (Walk, error) {
	if w.Objection != "" {
		return s.overcome(w), nil
	}
	st := s.steps[w.Step]
	if st == nil || st.End {
		return w, nil
	}
	if err := s.complete(st, w); err != nil {
		return w, err
	}
	to := s.leadsTo(st, w, v)
	if to == "" {
		return w, fmt.Errorf("step %s leads nowhere with these answers", st.ID) // Check finds it before
	}
	return w.to(to), nil
}

// overcome leaves an objection.
func (s *Script) overcome(w Walk) Walk {
	o := s.objections[w.Objection]
	w.Objection = ""
	if o == nil || o.To == "" || o.To == w.Step {
		return w
	}
	return w.to(o.To)
}

func (w Walk) to(step string) Walk {
	history := append(slices.Clone(w.History), w.Step)
	w.History = history[max(0, len(history)-maxHistory):]
	w.Step = step
	return w
}

// leadsTo is where a step leads; empty when it is a dead end.
func (s *Script) leadsTo(st *Step, w Walk, v Values) string {
	for _, q := range st.Questions {
		given := w.Answers[q.ID]
		for _, o := range q.Options {
			if o.To != "" && slices.Contains(given, o.ID) {
				return o.To
			}
		}
	}
	if len(st.Branches) > 0 {
		env := s.env(w, v)
		for _, b := range st.Branches {
			if b.cond.holds(env) {
				return b.To
			}
		}
	}
	return st.Next
}

// Back returns to the step before, or from an objection to where it was
// raised. Answers stay, but count only where the way leads over their step.
func (s *Script) Back(w Walk) Walk {
	if w.Objection != "" {
		w.Objection = ""
		return w
	}
	if len(w.History) == 0 {
		return w
	}
	last := len(w.History) - 1
	w.Step, w.History = w.History[last], slices.Clone(w.History[:last])
	return w
}

// Object shows an objection; what it was raised at is come back to.
func (s *Script) Object(w Walk, id string) (Walk, error) {
	if s.objections[id] == nil {
		return w, fmt.Errorf("there is no objection %q", id)
	}
	w.Objection = id
	return w, nil
}

// given are the answers to questions on the walk's way.
func (s *Script) given(w Walk) map[string][]string {
	out := map[string][]string{}
	for _, id := range append(slices.Clone(w.History), w.Step) {
		st := s.steps[id]
		if st == nil {
			continue
		}
		for _, q := range st.Questions {
			if a, ok := w.Answers[q.ID]; ok && len(a) > 0 {
				out[q.ID] = a
			}
		}
	}
	return out
}

// Given is an answer as it is kept with the call.
type Given struct {
	Question string
	Value    string // an option, a number, a day, a text; several options with commas between
}

// Given lists what was answered on the walk's way, in the order of the script.
func (s *Script) Given(w Walk) []Given {
	onWay := s.given(w)
	var out []Given
	for _, q := range s.order {
		if a, ok := onWay[q.ID]; ok {
			out = append(out, Given{Question: q.ID, Value: joined(a)})
		}
	}
	return out
}

// with is the walk with an answer set, or taken away.
func (w Walk) with(question string, value []string) Walk {
	answers := maps.Clone(w.Answers)
	if answers == nil {
		answers = map[string][]string{}
	}
	if len(value) == 0 {
		delete(answers, question)
	} else {
		answers[question] = value
	}
	w.Answers = answers
	return w
}
