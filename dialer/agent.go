package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// State is what an agent does.
type State string

// The states of an agent; doc.go draws them.
const (
	StateOffline  State = "offline"  // not signed in, or the phone is lost
	StatePaused   State = "paused"   // signed in, takes no calls
	StateReady    State = "ready"    // free for the next call
	StatePreview  State = "preview"  // reads the card of a contact, not dialed yet
	StateReserved State = "reserved" // a call rings, or is being connected, for this agent
	StateTalking  State = "talking"
	StateWrapUp   State = "wrap_up" // notes after a call
	// StateResting is the rest that the campaign's occupancy ceiling asks for:
	// the agent is ready again at AgentState.Until, and not before.
	StateResting State = "resting"
	// StateElsewhere is a conversation that did not come from the dialer.
	StateElsewhere State = "elsewhere"
)

// AgentInfo says who an agent is and for which campaigns they work.
type AgentInfo struct {
	ID        int64   `json:"id"`
	Login     string  `json:"login"`
	Name      string  `json:"name"`
	Campaigns []int64 `json:"campaigns"`
}

// AgentState is what is known of a signed-in agent.
type AgentState struct {
	AgentInfo
	State    State     `json:"state"`
	Since    time.Time `json:"since"`
	Reason   string    `json:"reason,omitempty"`   // of a pause, or why they are offline
	After    State     `json:"after,omitempty"`    // paused or offline, asked for during a call and due after it
	Campaign int64     `json:"campaign,omitempty"` // whose calls they take now; 0 = none needs them
	Notice   string    `json:"notice,omitempty"`   // for the agent: why the last call did not come about
	Until    time.Time `json:"until,omitzero"`     // end of a rest
	Node     string    `json:"node,omitempty"`     // where the phone is
	LeavesAt time.Time `json:"leaves_at,omitzero"` // next planned break, or end of the shift
	// Supervises is the agent whom they listen to; Monitors are those who listen
	// to them.
	Supervises int64          `json:"supervises,omitempty"`
	Monitors   []MonitorState `json:"monitors,omitempty"`

	Call *CurrentCall `json:"call,omitempty"`
}

// CurrentCall is the call, or the card of a preview, that stands before an
// agent. It stays through the wrap-up.
type CurrentCall struct {
	Attempt      string            `json:"attempt_id"` // empty: a card that has not been dialed
	Contact      campaigns.Contact `json:"contact"`
	Number       string            `json:"number"`
	Campaign     int64             `json:"campaign_id"`
	CampaignName string            `json:"campaign"`
	Script       string            `json:"script"`
	ScriptVer    string            `json:"script_version"`
	State        State             `json:"state"` // preview, reserved (it rings), talking, wrap_up
	Since        time.Time         `json:"since"` // of that state
	BridgedAt    time.Time         `json:"bridged_at,omitzero"`
	EndedAt      time.Time         `json:"ended_at,omitzero"`
	WrapUpUntil  time.Time         `json:"wrap_up_until,omitzero"` // zero = no limit
	NoAudio      bool              `json:"no_audio,omitempty"`     // nothing is heard of the person
	Finishing    bool              `json:"finishing,omitempty"`    // the agent said that it is about to end
	Step         string            `json:"step,omitempty"`         // of the script
	Talk         TalkState         `json:"talk,omitzero"`
	Inbound      bool              `json:"inbound,omitempty"`     // the person called us
	DoNotCall    bool              `json:"do_not_call,omitempty"` // their number is on the list: they may call us
	DialAt       time.Time         `json:"dial_at,omitzero"`      // when a card is dialed by itself; zero = by key
}

// agent is one signed-in agent. It has one owner at a time, the engine or a
// loop, and goes from one to the other inside a message.
type agent struct {
	info  AgentInfo
	phone PhoneRef
	hands *crew // of the node of the phone
	show  func(AgentState)

	state       State
	since       time.Time
	idleSince   time.Time // the queue of free agents is ordered by this
	reason      string
	after       State // paused or offline: due when the present call is over
	afterReason string
	notice      string
	campaign    int64
	call        *CurrentCall
	wrapUntil   time.Time
	card        *campaigns.Contact // the lease of a preview that has not been dialed
	plan        plan               // breaks, and the end of the shift
	leaving     time.Time          // what pacing was told of the plan
	manual      bool               // the card, or the call, is of a number that the agent typed
	restUntil   time.Time          // end of the present rest
	occupancy   occupancy
	line        *way                      // to the conversation they are in; nil = none
	guest       *guest                    // in a call of somebody else
	ears        []ear                     // who listen to all their calls; the slice is never changed
	told        []ear                     // of them, who came into the present conversation with the agent
	supervises  int64                     // whom they listen to
	tell        func(campaigns.CallEvent) // notes something in a call's time line
	reservedFor string                    // attempt of the call they were reserved for last
	heldUntil   time.Time                 // after a change of brains: for the call they are in; zero = they are not
	moving      bool                      // the engine wants the agent back when it can be spared
	movingSince time.Time
}

