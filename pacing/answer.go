package pacing

import "math"

// The answer model looks at the age of an attempt in bins of one second; the last bin has no end.
const (
	answerBins   = 36
	answerReach  = answerBins + horizonLast // the oldest age that a look ahead touches
	slowAttempts = 1500.0
	slowSeconds  = 900.0
	fastAttempts = 150.0
	fastSeconds  = 120.0
	fastPrior    = 10.0 // answers
	fastDoubt    = 2.0  // squared standard errors
	priorWorth   = 20.0 // attempts
	priorAnswer  = 0.25
	scarceUntil  = 300.0 // attempts at which the caution for scarce data has faded
	scarceErrors = 1.5
	maxChance    = 0.98
	patience     = 40.0 // seconds over which a late loss loses weight against an early one
	refreshAfter = 50   // attempts
	answerEvery  = 1.0  // seconds between two makings of the tables
	answerUntold = 5    // attempts resolved that make them old at once
)

// answerModel says when attempts are answered: two competing risks by age, a person (live) and every other end. Each
// hazard is events over exposure, and attempts still in the air count as exposure; without them quick answers would
// bias the rate upward. A second, fast tracker compares the people who came with those expected and scales the live
// hazard, because the slow memory needs minutes to see that noon has come.
type answerModel struct {
	live, other [answerBins]float64 // events, forgetting
	exposure    [answerBins]float64 // seconds
	oddsSeconds [answerBins]float64 // seconds, each weighed with the contact's odds
	attempts    float64             // resolved and not forgotten, without the prior
	resolvedAt  float64
	seen        float64 // people who answered lately
	expected    float64 // people whom the slow hazard expected lately
	untold      int     // attempts resolved since refresh
	refreshed   float64 // when the tables were made
	fixed       bool    // known for certain: nothing is learned any more

	// Tables for the present instant, made by refresh.
	slow     [answerBins + 1]float64  // cumulative live hazard without the fast factor, at whole seconds of age
	slowTail float64                  // that hazard per second beyond the table
	rho      float64                  // the fast factor
	survival [answerReach + 2]float64 // chance to be unresolved at whole seconds of age
	answered [answerReach + 2]float64 // chance to have been answered by a person until then
	weights  perHorizon               // how much the loss at each horizon counts for a fresh attempt
	duration float64                  // mean seconds until an attempt resolves
	rows     [answerRows]answerRow    // by age, made when asked for
	odd      perHorizon               // the chances asked for last, of odds other than 1
}

// init fills the model with its prior: priorWorth attempts of an ordinary list.
func (m *answerModel) init() {
	ring := logNormal{mean: 12, cv: 0.5}
	left := 1.0
	for b := range answerBins {
		lo, hi := float64(b), float64(b+1)
		live := priorAnswer * (min(ring.below(hi), ring.below(25)) - min(ring.below(lo), ring.below(25))) / ring.below(25)
		other := (1 - priorAnswer) * (clamp((hi-25)/5, 0, 1) - clamp((lo-25)/5, 0, 1))
		m.live[b], m.other[b] = priorWorth*live, priorWorth*other
		m.exposure[b] = priorWorth * (left - (live+other)/2)
		left = max(0, left-live-other)
	}
	for b := 30; b < answerBins; b++ { // nobody rings that long in the prior: as in the second before
		m.live[b], m.other[b], m.exposure[b] = m.live[29], m.other[29], m.exposure[29]
	}
	m.oddsSeconds = m.exposure
	m.refreshed = neverRefreshed
	m.refresh(nil)
}

// resolve learns from an attempt that ended at an age, answered by a person or not.
func (m *answerModel) resolve(now, age, odds float64, live bool) {
	if age > staleInAir || m.fixed {
		return // no attempt rings that long: the clock jumped
	}
	m.forget(now)
	b := min(int(max(0, age)), answerBins-1)
	if b < answerBins-1 {
		// In the middle of its bin: where all ends fall on one edge of it, as with a fixed ring time, their own
		// exposure would be all or nothing and the rate wrong by a third.
		age = float64(b) + 0.5
	}
	m.censor(age, odds)
	if live {
		m.live[b]++
		m.seen++
	} else {
		m.other[b]++
	}
	m.attempts++
	if m.untold++; m.untold >= refreshAfter { // nobody looks; expectations must not grow stale
		m.refresh(nil)
	}
}

// censor learns that nobody answered before an age, and nothing about what came then.
func (m *answerModel) censor(age, odds float64) {
	if m.fixed {
		return
	}
	age = clamp(age, 0, staleInAir)
	m.expected += odds * m.slowUntil(age)
	last := min(int(age), answerBins-1)
	for b := range last {
		m.exposure[b]++
		m.oddsSeconds[b] += odds
	}
	m.exposure[last] += age - float64(last)
	m.oddsSeconds[last] += odds * (age - float64(last))
}

