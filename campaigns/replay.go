package campaigns

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Replay is what came out when decisions were taken again, each by the rules,
// terms and facts that were kept with it.
type Replay struct {
	Decisions int64         `json:"decisions"`
	Allowed   int64         `json:"allowed"` // of them, that let a call be placed
	Identical int64         `json:"identical"`
	Different []Differently `json:"different"` // the first of those that are not, at most 100
	From      time.Time     `json:"from,omitzero"`
	To        time.Time     `json:"to,omitzero"` // of the first and the last decision

	// Zones is the version of the time zones that the decisions were taken again
	// with; OtherZones is how many of them were taken with another one, and
	// OtherRules how many by other rules than are in force now.
	Zones      string `json:"tzdb"`
	OtherZones int64  `json:"other_tzdb"`
	OtherRules int64  `json:"other_rules"`
}

// Differently is a decision that did not come out as it was kept.
type Differently struct {
	ID       string    `json:"decision_id"`
	At       time.Time `json:"at"`
	Campaign int64     `json:"campaign_id"`
	Why      string    `json:"why"`
	Zones    string    `json:"tzdb,omitempty"`    // version of the time zones it was taken with
	Program  string    `json:"program,omitempty"` // version of forecall that took it
}

// Same tells whether every decision came out byte by byte as it was kept.
func (r Replay) Same() bool { return r.Identical == r.Decisions }

// mostDifferent bounds what a Replay names.
const mostDifferent = 100

// DecisionStore keeps decisions.
type DecisionStore interface {
	DecisionReader
	ZoneHistory
	Decision(ctx context.Context, id string) (DecisionRecord, error)
	Book() *rules.Book // in force now; nil = of no matter
}

// Replays takes kept decisions again.
type Replays struct {
	from  DecisionStore
	zones string
}

// NewReplays returns the service. Zones is the version of the time zones that
// this program has.
func NewReplays(from DecisionStore, zones string) *Replays { return &Replays{from, zones} }

// Decided is one decision in words.
type Decided struct {
	Record   DecisionRecord
	Verdicts []rules.Verdict
	Place    Whereabouts
	Why      string // it does not come out as it was kept; empty = it does
}

// One reads a decision by the id of its attempt, or by its own, and says it in
// words: those of the rules of its time about what was known then.
func (s *Replays) One(ctx context.Context, by User, id string) (Decided, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Decided{}, err
	}
	record, err := s.from.Decision(ctx, id)
	if err != nil {
		return Decided{}, missing("decision", err)
	}
	made := newBooks(s.from)
	d, _, err := made.again(ctx, record)
	if err != nil {
		return Decided{}, fmt.Errorf("take decision %s again: %w", id, err)
	}
	return Decided{Record: record, Verdicts: d.Verdicts(), Place: placeOf(d), Why: made.differs(ctx, record)}, nil
}

// Run decides again what a filter chooses, and names what comes out otherwise:
// a record that was changed, a rule that decides differently today. It reads
// decisions as a stream; told is called now and then with how many are done, nil
// = nobody is told.
func (s *Replays) Run(ctx context.Context, by User, f DecisionFilter, told func(done int64)) (Replay, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Replay{}, err
	}
	out := Replay{Different: []Differently{}, Zones: s.zones}
	eras, err := s.from.ZoneEras(ctx)
	if err != nil {
		return out, fmt.Errorf("read with which time zones decisions were taken: %w", err)
	}
	made, now := newBooks(s.from), s.from.Book()
	for record, err := range s.from.Decisions(ctx, f) {
		if err != nil {
			return out, fmt.Errorf("read decisions to take them again: %w", err)
		}
		d := Differently{ID: record.ID, At: record.At, Campaign: record.Campaign, Why: made.differs(ctx, record)}
		d.Zones, d.Program = madeWith(eras, record.At)
		out.add(record, d)
		if now != nil && record.Book.String() != now.HashText() {
			out.OtherRules++
		}
		if told != nil && out.Decisions%1000 == 0 {
			told(out.Decisions)
		}
	}
	return out, nil
}

func (r *Replay) add(record DecisionRecord, d Differently) {
	r.Decisions++
	if record.Rule == "" {
		r.Allowed++
	}
	r.From = earliest(r.From, record.At)
	if record.At.After(r.To) {
		r.To = record.At
	}
	other := d.Zones != "" && d.Zones != r.Zones
	if other {
		r.OtherZones++
	}
	if d.Why == "" {
		r.Identical++
		return
	}
	if other {
		d.Why += fmt.Sprintf("; it was taken with the time zones %s, this program has %s", d.Zones, r.Zones)
	}
	if len(r.Different) < mostDifferent {
		r.Different = append(r.Different, d)
	}
}

// differs says why a record does not come out as it was kept; empty = it does.
func (b *books) differs(ctx context.Context, r DecisionRecord) string {
	if r.Attempt != 0 && !bytes.Equal(r.Chained, r.Digest()) {
		return "the record is not the one that the attempt's row in the chain commits to"
	}
	d, again, err := b.again(ctx, r)
	if err != nil {
		return err.Error()
	}
	if first := d.PrimaryRule(); first != rules.ID(r.Rule) {
		return fmt.Sprintf("it was %s, and is now %s", verdictWords(rules.ID(r.Rule)), verdictWords(first))
	}
	if !bytes.Equal(again, r.Record) {
		return "the facts or the verdicts of its rules come out as other bytes"
	}
	return ""
}

func verdictWords(rule rules.ID) string {
	if rule == "" {
		return "allowed"
	}
	return "refused by " + string(rule)
}
