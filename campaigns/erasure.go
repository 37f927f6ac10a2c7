package campaigns

import (
	"errors"
	"time"
)

// Basis is the ground on which a person is forgotten.
type Basis string

// The grounds.
const (
	BasisWithdrawn Basis = "consent_withdrawn" // GDPR article 17(1)(b)
	BasisObjected  Basis = "objection"         // articles 17(1)(c), 21(2)
	BasisNeedless  Basis = "no_longer_needed"  // article 17(1)(a)
	BasisUnlawful  Basis = "unlawful"          // article 17(1)(d)
	BasisDuty      Basis = "legal_duty"        // article 17(1)(e), or an order
)

// Bases lists them all.
func Bases() []Basis {
	return []Basis{BasisObjected, BasisWithdrawn, BasisNeedless, BasisUnlawful, BasisDuty}
}

// ErasureState is how far the forgetting of a person has come.
type ErasureState string

// The states. Asked is over when the person is in no call any more; restricted
// ends when the last hold is released.
const (
	ErasureAsked      ErasureState = "asked"
	ErasureRestricted ErasureState = "restricted" // a hold covers the person: kept, and used for nothing else
	ErasureDone       ErasureState = "done"
)

// ErasureAsk is somebody's wish that a person be forgotten. From the moment it
// is written the number is on the house's do-not-call list.
type ErasureAsk struct {
	ID     int64        `json:"id"`
	Number string       `json:"number"`
	At     time.Time    `json:"at"`
	By     string       `json:"by"`
	Basis  Basis        `json:"basis"`
	State  ErasureState `json:"state"`
	Holds  []Hold       `json:"holds,omitempty"` // why it is restricted
}

// Tombstone is what remains of a person who was forgotten, or of records whose
// time was over: what, when, by whom and why, not of whom. It enters the chain.
type Tombstone struct {
	Seq    int64            `json:"seq"`
	At     time.Time        `json:"at"`
	By     string           `json:"by"`
	Basis  string           `json:"basis"`
	Kind   string           `json:"kind"`   // person, retention
	Counts map[string]int64 `json:"counts"` // rows by kind whose personal part is gone, and what else was deleted
}

// The kinds of tombstones.
const (
	TombstonePerson    = "person"
	TombstoneRetention = "retention"
)

// ErrInCall marks a person who cannot be forgotten now: a call with them is
// open. The wish is kept and done when it has ended.
var ErrInCall = errors.New("a call with the person is open")

// ErrHeld marks what a legal hold covers.
var ErrHeld = errors.New("a legal hold covers it")

// ErrNoCheckpoint marks a ledger that was never signed.
var ErrNoCheckpoint = errors.New("no checkpoint was signed yet")

// HoldScope is what a hold is about.
type HoldScope string

// The scopes.
const (
	HoldNumber   HoldScope = "number"
	HoldCampaign HoldScope = "campaign"
	HoldSeller   HoldScope = "seller"
	HoldPeriod   HoldScope = "period"
)

// Hold keeps what it covers from every deletion, erasure included, until it is
// released or its time is over.
type Hold struct {
	ID          int64     `json:"id"`
	Scope       HoldScope `json:"scope"`
	Number      string    `json:"number,omitempty"`
	Campaign    int64     `json:"campaign_id,omitempty"`
	Seller      string    `json:"seller,omitempty"`
	From        time.Time `json:"from,omitzero"` // of calls, with the scope period
	To          time.Time `json:"to,omitzero"`
	Reason      string    `json:"reason"`
	By          string    `json:"by"`
	At          time.Time `json:"at"`
	Until       time.Time `json:"until,omitzero"` // zero = until released
	ReleasedAt  time.Time `json:"released_at,omitzero"`
	ReleasedBy  string    `json:"released_by,omitempty"`
	ReleasedWhy string    `json:"released_why,omitempty"`
}

// Open tells whether the hold still holds at now.
func (h Hold) Open(now time.Time) bool {
	return h.ReleasedAt.IsZero() && (h.Until.IsZero() || now.Before(h.Until))
}
