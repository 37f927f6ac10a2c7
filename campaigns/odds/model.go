package odds

import (
	"math"
	"time"
)

// What is believed before anything is seen, and how long things are
// remembered, in attempts.
const (
	priorMean   = 0.25 // as pacing's own prior
	priorTrials = 20   // what priorMean is worth in Mean
	baseSpread  = 1.0

	memory     = 4000 // attempts that touch a weight
	baseMemory = 8000 // attempts of the campaign: base and mean

	// enough is how many attempts must have ended before odds are given out.
	enough = 100
	// furthest bounds log-odds: a chance of 6 in a million or all but that.
	furthest = 12.0
)

// weight is a Gaussian belief about the log-odds that a value adds.
type weight struct {
	mean, variance float64
	trials         float64 // attempts that touched it, forgotten like the rest
}

// forget makes room for what is new: information fades towards the prior.
func (w *weight) forget(spread, memory float64) {
	keep := 1 - 1/memory
	prior := 1 / (spread * spread)
	info := 1 / w.variance
	faded := prior + max(0, info-prior)*keep
	w.mean *= keep * info / faded
	w.variance = 1 / faded
	w.trials *= keep
}

// Model knows how likely contacts of one campaign are to answer. New makes it.
type Model struct {
	trials float64 // attempts learned from, forgotten like the rest
	mean   float64 // chance of those attempts, on average
	base   weight
	fixed  [named][]weight

	last, region, zone names[string]
	list               names[int64]
	met                [groups - named][]weight

	centers [groups]float64 // mean weight of each factor over the attempts of late
	trust   trust
}

// New returns a model that knows nothing.
func New() *Model {
	m := &Model{
		mean: priorMean, base: weight{mean: logit(priorMean), variance: baseSpread * baseSpread}, trust: newTrust(),
		last: newNames[string](shapes[byLast].values), list: newNames[int64](shapes[byList].values),
		region: newNames[string](shapes[byRegion].values), zone: newNames[string](shapes[byZone].values),
	}
	for g := range groups {
		all := make([]weight, shapes[g].values)
		for i := range all {
			all[i] = g.fresh()
		}
		if g < named {
			m.fixed[g] = all
		} else {
			m.met[g-named] = all
		}
	}
	return m
}

// fresh is a weight of a factor of which nothing is known.
func (g group) fresh() weight { return weight{variance: shapes[g].spread * shapes[g].spread} }

// at returns the weight that the facts touch, or nil when the model has never
// met their value.
func (m *Model) at(g group, f *Facts) *weight {
	if g < named {
		return &m.fixed[g][f.value(g)]
	}
	place, ok := 0, false
	switch g {
	case byLast:
		place, ok = m.last.find(f.Last)
	case byList:
		place, ok = m.list.find(f.List)
	case byRegion:
		place, ok = m.region.find(f.Region)
	case byZone:
		place, ok = m.zone.find(f.Zone)
	}
	if !ok {
		return nil
	}
	return &m.met[g-named][place]
}

// meet is at for an attempt to learn from: every value gets a weight.
func (m *Model) meet(g group, f *Facts) *weight {
	if g < named {
		return m.at(g, f)
	}
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
	}
	w := &m.met[g-named][place]
	if fresh {
		*w = g.fresh()
	}
	return w
}

// Learn takes in how an attempt at a contact ended: answered by a person, or
// not. The facts are those of the moment at which it was placed. Attempts that
// we withdrew, or that never reached the contact, teach nothing.
func (m *Model) Learn(f Facts, answered bool) {
	var touched [groups]*weight
	m.base.forget(baseSpread, baseMemory)
	z, unknown := m.base.mean, m.base.variance
	for g := range groups {
		w := m.meet(g, &f)
		w.forget(shapes[g].spread, memory)
		touched[g] = w
		z, unknown = z+w.mean, unknown+w.variance
	}
	usual := m.usual()
	m.count(sigmoid(m.trust.temper(usual, z-usual)))
	m.trust.learn(usual, z-usual, answered)
	p := sigmoid(z)
	step := -p
	if answered {
		step = 1 - p
	}
	curve := p * (1 - p)
	gain := 1 / (1 + curve*unknown)
	m.base.learn(step*gain, curve*gain)
	for g, w := range touched {
		w.learn(step*gain, curve*gain)
		m.centers[g] += (w.mean - m.centers[g]) / m.trials
	}
}

// usual is the log-odds of a contact that has the mean weight of every factor.
func (m *Model) usual() float64 {
	z := m.base.mean
	for _, c := range m.centers {
		z += c
	}
	return z
}

// learn moves the belief by the gradient step and narrows it; shrink times the
// variance is below 1 by how callers scale both.
func (w *weight) learn(step, shrink float64) {
	w.mean = min(furthest, max(-furthest, w.mean+w.variance*step))
	w.variance *= 1 - shrink*w.variance
	w.trials++
}

// count takes an attempt of chance p into the mean.
func (m *Model) count(p float64) {
	m.trials = m.trials*(1-1.0/baseMemory) + 1
	m.mean += (p - m.mean) / (m.trials + priorTrials)
}

// logOdds is the sum of all that the facts touch, as far as it is trusted.
func (m *Model) logOdds(f *Facts) float64 {
	apart := 0.0
	for g := range groups {
		if w := m.at(g, f); w != nil {
			apart += w.mean
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
// differences between hours mean something.
func (m *Model) Hourly(day time.Weekday, hour int, mobile bool) float64 {
	if !m.Ready() {
		return 0
	}
	f := Facts{Weekday: day, Hour: hour, Mobile: mobile}
	sum := 0.0
	for _, g := range [...]group{byHour, byDayPart, byPhoneHour, byWeekday} {
		sum += m.fixed[g][f.value(g)].mean
	}
	return sum * m.trust.steepness()
}

func sigmoid(z float64) float64 { return 1 / (1 + math.Exp(-min(furthest, max(-furthest, z)))) }

func logit(p float64) float64 { return math.Log(p / (1 - p)) }
