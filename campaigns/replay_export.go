package campaigns

import (
	"context"
	"fmt"
	"iter"
	"strconv"

	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
)

// exportedDecisions are those of an evidence export that was checked: what a
// call's row in the chain commits to is known to be the digest of its decision.
type exportedDecisions struct{ in *evidence.Kept }

// NewExportReplays takes the decisions of an evidence export again. The export
// must have been verified, for that is not done here.
func NewExportReplays(in *evidence.Kept, zones string) *Replays {
	return NewReplays(exportedDecisions{in}, zones)
}

// Decisions streams what allowed the calls of the export. Exports hold no
// refusals.
func (x exportedDecisions) Decisions(_ context.Context, f DecisionFilter) iter.Seq2[DecisionRecord, error] {
	return func(yield func(DecisionRecord, error) bool) {
		for stored, err := range x.in.Decisions() {
			if err != nil {
				yield(DecisionRecord{}, err)
				return
			}
			r, err := exportedDecision(stored)
			if err == nil && (f.Campaign != 0 && r.Campaign != f.Campaign || r.At.Before(f.From) || !f.To.IsZero() && !r.At.Before(f.To)) {
				continue
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

func exportedDecision(s evidence.Stored) (DecisionRecord, error) {
	r := DecisionRecord{
		ID: "attempt " + strconv.FormatInt(s.Attempt, 10), Attempt: s.Attempt, Book: Hash(s.Book), Terms: Hash(s.Terms), TermsText: []byte(s.Text), Record: s.Record,
	}
	r.Chained = r.Digest()
	made, err := rules.ReadRecord(s.Record)
	if err != nil {
		return r, fmt.Errorf("decision of %s: %w", r.ID, err)
	}
	terms, err := r.ReadTerms()
	r.At, r.Campaign = made.At, terms.Campaign
	return r, err
}

// Decision finds none: those of an export are read from its first to its last.
func (exportedDecisions) Decision(context.Context, string) (DecisionRecord, error) {
	return DecisionRecord{}, ErrNotFound
}

// BookOf makes a book of the documents in the export.
func (x exportedDecisions) BookOf(_ context.Context, hash Hash) (*rules.Book, error) {
	return x.in.Book(evidence.Hex(hash))
}

// Book is none: what is in force where the export came from is not in it.
func (exportedDecisions) Book() *rules.Book { return nil }

// ZoneEras are those of the export's checkpoints.
func (x exportedDecisions) ZoneEras(context.Context) ([]ZoneEra, error) {
	points, err := x.in.Checkpoints()
	return zoneEras(points), err
}
