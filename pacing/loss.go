package pacing

import "math"

// exactAgents is the largest team for which losses are computed by convolution; beyond it a normal distribution with
// the same means and variances stands in. Below 20 agents the normal form costs points of occupancy.
const exactAgents = 60

// fade is what is left, after a second, of a loss that an answer causes later.
const fade = 0.905

// scratch is the working memory of Decide, kept from one decision to the next.
type scratch struct {
	loss    loss
	dropped []bool
	bounds  []float64
	cancel  []CallID
	chosen  []int  // memory of picks
	picks   []int  // nil without odds
	taken   []bool // by index of the odds
}

// loss weighs answers against releases. For every horizon it holds how many people will have answered and how many
// agents will have come free: the whole distributions for small teams, means and variances for all.
type loss struct {
	free  int // free agents less people waiting; may be negative
	top   int // largest threshold: free + busy, where the distribution of answers is cut; never negative
	exact bool

	answers  []float64 // horizon by horizon, P(answers = 0 .. top), the last meaning "or more"
	releases []float64 // horizon by horizon, P(releases = 0 .. busy)
	busy     int
	// The largest counts with a chance worth keeping.
	answersTo, releasesTo [horizonCount]int

	answerMean, answerVar   perHorizon
	releaseMean, releaseVar perHorizon
	full, fading            perHorizon // see weigh
}

func (l *loss) reset(free, busy int) {
	l.free, l.busy = free, busy
	l.top = max(0, free+busy)
	l.exact = max(free, 0)+busy <= exactAgents
	l.answerMean, l.answerVar = perHorizon{}, perHorizon{}
	l.releaseMean, l.releaseVar = perHorizon{}, perHorizon{}
	if !l.exact {
		return
	}
	l.answers = ones(l.answers, l.top+1)
	l.answersTo, l.releasesTo = [horizonCount]int{}, [horizonCount]int{}
	l.releases = ones(l.releases, busy+1)
}

// forgetAnswers takes every attempt out again.
func (l *loss) forgetAnswers() {
	l.answerMean, l.answerVar = perHorizon{}, perHorizon{}
	if l.exact {
		l.answers = ones(l.answers, l.top+1)
		l.answersTo = [horizonCount]int{}
	}
}

// ones returns rows of the given width, one for each horizon, with all chance on zero.
func ones(rows []float64, width int) []float64 {
	n := horizonCount * width
	if cap(rows) < n {
		rows = make([]float64, n, horizonCount*(max(width, exactAgents)+1))
	}
	rows = rows[:n]
	clear(rows)
	for h := range horizonCount {
		rows[h*width] = 1
	}
	return rows
}

// answer folds in one attempt that is answered with chances q.
func (l *loss) answer(q *perHorizon) {
	for h := range horizonCount {
		l.answerMean[h] += q[h]
		l.answerVar[h] += q[h] * (1 - q[h])
	}
	if !l.exact || l.top == 0 {
		return
	}
	width := l.top + 1
	for h := range horizonCount {
		row := l.answers[h*width : (h+1)*width]
		if l.answersTo[h] == l.top {
			row[l.top] += row[l.top-1] * q[h] // the last state means "this many or more" and is never left
			fold(row[:l.top], q[h])
			continue
		}
		l.answersTo[h] = fold(row[:l.answersTo[h]+2], q[h])
	}
}

// release folds in one agent who comes free with chances r.
func (l *loss) release(r *perHorizon) {
	for h := range horizonCount {
		l.releaseMean[h] += r[h]
		l.releaseVar[h] += r[h] * (1 - r[h])
	}
	if !l.exact {
		return
	}
	width := l.busy + 1
	for h := range horizonCount {
		row := l.releases[h*width : (h+1)*width]
		l.releasesTo[h] = fold(row[:min(width, l.releasesTo[h]+2)], r[h])
	}
}

// negligible is a chance that is not carried further. It bounds the work, for early horizons see few answers.
const negligible = 1e-10

// fold adds one chance to the distribution of a count in p, whose last element takes what grows beyond those before
// it, and returns the largest count worth keeping.
func fold(p []float64, q float64) int {
	before := 0.0
	for k, present := range p {
		p[k] = present + q*(before-present)
		before = present
	}
	last := len(p) - 1
	if last > 0 && p[last] < negligible {
		p[last] = 0
		return last - 1
	}
	return last
}

// weigh computes for each horizon the chance that a person who answers then finds every agent taken. A call that finds
// nobody later also would have earlier, for it takes an agent from the later one: so in full, the bound by which calls are
// withdrawn and the guard reckons, the maximum runs from the far end. In fading it fades on the way, for the agent who goes
// to the earlier call works in the meantime: against the exact optimum of the Markov case the running maximum is 0.6 points
// behind, the fading one 0.02 (package sim/optimum).
func (l *loss) weigh() {
	full, fading := 0.0, 0.0
	for h := horizonCount - 1; h >= 0; h-- {
		g := l.fullNow(h)
		full, fading = max(full, g), max(fading, g)
		l.full[h], l.fading[h] = full, fading
		for range horizon(h) - horizon(max(0, h-1)) {
			fading *= fade
		}
	}
}

func (l *loss) fullNow(h int) float64 {
	if l.exact {
		return l.fullExactly(h)
	}
	return l.fullNormally(h)
}

// fullExactly is P(answers >= free + releases).
func (l *loss) fullExactly(h int) float64 {
	answers := l.answers[h*(l.top+1) : (h+1)*(l.top+1)]
	releases := l.releases[h*(l.busy+1) : (h+1)*(l.busy+1)]
	sum, atLeast, k := 0.0, 0.0, l.top+1
	for r := l.busy; r >= 0; r-- {
		threshold := max(0, l.free+r)
		for k > threshold {
			k--
			atLeast += answers[k]
		}
		sum += releases[r] * atLeast
	}
	return min(1, sum)
}

func (l *loss) fullNormally(h int) float64 {
	over := l.answerMean[h] - l.releaseMean[h] - float64(l.free) + 0.5
	variance := l.answerVar[h] + l.releaseVar[h]
	if variance < 1e-9 {
		if over >= 0.5 {
			return 1
		}
		return 0
	}
	return normalBelow(over / math.Sqrt(variance))
}

// marginal is the chance that one more call is answered and lost, given that it is answered, with weights for the
// horizons at which it may be.
func (l *loss) marginal(weights *perHorizon) float64 {
	sum := 0.0
	for h := range horizonCount {
		sum += weights[h] * l.fading[h]
	}
	return min(1, sum)
}

// ofAttempt is an upper bound of the chance that an attempt in the air with chances q is lost if it is answered.
func (l *loss) ofAttempt(q *perHorizon) float64 {
	all := q[horizonCount-1]
	if all <= 0 {
		return 0
	}
	sum, before := 0.0, 0.0
	for h := range horizonCount {
		sum += (q[h] - before) * l.full[h]
		before = q[h]
	}
	return min(1, sum/all)
}

// expected is how many of the attempts folded in are expected to be answered and lost: an upper bound, for the running
// maximum of weigh counts what an answer takes from later ones.
func (l *loss) expected() float64 {
	sum, before := 0.0, 0.0
	for h := range horizonCount {
		sum += (l.answerMean[h] - before) * l.full[h]
		before = l.answerMean[h]
	}
	return sum
}