// forget ages everything by one attempt: the memory is slowAttempts or slowSeconds, the longer.
func (m *answerModel) forget(now float64) {
	dt := max(0, now-m.resolvedAt)
	m.resolvedAt = max(now, m.resolvedAt)
	slow := math.Exp(-min(1/slowAttempts, dt/slowSeconds))
	fast := math.Exp(-min(1/fastAttempts, dt/fastSeconds))
	for b := range answerBins {
		m.live[b] *= slow
		m.other[b] *= slow
		m.exposure[b] *= slow
		m.oddsSeconds[b] *= slow
	}
	m.attempts *= slow
	m.seen *= fast
	m.expected *= fast
}

// slowUntil is the cumulative live hazard up to an age.
func (m *answerModel) slowUntil(age float64) float64 {
	if age >= answerBins {
		return m.slow[answerBins] + (age-answerBins)*m.slowTail
	}
	i := int(age)
	return m.slow[i] + (age-float64(i))*(m.slow[i+1]-m.slow[i])
}

// look makes the tables anew when they are older than a second or some attempts have resolved since: the rates change
// slowly, and what an attempt's age means does not.
func (m *answerModel) look(now float64, air []Attempt) {
	if now >= m.refreshed && now < m.refreshed+answerEvery && m.untold < answerUntold {
		return
	}
	m.refreshed = now
	m.refresh(air)
}

// refresh makes the tables for an instant with these attempts in the air.
func (m *answerModel) refresh(air []Attempt) {
	m.untold = 0
	var whole, part, oddsWhole, oddsPart [answerBins]float64
	expected := m.expected
	for i := range air {
		age, odds := air[i].Age, air[i].Odds
		b := min(int(age), answerBins-1)
		whole[b]++
		part[b] += age - float64(b)
		oddsWhole[b] += odds
		oddsPart[b] += odds * (age - float64(b))
		expected += odds * m.slowUntil(age)
	}
	m.rho = (fastPrior + m.seen) / (fastPrior + expected)
	m.rho = 1 + (m.rho-1)*m.proof(expected)
	if m.fixed {
		m.rho, air = 1, nil
	}
	var older, oddsOlder float64
	var live, other [answerBins]float64
	for b := answerBins - 1; b >= 0; b-- {
		live[b] = m.live[b] / max(1e-9, m.oddsSeconds[b]+oddsOlder+oddsPart[b])
		other[b] = m.other[b] / max(1e-9, m.exposure[b]+older+part[b])
		older += whole[b]
		oddsOlder += oddsWhole[b]
	}
	for b := range answerBins {
		m.slow[b+1] = m.slow[b] + live[b]
	}
	m.slowTail = live[answerBins-1]
	m.tabulate(&live, &other, m.rho*m.caution())
}

// proof is how far the fast tracker is believed: not at all while the people seen lately differ from those expected by no
// more than chance would explain, and wholly where they differ by much (Stein's shrinkage, positive part). Without it the
// tracker's own noise cost up to 0.4 points where nothing changes.
func (m *answerModel) proof(expected float64) float64 {
	d := m.seen - expected
	return max(0, 1-fastDoubt*max(1, expected)/max(1e-9, d*d))
}

// caution raises the live hazard by some standard errors while data are scarce.
func (m *answerModel) caution() float64 {
	scarce := 1 - m.attempts/scarceUntil
	if scarce <= 0 || m.fixed {
		return 1
	}
	people := 0.0
	for b := range answerBins {
		people += m.live[b]
	}
	return 1 + scarce*scarceErrors/math.Sqrt(max(1, people))
}

func (m *answerModel) tabulate(live, other *[answerBins]float64, factor float64) {
	m.survival[0], m.answered[0], m.duration = 1, 0, 0
	var l, o, kept, taken float64
	for a := range answerReach + 1 {
		if a < answerBins {
			l, o = factor*live[a], other[a]
			kept = math.Exp(-(l + o))
			taken = 0
			if l > 0 {
				taken = (1 - kept) * l / (l + o)
			}
		}
		m.survival[a+1] = m.survival[a] * kept
		m.answered[a+1] = m.answered[a] + m.survival[a]*taken
		m.duration += (m.survival[a] + m.survival[a+1]) / 2
	}
	for i := range m.rows {
		m.rows[i].known = false
	}
	m.weigh()
}

// weigh says how much the loss at each horizon counts for a fresh attempt: the share of its answers that come then, and
// less for late ones, for until those come there will be other looks.
func (m *answerModel) weigh() {
	before, all := 0.0, 1e-12
	for i := range horizonCount {
		until := m.answered[horizon(i)]
		if i == horizonCount-1 {
			until = m.share()
		}
		m.weights[i] = (until - before) * math.Exp(-float64(horizon(i))/patience)
		before = until
		all += m.weights[i]
	}
	for i := range horizonCount {
		m.weights[i] /= all
	}
}

// share is the chance of a fresh attempt of mean odds to be answered at all.
func (m *answerModel) share() float64 { return m.answered[answerReach] }

func (m *answerModel) clone() *answerModel {
	if m == nil {
		return nil
	}
	c := *m
	return &c
}
