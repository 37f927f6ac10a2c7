package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// SaveSpells writes spells, in one transaction, and that their writer was alive
// at a time. A spell is known by its agent and its begin: the same again
// replaces it, so that one that goes on is ended by saving it with its end.
// None is a sign of life.
func (db *DB) SaveSpells(ctx context.Context, spells []campaigns.Spell, at time.Time) error {
	err := db.do(ctx, func(t *tx) error {
		for _, s := range spells {
			_, err := t.exec(`INSERT INTO spells (agent, from_at, to_at, state, reason, campaign, attempt) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT (agent, from_at) DO UPDATE SET to_at = excluded.to_at, state = excluded.state, reason = excluded.reason,
				campaign = excluded.campaign, attempt = excluded.attempt`,
				s.Agent, micros(s.From), micros(s.To), string(s.State), s.Reason, s.Campaign, s.Attempt)
			if err != nil {
				return err
			}
		}
		_, err := t.exec(`INSERT INTO spells_seen (one, at) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET at = MAX(spells_seen.at, ?1)`, micros(at))
		return err
	})
	if err != nil {
		return fmt.Errorf("save %d spells of agents: %w", len(spells), err)
	}
	return nil
}

// CloseSpells ends the spells that a process left open, at the last sign of
// life of their writer, and tells how many there were. It is called once, at
// start.
func (db *DB) CloseSpells(ctx context.Context) (closed int64, err error) {
	err = db.do(ctx, func(t *tx) error {
		closed, err = t.exec(`UPDATE spells SET to_at = MAX(from_at, COALESCE((SELECT at FROM spells_seen), 0)) WHERE to_at = 0`)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("close open spells of agents: %w", err)
	}
	return closed, nil
}

const spellColumns = `agent, from_at, to_at, state, reason, campaign, attempt`

// touching chooses the spells that lie in a period, wholly or in part. None is
// longer than campaigns.LongestSpell, which bounds the search.
func touching(f campaigns.SpellFilter) where {
	var w where
	w.equal("agent", f.Agent)
	w.add("from_at >= ?", micros(f.From.Add(-campaigns.LongestSpell-time.Hour)))
	w.add("from_at < ?", micros(f.To))
	w.add("(to_at = 0 OR to_at > ?)", micros(f.From))
	w.equal("campaign", f.Campaign)
	return w
}

// Spells lists how agents spent a period, by agent and time. Spells at its
// edges are whole; see campaigns.Spell.Within.
func (db *DB) Spells(ctx context.Context, f campaigns.SpellFilter) ([]campaigns.Spell, error) {
	w := touching(f)
	r, err := db.read.QueryContext(ctx, `SELECT `+spellColumns+` FROM spells`+w.text()+` ORDER BY agent, from_at`, w.args...)
	if err != nil {
		return nil, fmt.Errorf("spells of agents: %w", err)
	}
	var out []campaigns.Spell
	err = eachRow(r, func(r *sql.Rows) error {
		var s campaigns.Spell
		var from, to int64
		err := r.Scan(&s.Agent, &from, &to, &s.State, &s.Reason, &s.Campaign, &s.Attempt)
		s.From, s.To = moment(from), moment(to)
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("spells of agents: %w", err)
	}
	return out, nil
}

// SpellTotals sums how long agents were in each state within a period, for
// each campaign and reason, cut at its edges; what goes on counts until now.
func (db *DB) SpellTotals(ctx context.Context, f campaigns.SpellFilter, now time.Time) ([]campaigns.SpellTotal, error) {
	w := touching(f)
	args := append([]any{micros(f.From), micros(f.To), micros(now)}, w.args...)
	r, err := db.read.QueryContext(ctx, `SELECT agent, campaign, state, reason, COUNT(*),
		SUM(MAX(0, MIN(CASE to_at WHEN 0 THEN ?3 ELSE to_at END, ?2) - MAX(from_at, ?1)))
		FROM spells`+w.text()+` GROUP BY agent, campaign, state, reason ORDER BY agent, campaign, state, reason`, args...)
	if err != nil {
		return nil, fmt.Errorf("sum spells of agents: %w", err)
	}
	var out []campaigns.SpellTotal
	err = eachRow(r, func(r *sql.Rows) error {
		var s campaigns.SpellTotal
		var took int64
		err := r.Scan(&s.Agent, &s.Campaign, &s.State, &s.Reason, &s.Count, &took)
		s.Duration = time.Duration(took) * time.Microsecond
		out = append(out, s)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("sum spells of agents: %w", err)
	}
	return out, nil
}
