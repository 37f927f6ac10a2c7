package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// wordKind names what hands tell the brain; doc.go draws when.
type wordKind string

// Of a call, in the order of its life. At is when it happened.
const (
	wordBegun      wordKind = "begun"      // the row is on disk
	wordRefused    wordKind = "refused"    // it is not, and nothing was sent: Refused or Fault says why
	wordRinging    wordKind = "ringing"    // at Trunk
	wordClaim      wordKind = "claim"      // Claim: a person needs an agent, since At
	wordGiveUp     wordKind = "give_up"    // the wait of the claim is over, or with HungUp the line is
	wordUnseated   wordKind = "unseated"   // the seat of the claim is not used; Fault when its phone was out of reach
	wordPrefer     wordKind = "prefer"     // who lost their agent goes back to Agent
	wordBridged    wordKind = "bridged"    // person and agent hear each other: First time, Late, after Delay
	wordMessage    wordKind = "message"    // the message plays
	wordAudio      wordKind = "audio"      // Missing: nothing is heard of the person
	wordPassed     wordKind = "passed"     // our agent has passed the person on to Agent, called Name
	wordTalk       wordKind = "talk"       // how the conversation stands for Agent
	wordOver       wordKind = "over"       // Row: how it ended; the outcome is being written
	wordUnwritten  wordKind = "unwritten"  // the store did not take it
	wordClosed     wordKind = "closed"     // the outcome is on disk, or given up
	wordUnrecorded wordKind = "unrecorded" // it should be recorded and is not
)

// Of a call that somebody makes to us, beside those.
const (
	wordReceived   wordKind = "received"    // Received: who calls
	wordUnreceived wordKind = "unreceived"  // the store did not take the row: there is no call
	wordQueue      wordKind = "queue"       // Claim: a caller waits, since At
	wordLeaveQueue wordKind = "leave_queue" // and does not any longer
	wordCallsUs    wordKind = "calls_us"    // Number: what rings there is given up
	wordArrival    wordKind = "arrival"     // Ask: somebody calls, and has no answer yet
)

// About agents who are guests in a call of somebody else.
const (
	wordGuestTalks  wordKind = "guest_talks"  // Agent has answered
	wordGuestHas    wordKind = "guest_has"    // and has the person
	wordGuestFree   wordKind = "guest_free"   // the call is over for Agent, who Had the person or not
	wordGuestPassed wordKind = "guest_passed" // Agent has passed the person on to To, called Name
)

// The others.
const (
	wordAnswer    wordKind = "answer"     // to the deed with this Ask
	wordInvite    wordKind = "invite"     // Ask: Invite an agent
	wordFree      wordKind = "free"       // Ask: who of Logins is free, but Agent
	wordSignIn    wordKind = "sign_in"    // Ask: Info signs in with Phone
	wordHello     wordKind = "hello"      // Hello: the first word to a brain
	wordPhoneLost wordKind = "phone_lost" // Phone of Agent is gone
	wordRoom      wordKind = "room"       // Room: what the trunks take now
	wordLeaving   wordKind = "leaving"    // nothing new is taken there, and phones go as agents come free
)

// word is one thing that hands tell the brain. Which fields mean something is
// said beside its kind; all of it can be written as JSON.
type word struct {
	Kind     wordKind `json:"kind"`
	Campaign int64    `json:"campaign,omitempty"`
	Attempt  string   `json:"attempt,omitempty"`
	Ask      int64    `json:"ask,omitempty"`
	Claim    int      `json:"claim,omitempty"` // counts the claims of a call

	// At is an instant of the hands' own clock. Between nodes it is told as an
	// age: their clocks need not agree.
	At  time.Time     `json:"-"`
	Age time.Duration `json:"age,omitempty"`

	Agent  int64         `json:"agent,omitempty"`
	To     int64         `json:"to,omitempty"`
	Name   string        `json:"name,omitempty"`
	Number string        `json:"number,omitempty"`
	Trunk  string        `json:"trunk,omitempty"`
	Phone  string        `json:"phone,omitempty"`
	Delay  time.Duration `json:"delay,omitempty"`
	Logins []string      `json:"logins,omitempty"`

	First   bool `json:"first,omitempty"`
	Late    bool `json:"late,omitempty"`
	HungUp  bool `json:"hung_up,omitempty"`
	Missing bool `json:"missing,omitempty"`
	Had     bool `json:"had,omitempty"`

	Refused  rules.ID            `json:"refused,omitempty"`
	Fault    *fault              `json:"fault,omitempty"`
	Row      *campaigns.Attempt  `json:"row,omitempty"`
	Received *campaigns.Received `json:"received,omitempty"`
	Talk     *TalkState          `json:"talk,omitempty"`
	Invite   *invitation         `json:"invite,omitempty"`
	In       *Inbound            `json:"in,omitempty"`
	Room     *roomReport         `json:"room,omitempty"`
	Info     *AgentInfo          `json:"info,omitempty"`
	Hello    *hello              `json:"hello,omitempty"`
}

// roomReport is what the trunks of a node take of a campaign's calls, beside
// those that are placed there and not with the trunks yet. Placed is how many the
// hands had been asked for by then.
type roomReport struct {
	Lines  int    `json:"lines"`
	Why    string `json:"why,omitempty"`
	Placed int64  `json:"placed"`
}
