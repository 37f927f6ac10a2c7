package campaigns

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns/rules"
)

// CallerRight is the proof that a number may be shown, and for how long (16 CFR
// 310.5(a)(2)(ix)). It is never changed: a new one is written down, or its end.
type CallerRight struct {
	ID       string `json:"id"`     // UUIDv7, which the call log names
	Number   string `json:"number"` // E.164
	Holder   string `json:"holder"` // who has the number from the carrier: to whom it is assigned
	Contract string `json:"contract"`
	Document string `json:"document_sha256,omitempty"` // of the paper, hex
	Name     string `json:"cli_name,omitempty"`        // shown beside the number, where carriers do that

	From  time.Time `json:"valid_from"`
	Until time.Time `json:"valid_to,omitzero"` // the first moment it is no longer valid; zero = open
	By    string    `json:"by"`
	At    time.Time `json:"at"`

	EndedAt  time.Time `json:"ended_at,omitzero"`
	EndedBy  string    `json:"ended_by,omitempty"`
	EndedWhy string    `json:"ended_why,omitempty"`
}

// Holds tells whether the number may be shown at a time.
func (r CallerRight) Holds(at time.Time) bool {
	return !at.Before(r.From) && (r.Until.IsZero() || at.Before(r.Until)) && (r.EndedAt.IsZero() || at.Before(r.EndedAt))
}

// CallerCheck is a test call to a number of ours: somebody who calls back must
// be answered (47 CFR 64.1601(e)).
type CallerCheck struct {
	Number   string        `json:"number"`
	At       time.Time     `json:"at"`
	Answered bool          `json:"answered"`
	After    time.Duration `json:"after"` // until it was answered
	Detail   string        `json:"detail"`
	Trunk    string        `json:"trunk"`
	By       string        `json:"by"` // login, or "schedule"
	Test     string        `json:"test_id"`
}

// CallerRightStore keeps rights and checks; both are appended to, and stand in
// the chain.
type CallerRightStore interface {
	CallerHealthStore
	PutCallerRight(ctx context.Context, r CallerRight) error
	EndCallerRight(ctx context.Context, id, by, why string) error
	CallerRights(ctx context.Context, number string) ([]CallerRight, error) // all of them, without a number
	SaveCallerCheck(ctx context.Context, c CallerCheck) error
	CallerChecks(ctx context.Context, number string, limit int) ([]CallerCheck, error) // latest first; the latest of each, without a number
}

// Answerer places a call to a number of ours and tells whether it was answered.
type Answerer interface {
	CheckCallerID(ctx context.Context, number string) CallerCheck
}

// CallerRights is the right to show our numbers, and whether they answer.
type CallerRights struct {
	store  CallerRightStore
	caller Answerer
}

// NewCallerRights returns the service.
func NewCallerRights(store CallerRightStore, caller Answerer) *CallerRights {
	return &CallerRights{store: store, caller: caller}
}

// All lists every right, ended ones too.
func (s *CallerRights) All(ctx context.Context, by User) ([]CallerRight, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.CallerRights(ctx, "")
}

// Of lists the rights to a number, latest first.
func (s *CallerRights) Of(ctx context.Context, by User, number string) ([]CallerRight, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return s.store.CallerRights(ctx, number)
}

// Grant writes a right down.
func (s *CallerRights) Grant(ctx context.Context, by User, r CallerRight) (CallerRight, error) {
	if err := by.Allow(EditCallerRights); err != nil {
		return CallerRight{}, err
	}
	r.ID, r.By, r.At = uuid.Must(uuid.NewV7()).String(), by.Login, time.Now().UTC()
	r.EndedAt, r.EndedBy, r.EndedWhy = time.Time{}, "", ""
	r.Holder, r.Contract, r.Name, r.Document = strings.TrimSpace(r.Holder), strings.TrimSpace(r.Contract), strings.TrimSpace(r.Name), strings.ToLower(strings.TrimSpace(r.Document))
	if err := r.validate(); err != nil {
		return CallerRight{}, err
	}
	if err := s.store.PutCallerRight(ctx, r); err != nil {
		return CallerRight{}, fmt.Errorf("write a right to a caller ID down: %w", err)
	}
	return r, nil
}

