package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const holdColumns = `id, scope, e164, campaign, seller, from_at, to_at, reason, by, at, until, released_at, released_by, released_why`

// AddHold keeps what it covers from every deletion. Of its number the audit
// has a pseudonym.
func (db *DB) AddHold(ctx context.Context, h campaigns.Hold) (campaigns.Hold, error) {
	err := db.do(ctx, func(t *tx) error {
		h.At = t.now
		err := t.row(`INSERT INTO holds (scope, e164, campaign, seller, from_at, to_at, reason, by, at, until)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`, []any{
			string(h.Scope), e164(h.Number), h.Campaign, h.Seller, micros(h.From), micros(h.To), h.Reason, h.By, micros(h.At), micros(h.Until),
		}, &h.ID)
		if err != nil {
			return err
		}
		t.writes++
		return t.noteHold("hold.set", h.By, h, h.Reason)
	})
	if err != nil {
		return h, fmt.Errorf("set a hold: %w", err)
	}
	return h, nil
}

// noteHold writes what was done to a hold into the audit, without a number.
func (t *tx) noteHold(kind, by string, h campaigns.Hold, why string) error {
	about := map[string]any{"scope": h.Scope}
	if h.Scope != campaigns.HoldNumber { // what somebody wrote of one person stands in the hold alone
		about["reason"], about["why"] = h.Reason, why
	}
	switch h.Scope {
	case campaigns.HoldNumber:
		who, err := t.person(e164(h.Number))
		if err != nil {
			return err
		}
		about["number"] = who
	case campaigns.HoldCampaign:
		about["campaign"] = h.Campaign
	case campaigns.HoldSeller:
		about["seller"] = h.Seller
	case campaigns.HoldPeriod:
		about["from"], about["to"] = h.From.UTC().Format(time.RFC3339), h.To.UTC().Format(time.RFC3339)
	}
	if !h.Until.IsZero() {
		about["until"] = h.Until.UTC().Format(time.RFC3339)
	}
	text, err := json.Marshal(about)
	if err != nil {
		return err
	}
	return t.note(kind, by, subject("hold", h.ID), string(text))
}

// ReleaseHold ends a hold; campaigns.ErrNotFound when none of the id is open.
func (db *DB) ReleaseHold(ctx context.Context, id int64, by, why string) (campaigns.Hold, error) {
	var h campaigns.Hold
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE holds SET released_at = ?2, released_by = ?3, released_why = ?4 WHERE id = ?1 AND released_at = 0`,
			id, micros(t.now), by, why)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		all, err := holdsOf(t, `id = ?`, id)
		if err != nil {
			return err
		}
		h = all[0]
		return t.noteHold("hold.release", by, h, why)
	})
	if err != nil {
		return h, fmt.Errorf("release hold %d: %w", id, err)
	}
	return h, nil
}

// Holds lists them, newest first: those that hold, or all that ever were.
func (db *DB) Holds(ctx context.Context, ended bool) (out []campaigns.Hold, err error) {
	err = db.look(ctx, func(q querier) error {
		where, args := `released_at = 0 AND (until = 0 OR until > ?)`, []any{micros(time.Now())}
		if ended {
			where, args = `1`, nil
		}
		out, err = holdsOf(q, where+` ORDER BY id DESC`, args...)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	return out, nil
}

func holdsOf(q querier, where string, args ...any) (out []campaigns.Hold, err error) {
	err = q.rows(`SELECT `+holdColumns+` FROM holds WHERE `+where, args, func(r *sql.Rows) error {
		var h campaigns.Hold
		var num, from, to, at, until, released int64
		err := r.Scan(&h.ID, &h.Scope, &num, &h.Campaign, &h.Seller, &from, &to, &h.Reason, &h.By, &at, &until, &released, &h.ReleasedBy, &h.ReleasedWhy)
		h.From, h.To, h.At, h.Until, h.ReleasedAt = moment(from), moment(to), moment(at), moment(until), moment(released)
		if num != 0 {
			h.Number = number(num)
		}
		out = append(out, h)
		return err
	})
	return out, err
}

// HoldsOn are the holds that keep a person from being forgotten: on the number,
// and on campaigns, sellers and times of their calls.
func (db *DB) HoldsOn(ctx context.Context, number string) (out []campaigns.Hold, err error) {
	err = db.look(ctx, func(q querier) error {
		out, err = heldPerson(q, e164(number), time.Now())
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read holds: %w", err)
	}
	return out, nil
}
