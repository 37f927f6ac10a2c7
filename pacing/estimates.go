package pacing

import (
	"math"
	"slices"
	"time"
)

// Estimates is what a Floor has learned about one campaign's calls: how quickly and how often people answer, how long
// agents talk and wrap up, and where the controller stood. It is plain data, made to be stored as JSON between shifts.
// Events are counts and exposures are seconds; both are forgetting, so they are fractions.
type Estimates struct {
	Version  int       `json:"version"`
	SavedAt  time.Time `json:"saved_at"`
	Attempts float64   `json:"attempts"`
	// Live and Other are endings of attempts by age in seconds; Exposure the seconds spent at that age, OddsExposure the
	// same weighed with each contact's odds.
	Live         []float64 `json:"live"`
	Other        []float64 `json:"other"`
	Exposure     []float64 `json:"exposure"`
	OddsExposure []float64 `json:"odds_exposure"`
	// TalkEnds to WrapSeconds are endings and seconds at risk of conversation and wrap-up by growing bins of age.
	TalkEnds    []float64 `json:"talk_ends"`
	TalkSeconds []float64 `json:"talk_seconds"`
	WrapEnds    []float64 `json:"wrap_ends"`
	WrapSeconds []float64 `json:"wrap_seconds"`
	// Steps are the same of the time from a step of the script, or the finishing key, to the end of the conversation.
	Steps []StepEstimate `json:"steps,omitempty"`
	// Lost are answers lost while the controller ruled, and Offered is its theta summed over the answers of that time.
	Lost    float64 `json:"lost"`
	Offered float64 `json:"offered"`
}

// StepEstimate is what was learned of one step of the script: 65536 stands for the finishing key, the rest are StepIDs.
type StepEstimate struct {
	Step    int       `json:"step"`
	Ends    []float64 `json:"ends"`
	Seconds []float64 `json:"seconds"`
}

const (
	estimatesVersion = 1
	// What an earlier shift may weigh at most in the next: enough to start at once, little enough to be overruled by
	// the first hour.
	restoredAttempts  = 150.0
	restoredDurations = 60.0
	restoredHalfLife  = 7 * 24 * time.Hour
	secondsAtMost     = 1e12
)

// Estimates returns what the floor has learned, to be stored and given to NewFloor before the next shift.
func (f *Floor) Estimates(now time.Time) Estimates {
	a, t, w := &f.answers, &f.releases.talk, &f.releases.wrap
	var steps []StepEstimate
	for _, p := range f.releases.steps {
		steps = append(steps, StepEstimate{Step: p.step, Ends: copied(p.ends[:]), Seconds: copied(p.seconds[:])})
	}
	return Estimates{
		Steps:   steps,
		Version: estimatesVersion, SavedAt: now, Attempts: a.attempts,
		Live: copied(a.live[:]), Other: copied(a.other[:]),
		Exposure: copied(a.exposure[:]), OddsExposure: copied(a.oddsSeconds[:]),
		TalkEnds: copied(t.ends[:]), TalkSeconds: copied(t.seconds[:]),
		WrapEnds: copied(w.ends[:]), WrapSeconds: copied(w.seconds[:]),
		Lost: f.control.lost, Offered: f.control.offered,
	}
}

// Decayed returns the estimates as they are worth at now: their weight halves each week, their shape stays. Estimates
// from the future, by a clock that was set, keep their weight.
func (e Estimates) Decayed(now time.Time) Estimates {
	age := max(0, now.Sub(e.SavedAt))
	keep := math.Exp2(-float64(age) / float64(restoredHalfLife))
	e.SavedAt = now
	e.Attempts *= keep
	e.Lost *= keep
	e.Offered *= keep
	for _, p := range []*[]float64{&e.Live, &e.Other, &e.Exposure, &e.OddsExposure, &e.TalkEnds, &e.TalkSeconds, &e.WrapEnds, &e.WrapSeconds} {
		*p = scaled(*p, keep)
	}
	e.Steps = slices.Clone(e.Steps)
	for i := range e.Steps {
		p := &e.Steps[i]
		p.Ends, p.Seconds = scaled(p.Ends, keep), scaled(p.Seconds, keep)
	}
	return e
}

// restore adds earlier estimates to the priors, with bounded weight. Unusable ones are ignored as a whole.
func (f *Floor) restore(e Estimates) {
	if !e.usable() {
		return
	}
	a := &f.answers
	weight := min(1, restoredAttempts/max(1, e.Attempts))
	a.attempts = e.Attempts * weight
	blend(a.live[:], e.Live, weight)
	blend(a.other[:], e.Other, weight)
	blend(a.exposure[:], e.Exposure, weight)
	blend(a.oddsSeconds[:], e.OddsExposure, weight)
	a.refresh(nil)
	f.releases.talk.restore(e.TalkEnds, e.TalkSeconds)
	f.releases.wrap.restore(e.WrapEnds, e.WrapSeconds)
	for _, p := range e.Steps {
		if s := f.releases.at(p.Step); s != nil {
			s.restore(p.Ends, p.Seconds)
		}
	}
	f.control.restore(e.Lost, e.Offered)
}

func (h *hazard) restore(ends, seconds []float64) {
	weight := min(1, restoredDurations/max(1, sum(ends)))
	blend(h.ends[:], ends, weight)
	blend(h.seconds[:], seconds, weight)
}

// priorKept is the share of a prior that stays below what an earlier shift learned (which holds the prior's remains
// itself), so that no age is without any.
const priorKept = 0.1

// blend puts earlier knowledge of bounded weight in the place of a prior.
func blend(prior, learned []float64, weight float64) {
	for i := range prior {
		prior[i] = priorKept*prior[i] + weight*learned[i]
	}
}

// usable is true for estimates of this version whose figures are all finite and not negative.
func (e Estimates) usable() bool {
	if e.Version != estimatesVersion || !sane(e.Attempts) || !sane(e.Lost) || !sane(e.Offered) {
		return false
	}
	for _, s := range [][]float64{e.Live, e.Other, e.Exposure, e.OddsExposure} {
		if len(s) != answerBins || !allSane(s) {
			return false
		}
	}
	for _, s := range [][]float64{e.TalkEnds, e.TalkSeconds, e.WrapEnds, e.WrapSeconds} {
		if len(s) != releaseBins || !allSane(s) {
			return false
		}
	}
	for _, p := range e.Steps {
		if p.Step < 1 || p.Step > finishing || len(p.Ends) != releaseBins || len(p.Seconds) != releaseBins || !allSane(p.Ends) || !allSane(p.Seconds) {
			return false
		}
	}
	return len(e.Steps) <= mostSteps+1
}

func sane(x float64) bool { return x >= 0 && x <= secondsAtMost }

func allSane(s []float64) bool {
	for _, x := range s {
		if !sane(x) {
			return false
		}
	}
	return true
}

func copied(s []float64) []float64 { return append([]float64(nil), s...) }

func scaled(s []float64, by float64) []float64 {
	c := copied(s)
	for i := range c {
		c[i] *= by
	}
	return c
}

func sum(s []float64) (total float64) {
	for _, x := range s {
		total += x
	}
	return total
}
