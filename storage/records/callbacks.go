package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// insertCallback schedules the callback that a disposition agrees, if any.
func (t *tx) insertCallback(seq int64, d campaigns.Disposition) error {
	if d.Callback == nil {
		return nil
	}
	_, err := t.exec(`INSERT INTO callbacks (campaign, contact, attempt, at, due, agent, note)
		SELECT campaign, contact, seq, ?2, ?3, ?4, ?5 FROM attempts WHERE seq = ?1`,
		seq, micros(d.Callback.At), micros(d.Callback.When()), d.Callback.Agent, d.Callback.Note)
	if err != nil {
		return fmt.Errorf("callback: %w", err)
	}
	return nil
}

const callbackColumns = `id, campaign, contact, at, agent, note, done`

// Callbacks lists agreed callbacks by time.
func (db *DB) Callbacks(ctx context.Context, f campaigns.CallbackFilter) ([]campaigns.Callback, error) {
	limit := f.Limit
	if limit <= 0 {
		limit = 1000
	}
	var w where
	w.equal("campaign", f.Campaign)
	w.equal("contact", f.Contact)
	w.equal("agent", f.Agent)
	if !f.From.IsZero() {
		w.add("at >= ?", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("at < ?", micros(f.To))
	}
	if f.Open {
		w.add("done = 0")
	}
	r, err := db.read.QueryContext(ctx, `SELECT `+callbackColumns+` FROM callbacks`+w.text()+` ORDER BY at, id LIMIT ?`, append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("callbacks: %w", err)
	}
	var out []campaigns.Callback
	err = eachRow(r, func(r *sql.Rows) error {
		var c campaigns.Callback
		var at int64
		err := r.Scan(&c.ID, &c.Campaign, &c.Contact, &at, &c.Agent, &c.Note, &c.Done)
		c.At = moment(at)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("callbacks: %w", err)
	}
	return out, nil
}

// where collects the conditions of a query.
type where struct {
	parts []string
	args  []any
}

func (w *where) add(condition string, args ...any) {
	w.parts = append(w.parts, condition)
	w.args = append(w.args, args...)
}

// equal asks for a value of a column unless it is 0.
func (w *where) equal(column string, v int64) {
	if v != 0 {
		w.add(column+" = ?", v)
	}
}

func (w *where) text() string {
	text := ""
	for i, p := range w.parts {
		if i == 0 {
			text = " WHERE " + p
			continue
		}
		text += " AND " + p
	}
	return text
}
