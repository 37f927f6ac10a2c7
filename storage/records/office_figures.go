package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Figures are drawn from the ledger in one pass over the outcomes of a period,
// each joined with what the agent said by its place in the ledger, and in one
// over the spells of agents. Both walk in the order of their keys.

// quarterMicros is a quarter of an hour as the store keeps time.
const quarterMicros = int64(campaigns.Quarter / time.Microsecond)

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

// figuresQuery reads one row for each call. The rows are added up here, not by
// the database, which would sort a million of them first.
func figuresQuery(k figureKey, where string) string {
	join := ""
	if k.attempt {
		join = " JOIN attempts a ON a.seq = o.seq"
	}
	return `SELECT ` + k.expression + `, o.outcome, o.sent_at, o.bridged_at, o.second_at, o.ended_at, d.extras, d.currency, d.total
		FROM outcomes o` + join + ` LEFT JOIN dispositions d ON d.seq = o.seq` + where
}

// figure is one call as figures see it.
type figure struct {
	key                                                                            int64
	currency                                                                       string
	calls, answered, bridged, abandoned, sales, meetings, surveys, callbacks, wins int64
	total, inbound                                                                 int64
	first, second                                                                  time.Duration // talk of the first agent and of who took over
}

func readFigure(c *cells) (f figure) {
	f.key = c.integer()
	outcome := campaigns.Outcome(c.text())
	f.calls, f.answered, f.abandoned, f.inbound = flag(!c.null()), flag(outcome.Live()), flag(outcome.Abandoned()), flag(outcome.Inbound())
	c.skip(1)
	f.bridged = flag(!c.null())
	bridged, second, ended := c.integer(), c.integer(), c.integer()
	switch {
	case f.bridged == 0 || ended <= bridged:
	case second == 0:
		f.first = time.Duration(ended-bridged) * time.Microsecond
	default:
		f.first, f.second = time.Duration(second-bridged)*time.Microsecond, time.Duration(max(0, ended-second))*time.Microsecond
	}
	extras := c.integer()
	f.sales, f.meetings, f.surveys, f.callbacks = flag(extras&extraSale != 0), flag(extras&extraAppointment != 0), flag(extras&extraAnswers != 0), flag(extras&extraCallback != 0)
	f.wins = flag(extras&(extraSale|extraAppointment|extraAnswers) != 0)
	f.currency, f.total = c.text(), c.integer()
	return f
}

// addSaid adds what its agent said of the call.
func (f figure) addSaid(to *campaigns.Figures) {
	to.Sales += f.sales
	to.Appointments += f.meetings
	to.Surveys += f.surveys
	to.Callbacks += f.callbacks
	to.Converted += f.wins
	if f.currency != "" {
		if to.Sold == nil {
			to.Sold = map[string]int64{}
		}
		to.Sold[f.currency] += f.total
	}
}

// addCalled adds the call itself, with the talk of who had it first.
func (f figure) addCalled(to *campaigns.Figures) {
	to.Calls += f.calls
	to.Answered += f.answered
	to.Talked += f.bridged
	to.Abandoned += f.abandoned
	to.Inbound += f.inbound
	to.Talk += f.first
}

// eachFigure hands out the calls of a query.
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
		w.add("(o.agent IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) OR o.second_agent IN (SELECT CAST(value AS INTEGER) FROM json_each(?)))", string(agents), string(agents))
	}
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, figuresQuery(k, w.text()), w.args, func(c *cells) error {
			f(readFigure(c))
			return ctx.Err()
		})
	})
}

// rows gathers figures by id.
type rows map[int64]*campaigns.Figures

func (r rows) at(id int64) *campaigns.Figures {
	f := r[id]
	if f == nil {
		f = &campaigns.Figures{}
		r[id] = f
	}
	return f
}

// plain is the rows by value.
func (r rows) plain() map[int64]campaigns.Figures {
	out := make(map[int64]campaigns.Figures, len(r))
	for id, f := range r {
		out[id] = *f
	}
	return out
}

