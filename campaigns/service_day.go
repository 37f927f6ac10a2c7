package campaigns

import (
	"context"
	"fmt"
	"time"
)

// DayStore reads what an agent did.
type DayStore interface {
	SpellTotals(ctx context.Context, f SpellFilter, now time.Time) ([]SpellTotal, error)
	TalksOf(ctx context.Context, agent int64, from, to time.Time) ([]Talk, error)
	SaidBy(ctx context.Context, agent int64, from, to time.Time) ([]Call, error)
}

// Days is what agents did, for themselves and for those who see performance.
type Days struct {
	store     DayStore
	campaigns CampaignReader
}

// NewDays returns the service.
func NewDays(store DayStore, campaigns CampaignReader) *Days {
	return &Days{store: store, campaigns: campaigns}
}

// longestDay bounds what one question may add up.
const longestDay = 32 * 24 * time.Hour

// Of adds up what an agent did in [from, to): one's own, or anybody's for those
// who see performance.
func (d *Days) Of(ctx context.Context, by User, agent int64, from, to time.Time) (Day, error) {
	need := SeePerformance
	if agent == by.ID {
		need = DoCalls
	}
	if err := by.Allow(need); err != nil {
		return Day{}, err
	}
	if !to.After(from) || to.Sub(from) > longestDay {
		return Day{}, problem(KindInvalid, "period_invalid", "Ask for a period of at most %d days.", int(longestDay.Hours()/24))
	}
	spent, err := d.store.SpellTotals(ctx, SpellFilter{Agent: agent, From: from, To: to}, time.Now())
	if err != nil {
		return Day{}, fmt.Errorf("times of agent %d: %w", agent, err)
	}
	talks, err := d.store.TalksOf(ctx, agent, from, to)
	if err != nil {
		return Day{}, fmt.Errorf("calls of agent %d: %w", agent, err)
	}
	said, err := d.store.SaidBy(ctx, agent, from, to)
	if err != nil {
		return Day{}, fmt.Errorf("dispositions of agent %d: %w", agent, err)
	}
	rules, err := d.rules(ctx)
	if err != nil {
		return Day{}, err
	}
	return NewDay(from, to, spent, talks, said, rules), nil
}

// rules are the campaigns as they stand, by id.
func (d *Days) rules(ctx context.Context) (map[int64]Campaign, error) {
	all, err := d.campaigns.Campaigns(ctx)
	if err != nil {
		return nil, fmt.Errorf("rules of commission: %w", err)
	}
	byID := make(map[int64]Campaign, len(all))
	for _, c := range all {
		byID[c.ID] = c
	}
	return byID, nil
}
