package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// spells of a period, cut to it; what goes on lasts until now. No spell is
// longer than campaigns.LongestSpell, so that the index on their beginning
// finds all that touch the period.
const cutSpells = `SELECT agent, state, MAX(from_at, ?1) AS b, MIN(CASE to_at WHEN 0 THEN ?3 ELSE to_at END, ?2) AS e
	FROM spells WHERE from_at >= ?1 - ?4 AND from_at < ?2 AND (to_at = 0 OR to_at > ?1) AND (?5 = 0 OR campaign = ?5)
	AND (?6 = '' OR agent IN (SELECT value FROM json_each(?6)))`

func cutArgs(q campaigns.FigureQuery, now time.Time) ([]any, error) {
	agents := ""
	if q.Agents != nil {
		text, err := json.Marshal(q.Agents)
		if err != nil {
			return nil, err
		}
		agents = string(text)
	}
	return []any{micros(q.From), micros(q.To), micros(now), (campaigns.LongestSpell + time.Hour).Microseconds(), q.Campaign, agents}, nil
}

// spent is time in a state within one quarter of an hour.
type spent struct {
	quarter int64
	state   campaigns.AgentState
	length  time.Duration
}

// eachSpent hands out the time of agents quarter by quarter. Most spells lie
// within one and are summed by the query; the others are cut here.
func (db *DB) eachSpent(ctx context.Context, q campaigns.FigureQuery, now time.Time, f func(spent)) error {
	args, err := cutArgs(q, now)
	if err != nil {
		return err
	}
	query := fmt.Sprintf(`SELECT state, CASE WHEN b / %[1]d = (e - 1) / %[1]d THEN b / %[1]d ELSE -1 END AS q,
		CASE WHEN b / %[1]d = (e - 1) / %[1]d THEN 0 ELSE b END AS b0, CASE WHEN b / %[1]d = (e - 1) / %[1]d THEN 0 ELSE e END AS e0,
		SUM(e - b), COUNT(*) FROM (%[2]s) WHERE e > b GROUP BY 1, 2, 3, 4`, quarterMicros, cutSpells)
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, query, args, func(c *cells) error {
			s := spent{state: campaigns.AgentState(c.text()), quarter: c.integer()}
			begin, end, sum, count := c.integer(), c.integer(), c.span(), c.integer()
			if s.quarter >= 0 {
				s.length = sum
				f(s)
				return ctx.Err()
			}
			for begin < end {
				s.quarter = begin / quarterMicros
				next := min((s.quarter+1)*quarterMicros, end)
				s.length = time.Duration((next-begin)*count) * time.Microsecond
				f(s)
				begin = next
			}
			return ctx.Err()
		})
	})
}

// spentByAgents adds the time of agents, and on how many days of the zone they
// were there. Days are told by the zone's offset at the beginning: a change of
// clocks within the period moves them by an hour, at night.
func (db *DB) spentByAgents(ctx context.Context, q campaigns.FigureQuery, now time.Time, out rows) error {
	args, err := cutArgs(q, now)
	if err != nil {
		return err
	}
	offset := int64(0)
	if loc, err := rules.Location(q.Zone); err == nil {
		_, seconds := q.From.In(loc).Zone()
		offset = int64(seconds) * int64(time.Second/time.Microsecond)
	}
	const day = int64(24 * time.Hour / time.Microsecond)
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		err := each(c, `SELECT agent, state, SUM(e - b) FROM (`+cutSpells+`) WHERE e > b GROUP BY 1, 2`, args, func(c *cells) error {
			id := c.integer()
			f := out[id]
			f.Spend(campaigns.AgentState(c.text()), c.span())
			out[id] = f
			return ctx.Err()
		})
		if err != nil {
			return err
		}
		days := fmt.Sprintf(`SELECT agent, COUNT(DISTINCT (b + %d) / %d) FROM (%s) WHERE e > b GROUP BY 1`, offset, day, cutSpells)
		return each(c, days, args, func(c *cells) error {
			id := c.integer()
			f := out[id]
			f.Days = c.small()
			out[id] = f
			return nil
		})
	})
}
