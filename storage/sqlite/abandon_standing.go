package sqlite

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
)

// Standings says where a campaign stands at now under its own limit and under
// every rate rule in force that its calls meet.
func (db *DB) Standings(ctx context.Context, campaign int64, now time.Time) (out []abandonment.Standing, err error) {
	c, ok := db.known.campaign(campaign)
	if !ok {
		return nil, fmt.Errorf("standing of campaign %d: %w", campaign, campaigns.ErrNotFound)
	}
	err = db.look(ctx, func(q querier) error {
		limits, err := db.abandonRules(q, c)
		if err != nil {
			return err
		}
		for _, r := range limits {
			st, err := standing(q, c, r, now)
			if err != nil {
				return err
			}
			out = append(out, st)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("standing of campaign %d: %w", campaign, err)
	}
	return out, nil
}

// AbandonRules are the limits of a campaign: its own, and the rate rules in force
// for the countries that it has called.
func (db *DB) AbandonRules(ctx context.Context, campaign int64) (out []abandonment.Rule, err error) {
	c, ok := db.known.campaign(campaign)
	if !ok {
		return nil, fmt.Errorf("limits of campaign %d: %w", campaign, campaigns.ErrNotFound)
	}
	err = db.look(ctx, func(q querier) error {
		out, err = db.abandonRules(q, c)
		return err
	})
	return out, err
}

func (db *DB) abandonRules(q querier, c campaigns.Campaign) ([]abandonment.Rule, error) {
	out := []abandonment.Rule{c.OwnLimit()}
	return out, nil
}

// samplePast is how far back the labels of a sample count at least: machines of
// this month are detected as those of the last.
const samplePast = 28 * 24 * time.Hour

// standing is where a campaign stands under a rule.
func standing(q querier, c campaigns.Campaign, r abandonment.Rule, now time.Time) (abandonment.Standing, error) {
	scope := c.AbandonScope(r)
	first, err := abandonStart(q, scope)
	if err != nil {
		return abandonment.Standing{}, err
	}
	zone, err := rules.Location(c.ReportingZone())
	if err != nil {
		return abandonment.Standing{}, err
	}
	return standingIn(q, scope, r, r.Window.At(now, first, zone), now)
}

// standingIn is where a scope stands under a rule in a period.
func standingIn(q querier, s campaigns.AbandonScope, r abandonment.Rule, p abandonment.Period, now time.Time) (st abandonment.Standing, err error) {
	n, err := abandonCounts(q, s, r.Start, p.From, earliest(p.To, now))
	if err != nil {
		return st, err
	}
	sample, err := amdSample(q, s, earliest(p.From, p.To.Add(-samplePast)), p.To)
	if err != nil {
		return st, err
	}
	day := n
	if lately := now.Add(-24 * time.Hour); lately.After(p.From) && now.Before(p.To) {
		// To the quarter of an hour: what is projected from it is no more exact.
		if day, err = abandonCounts(q, s, r.Start, lately.Truncate(campaigns.Quarter), now); err != nil {
			return st, err
		}
	}
	return r.Stand(now, p, n, sample, day), nil
}

// StandingIn is where a scope stands, or stood, under a rule in a period of it.
func (db *DB) StandingIn(ctx context.Context, s campaigns.AbandonScope, r abandonment.Rule, p abandonment.Period, now time.Time) (st abandonment.Standing, err error) {
	err = db.look(ctx, func(q querier) error {
		st, err = standingIn(q, s, r, p, now)
		return err
	})
	return st, err
}

func earliest(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

// zoneFree lets a campaign have another reporting zone as long as it has not
// called: later it would move the ends of legal periods.
func (t *tx) zoneFree(old, c campaigns.Campaign) error {
	if old.ReportingZone() == c.ReportingZone() {
		return nil
	}
	var called bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM outcomes WHERE campaign = ?1) OR EXISTS (SELECT 1 FROM attempts WHERE live = 1 AND campaign = ?1)`, []any{c.ID}, &called)
	if err == nil && called {
		return campaigns.ErrZoneFixed
	}
	return err
}
