package campaigns

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// SuppressionStore keeps the do-not-call list. AddDoNotCall is durable on
// return: from then on no attempt of the number begins.
type SuppressionStore interface {
	AddDoNotCall(ctx context.Context, d DoNotCall) error
	RemoveDoNotCall(ctx context.Context, d DoNotCall) error
	DoNotCall(ctx context.Context, number string) (DoNotCall, error)
	// ImportDoNotCall adds many and tells how many were new.
	ImportDoNotCall(ctx context.Context, batch []DoNotCall) (added int, err error)
}

// SuppressionReader lists the do-not-call list by number, a page at a time, all
// entries and all changes of a number, and the campaigns whose sellers there are.
type SuppressionReader interface {
	DoNotCalls(ctx context.Context, after string, limit int) ([]DoNotCall, error)
	DoNotCallEntries(ctx context.Context, number string) ([]DoNotCall, error)
	DoNotCallHistory(ctx context.Context, number string) ([]DoNotCallChange, error)
	Campaigns(ctx context.Context) ([]Campaign, error)
}

// Withdrawer cancels what rings at a number.
type Withdrawer interface {
	Withdraw(number string)
}

// Suppressor cancels what rings at numbers as they come onto the list. When it
// returns without error no INVITE to them leaves any more, for the sellers of
// the entries.
type Suppressor interface {
	WithdrawAll(entries []DoNotCall) error
}

// Suppression is the do-not-call list: anybody may put a number on it, few may
// take one off.
type Suppression struct {
	store SuppressionStore
	pages SuppressionReader
	floor Suppressor
}

// NewSuppression returns the service.
func NewSuppression(store SuppressionStore, pages SuppressionReader, floor Suppressor) *Suppression {
	return &Suppression{store: store, pages: pages, floor: floor}
}

// Add puts a number on the list, of a seller or of the whole house, and
// withdraws what rings there: when it returns without error, no INVITE to the
// number leaves any more. With an error from the withdrawal the number is on
// the list all the same.
func (s *Suppression) Add(ctx context.Context, by User, d DoNotCall) error {
	if err := by.Allow(AddDoNotCall); err != nil {
		return err
	}
	if err := s.scope(ctx, &d); err != nil {
		return err
	}
	return s.add(ctx, by, d)
}

// object is Add of somebody who wants no calls from a seller that perhaps no
// campaign names: nobody is to be turned away for that, so the number goes on
// the list of the whole house, which keeps everybody from calling.
func (s *Suppression) object(ctx context.Context, by User, d DoNotCall) error {
	if err := by.Allow(AddDoNotCall); err != nil {
		return err
	}
	if known, _, err := s.seller(ctx, &d); err != nil || !known {
		said := fmt.Sprintf("said to the seller %q", d.Seller)
		if d.Reason = strings.TrimSpace(d.Reason); d.Reason != "" {
			said = d.Reason + "; " + said
		}
		d.Seller, d.Reason = "", said
	}
	return s.add(ctx, by, d)
}

func (s *Suppression) add(ctx context.Context, by User, d DoNotCall) error {
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
	return s.floor.WithdrawAll([]DoNotCall{d})
}

// Import puts many numbers on the list, withdraws what rings there, and tells
// how many were new. Who may not see the list may not fill it.
func (s *Suppression) Import(ctx context.Context, by User, batch []DoNotCall) (added int, err error) {
	for _, p := range []Permission{AddDoNotCall, SeeDoNotCall} {
		if err := by.Allow(p); err != nil {
			return 0, err
		}
	}
	now, last := time.Now().UTC(), ""
	for i := range batch {
		d := &batch[i]
		if d.Seller != last { // a file has one, or a few
			if err := s.scope(ctx, d); err != nil {
				return 0, err
			}
			last = d.Seller
		}
		d.Channel, d.By = ChannelImport, by.Login
		if d.At.IsZero() {
			d.At = now
		}
	}
	added, err = s.store.ImportDoNotCall(ctx, batch)
	if err != nil {
		return added, fmt.Errorf("import into the do-not-call list: %w", err)
	}
	return added, s.floor.WithdrawAll(batch)
}

// scope settles whose list an entry goes on: who said it in a call said it to
// the seller of its campaign. A seller for whom nobody calls is a name spelled
// wrong: its list would keep nobody from calling.
func (s *Suppression) scope(ctx context.Context, d *DoNotCall) error {
	known, names, err := s.seller(ctx, d)
	if err != nil || known {
		return err
	}
	there := "no campaign names a seller"
	if len(names) > 0 {
		slices.Sort(names)
		there = "those there are: " + strings.Join(names, ", ")
	}
	return problem(KindInvalid, "seller_unknown",
		"No campaign calls for %q; %s. Without a seller the number is on the list of the whole house.", d.Seller, there)
}

// seller fills in the seller of an entry's campaign, when the entry names none,
// and tells whether anybody calls for the one that it names; of an unknown one,
// who there is.
func (s *Suppression) seller(ctx context.Context, d *DoNotCall) (known bool, names []string, err error) {
	if d.Seller == "" && d.Campaign == 0 {
		return true, nil, nil
	}
	all, err := s.pages.Campaigns(ctx)
	if err != nil {
		return false, nil, fmt.Errorf("read the sellers: %w", err)
	}
	for _, c := range all {
		switch {
		case d.Seller == "" && c.ID == d.Campaign:
			d.Seller = c.Seller
			return true, nil, nil
		case d.Seller != "" && SellerKey(c.Seller) == SellerKey(d.Seller):
			return true, nil, nil
		case c.Seller != "" && !slices.Contains(names, c.Seller):
			names = append(names, c.Seller)
		}
	}
	return d.Seller == "", names, nil
}

// Entries are the lists that a number stands on, and how it came there and left.
func (s *Suppression) Entries(ctx context.Context, by User, number string) ([]DoNotCall, []DoNotCallChange, error) {
	if err := by.Allow(SeeDoNotCall); err != nil {
		return nil, nil, err
	}
	now, err := s.pages.DoNotCallEntries(ctx, number)
	if err != nil {
		return nil, nil, err
	}
	history, err := s.pages.DoNotCallHistory(ctx, number)
	return now, history, err
}

// Remove takes a number off the list of a seller, or off the house's, for a
// reason that stays in the record.
func (s *Suppression) Remove(ctx context.Context, by User, number, seller, reason string) error {
	if err := by.Allow(RemoveDoNotCall); err != nil {
		return err
	}
	if reason == "" {
		return problem(KindInvalid, "reason_missing", "Taking a number off the do-not-call list needs a reason.")
	}
	return missing("do_not_call_entry", s.store.RemoveDoNotCall(ctx, DoNotCall{Number: number, Seller: seller, By: by.Login, Reason: reason}))
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
