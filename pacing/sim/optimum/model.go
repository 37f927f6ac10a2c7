package optimum

import (
	"errors"
	"fmt"
	"time"
)

// Model is an outbound team whose every duration is exponential.
type Model struct {
	// Agents is the size of the team, at most MaxAgents.
	Agents int
	// Answer is the share of attempts that a person answers.
	Answer float64
	// Ring is the mean life of an attempt, the same whether it is answered or not: its age tells nothing then.
	Ring time.Duration
	// Talk and Wrap are the mean durations of a conversation and of the wrap-up after it. Wrap 0 means none.
	Talk, Wrap time.Duration
	// Hold is the mean patience of a person who answered and waits for an agent; 0 loses him at once.
	Hold time.Duration
	// Cap is the largest share of the people answering who may be abandoned.
	Cap float64
	// MaxInAir is the most attempts in the air at once; 0 means no limit.
	MaxInAir int
	// Cancel allows attempts in the air to be withdrawn at any moment at no cost. It needs MaxInAir: without a limit one
	// would dial without end, withdraw the rest at the first answer, and never idle.
	Cancel bool
}

// State is what a policy sees between two transitions.
type State struct {
	Talking, WrapUp int // agents; the others are idle
	Waiting         int // people who answered and have no agent; above 0 only with nobody idle
	InAir           int // attempts placed and not resolved
}

const (
	// MaxAgents is the largest team whose states are worth counting one by one.
	MaxAgents = 30
	// maxInAir bounds the memory: 496 configurations of 30 agents times this.
	maxInAir = 2000
	// maxWaiting is the most people that wait at once; who answers beyond them is lost at once. With the 2 s of the law
	// and 10 agents fewer than one in 10^6 of those answering finds so many before him.
	maxWaiting = 5
)

// ErrModel is wrapped by the errors about models and scenarios that cannot be solved.
var ErrModel = errors.New("not a model of the optimum")

// Validate says what is wrong with the model, all of it. The error wraps ErrModel.
func (m Model) Validate() error {
	errs := []error{ErrModel}
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(m.Agents < 1 || m.Agents > MaxAgents, "agents: %d is not between 1 and %d", m.Agents, MaxAgents)
	bad(!(m.Answer >= 0.01 && m.Answer <= 1), "answer: %g is not between 0.01 and 1", m.Answer)
	bad(m.Ring <= 0, "ring: the mean %s is not above 0", m.Ring)
	bad(m.Talk <= 0, "talk: the mean %s is not above 0", m.Talk)
	bad(m.Wrap < 0, "wrap: the mean %s is below 0", m.Wrap)
	bad(m.Hold < 0, "hold: the mean %s is below 0", m.Hold)
	bad(!(m.Cap > 0 && m.Cap < 1), "cap: %g is not between 0 and 1", m.Cap)
	bad(m.MaxInAir < 0 || m.MaxInAir > maxInAir, "attempts in the air: the limit %d is not between 0 and %d", m.MaxInAir, maxInAir)
	bad(m.Cancel && m.MaxInAir == 0, "cancelling needs a limit of the attempts in the air: without one it has no optimum")
	if len(errs) == 1 {
		return nil
	}
	return errors.Join(errs...)
}

// queueTop is the most people that may wait at once.
func (m Model) queueTop() int {
	if m.Hold == 0 {
		return 0
	}
	return maxWaiting
}

// occupancy is what so many calls served a second mean.
func (m Model) occupancy(served float64) float64 {
	return served * (m.Talk + m.Wrap).Seconds() / float64(m.Agents)
}

// excess is how many more calls a second are lost than the cap allows.
func (m Model) excess(f flow) float64 { return f.lost - m.Cap*(f.lost+f.served) }

// precision is the tolerance of gains, in calls served a second: a ten-millionth of all that the team could serve.
func (m Model) precision() float64 { return 1e-7 * float64(m.Agents) / (m.Talk + m.Wrap).Seconds() }
