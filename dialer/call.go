package dialer

import (
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

	hands     *crew  // whose it is
	agent     *agent // reserved for it, or in it
	guest     int64  // an agent of elsewhere who has the person now; 0 = none
	prefers   int64  // who had the person first; 0 = anybody
	claim     int    // for an agent, to be answered with one seat; 0 = none is open
	seated    int    // the last claim that got an agent
	unwritten bool   // the store has refused its outcome
	withdrawn bool   // the hands were told
	cause     error  // why it was withdrawn; nil = it was not
	session   string // with its hands, in which it was placed or adopted
	// adopted: it was placed by another brain. Pacing knows its agent, and nothing
	// else of it.
	adopted bool
	awaits  int64 // the agent of an adopted call, who has not been brought yet
}

// give answers the call's claim.
func (c *call) give(s seat) {
	s.Claim, c.claim = c.claim, 0
	c.hands.do(deed{Kind: deedSeat, Attempt: c.row, Seat: &s})
}

// withdraw cancels the call, as long as nobody has answered.
func (c *call) withdraw(cause error) {
	if c.withdrawn {
		return
	}
	c.withdrawn, c.cause = true, cause
	c.hands.do(deed{Kind: deedWithdraw, Calls: []string{c.row}, Fault: faultOf(cause)})
}

// line is the way to the call's conversation.
func (c *call) line() *way { return &way{c.hands, c.row} }

// way is where the orders to a conversation go.
type way struct {
	hands   *crew
	attempt string
}

// put sends an order; it never waits. Every order is answered once.
func (w *way) put(cmd command) {
	ask := int64(0)
	if cmd.reply != nil {
		ask = w.hands.ask(func(answer word) { cmd.reply <- answer.Fault.err() })
	}
	w.hands.do(deed{Kind: deedOrder, Attempt: w.attempt, Ask: ask, Order: &request{Agent: cmd.agent, Order: cmd.order, Say: cmd.ask}})
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
