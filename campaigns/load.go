package campaigns

import (
	"fmt"
	"time"
)

// Duplicates says what an import does with a contact of whom the campaign has
// a phone number already.
type Duplicates string

// The policies for duplicates.
const (
	SkipDuplicates   Duplicates = "skip"   // leave the contact that is there, refuse the row
	AllowDuplicates  Duplicates = "allow"  // store a second contact with the number
	UpdateDuplicates Duplicates = "update" // fill the contact that is there with the row's fields
)

// Known tells whether d is one of the policies.
func (d Duplicates) Known() bool {
	return d == SkipDuplicates || d == AllowDuplicates || d == UpdateDuplicates
}

// Load is one import of contacts into a list, which can be undone as a whole.
type Load struct {
	ID       int64      `json:"id"`
	Campaign int64      `json:"campaign"`
	List     int64      `json:"list"`
	Source   string     `json:"source"` // file name, "stdin", address of the upload
	Policy   Duplicates `json:"duplicates"`
	By       string     `json:"by"` // login of who started it
	BeganAt  time.Time  `json:"began_at"`
	EndedAt  time.Time  `json:"ended_at,omitzero"`
	UndoneAt time.Time  `json:"undone_at,omitzero"`
	Counts   LoadCounts `json:"counts"`
	// Cut says why the load did not come to its end; empty = it did, or runs.
	Cut LoadCut `json:"cut,omitempty"`
	// Line is the last line of the file of which a load that was cut added a person.
	Line int64 `json:"line,omitempty"`
	// Node is the name of the node that reads or read the file.
	Node string `json:"node,omitempty"`
	// Columns are the keys of the contacts' further fields, in the order of the
	// file; only BeginLoad reads them.
	Columns []string `json:"-"`
}

// LoadCut says why a load did not come to its end.
type LoadCut string

// What ends a load early.
const (
	CutStopped LoadCut = "stopped" // by a person, or because its node was to do something else
	CutFailed  LoadCut = "failed"  // the file or the store did not go on
	CutNode    LoadCut = "node"    // the node that read the file ended without a word
)

// Interrupted tells a manager how far a load came that was cut, and what to do
// about it; empty when it was not.
func (l Load) Interrupted() string {
	if l.Cut == "" {
		return ""
	}
	node := "the node that read it"
	if l.Node != "" {
		node = "node " + l.Node
	}
	why := map[LoadCut]string{
		CutStopped: "when it was stopped, or " + node + " was",
		CutFailed:  "because the file could not be read on or stored",
		CutNode:    "by the end of " + node,
	}[l.Cut]
	where := "before anybody of it was stored"
	if l.Line > 0 {
		where = fmt.Sprintf("after line %d", l.Line)
	}
	next := "Upload the file again: people who are there are recognised, the rest is added."
	if l.Policy == AllowDuplicates {
		next = "Undo it, then upload the file again: without that, people would be there twice."
	}
	return fmt.Sprintf("Interrupted %s, %s. The list is not whole. %s", where, why, next)
}

// LoadCounts is what became of the rows of a load. Rows is the sum of the rest.
type LoadCounts struct {
	Rows       int64 `json:"rows"`
	Added      int64 `json:"added"`
	Updated    int64 `json:"updated"`
	Duplicates int64 `json:"duplicates"` // skipped, because the number is there already
	Refused    int64 `json:"refused"`    // nothing in them that could be dialed
}

// RowFate is what became of one row of an import.
type RowFate string

// The fates of rows.
const (
	RowAdded     RowFate = "added"
	RowUpdated   RowFate = "updated"
	RowDuplicate RowFate = "duplicate"
	RowRefused   RowFate = "refused"
)

// RowVerdict says what the store did with one contact of a batch, in the
// order of the batch.
type RowVerdict struct {
	Row     int     `json:"row"`     // line of the file, from the contact
	Contact int64   `json:"contact"` // the contact added, updated or found there; 0 = none
	Fate    RowFate `json:"fate"`
	Reason  string  `json:"reason,omitempty"` // why it was refused, for people
}

// Depth is how many contacts of a campaign stand where: why a hopper is empty.
type Depth struct {
	Ready    int64     `json:"ready"`    // callable now, as far as lists go; hours are checked at the dial
	Inactive int64     `json:"inactive"` // would be ready, but their list is switched off
	Waiting  int64     `json:"waiting"`  // not before their time
	Leased   int64     `json:"leased"`   // in a hopper's memory
	Live     int64     `json:"live"`     // in a call
	Done     int64     `json:"done"`
	Total    int64     `json:"total"`
	NextDue  time.Time `json:"next_due,omitzero"` // when the first of the waiting is due; may be past
	Filter   bool      `json:"filter,omitempty"`  // the campaign has one: not all that are ready are called
}
