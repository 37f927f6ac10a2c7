package dialer

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// CallState is where a call is between its placing and its outcome.
//
//	beginning -> dialing -> ringing -> waiting -> connecting -> talking -> writing
//	                                      |            ^            |
//	                                      |            +------------+ phone lost: once more
//	                                      +-> message ---------------------> writing
type CallState string

// The states of a call.
const (
	CallBeginning  CallState = "beginning"  // its row is being written
	CallDialing    CallState = "dialing"    // the INVITE is out
	CallRinging    CallState = "ringing"    //
	CallWaiting    CallState = "waiting"    // a person is there, no agent yet
	CallConnecting CallState = "connecting" // an agent was given to the person
	CallTalking    CallState = "talking"    //
	CallMessage    CallState = "message"    // nobody was free: the message plays
	CallWriting    CallState = "writing"    // over; its outcome is being written
	CallArriving   CallState = "arriving"   // somebody calls us: the row is being written
	CallQueued     CallState = "queued"     // somebody who called us waits for an agent
)

// call is what the loop knows of an attempt; the attempt's own goroutine knows
// the rest.
type call struct {
	id      pacing.CallID
	row     string // the attempt's id
	number  string
	shown   string // caller ID
	contact campaigns.Contact
	trunk   string
	odds    float64 // of the contact, when the call was placed; 0 = not known

	state     CallState
	placed    time.Time
	since     time.Time // of the state
	answered  bool      // pacing was told of a person
	abandoned bool      // pacing was told that nobody came in time
	bridged   bool      // an agent has talked
	noAudio   bool

	manual bool // an agent typed the number
	// reserved: the agent is kept for this call, whoever else may answer meanwhile.
	reserved bool
	inbound  bool // the person called us
	queuing

	agent    *agent    // reserved for it, or in it
	guest    int64     // an agent of elsewhere who has the person now; 0 = none
	line     *line     // to its conversation
	prefers  int64     // who had the person first; 0 = anybody
	claim    chan seat // where the attempt waits for an agent; nil = it does not
	cord     cord      // to the wire
	withdraw context.CancelCauseFunc
	hangUp   context.CancelCauseFunc
}

// seat is what an attempt gets when it asks for an agent: one, or none.
type seat struct {
	agent   int64
	name    string
	ears    []ear   // who listen to the agent
	station Station // nil = nobody was free
	closed  bool    // nobody is signed in who could take a caller
}

func (c *call) become(s CallState, now time.Time) { c.state, c.since = s, now }

// inAir tells whether the attempt is placed and not resolved.
func (c *call) inAir() bool {
	return c.state == CallBeginning || c.state == CallDialing || c.state == CallRinging
}

func (c *call) view(campaign int64) CallView {
	v := CallView{
		Attempt: c.row, Campaign: campaign, Contact: c.contact.ID, Name: c.contact.Name, Number: c.number,
		State: c.state, Placed: c.placed, Since: c.since, Trunk: c.trunk, NoAudio: c.noAudio, Odds: c.odds, Inbound: c.inbound,
	}
	v.Agent = c.guest
	if c.agent != nil {
		v.Agent = c.agent.info.ID
	}
	return v
}
