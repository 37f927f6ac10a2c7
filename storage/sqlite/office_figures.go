package sqlite

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Figures are drawn from the ledger in one pass over the outcomes of a period,
// each joined with what the agent said by its place in the ledger, and in one
// over the spells of agents. Both walk in the order of their keys.

// quarterMicros is a quarter of an hour as the store keeps time.
const quarterMicros = int64(campaigns.Quarter / time.Microsecond)

// sqlWords writes outcomes of the program as a list in SQL.
func sqlWords(choose func(campaigns.Outcome) bool) string {
	var words []string
	for _, o := range campaigns.Outcomes() {
		if choose(o) {
			words = append(words, "'"+string(o)+"'")
		}
	}
	return strings.Join(words, ", ")
}

// figureKey is what calls are counted by: an expression over the outcome o,
// and whether its attempt a is needed.
type figureKey struct {
	expression string
	attempt    bool
}

func keyOfList() figureKey     { return figureKey{"a.list", true} }
func keyOfCampaign() figureKey { return figureKey{"o.campaign", false} }
func keyOfQuarter() figureKey {
	return figureKey{fmt.Sprintf("o.intent_at / %d", quarterMicros), false}
}

// keyOfAgents keeps apart who began the call, who took it over, and who said
// what came of it: each gets their own part.
func keyOfAgents() figureKey {
	return figureKey{"COALESCE(o.agent, 0) | (COALESCE(o.second_agent, 0) << 20) | (COALESCE(d.agent, 0) << 40)", false}
}

const agentBits = 1<<20 - 1 // an agent's part of the key of keyOfAgents

// figuresQuery counts calls by a key and a currency.
func figuresQuery(k figureKey, where string) string {
	join := ""
	if k.attempt {
		join = " JOIN attempts a ON a.seq = o.seq"
	}
	return `SELECT ` + k.expression + `, d.currency, COUNT(o.sent_at),
		SUM(o.outcome IN (` + sqlWords(campaigns.Outcome.Live) + `)), COUNT(o.bridged_at), SUM(o.outcome IN (` + sqlWords(campaigns.Outcome.Abandoned) + `)),
		SUM(CASE WHEN o.bridged_at IS NOT NULL AND o.ended_at > o.bridged_at THEN COALESCE(o.second_at, o.ended_at) - o.bridged_at END),
		SUM(CASE WHEN o.second_at IS NOT NULL AND o.ended_at > o.second_at THEN o.ended_at - o.second_at END),
		SUM(d.extras & 1), SUM((d.extras & 2) <> 0), SUM((d.extras & 4) <> 0), SUM((d.extras & 8) <> 0), SUM((d.extras & 7) <> 0), SUM(d.total)
		FROM outcomes o` + join + ` LEFT JOIN dispositions d ON d.seq = o.seq` + where + ` GROUP BY 1, 2`
}

// figure is one group of calls.
type figure struct {
	key                                                                            int64
	currency                                                                       string
	calls, answered, bridged, abandoned, sales, meetings, surveys, callbacks, wins int64
	total                                                                          int64
	first, second                                                                  time.Duration // talk of the first agent and of who took over
}

func readFigure(c *cells) figure {
	return figure{
		key: c.integer(), currency: c.text(), calls: c.integer(), answered: c.integer(), bridged: c.integer(), abandoned: c.integer(),
		first: c.span(), second: c.span(), sales: c.integer(), meetings: c.integer(), surveys: c.integer(), callbacks: c.integer(),
		wins: c.integer(), total: c.integer(),
	}
}

// said is the part of a group that its agents said.
func (f figure) said() campaigns.Figures {
	out := campaigns.Figures{Sales: f.sales, Appointments: f.meetings, Surveys: f.surveys, Callbacks: f.callbacks, Converted: f.wins}
	if f.currency != "" {
		out.Sold = map[string]int64{f.currency: f.total}
	}
	return out
}

// called is the part of a group that the calls are.
func (f figure) called() campaigns.Figures {
	return campaigns.Figures{Calls: f.calls, Answered: f.answered, Talked: f.bridged, Abandoned: f.abandoned}
}

