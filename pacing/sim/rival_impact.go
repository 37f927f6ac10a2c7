package sim

import (
	"math/rand/v2"

	"github.com/forecall/forecall/pacing"
)

// impact is the predictive mode of Impact Dialing: a background job tries six ratios of lines per idle caller in a small
// simulation of the next four minutes, made of the last hundred attempts, and keeps the one that uses the callers best
// within the abandonment limit; dialing follows that ratio.
//
// Quirks kept: in the simulation every answer comes after 10 s, every other end after 15 s and wrap-up takes 5 s, whatever
// they really take; it begins with all callers idle; four minutes of it see few conversations end; fewer than 5 callers or
// 50 attempts mean one line each; over the limit of the whole campaign the ratio falls to three quarters; never more than
// four lines per caller. Ours: the job runs every minute, its period is not in the description; an answered call meets
// the scenario's hold, where the original hangs up at once.
type impact struct {
	limit float64
	dice  *rand.Rand

	tick, job           timer
	best                float64
	answered, abandoned int
	attempts            []impactAttempt // resolved, oldest first; of the last half hour
	talks               []float64       // conversations that ended, the last hundred
	dialed              float64         // when the last call was placed
}

type impactAttempt struct {
	at   float64
	live bool
}

const (
	impactHistory  = 1800.0 // seconds
	impactAttempts = 100
	impactLeast    = 50 // attempts
	impactCallers  = 5
	impactRatios   = 6
	impactIdle     = 600.0 // seconds without a call after which it starts again from one line
	impactBack     = 0.75
	impactLines    = 4 // per caller
	impactJob      = 60.0
)

func newImpact(limit float64, seed uint64) *impact {
	return &impact{limit: limit, dice: rand.New(rand.NewPCG(seed, 0x696d70616374)), tick: timer{every: 1}, job: timer{every: impactJob}, best: 1}
}

func (m *impact) see(b *board, s sight) {
	switch {
	case s.kind == pacing.CallPlaced:
		m.dialed = b.now
	case s.kind == pacing.CallAnswered:
		m.answered++
		m.attempts = append(m.attempts, impactAttempt{b.now, true})
	case s.kind == pacing.CallAbandoned:
		m.abandoned++
	case s.kind == pacing.CallFailed || s.kind == pacing.CallNoAnswer || s.kind == pacing.CallMachine:
		m.attempts = append(m.attempts, impactAttempt{b.now, false})
	case s.talked:
		m.talks = lastOf(append(m.talks, s.lasted), impactAttempts)
	}
}

func (m *impact) place(b *board) (calls int, again float64) {
	if m.job.due(b.now) {
		m.best = m.ratio(b)
	}
	if m.tick.due(b.now) {
		calls = m.wanted(b)
	}
	return calls, left(b.now, &m.job, &m.tick)
}

// wanted is how many calls the ratio asks for now.
func (m *impact) wanted(b *board) int {
	f := m.best
	switch {
	case b.now-m.dialed > impactIdle:
		f = 1
	case m.answered > 0 && float64(m.abandoned) >= m.limit*float64(m.answered) && m.abandoned > 0:
		f = max(1, impactBack*m.best)
	}
	calls := int(f*float64(b.ready())) - b.inAir - b.waiting
	return min(calls, impactLines*b.atWork()-b.lines())
}

// ratio is the job: the best of six ratios in the simulation.
func (m *impact) ratio(b *board) float64 {
	old := 0
	for old < len(m.attempts) && (m.attempts[old].at < b.now-impactHistory || len(m.attempts)-old > impactAttempts) {
		old++
	}
	m.attempts = m.attempts[old:]
	answers := 0
	for _, a := range m.attempts {
		if a.live {
			answers++
		}
	}
	if b.atWork() < impactCallers || len(m.attempts) < impactLeast || answers == 0 || len(m.talks) == 0 {
		return 1
	}
	best, used := 1.0, 0.0
	dialsPer := float64(len(m.attempts)) / float64(answers)
	for i := 1; i <= impactRatios; i++ {
		f := max(1, dialsPer*float64(i)/impactRatios)
		use, abandoned := m.simulate(b.atWork(), f)
		if abandoned < m.limit && use > used {
			best, used = f, use
		}
	}
	return best
}

const (
	impactSeconds  = 240
	impactAnswer   = 10 // seconds until an answer
	impactNoAnswer = 15 // seconds until the end of another attempt
	impactWrap     = 5  // seconds
)

// simulate runs four minutes with so many callers at a ratio and returns the share of their time that they talk and the
// share of answers that meet nobody.
func (m *impact) simulate(callers int, ratio float64) (use, abandonment float64) {
	busy := make([]int, 0, callers) // second at which each busy caller is idle again
	var answersAt, endsAt [impactSeconds + impactNoAnswer + 1]int
	ringing, answered, abandoned := 0, 0, 0
	talked := 0.0
	for t := range impactSeconds {
		busy = stillBusy(busy, t)
		ringing -= answersAt[t] + endsAt[t]
		for range answersAt[t] {
			answered++
			if len(busy) == callers {
				abandoned++
				continue
			}
			talk := m.talks[m.dice.IntN(len(m.talks))]
			talked += min(talk, float64(impactSeconds-t))
			busy = append(busy, t+int(talk)+impactWrap)
		}
		for range max(0, int(ratio*float64(callers-len(busy)))-ringing) {
			ringing++
			if m.attempts[m.dice.IntN(len(m.attempts))].live {
				answersAt[t+impactAnswer]++
			} else {
				endsAt[t+impactNoAnswer]++
			}
		}
	}
	return talked / float64(callers*impactSeconds), float64(abandoned) / float64(max(1, answered))
}

func stillBusy(busy []int, now int) []int {
	kept := busy[:0]
	for _, until := range busy {
		if until > now {
			kept = append(kept, until)
		}
	}
	return kept
}

// lastOf keeps the last n of a slice that grows by one at a time.
func lastOf(s []float64, n int) []float64 {
	if len(s) > n {
		return append(s[:0], s[len(s)-n:]...)
	}
	return s
}

func impactEntry() Entry {
	return Entry{
		Named: Named{"impact", "Impact Dialing", "Impact Dialing's simulation in the loop (limit, abandonment, default the cap)"},
		New: func(s Setup) (Pacer, error) {
			limit := s.Scenario.Cap
			r := readSettings(s.Settings)
			r.number("limit", &limit, 0.001, 0.2)
			return newRival(s, newImpact(limit, s.Seed)), r.err("limit=0.03: the share of answers that may be abandoned")
		},
	}
}
