package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// spent is time that an agent spent in a state.
type spent struct {
	agent, quarter int64 // the quarter is of eachSpent alone
	state          campaigns.AgentState
	begin, end     int64
	length         time.Duration
}

// eachSpell hands out the spells of a period, cut to it; what goes on lasts
// until now. No spell is longer than campaigns.LongestSpell, so that those that
// touch the period are found by their beginning. The table is read in its own
// order: an index would look up each of millions.
func (db *DB) eachSpell(ctx context.Context, q campaigns.FigureQuery, now time.Time, f func(spent)) error {
	from, to := micros(q.From), micros(q.To)
	var w where
	w.add("+from_at >= ? AND from_at < ? AND (to_at = 0 OR to_at > ?)", from-(campaigns.LongestSpell+time.Hour).Microseconds(), to, from)
	w.equal("campaign", q.Campaign)
	if q.Agents != nil {
		agents, err := json.Marshal(q.Agents)
		if err != nil {
			return err
		}
		w.add("agent IN (SELECT CAST(value AS INTEGER) FROM json_each(?))", string(agents))
	}
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, `SELECT agent, state, from_at, to_at FROM spells`+w.text(), w.args, func(c *cells) error {
			s := spent{agent: c.integer(), state: campaigns.AgentState(c.text()), begin: c.integer(), end: c.integer()}
			if s.end == 0 {
				s.end = micros(now)
			}
			if s.begin, s.end = max(s.begin, from), min(s.end, to); s.end > s.begin {
				s.length = time.Duration(s.end-s.begin) * time.Microsecond
				f(s)
			}
			return ctx.Err()
		})
	})
}

// eachSpent hands out the time of agents cut at every quarter of an hour.
func (db *DB) eachSpent(ctx context.Context, q campaigns.FigureQuery, now time.Time, f func(spent)) error {
	return db.eachSpell(ctx, q, now, func(s spent) {
		for begin := s.begin; begin < s.end; {
			s.quarter = begin / quarterMicros
			next := min((s.quarter+1)*quarterMicros, s.end)
			s.length = time.Duration(next-begin) * time.Microsecond
			f(s)
			begin = next
		}
	})
}

// spentByAgents adds the time of agents, and on how many days of the zone they
// began to be there. It walks the table in its own order, agent by agent, so
// that nothing is sorted. Days are told by the zone's offset at the beginning: a
// change of clocks within the period moves them by an hour, at night.
func (db *DB) spentByAgents(ctx context.Context, q campaigns.FigureQuery, now time.Time, out rows) error {
	agents := ""
	if q.Agents != nil {
		text, err := json.Marshal(q.Agents)
		if err != nil {
			return err
		}
		agents = string(text)
	}
	from, to := micros(q.From), micros(q.To)
	args := []any{from, to, micros(now), (campaigns.LongestSpell + time.Hour).Microseconds(), q.Campaign, agents,
		string(campaigns.AgentReady), string(campaigns.AgentReserved), string(campaigns.AgentWrapUp), string(campaigns.AgentPaused)}
	const within = `MAX(0, MIN(CASE to_at WHEN 0 THEN ?3 ELSE to_at END, ?2) - MAX(from_at, ?1))`
	var there []int64
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		err := each(c, `SELECT agent, SUM(`+within+`), SUM(CASE WHEN state IN (?7, ?8) THEN `+within+` END),
			SUM(CASE state WHEN ?9 THEN `+within+` END), SUM(CASE state WHEN ?10 THEN `+within+` END) FROM spells
			WHERE +from_at >= ?1 - ?4 AND from_at < ?2 AND (to_at = 0 OR to_at > ?1) AND (?5 = 0 OR campaign = ?5)
			AND (?6 = '' OR agent IN (SELECT CAST(value AS INTEGER) FROM json_each(?6))) GROUP BY agent`, args, func(c *cells) error {
			id := c.integer()
			f := out.at(id)
			f.SignedIn, f.Wait, f.WrapUp, f.Paused = c.span(), c.span(), c.span(), c.span()
			there = append(there, id)
			return ctx.Err()
		})
		for _, id := range there {
			if err == nil {
				out.at(id).Days, err = daysThere(c, id, q)
			}
		}
		if err != nil {
			return fmt.Errorf("spells: %w", err)
		}
		return nil
	})
}

// daysThere counts the days of a period on which spells of an agent began, by
// looking for the first of each.
func daysThere(c driver.QueryerContext, agent int64, q campaigns.FigureQuery) (days int, err error) {
	const day = int64(24 * time.Hour / time.Microsecond)
	offset := int64(0)
	if loc, err := rules.Location(q.Zone); err == nil {
		_, seconds := q.From.In(loc).Zone()
		offset = int64(seconds) * int64(time.Second/time.Microsecond)
	}
	for next, to := micros(q.From), micros(q.To); next < to; {
		began := int64(-1)
		err := each(c, `SELECT MIN(from_at) FROM spells WHERE agent = ? AND from_at >= ? AND from_at < ?`, []any{agent, next, to}, func(c *cells) error {
			if !c.null() {
				began = c.integer()
			}
			return nil
		})
		if err != nil || began < 0 {
			return days, err
		}
		days++
		next = ((began+offset)/day+1)*day - offset
	}
	return days, nil
}
