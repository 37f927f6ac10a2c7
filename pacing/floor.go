package pacing

// Floor is what is known of one campaign's calls and agents, built from nothing but events, together with what was
// learned from them. It has one owner; it is not safe for use by two goroutines. After its slices have grown to the
// campaign's size, Apply and Snapshot allocate nothing.
type Floor struct {
	policy Policy // with defaults filled in
	clock  clock

	calls     []call
	callAt    index
	finished  tombstones
	inAir     int
	waiting   int
	agents    []agent
	agentAt   index
	ledger    Ledger
	control   control
	answers   answerModel
	releases  releaseModel
	scratch   scratch
	attempts  []Attempt
	busy      []Busy
	nextPurge float64
}

// NewFloor returns an empty floor for a policy that has been validated, with what earlier shifts learned. The zero
// Estimates mean that nothing is known; unusable ones count as zero.
func NewFloor(p Policy, learned Estimates) *Floor {
	f := &Floor{policy: p.filled()}
	f.answers.init()
	f.releases.init()
	f.restore(learned)
	return f
}

// SetPolicy replaces the policy from now on; calls, agents and estimates stay.
func (f *Floor) SetPolicy(p Policy) { f.policy = p.filled() }

// SetLedger replaces the account of the legal period. Impossible figures are made harmless: nothing below zero, no more
// abandoned than answered.
func (f *Floor) SetLedger(l Ledger) { f.ledger = l.valid() }

// Ledger returns the account of the legal period as the events and SetLedger have made it.
func (f *Floor) Ledger() Ledger { return f.ledger }

// Apply takes in one event. Events may be repeated, late, out of order or about unknown calls and agents: what cannot be
// true is ignored, and counts never fall below zero.
func (f *Floor) Apply(e Event) {
	now := f.clock.seconds(e.At)
	switch e.Kind {
	case CallPlaced:
		f.place(e, now)
	case CallRinging:
		f.ring(e.Call, now)
	case CallAnswered:
		f.answer(e.Call, now)
	case CallMachine:
		f.machine(e.Call, now)
	case CallFailed, CallNoAnswer:
		f.fail(e.Call, now)
	case CallCancelled:
		f.cancel(e.Call, now)
	case CallBridged:
		f.bridge(e.Call, now)
		f.moveAgent(e.Agent, agentTalking, now)
	case CallAbandoned:
		f.abandon(e.Call, now)
	case CallEnded:
		f.end(e.Call, now)
	case AgentReady:
		f.moveAgent(e.Agent, agentReady, now)
	case AgentReserved:
		f.moveAgent(e.Agent, agentReserved, now)
	case AgentTalking:
		f.moveAgent(e.Agent, agentTalking, now)
	case AgentWrapUp:
		f.moveAgent(e.Agent, agentWrapUp, now)
	case AgentPaused:
		f.moveAgent(e.Agent, agentPaused, now)
	case AgentGone:
		f.agentGone(e.Agent, now)
	case AgentLeavingAfterCall:
		f.agentLeaving(e.Agent, now)
	case AgentFinishing:
		f.step(e.Agent, finishing, now)
	case AgentStep:
		f.step(e.Agent, int(e.Step), now)
	case AgentResting:
		f.rest(e, now)
	case AgentFreeAt:
		f.freeAt(e)
	case AgentLeavesAt:
		f.leavesAt(e, now)
	}
}

// Know takes estimates for the truth, at full weight, and learns no more: the bound of what better estimating could win.
// Unusable ones change nothing.
func (f *Floor) Know(e Estimates) {
	if !e.usable() {
		return
	}
	a, r := &f.answers, &f.releases
	a.fixed, r.fixed = true, true
	a.attempts = e.Attempts
	copy(a.live[:], e.Live)
	copy(a.other[:], e.Other)
	copy(a.exposure[:], e.Exposure)
	copy(a.oddsSeconds[:], e.OddsExposure)
	a.refresh(nil)
	copy(r.talk.ends[:], e.TalkEnds)
	copy(r.talk.seconds[:], e.TalkSeconds)
	copy(r.wrap.ends[:], e.WrapEnds)
	copy(r.wrap.seconds[:], e.WrapSeconds)
	r.refreshed = neverRefreshed
}
