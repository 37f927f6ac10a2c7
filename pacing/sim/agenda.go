package sim

import "time"

// agenda is what is going to happen, the earliest first and among the simultaneous the first planned: a binary heap.
type agenda struct {
	steps []step
	order uint64
}

// step is something that will happen.
type step struct {
	at    time.Duration // of the shift
	order uint64
	kind  stepKind
	who   int    // slot of the call, number of the agent or of the planned event
	epoch uint64 // of the call or agent; a step for another epoch is void
}

type stepKind uint8

const (
	stepResolves stepKind = iota + 1 // an attempt is answered or not
	stepGivesUp                      // a person has waited too long
	stepTalkEnds
	stepWrapEnds
	stepBreak
	stepVanish
	stepReturns // an agent is back from the break
)

func (a *agenda) plan(s step) {
	a.order++
	s.order = a.order
	a.steps = append(a.steps, s)
	i := len(a.steps) - 1
	for i > 0 {
		parent := (i - 1) / 2
		if !s.before(&a.steps[parent]) {
			break
		}
		a.steps[i] = a.steps[parent]
		i = parent
	}
	a.steps[i] = s
}

// next returns the time of the earliest step; false when nothing is planned.
func (a *agenda) next() (time.Duration, bool) {
	if len(a.steps) == 0 {
		return 0, false
	}
	return a.steps[0].at, true
}

func (a *agenda) pop() step {
	first, last := a.steps[0], len(a.steps)-1
	moved := a.steps[last]
	a.steps = a.steps[:last]
	if last == 0 {
		return first
	}
	i := 0
	for {
		child := 2*i + 1
		if child >= last {
			break
		}
		if child+1 < last && a.steps[child+1].before(&a.steps[child]) {
			child++
		}
		if !a.steps[child].before(&moved) {
			break
		}
		a.steps[i] = a.steps[child]
		i = child
	}
	a.steps[i] = moved
	return first
}

func (s *step) before(o *step) bool {
	if s.at != o.at {
		return s.at < o.at
	}
	return s.order < o.order
}
