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
	priorWorth   = 20.0 // attempts
	priorAnswer  = 0.25
	scarceUntil  = 300.0 // attempts at which the caution for scarce data has faded
	scarceErrors = 1.5
	maxChance    = 0.98
	refreshAfter = 50 // attempts
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

	// Tables for the present instant, made by refresh.
	slow     [answerBins + 1]float64  // cumulative live hazard without the fast factor, at whole seconds of age
	slowTail float64                  // that hazard per second beyond the table
	rho      float64                  // the fast factor
	survival [answerReach + 2]float64 // chance to be unresolved at whole seconds of age
	answered [answerReach + 2]float64 // chance to have been answered by a person until then
	shares   perHorizon               // share of the answers of a fresh attempt that come at each horizon
	duration float64                  // mean seconds until an attempt resolves
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
	m.refresh(nil)
}

// resolve learns from an attempt that ended at an age, answered by a person or not.
func (m *answerModel) resolve(now, age, odds float64, live bool) {
	if age > staleInAir {
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

// caution raises the live hazard by some standard errors while data are scarce.
func (m *answerModel) caution() float64 {
	scarce := 1 - m.attempts/scarceUntil
	if scarce <= 0 {
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
	before := 0.0
	all := max(1e-12, m.answered[answerReach])
	for i := range horizonCount {
		until := m.answered[horizon(i)]
		m.shares[i] = (until - before) / all
		before = until
	}
	m.shares[horizonCount-1] += (all - before) / all
}

// chances returns for each horizon the chance that an attempt of that age and odds is answered within it.
func (m *answerModel) chances(age, odds float64) (q perHorizon) {
	age = min(age, answerBins)
	i := int(age)
	f := age - float64(i)
	alive := m.survival[i] + f*(m.survival[i+1]-m.survival[i])
	if alive < 1e-9 {
		return m.exhausted(odds)
	}
	base := m.answered[i] + f*(m.answered[i+1]-m.answered[i])
	for h := range horizonCount {
		j := i + horizon(h)
		until := m.answered[j] + f*(m.answered[j+1]-m.answered[j])
		q[h] = min(maxChance, max(0, odds*(until-base)/alive))
	}
	return q
}

// exhausted is for ages which no attempt was ever thought to reach: the last hazards decide, and with none known an
// answer is as likely as the prior says.
func (m *answerModel) exhausted(odds float64) (q perHorizon) {
	for h := range horizonCount {
		q[h] = min(maxChance, odds*priorAnswer*float64(horizon(h))/horizonLast)
	}
	return q
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
