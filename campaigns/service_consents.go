package campaigns

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// ConsentStore keeps the consent ledger. Whatever it answers is durable: from
// the return of Withdraw on, no attempt begins that stands on what was ended.
type ConsentStore interface {
	AddConsents(ctx context.Context, batch []Consent) ([]ConsentFate, error)
	Withdraw(ctx context.Context, w Withdrawal) (ended int, err error)
	Consents(ctx context.Context, f ConsentFilter) ([]Consent, error)
	ConsentFile(ctx context.Context, id string) (ConsentFile, error)
	Withdrawals(ctx context.Context, number string) ([]Withdrawal, error)
}

// Consents is the ledger of what people permitted: who may enter, read and end it.
type Consents struct {
	store ConsentStore
	dnc   *Suppression
	floor Withdrawer
	audit Auditor
}

// NewConsents returns the service.
func NewConsents(store ConsentStore, dnc *Suppression, floor Withdrawer, audit Auditor) *Consents {
	return &Consents{store: store, dnc: dnc, floor: floor, audit: audit}
}

// ConsentRefusal says why an entry of a batch was not taken; Index counts from 0.
type ConsentRefusal struct {
	Index  int    `json:"index"`
	Reason string `json:"reason"`
}

// Record enters one permission or relation. The same again changes nothing.
func (s *Consents) Record(ctx context.Context, by User, c Consent) (ConsentFate, error) {
	fates, refused, err := s.Import(ctx, by, []Consent{c})
	switch {
	case err != nil:
		return ConsentFate{}, err
	case len(refused) > 0:
		return ConsentFate{}, problem(KindInvalid, "consent_invalid", "%s", refused[0].Reason)
	}
	return fates[0], nil
}

// Import enters many and says of each, in their order, what became of it; one
// that is wrong is refused with its reason and its fate is empty, the others
// are entered.
func (s *Consents) Import(ctx context.Context, by User, batch []Consent) (fates []ConsentFate, refused []ConsentRefusal, err error) {
	if err := by.Allow(EditConsents); err != nil {
		return nil, nil, err
	}
	now := time.Now()
	good, at := make([]Consent, 0, len(batch)), make([]int, 0, len(batch))
	for i, c := range batch {
		c.By = by.Login
		c = c.Settled()
		if err := c.Validate(now); err != nil {
			refused = append(refused, ConsentRefusal{Index: i, Reason: err.Error()})
			continue
		}
		good, at = append(good, c), append(at, i)
	}
	got, err := s.store.AddConsents(ctx, good)
	fates = make([]ConsentFate, len(batch))
	for i, f := range got {
		fates[at[i]] = f
	}
	if err != nil {
		return fates, refused, fmt.Errorf("enter consents: %w", err)
	}
	return fates, refused, nil
}

// Withdraw ends what a person permitted, all of a seller or one entry, and what
// rings there. With stop the number goes onto the do-not-call list too, of the
// seller, or of the whole house when no campaign calls for that seller. The list
// comes first, and each of the two is done even when the other fails: whoever
// wants no calls is not called, and that they said so is kept.
func (s *Consents) Withdraw(ctx context.Context, by User, w Withdrawal, stop bool) (ended int, err error) {
	if err := by.Allow(EditConsents); err != nil {
		return 0, err
	}
	if w.Source == "" {
		w.Source = ConsentByAPI
	}
	return s.end(ctx, by, w, stop)
}

func (s *Consents) end(ctx context.Context, by User, w Withdrawal, stop bool) (ended int, err error) {
	if w.Number == "" && w.ID != "" {
		f, err := s.store.ConsentFile(ctx, w.ID)
		if err != nil {
			return 0, missing("consent", err)
		}
		w.Number = f.Number
	}
	now := time.Now().UTC().Truncate(time.Microsecond)
	w.By = by.Login
	if w.At.IsZero() {
		w.At = now
	}
	switch {
	case rules.Dialable(w.Number) != nil:
		return 0, invalid("number_invalid", rules.Dialable(w.Number))
	case w.At.After(now.Add(consentSkew)):
		return 0, problem(KindInvalid, "withdrawal_future", "A withdrawal cannot lie in the future.")
	case len(w.Note) > maxConsented, len(w.Reference) > maxConsented:
		return 0, problem(KindInvalid, "withdrawal_long", "Note and reference have at most %d characters.", maxConsented)
	}
	var unlisted error
	if stop {
		unlisted = s.stop(ctx, by, w)
	}
	ended, err = s.store.Withdraw(ctx, w)
	if err != nil {
		return 0, errors.Join(missing("consent", err), unlisted)
	}
	s.floor.Withdraw(w.Number)
	return ended, unlisted
}

// stop puts the number of a withdrawal onto the do-not-call list.
func (s *Consents) stop(ctx context.Context, by User, w Withdrawal) error {
	d := DoNotCall{Number: w.Number, At: w.At, Seller: w.Seller, Reason: w.Note, Reference: w.Reference, Attempt: w.Attempt, Campaign: w.Campaign}
	if w.Source == ConsentByCall {
		d.Channel = ChannelAgent
	}
	return s.dnc.object(ctx, by, d)
}

// List reads entries: of a number, of a seller, those that end soon.
func (s *Consents) List(ctx context.Context, by User, f ConsentFilter) ([]Consent, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	if f.Number != "" {
		if err := rules.Dialable(f.Number); err != nil {
			return nil, invalid("number_invalid", err)
		}
	}
	return s.store.Consents(ctx, f)
}

// Find reads one entry with all that happened to it and the calls that stood on it.
func (s *Consents) Find(ctx context.Context, by User, id string) (ConsentFile, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return ConsentFile{}, err
	}
	f, err := s.store.ConsentFile(ctx, id)
	return f, missing("consent", err)
}

// Withdrawals reads when the holder of a number withdrew.
func (s *Consents) Withdrawals(ctx context.Context, by User, number string) ([]Withdrawal, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.Withdrawals(ctx, number)
}

// Export hands the ledger out, entry by entry, newest first, and writes down
// that it did: each gets every entry that f chooses, of whatever length.
func (s *Consents) Export(ctx context.Context, by User, f ConsentFilter, each func(ConsentFile) error) error {
	if err := errors.Join(by.Allow(SeeCompliance), by.Allow(ExportCalls)); err != nil {
		return err
	}
	what := "all"
	if f.Number != "" {
		what = "one number"
	}
	e := AuditEntry{At: time.Now().UTC(), Kind: "consents.export", By: by.Login, Subject: "consents", Detail: what}
	if err := s.audit.AddAudit(ctx, e); err != nil {
		return fmt.Errorf("write an export down: %w", err)
	}
	for f.Limit = 500; ; {
		page, err := s.store.Consents(ctx, f)
		if err != nil {
			return err
		}
		for _, c := range page {
			file, err := s.store.ConsentFile(ctx, c.ID)
			if errors.Is(err, ErrNotFound) {
				continue // erased meanwhile
			}
			if err != nil {
				return err
			}
			if err := each(file); err != nil {
				return err
			}
		}
		if len(page) < f.Limit {
			return nil
		}
		f.Before = page[len(page)-1].Seq
	}
}
