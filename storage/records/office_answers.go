package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// figureWhere is the calls of a query, by their place d.seq in the ledger and
// their outcome o.
func (db *DB) figureWhere(ctx context.Context, q campaigns.FigureQuery, seq string) (where, error) {
	var w where
	lo, hi, err := db.bounds(ctx, campaigns.CallFilter{From: q.From, To: q.To})
	if err != nil {
		return w, err
	}
	w.add(seq+" BETWEEN ? AND ?", lo, hi)
	w.equal("o.campaign", q.Campaign)
	if q.Agents != nil {
		agents, err := json.Marshal(q.Agents)
		if err != nil {
			return w, err
		}
		w.add("o.agent IN (SELECT CAST(value AS INTEGER) FROM json_each(?))", string(agents))
	}
	return w, nil
}

// AnswerFigures counts how questions of scripts were answered in a period, and
// what came of those calls, the most frequent answer of each question first.
func (db *DB) AnswerFigures(ctx context.Context, q campaigns.FigureQuery) ([]campaigns.AnswerFigures, error) {
	out, err := reported(ctx, db, func(ctx context.Context) ([]campaigns.AnswerFigures, error) { return db.answerFigures(ctx, q) })
	if err != nil {
		return nil, fmt.Errorf("figures of answers: %w", err)
	}
	return out, nil
}

func (db *DB) answerFigures(ctx context.Context, q campaigns.FigureQuery) ([]campaigns.AnswerFigures, error) {
	w, err := db.figureWhere(ctx, q, "w.seq")
	if err != nil {
		return nil, err
	}
	out, given := []campaigns.AnswerFigures{}, map[string]int64{}
	err = db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, `SELECT w.question, w.value, COUNT(*), SUM(d.extras & 1), SUM((d.extras & 2) <> 0)
			FROM answers w JOIN dispositions d ON d.seq = w.seq JOIN outcomes o ON o.seq = w.seq`+w.text()+` GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`,
			w.args, func(c *cells) error {
				f := campaigns.AnswerFigures{Question: c.text(), Answer: c.text(), Given: c.integer(), Sales: c.integer(), Appointments: c.integer()}
				given[f.Question] += f.Given
				out = append(out, f)
				return ctx.Err()
			})
	})
	if err != nil {
		return nil, err
	}
	for i := range out {
		out[i].Share = float64(out[i].Given) / float64(given[out[i].Question])
	}
	return out, nil
}

// StepFigures counts how far conversations of a period came in the script.
func (db *DB) StepFigures(ctx context.Context, q campaigns.FigureQuery) ([]campaigns.StepFigures, error) {
	out, err := reported(ctx, db, func(ctx context.Context) ([]campaigns.StepFigures, error) { return db.stepFigures(ctx, q) })
	if err != nil {
		return nil, fmt.Errorf("figures of steps: %w", err)
	}
	return out, nil
}

func (db *DB) stepFigures(ctx context.Context, q campaigns.FigureQuery) ([]campaigns.StepFigures, error) {
	w, err := db.figureWhere(ctx, q, "e.attempt")
	if err != nil {
		return nil, err
	}
	w.add("e.kind = ?", string(campaigns.EventStep))
	out := []campaigns.StepFigures{}
	// Each time a step was reached lasts until the next one, or the end of the
	// call; a step that was reached twice counts once for its conversation.
	query := `WITH walk AS (SELECT o.campaign, o.seq, e.detail AS step, e.at, LEAD(e.at) OVER turns AS until, CASE WHEN LEAD(1) OVER turns IS NULL THEN 1 ELSE 0 END AS final,
			o.ended_at, CASE WHEN (d.extras & 7) <> 0 THEN 1 ELSE 0 END AS won
			FROM call_events e JOIN outcomes o ON o.seq = e.attempt LEFT JOIN dispositions d ON d.seq = o.seq` + w.text() + `
			WINDOW turns AS (PARTITION BY o.seq ORDER BY e.at, e.id)),
		calls AS (SELECT campaign, seq, step, MAX(final) AS final, MAX(won) AS won, SUM(MAX(0, COALESCE(until, ended_at, at) - at)) AS spent FROM walk GROUP BY 1, 2, 3)
		SELECT campaign, step, COUNT(*), SUM(final), SUM(won), SUM(final * won), SUM(spent) FROM calls GROUP BY 1, 2 ORDER BY 1, 3 DESC, 2`
	err = db.withDriver(ctx, func(c driver.QueryerContext) error {
		return each(c, query, w.args, func(c *cells) error {
			out = append(out, campaigns.StepFigures{
				Campaign: c.integer(), Step: c.text(), Reached: c.integer(), Ended: c.integer(), Converted: c.integer(), ConvertedHere: c.integer(), Time: c.span(),
			})
			return ctx.Err()
		})
	})
	return out, err
}
