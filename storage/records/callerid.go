package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const rightColumns = `id, e164, holder, contract, document, name, from_at, until_at, by, at, ended_at, ended_by, ended_why`

// PutCallerRight appends a right to show a number; the audit holds all of it.
func (db *DB) PutCallerRight(ctx context.Context, r campaigns.CallerRight) error {
	detail, err := json.Marshal(r)
	if err != nil {
		return fmt.Errorf("caller_id.right: %w", err)
	}
	return db.noted(ctx, "caller_id.right", r.By, "caller ID "+r.Number, string(detail),
		`INSERT INTO caller_rights (id, e164, holder, contract, document, name, from_at, until_at, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		r.ID, e164(r.Number), r.Holder, r.Contract, r.Document, r.Name, micros(r.From), micros(r.Until), r.By, micros(r.At))
}

// EndCallerRight ends a right now; campaigns.ErrExists when it has ended
// already, campaigns.ErrNotFound when there is none.
func (db *DB) EndCallerRight(ctx context.Context, id, by, why string) error {
	err := db.do(ctx, func(t *tx) error {
		var ended, n int64
		if err := noRows(t.row(`SELECT ended_at, e164 FROM caller_rights WHERE id = ?`, []any{id}, &ended, &n)); err != nil {
			return err
		}
		if ended != 0 {
			return campaigns.ErrExists
		}
		if _, err := t.exec(`UPDATE caller_rights SET ended_at = ?, ended_by = ?, ended_why = ? WHERE id = ?`, micros(t.now), by, why, id); err != nil {
			return err
		}
		return t.note("caller_id.right_end", by, "caller ID "+number(n), id+": "+why)
	})
	if err != nil {
		return fmt.Errorf("end a right to a caller ID: %w", err)
	}
	return nil
}

// CallerRights lists the rights to a number, or to all of them, latest first.
func (db *DB) CallerRights(ctx context.Context, of string) ([]campaigns.CallerRight, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+rightColumns+` FROM caller_rights WHERE ?1 = 0 OR e164 = ?1 ORDER BY e164, at DESC, id DESC`, e164(of))
	if err != nil {
		return nil, fmt.Errorf("rights to caller IDs: %w", err)
	}
	var out []campaigns.CallerRight
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.CallerRight
		var n, from, until, at, ended int64
		err := r.Scan(&c.ID, &n, &c.Holder, &c.Contract, &c.Document, &c.Name, &from, &until, &c.By, &at, &ended, &c.EndedBy, &c.EndedWhy)
		c.Number, c.From, c.Until, c.At, c.EndedAt = number(n), moment(from), moment(until), moment(at), moment(ended)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("rights to caller IDs: %w", err)
	}
	return out, nil
}

// SaveCallerCheck appends what came of a test call to a number of ours.
func (db *DB) SaveCallerCheck(ctx context.Context, c campaigns.CallerCheck) error {
	detail, err := json.Marshal(c)
	if err != nil {
		return fmt.Errorf("caller_id.check: %w", err)
	}
	return db.noted(ctx, "caller_id.check", c.By, "caller ID "+c.Number, string(detail),
		`INSERT INTO caller_checks (e164, at, answered, after, detail, trunk, by, test) VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
		e164(c.Number), micros(c.At), flag(c.Answered), c.After.Microseconds(), c.Detail, c.Trunk, c.By, c.Test)
}

// CallerChecks lists the test calls to a number, latest first, at most limit of
// them; without a number the latest of each.
func (db *DB) CallerChecks(ctx context.Context, of string, limit int) ([]campaigns.CallerCheck, error) {
	const columns = `SELECT e164, at, answered, after, detail, trunk, by, test FROM caller_checks `
	query, args := columns+`WHERE e164 = ? ORDER BY at DESC LIMIT ?`, []any{e164(of), limit}
	if of == "" {
		query, args = columns+`WHERE (e164, at) IN (SELECT e164, MAX(at) FROM caller_checks GROUP BY e164) ORDER BY e164`, nil
	}
	r, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("checks of caller IDs: %w", err)
	}
	var out []campaigns.CallerCheck
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.CallerCheck
		var n, at, after int64
		err := r.Scan(&n, &at, &c.Answered, &after, &c.Detail, &c.Trunk, &c.By, &c.Test)
		c.Number, c.At, c.After = number(n), moment(at), time.Duration(after)*time.Microsecond
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("checks of caller IDs: %w", err)
	}
	return out, nil
}

// CallerHealth counts the attempts begun since a time by the number that they
// showed, how they ended and how carriers signed them.
func (db *DB) CallerHealth(ctx context.Context, since time.Time) ([]campaigns.CallerHealth, error) {
	lo, hi, err := db.bounds(ctx, campaigns.CallFilter{From: since})
	if err != nil {
		return nil, fmt.Errorf("health of caller IDs: %w", err)
	}
	r, err := db.read.QueryContext(ctx, `SELECT a.caller_id, COUNT(*), COUNT(o.answered_at), COALESCE(SUM(o.outcome = 'blocked'), 0),
		COALESCE(SUM(o.attest = 'A'), 0), COALESCE(SUM(o.attest = 'B'), 0), COALESCE(SUM(o.attest = 'C'), 0),
		COALESCE(SUM(o.verstat = 'TN-Validation-Failed'), 0)
		FROM attempts a LEFT JOIN outcomes o ON o.seq = a.seq
		WHERE a.seq BETWEEN ? AND ? AND a.mode <> 'inbound' AND a.caller_id <> '' GROUP BY 1 ORDER BY 1`, lo, hi)
	if err != nil {
		return nil, fmt.Errorf("health of caller IDs: %w", err)
	}
	var out []campaigns.CallerHealth
	err = eachRow(r, func(r *sql.Rows) error {
		var h campaigns.CallerHealth
		var levels [3]int64
		err := r.Scan(&h.Number, &h.Calls, &h.Answered, &h.Blocked, &levels[0], &levels[1], &levels[2], &h.Failed)
		h.Attested = map[string]int64{}
		for i, n := range levels {
			if n > 0 {
				h.Attested[string("ABC"[i])] = n
			}
		}
		out = append(out, h)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("health of caller IDs: %w", err)
	}
	return out, nil
}
