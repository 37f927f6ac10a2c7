package pacing

// agentState is what an agent does.
type agentState uint8

const (
	agentReady agentState = iota
	agentReserved
	agentTalking
	agentWrapUp
	agentPaused
)

type agent struct {
	id      AgentID
	state   agentState
	since   float64
	leaving bool // will pause after the present call
}

// moveAgent brings an agent into a state and learns from the one that ends. Repeating a state keeps its age.
func (f *Floor) moveAgent(id AgentID, to agentState, now float64) {
	if id == 0 {
		return
	}
	i, known := f.agentAt.find(uint64(id))
	if !known {
		f.agentAt.set(uint64(id), len(f.agents))
		f.agents = append(f.agents, agent{id: id, state: to, since: now})
		return
	}
	a := &f.agents[i]
	if to == agentReady || to == agentPaused {
		a.leaving = false
	}
	if a.state == to {
		return
	}
	f.learn(a, to, now)
	a.state, a.since = to, now
}

// learn takes the duration of the state that ends. A pause or a log-out in the middle says only how long it lasted so far.
func (f *Floor) learn(a *agent, to agentState, now float64) {
	age := max(0, now-a.since)
	switch {
	case a.state == agentTalking && to == agentReady:
		f.releases.talk.ended(&f.releases, age)
		f.releases.wrap.ended(&f.releases, 0)
	case a.state == agentTalking:
		f.releases.talk.ended(&f.releases, age)
	case a.state == agentWrapUp && to == agentPaused:
		f.releases.wrap.censored(&f.releases, age)
	case a.state == agentWrapUp:
		f.releases.wrap.ended(&f.releases, age)
	}
}

func (f *Floor) agentGone(id AgentID, now float64) {
	i, known := f.agentAt.find(uint64(id))
	if !known {
		return
	}
	switch a := &f.agents[i]; a.state {
	case agentTalking:
		f.releases.talk.censored(&f.releases, max(0, now-a.since))
	case agentWrapUp:
		f.releases.wrap.censored(&f.releases, max(0, now-a.since))
	}
	last := len(f.agents) - 1
	if i != last {
		f.agents[i] = f.agents[last]
		f.agentAt.set(uint64(f.agents[i].id), i)
	}
	f.agents = f.agents[:last]
	f.agentAt.remove(uint64(id))
}

// agentLeaving marks a busy agent; one who is free pauses at once.
func (f *Floor) agentLeaving(id AgentID, now float64) {
	i, known := f.agentAt.find(uint64(id))
	if !known {
		return
	}
	if f.agents[i].state == agentReady {
		f.moveAgent(id, agentPaused, now)
		return
	}
	f.agents[i].leaving = f.agents[i].state != agentPaused
}
