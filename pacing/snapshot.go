package pacing

import (
	"math"
	"time"
)

// Snapshot is the floor at one instant, ready for Decide. Its slices belong to the Floor and are overwritten by the next
// Snapshot; Clone makes one that may be kept. Snapshots of one Floor must not be given to Decide by two goroutines at once.
type Snapshot struct {
	Now time.Time
	// Agents counts those who are ready or busy and will take calls; paused and leaving ones are not counted.
	Agents int
	// Free counts the agents who are ready and not reserved.
	Free int
	// Waiting counts people who answered and have no agent yet.
	Waiting int
	// InAir counts attempts placed and not resolved: len(Attempts).
	InAir int
	// Lines counts calls that hold a line: in the air, waiting, talking, or hearing a message.
	Lines int
	// Resolved is how many attempts the answer model has learned from, older ones counting less.
	Resolved float64
	// Ledger is the account of the legal period.
	Ledger Ledger
	// ToCome is the number of answers still expected until Ledger.Until from dialing cautiously: at a rate between that of
	// one call for each free agent and that of dialing ahead as lately.
	ToCome float64
	// Attempts are the calls in the air, in no particular order.
	Attempts []Attempt
	// Busy are the agents who are reserved, talking or in wrap-up and may come free.
	Busy []Busy
	// NextOdds are the odds of the contacts that would be placed next, in order; where it ends, the odds are 1. The
	// caller may set it.
	NextOdds []float64

	theta    float64
	slow     float64 // how much slower budget is earned back when dialing turns cautious; at least 1, or 0 when not known
	answers  *answerModel
	releases *releaseModel
	scratch  *scratch
}

// Attempt is one call in the air.
type Attempt struct {
	Call CallID
	// Age is the time since the call was placed, in seconds.
	Age float64
	// Rung is the time since it began to ring, in seconds; negative when it has not.
	Rung float64
	// Odds multiplies its chance to be answered.
	Odds float64
}

// BusyState is what an agent does who is not simply free.
type BusyState uint8

const (
	// BusyTalking is in conversation, or reserved for one.
	BusyTalking BusyState = iota
	// BusyWrapUp is finishing the notes.
	BusyWrapUp
	// BusyResting takes no call before FreeIn is over.
	BusyResting
	// BusyReady is free, but will leave within the time looked ahead.
	BusyReady
)

// Busy is one agent who is not simply free and may take a call in time.
type Busy struct {
	Agent AgentID
	State BusyState
	// Age is the time in that state, in seconds.
	Age float64
	// FreeIn is the time until the agent is known to be free, in seconds; negative when it is not known.
	FreeIn float64
	// LeavesIn is the time until the agent takes no call any more, in seconds; negative when nothing is planned.
	LeavesIn float64

	step    int // of the script, or the finishing key; zero is none
	stepAge float64
}

// Snapshot returns the floor at now. It costs a pass over the calls in the air and the agents, and allocates nothing
// once its buffers have grown.
func (f *Floor) Snapshot(now time.Time) Snapshot {
	t := f.clock.seconds(now)
	f.purge(t)
	f.collect(t)
	s := Snapshot{
		Now: now, Waiting: f.waiting, InAir: f.inAir, Lines: len(f.calls), Resolved: f.answers.attempts,
		Ledger: f.ledger, Attempts: f.attempts, Busy: f.busy,
		answers: &f.answers, releases: &f.releases, scratch: &f.scratch,
	}
	for i := range f.agents {
		if f.agents[i].free(t) {
			s.Free++
		}
	}
	s.Agents = s.Free + len(f.busy)
	if s.Agents > 0 && (f.control.theta > 0 || !f.ahead(&s)) {
		f.control.decay(t)
	} else {
		f.control.pause(t)
	}
	f.answers.look(t, f.attempts)
	f.releases.refresh(t, f.busy, f.policy.Hold)
	f.look(&s)
	return s
}

// ahead is true when the policy and what is known let calls be placed ahead of agents.
func (f *Floor) ahead(s *Snapshot) bool {
	return f.policy.Mode == Predictive && !cold(s.Resolved, s.Agents)
}

// look fills in what is expected until the end of the period, and theta for it.
func (f *Floor) look(s *Snapshot) {
	spread := spreadBlind
	if left := f.ledger.Until.Sub(s.Now).Seconds(); !f.ledger.Until.IsZero() && left > 0 {
		oneToOne := f.oneToOne(s.Agents)
		s.ToCome = left * math.Sqrt(oneToOne*max(oneToOne, f.control.perSecond()))
		if oneToOne > 0 { // nobody is there else
			s.slow = math.Sqrt(max(oneToOne, f.control.perSecond()) / oneToOne)
		}
		spread = min(s.ToCome, spreadOver)
	}
	target := f.policy.Target
	s.theta = f.control.rule(f.ledger.left(target, spread), spread, target, f.answers.share(), s.Agents)
	f.control.theta = 0
	if f.ahead(s) && f.ledger.room(f.policy.Cap, s.ToCome) > 1 {
		f.control.theta = s.theta
	}
}

// oneToOne is the rate of answers, per second, of that many agents who are each given one call at a time.
func (f *Floor) oneToOne(agents int) float64 {
	dialing := f.answers.duration / max(1e-6, f.answers.share())
	return float64(agents) / max(1, dialing+f.releases.talk.mean+f.releases.wrap.mean)
}

// collect fills the buffers with the calls in the air and the busy agents.
func (f *Floor) collect(now float64) {
	f.attempts, f.busy = f.attempts[:0], f.busy[:0]
	for i := range f.calls {
		c := &f.calls[i]
		if c.state != callInAir {
			continue
		}
		rung := -1.0
		if c.ringing {
			rung = max(0, now-c.rang)
		}
		f.attempts = append(f.attempts, Attempt{Call: c.id, Age: max(0, now-c.since), Rung: rung, Odds: c.odds})
	}
	for i := range f.agents {
		if a := &f.agents[i]; !a.leaving && a.state != agentPaused && !a.free(now) {
			f.busy = append(f.busy, a.busy(now))
		}
	}
}

// Clone returns a snapshot that shares nothing with the Floor, to keep or to hand to another goroutine.
func (s Snapshot) Clone() Snapshot {
	s.Attempts = append([]Attempt(nil), s.Attempts...)
	s.Busy = append([]Busy(nil), s.Busy...)
	s.NextOdds = append([]float64(nil), s.NextOdds...)
	s.answers, s.releases = s.answers.clone(), s.releases.clone()
	s.scratch = new(scratch)
	return s
}
