package sim

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/pacing"
)

// audit stands between the world and a policy and holds what must be true of every shift, whoever decides.
type audit struct {
	Pacer
	scenario Scenario
	faults   []string

	at       time.Time
	calls    map[pacing.CallID]pacing.Kind // the last event of each call that is not over
	since    map[pacing.CallID]time.Time   // of that event
	talks    map[pacing.AgentID]pacing.CallID
	states   map[pacing.AgentID]pacing.Kind
	count    map[pacing.Kind]int
	freeAt   map[pacing.AgentID]time.Time // as told
	dialed   []pacing.CallID
	placedAt []time.Time
}

func newAudit(s Scenario, p Pacer) *audit {
	return &audit{
		Pacer: p, scenario: s, calls: map[pacing.CallID]pacing.Kind{}, since: map[pacing.CallID]time.Time{},
		talks: map[pacing.AgentID]pacing.CallID{}, states: map[pacing.AgentID]pacing.Kind{}, count: map[pacing.Kind]int{},
		freeAt: map[pacing.AgentID]time.Time{},
	}
}

func (a *audit) fault(format string, args ...any) {
	if len(a.faults) < 10 {
		a.faults = append(a.faults, a.at.Sub(startOfShift).String()+": "+fmt.Sprintf(format, args...))
	}
}

// before says after which event of the call each may come; 0 = the call is new.
var before = map[pacing.Kind][]pacing.Kind{
	pacing.CallPlaced:    {0},
	pacing.CallRinging:   {pacing.CallPlaced},
	pacing.CallAnswered:  {pacing.CallRinging},
	pacing.CallFailed:    {pacing.CallPlaced},
	pacing.CallNoAnswer:  {pacing.CallRinging},
	pacing.CallCancelled: {pacing.CallPlaced, pacing.CallRinging},
	pacing.CallBridged:   {pacing.CallAnswered},
	pacing.CallAbandoned: {pacing.CallAnswered},
	pacing.CallEnded:     {pacing.CallBridged, pacing.CallAbandoned},
}

func (a *audit) Apply(e pacing.Event) {
	if e.At.Before(a.at) {
		a.fault("time runs backwards")
	}
	a.at = e.At
	a.count[e.Kind]++
	if e.Call != 0 {
		a.call(e)
	}
	if e.Agent != 0 {
		a.agent(e)
	}
	a.Pacer.Apply(e)
}

func (a *audit) call(e pacing.Event) {
	allowed := false
	for _, k := range before[e.Kind] {
		allowed = allowed || a.calls[e.Call] == k
	}
	if !allowed {
		a.fault("%s after %s", e.Kind, a.calls[e.Call])
	}
	waited := e.At.Sub(a.since[e.Call])
	switch e.Kind {
	case pacing.CallAbandoned:
		if waited != a.scenario.Hold {
			a.fault("abandoned after %s", waited)
		}
	case pacing.CallBridged:
		if waited > a.scenario.Hold {
			a.fault("bridged after %s", waited)
		}
	}
	a.calls[e.Call], a.since[e.Call] = e.Kind, e.At
	switch e.Kind {
	case pacing.CallPlaced:
		a.dialed = append(a.dialed, e.Call)
		a.placedAt = append(a.placedAt, e.At)
	case pacing.CallFailed, pacing.CallNoAnswer, pacing.CallCancelled, pacing.CallEnded:
		delete(a.calls, e.Call)
		delete(a.since, e.Call)
	}
	if a.scenario.Lines > 0 && len(a.calls) > a.scenario.Lines {
		a.fault("%d calls on %d lines", len(a.calls), a.scenario.Lines)
	}
}

func (a *audit) agent(e pacing.Event) {
	was := a.states[e.Agent]
	switch e.Kind {
	case pacing.CallBridged:
		if was != pacing.AgentReady {
			a.fault("agent %d gets a call after %s", e.Agent, was)
		}
		a.talks[e.Agent] = e.Call
	case pacing.AgentWrapUp:
		if _, going := a.calls[a.talks[e.Agent]]; was != pacing.CallBridged || going {
			a.fault("agent %d wraps up after %s, its call going on: %t", e.Agent, was, going)
		}
	case pacing.AgentReady:
		if was != 0 && was != pacing.AgentWrapUp && was != pacing.AgentPaused {
			a.fault("agent %d is ready after %s", e.Agent, was)
		}
		if told := a.freeAt[e.Agent]; was == pacing.AgentWrapUp && !told.IsZero() && !told.Equal(e.At) {
			a.fault("agent %d is ready, and %s was told", e.Agent, told.Sub(startOfShift))
		}
	case pacing.AgentFreeAt:
		a.freeAt[e.Agent] = e.Until
		return
	case pacing.AgentLeavingAfterCall:
		return // changes no state
	}
	a.states[e.Agent] = e.Kind
}

// Decide checks that nobody waits while an agent is free.
func (a *audit) Decide(now time.Time, next []float64) Order {
	free, waiting := 0, 0
	for _, k := range a.states {
		if k == pacing.AgentReady {
			free++
		}
	}
	for _, k := range a.calls {
		if k == pacing.CallAnswered {
			waiting++
		}
	}
	if free > 0 && waiting > 0 {
		a.fault("%d wait and %d agents are free", waiting, free)
	}
	if !now.Before(startOfShift.Add(a.scenario.Shift)) {
		a.fault("asked after the end")
	}
	return a.Pacer.Decide(now, next)
}

// books compares what the world counted with what was seen.
func (a *audit) books(s Shift) {
	for what, pair := range map[string][2]int{
		"answered":                  {s.Answered, a.count[pacing.CallAnswered]},
		"connects":                  {s.Connects, a.count[pacing.CallBridged]},
		"abandoned":                 {s.Abandoned, a.count[pacing.CallAbandoned]},
		"dials":                     {s.Dials, a.count[pacing.CallPlaced]},
		"cancelled":                 {s.Cancelled, a.count[pacing.CallCancelled]},
		"bridged, abandoned or cut": {s.Answered, s.Connects + s.Abandoned + s.Cut},
	} {
		if pair[0] != pair[1] {
			a.fault("%s: %d and %d", what, pair[0], pair[1])
		}
	}
	if s.Occupancy < 0 || s.Occupancy > 1 || s.LoggedIn > float64(a.scenario.Agents)*a.scenario.Shift.Seconds()+1e-6 {
		a.fault("occupancy %g, logged in for %g s", s.Occupancy, s.LoggedIn)
	}
	if s.LinesMean > float64(s.LinesMax) {
		a.fault("%g lines on average and %d at most", s.LinesMean, s.LinesMax)
	}
}
