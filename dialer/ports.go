package dialer

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/dialer/media"
)

// Contacts is where a loop takes contacts from. It never blocks. Next returns
// one that any agent may serve; Personal all those that have become due for one
// agent; Return gives back a contact that was not dialed, to be offered again
// at once or not before a time.
type Contacts interface {
	Next(now time.Time) (campaigns.Contact, bool)
	Personal() []campaigns.Contact
	Return(c campaigns.Contact, notBefore time.Time)
	Odds
}

// Odds is what is known of who would answer. Odds returns, in buf, the odds of
// the contacts that Next would give one after the other, as far as they are
// known at once: 1 is the campaign's mean, and none means that the campaign
// does not use odds. Pick takes the i-th of these as Next would take the first.
// Resolved teaches what came of a call.
type Odds interface {
	Odds(now time.Time, buf []float64) []float64
	Pick(now time.Time, i int) (campaigns.Contact, bool)
	Resolved(c campaigns.Contact, placed time.Time, answered bool)
}

// Journal is the ledger of attempts. Begin returns only when the row is
// durable, or with a *rules.Refusal when the number must not be called now.
// Finish appends the outcome of an attempt, once.
type Journal interface {
	Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error
	Finish(ctx context.Context, a campaigns.Attempt) error
}

// Memory is what the engine reads when a campaign starts and keeps while it
// runs: where it stands under its limits of abandonment, its own first, and what
// pacing has learned.
type Memory interface {
	Standings(ctx context.Context, campaign int64, now time.Time) ([]abandonment.Standing, error)
	Estimates(ctx context.Context, campaign int64) ([]byte, error) // nil when there are none
	SaveEstimates(ctx context.Context, campaign int64, estimates []byte) error
}

// Tapes keeps what pacing saw and decided, a minute of a campaign at a time, in
// the format of package pacing/tape. Nothing on them names a person.
type Tapes interface {
	SaveTape(ctx context.Context, campaign int64, from time.Time, tape []byte) error
	DropTapes(ctx context.Context, before time.Time) error
}

// Talks keeps what happens during calls: their time lines, a batch at a time;
// calls to outside numbers, durable before their INVITE and campaigns.ErrListed
// when the number must not be called; and what recordings there are.
type Talks interface {
	AddCallEvents(ctx context.Context, events []campaigns.CallEvent) error
	BeginSide(ctx context.Context, s *campaigns.SideLeg) error
	EndSide(ctx context.Context, s campaigns.SideLeg) error
	SaveRecording(ctx context.Context, r campaigns.Recording) error
}

// OptOuts is the do-not-call list; an addition is durable on return.
type OptOuts interface {
	AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error
}

// Drained is told when a draining campaign has placed its last call and all of
// them have ended, so that its status can be set to stopped.
type Drained interface {
	SetStatus(ctx context.Context, campaign int64, to campaigns.Status, by string) error
}

// Store is all that an engine must have of storage.
type Store interface {
	Journal
	Receptions
	Memory
	Tapes
	OptOuts
	Talks
	Drained
	campaigns.Leaser
	campaigns.OddsMemory
}

// Trunk places calls. Dial blocks until the person answers or the attempt
// failed, which is a *CallError. Cancelling ctx withdraws the call. Room is
// how many more calls it would take now; 0 comes with the reason in words.
// CallerID is the number that the named trunks (none = all) show when a
// campaign names none, "" when they have none of their own.
type Trunk interface {
	Dial(ctx context.Context, r Request) (Leg, error)
	Room(trunks []string) (lines int, why string)
	CallerID(trunks []string) string
}

// Request is one call to place.
type Request struct {
	CallID   string // SIP Call-ID, derived from the attempt
	Number   string // E.164
	CallerID string // E.164, empty = the trunk's default
	Campaign string // name, for headers that a carrier wants
	Profile  string // https address of what may be shown beside the caller ID (RFC 9795); empty = none
	Trunks   []string
	// RingTime is how long it may ring before it is given up as no_answer,
	// counted from the first ringing, or from the INVITE when none comes.
	RingTime time.Duration
	// Leave, when it is not nil, is asked immediately before each INVITE of the
	// call is written, and left is called when it is. An error means that the
	// call was withdrawn: nothing may be sent, and Dial fails with
	// campaigns.Cancelled.
	Leave func() (left func(), err error)
	// OnProgress is told, in order and before Dial returns, what happened on
	// the way. It must not block.
	OnProgress func(Progress)
}

// Progress is a step on the way to an answer.
type Progress struct {
	Step   Step
	At     time.Time
	Trunk  string
	Code   int    // SIP status, 0 when there is none
	Detail string // for people
	// What the carrier says of the signature over the caller ID, of StepAttested:
	// A, B or C (RFC 8588), and the far end's verdict. Empty = nothing yet.
	Attestation, Verstat string
}

// Step names what happened.
type Step string

// The steps of placing a call.
const (
	StepSent       Step = "sent"        // INVITE on the wire
	StepTrying     Step = "trying"      // first provisional response
	StepRinging    Step = "ringing"     // 180
	StepEarlyMedia Step = "early_media" // 183 with SDP: not an answer
	StepFailOver   Step = "fail_over"   // another trunk is tried
	StepAttested   Step = "attested"    // the carrier says how it signed the caller ID
	StepAnswered   Step = "answered"
)

// Leg is an answered call of a person.
type Leg interface {
	Audio() media.Port
	// OnDigit names who is told of each key the person presses (RFC 4733).
	OnDigit(func(digit byte))
	Answered() Answer
	Done() <-chan struct{}
	// Ending tells how the call ended; valid once Done is closed.
	Ending() Ending
	// Hangup ends the call and returns when the line is free.
	Hangup(ctx context.Context)
	// Heard is when audio last arrived; zero = never.
	Heard() time.Time
}

// Holder is a Leg that knows whether the person, or their phone, has put us on
// hold: then silence is no fault.
type Holder interface{ Held() bool }

// Answer is what is known of a call at its answer.
type Answer struct {
	Trunk      string
	SentAt     time.Time
	RingingAt  time.Time
	AnsweredAt time.Time
}

// Ending is how an answered call ended.
type Ending struct {
	By     string // callee, us, carrier
	Code   int    // SIP status or 0
	Q850   int
	Reason string
	At     time.Time
}

// Station is an agent's phone, whatever it is made of: up between calls.
type Station interface {
	Audio() media.Port
	Done() <-chan struct{}
	Hangup(ctx context.Context)
}
