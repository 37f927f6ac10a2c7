package campaigns

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// SubjectStore keeps what is known of a person, and forgets it.
type SubjectStore interface {
	ContactsOf(ctx context.Context, number string) ([]Contact, error)
	List(ctx context.Context, id int64) (List, error)
	Calls(ctx context.Context, f CallFilter) iter.Seq2[Call, error]
	Decisions(ctx context.Context, f DecisionFilter) iter.Seq2[DecisionRecord, error]
	ConsentsOf(ctx context.Context, number string) ([]ConsentFile, error)
	DoNotCallHistory(ctx context.Context, number string) ([]DoNotCallChange, error)
	ChecksOf(ctx context.Context, number string) ([]NumberCheck, error)
	Recording(ctx context.Context, attempt string) (Recording, error)
	CallEvents(ctx context.Context, attempt string) ([]CallEvent, error)
	Callbacks(ctx context.Context, f CallbackFilter) ([]Callback, error)
	Bookings(ctx context.Context, f BookingFilter) ([]Booking, error)
	Cases(ctx context.Context, f CaseFilter) ([]Case, error)
	RecipientsOf(ctx context.Context, number string) ([]Recipient, error)

	Person(ctx context.Context, number string) (string, error)
	AskErasure(ctx context.Context, number string, basis Basis, by string) (ErasureAsk, error)
	Erasures(ctx context.Context) ([]ErasureAsk, error)
	Erase(ctx context.Context, id int64) (Tombstone, error)
	Tombstones(ctx context.Context, limit int) ([]Tombstone, error)
	DoomedFiles(ctx context.Context) ([]string, error)
	FileGone(ctx context.Context, path string) error
	// Scrub empties the log in which deleted rows still stand; ScrubDue tells
	// whether there are any.
	Scrub(ctx context.Context) error
	ScrubDue(ctx context.Context) (bool, error)

	AddHold(ctx context.Context, h Hold) (Hold, error)
	ReleaseHold(ctx context.Context, id int64, by, why string) (Hold, error)
	Holds(ctx context.Context, ended bool) ([]Hold, error)
	HoldsOn(ctx context.Context, number string) ([]Hold, error)
}

// SubjectFiles are the files of the house that may know of persons.
type SubjectFiles interface {
	// Remove deletes a recording; one that is not there is no error.
	Remove(path string) error
	// Forget takes a number out of what lies about in files: reports of imports,
	// files that were exported.
	Forget(ctx context.Context, number string) error
}

// Subjects answers persons who ask what is known of them, and who want to be
// forgotten.
type Subjects struct {
	store SubjectStore
	files SubjectFiles
	quiet func(DoNotCall) error
	keep  func(context.Context) ([]RetentionRule, error)
	audit Auditor
}

// NewSubjects returns the service. Quiet withdraws what rings at a number.
func NewSubjects(store SubjectStore, files SubjectFiles, quiet func(DoNotCall) error, keep *Retention, audit Auditor) *Subjects {
	return &Subjects{store: store, files: files, quiet: quiet, keep: keep.store.Retention, audit: audit}
}

// maxDecisions is how many decisions a file of a person shows.
const maxDecisions = 10_000

// Look gathers everything that is known of a number, and writes down that
// somebody looked, under the person's pseudonym.
func (s *Subjects) Look(ctx context.Context, by User, number string) (SubjectFile, error) {
	if err := by.Allow(SubjectAccess); err != nil {
		return SubjectFile{}, err
	}
	if err := rules.Dialable(number); err != nil {
		return SubjectFile{}, invalid("number_invalid", err)
	}
	if err := s.note(ctx, by, "subject.look-up", number, ""); err != nil {
		return SubjectFile{}, err
	}
	f := SubjectFile{Number: number, MadeAt: time.Now().UTC()}
	for _, part := range []func(context.Context, *SubjectFile) error{
		s.contacts, s.calls, s.decided, s.permitted, s.agreed, s.standing,
	} {
		if err := part(ctx, &f); err != nil {
			return f, fmt.Errorf("what is known of a number: %w", err)
		}
	}
	return f, nil
}

// File gathers what Look does, to be handed over, and writes that down.
func (s *Subjects) File(ctx context.Context, by User, number string) (SubjectFile, error) {
	f, err := s.Look(ctx, by, number)
	if err != nil {
		return f, err
	}
	return f, s.note(ctx, by, "subject.file", number, "")
}

func (s *Subjects) note(ctx context.Context, by User, kind, number, detail string) error {
	who, err := s.store.Person(ctx, number)
	if err != nil {
		return err
	}
	if who == "" {
		who = "a number that is not known"
	}
	if err := s.audit.AddAudit(ctx, AuditEntry{Kind: kind, By: by.Login, Subject: who, Detail: detail}); err != nil {
		return fmt.Errorf("write a look-up down: %w", err)
	}
	return nil
}

