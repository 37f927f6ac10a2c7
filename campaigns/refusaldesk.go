package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RefusalRow is how many calls a rule refused on a day, by campaign.
type RefusalRow struct {
	Day      time.Time `json:"day"` // its begin, UTC
	Campaign int64     `json:"campaign_id"`
	Rule     string    `json:"rule"`
	N        int64     `json:"refusals"`
}

// RefusalFilter chooses refusals; the zero filter chooses all of them.
type RefusalFilter struct {
	Campaign int64     // 0 = any
	Rule     string    // that refused first; empty = any
	From, To time.Time // zero = open
	Before   int64     // place of the last one of the page before; 0 = from the newest
	Limit    int
}

// Denied is one refusal: a number that a campaign may not call until a time.
type Denied struct {
	Seq      int64     `json:"seq"`
	ID       string    `json:"decision_id"`
	At       time.Time `json:"at"` // of the first time; it holds until Next
	Campaign int64     `json:"campaign_id"`
	Contact  int64     `json:"contact_id"`
	Number   string    `json:"number"`
	Rule     string    `json:"rule"`
	Next     time.Time `json:"next,omitzero"` // zero = by no time
}

// RefusalStore counts and lists refusals.
type RefusalStore interface {
	DecisionReader
	RefusalRows(ctx context.Context, f RefusalFilter) ([]RefusalRow, error)
	Denials(ctx context.Context, f RefusalFilter) ([]Denied, error)
	Decision(ctx context.Context, id string) (DecisionRecord, error)
}

// RefusalDesk shows what the rules refused.
type RefusalDesk struct{ store RefusalStore }

// NewRefusalDesk returns the service.
func NewRefusalDesk(store RefusalStore) *RefusalDesk { return &RefusalDesk{store} }

// longestRefusals bounds the period of a table of refusals.
const longestRefusals = 400 * 24 * time.Hour

func (f RefusalFilter) check() error {
	switch {
	case f.From.IsZero() || f.To.IsZero() || !f.To.After(f.From):
		return problem(KindInvalid, "period_invalid", "Give a period that ends after it begins.")
	case f.To.Sub(f.From) > longestRefusals:
		return problem(KindInvalid, "period_too_long", "Ask for at most 400 days at once.")
	}
	return nil
}

// Count counts refusals by day, campaign and rule.
func (d *RefusalDesk) Count(ctx context.Context, by User, f RefusalFilter) ([]RefusalRow, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	rows, err := d.store.RefusalRows(ctx, f)
	return rows, err
}

// List returns refusals, the newest first.
func (d *RefusalDesk) List(ctx context.Context, by User, f RefusalFilter) ([]Denied, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	if err := f.check(); err != nil {
		return nil, err
	}
	if f.Limit <= 0 || f.Limit > longestPage {
		f.Limit = longestPage
	}
	out, err := d.store.Denials(ctx, f)
	if err == nil && by.Allow(ExportCalls) != nil {
		for i := range out {
			out[i].Number = Mask(out[i].Number)
		}
	}
	return out, err
}

// RefusedCall is one refusal with the verdict of every rule.
type RefusedCall struct {
	DecisionRecord
	Verdicts []rules.Verdict `json:"verdicts"`
	Doubt    string          `json:"doubt,omitempty"` // why it cannot be taken again
}

// One returns a refusal with its verdicts, taken again by the rules of that time.
func (d *RefusalDesk) One(ctx context.Context, by User, id string) (RefusedCall, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return RefusedCall{}, err
	}
	record, err := d.store.Decision(ctx, id)
	if errors.Is(err, ErrNotFound) {
		return RefusedCall{}, problem(KindNotFound, "decision_not_found", "There is no such decision.")
	}
	if err != nil {
		return RefusedCall{}, fmt.Errorf("refusal %s: %w", id, err)
	}
	out := RefusedCall{DecisionRecord: record, Verdicts: []rules.Verdict{}}
	if by.Allow(ExportCalls) != nil {
		out.Number = Mask(out.Number)
	}
	words, _, err := newBooks(d.store).again(ctx, record)
	if err != nil {
		out.Doubt = "The decision cannot be taken again: " + err.Error() + "."
		return out, nil
	}
	out.Verdicts = words.Verdicts()
	return out, nil
}
