package campaigns

import (
	"errors"
	"time"
)

// ErrListed marks a number that is on the do-not-call list.
var ErrListed = errors.New("the number is on the do-not-call list")

// ErrStopped marks a call that a kill switch holds up.
var ErrStopped = errors.New("such calls are stopped")

// CallEvent is one thing that happened during a call, for its time line.
type CallEvent struct {
	Attempt string        `json:"attempt_id"`
	At      time.Time     `json:"at"`
	Kind    CallEventKind `json:"kind"`
	By      int64         `json:"by,omitempty"` // user; 0 = the house
	ByLogin string        `json:"by_login,omitempty"`
	Detail  string        `json:"detail,omitempty"` // name of a step, who the call was passed to, why
}

// CallEventKind names what happened during a call.
type CallEventKind string

// The kinds of call events.
const (
	EventBridged          CallEventKind = "bridged" // an agent and the person hear each other
	EventStep             CallEventKind = "step"    // of the script
	EventNote             CallEventKind = "note"    // written by an agent who had the call
	EventHold             CallEventKind = "hold"    // the person hears music
	EventUnhold           CallEventKind = "unhold"  //
	EventMute             CallEventKind = "mute"    // the person does not hear the agent
	EventUnmute           CallEventKind = "unmute"  //
	EventRecordBegun      CallEventKind = "record_begun"
	EventRecordPaused     CallEventKind = "record_paused"
	EventRecordResumed    CallEventKind = "record_resumed"
	EventRecordFailed     CallEventKind = "record_failed" // the call went on without
	EventConsent          CallEventKind = "consent"       // the person agreed to be recorded
	EventTransferAsked    CallEventKind = "transfer_asked"
	EventTransferAnswered CallEventKind = "transfer_answered"
	EventTransferFailed   CallEventKind = "transfer_failed" // the person is back with the agent
	EventTransferCanceled CallEventKind = "transfer_cancelled"
	EventTransferDone     CallEventKind = "transfer_completed"
	EventConference       CallEventKind = "conference"
	EventListenBegun      CallEventKind = "listen_begun"
	EventListenEnded      CallEventKind = "listen_ended"
	EventWhisperBegun     CallEventKind = "whisper_begun"
	EventWhisperEnded     CallEventKind = "whisper_ended"
	EventBargeBegun       CallEventKind = "barge_begun"
	EventBargeEnded       CallEventKind = "barge_ended"
	EventTakeOver         CallEventKind = "take_over"
	EventHelp             CallEventKind = "help" // the agent asked for a supervisor
	EventHelpOver         CallEventKind = "help_over"
	EventPhoneLost        CallEventKind = "phone_lost"
	// EventOutcomeLate: the node that had the call was taken for dead, and says now
	// how the call ended; its outcome stays the one it was closed with.
	EventOutcomeLate CallEventKind = "outcome_late"
)

// AgentTalk is the time in which one agent had the person of a call. A call
// that was passed on has several; one that was not needs none beside its row.
type AgentTalk struct {
	Agent int64     `json:"agent_id"`
	From  time.Time `json:"from"`
	To    time.Time `json:"to"`
}

// SideLeg is a call to an outside number during a conversation: a consultation,
// or where the person was passed on to. It stands in the store before its
// INVITE leaves, and again with its outcome when it has ended.
type SideLeg struct {
	ID         string    `json:"id"` // UUIDv7; the SIP Call-ID derives from it
	Attempt    string    `json:"attempt_id"`
	Campaign   int64     `json:"campaign_id"`
	Agent      int64     `json:"agent_id"` // who asked for it
	Number     string    `json:"number"`   // E.164
	CallerID   string    `json:"cli_number"`
	IntentAt   time.Time `json:"intent_at"`
	Outcome    Outcome   `json:"outcome"` // empty while it goes on
	Trunk      string    `json:"trunk"`
	Code       int       `json:"sip_final_code"`
	AnsweredAt time.Time `json:"answered_at"`
	EndedAt    time.Time `json:"ended_at"`
	Error      string    `json:"error,omitempty"`
}

// CallID is the SIP Call-ID of the leg.
func (s SideLeg) CallID() string { return s.ID + "@forecall" }
