package campaigns

import (
	"time"

	"github.com/forecall/forecall/pacing"
)

// AgentState is where an agent stands, as the engine sees it.
//
//	offline -> ready -> reserved | preview -> talking -> wrap_up -> ready
//	             ^         elsewhere -------------+          |
//	             +----------- resting | paused <-------------+
type AgentState string

// The agent states, in the words of the trade.
const (
	AgentOffline  AgentState = "offline"
	AgentReady    AgentState = "ready"
	AgentReserved AgentState = "reserved" // a call is being placed for this agent
	AgentPreview  AgentState = "preview"  // looks at a card and decides
	AgentTalking  AgentState = "talking"
	AgentWrapUp   AgentState = "wrap_up"
	AgentPaused   AgentState = "paused"
	// AgentResting: free again in a moment, as the ceiling of occupancy asks.
	AgentResting AgentState = "resting"
	// AgentElsewhere: in a conversation that did not come from the dialer.
	AgentElsewhere AgentState = "elsewhere"
)

// AgentStatus is one agent on the floor.
type AgentStatus struct {
	Agent     int64
	Login     string
	Name      string
	State     AgentState
	Since     time.Time
	Reason    string    // of the pause
	Lost      bool      // offline, and nobody had asked for it: the phone or its node is gone
	PauseNext bool      // asked to pause after this call
	Until     time.Time // end of a rest; zero = it is none
	LeavesAt  time.Time // next planned break or end of the shift; zero = none is planned
	Campaign  string    // of the call at hand, or the one waited for
	Attempt   string    // of the call at hand
	Talk      TalkState // of the call at hand
	// Supervises is the agent whom they listen to, 0 = nobody; Monitors are those
	// who listen to them, for who sees the floor.
	Supervises int64
	Monitors   []MonitorState
}

// CurrentCall is what an agent has on the line, looks at, or still has to dispose of.
type CurrentCall struct {
	Attempt  string // empty while a preview waits for the agent
	Campaign int64
	Contact  Contact
	Number   string // E.164, the phone that is called
	State    AgentState
	Since    time.Time
	// Finishing: the agent has said that the conversation is about to end.
	Finishing bool
	Step      string // of the script, as the agent said last; empty = not said
	Talk      TalkState
	// Inbound: the person called us. DoNotCall: their number is on the list, so
	// nothing may be agreed that makes us call them.
	Inbound   bool
	DoNotCall bool
	DialAt    time.Time // when the card of a preview is dialed by itself; zero = by key alone

	BridgedAt   time.Time // when agent and person first heard each other
	WrapUpUntil time.Time // when the wrap-up ends by itself; zero = no limit
	NoAudio     bool      // nothing is heard of the person
}

// FloorSnapshot is what a wallboard shows: everything at one instant.
type FloorSnapshot struct {
	At        time.Time
	Campaigns []CampaignStatus
	Agents    []AgentStatus
	Calls     []AirCall
	Last      []EndedCall // newest first
}

// CampaignStatus is one campaign on the floor. Counts are since its period of
// account began; Ringing, Talking and the like are of this instant.
type CampaignStatus struct {
	ID     int64
	Name   string
	Status Status
	Mode   Mode

	Placed    int // since a node leads
	PickedUp  int // of these, by a person
	Ringing   int // placed and not answered yet
	Waiting   int // answered and without an agent yet
	Queued    int // called us and without an agent yet
	Talking   int
	Answered  int // by a person in the period of account: the denominator of abandonment
	Bridged   int
	Abandoned int
	Cap       float64
	// Limit is the rule that these are counted by: the tightest of the campaign's
	// own and the rate rules in force.
	Limit     string
	Target    float64 // share of abandoned calls that is aimed at
	PerMinute float64 // calls placed in the last minute

	// Decision is the last one of pacing, with its reasons.
	Decision pacing.Decision

	Ready   int // agents
	Hopper  int // contacts that could be dialed now
	WhyCode string
	Why     string // the sentence that says what holds dialing back; empty when nothing does
}

// AbandonShare is abandoned over answered by a person, 0 before the first.
func (c CampaignStatus) AbandonShare() float64 {
	if c.Answered == 0 {
		return 0
	}
	return float64(c.Abandoned) / float64(c.Answered)
}

// AirCall is a call that holds a line.
type AirCall struct {
	Attempt  string
	Campaign string
	Contact  string // name
	Number   string // E.164
	State    string // dialing, ringing, waiting, talking, message
	Since    time.Time
	Agent    string // name
	Trunk    string
	// Odds are the contact's to answer, 1 = the campaign's mean; 0 = the
	// campaign does not use odds.
	Odds float64
	// Inbound: the person called us; queued is a state of these alone.
	Inbound bool
}

// EndedCall is a call that is over.
type EndedCall struct {
	Attempt  string
	Campaign string
	Contact  string
	Number   string
	Outcome  Outcome
	At       time.Time
	Talk     time.Duration
	Agent    string
}

// FloorSource publishes the floor; Snapshot never blocks.
type FloorSource interface {
	Snapshot() FloorSnapshot
}

// Wallboard shows the floor to those who may see it.
type Wallboard struct{ source FloorSource }

// NewWallboard returns the service over a source.
func NewWallboard(source FloorSource) *Wallboard { return &Wallboard{source: source} }

// Snapshot returns the floor as it stands. Only the last digits of a number
// are shown: a wallboard hangs on a wall.
func (w *Wallboard) Snapshot(by User) (FloorSnapshot, error) {
	if err := by.Allow(SeeFloor); err != nil {
		return FloorSnapshot{}, err
	}
	s := w.source.Snapshot()
	calls, last := make([]AirCall, len(s.Calls)), make([]EndedCall, len(s.Last))
	for i, c := range s.Calls {
		c.Number = Mask(c.Number)
		calls[i] = c
	}
	for i, c := range s.Last {
		c.Number = Mask(c.Number)
		last[i] = c
	}
	s.Calls, s.Last, s.Agents = calls, last, maskTalks(s.Agents)
	return s, nil
}

// Campaign returns one campaign as it stands on the floor; ok is false when
// the engine does not know it, because it is not running.
func (w *Wallboard) Campaign(by User, id int64) (status CampaignStatus, ok bool, err error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return CampaignStatus{}, false, err
	}
	for _, c := range w.source.Snapshot().Campaigns {
		if c.ID == id {
			return c, true, nil
		}
	}
	return CampaignStatus{}, false, nil
}

// Mask hides all but the last three digits of a number.
func Mask(number string) string {
	const shown = 3
	if len(number) <= shown+1 {
		return number
	}
	return "…" + number[len(number)-shown:]
}