func (db *DB) figuresBy(ctx context.Context, q campaigns.FigureQuery, k figureKey) (rows, error) {
	out := rows{}
	err := db.eachFigure(ctx, q, k, func(f figure) {
		to := out.at(f.key)
		f.addCalled(to)
		f.addSaid(to)
		to.Talk += f.second
	})
	if err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	return out, nil
}

// ofKey is figuresBy for those that are calls alone.
func (db *DB) ofKey(ctx context.Context, q campaigns.FigureQuery, k figureKey) (map[int64]campaigns.Figures, error) {
	out, err := reported(ctx, db, func(ctx context.Context) (rows, error) { return db.figuresBy(ctx, q, k) })
	return out.plain(), err
}

// ListCallFigures counts the calls of a period by list.
func (db *DB) ListCallFigures(ctx context.Context, q campaigns.FigureQuery) (map[int64]campaigns.Figures, error) {
	return db.ofKey(ctx, q, keyOfList())
}

// CampaignFigures counts the calls of a period by campaign.
func (db *DB) CampaignFigures(ctx context.Context, q campaigns.FigureQuery) (map[int64]campaigns.Figures, error) {
	return db.ofKey(ctx, q, keyOfCampaign())
}

// QuarterFigures counts the calls and the time of agents by quarters of hours.
func (db *DB) QuarterFigures(ctx context.Context, q campaigns.FigureQuery, now time.Time) (map[int64]campaigns.Figures, error) {
	out, err := reported(ctx, db, func(ctx context.Context) (rows, error) {
		out, err := db.figuresBy(ctx, q, keyOfQuarter())
		if err != nil {
			return nil, err
		}
		return out, db.eachSpent(ctx, q, now, func(s spent) { out.at(s.quarter).Spend(s.state, s.length) })
	})
	if err != nil {
		return nil, fmt.Errorf("figures: %w", err)
	}
	return out.plain(), nil
}

// AgentFigures counts the calls, the time and the scores of a period by agent.
// Talk is each agent's own part of a call that was passed on; a call counts for
// who had it first, what came of it for who said it.
func (db *DB) AgentFigures(ctx context.Context, q campaigns.FigureQuery, now time.Time) (map[int64]campaigns.Figures, error) {
	out, err := reported(ctx, db, func(ctx context.Context) (rows, error) { return db.agentFigures(ctx, q, now) })
	if err != nil {
		return nil, fmt.Errorf("figures of agents: %w", err)
	}
	figures := out.plain()
	if q.Agents != nil {
		maps.DeleteFunc(figures, func(id int64, _ campaigns.Figures) bool { return !slices.Contains(q.Agents, id) })
	}
	return figures, nil
}

func (db *DB) agentFigures(ctx context.Context, q campaigns.FigureQuery, now time.Time) (rows, error) {
	out := rows{}
	err := db.eachFigure(ctx, q, keyOfAgents(), func(f figure) {
		first, second, said := f.key&agentBits, f.key>>20&agentBits, f.key>>40&agentBits
		f.addCalled(out.at(first))
		if second != 0 {
			took := out.at(second)
			took.Talk += f.second
			took.Talked += f.bridged
		}
		f.addSaid(out.at(said))
	})
	if err == nil {
		err = db.spentByAgents(ctx, q, now, out)
	}
	if err == nil {
		err = db.scoresOfAgents(ctx, q, out)
	}
	return out, err
}

// scoresOfAgents adds the scores of the calls of a period.
func (db *DB) scoresOfAgents(ctx context.Context, q campaigns.FigureQuery, out rows) error {
	var w where
	w.add("called_at >= ? AND called_at < ? AND share >= 0", micros(q.From), micros(q.To))
	w.equal("campaign", q.Campaign)
	return db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, `SELECT agent, COUNT(*), SUM(share) FROM scores`+w.text()+` GROUP BY 1`, w.args, func(c *cells) error {
			f := out.at(c.integer())
			f.Scored, f.ScoreSum = c.integer(), c.real()
			return nil
		})
	})
}
