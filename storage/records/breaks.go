package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// keepBreaks is how long a break that is over is kept; who planned it stays in
// the audit.
const keepBreaks = 30 * 24 * time.Hour

const breakColumns = `id, agent, from_at, to_at, reason, by, planned_at`

// PlanBreak stores a planned break and returns it with its id.
func (db *DB) PlanBreak(ctx context.Context, b campaigns.Break) (campaigns.Break, error) {
	err := db.do(ctx, func(t *tx) error {
		if _, err := t.exec(`DELETE FROM breaks WHERE MAX(from_at, to_at) < ?`, micros(t.now.Add(-keepBreaks))); err != nil {
			return err
		}
		b.PlannedAt = t.now
		err := t.returning(`INSERT INTO breaks (agent, from_at, to_at, reason, by, planned_at) VALUES (?, ?, ?, ?, ?, ?) RETURNING id`,
			[]any{b.Agent, micros(b.From), micros(b.To), b.Reason, b.By, micros(b.PlannedAt)},
			func(r *sql.Rows) error { return r.Scan(&b.ID) })
		if err != nil {
			return err
		}
		return t.note("break.plan", b.By, subject("user", b.Agent), b.String())
	})
	if err != nil {
		return campaigns.Break{}, fmt.Errorf("plan a break of agent %d: %w", b.Agent, err)
	}
	return b, nil
}

// Break reads one planned break.
func (db *DB) Break(ctx context.Context, id int64) (campaigns.Break, error) {
	b, err := scanBreak(db.read.QueryRowContext(ctx, `SELECT `+breakColumns+` FROM breaks WHERE id = ?`, id))
	if err = noRows(err); err != nil {
		return campaigns.Break{}, fmt.Errorf("break %d: %w", id, err)
	}
	return b, nil
}

// Breaks lists what an agent (0 = everybody) has planned that is not over at a
// time, the earliest first. The end of a shift is over when it has come.
func (db *DB) Breaks(ctx context.Context, agent int64, from time.Time) ([]campaigns.Break, error) {
	var w where
	w.equal("agent", agent)
	w.add("MAX(from_at, to_at) >= ?", micros(from))
	r, err := db.read.QueryContext(ctx, `SELECT `+breakColumns+` FROM breaks`+w.text()+` ORDER BY from_at, id`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("breaks: %w", err)
	}
	var out []campaigns.Break
	err = eachRow(r, func(r *sql.Rows) error {
		b, err := scanBreak(r)
		out = append(out, b)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("breaks: %w", err)
	}
	return out, nil
}

// CancelBreak takes a planned break back; campaigns.ErrNotFound when there is
// none.
func (db *DB) CancelBreak(ctx context.Context, id int64, by string) error {
	err := db.do(ctx, func(t *tx) error {
		found := false
		var b campaigns.Break
		err := t.returning(`DELETE FROM breaks WHERE id = ? RETURNING `+breakColumns, []any{id}, func(r *sql.Rows) (err error) {
			found = true
			b, err = scanBreak(r)
			return err
		})
		if err == nil && !found {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note("break.cancel", by, subject("user", b.Agent), b.String())
	})
	if err != nil {
		return fmt.Errorf("cancel break %d: %w", id, err)
	}
	return nil
}

func scanBreak(r scanner) (campaigns.Break, error) {
	var b campaigns.Break
	var from, to, planned int64
	err := r.Scan(&b.ID, &b.Agent, &from, &to, &b.Reason, &b.By, &planned)
	b.From, b.To, b.PlannedAt = moment(from), moment(to), moment(planned)
	return b, err
}
