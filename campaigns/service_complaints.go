package campaigns

import (
	"context"
	"strings"
)

// CaseStore keeps complaints; SetCase answers ErrNotFound for one that is not
// there.
type CaseStore interface {
	Cases(ctx context.Context, f CaseFilter) ([]Case, error)
	SetCase(ctx context.Context, id int64, state ComplaintState, answer, by string) (Case, error)
}

// Complaints is what people were not content with, for those who answer them.
type Complaints struct{ store CaseStore }

// NewComplaints returns the service.
func NewComplaints(store CaseStore) *Complaints { return &Complaints{store: store} }

// List returns complaints, the newest first.
func (c *Complaints) List(ctx context.Context, by User, f CaseFilter) ([]Case, error) {
	if err := by.Allow(SeeCalls); err != nil {
		return nil, err
	}
	return c.store.Cases(ctx, f)
}

// Set closes a complaint, or opens it again; one is closed with what was done.
func (c *Complaints) Set(ctx context.Context, by User, id int64, state ComplaintState, answer string) (Case, error) {
	if err := by.Allow(SeeCalls); err != nil {
		return Case{}, err
	}
	answer = strings.TrimSpace(answer)
	switch {
	case state != ComplaintOpen && state != ComplaintClosed:
		return Case{}, problem(KindInvalid, "complaint_state", "A complaint is open or closed.")
	case state == ComplaintClosed && answer == "":
		return Case{}, problem(KindInvalid, "complaint_answer", "Say what was done before you close a complaint.")
	case len(answer) > 10_000:
		return Case{}, problem(KindInvalid, "complaint_answer", "What was done has at most 10000 characters.")
	}
	changed, err := c.store.SetCase(ctx, id, state, answer, by.Login)
	return changed, missing("complaint", err)
}
