package campaigns

import (
	"context"
	"fmt"
	"time"
)

// CallerHealth is how the calls that showed a number of ours ended: a number
// that carriers mark as spam is answered less, and blocked more.
type CallerHealth struct {
	Number   string           `json:"number"`
	Calls    int64            `json:"calls"`
	Answered int64            `json:"answered"`
	Blocked  int64            `json:"blocked"`      // 603, 607, 608 and Q.850 cause 21
	Attested map[string]int64 `json:"attestations"` // by level as the carrier reported it: A, B, C
	Failed   int64            `json:"tn_validation_failed"`
}

// CallerHealthStore counts calls by the number that was shown.
type CallerHealthStore interface {
	CallerHealth(ctx context.Context, since time.Time) ([]CallerHealth, error)
}

// Health counts the calls since a time by the number that they showed.
func (s *CallerRights) Health(ctx context.Context, by User, since time.Time) ([]CallerHealth, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	out, err := s.store.CallerHealth(ctx, since)
	if err != nil {
		return nil, fmt.Errorf("count calls by caller ID: %w", err)
	}
	return out, nil
}
