package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns/rules"
)

// TestNumber is a number that test calls may go to: somebody vouched that it is
// ours.
type TestNumber struct {
	Number string    `json:"number"` // E.164
	Label  string    `json:"label"`
	By     string    `json:"by"`
	At     time.Time `json:"at"`
}

// TestStep is something that happened on the way of a test call.
type TestStep struct {
	Step   string        `json:"step"`  // options, sent, trying, ringing, early_media, answered, played, ended, failed
	After  time.Duration `json:"after"` // since the beginning
	Code   int           `json:"code,omitempty"`
	Detail string        `json:"detail,omitempty"`
}

// TestCall is a call that tries a trunk: a short tune is played, and after ten
// seconds at most it is over.
type TestCall struct {
	ID      string     `json:"id"`
	Trunk   string     `json:"trunk"`
	Number  string     `json:"number"`
	Shown   string     `json:"caller_id,omitempty"` // to the person; empty = the trunk's choice
	By      string     `json:"by"`
	At      time.Time  `json:"at"`
	EndedAt time.Time  `json:"ended_at,omitzero"`
	OK      bool       `json:"ok"`
	Outcome string     `json:"outcome"` // for people
	Code    int        `json:"sip_final_code,omitempty"`
	Steps   []TestStep `json:"steps"`
}

// CallID is the SIP Call-ID of the call.
func (c TestCall) CallID() string { return c.ID + "@forecall" }

// TestStore keeps numbers that may be tried, and what came of tries. BeginTest
// is durable on return: no INVITE leaves before. It fails with ErrListed for a
// number on the do-not-call list of anybody, and with ErrStopped while a kill
// switch meets the call; one of a campaign meets none.
type TestStore interface {
	PutTestNumber(ctx context.Context, n TestNumber) error
	TestNumbers(ctx context.Context) ([]TestNumber, error)
	DeleteTestNumber(ctx context.Context, number, by string) error
	BeginTest(ctx context.Context, c TestCall) error
	EndTest(ctx context.Context, c TestCall) error
	TestCalls(ctx context.Context, limit int) ([]TestCall, error)
	IsDoNotCall(ctx context.Context, number string) (bool, error)
}

// TrunkState is one trunk as those see it who keep it going.
type TrunkState struct {
	Name        string        `json:"name"`
	Up          bool          `json:"up"`
	Why         string        `json:"why,omitempty"` // why no call may leave now
	Lines       int           `json:"lines"`
	MaxLines    int           `json:"max_lines"`
	CPS         float64       `json:"calls_per_second"`
	MaxCPS      float64       `json:"max_calls_per_second"`
	Registered  string        `json:"registration"` // not used, active, or what is wrong
	OptionsAt   time.Time     `json:"options_at,omitzero"`
	OptionsRTT  time.Duration `json:"-"`
	OptionsCode int           `json:"options_code,omitempty"`
	Placed      uint64        `json:"placed"`
	Answered    uint64        `json:"answered"`
	Failed      uint64        `json:"failed"`
	AnswerRate  float64       `json:"answer_rate"`
	Codes       map[int]int64 `json:"codes"`
}

// TrunkSource is the trunks that the node has.
type TrunkSource interface {
	TrunkStates() []TrunkState
	// TestCall tries a trunk: OPTIONS, INVITE, a tune, BYE. It fills in what
	// happened and returns when the line is free. It calls begin first, once
	// whoever withdraws calls would find this one, and sends nothing when begin
	// fails: then it returns that error.
	TestCall(ctx context.Context, c *TestCall, begin func() error) error
}

// Trunks is the ways to the telephone network, as people look at them.
type Trunks struct {
	source TrunkSource
	store  TestStore

	mu   sync.Mutex // guards what follows
	busy bool
}

// NewTrunks returns the service.
func NewTrunks(source TrunkSource, store TestStore) *Trunks {
	return &Trunks{source: source, store: store}
}

const maxTestNumbers = 100

// States lists the trunks.
func (t *Trunks) States(by User) ([]TrunkState, error) {
	if err := by.Allow(TestTrunks); err != nil {
		return nil, err
	}
	return t.source.TrunkStates(), nil
}

// Numbers lists those that test calls may go to.
func (t *Trunks) Numbers(ctx context.Context, by User) ([]TestNumber, error) {
	if err := by.Allow(TestTrunks); err != nil {
		return nil, err
	}
	return t.store.TestNumbers(ctx)
}

