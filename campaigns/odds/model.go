package odds

import (
	"math"
	"strings"
	"time"
)

// What is believed before anything is seen, and how long things are
// remembered, in attempts.
const (
	priorMean   = 0.25 // as pacing's own prior
	priorTrials = 20   // what priorMean is worth in Mean
	baseSpread  = 1.0

	// memory is how many attempts that touch a weight it remembers. So much
	// drifts a weight with each of them (variance of its step, at the curvature
	// of a usual chance) that no more than that can be known of it.
	memory       = 4000.0
	usualCurve   = 0.16
	drift        = 1 / (memory * memory * usualCurve)
	meanMemory   = 8000.0 // attempts of the campaign in the mean
	trialsMemory = 1 - 1/memory

	// enough is how many attempts must have ended before odds are given out,
	// and tried how many at an hour before it is compared with others.
	enough = 100
	tried  = 20
	// furthest bounds log-odds: a chance of 6 in a million or all but that.
	furthest = 12.0
)

// Model knows how likely contacts of one campaign are to answer. New makes it.
type Model struct {
	trials float64 // attempts learned from, forgotten like the rest
	mean   float64 // chance of those attempts, on average

	belief belief
	seen   [weights]float64 // attempts that touched each weight, forgotten like the rest

	last, region, zone names[string]
	list               names[int64]

	centers [groups]float64 // mean weight of each factor over the attempts of late
	trust   trust
}

// New returns a model that knows nothing.
func New() *Model {
	m := &Model{
		mean: priorMean, belief: newBelief(), trust: newTrust(),
		last: newNames[string](shapes[byLast].values), list: newNames[int64](shapes[byList].values),
		region: newNames[string](shapes[byRegion].values), zone: newNames[string](shapes[byZone].values),
	}
	m.belief.mean[base] = logit(priorMean)
	return m
}

// at is the weight that the facts touch in a factor, or none when the model has
// never met their value.
func (m *Model) at(g group, f *Facts) (weight int, ok bool) {
	place := 0
	switch g {
	case byLast:
		place, ok = m.last.find(f.Last)
	case byList:
		place, ok = m.list.find(f.List)
	case byRegion:
		place, ok = m.region.find(f.Region)
	case byZone:
		place, ok = m.zone.find(f.Zone)
	default:
		place, ok = f.value(g), true
	}
	return shapes[g].first + place, ok
}

// meet is at for an attempt to learn from: every value gets a weight.
func (m *Model) meet(g group, f *Facts) int {
	place, fresh := 0, false
	switch g {
	case byLast:
		place, fresh = m.last.meet(f.Last)
	case byList:
		place, fresh = m.list.meet(f.List)
	case byRegion:
		place, fresh = m.region.meet(f.Region)
	case byZone:
		place, fresh = m.zone.meet(f.Zone)
	default:
		place = f.value(g)
	}
	w := shapes[g].first + place
	if fresh {
		m.belief.reset(w)
		m.seen[w] = 0
	}
	return w
}

// Learn takes in how an attempt at a contact ended: answered by a person, or
// not. The facts are those of the moment at which it was placed. Attempts that
// we withdrew, or that never reached the contact, teach nothing.
func (m *Model) Learn(f Facts, answered bool) {
	f.Last, f.Region, f.Zone = text(f.Last), text(f.Region), text(f.Zone)
	touched := [active]int{base}
	z := m.belief.mean[base]
	for g := range groups {
		w := m.meet(g, &f)
		touched[1+g] = w
		m.seen[w] = m.seen[w]*trialsMemory + 1
		z += m.belief.mean[w]
	}
	usual := m.usual()
	m.trials = m.trials*(1-1/meanMemory) + 1
	m.mean += (sigmoid(m.trust.temper(usual, z-usual)) - m.mean) / (m.trials + priorTrials)
	m.trust.learn(usual, z-usual, answered)
	m.belief.learn(&touched, answered)
	for g := range groups {
		m.centers[g] += (m.belief.mean[touched[1+g]] - m.centers[g]) / m.trials
	}
}

// text is a name as it can be kept: JSON knows only Unicode.
func text(name string) string { return strings.ToValidUTF8(name, "\uFFFD") }

// usual is the log-odds of a contact that has the mean weight of every factor.
func (m *Model) usual() float64 {
	z := m.belief.mean[base]
	for _, c := range m.centers {
		z += c
	}
	return z
}

// logOdds is the sum of all that the facts touch, as far as it is trusted.
func (m *Model) logOdds(f *Facts) float64 {
	apart := 0.0
	for g := range groups {
		if w, ok := m.at(g, f); ok {
			apart += m.belief.mean[w]
		}
		apart -= m.centers[g]
	}
	return m.trust.temper(m.usual(), apart)
}

// Trials is how many attempts the model knows, the older ones counting less.
func (m *Model) Trials() float64 { return m.trials }

// Ready tells whether enough attempts have ended to give out odds.
func (m *Model) Ready() bool { return m.trials >= enough }

// Answer returns the chance that the contact answers, and its odds relative to
// the campaign's mean. It allocates nothing.
func (m *Model) Answer(f Facts) (answer, odds float64) {
	if !m.Ready() {
		return m.mean, 1
	}
	answer = sigmoid(m.logOdds(&f))
	return answer, answer / m.mean
}

// Hourly is what the time of the call alone adds to a contact's log-odds, on
// that day of the week and in that hour of the person's own clock. Only
// differences between hours of one kind of phone mean something. Known is false
// while too few such phones were called on such a day and at about such an
// hour: nothing can be said of it then.
func (m *Model) Hourly(day time.Weekday, hour int, mobile bool) (add float64, known bool) {
	f := Facts{Weekday: day, Hour: hour, Mobile: mobile}
	known = m.Ready()
	for _, g := range [...]group{byHour, byDayPart, byPhoneHour, byWeekday} {
		w, _ := m.at(g, &f)
		add += m.belief.mean[w]
		known = known && m.seen[w] >= tried
	}
	return add * m.trust.steepness(), known
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-min(furthest, max(-furthest, z)))) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
