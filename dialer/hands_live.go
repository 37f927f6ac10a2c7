package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
)

// This file is what hands remember of what they and the brain have said, for the
// hello to another brain.

// liveCall is a call as the brain was told of it last.
type liveCall struct {
	Row     campaigns.Attempt `json:"row"` // as it was placed; once it is over, as it ended
	Contact campaigns.Contact `json:"contact,omitzero"`
	State   CallState         `json:"state"`
	Trunk   string            `json:"trunk,omitempty"`
	Claim   int               `json:"claim,omitempty"` // that is open
	Agent   int64             `json:"agent,omitempty"` // of ours, who has the person or is to have them
	Guest   int64             `json:"guest,omitempty"` // of elsewhere
	Last    int64             `json:"last,omitempty"`  // of ours, who had the person last
	First   int64             `json:"first,omitempty"` // who talked to them last, of a caller

	Answered  bool `json:"answered,omitempty"`
	Abandoned bool `json:"abandoned,omitempty"`
	Bridged   bool `json:"bridged,omitempty"`
	NoAudio   bool `json:"no_audio,omitempty"`
	Unwritten bool `json:"unwritten,omitempty"`
	Listed    bool `json:"listed,omitempty"` // on the do-not-call list, of a caller

	// How long ago it was placed, came to its state, and claimed.
	Placed  time.Duration `json:"placed"`
	Since   time.Duration `json:"since"`
	Claimed time.Duration `json:"claimed,omitempty"`

	placed, since, claimed time.Time
	gone                   bool // there is nothing more to say of it
}

func newLive(row campaigns.Attempt, p *placing) liveCall {
	now := time.Now()
	c := liveCall{Row: row, Contact: p.Contact, State: CallBeginning, placed: now, since: now}
	if p.Arrival != 0 {
		c.State = CallArriving
	}
	return c
}

// aged is the call with its instants as ages.
func (c liveCall) aged(now time.Time) liveCall {
	c.Placed, c.Since = now.Sub(c.placed), now.Sub(c.since)
	if c.Claim != 0 {
		c.Claimed = now.Sub(c.claimed)
	}
	return c
}

func (c *liveCall) become(s CallState) {
	c.State, c.since = s, time.Now()
}

// ringing tells whether nobody has answered the call yet.
func (c *liveCall) ringing() bool {
	return c.State == CallBeginning || c.State == CallDialing || c.State == CallRinging
}

// seated notes the answer to a claim.
func (c *liveCall) seated(s seat) {
	c.Claim = 0
	if !s.Phone.none() {
		c.Agent = s.Agent
		c.become(CallConnecting)
	}
}

// note notes what is said, for who holds the lock.
func (h *Hands) note(w word) {
	switch w.Kind {
	case wordGuestHas:
		if s, known := h.agents[w.Agent]; known && s.Guest != nil {
			g := *s.Guest
			g.Had = true
			s.Guest = &g
			h.agents[w.Agent] = s
		}
		return
	case wordPhoneLost:
		delete(h.agents, w.Agent)
		return
	}
	if held := h.calls[w.Attempt]; held != nil {
		held.live.note(w)
	}
}

func (c *liveCall) note(w word) {
	switch w.Kind {
	case wordBegun:
		c.become(CallDialing)
	case wordRinging:
		c.Trunk = w.Trunk
		c.become(CallRinging)
	case wordClaim:
		c.Claim, c.claimed, c.Answered, c.Agent = w.Claim, w.At, true, 0
		c.become(CallWaiting)
	case wordQueue:
		c.Claim, c.claimed, c.Agent = w.Claim, w.At, 0
		c.become(CallQueued)
	case wordGiveUp:
		c.Claim = 0
		c.Abandoned = c.Abandoned || (!w.HungUp && !c.Bridged)
	case wordLeaveQueue:
		c.Claim = 0
	case wordUnseated:
		c.Agent = 0
	case wordBridged:
		c.Agent, c.Last, c.Guest, c.Bridged = w.Agent, w.Agent, 0, true
		c.Abandoned = c.Abandoned || w.Late
		c.become(CallTalking)
	case wordMessage:
		c.Agent = 0
		c.become(CallMessage)
	case wordAudio:
		c.NoAudio = w.Missing
	case wordPassed:
		c.Agent, c.Guest = 0, w.Agent
	case wordGuestPassed:
		if c.Guest == w.Agent {
			c.Guest = w.To
		}
	case wordReceived:
		c.Contact, c.First, c.Listed = w.Received.Contact, w.Received.LastAgent, w.Received.DoNotCall
	case wordOver:
		c.Row, c.Agent, c.Guest, c.Claim = *w.Row, 0, 0, 0
		c.become(CallWriting)
	case wordUnwritten:
		c.Unwritten = true
	case wordRefused, wordUnreceived, wordClosed:
		c.gone = true
	}
}

// agentShadow is an agent with a phone here, as the brain showed them last.
type agentShadow struct {
	AgentState
	Phone       string  `json:"phone"`
	AfterReason string  `json:"after_reason,omitempty"`
	Plan        []Break `json:"plan,omitempty"`
	For         string  `json:"for,omitempty"` // attempt of the call they are reserved for
	Guest       *guest  `json:"guest,omitempty"`
	At          string  `json:"at,omitempty"` // the node of the conversation they are in
}

// showAgent keeps an agent as they stand.
func (h *Hands) showAgent(id int64, s agentShadow) {
	h.mu.Lock()
	defer h.mu.Unlock()
	if p := h.phones[s.Phone]; p == nil || p.let == nil || s.State == StateOffline {
		delete(h.agents, id)
		return
	}
	h.agents[id] = s
}

// hello is what hands say to a brain first: the calls that live and the agents whose
// phones are here.
type hello struct {
	Calls  []liveCall    `json:"calls,omitempty"`
	Agents []agentShadow `json:"agents,omitempty"`
	// Leaving: they end when their calls are over, and take no more.
	Leaving bool `json:"leaving,omitempty"`
}

// hello gathers it, for who holds the lock.
func (h *Hands) hello() *hello {
	now, all := time.Now(), &hello{Leaving: h.leaving}
	for _, held := range h.calls {
		if !held.live.gone {
			all.Calls = append(all.Calls, held.live.aged(now))
		}
	}
	for _, s := range h.agents {
		all.Agents = append(all.Agents, s)
	}
	return all
}
