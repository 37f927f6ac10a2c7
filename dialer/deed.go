package dialer

import (
	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// deedKind names what the brain wants of hands; doc.go draws when.
type deedKind string

// The kinds of deeds.
const (
	deedCampaign deedKind = "campaign"  // Settings of a campaign, of Version
	deedPlace    deedKind = "place"     // Place a call, or take one that came
	deedSeat     deedKind = "seat"      // Seat for the claim of a call
	deedPosition deedKind = "position"  // Position of a caller in the queue
	deedOrder    deedKind = "order"     // Ask: Order of an agent to the conversation
	deedWithdraw deedKind = "withdraw"  // Ask, or 0: Calls are cancelled for Fault
	deedBar      deedKind = "bar"       // Ask: calls to outside Numbers are cancelled for Fault
	deedHalt     deedKind = "halt"      // Ask: Stops hold from now on
	deedAnswer   deedKind = "answer"    // to the word with this Ask: Seat, IDs or Fault
	deedTurnAway deedKind = "turn_away" // the caller with this Ask, with Code and Reason
	deedKeep     deedKind = "keep"      // Phone is Agent's, who is signed in
	deedLetGo    deedKind = "let_go"    // Phone is hung up
	deedShow     deedKind = "show"      // Agent in State, for the hello to another brain
)

// deed is one thing that the brain wants of the hands of a node. Which fields
// mean something is said beside its kind.
type deed struct {
	Kind     deedKind `json:"kind"`
	Campaign int64    `json:"campaign,omitempty"`
	Attempt  string   `json:"attempt,omitempty"`
	Ask      int64    `json:"ask,omitempty"`

	Version  int64               `json:"version,omitempty"`
	Settings *campaigns.Campaign `json:"settings,omitempty"`
	Place    *placing            `json:"place,omitempty"`
	Seat     *seat               `json:"seat,omitempty"`
	Position int                 `json:"position,omitempty"`
	Order    *request            `json:"order,omitempty"`
	Calls    []string            `json:"calls,omitempty"` // ids of attempts
	Stops    []campaigns.Stop    `json:"stops,omitempty"`
	Numbers  map[string]sellers  `json:"numbers,omitempty"`
	Fault    *fault              `json:"fault,omitempty"`
	IDs      []int64             `json:"ids,omitempty"`
	Phone    string              `json:"phone,omitempty"`
	Agent    int64               `json:"agent,omitempty"`
	Code     int                 `json:"code,omitempty"`
	Reason   string              `json:"reason,omitempty"`
	State    *agentShadow        `json:"state,omitempty"`

	// read is what was read for the settings on this node: prompts. Between nodes
	// each reads its own.
	read *applied
}

// placing is a call to place, or with Arrival one that came and is to be taken.
type placing struct {
	Row     campaigns.Attempt `json:"row"`
	Where   rules.Place       `json:"where"`           // of the row, which does not write it
	Fence   int64             `json:"fence,omitempty"` // nor this: under which we own the campaign
	Contact campaigns.Contact `json:"contact,omitzero"`
	Version int64             `json:"version"` // of the campaign's settings
	Arrival int64             `json:"arrival,omitempty"`
	Full    bool              `json:"full,omitempty"` // no place in the queue is left
}

// seat is what an attempt gets when it claims an agent: one, or none.
type seat struct {
	Claim  int      `json:"claim,omitempty"`
	Agent  int64    `json:"agent,omitempty"`
	Name   string   `json:"name,omitempty"`
	Ears   []ear    `json:"ears,omitempty"`   // who listen to the agent
	Phone  PhoneRef `json:"phone,omitzero"`   // zero = nobody was free
	Closed bool     `json:"closed,omitempty"` // nobody is signed in who could take a caller
}

// PhoneRef names an agent's phone: the node where it is, and the name that this
// node gave it.
type PhoneRef struct {
	Node  string `json:"node"`
	Phone string `json:"phone"`
}

// none tells whether it is no phone.
func (r PhoneRef) none() bool { return r.Phone == "" }

// request is an order of an agent on its way to the conversation.
type request struct {
	Agent int64 `json:"agent"`
	Order order `json:"order"`
	Say   ask   `json:"say"`
}
