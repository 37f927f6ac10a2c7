package tape

import (
	"slices"

	"github.com/forecall/forecall/pacing"
)

// standing remembers the events that made every call and agent of a floor what
// they are now, for keyframes.
type standing struct {
	calls  map[pacing.CallID][]pacing.Event
	agents map[pacing.AgentID]*present
}

// present is an agent who is there.
type present struct {
	state  pacing.Event   // the last change of state
	said   []pacing.Event // what was told since: the last of each kind
	leaves pacing.Event   // the plan to leave; outlives the states
}

func (s *standing) note(e pacing.Event) {
	if s.calls == nil {
		s.calls, s.agents = make(map[pacing.CallID][]pacing.Event), make(map[pacing.AgentID]*present)
	}
	switch e.Kind {
	case pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled, pacing.CallEnded:
		delete(s.calls, e.Call)
	case pacing.CallPlaced, pacing.CallRinging, pacing.CallAnswered, pacing.CallMachine, pacing.CallAbandoned:
		s.call(e)
	case pacing.CallBridged:
		s.call(e)
		talking := e
		talking.Kind, talking.Call = pacing.AgentTalking, 0
		s.agent(talking)
	case pacing.AgentGone:
		delete(s.agents, e.Agent)
	default:
		s.agent(e)
	}
}

// call notes one more turn of a call that lives.
func (s *standing) call(e pacing.Event) {
	if before, known := s.calls[e.Call]; known || e.Kind == pacing.CallPlaced {
		s.calls[e.Call] = append(before, e)
	}
}

func (s *standing) agent(e pacing.Event) {
	a := s.agents[e.Agent]
	if a == nil {
		a = new(present)
		s.agents[e.Agent] = a
	}
	switch e.Kind {
	case pacing.AgentLeavesAt:
		a.leaves = e
	case pacing.AgentLeavingAfterCall, pacing.AgentFinishing, pacing.AgentStep, pacing.AgentFreeAt:
		a.said = slices.DeleteFunc(a.said, func(s pacing.Event) bool { return s.Kind == e.Kind })
		a.said = append(a.said, e)
	default:
		if a.state.Kind != e.Kind {
			a.state, a.said = e, a.said[:0]
		}
	}
}

// events are all of them in the order of time.
func (s *standing) events() []pacing.Event {
	var all []pacing.Event
	for _, c := range s.calls {
		all = append(all, c...)
	}
	for _, a := range s.agents {
		if a.state.Kind != 0 {
			all = append(all, a.state)
		}
		all = append(all, a.said...)
		if a.leaves.Kind != 0 {
			all = append(all, a.leaves)
		}
	}
	slices.SortStableFunc(all, func(a, b pacing.Event) int {
		if c := a.At.Compare(b.At); c != 0 {
			return c
		}
		return int(a.Kind) - int(b.Kind) // one event of a call, or agent, never overtakes another
	})
	return all
}
