package campaigns

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// RetentionStore keeps the matrix, and deletes what is over.
type RetentionStore interface {
	Retention(ctx context.Context) ([]RetentionRule, error)
	SetRetention(ctx context.Context, kind string, keep time.Duration, by string) error
	// Expired counts what of a kind is older than before and on no hold, and how
	// much a hold keeps.
	Expired(ctx context.Context, kind string, before time.Time) (n, held int64, err error)
	// Expire deletes some of it and writes a tombstone; 0 when nothing is left.
	Expire(ctx context.Context, kind string, before time.Time, law string) (int64, error)
	// Book is what is in force.
	Book() *rules.Book
}

// Retention deletes what nobody may keep any longer.
type Retention struct{ store RetentionStore }

// NewRetention returns the service.
func NewRetention(store RetentionStore) *Retention { return &Retention{store: store} }

// Due is what a run of the retention would delete of one kind.
type Due struct {
	RetentionRule
	Before time.Time `json:"before"`  // older than this is over
	N      int64     `json:"due"`     // that would be deleted
	Held   int64     `json:"on_hold"` // that a hold keeps
}

// Matrix is how long what is kept, with the least that the rules in force ask
// for.
func (r *Retention) Matrix(ctx context.Context, by User) ([]RetentionRule, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	return r.matrix(ctx)
}

func (r *Retention) matrix(ctx context.Context) ([]RetentionRule, error) {
	all, err := r.store.Retention(ctx)
	book := r.store.Book()
	for i := range all {
		if least, law := LeastKept(book, all[i].Kind); least > 0 {
			all[i].Least, all[i].Law = least, law
		}
	}
	return all, err
}

// Set changes how long a kind is kept. Shorter than a rule in force asks for is
// refused.
func (r *Retention) Set(ctx context.Context, by User, kind string, keep time.Duration) error {
	if err := by.Allow(SetHolds); err != nil {
		return err
	}
	all, err := r.matrix(ctx)
	if err != nil {
		return err
	}
	i := slices.IndexFunc(all, func(x RetentionRule) bool { return x.Kind == kind })
	switch {
	case i < 0:
		return problem(KindNotFound, "kind_unknown", "Nothing of the kind %q is kept.", kind)
	case keep < 24*time.Hour:
		return problem(KindInvalid, "keep_short", "Data is kept for a day at least.")
	case keep < all[i].Least:
		return problem(KindInvalid, "keep_unlawful", "%s must be kept for %s at least (%s); drop that rule set first if it does not bind you.", kind, days(all[i].Least), all[i].Law)
	}
	return r.store.SetRetention(ctx, kind, keep, by.Login)
}

func days(d time.Duration) string {
	return fmt.Sprintf("%d days", int64((d+24*time.Hour-1)/(24*time.Hour)))
}

// Due counts what a run at now would delete.
func (r *Retention) Due(ctx context.Context, by User, now time.Time) ([]Due, error) {
	all, err := r.Matrix(ctx, by)
	if err != nil {
		return nil, err
	}
	out := make([]Due, len(all))
	for i, rule := range all {
		out[i] = Due{RetentionRule: rule, Before: now.Add(-max(rule.Keep, rule.Least))}
		if out[i].N, out[i].Held, err = r.store.Expired(ctx, rule.Kind, out[i].Before); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// Run deletes what is over at now, a piece at a time so that calls go before,
// and tells how much of each kind it was. A rule in force that asks for longer
// than the matrix wins.
func (r *Retention) Run(ctx context.Context, now time.Time) (map[string]int64, error) {
	all, err := r.matrix(ctx)
	if err != nil {
		return nil, err
	}
	gone := make(map[string]int64)
	for _, rule := range all {
		keep := max(rule.Keep, rule.Least)
		for {
			n, err := r.store.Expire(ctx, rule.Kind, now.Add(-keep), fmt.Sprintf("%s kept for %s", rule.Kind, days(keep)))
			if err != nil {
				return gone, fmt.Errorf("delete %s whose time is over: %w", rule.Kind, err)
			}
			if gone[rule.Kind] += n; n == 0 {
				break
			}
		}
	}
	return gone, nil
}
