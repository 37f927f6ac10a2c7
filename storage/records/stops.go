package records

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/forecall/forecall/campaigns"
)

const stopColumns = `id, scope, value, reason, by, at, lifted_at, lifted_by, lifted_why`

// ThrowStop stores a stop with the time of the writer. On return it is durable,
// and no Begin passes that it meets.
func (db *DB) ThrowStop(ctx context.Context, s campaigns.Stop) (campaigns.Stop, error) {
	err := db.do(ctx, func(t *tx) error { return t.throw(&s) })
	if err != nil {
		return campaigns.Stop{}, fmt.Errorf("throw a stop: %w", err)
	}
	return s, nil
}

// LiftStop ends a stop, and whom it put off is due again as they would have been
// without it: of many thousands the first with the stop itself, the others at once
// after it. campaigns.ErrNotFound when none with that id holds.
func (db *DB) LiftStop(ctx context.Context, id int64, by, why string) error {
	more := false
	err := db.do(ctx, func(t *tx) (err error) {
		n, err := t.exec(`UPDATE stops SET lifted_at = ?, lifted_by = ?, lifted_why = ? WHERE id = ? AND lifted_at = 0`, micros(t.now), by, why, id)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		if err := t.note("stop.lift", by, fmt.Sprintf("stop %d", id), why); err != nil {
			return err
		}
		more, err = t.freeHeld(id)
		return err
	})
	if err != nil {
		return fmt.Errorf("lift a stop: %w", err)
	}
	db.freeAll(ctx, id, more)
	return nil
}

// Stops lists stops, latest first, at most limit of them (0 = all): those that
// hold, or all.
func (db *DB) Stops(ctx context.Context, holding bool, limit int) (out []campaigns.Stop, err error) {
	if limit <= 0 {
		limit = math.MaxInt32
	}
	err = db.look(ctx, func(q querier) error {
		where := ""
		if holding {
			where = "WHERE lifted_at = 0"
		}
		return q.rows(`SELECT `+stopColumns+` FROM stops `+where+` ORDER BY id DESC LIMIT ?`, []any{limit}, func(r *sql.Rows) error {
			s, err := scanStop(r)
			out = append(out, s)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("stops: %w", err)
	}
	return out, nil
}

func scanStop(r *sql.Rows) (s campaigns.Stop, err error) {
	var at, lifted int64
	err = r.Scan(&s.ID, &s.Scope, &s.Value, &s.Reason, &s.By, &at, &lifted, &s.LiftedBy, &s.LiftedWhy)
	s.At, s.LiftedAt = moment(at), moment(lifted)
	return s, err
}

// stops are those that hold up a call: of a Begin in the same transaction, or of an
// explanation.
func stops(q querier, call campaigns.Halted) (out []campaigns.Stop, err error) {
	err = q.rows(`SELECT `+stopColumns+` FROM stops WHERE lifted_at = 0 ORDER BY id`, nil, func(r *sql.Rows) error {
		s, err := scanStop(r)
		if err == nil && s.Holds(call) {
			out = append(out, s)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the stops: %w", err)
	}
	return out, nil
}

// stopWords are stops in words; none = nil.
func stopWords(all []campaigns.Stop) (out []string) {
	for _, s := range all {
		out = append(out, s.String())
	}
	return out
}
