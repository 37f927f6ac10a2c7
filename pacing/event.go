package pacing

import "time"

// CallID names one attempt for as long as it lives; the caller chooses it (the attempt's row number) and never reuses it
// within a shift. Zero is no call.
type CallID uint64

// AgentID names one agent; the caller chooses it. Zero is no agent.
type AgentID uint64

// Kind says what an Event tells. The zero Kind is unknown and is ignored.
type Kind uint8

// The life of a call: CallPlaced, perhaps CallRinging, then exactly one of the resolving kinds CallAnswered, CallMachine,
// CallFailed, CallNoAnswer and CallCancelled. After CallAnswered comes CallBridged or CallAbandoned or neither (the person
// hung up first), and at last CallEnded, which frees the line.
const (
	// CallPlaced is sent when the INVITE leaves. Event.Odds carries what is known of the contact.
	CallPlaced Kind = iota + 1
	// CallRinging is sent at the first 180 or 183; from here the legal ring time runs.
	CallRinging
	// CallAnswered is sent when a person is on the line and needs an agent: at the 200, or where machines are sought at
	// the verdict. It counts in the ledger.
	CallAnswered
	// CallMachine is sent when a machine answered; the line is busy until CallEnded.
	CallMachine
	// CallFailed is sent for busy, refused, invalid and every failure of a route. It frees the line.
	CallFailed
	// CallNoAnswer is sent when the ring time ran out. It frees the line.
	CallNoAnswer
	// CallCancelled is sent when we withdrew the attempt and nobody had answered. It frees the line.
	CallCancelled
	// CallBridged is sent when the person hears the agent; Call and Agent are both set, and it implies AgentTalking.
	CallBridged
	// CallAbandoned is sent when a person waited longer than the law allows. The line stays busy (the message plays)
	// until CallEnded. It counts in the ledger.
	CallAbandoned
	// CallEnded is sent when an answered call is over, whoever ended it. It frees the line and does not move the agent.
	CallEnded
	// AgentReady is sent when the agent can take a call now.
	AgentReady
	// AgentReserved is sent when the agent has been chosen for a call or holds a preview, and is not free any more.
	AgentReserved
	// AgentTalking is sent when the agent is in a conversation of any kind, also one that did not come from the dialer.
	AgentTalking
	// AgentWrapUp is sent when the conversation is over and the agent finishes the notes.
	AgentWrapUp
	// AgentPaused is sent when the agent is logged in and takes no calls.
	AgentPaused
	// AgentGone is sent when the agent logged out or its phone vanished.
	AgentGone
	// AgentLeavingAfterCall is sent when the agent asked to pause after the present call: it will not come free.
	// AgentReady takes it back.
	AgentLeavingAfterCall
	// AgentFinishing is sent when the agent pressed the finishing key: the conversation is about to end. Its own hazard is
	// learned.
	AgentFinishing
	// AgentStep is sent when the agent came to the step Event.Step of the script. Each step's hazard is learned.
	AgentStep
	// AgentResting is sent when the agent takes no call until Event.Until and is ready then, as the occupancy ceiling asks.
	AgentResting
	// AgentLeavesAt is sent when the agent will take no new call from Event.Until on: a planned break, the end of the shift.
	// The zero Until takes it back, and so does AgentReady after it.
	AgentLeavesAt
	// AgentFreeAt is sent when it is known that the busy agent will be ready again at Event.Until.
	AgentFreeAt

	kinds
)

// Event is one fact about one call or one agent, the only way in which the world reaches a Floor. The live loop, the
// simulator and the replay of a journal send the same events.
type Event struct {
	At   time.Time
	Kind Kind
	Call CallID
	// Agent is set for the agent kinds and for CallBridged.
	Agent AgentID
	// Odds, read with CallPlaced only, multiplies the chance that this contact answers: 1 is the campaign's mean and
	// zero means that nothing is known, which is also the mean.
	Odds float64
	// Until is set for AgentResting, AgentLeavesAt and AgentFreeAt.
	Until time.Time
	// Step is set for AgentStep.
	Step StepID
}

// StepID names a step of a campaign's script; the caller maps names to it and keeps the map between shifts. Zero is no step.
type StepID uint16

var kindNames = [kinds]string{
	"unknown", "call placed", "call ringing", "call answered", "call machine", "call failed", "call no answer",
	"call cancelled", "call bridged", "call abandoned", "call ended",
	"agent ready", "agent reserved", "agent talking", "agent wrap-up", "agent paused", "agent gone", "agent leaving after call",
	"agent finishing", "agent step", "agent resting", "agent leaves at", "agent free at",
}

// String returns the kind in words, for logs and golden files.
func (k Kind) String() string {
	if k >= kinds {
		return kindNames[0]
	}
	return kindNames[k]
}
