package odds

import (
	"cmp"
	"math"
	"slices"
)

// Chance is how likely a contact is to answer, and why.
type Chance struct {
	Answer float64  `json:"answer"` // share of such calls that a person answers, 0 to 1
	Mean   float64  `json:"mean"`   // the same of the campaign's calls of late
	Odds   float64  `json:"odds"`   // Answer / Mean; 1 when not enough is known
	Trials float64  `json:"trials"` // attempts that it is learned from, the older ones counting less
	Why    []Factor `json:"why"`    // what matters most first; Mean times all Times is Answer
}

// Factor is one thing that makes a contact likelier to answer than the mean,
// or less likely.
type Factor struct {
	Name   string  `json:"name"`   // hour, weekday, tries, ...
	Value  string  `json:"value"`  // of this contact, for people
	Times  float64 `json:"times"`  // by how much it multiplies the chance
	Trials float64 `json:"trials"` // attempts with this value that are remembered
}

// NotEnough is the only factor of a chance that is the mean because too few
// attempts have ended.
const NotEnough = "not enough calls yet"

// ordinary names what no single factor explains: by how much a contact with
// nothing special about it differs from the mean of all, which those who answer
// much more often than others pull up.
const ordinary = "an ordinary contact"

// Chance returns how likely the contact is to answer, and why.
func (m *Model) Chance(f Facts) Chance {
	c := Chance{Answer: m.mean, Mean: m.mean, Odds: 1, Trials: m.trials}
	if !m.Ready() {
		c.Why = []Factor{{Name: NotEnough, Times: 1, Trials: m.trials}}
		return c
	}
	c.Answer, c.Odds = m.Answer(f)
	c.Why = m.why(f, c.Answer)
	return c
}

// why walks from the mean to the answer, one factor after the other, so that
// what each multiplies comes out at the answer exactly.
func (m *Model) why(f Facts, answer float64) []Factor {
	var adds [groups]float64
	z := logit(m.mean)
	rest := logit(answer) - z
	for g := range groups {
		var mean float64
		if w, ok := m.at(g, &f); ok {
			mean = m.belief.mean[w]
		}
		add := (mean - m.centers[g]) * m.trust.steepness()
		adds[shapes[g].shown] += add
		rest -= add
	}
	var out []Factor
	step := func(name, value string, add, trials float64) {
		before := sigmoid(z)
		z += add
		out = append(out, Factor{Name: name, Value: value, Times: sigmoid(z) / before, Trials: trials})
	}
	step(ordinary, "", rest, m.trials)
	for g := range groups {
		if shapes[g].shown != g {
			continue
		}
		trials := 0.0
		if w, ok := m.at(g, &f); ok {
			trials = m.seen[w]
		}
		step(shapes[g].name, f.words(g), adds[g], trials)
	}
	slices.SortStableFunc(out, func(a, b Factor) int {
		return cmp.Compare(math.Abs(math.Log(b.Times)), math.Abs(math.Log(a.Times)))
	})
	return out
}