// contacts are the person's, with the lists on which they stand, called or not.
func (s *Subjects) contacts(ctx context.Context, f *SubjectFile) (err error) {
	if f.Contacts, err = s.store.ContactsOf(ctx, f.Number); err != nil {
		return err
	}
	for _, c := range f.Contacts {
		l, err := s.store.List(ctx, c.List)
		if err != nil && !errors.Is(err, ErrNotFound) {
			return err
		}
		f.listed(l.Name)
	}
	return nil
}

// listed adds the name of a list, once.
func (f *SubjectFile) listed(name string) {
	if name != "" && !slices.Contains(f.ListedNames, name) {
		f.ListedNames = append(f.ListedNames, name)
	}
}

func (s *Subjects) calls(ctx context.Context, f *SubjectFile) error {
	for c, err := range s.store.Calls(ctx, CallFilter{Number: f.Number}) {
		if err != nil {
			return err
		}
		f.Calls = append(f.Calls, c)
		f.listed(c.ListName)
		rec, err := s.store.Recording(ctx, c.ID)
		if err == nil {
			f.Recordings = append(f.Recordings, rec)
		} else if !errors.Is(err, ErrNotFound) {
			return err
		}
		events, err := s.store.CallEvents(ctx, c.ID)
		if err != nil {
			return err
		}
		f.Events = append(f.Events, events...)
	}
	return nil
}

func (s *Subjects) decided(ctx context.Context, f *SubjectFile) error {
	for d, err := range s.store.Decisions(ctx, DecisionFilter{Number: f.Number, Limit: maxDecisions}) {
		if err != nil {
			return err
		}
		f.Decisions = append(f.Decisions, d)
	}
	return nil
}

func (s *Subjects) permitted(ctx context.Context, f *SubjectFile) (err error) {
	if f.Consents, err = s.store.ConsentsOf(ctx, f.Number); err != nil {
		return err
	}
	if f.DoNotCall, err = s.store.DoNotCallHistory(ctx, f.Number); err != nil {
		return err
	}
	f.Checks, err = s.store.ChecksOf(ctx, f.Number)
	return err
}

func (s *Subjects) agreed(ctx context.Context, f *SubjectFile) error {
	for _, c := range f.Contacts {
		callbacks, err := s.store.Callbacks(ctx, CallbackFilter{Contact: c.ID})
		if err != nil {
			return err
		}
		meetings, err := s.store.Bookings(ctx, BookingFilter{Contact: c.ID, Cancelled: true})
		if err != nil {
			return err
		}
		cases, err := s.store.Cases(ctx, CaseFilter{Contact: c.ID})
		if err != nil {
			return err
		}
		f.Callbacks, f.Meetings, f.Complaints = append(f.Callbacks, callbacks...), append(f.Meetings, meetings...), append(f.Complaints, cases...)
	}
	return nil
}

func (s *Subjects) standing(ctx context.Context, f *SubjectFile) (err error) {
	if f.Recipients, err = s.store.RecipientsOf(ctx, f.Number); err != nil {
		return err
	}
	if f.Holds, err = s.store.HoldsOn(ctx, f.Number); err != nil {
		return err
	}
	asks, err := s.store.Erasures(ctx)
	if err != nil {
		return err
	}
	for i := range asks {
		if asks[i].Number == f.Number {
			f.Restricted = &asks[i]
		}
	}
	rulesOf, err := s.keep(ctx)
	for _, r := range rulesOf {
		f.Kept = append(f.Kept, Retained{Kind: r.Kind, Keep: r.Keep})
	}
	return err
}

// Erase forgets a person. Confirm is the number once more, as it was typed by
// whoever answers for it. From the first moment on nobody calls the number. The
// tombstone is nil when a hold covers the person or a call with them is open:
// then the wish stands, and is done when it can be.
func (s *Subjects) Erase(ctx context.Context, by User, number string, basis Basis, confirm string) (ErasureAsk, *Tombstone, error) {
	if err := by.Allow(SubjectErase); err != nil {
		return ErasureAsk{}, nil, err
	}
	if err := rules.Dialable(number); err != nil {
		return ErasureAsk{}, nil, invalid("number_invalid", err)
	}
	if !slices.Contains(Bases(), basis) {
		return ErasureAsk{}, nil, problem(KindInvalid, "basis_unknown", "Say on what ground the person is erased: %v.", Bases())
	}
	if strings.Join(strings.Fields(confirm), "") != number {
		return ErasureAsk{}, nil, problem(KindInvalid, "confirm_differs", "The number that was typed to confirm is not the number that is to be erased; nothing was done.")
	}
	ask, err := s.store.AskErasure(ctx, number, basis, by.Login)
	if err != nil {
		return ask, nil, err
	}
	if err := s.quiet(DoNotCall{Number: number}); err != nil {
		return ask, nil, err
	}
	// What was begun is finished, whoever hangs up meanwhile.
	stone, err := s.finish(context.WithoutCancel(ctx), ask)
	return ask, stone, err
}

