package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/evidence"
)

// Law names a promise that the ledger is checked for.
type Law string

// The laws that a ledger shows by itself. I1 to I10 are those of the fault
// catalogue; a store may add laws of its own rows.
const (
	LawDoNotCall Law = "I1"  // no attempt of a number whose do-not-call was acknowledged before
	LawWindow    Law = "I2"  // no attempt outside the window of the contact's zones
	LawLive      Law = "I3"  // at most one open attempt of a number
	LawOneCall   Law = "I4"  // one row, one identity, no gap
	LawOutcome   Law = "I5"  // exactly one outcome, within 90 s of the end
	LawOneLeg    Law = "I7"  // an agent never has two customers
	LawChain     Law = "I10" // the chain verifies and has no gap
	LawCounters  Law = "store.counters"
	// LawCheckpoint: the chain is the one that was signed.
	LawCheckpoint Law = "evidence.checkpoint"
)

// Finding is one breach of a law.
type Finding struct {
	Law     Law    `json:"law"`
	Attempt string `json:"attempt_id,omitempty"`
	Record  int64  `json:"record,omitempty"` // place in the chain
	Detail  string `json:"detail"`           // for people; no full number
}

// Findings is what a check of the ledger read and what it found broken.
type Findings struct {
	At       time.Time `json:"at"`
	Attempts int64     `json:"attempts"`
	Outcomes int64     `json:"outcomes"`
	Open     int64     `json:"open"`    // attempts still without an outcome, not a breach while they last
	Records  int64     `json:"records"` // links of the chain
	Head     string    `json:"head"`    // hash of the last link: anchor it elsewhere
	// Checkpoints is how many signed checkpoints agreed with the chain, or did not.
	Checkpoints int64 `json:"checkpoints"`

	Broken []Finding `json:"broken"` // the first hundred of each law
	Count  int64     `json:"count"`  // breaches in all
}

// Trust is what a check of the ledger may rely on beside the ledger.
type Trust = evidence.Known

// Clean tells that no law is broken.
func (f Findings) Clean() bool { return f.Count == 0 }

// AuditEntry is something that was done and must be provable: who changed
// which setting, who logged in, who undid a load. It enters the chain.
type AuditEntry struct {
	Seq     int64     `json:"seq"`
	At      time.Time `json:"at"`
	Kind    string    `json:"kind"`    // campaign.status, load.undo, user.login, ...
	By      string    `json:"by"`      // login, or what part of the program
	Subject string    `json:"subject"` // what it was done to: "campaign 7"
	Detail  string    `json:"detail"`  // before and after, reason
}
