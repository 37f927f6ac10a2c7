package records

import (
	"cmp"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// AbandonCounts is what has been counted of the calls of a scope that were placed
// from from on and before to, judged from one start of the clock. Whole quarters of
// an hour are read from the counters, the two ends from the calls.
func (db *DB) AbandonCounts(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, from, to time.Time) (n abandonment.Counts, err error) {
	err = db.look(ctx, func(q querier) error {
		n, err = abandonCounts(q, s, start, from, to)
		return err
	})
	return n, err
}

// RecountAbandonment counts the same again from the outcomes themselves, with any
// limit.
func (db *DB) RecountAbandonment(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time) (r campaigns.Recount, err error) {
	return reported(ctx, db, func(ctx context.Context) (r campaigns.Recount, err error) {
		err = db.look(ctx, func(q querier) error {
			if r.Counts, err = recountAbandoned(q, s, start, within, from, to); err != nil {
				return err
			}
			r.Lost, err = lostCalls(q, s, from, to)
			return err
		})
		return r, err
	})
}

// AbandonCalls lists the calls of a scope and a time that are in one of the
// classes (none = all), after a place in the ledger and at most limit of them.
func (db *DB) AbandonCalls(ctx context.Context, s campaigns.AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time,
	classes []abandonment.Class, after int64, limit int) (out []campaigns.AbandonCall, err error) {
	err = db.look(ctx, func(q querier) error {
		ids, err := scopeCampaigns(q, s)
		if err != nil {
			return err
		}
		for _, id := range ids {
			s.Campaign = id
			e := endings{q: q, scope: s, from: from, to: to, after: after, ordered: true}
			n := 0
			err := e.each(func(c *ending) (more bool) {
				class := abandonment.Judge(start, within, c.call)
				if class == abandonment.Unanswered || len(classes) > 0 && !slices.Contains(classes, class) {
					return true
				}
				out = append(out, c.shown(class, start))
				n++
				return n < limit
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
	slices.SortFunc(out, func(a, b campaigns.AbandonCall) int { return cmp.Compare(a.Seq, b.Seq) })
	return out[:min(limit, len(out))], err
}

// AbandonStart is when the first call of a scope was placed; zero = none has ended
// yet. The countries of the scope do not matter to it.
func (db *DB) AbandonStart(ctx context.Context, s campaigns.AbandonScope) (at time.Time, err error) {
	err = db.look(ctx, func(q querier) error {
		at, err = abandonStart(q, s)
		return err
	})
	return at, err
}

func abandonStart(q querier, s campaigns.AbandonScope) (time.Time, error) {
	ids, err := scopeCampaigns(q, s)
	if err != nil {
		return time.Time{}, err
	}
	var first time.Time
	for _, id := range ids {
		var us int64
		err := q.row(`SELECT COALESCE((SELECT intent_at FROM outcomes WHERE campaign = ? AND outcome NOT LIKE 'inbound%' ORDER BY intent_at LIMIT 1), 0)`, []any{id}, &us)
		if err != nil {
			return first, fmt.Errorf("first call of campaign %d: %w", id, err)
		}
		if at := moment(us); us != 0 && (first.IsZero() || at.Before(first)) {
			first = at
		}
	}
	return first, nil
}

// abandonCounts is AbandonCounts of what a transaction sees.
func abandonCounts(q querier, s campaigns.AbandonScope, start abandonment.Start, from, to time.Time) (abandonment.Counts, error) {
	var n abandonment.Counts
	lo, hi := micros(from), micros(to)
	first := (lo + quarterMicros - 1) / quarterMicros // whole quarters from here
	last := hi / quarterMicros                        // to before here
	if to.After(time.Now().Add(-time.Second)) {
		last = hi/quarterMicros + 1 // nothing is placed after now: the quarter that runs is whole
	}
	if last <= first {
		return recountAbandoned(q, s, start, abandonment.Limit, from, to)
	}
	groups, err := scopeGroups(q, s)
	if err != nil || len(groups) == 0 {
		return n, err
	}
	var w where
	w.add("start = ?", slices.Index(abandonment.Starts(), start))
	w.add("quarter >= ? AND quarter < ?", first, last)
	if s.Campaign != 0 {
		w.add("campaign = ?", s.Campaign)
	}
	w.add("grp IN ("+placeholders(len(groups))+")", groups...)
	sums := "SUM(" + strings.ReplaceAll(abandonColumns, ", ", "), SUM(") + ")"
	err = q.row(`SELECT COALESCE(`+strings.ReplaceAll(sums, "), SUM(", "), 0), COALESCE(SUM(")+`, 0) FROM abandon_counts`+w.text(), w.args, countsOf(&n)...)
	if err != nil {
		return n, fmt.Errorf("read the counts of abandonment: %w", err)
	}
	for _, edge := range [][2]int64{{lo, first * quarterMicros}, {last * quarterMicros, hi}} {
		if edge[0] >= edge[1] {
			continue
		}
		m, err := recountAbandoned(q, s, start, abandonment.Limit, moment(edge[0]), moment(edge[1]))
		if err != nil {
			return n, err
		}
		n.Add(m)
	}
	return n, nil
}

func recountAbandoned(q querier, s campaigns.AbandonScope, start abandonment.Start, within time.Duration, from, to time.Time) (abandonment.Counts, error) {
	var n abandonment.Counts
	e := endings{q: q, scope: s, from: from, to: to}
	err := e.each(func(c *ending) bool {
		class := abandonment.Judge(start, within, c.call)
		n.Note(class, c.reserved)
		if c.machine && talkedClass(class) {
			n.AgentMachine++
		}
		return true
	})
	return n, err
}

func lostCalls(q querier, s campaigns.AbandonScope, from, to time.Time) (lost int64, err error) {
	ids, err := scopeCampaigns(q, s)
	if err != nil {
		return 0, err
	}
	for _, id := range ids {
		var n int64
		err := q.row(`SELECT COUNT(*) FROM outcomes WHERE campaign = ? AND intent_at >= ? AND intent_at < ? AND outcome = ?`,
			[]any{id, micros(from), micros(to), string(campaigns.Lost)}, &n)
		if err != nil {
			return 0, fmt.Errorf("count lost calls: %w", err)
		}
		lost += n
	}
	return lost, nil
}

// ending is one finished call as abandonment sees it.
type ending struct {
	seq, campaign, intent, agent int64
	id                           string
	outcome                      campaigns.Outcome
	greeting                     string
	call                         abandonment.Call
	reserved, machine            bool
	version                      int64
	countries                    string
}

func (c *ending) shown(class abandonment.Class, start abandonment.Start) campaigns.AbandonCall {
	out := campaigns.AbandonCall{
		Seq: c.seq, Attempt: c.id, Campaign: c.campaign, IntentAt: moment(c.intent), Outcome: c.outcome, Class: class,
		Origin: c.call.Origin(start), Wait: -1, Greeting: c.greeting, Agent: c.agent, Reserved: c.reserved, ByAgent: c.machine,
	}
	for _, at := range []time.Time{c.call.Message, c.call.Bridged} {
		if !at.IsZero() {
			out.Wait = at.Sub(out.Origin)
		}
	}
	return out
}

// endings reads the finished calls of a scope and a time.
type endings struct {
	q        querier
	scope    campaigns.AbandonScope
	from, to time.Time
	after    int64 // place in the ledger
	ordered  bool  // by place
	sellers  map[int64]abandonGroup
}

const endingQuery = `SELECT o.seq, o.campaign, o.intent_at, o.outcome, COALESCE(o.answered_at, 0), COALESCE(o.greeting_start, 0), COALESCE(o.greeting_end, 0),
	COALESCE(o.greeting_source, ''), COALESCE(o.bridged_at, 0), COALESCE(o.message_at, 0), COALESCE(o.ended_at, 0), COALESCE(o.agent, 0),
	a.id, a.settings, COALESCE(a.reserved, 0), COALESCE(a.jurisdictions, ''), d.seq IS NOT NULL
	FROM outcomes o JOIN attempts a ON a.seq = o.seq LEFT JOIN dispositions d ON d.seq = o.seq AND d.code = 'machine'`

// errEnough ends a reading early.
var errEnough = errors.New("enough")

// each shows every call to f until f has seen enough.
func (e *endings) each(f func(*ending) (more bool)) error {
	ids, err := scopeCampaigns(e.q, e.scope)
	if err != nil {
		return err
	}
	e.sellers = make(map[int64]abandonGroup)
	args := []any{}
	for _, o := range campaigns.Endings() {
		args = append(args, string(o))
	}
	more := true
	for _, id := range ids {
		query := endingQuery + ` WHERE o.campaign = ? AND o.intent_at >= ? AND o.intent_at < ? AND o.seq > ? AND o.outcome IN (` + placeholders(len(args)) + `)`
		if e.ordered {
			query += ` ORDER BY o.intent_at, o.seq`
		}
		err := e.q.rows(query, append([]any{id, micros(e.from), micros(e.to), e.after}, args...), func(r *sql.Rows) error {
			if !more {
				return errEnough
			}
			c, err := scanEnding(r)
			if err != nil {
				return err
			}
			if in, err := e.holds(&c); err != nil || !in {
				return err
			}
			more = f(&c)
			return nil
		})
		if err != nil && !errors.Is(err, errEnough) {
			return fmt.Errorf("read the calls of campaign %d: %w", id, err)
		}
	}
	return nil
}

func scanEnding(r *sql.Rows) (ending, error) {
	var c ending
	var answered, greetingStart, greetingEnd, bridged, message, ended int64
	var jurisdictions string
	err := r.Scan(&c.seq, &c.campaign, &c.intent, &c.outcome, &answered, &greetingStart, &greetingEnd, &c.greeting, &bridged, &message, &ended, &c.agent,
		&c.id, &c.version, &c.reserved, &jurisdictions, &c.machine)
	c.call = campaigns.Attempt{
		Outcome: c.outcome, AnsweredAt: moment(answered), GreetingStart: moment(greetingStart), GreetingEnd: moment(greetingEnd),
		BridgedAt: moment(bridged), MessageAt: moment(message), EndedAt: moment(ended),
	}.Abandonment()
	c.countries = countriesOf(jurisdictions)
	return c, err
}

// holds tells whether the scope takes the call in.
func (e *endings) holds(c *ending) (bool, error) {
	if !countriesMeet(e.scope.Countries, c.countries) {
		return false, nil
	}
	if !e.scope.BySeller {
		return true, nil
	}
	g, known := e.sellers[c.version]
	if !known {
		var err error
		if g, err = sellerAt(e.q, c.version); err != nil {
			return false, err
		}
		e.sellers[c.version] = g
	}
	return g.seller == e.scope.Seller && g.purpose == e.scope.Purpose, nil
}

// countriesMeet tells whether a call to some countries is one of those that are
// counted: of which nothing is known always is.
func countriesMeet(counted []string, countries string) bool {
	if len(counted) == 0 || countries == "" {
		return true
	}
	return slices.ContainsFunc(strings.Fields(countries), func(c string) bool { return slices.Contains(counted, c) })
}

// scopeGroups are the ids of the groups that a scope takes in.
func scopeGroups(q querier, s campaigns.AbandonScope) ([]any, error) {
	var ids []any
	err := q.rows(`SELECT id, seller, purpose, countries FROM abandon_groups`, nil, func(r *sql.Rows) error {
		var id int64
		var g abandonGroup
		if err := r.Scan(&id, &g.seller, &g.purpose, &g.countries); err != nil {
			return err
		}
		if countriesMeet(s.Countries, g.countries) && (!s.BySeller || g.seller == s.Seller && g.purpose == s.Purpose) {
			ids = append(ids, id)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("read the groups of abandonment: %w", err)
	}
	return ids, nil
}

// scopeCampaigns are the campaigns whose calls may be in a scope.
func scopeCampaigns(q querier, s campaigns.AbandonScope) ([]int64, error) {
	if s.Campaign != 0 {
		return []int64{s.Campaign}, nil
	}
	var ids []int64
	err := q.rows(`SELECT id FROM campaigns ORDER BY id`, nil, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the campaigns: %w", err)
	}
	return ids, nil
}

func placeholders(n int) string { return strings.TrimPrefix(strings.Repeat(", ?", n), ", ") }
