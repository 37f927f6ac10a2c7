package pacing

import "time"

// agentState is what an agent does.
type agentState uint8

const (
	agentReady agentState = iota
	agentReserved
	agentTalking
	agentWrapUp
	agentPaused
	agentResting
)

type agent struct {
	id      AgentID
	state   agentState
	since   float64
	leaving bool   // will pause after the present call
	freeAt  moment // known end of what the agent does
	leaves  moment // planned break or end of shift
	visits  [mostVisits]visit
	visited int
}

// mostVisits is how many steps of a script are remembered of one conversation, the last ones.
const mostVisits = 8

// visit is the arrival at a step of the script.
type visit struct {
	step int
	at   float64
}

// moment is a planned time in seconds of the floor's clock, if there is one.
type moment struct {
	at  float64
	set bool
}

// in is the time until then, never negative, or -1 when nothing is planned.
func (i moment) in(now float64) float64 {
	if !i.set {
		return -1
	}
	return max(0, i.at-now)
}

// free tells whether the agent can be counted on for as far as Decide looks ahead.
func (a *agent) free(now float64) bool {
	return a.state == agentReady && (!a.leaves.set || a.leaves.at-now >= horizonLast)
}

func (a *agent) busy(now float64) Busy {
	b := Busy{Agent: a.id, Age: max(0, now-a.since), FreeIn: a.freeAt.in(now), LeavesIn: a.leaves.in(now)}
	switch a.state {
	case agentReady:
		b.State = BusyReady
	case agentResting:
		b.State = BusyResting
	case agentWrapUp:
		b.State = BusyWrapUp
	}
	if a.visited > 0 && a.state == agentTalking {
		v := a.visits[(a.visited-1)%mostVisits]
		b.step, b.stepAge = v.step, max(0, now-v.at)
	}
	return b
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
	if to == agentReady && a.leaves.set && now >= a.leaves.at {
		a.leaves = moment{} // back from it
	}
	if a.state == to {
		return
	}
	f.learn(a, to, now)
	a.state, a.since = to, now
	if to != agentWrapUp {
		a.freeAt = moment{}
	}
	if to != agentTalking {
		a.visited = 0
	}
}

// step notes that a talking agent came to a step of the script, or pressed the finishing key.
func (f *Floor) step(id AgentID, step int, now float64) {
	if a := f.agent(id); a != nil && a.state == agentTalking && step != 0 {
		a.visits[a.visited%mostVisits] = visit{step: step, at: now}
		a.visited++
	}
}

func (f *Floor) agent(id AgentID) *agent {
	if i, known := f.agentAt.find(uint64(id)); known {
		return &f.agents[i]
	}
	return nil
}

// rest takes an agent who will be ready again at a known time.
func (f *Floor) rest(e Event, now float64) {
	f.moveAgent(e.Agent, agentResting, now)
	f.freeAt(e)
}

func (f *Floor) freeAt(e Event) {
	if a := f.agent(e.Agent); a != nil && a.state != agentReady && a.state != agentPaused {
		a.freeAt = f.planned(e.Until)
	}
}

// leavesAt notes a plan, also of an agent who is yet to come.
func (f *Floor) leavesAt(e Event, now float64) {
	if f.agent(e.Agent) == nil {
		f.moveAgent(e.Agent, agentPaused, now)
	}
	if a := f.agent(e.Agent); a != nil {
		a.leaves = f.planned(e.Until)
	}
}

func (f *Floor) planned(at time.Time) moment {
	if at.IsZero() {
		return moment{}
	}
	return moment{at: f.clock.ahead(at), set: true}
}

// learn takes the duration of the state that ends. A pause or a log-out in the middle says only how long it lasted so far.
func (f *Floor) learn(a *agent, to agentState, now float64) {
	if f.releases.fixed {
		return
	}
	age := max(0, now-a.since)
	switch {
	case a.state == agentTalking:
		f.releases.talk.ended(&f.releases, now, age)
		for _, v := range a.visits[:min(a.visited, mostVisits)] {
			if s := f.releases.at(v.step); s != nil {
				s.ended(&f.releases, now, max(0, now-v.at))
			}
		}
		if to == agentReady || to == agentResting {
			f.releases.wrap.ended(&f.releases, now, 0)
		}
	case a.state == agentWrapUp && to == agentPaused:
		f.releases.wrap.censored(&f.releases, age)
	case a.state == agentWrapUp:
		f.releases.wrap.ended(&f.releases, now, age)
	}
}

func (f *Floor) agentGone(id AgentID, now float64) {
	i, known := f.agentAt.find(uint64(id))
	if !known {
		return
	}
	switch a := &f.agents[i]; {
	case f.releases.fixed:
	case a.state == agentTalking:
		f.releases.talk.censored(&f.releases, max(0, now-a.since))
	case a.state == agentWrapUp:
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
