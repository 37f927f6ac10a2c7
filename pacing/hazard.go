package pacing

import "math"

// hazard is a distribution of durations as a piecewise constant rate: endings over seconds at risk, by age.
type hazard struct {
	ends, seconds [releaseBins]float64
	endedAt       float64 // when one ended last, seconds of the floor's clock
	// Made by refresh.
	rate [releaseBins]float64
	cum  [releaseBins + 1]float64 // rate integrated up to the bin's left edge
	mean float64                  // seconds
}

func (h *hazard) prior(m *releaseModel, d logNormal) {
	for b := range releaseBins {
		lo, hi := d.below(m.edges[b]), d.below(m.edges[b+1])
		h.ends[b] = releasePrior * (hi - lo)
		h.seconds[b] = releasePrior * (m.edges[b+1] - m.edges[b]) * (1 - (lo+hi)/2)
	}
}

// ended learns one whole duration. The memory is releaseMemory durations or releaseSeconds, the longer.
func (h *hazard) ended(m *releaseModel, now, age float64) {
	keep := math.Exp(-min(1/releaseMemory, max(0, now-h.endedAt)/releaseSeconds))
	h.endedAt = max(now, h.endedAt)
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

// refresh makes the rates from what has ended and the ages of what is still running.
func (h *hazard) refresh(m *releaseModel, running []float64) {
	var through, part [releaseBins]float64
	for _, age := range running {
		b := m.bin(age)
		through[b]++
		part[b] += age - m.edges[b]
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