// become changes the state and tells everybody who watches. An agent who is
// ready again after a call that nobody answered keeps its place in the queue.
func (a *agent) become(s State, now time.Time) {
	a.occupancy.pass(now, a.state.works())
	keepsPlace := a.state == StateReserved || a.state == StatePreview
	if s == StateReady && !keepsPlace {
		a.idleSince = now
	}
	if a.state != s {
		a.state, a.since = s, now
	}
	if s != StatePaused {
		a.reason = ""
	}
	if s != StateResting {
		a.restUntil = time.Time{}
	}
	if a.call != nil {
		a.call.State, a.call.Since = s, a.since
	}
	a.publish()
}

// pause becomes paused for a reason.
func (a *agent) pause(reason string, now time.Time) {
	a.after = ""
	a.become(StatePaused, now)
	a.reason = reason
	a.publish()
}

// under puts the agent under a campaign's occupancy ceiling, 0 = none.
func (a *agent) under(ceiling float64, now time.Time) {
	a.occupancy.pass(now, a.state.works())
	a.occupancy.ceiling = ceiling
}

// rest lets the agent rest until an instant.
func (a *agent) rest(until time.Time, why string, now time.Time) {
	a.become(StateResting, now)
	a.restUntil, a.reason = until, why
	a.publish()
}

// rested tells whether a rest is over.
func (a *agent) rested(now time.Time) bool {
	return a.state == StateResting && !now.Before(a.restUntil)
}

// elsewhere is in a conversation that is not ours. Who was paused before is
// paused again after it.
func (a *agent) elsewhere(what string, now time.Time) {
	if a.state == StatePaused && a.after == "" {
		a.after, a.afterReason = StatePaused, a.reason
	}
	a.become(StateElsewhere, now)
	a.reason = what
	a.publish()
}

// next is what was asked for and is due after the present call. Who has the phone at
// a node that stops goes, whatever they asked for.
func (a *agent) next() State {
	if a.hands != nil && a.hands.leaving.Load() {
		return StateOffline
	}
	return a.after
}

// goodbye is why an agent is signed out after a call.
func (a *agent) goodbye() string {
	switch {
	case a.after == StateOffline && a.afterReason != "":
		return a.afterReason
	case a.after != StateOffline:
		return stopsWhy(a.hands.node)
	default:
		return signedOut
	}
}

// stopsWhy is why agents are signed out whose node stops.
func stopsWhy(node string) string {
	return "node " + node + ", where the phone is, stops: sign in again"
}

// free tells whether a call may be given to the agent now.
func (a *agent) free() bool { return a.state == StateReady }

// before orders the queue of free agents.
func (a *agent) before(b *agent) bool {
	if a.idleSince.Equal(b.idleSince) {
		return a.info.ID < b.info.ID
	}
	return a.idleSince.Before(b.idleSince)
}

// engaged tells whether a person or a ringing phone depends on the agent.
func (a *agent) engaged() bool { return a.state == StateReserved || a.state == StateTalking }

// busy tells whether what was asked for must wait for the end of a call.
func (a *agent) busy() bool {
	return a.engaged() || a.state == StateWrapUp || a.state == StateElsewhere
}

func (a *agent) publish() { a.show(a.published()) }

func (a *agent) published() AgentState {
	s := AgentState{
		AgentInfo: a.info, Node: a.phone.Node, State: a.state, Since: a.since, Reason: a.reason,
		Supervises: a.supervises, Monitors: a.listens(),
		After: a.after, Campaign: a.campaign, Notice: a.notice, Until: a.restUntil, LeavesAt: a.plan.leavesAt(),
	}
	if a.call != nil {
		call := *a.call
		s.Call = &call
	}
	return s
}
