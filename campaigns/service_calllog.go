package campaigns

import (
	"context"
	"iter"
	"time"
)

// CallReader streams calls in pages, however many there are.
type CallReader interface {
	Calls(ctx context.Context, f CallFilter) iter.Seq2[Call, error]
}

// CallbackReader lists agreed callbacks.
type CallbackReader interface {
	Callbacks(ctx context.Context, f CallbackFilter) ([]Callback, error)
}

// Checker checks the ledger against its laws.
type Checker interface {
	Verify(ctx context.Context, now time.Time) (Findings, error)
}

// CallLog is what happened, for those who answer for it.
type CallLog struct {
	calls     CallReader
	callbacks CallbackReader
	checker   Checker
}

// NewCallLog returns the service.
func NewCallLog(calls CallReader, callbacks CallbackReader, checker Checker) *CallLog {
	return &CallLog{calls: calls, callbacks: callbacks, checker: checker}
}

// Calls streams the calls of a filter, with numbers.
func (l *CallLog) Calls(ctx context.Context, by User, f CallFilter) (iter.Seq2[Call, error], error) {
	if err := by.Allow(ExportCalls); err != nil {
		return nil, err
	}
	for _, o := range f.Outcomes {
		if !o.Known() {
			return nil, problem(KindInvalid, "outcome_unknown", "%q is not an outcome.", o)
		}
	}
	return l.calls.Calls(ctx, f), nil
}

// Callbacks lists agreed callbacks: an agent's own, or everybody's for those
// who see campaigns.
func (l *CallLog) Callbacks(ctx context.Context, by User, f CallbackFilter) ([]Callback, error) {
	if by.Allow(SeeCampaigns) != nil {
		if err := by.Allow(DoCalls); err != nil {
			return nil, err
		}
		f.Agent = by.ID
	}
	return l.callbacks.Callbacks(ctx, f)
}

// Verify checks the ledger against its laws.
func (l *CallLog) Verify(ctx context.Context, by User) (Findings, error) {
	if err := by.Allow(SeeLedger); err != nil {
		return Findings{}, err
	}
	return l.checker.Verify(ctx, time.Now())
}
