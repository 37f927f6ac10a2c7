package records

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"math"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

const requestColumns = `id, set_id, version, sha256, base, source, changes, reason, by, at, state, decided_by, decided_at, word`

// AdoptOver puts a document in force in place of the one with hash base (none:
// where none was); campaigns.ErrRulesChanged when another is in force.
func (db *DB) AdoptOver(ctx context.Context, set *rules.Set, base campaigns.Hash, a campaigns.Adoption) (out campaigns.Adoption, err error) {
	err = db.do(ctx, func(t *tx) (err error) {
		out, err = t.adoptOver(set, base, a)
		return err
	})
	if err != nil {
		return out, fmt.Errorf("adopt rules %s: %w", set.ID, err)
	}
	return out, nil
}

func (t *tx) adoptOver(set *rules.Set, base campaigns.Hash, a campaigns.Adoption) (campaigns.Adoption, error) {
	if err := t.still(set.ID, base); err != nil {
		return a, err
	}
	one, fresh, err := t.adopt(set, a)
	if err != nil || !fresh {
		return one, err
	}
	return one, t.rebind(t.inForce().book.Holidays())
}

// still checks that of a set the document with a hash is in force.
func (t *tx) still(id string, base campaigns.Hash) error {
	now, err := adopted(t, id)
	if err != nil {
		return err
	}
	var sum campaigns.Hash
	if len(now) > 0 {
		sum = now[0].SHA256
	}
	if !bytes.Equal(sum, base) {
		return campaigns.ErrRulesChanged
	}
	return nil
}

// RequestRules keeps a request that waits for a second person.
func (db *DB) RequestRules(ctx context.Context, r campaigns.RuleRequest) (campaigns.RuleRequest, error) {
	changes, err := json.Marshal(r.Changes)
	if err != nil {
		return r, fmt.Errorf("request rules: %w", err)
	}
	r.State = campaigns.RequestWaiting
	err = db.do(ctx, func(t *tx) error {
		if err := t.still(r.Set, r.Base); err != nil {
			return err
		}
		r.At = t.now
		t.writes++
		err := t.row(`INSERT INTO rule_requests (set_id, version, sha256, base, source, changes, reason, by, at) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) RETURNING id`,
			[]any{r.Set, r.Version, notNull(r.SHA256), notNull(r.Base), notNull(r.Source), string(changes), r.Reason, r.By, micros(r.At)}, &r.ID)
		if err != nil {
			return err
		}
		detail, err := json.Marshal(r)
		if err != nil {
			return err
		}
		return t.note("rules.request", r.By, r.Set, string(detail))
	})
	if err != nil {
		return r, fmt.Errorf("request rules %s: %w", r.Set, err)
	}
	return r, nil
}

func notNull(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}

// ApproveRules puts what was requested in force; campaigns.ErrNotFound when the
// request does not wait, campaigns.ErrRulesChanged when other rules than it
// was asked for over are in force now.
func (db *DB) ApproveRules(ctx context.Context, id int64, by, word string) (out campaigns.Adoption, err error) {
	err = db.do(ctx, func(t *tx) error {
		r, err := t.decideRequest(id, campaigns.RequestApproved, by, word)
		if err != nil {
			return err
		}
		a := campaigns.Adoption{By: r.By, ApprovedBy: by, Reason: r.Reason}
		if !r.Drops() {
			set, err := rules.ParseSet(r.Source)
			if err != nil {
				return err
			}
			out, err = t.adoptOver(set, r.Base, a)
			return err
		}
		if err := t.still(r.Set, r.Base); err != nil {
			return err
		}
		now, err := adopted(t, r.Set)
		if err != nil || len(now) == 0 {
			return err
		}
		a.Set, a.Version, a.SHA256, a.Dropped = r.Set, now[0].Version, now[0].SHA256, true
		if out, err = t.adoption(a); err != nil {
			return err
		}
		return t.rebind(t.inForce().book.Holidays())
	})
	if err != nil {
		return out, fmt.Errorf("approve request %d: %w", id, err)
	}
	return out, nil
}

// EndRuleRequest ends a request without putting anything in force;
// campaigns.ErrNotFound when it does not wait.
func (db *DB) EndRuleRequest(ctx context.Context, id int64, state campaigns.RequestState, by, word string) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.decideRequest(id, state, by, word)
		return err
	})
	if err != nil {
		return fmt.Errorf("end request %d: %w", id, err)
	}
	return nil
}

func (t *tx) decideRequest(id int64, state campaigns.RequestState, by, word string) (r campaigns.RuleRequest, err error) {
	found := false
	err = t.rows(`SELECT `+requestColumns+` FROM rule_requests WHERE id = ? AND state = 'waiting'`, []any{id}, func(rows *sql.Rows) error {
		found = true
		r, err = scanRequest(rows)
		return err
	})
	if err == nil && !found {
		err = campaigns.ErrNotFound
	}
	if err != nil {
		return r, err
	}
	if _, err = t.exec(`UPDATE rule_requests SET state = ?, decided_by = ?, decided_at = ?, word = ? WHERE id = ?`, string(state), by, micros(t.now), word, id); err != nil {
		return r, err
	}
	return r, t.note("rules."+string(state), by, r.Set, fmt.Sprintf("request %d: %s", id, word))
}

// RuleRequests lists requests, latest first: those that wait, or the last of all.
func (db *DB) RuleRequests(ctx context.Context, waiting bool, limit int) (out []campaigns.RuleRequest, err error) {
	where := ""
	if waiting {
		where = "WHERE state = 'waiting'"
	}
	if limit <= 0 {
		limit = math.MaxInt32
	}
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT `+requestColumns+` FROM rule_requests `+where+` ORDER BY id DESC LIMIT ?`, []any{limit}, func(r *sql.Rows) error {
			one, err := scanRequest(r)
			out = append(out, one)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("requests about rules: %w", err)
	}
	return out, nil
}

func scanRequest(r *sql.Rows) (q campaigns.RuleRequest, err error) {
	var sum, base []byte
	var changes string
	var at, decided int64
	if err := r.Scan(&q.ID, &q.Set, &q.Version, &sum, &base, &q.Source, &changes, &q.Reason, &q.By, &at, &q.State, &q.DecidedBy, &decided, &q.Word); err != nil {
		return q, err
	}
	q.SHA256, q.Base, q.At, q.DecidedAt = sum, base, moment(at), moment(decided)
	return q, json.Unmarshal([]byte(changes), &q.Changes)
}
