package campaigns

import (
	"crypto/sha256"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// DecisionRecord is a decision as it was kept: what was known of the number,
// every verdict, and by which rules and terms. No number and no name stands in
// Record, Terms or Book.
type DecisionRecord struct {
	ID       string    `json:"decision_id"`   // of the attempt it allowed, or its own
	Attempt  int64     `json:"seq,omitempty"` // place of the attempt in the ledger; 0 = it refused
	At       time.Time `json:"at"`
	Campaign int64     `json:"campaign_id"`
	Contact  int64     `json:"contact_id,omitempty"`
	Number   string    `json:"number,omitempty"` // E.164; empty = the person was forgotten
	Rule     string    `json:"rule,omitempty"`   // that refused first; empty = allowed
	Next     time.Time `json:"next,omitzero"`    // when that rule allows it; zero = by no time
	Settings int64     `json:"settings_version"`
	Book     Hash      `json:"ruleset_sha256"`
	Terms    Hash      `json:"terms_sha256"`
	// TermsText is the JSON of the rules.Terms, whose hash Terms is.
	TermsText json.RawMessage `json:"terms"`
	Record    []byte          `json:"record"` // as rules.Decision writes it
	// Chained is the digest in the attempt's row of the chain; empty for a refusal.
	Chained Hash `json:"chained,omitempty"`
}

// decisionDigest begins what is hashed, so that no other text hashes alike.
const decisionDigest = "forecall decision 1\n"

// DigestDecision is the SHA-256 that stands for a decision in the chained row of
// its attempt: over the hash of the book, the hash of the terms and the record.
func DigestDecision(book, terms Hash, record []byte) Hash {
	h := sha256.New()
	h.Write([]byte(decisionDigest))
	h.Write(book)
	h.Write(terms)
	h.Write(record)
	return h.Sum(nil)
}

// Digest is DigestDecision of the record.
func (r DecisionRecord) Digest() Hash { return DigestDecision(r.Book, r.Terms, r.Record) }

// ReadTerms reads the terms of the campaign at that time.
func (r DecisionRecord) ReadTerms() (rules.Terms, error) {
	var t rules.Terms
	if err := json.Unmarshal(r.TermsText, &t); err != nil {
		return t, fmt.Errorf("terms of decision %s: %w", r.ID, err)
	}
	return t, nil
}

// DecisionFilter chooses decisions; the zero filter chooses all of them.
type DecisionFilter struct {
	Campaign int64     // 0 = any
	Number   string    // E.164; empty = any
	From, To time.Time // of the decision; zero = open
	Refused  *bool     // only refusals, or only what was allowed; nil = both
	Limit    int       // 0 = all
}

// RefusalCount is how many calls one rule refused at the last moment.
type RefusalCount struct {
	Campaign int64     `json:"campaign_id"`
	Rule     string    `json:"rule"`
	N        int64     `json:"refusals"`
	Last     time.Time `json:"last"` // minute of the last of them
}
