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

// LiftStop ends a stop; campaigns.ErrNotFound when none with that id holds.
func (db *DB) LiftStop(ctx context.Context, id int64, by, why string) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE stops SET lifted_at = ?, lifted_by = ?, lifted_why = ? WHERE id = ? AND lifted_at = 0`, micros(t.now), by, why, id)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note("stop.lift", by, fmt.Sprintf("stop %d", id), why)
	})
	if err != nil {
		return fmt.Errorf("lift a stop: %w", err)
	}
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

// stops are those that hold up a call, in words: of a Begin in the same
// transaction, or of an explanation.
func stops(q querier, call campaigns.Halted) (out []string, err error) {
	err = q.rows(`SELECT `+stopColumns+` FROM stops WHERE lifted_at = 0 ORDER BY id`, nil, func(r *sql.Rows) error {
		s, err := scanStop(r)
		if err == nil && s.Holds(call) {
			out = append(out, s.String())
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the stops: %w", err)
	}
	return out, nil
}
