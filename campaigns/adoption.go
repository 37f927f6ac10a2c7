package campaigns

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Adoption is one change of which rules bind the house: a document of rules was
// put in force, in place of the one of the same id before it, or was dropped.
type Adoption struct {
	Seq        int64     `json:"seq"`
	Set        string    `json:"set"`     // id of the document
	Version    int       `json:"version"` // of the document
	SHA256     Hash      `json:"sha256"`  // of its source
	Dropped    bool      `json:"dropped"`
	At         time.Time `json:"at"`
	By         string    `json:"by"`
	ApprovedBy string    `json:"approved_by,omitempty"` // the second person, of what loosens a rule
	Reason     string    `json:"reason,omitempty"`
}

// Registers answers whether a number stands on a do-not-call register that
// somebody else keeps. Look never blocks and takes no lock: it is asked in the
// transaction of every attempt. Number is E.164 without its plus.
type Registers interface {
	Look(list string, number uint64) rules.Listed
}

// RuleShelf keeps the documents of rules that the house has adopted.
type RuleShelf interface {
	// Adopt puts documents in force, all of them in one step: the next call that
	// is begun is judged by them. What is in force already is left alone.
	Adopt(ctx context.Context, sets []*rules.Set, a Adoption) ([]Adoption, error)
	// Drop takes the document with an id out of force; ErrNotFound when it is not in force.
	Drop(ctx context.Context, a Adoption) (Adoption, error)
	// Adopted lists what is in force, by id.
	Adopted(ctx context.Context) ([]Adoption, error)
	// Adoptions lists every change, oldest first.
	Adoptions(ctx context.Context) ([]Adoption, error)
	// RuleSet reads a document that was ever adopted, by the hash of its source.
	RuleSet(ctx context.Context, sum Hash) (*rules.Set, error)
}