// finish does a wish that can be done.
func (s *Subjects) finish(ctx context.Context, ask ErasureAsk) (*Tombstone, error) {
	if len(ask.Holds) > 0 {
		return nil, nil
	}
	if err := s.files.Forget(ctx, ask.Number); err != nil {
		return nil, fmt.Errorf("forget a number in files: %w", err)
	}
	stone, err := s.store.Erase(ctx, ask.ID)
	if errors.Is(err, ErrInCall) || errors.Is(err, ErrHeld) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	// Files that were being written while the rows were still there.
	if err := s.files.Forget(ctx, ask.Number); err != nil {
		return &stone, fmt.Errorf("forget a number in files: %w", err)
	}
	return &stone, s.Clear(ctx)
}

// Clear deletes the files that nothing refers to any more, and what the log of
// the store still holds of rows that are gone.
func (s *Subjects) Clear(ctx context.Context) error {
	paths, err := s.store.DoomedFiles(ctx)
	if err != nil {
		return err
	}
	for _, p := range paths {
		if err := s.files.Remove(p); err != nil {
			return fmt.Errorf("delete a recording: %w", err)
		}
		if err := s.store.FileGone(ctx, p); err != nil {
			return err
		}
	}
	return s.store.Scrub(ctx)
}

// Resume does the wishes that could not be done before: those that a stop of
// the process cut short, whose call has ended or whose hold was released. It
// tells how many were done.
func (s *Subjects) Resume(ctx context.Context) (done int, err error) {
	asks, err := s.store.Erasures(ctx)
	if err != nil {
		return 0, err
	}
	var failed error // of one person; the others are not to wait for it
	for _, a := range asks {
		stone, err := s.finish(ctx, a)
		if err != nil {
			failed = errors.Join(failed, fmt.Errorf("erasure %d: %w", a.ID, err))
		}
		if stone != nil {
			done++
		}
	}
	return done, errors.Join(failed, s.clearIfDue(ctx))
}

func (s *Subjects) clearIfDue(ctx context.Context) error {
	paths, err := s.store.DoomedFiles(ctx)
	if err != nil {
		return err
	}
	due, err := s.store.ScrubDue(ctx)
	if err != nil || len(paths) == 0 && !due {
		return err
	}
	return s.Clear(ctx)
}

// Waiting lists the wishes that are not done yet.
func (s *Subjects) Waiting(ctx context.Context, by User) ([]ErasureAsk, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.Erasures(ctx)
}

// Done lists what was forgotten, newest first.
func (s *Subjects) Done(ctx context.Context, by User, limit int) ([]Tombstone, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.Tombstones(ctx, limit)
}

// Hold keeps what it covers from every deletion.
func (s *Subjects) Hold(ctx context.Context, by User, h Hold) (Hold, error) {
	if err := by.Allow(SetHolds); err != nil {
		return h, err
	}
	h.By, h.Reason, h.Seller = by.Login, strings.TrimSpace(h.Reason), strings.TrimSpace(h.Seller)
	if err := h.check(time.Now()); err != nil {
		return h, err
	}
	return s.store.AddHold(ctx, h)
}

func (h Hold) check(now time.Time) error {
	switch {
	case h.Reason == "":
		return problem(KindInvalid, "reason_missing", "A hold needs a reason, as: lawsuit 12/2026.")
	case !h.Until.IsZero() && !h.Until.After(now):
		return problem(KindInvalid, "until_past", "The hold would be over already; give a day to come, or none.")
	}
	switch h.Scope {
	case HoldNumber:
		if err := rules.Dialable(h.Number); err != nil {
			return invalid("number_invalid", err)
		}
	case HoldCampaign:
		if h.Campaign == 0 {
			return problem(KindInvalid, "campaign_missing", "Say which campaign the hold covers.")
		}
	case HoldSeller:
		if h.Seller == "" {
			return problem(KindInvalid, "seller_missing", "Say which seller the hold covers.")
		}
	case HoldPeriod:
		if h.From.IsZero() || !h.To.IsZero() && !h.From.Before(h.To) {
			return problem(KindInvalid, "period_empty", "Say from when the hold covers calls, and until when after that.")
		}
	default:
		return problem(KindInvalid, "scope_unknown", "A hold covers a number, a campaign, a seller or a period.")
	}
	return nil
}

// Release ends a hold, for a reason that stays in the record. Erasures that
// waited for it are done.
func (s *Subjects) Release(ctx context.Context, by User, id int64, why string) (Hold, error) {
	if err := by.Allow(SetHolds); err != nil {
		return Hold{}, err
	}
	if strings.TrimSpace(why) == "" {
		return Hold{}, problem(KindInvalid, "reason_missing", "Releasing a hold needs a reason.")
	}
	h, err := s.store.ReleaseHold(ctx, id, by.Login, strings.TrimSpace(why))
	if err != nil {
		return h, missing("hold", err)
	}
	_, err = s.Resume(context.WithoutCancel(ctx))
	return h, err
}

// Holds lists them, newest first; with ended those that are over too.
func (s *Subjects) Holds(ctx context.Context, by User, ended bool) ([]Hold, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.Holds(ctx, ended)
}
