package pacing

import (
	"math"
	"time"
)

// Durations of talk and wrap-up are seen in bins that grow by 12 %, one second wide at least.
const (
	releaseBins    = 68
	releaseGrowth  = 0.12
	releaseMemory  = 400.0 // durations
	releasePrior   = 5.0   // durations
	releaseEvery   = 5.0   // seconds between two makings of the tables
	releaseReach   = horizonLast + int(maxHold/time.Second)
	neverRefreshed = -1e18
	minReleaseTime = 1e-3 // seconds of exposure that the shortest duration is taken for
)

// hazard is a distribution of durations as a piecewise constant rate: endings over seconds at risk, by age.
type hazard struct {
	ends, seconds [releaseBins]float64
	// Made by refresh.
	rate [releaseBins]float64
	cum  [releaseBins + 1]float64 // rate integrated up to the bin's left edge
	mean float64                  // seconds
}

// releaseModel says when busy agents come free.
type releaseModel struct {
	edges      [releaseBins + 1]float64
	talk, wrap hazard
	hold       int // whole seconds a person waits, counted into every release
	refreshed  float64
	// Chances by state and age bin, made when asked for.
	talkRows, wrapRows   [releaseBins]perHorizon
	talkKnown, wrapKnown [releaseBins]bool
	wrapSoon             [releaseReach]float64 // chance that a wrap-up ends within i + 1/2 seconds
}

func (m *releaseModel) init() {
	for i := range releaseBins {
		m.edges[i+1] = m.edges[i] + max(1, releaseGrowth*m.edges[i])
	}
	m.talk.prior(m, logNormal{mean: 120, cv: 1})
	m.wrap.prior(m, logNormal{mean: 15, cv: 0.5})
	m.refreshed = neverRefreshed
}

func (h *hazard) prior(m *releaseModel, d logNormal) {
	for b := range releaseBins {
		lo, hi := d.below(m.edges[b]), d.below(m.edges[b+1])
		h.ends[b] = releasePrior * (hi - lo)
		h.seconds[b] = releasePrior * (m.edges[b+1] - m.edges[b]) * (1 - (lo+hi)/2)
	}
}

// bin returns the bin of a duration, by bisection.
func (m *releaseModel) bin(age float64) int {
	lo, hi := 0, releaseBins
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; age < m.edges[mid] {
			hi = mid
		} else {
			lo = mid
		}
	}
	return lo
}

// ended learns one whole duration.
func (h *hazard) ended(m *releaseModel, age float64) {
	keep := math.Exp(-1 / releaseMemory)
	for b := range releaseBins {
		h.ends[b] *= keep
		h.seconds[b] *= keep
	}
	h.censored(m, max(age, minReleaseTime))
	h.ends[m.bin(age)]++
}

// censored learns that a duration is longer than an age.
func (h *hazard) censored(m *releaseModel, age float64) {
	last := m.bin(age)
	for b := range last {
		h.seconds[b] += m.edges[b+1] - m.edges[b]
	}
	h.seconds[last] += age - m.edges[last]
}

// refresh makes the rates from what has ended and what is still running. Rates change slowly: every few seconds is enough.
func (m *releaseModel) refresh(now float64, busy []Busy, hold time.Duration) {
	whole := int(hold / time.Second)
	if now < m.refreshed+releaseEvery && now >= m.refreshed && whole == m.hold {
		return
	}
	m.refreshed, m.hold = now, whole
	m.talk.refresh(m, busy, false)
	m.wrap.refresh(m, busy, true)
	m.talkKnown, m.wrapKnown = [releaseBins]bool{}, [releaseBins]bool{}
	for i := range releaseReach {
		m.wrapSoon[i] = 1 - m.wrap.survival(m, 0, float64(i)+0.5)
	}
}

func (h *hazard) refresh(m *releaseModel, busy []Busy, wrap bool) {
	var through, part [releaseBins]float64
	for i := range busy {
		if busy[i].WrapUp == wrap {
			b := m.bin(busy[i].Age)
			through[b]++
			part[b] += busy[i].Age - m.edges[b]
		}
	}
	older := 0.0
	for b := releaseBins - 1; b >= 0; b-- {
		at := h.seconds[b] + part[b] + older*(m.edges[b+1]-m.edges[b])
		h.rate[b] = h.ends[b] / max(minReleaseTime, at)
		older += through[b]
	}
	h.mean = 0
	before := 1.0
	for b := range releaseBins {
		wide := m.edges[b+1] - m.edges[b]
		h.cum[b+1] = h.cum[b] + h.rate[b]*wide
		after := math.Exp(-h.cum[b+1])
		h.mean += wide * (before + after) / 2
		before = after
	}
}

// survival is the chance that what has lasted from seconds lasts more seconds.
func (h *hazard) survival(m *releaseModel, from, more float64) float64 {
	return math.Exp(h.until(m, from) - h.until(m, from+more))
}

func (h *hazard) until(m *releaseModel, age float64) float64 {
	b := m.bin(age)
	return h.cum[b] + h.rate[b]*(age-m.edges[b])
}

// chances returns for each horizon the chance that the agent is free in time for a person who answers then.
func (m *releaseModel) chances(a *Busy) *perHorizon {
	b := m.bin(a.Age)
	if a.WrapUp {
		if !m.wrapKnown[b] {
			m.wrapRow(b)
		}
		return &m.wrapRows[b]
	}
	if !m.talkKnown[b] {
		m.talkRow(b)
	}
	return &m.talkRows[b]
}

// middle is the age that stands for a bin; the last has no middle worth the name.
func (m *releaseModel) middle(b int) float64 {
	if b == releaseBins-1 {
		return m.edges[b]
	}
	return (m.edges[b] + m.edges[b+1]) / 2
}

func (m *releaseModel) wrapRow(b int) {
	age := m.middle(b)
	for h := range horizonCount {
		m.wrapRows[b][h] = 1 - m.wrap.survival(m, age, float64(horizon(h)+m.hold))
	}
	m.wrapKnown[b] = true
}

// talkRow folds the end of the conversation, second by second, with the wrap-up that must follow it in time.
func (m *releaseModel) talkRow(b int) {
	var ends [releaseReach]float64
	reach := horizonLast + m.hold
	age, before := m.middle(b), 1.0
	for s := range reach {
		after := m.talk.survival(m, age, float64(s+1))
		ends[s], before = before-after, after
	}
	for h := range horizonCount {
		r, within := 0.0, horizon(h)+m.hold
		for s := range within {
			r += ends[s] * m.wrapSoon[within-1-s]
		}
		m.talkRows[b][h] = min(1, r)
	}
	m.talkKnown[b] = true
}

func (m *releaseModel) clone() *releaseModel {
	if m == nil {
		return nil
	}
	c := *m
	return &c
}