func (r CallerRight) validate() error {
	if err := rules.Dialable(r.Number); err != nil {
		return invalid("number_invalid", err)
	}
	switch sum, err := hex.DecodeString(r.Document); {
	case r.Holder == "" || len(r.Holder) > 200:
		return problem(KindInvalid, "holder_missing", "Say who holds the number from the carrier, in at most 200 characters.")
	case r.Contract == "" || len(r.Contract) > 200:
		return problem(KindInvalid, "contract_missing", "Name the contract that gives the right, in at most 200 characters.")
	case r.Document != "" && (err != nil || len(sum) != 32):
		return problem(KindInvalid, "document_invalid", "The SHA-256 of the document has 64 hexadecimal digits.")
	case len([]rune(r.Name)) > 15:
		return problem(KindInvalid, "name_too_long", "A name that is shown beside a number has at most 15 characters.")
	case r.From.IsZero():
		return problem(KindInvalid, "from_missing", "Say from when on the number may be shown.")
	case !r.Until.IsZero() && !r.Until.After(r.From):
		return problem(KindInvalid, "period_invalid", "The right ends before it begins.")
	}
	return nil
}

// End ends a right now; the number is not shown any more unless it has another.
func (s *CallerRights) End(ctx context.Context, by User, id, why string) error {
	if err := by.Allow(EditCallerRights); err != nil {
		return err
	}
	if why = strings.TrimSpace(why); why == "" || len(why) > 500 {
		return problem(KindInvalid, "reason_missing", "Say why the right ends, in at most 500 characters.")
	}
	err := s.store.EndCallerRight(ctx, id, by.Login, why)
	if errors.Is(err, ErrExists) {
		return problem(KindConflict, "right_ended", "This right has ended already.")
	}
	return missing("caller_right", err)
}

// Check calls a number of ours through a trunk and keeps whether it answered.
func (s *CallerRights) Check(ctx context.Context, by User, number string) (CallerCheck, error) {
	if err := by.Allow(EditCallerRights); err != nil {
		return CallerCheck{}, err
	}
	return s.check(ctx, number, by.Login)
}

// CheckAll calls every number that has a right today, one after the other: a
// job of the house.
func (s *CallerRights) CheckAll(ctx context.Context) error {
	rights, err := s.store.CallerRights(ctx, "")
	if err != nil {
		return fmt.Errorf("check the caller IDs: %w", err)
	}
	done := map[string]bool{}
	for _, r := range rights {
		if done[r.Number] || !r.Holds(time.Now()) {
			continue
		}
		done[r.Number] = true
		if _, err := s.check(ctx, r.Number, "schedule"); err != nil {
			return err
		}
	}
	return nil
}

// check calls only numbers that somebody has written a right down for: a test
// call goes to nobody else.
func (s *CallerRights) check(ctx context.Context, number, by string) (CallerCheck, error) {
	rights, err := s.store.CallerRights(ctx, number)
	if err != nil {
		return CallerCheck{}, fmt.Errorf("check a caller ID: %w", err)
	}
	if len(rights) == 0 {
		return CallerCheck{}, problem(KindNotFound, "no_right", "Write down the right to show this number first; then it can be tried.")
	}
	c := s.caller.CheckCallerID(ctx, number)
	c.Number, c.By = number, by
	if err := s.store.SaveCallerCheck(ctx, c); err != nil {
		return CallerCheck{}, fmt.Errorf("keep what came of a test call: %w", err)
	}
	return c, nil
}

// Checks lists what came of the test calls to a number, latest first.
func (s *CallerRights) Checks(ctx context.Context, by User, number string) ([]CallerCheck, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	const shown = 50
	return s.store.CallerChecks(ctx, number, shown)
}
