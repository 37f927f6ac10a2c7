package pacing

import (
	"testing"
	"time"
)

var nine = time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC)

func at(seconds float64) time.Time { return nine.Add(time.Duration(seconds * float64(time.Second))) }

func TestProgressivePlacesOneCallForEachFreeAgentNotSpokenFor(t *testing.T) {
	policy := Policy{Mode: Progressive}
	f := NewFloor(policy, Estimates{})
	steps := []struct {
		event Event
		place int
		why   Reason
	}{
		{Event{Kind: AgentPaused, Agent: 1}, 0, ReasonNoAgents},
		{Event{Kind: AgentReady, Agent: 1}, 1, ReasonEveryFreeAgentHasACall},
		{Event{Kind: AgentReady, Agent: 2}, 2, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallPlaced, Call: 10}, 1, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallPlaced, Call: 11}, 0, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallRinging, Call: 11}, 0, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallNoAnswer, Call: 10}, 1, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallAnswered, Call: 11}, 1, ReasonEveryFreeAgentHasACall},
		{Event{Kind: AgentReserved, Agent: 2}, 0, ReasonEveryFreeAgentHasACall},
		{Event{Kind: CallBridged, Call: 11, Agent: 2}, 1, ReasonEveryFreeAgentHasACall},
		{Event{Kind: AgentPaused, Agent: 1}, 0, ReasonNoFreeAgent},
		{Event{Kind: AgentLeavingAfterCall, Agent: 2}, 0, ReasonNoAgents},
		{Event{Kind: AgentReady, Agent: 2}, 1, ReasonEveryFreeAgentHasACall},
	}
	for i, step := range steps {
		step.event.At = at(float64(i))
		f.Apply(step.event)
		d := Decide(policy, f.Snapshot(step.event.At))
		if d.Place != step.place || d.Why != step.why {
			t.Fatalf("step %d, %v: place %d because %v, want %d because %v", i, step.event.Kind, d.Place, d.Why, step.place, step.why)
		}
	}
}
