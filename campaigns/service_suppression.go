package campaigns

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// SuppressionStore keeps the do-not-call list. AddDoNotCall is durable on
// return: from then on no attempt of the number begins.
type SuppressionStore interface {
	AddDoNotCall(ctx context.Context, d DoNotCall) error
	RemoveDoNotCall(ctx context.Context, number, by, reason string) error
	DoNotCall(ctx context.Context, number string) (DoNotCall, error)
	// ImportDoNotCall adds many and tells how many were new.
	ImportDoNotCall(ctx context.Context, batch []DoNotCall) (added int, err error)
}

// SuppressionReader lists the do-not-call list by number, a page at a time.
type SuppressionReader interface {
	DoNotCalls(ctx context.Context, after string, limit int) ([]DoNotCall, error)
}

// Withdrawer cancels what rings at a number.
type Withdrawer interface {
	Withdraw(number string)
}

// Suppression is the do-not-call list: anybody may put a number on it, few may
// take one off.
type Suppression struct {
	store SuppressionStore
	pages SuppressionReader
	floor Withdrawer
}

// NewSuppression returns the service.
func NewSuppression(store SuppressionStore, pages SuppressionReader, floor Withdrawer) *Suppression {
	return &Suppression{store: store, pages: pages, floor: floor}
}

// Add puts a number on the list and withdraws what rings there.
func (s *Suppression) Add(ctx context.Context, by User, d DoNotCall) error {
	if err := by.Allow(AddDoNotCall); err != nil {
		return err
	}
	if err := rules.Dialable(d.Number); err != nil {
		return invalid("number_invalid", err)
	}
	if d.Channel == "" {
		d.Channel = ChannelManual
	}
	d.By = by.Login
	if d.At.IsZero() {
		d.At = time.Now().UTC()
	}
	if err := s.store.AddDoNotCall(ctx, d); err != nil {
		return fmt.Errorf("add a number to the do-not-call list: %w", err)
	}
	s.floor.Withdraw(d.Number)
	return nil
}

// Import puts many numbers on the list, withdraws what rings there, and tells
// how many were new. Who may not see the list may not fill it.
func (s *Suppression) Import(ctx context.Context, by User, batch []DoNotCall) (added int, err error) {
	for _, p := range []Permission{AddDoNotCall, SeeDoNotCall} {
		if err := by.Allow(p); err != nil {
			return 0, err
		}
	}
	now := time.Now().UTC()
	for i := range batch {
		d := &batch[i]
		d.Channel, d.By = ChannelImport, by.Login
		if d.At.IsZero() {
			d.At = now
		}
	}
	added, err = s.store.ImportDoNotCall(ctx, batch)
	if err != nil {
		return added, fmt.Errorf("import into the do-not-call list: %w", err)
	}
	for _, d := range batch {
		s.floor.Withdraw(d.Number)
	}
	return added, nil
}

// Remove takes a number off the list, for a reason that stays in the record.
func (s *Suppression) Remove(ctx context.Context, by User, number, reason string) error {
	if err := by.Allow(RemoveDoNotCall); err != nil {
		return err
	}
	if reason == "" {
		return problem(KindInvalid, "reason_missing", "Taking a number off the do-not-call list needs a reason.")
	}
	return missing("do_not_call_entry", s.store.RemoveDoNotCall(ctx, number, by.Login, reason))
}

// Find returns the entry of a number.
func (s *Suppression) Find(ctx context.Context, by User, number string) (DoNotCall, error) {
	if err := by.Allow(SeeDoNotCall); err != nil {
		return DoNotCall{}, err
	}
	d, err := s.store.DoNotCall(ctx, number)
	return d, missing("do_not_call_entry", err)
}

// Page lists the entries after a number, in the order of numbers.
func (s *Suppression) Page(ctx context.Context, by User, after string, limit int) ([]DoNotCall, error) {
	if err := by.Allow(SeeDoNotCall); err != nil {
		return nil, err
	}
	return s.pages.DoNotCalls(ctx, after, limit)
}
