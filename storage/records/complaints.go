package records

import (
	"context"
	"database/sql"
	"fmt"
	"math"

	"github.com/forecall/forecall/campaigns"
)

const caseColumns = `k.id, a.id, k.campaign, k.contact, COALESCE(c.name, ''), k.agent, k.department, k.body, k.at, k.state, k.answer, k.changed_by, k.changed_at`

const caseTables = ` FROM complaints k JOIN attempts a ON a.seq = k.attempt LEFT JOIN contacts c ON c.id = k.contact`

func (db *DB) scanCase(r scanner) (c campaigns.Case, err error) {
	var at, changed int64
	err = r.Scan(&c.ID, &c.Attempt, &c.Campaign, &c.Contact, &c.Name, &c.Agent, &c.Department, &c.Text, &at, &c.State, &c.Answer, &c.ChangedBy, &changed)
	c.At, c.ChangedAt, c.Login = moment(at), moment(changed), db.known.login(c.Agent)
	return c, err
}

// Cases lists complaints, the newest first.
func (db *DB) Cases(ctx context.Context, f campaigns.CaseFilter) ([]campaigns.Case, error) {
	limit, before := f.Limit, f.Before
	if limit <= 0 {
		limit = 100
	}
	if before <= 0 {
		before = math.MaxInt64
	}
	var w where
	w.add("k.id < ?", before)
	w.equal("k.campaign", f.Campaign)
	w.equal("k.contact", f.Contact)
	if f.State != "" {
		w.add("k.state = ?", string(f.State))
	}
	r, err := db.read.QueryContext(ctx, `SELECT `+caseColumns+caseTables+w.text()+` ORDER BY k.id DESC LIMIT ?`, append(w.args, limit)...)
	if err != nil {
		return nil, fmt.Errorf("complaints: %w", err)
	}
	var out []campaigns.Case
	err = eachRow(r, func(r *sql.Rows) error {
		c, err := db.scanCase(r)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("complaints: %w", err)
	}
	return out, nil
}

// SetCase says where a complaint stands and what was done; campaigns.ErrNotFound
// when there is none.
func (db *DB) SetCase(ctx context.Context, id int64, state campaigns.ComplaintState, answer, by string) (campaigns.Case, error) {
	var c campaigns.Case
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE complaints SET state = ?2, answer = ?3, changed_by = ?4, changed_at = ?5 WHERE id = ?1`,
			id, string(state), answer, by, micros(t.now))
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		err = t.rows(`SELECT `+caseColumns+caseTables+` WHERE k.id = ?`, []any{id}, func(r *sql.Rows) (err error) {
			c, err = db.scanCase(r)
			return err
		})
		if err != nil {
			return err
		}
		return t.note("complaint."+string(state), by, subject("complaint", id), fmt.Sprintf("answered with %d characters", len([]rune(answer)))) // what it says is about a person
	})
	if err != nil {
		return campaigns.Case{}, fmt.Errorf("set complaint %d %s: %w", id, state, err)
	}
	return c, nil
}
