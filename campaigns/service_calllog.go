package campaigns

import (
	"context"
	"fmt"
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

// Evidence checks the ledger against its laws, and writes down what must be
// provable.
type Evidence interface {
	Verify(ctx context.Context, now time.Time) (Findings, error)
	AddAudit(ctx context.Context, e AuditEntry) error
}

// CallLog is what happened, for those who answer for it.
type CallLog struct {
	calls     CallReader
	callbacks CallbackReader
	evidence  Evidence
}

// NewCallLog returns the service.
func NewCallLog(calls CallReader, callbacks CallbackReader, evidence Evidence) *CallLog {
	return &CallLog{calls: calls, callbacks: callbacks, evidence: evidence}
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

// Export streams the calls of a filter to take away, and writes down who took
// what.
func (l *CallLog) Export(ctx context.Context, by User, f CallFilter, what string) (iter.Seq2[Call, error], error) {
	f.Checks = true
	calls, err := l.Calls(ctx, by, f)
	if err != nil {
		return nil, err
	}
	detail := fmt.Sprintf("campaign %d, agent %d, from %s, to %s, outcomes %v, disposition %q",
		f.Campaign, f.Agent, f.From.UTC().Format(time.RFC3339), f.To.UTC().Format(time.RFC3339), f.Outcomes, f.Disposition)
	err = l.evidence.AddAudit(ctx, AuditEntry{At: time.Now().UTC(), Kind: "calls.export", By: by.Login, Subject: what, Detail: detail})
	if err != nil {
		return nil, fmt.Errorf("write an export down: %w", err)
	}
	return calls, nil
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
	return l.evidence.Verify(ctx, time.Now())
}
