package campaigns

import (
	"errors"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns/rules"
)

// Inbound is the mode of an attempt that a person made: a call to one of the
// campaign's numbers. It is no mode that a campaign can be in. The number of
// such an attempt is the person's, "" when it is withheld, and its caller ID
// the number of ours that was called.
const Inbound Mode = "inbound"

// Lists that the house fills itself; neither is ever dialed by itself.
const (
	ListCallsBack    = "Calls back"     // people who called us and stood on no list
	ListDialedByHand = "Dialed by hand" // numbers that agents typed
)

// InboundPolicy is how a campaign serves people who call its numbers. The zero
// value answers them, with the house's words and the defaults below.
type InboundPolicy struct {
	Off bool `json:"off,omitempty"` // calls to the campaign's numbers are refused
	// Queue is how long a caller waits for an agent at most; then a call back is
	// offered and the call ends. 0 = 5 minutes.
	Queue time.Duration `json:"queue,omitempty"`
	// Places is how many may wait at once; the next hears that all lines are
	// busy (486). 0 = 20.
	Places int `json:"places,omitempty"`
	// LastAgentWait is how long a caller waits for the agent who talked to them
	// last, when that agent is busy, before any other one is taken. 0 = 10 s.
	LastAgentWait time.Duration `json:"last_agent_wait,omitempty"`
	// Greeting and Closed are WAV files among the prompts, in place of the
	// house's words: said at the answer, and when nobody is signed in.
	Greeting string `json:"greeting,omitempty"`
	Closed   string `json:"closed,omitempty"`
}

// What an InboundPolicy says where it says nothing.
const (
	inboundQueue     = 5 * time.Minute
	inboundPlaces    = 20
	inboundLastAgent = 10 * time.Second

	mostInboundQueue  = time.Hour
	mostInboundPlaces = 1000
)

// Filled returns the policy with its defaults.
func (p InboundPolicy) Filled() InboundPolicy {
	if p.Queue <= 0 {
		p.Queue = inboundQueue
	}
	if p.Places <= 0 {
		p.Places = inboundPlaces
	}
	if p.LastAgentWait <= 0 {
		p.LastAgentWait = inboundLastAgent
	}
	return p
}

// Bounds of what a campaign may set of previews and of callbacks agreed with one
// agent.
const (
	leastPreviewDial     = 3 * time.Second
	mostPreviewDial      = 10 * time.Minute
	defaultCallbackGrace = 30 * time.Minute
	mostCallbackGrace    = 7 * 24 * time.Hour
)

// Grace is how long past its time a callback agreed with one agent waits for
// that agent; then anybody may take it.
func (c Campaign) Grace() time.Duration {
	if c.CallbackGrace <= 0 {
		return defaultCallbackGrace
	}
	return c.CallbackGrace
}

// validateInbound says what is wrong with what a campaign sets of calls back,
// previews and personal callbacks.
func (c Campaign) validateInbound() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	p := c.Inbound
	if p.Queue < 0 || p.Queue > mostInboundQueue {
		bad("inbound: queue %s: from 0 (for %s) to %s", p.Queue, inboundQueue, mostInboundQueue)
	}
	if p.Places < 0 || p.Places > mostInboundPlaces {
		bad("inbound: places %d: from 0 (for %d) to %d", p.Places, inboundPlaces, mostInboundPlaces)
	}
	if p.LastAgentWait < 0 || p.LastAgentWait > mostInboundQueue {
		bad("inbound: last_agent_wait %s: from 0 (for %s) to %s", p.LastAgentWait, inboundLastAgent, mostInboundQueue)
	}
	if c.PreviewDial != 0 && (c.PreviewDial < leastPreviewDial || c.PreviewDial > mostPreviewDial) {
		bad("preview_dial %s: 0 for by key, or from %s to %s", c.PreviewDial, leastPreviewDial, mostPreviewDial)
	}
	if c.CallbackGrace < 0 || c.CallbackGrace > mostCallbackGrace {
		bad("callback_grace %s: from 0 (for %s) to %s", c.CallbackGrace, defaultCallbackGrace, mostCallbackGrace)
	}
	return errors.Join(errs...)
}

// Received is what the store knows of a caller when the row of the call is
// written.
type Received struct {
	Contact   Contact // found by the number, or made for it; of a withheld number, nameless
	DoNotCall bool    // the number is on the do-not-call list: they may call us, we may not call them
	LastAgent int64   // who talked to the contact last; 0 = nobody
}

// NewInbound draws the attempt of a caller: number is theirs, "" when withheld,
// and called is ours.
func NewInbound(c Campaign, number, called string, now time.Time) *Attempt {
	return &Attempt{
		ID: uuid.Must(uuid.NewV7()).String(), Campaign: c.ID, Number: number, CallerID: called, Mode: Inbound,
		ScriptVer: c.ScriptVer, IntentAt: now,
	}
}

// CallbackAt is when a caller who asks for it is called back: the next minute
// that the calling window allows, and not at once, for they have just hung up.
func (c Campaign) CallbackAt(zones []string, now time.Time) (time.Time, bool) {
	return rules.NextOpen(c.Windows, zones, now.Add(callbackPause), c.RingTime+c.Hold)
}

// callbackPause is how long after their call a caller is called back at the
// earliest.
const callbackPause = time.Minute

// AgreedCallback is a callback with who is called back, for those who keep it.
type AgreedCallback struct {
	Callback
	Name    string
	Company string
	Number  string   // E.164
	Zones   []string // where the person may be
}