// eachFigure hands out the groups of calls of a query.
func (db *DB) eachFigure(ctx context.Context, q campaigns.FigureQuery, k figureKey, f func(figure)) error {
	lo, hi, err := db.bounds(ctx, campaigns.CallFilter{From: q.From, To: q.To})
	if err != nil {
		return err
	}
	var w where
	w.add("o.seq BETWEEN ? AND ?", lo, hi)
	w.equal("o.campaign", q.Campaign)
	if q.Agents != nil {
		agents, err := json.Marshal(q.Agents)
		if err != nil {
			return err
		}
		w.add("(o.agent IN (SELECT value FROM json_each(?)) OR o.second_agent IN (SELECT value FROM json_each(?)))", string(agents), string(agents))
	}
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, figuresQuery(k, w.text()), w.args, func(c *cells) error {
			f(readFigure(c))
			return ctx.Err()
		})
	})
}

// rows gathers figures by id.
type rows map[int64]campaigns.Figures

func (r rows) add(id int64, f campaigns.Figures) {
	sum := r[id]
	sum.Add(f)
	r[id] = sum
}

// whole adds a group to one row.
func (r rows) whole(id int64, f figure) {
	called := f.called()
	called.Talk = f.first + f.second
	r.add(id, called)
	r.add(id, f.said())
}

func (db *DB) figuresBy(ctx context.Context, q campaigns.FigureQuery, k figureKey) (rows, error) {
	out := rows{}
	if err := db.eachFigure(ctx, q, k, func(f figure) { out.whole(f.key, f) }); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	return out, nil
}

// ListCallFigures counts the calls of a period by list.
func (db *DB) ListCallFigures(ctx context.Context, q campaigns.FigureQuery) (map[int64]campaigns.Figures, error) {
	return db.figuresBy(ctx, q, keyOfList())
}

// CampaignFigures counts the calls of a period by campaign.
func (db *DB) CampaignFigures(ctx context.Context, q campaigns.FigureQuery) (map[int64]campaigns.Figures, error) {
	return db.figuresBy(ctx, q, keyOfCampaign())
}

// QuarterFigures counts the calls and the time of agents by quarters of hours.
func (db *DB) QuarterFigures(ctx context.Context, q campaigns.FigureQuery, now time.Time) (map[int64]campaigns.Figures, error) {
	out, err := db.figuresBy(ctx, q, keyOfQuarter())
	if err != nil {
		return nil, err
	}
	if err := db.eachSpent(ctx, q, now, func(s spent) {
		f := out[s.quarter]
		f.Spend(s.state, s.length)
		out[s.quarter] = f
	}); err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	return out, nil
}

// AgentFigures counts the calls, the time and the scores of a period by agent.
// Talk is each agent's own part of a call that was passed on; a call counts for
// who had it first, what came of it for who said it.
func (db *DB) AgentFigures(ctx context.Context, q campaigns.FigureQuery, now time.Time) (map[int64]campaigns.Figures, error) {
	out := rows{}
	err := db.eachFigure(ctx, q, keyOfAgents(), func(f figure) {
		first, second, said := f.key&agentBits, f.key>>20&agentBits, f.key>>40&agentBits
		called := f.called()
		called.Talk = f.first
		out.add(first, called)
		if second != 0 {
			out.add(second, campaigns.Figures{Talk: f.second, Talked: f.bridged})
		}
		out.add(said, f.said())
	})
	if err == nil {
		err = db.spentByAgents(ctx, q, now, out)
	}
	if err == nil {
		err = db.scoresOfAgents(ctx, q, out)
	}
	if err != nil {
		return nil, fmt.Errorf("figures of agents: %w", err)
	}
	if q.Agents != nil {
		chosen := rows{}
		for _, id := range q.Agents {
			if f, ok := out[id]; ok {
				chosen[id] = f
			}
		}
		out = chosen
	}
	return out, nil
}

// scoresOfAgents adds the scores of the calls of a period.
func (db *DB) scoresOfAgents(ctx context.Context, q campaigns.FigureQuery, out rows) error {
	var w where
	w.add("called_at >= ? AND called_at < ? AND share >= 0", micros(q.From), micros(q.To))
	w.equal("campaign", q.Campaign)
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, `SELECT agent, COUNT(*), SUM(share) FROM scores`+w.text()+` GROUP BY 1`, w.args, func(c *cells) error {
			out.add(c.integer(), campaigns.Figures{Scored: c.integer(), ScoreSum: c.real()})
			return nil
		})
	})
}
