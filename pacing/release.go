package pacing

import "time"

// Durations of talk and wrap-up are seen in bins that grow by 12 %, one second wide at least.
const (
	releaseBins    = 68
	releaseGrowth  = 0.12
	releaseMemory  = 400.0  // durations
	releaseSeconds = 3600.0 // or so long
	releasePrior   = 5.0    // durations
	releaseEvery   = 5.0    // seconds between two makings of the tables
	releaseReach   = horizonLast + int(maxHold/time.Second)
	neverRefreshed = -1e18
	minReleaseTime = 1e-3 // seconds of exposure that the shortest duration is taken for
	mostSteps      = 32   // of a script, the first that are met
)

// finishing is the step that the finishing key stands for, beside every StepID.
const finishing = 1 << 16

// releaseModel says when busy agents come free: by how long they have talked, or since when they are at a step of the
// script, or in wrap-up; and of those whose time is known, by that.
type releaseModel struct {
	edges      [releaseBins + 1]float64
	talk, wrap spell
	steps      []*spell // of the script
	hold       int      // whole seconds a person waits, counted into every release
	refreshed  float64
	fixed      bool // known for certain: nothing is learned any more
	running    []float64
	own        perHorizon // the row made for one agent
	wrapSoon   [releaseReach]float64
}

// spell is a stretch of an agent's work whose end is foreseen by its age, with the rows made of it.
type spell struct {
	hazard
	step  int // of the script, zero for talk and wrap-up as a whole
	rows  [releaseBins]perHorizon
	known [releaseBins]bool
}

func (m *releaseModel) init() {
	for i := range releaseBins {
		m.edges[i+1] = m.edges[i] + max(1, releaseGrowth*m.edges[i])
	}
	m.talk.prior(m, logNormal{mean: 120, cv: 1})
	m.wrap.prior(m, logNormal{mean: 15, cv: 0.5})
	m.refreshed = neverRefreshed
}

// at returns the spell from a step to the end of the talk, or nil when there are too many steps. Nothing is known of a new
// one but that it ends like any talk; the finishing key says a little more.
func (m *releaseModel) at(step int) *spell {
	for _, s := range m.steps {
		if s.step == step {
			return s
		}
	}
	if len(m.steps) >= mostSteps && step != finishing {
		return nil
	}
	s := &spell{step: step}
	mean := 120.0
	if m.talk.mean > 0 {
		mean = m.talk.mean
	}
	if step == finishing {
		mean = 20
	}
	s.prior(m, logNormal{mean: mean, cv: 1})
	s.refresh(m, nil)
	m.steps = append(m.steps, s)
	return s
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

// refresh makes the rates from what has ended and what is still running. Rates change slowly: every few seconds is enough.
func (m *releaseModel) refresh(now float64, busy []Busy, hold time.Duration) {
	whole := int(hold / time.Second)
	if now < m.refreshed+releaseEvery && now >= m.refreshed && whole == m.hold {
		return
	}
	m.refreshed, m.hold = now, whole
	m.look(&m.talk, busy, func(b *Busy) (bool, float64) { return b.State == BusyTalking, b.Age })
	m.look(&m.wrap, busy, func(b *Busy) (bool, float64) { return b.State == BusyWrapUp, b.Age })
	for _, s := range m.steps {
		m.look(s, busy, func(b *Busy) (bool, float64) { return b.State == BusyTalking && b.step == s.step, b.stepAge })
	}
	for i := range releaseReach {
		m.wrapSoon[i] = 1 - m.wrap.survival(m, 0, float64(i)+0.5)
	}
}

// look makes a spell's rates anew with the ages of those who are in it.
func (m *releaseModel) look(s *spell, busy []Busy, in func(*Busy) (bool, float64)) {
	m.running = m.running[:0]
	for i := range busy {
		if is, age := in(&busy[i]); is && !m.fixed {
			m.running = append(m.running, age)
		}
	}
	s.refresh(m, m.running)
	s.known = [releaseBins]bool{}
}

// chances returns for each horizon the chance that the agent is free in time for a person who answers then.
func (m *releaseModel) chances(a *Busy) *perHorizon {
	row := m.row(a)
	if a.LeavesIn < 0 || a.LeavesIn >= float64(releaseReach) {
		return row
	}
	// Who comes free before leaving may still be given a call, but nobody who answers after that is.
	until := row.at(a.LeavesIn - float64(m.hold))
	for h := range horizonCount {
		m.own[h] = min(row[h], until)
		if a.State == BusyReady && float64(horizon(h)) > a.LeavesIn {
			m.own[h] = 0
		}
	}
	return &m.own
}

func (m *releaseModel) row(a *Busy) *perHorizon {
	switch {
	case a.State == BusyReady:
		return m.known(0)
	case a.FreeIn >= 0:
		return m.known(a.FreeIn)
	case a.State == BusyResting:
		return m.known(float64(releaseReach))
	case a.State == BusyWrapUp:
		return m.wrap.row(m, a.Age, m.wrapRow)
	case a.step != 0:
		if s := m.at(a.step); s != nil {
			return s.row(m, a.stepAge, m.talkRow)
		}
	}
	return m.talk.row(m, a.Age, m.talkRow)
}

// known is the row of an agent who is free after that many seconds for certain.
func (m *releaseModel) known(after float64) *perHorizon {
	for h := range horizonCount {
		m.own[h] = 0
		if float64(horizon(h)+m.hold) >= after {
			m.own[h] = 1
		}
	}
	return &m.own
}

func (s *spell) row(m *releaseModel, age float64, fill func(*spell, int)) *perHorizon {
	b := m.bin(age)
	if !s.known[b] {
		fill(s, b)
		s.known[b] = true
	}
	return &s.rows[b]
}

// middle is the age that stands for a bin; the last has no middle worth the name.
func (m *releaseModel) middle(b int) float64 {
	if b == releaseBins-1 {
		return m.edges[b]
	}
	return (m.edges[b] + m.edges[b+1]) / 2
}

func (m *releaseModel) wrapRow(s *spell, b int) {
	age := m.middle(b)
	for h := range horizonCount {
		s.rows[b][h] = 1 - s.survival(m, age, float64(horizon(h)+m.hold))
	}
}

// talkRow folds the end of the conversation, second by second, with the wrap-up that must follow it in time.
func (m *releaseModel) talkRow(s *spell, b int) {
	var ends [releaseReach]float64
	reach := horizonLast + m.hold
	age, before := m.middle(b), 1.0
	for i := range reach {
		after := s.survival(m, age, float64(i+1))
		ends[i], before = before-after, after
	}
	for h := range horizonCount {
		r, within := 0.0, horizon(h)+m.hold
		for i := range within {
			r += ends[i] * m.wrapSoon[within-1-i]
		}
		s.rows[b][h] = min(1, r)
	}
}

func (m *releaseModel) clone() *releaseModel {
	if m == nil {
		return nil
	}
	c := *m
	c.steps, c.running = make([]*spell, len(m.steps)), nil
	for i, s := range m.steps {
		kept := *s
		c.steps[i] = &kept
	}
	return &c
}
