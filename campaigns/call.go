package campaigns

import (
	"errors"
	"time"
)

// Errors of the ledger, which stores return wrapped.
var (
	// ErrUnknownAttempt marks an attempt that the ledger does not hold.
	ErrUnknownAttempt = errors.New("the ledger has no such attempt")
	// ErrFinished marks a second outcome of one attempt.
	ErrFinished = errors.New("the attempt has its outcome already")
	// ErrNotLeased marks an attempt for a contact that its hopper does not
	// hold any more: removed, finished or returned meanwhile.
	ErrNotLeased = errors.New("the contact is not leased")
	// ErrClock marks that the wall clock jumped, so that no calling window can
	// be judged: nobody is called until it is right again or acknowledged.
	ErrClock = errors.New("the clock jumped")
	// ErrClockOff marks that the wall clock differs from the time servers by
	// more than rules.MaxClockOffset. It is an ErrClock too, but nobody can
	// acknowledge it away: the clock has to be set right.
	ErrClockOff error = clockOff{}
	// ErrStatus marks a change of status that a campaign cannot make.
	ErrStatus = errors.New("the campaign cannot go there from its status")
)

type clockOff struct{}

func (clockOff) Error() string { return "the clock is wrong" }

func (clockOff) Is(target error) bool { return target == ErrClock }

// Call is an attempt as the call log shows it: with names in place of
// numbers, with what the agent said of it, and with its place in the chain.
type Call struct {
	Attempt
	CampaignName string       `json:"campaign"`
	ListName     string       `json:"list"`
	ContactName  string       `json:"contact_name"`
	External     string       `json:"external_id"`
	AgentLogin   string       `json:"agent"`
	SecondLogin  string       `json:"second_agent,omitempty"`
	Disposition  *Disposition `json:"disposition,omitempty"`
	// Checks are the do-not-call lists that were asked, when CallFilter.Checks
	// wants them.
	Checks []ListCheck `json:"dnc_checks,omitempty"`
	// Settings are those of the campaign that were in force when the call
	// began, shared by all calls of that time: read only. Nil when unknown.
	Settings *Campaign `json:"-"`
	// Hash is the link of the attempt's last record in the chain, in
	// hexadecimal: of its outcome, or of its intent while it is open.
	Hash string `json:"hash"`
	// PrevHash is the link before that, of whatever record it was.
	PrevHash string `json:"prev_hash"`
}

// CallFilter chooses calls; the zero filter chooses all of them, in the order
// of the ledger.
type CallFilter struct {
	Campaign    int64     // 0 = any
	Contact     int64     // 0 = any
	Agent       int64     // who talked or took over; 0 = any
	From        time.Time // intent at or after; zero = from the first
	To          time.Time // intent before; zero = to the last
	Outcomes    []Outcome // none = any, open attempts included
	Number      string    // E.164; empty = any
	Disposition string    // code; empty = any
	Sold        bool      // only calls with an order
	Recorded    *bool     // only calls with, or without, a recording; nil = any
	Checks      bool      // read Call.Checks too, out of the decisions
	After       int64     // only calls with a greater Seq (or a lesser one, Newest first)
	Newest      bool      // newest first
	Limit       int       // 0 = all
}

// CallbackFilter chooses callbacks; the zero filter chooses all of them.
type CallbackFilter struct {
	Campaign int64
	Contact  int64
	Agent    int64     // personal callbacks of this agent; 0 = any
	From, To time.Time // agreed time, To excluded
	Open     bool      // only those not yet kept
	Limit    int       // 0 = 1,000
}

// Tally counts the attempts of a campaign that began within a period, by how
// they ended.
type Tally struct {
	Attempts  int64             `json:"attempts"`  // begun, open ones included
	Open      int64             `json:"open"`      // without an outcome
	Live      int64             `json:"live"`      // answered by a person
	Abandoned int64             `json:"abandoned"` // of those, counted against the cap
	Outcomes  map[Outcome]int64 `json:"outcomes"`
	// Inbound is how many calls people made to the campaign; they are in no other
	// count but that of their outcomes.
	Inbound int64 `json:"inbound,omitempty"`
}

// Kept is what a store remembers of a request with an idempotency key.
type Kept struct {
	Request []byte // digest of the first request with the key
	Answer  []byte // what was answered; nil while the first is still at work
}
