package dialer

import "time"

// TalkState is what goes on in a conversation beside talking, as one of its
// agents sees it.
type TalkState struct {
	OnHold    bool          `json:"on_hold,omitempty"`
	Muted     bool          `json:"muted,omitempty"`
	Recording string        `json:"recording,omitempty"` // on, paused, consent (not begun yet), failed; empty = not recorded
	Transfer  TransferState `json:"transfer,omitzero"`
	Help      bool          `json:"help,omitempty"`      // a supervisor was asked for
	PassedTo  string        `json:"passed_to,omitempty"` // in wrap-up: who has the person now
	// PassedAgent is the agent who has the person then; 0 = an outside number.
	PassedAgent int64  `json:"passed_agent_id,omitempty"`
	Note        string `json:"note,omitempty"` // of the agent who passed the call on
}

// TransferState is how far a transfer is; the zero value is none.
type TransferState struct {
	To    string        `json:"to,omitempty"`   // a name or a number; for the agent who passes on
	From  string        `json:"from,omitempty"` // a name; for the agent who is asked to take the call
	Kind  TransferKind  `json:"kind,omitempty"`
	Phase TransferPhase `json:"phase,omitempty"`
	Since time.Time     `json:"since,omitzero"`
	Why   string        `json:"why,omitempty"` // of failed, a sentence
}

// TransferKind is how a call is passed on.
type TransferKind string

// The kinds of transfers. An attended one becomes blind when the agent hangs up
// before the other side has answered.
const (
	TransferBlind    TransferKind = "blind"
	TransferAttended TransferKind = "attended"
	TransferTakeOver TransferKind = "take_over"
)

// TransferPhase is how far a transfer has come.
//
//	ringing --answered, attended--> talking <--> conference --complete--> (the other side has the person)
//	   |  \--answered, blind--------------------------------------------> (the same)
//	   |                               |              |
//	   +-- 20 s, refused, failed ------+--------------+---> failed: the person is back with the agent
type TransferPhase string

// The phases of a transfer.
const (
	TransferRinging    TransferPhase = "ringing"
	TransferTalking    TransferPhase = "talking"
	TransferConference TransferPhase = "conference"
	TransferFailed     TransferPhase = "failed"
)

// MonitorMode is how a supervisor takes part in an agent's calls.
type MonitorMode string

// The modes.
const (
	Listen  MonitorMode = "listen"  // nobody hears the supervisor
	Whisper MonitorMode = "whisper" // only the agent does
	Barge   MonitorMode = "barge"   // everybody who talks with the agent does
)

// Known tells whether m is one of the modes.
func (m MonitorMode) Known() bool { return m == Listen || m == Whisper || m == Barge }

// MonitorState is a supervisor who listens to an agent, over all their calls.
type MonitorState struct {
	User  int64       `json:"user_id"`
	Name  string      `json:"name"`
	Mode  MonitorMode `json:"mode"`
	Since time.Time   `json:"since"`
}

// ear is one supervisor who listens to an agent, with their phone.
type ear struct {
	MonitorState
	Phone PhoneRef `json:"phone"`
}