// Vouch says that a number is ours and may be tried; it is in the audit who
// said so. Those who manage users may: they answer for the house.
func (t *Trunks) Vouch(ctx context.Context, by User, number, label string) error {
	if err := by.Allow(EditUsers); err != nil {
		return err
	}
	if err := rules.Dialable(number); err != nil {
		return invalid("number_invalid", err)
	}
	label = strings.TrimSpace(label)
	if n := len([]rune(label)); n == 0 || n > 100 {
		return problem(KindInvalid, "label_missing", "Say in 1 to 100 characters whose number it is.")
	}
	all, err := t.store.TestNumbers(ctx)
	if err != nil {
		return fmt.Errorf("read the test numbers: %w", err)
	}
	if len(all) >= maxTestNumbers {
		return problem(KindConflict, "too_many_numbers", "There are %d test numbers already.", len(all))
	}
	return t.store.PutTestNumber(ctx, TestNumber{Number: number, Label: label, By: by.Login, At: time.Now().UTC()})
}

// Forget takes a number off the list.
func (t *Trunks) Forget(ctx context.Context, by User, number string) error {
	if err := by.Allow(EditUsers); err != nil {
		return err
	}
	return missing("test_number", t.store.DeleteTestNumber(ctx, number, by.Login))
}

// Tests lists the last test calls, the newest first.
func (t *Trunks) Tests(ctx context.Context, by User, limit int) ([]TestCall, error) {
	if err := by.Allow(TestTrunks); err != nil {
		return nil, err
	}
	return t.store.TestCalls(ctx, limit)
}

// Test calls a number through a trunk. It is no way round the rules: the number
// must be one that somebody vouched for, on no do-not-call list, one call at a
// time, written down before the INVITE leaves.
func (t *Trunks) Test(ctx context.Context, by User, trunk, number string) (TestCall, error) {
	if err := by.Allow(TestTrunks); err != nil {
		return TestCall{}, err
	}
	if !slices.ContainsFunc(t.source.TrunkStates(), func(s TrunkState) bool { return s.Name == trunk }) {
		return TestCall{}, missing("trunk", ErrNotFound)
	}
	if err := t.mayTry(ctx, number); err != nil {
		return TestCall{}, err
	}
	if !t.take() {
		return TestCall{}, problem(KindConflict, "test_going_on", "A test call is going on; wait until it has ended.")
	}
	defer t.give()
	return t.call(ctx, trunk, number, by.Login)
}

// call is one test call, from the row before its INVITE to its outcome there.
func (t *Trunks) call(ctx context.Context, trunk, number, by string) (TestCall, error) {
	c := TestCall{ID: uuid.Must(uuid.NewV7()).String(), Trunk: trunk, Number: number, By: by, At: time.Now().UTC(), Steps: []TestStep{}}
	err := t.source.TestCall(ctx, &c, func() error { return t.store.BeginTest(ctx, c) })
	switch {
	case errors.Is(err, ErrListed):
		return TestCall{}, listedTest()
	case errors.Is(err, ErrStopped):
		return TestCall{}, problem(KindForbidden, "stopped", "A kill switch holds up this test call: %v. It can be placed when the stop is lifted.", err)
	case err != nil:
		return TestCall{}, fmt.Errorf("write a test call down: %w", err)
	}
	c.EndedAt = time.Now().UTC()
	if err := t.store.EndTest(context.WithoutCancel(ctx), c); err != nil {
		return c, fmt.Errorf("write the end of a test call down: %w", err)
	}
	return c, nil
}

func listedTest() error {
	return problem(KindForbidden, "number_do_not_call", "The number is on the do-not-call list.")
}

func (t *Trunks) mayTry(ctx context.Context, number string) error {
	if err := rules.Dialable(number); err != nil {
		return invalid("number_invalid", err)
	}
	all, err := t.store.TestNumbers(ctx)
	if err != nil {
		return fmt.Errorf("read the test numbers: %w", err)
	}
	if !slices.ContainsFunc(all, func(n TestNumber) bool { return n.Number == number }) {
		return problem(KindForbidden, "number_not_vouched", "Test calls go to the test numbers of the house only; an administrator can add one.")
	}
	blocked, err := t.store.IsDoNotCall(ctx, number)
	if err != nil {
		return fmt.Errorf("look at the do-not-call list: %w", err)
	}
	if blocked {
		return listedTest()
	}
	return nil
}

func (t *Trunks) take() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.busy {
		return false
	}
	t.busy = true
	return true
}

func (t *Trunks) give() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.busy = false
}
