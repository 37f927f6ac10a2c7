package campaigns

import (
	"errors"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RuleRequest is a wish about the rules that loosens them. It waits for a second
// person.
//
//	waiting --> approved    in force from the next call on
//	   |------> refused     with a word
//	   |------> withdrawn   by who asked
//	   +------> expired     after 14 days
type RuleRequest struct {
	ID      int64          `json:"id"`
	Set     string         `json:"set"`
	Version int            `json:"version"`          // of the document that is wanted; 0 = the set is to be dropped
	SHA256  Hash           `json:"sha256,omitempty"` // of its source; none = the set is to be dropped
	Base    Hash           `json:"base,omitempty"`   // what was in force when it was asked for; none = nothing
	Source  []byte         `json:"-"`
	Changes []rules.Change `json:"changes"`
	Reason  string         `json:"reason"`
	By      string         `json:"by"`
	At      time.Time      `json:"at"`

	State     RequestState `json:"state"`
	DecidedBy string       `json:"decided_by,omitempty"`
	DecidedAt time.Time    `json:"decided_at,omitzero"`
	Word      string       `json:"word,omitempty"`
}

// RequestState says what became of a request.
type RequestState string

// The states of a request.
const (
	RequestWaiting   RequestState = "waiting"
	RequestApproved  RequestState = "approved"
	RequestRefused   RequestState = "refused"
	RequestWithdrawn RequestState = "withdrawn"
	RequestExpired   RequestState = "expired"
)

// RequestLife is how long a request waits for a second person.
const RequestLife = 14 * 24 * time.Hour

// Drops tells whether the request is to take the set out of force.
func (r RuleRequest) Drops() bool { return len(r.SHA256) == 0 }

// Over tells whether nobody may approve the request any more.
func (r RuleRequest) Over(now time.Time) bool { return now.Sub(r.At) > RequestLife }

// Loosened are the changes that let calls through that were not.
func Loosened(changes []rules.Change) []rules.Change {
	return slices.DeleteFunc(slices.Clone(changes), func(c rules.Change) bool { return c.Direction != rules.Loosened })
}

// ErrRulesChanged marks a change of rules that was asked for over other rules
// than are in force now.
var ErrRulesChanged = errors.New("other rules are in force since")

// ReviewLife is how long a comparison of rules with the law is taken as fresh.
const ReviewLife = 180 * 24 * time.Hour

// SetInForce is a document that binds, with what is to be known of it.
type SetInForce struct {
	Adoption
	Document *rules.Set
	Stale    bool // nobody compared it with the law for longer than ReviewLife
	Advisory int  // rules that are shown and do not refuse: unverified
}
