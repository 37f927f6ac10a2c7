package script

import "slices"

// Way is how one step leads to another.
type Way struct {
	From string `json:"from"`
	To   string `json:"to"`
	Why  string `json:"why,omitempty" doc:"The answer or the condition; empty for the way that is taken otherwise."`
	Kind string `json:"kind" enum:"answer,branch,next,objection"`
}

// The kinds of ways.
const (
	WayAnswer    = "answer"
	WayBranch    = "branch"
	WayNext      = "next"
	WayObjection = "objection" // from wherever the objection was raised
)

// ways are those that a step leads to, in the order in which they are tried;
// a branch that never holds is none, and nothing follows one that always does.
func (s *Script) ways(st *Step, language string) []Way {
	var out []Way
	if st.End {
		return nil
	}
	for _, q := range st.Questions {
		for _, o := range q.Options {
			if o.To != "" {
				out = append(out, Way{From: st.ID, To: o.To, Why: s.in(o.Label, language), Kind: WayAnswer})
			}
		}
	}
	for _, b := range st.Branches {
		if b.cond.always != nil && !*b.cond.always {
			continue
		}
		out = append(out, Way{From: st.ID, To: b.To, Why: b.When, Kind: WayBranch})
		if b.cond.always != nil {
			return out
		}
	}
	if st.Next != "" && !st.decides() {
		out = append(out, Way{From: st.ID, To: st.Next, Kind: WayNext})
	}
	return out
}

// Ways are all ways of the script, objections included, labelled in a language.
func (s *Script) Ways(language string) []Way {
	var out []Way
	for _, st := range s.Steps {
		out = append(out, s.ways(st, s.Language(language))...)
	}
	for _, o := range s.Objections {
		if o.To != "" {
			out = append(out, Way{From: o.ID, To: o.To, Why: s.in(o.Title, s.Language(language)), Kind: WayObjection})
		}
	}
	return out
}

// graph is where each step leads and what leads to it.
type graph struct {
	to, from map[string][]string
}

func (s *Script) graph() graph {
	g := graph{to: map[string][]string{}, from: map[string][]string{}}
	for _, w := range s.Ways("") {
		if w.Kind != WayObjection && !slices.Contains(g.to[w.From], w.To) {
			g.to[w.From] = append(g.to[w.From], w.To)
			g.from[w.To] = append(g.from[w.To], w.From)
		}
	}
	return g
}

// reach is everything that can be come to from the given places, themselves included.
func reach(edges map[string][]string, from ...string) map[string]bool {
	seen := map[string]bool{}
	queue := slices.Clone(from)
	for len(queue) > 0 {
		id := queue[0]
		queue = queue[1:]
		if seen[id] {
			continue
		}
		seen[id] = true
		queue = append(queue, edges[id]...)
	}
	return seen
}
