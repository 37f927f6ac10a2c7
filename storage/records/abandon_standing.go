package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"sync"
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
	countries, err := countriesCalled(q, c.ID)
	if err != nil {
		return nil, err
	}
	for _, r := range db.ratesOf(c, countries) {
		out = append(out, campaigns.AbandonRules(r)...)
	}
	return out, nil
}

// ratesOf are the rate rules in force for calls of a campaign to some countries;
// before the first call those for any country.
func (db *DB) ratesOf(c campaigns.Campaign, countries []string) []rules.RateRule {
	book := db.Book()
	if book == nil {
		return nil
	}
	if len(countries) == 0 {
		for _, s := range book.Sets() {
			countries = append(countries, s.Applies.Countries...)
		}
		slices.Sort(countries)
		countries = append(slices.Compact(countries), "")
	}
	var out []rules.RateRule
	for _, country := range countries {
		plan := book.Plan(c.Terms(), rules.Place{Country: country, Jurisdictions: []string{country}})
		for _, r := range plan.Rates() {
			if !slices.ContainsFunc(out, func(o rules.RateRule) bool { return o.ID == r.ID && o.Set == r.Set }) {
				out = append(out, r)
			}
		}
	}
	return out
}

// countriesCalled are the countries of the calls of a campaign that were answered.
func countriesCalled(q querier, campaign int64) ([]string, error) {
	var out []string
	err := q.rows(`SELECT countries FROM abandon_groups WHERE id IN (SELECT grp FROM abandon_counts WHERE campaign = ?)`, []any{campaign}, func(r *sql.Rows) error {
		var countries string
		err := r.Scan(&countries)
		out = append(out, strings.Fields(countries)...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("countries of campaign %d: %w", campaign, err)
	}
	slices.Sort(out)
	return slices.Compact(out), nil
}

// rateCounts are the rate rules of a plan as a single call sees them: Spent when
// only calls with an agent kept for them may be placed. A rule that is spent over its
// period lets every call pass here: it is pacing that holds its end within the limit.
// What was counted is a second old at most: a thousand calls a second do not ask a
// thousand times.
func (db *DB) rateCounts(q querier, c campaigns.Campaign, rates []rules.RateRule, now time.Time) ([]rules.RateCount, error) {
	out := make([]rules.RateCount, len(rates))
	for i, r := range rates {
		count, err := db.rateCount(q, c, r, now)
		if err != nil {
			return nil, err
		}
		out[i] = count
	}
	return out, nil
}

func (db *DB) rateCount(q querier, c campaigns.Campaign, r rules.RateRule, now time.Time) (rules.RateCount, error) {
	key := rateKey{c.ID, string(r.ID), r.Set}
	if kept, ok := db.rates.fresh(key, now); ok {
		return kept, nil
	}
	var out rules.RateCount
	for i, limit := range campaigns.AbandonRules(r) {
		st, err := standing(q, c, limit, now)
		if err != nil {
			return out, err
		}
		spent := limit.Act == abandonment.AtOnce && st.Budget < 1
		if i > 0 && st.Budget >= out.Budget {
			out.Spent = out.Spent || spent
			continue
		}
		out = rules.RateCount{
			Known: true, Spent: out.Spent || spent, Answered: int64(st.Rate.Below), Abandoned: int64(st.Rate.Above), Budget: st.Budget,
			From: st.Period.From, To: st.Period.To,
		}
	}
	db.rates.keep(key, now, out)
	return out, nil
}

// rateKey names a rate rule of a campaign.
type rateKey struct {
	campaign  int64
	rule, set string
}

// rateMemory keeps what was counted for a second.
type rateMemory struct {
	mu   sync.Mutex
	kept map[rateKey]keptRate
}

type keptRate struct {
	at    time.Time
	count rules.RateCount
}

// rateAge is how old a count may be.
const rateAge = time.Second

func (m *rateMemory) fresh(key rateKey, now time.Time) (rules.RateCount, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	k, ok := m.kept[key]
	age := now.Sub(k.at)
	return k.count, ok && age >= 0 && age < rateAge
}

func (m *rateMemory) keep(key rateKey, now time.Time, count rules.RateCount) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.kept == nil {
		m.kept = make(map[rateKey]keptRate)
	}
	m.kept[key] = keptRate{now, count}
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
	count := func(from, to time.Time) (abandonment.Counts, error) {
		if r.Wait() != abandonment.Limit { // the counters know two seconds
			return recountAbandoned(q, s, r.Start, r.Wait(), from, to)
		}
		return abandonCounts(q, s, r.Start, from, to)
	}
	n, err := count(p.From, earliest(p.To, now))
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
		if day, err = count(lately.Truncate(campaigns.Quarter), now); err != nil {
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
