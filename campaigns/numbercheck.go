package campaigns

import (
	"context"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// NumberCheck is what somebody else answered about a number: the Reassigned
// Numbers Database (47 CFR 64.1200(m)), a scrub on India's DLT platform, a
// litigator list. Rules of type external ask for the newest answer of a check.
type NumberCheck struct {
	Number     string    `json:"number"` // E.164
	Check      string    `json:"check"`  // as rules name it: rnd, in-dlt
	At         time.Time `json:"at"`     // when it was asked
	OK         bool      `json:"ok"`     // nothing is in the way
	Answer     string    `json:"answer,omitempty"`
	By         string    `json:"by"`
	RecordedAt time.Time `json:"recorded_at,omitzero"`
}

// Bounds of an answer.
const (
	maxCheckAnswer = 200             // characters
	maxCheckBatch  = 1000            // answers in one request
	checkSkew      = 5 * time.Minute // by which a clock elsewhere may be ahead
)

var checkName = regexp.MustCompile(`^[a-z0-9][a-z0-9_-]{0,39}$`)

// Validate says what is wrong with an answer at a time, in a sentence for people.
func (c NumberCheck) Validate(now time.Time) error {
	switch {
	case rules.Dialable(c.Number) != nil:
		return rules.Dialable(c.Number)
	case !checkName.MatchString(c.Check):
		return fmt.Errorf("check %q: write its name as the rules do, in small letters: rnd, in-dlt", c.Check)
	case c.At.IsZero():
		return errors.New("at: write when the check was made")
	case c.At.After(now.Add(checkSkew)):
		return fmt.Errorf("at: %s lies in the future", stamp(c.At))
	case len(c.Answer) > maxCheckAnswer:
		return fmt.Errorf("answer: at most %d characters", maxCheckAnswer)
	}
	return nil
}

// CheckStore keeps the answers. What it has taken is seen by the next Begin.
type CheckStore interface {
	AddChecks(ctx context.Context, batch []NumberCheck, by string) (added int, err error)
	ChecksOf(ctx context.Context, number string) ([]NumberCheck, error)
}

// Checks enters and reads the answers of external checks.
type Checks struct{ store CheckStore }

// NewChecks returns the service.
func NewChecks(store CheckStore) *Checks { return &Checks{store} }

// Record enters up to 1000 answers, or none: the error names the first that is
// wrong. One that is there already changes nothing.
func (s *Checks) Record(ctx context.Context, by User, batch []NumberCheck) (added int, err error) {
	if err := by.Allow(LoadRegisters); err != nil {
		return 0, err
	}
	if len(batch) > maxCheckBatch {
		return 0, problem(KindInvalid, "checks_many", "Send at most %d answers at once.", maxCheckBatch)
	}
	now := time.Now()
	for i := range batch {
		batch[i].By = by.Login
		if err := batch[i].Validate(now); err != nil {
			return 0, problem(KindInvalid, "check_invalid", "Answer %d of the batch: %s.", i+1, err)
		}
	}
	added, err = s.store.AddChecks(ctx, batch, by.Login)
	if err != nil {
		return 0, fmt.Errorf("enter answers of checks: %w", err)
	}
	return added, nil
}

// Of reads the answers about a number, the newest first.
func (s *Checks) Of(ctx context.Context, by User, number string) ([]NumberCheck, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	if err := rules.Dialable(number); err != nil {
		return nil, invalid("number_invalid", err)
	}
	return s.store.ChecksOf(ctx, number)
}
