package records

import (
	"bytes"
	"context"
	"database/sql"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// The kinds of audit entries about which rules bind the house.
const (
	auditAdopt    = "rules.adopt"
	auditDrop     = "rules.drop"
	auditHolidays = "rules.holidays"
)

// inForce is the book that judges calls, with its place in the store. It does
// not change: another book is another value.
type inForce struct {
	id   int64 // in books
	hash campaigns.Hash
	book *rules.Book
	// broken says why the rules of this store cannot be read: nobody is called then.
	broken error
}

// Book is the book of rules in force, for who explains, reports or imports.
func (db *DB) Book() *rules.Book { return db.force.Load().book }

// inForce is what judges in this transaction: changed by it, or in force.
func (t *tx) inForce() *inForce {
	if t.rebound != nil {
		return t.rebound
	}
	return t.db.force.Load()
}

// Adopt puts documents of rules in force, all of them in one step. The next
// Begin that is written is judged by them. A document that is in force already
// is left alone. By, ApprovedBy and Reason of a are those of all; what was
// adopted is returned. Rules that do not go together (a rule twice, a variable
// that nobody gives) are an error, and nothing is adopted.
func (db *DB) Adopt(ctx context.Context, sets []*rules.Set, a campaigns.Adoption) ([]campaigns.Adoption, error) {
	var out []campaigns.Adoption
	err := db.do(ctx, func(t *tx) error {
		out = nil
		for _, set := range sets {
			one, fresh, err := t.adopt(set, a)
			if err != nil {
				return err
			}
			if fresh {
				out = append(out, one)
			}
		}
		if len(out) == 0 {
			return nil
		}
		return t.rebind(t.inForce().book.Holidays())
	})
	if err != nil {
		return nil, fmt.Errorf("adopt rules: %w", err)
	}
	return out, nil
}

// Drop takes the document with the id a.Set out of force, for the next Begin
// that is written. It is campaigns.ErrNotFound when it is not in force.
func (db *DB) Drop(ctx context.Context, a campaigns.Adoption) (campaigns.Adoption, error) {
	err := db.do(ctx, func(t *tx) error {
		now, err := adopted(t, a.Set)
		if err != nil {
			return err
		}
		if len(now) == 0 {
			return campaigns.ErrNotFound
		}
		a.Version, a.SHA256, a.Dropped = now[0].Version, now[0].SHA256, true
		if a, err = t.adoption(a); err != nil {
			return err
		}
		return t.rebind(t.inForce().book.Holidays())
	})
	if err != nil {
		return campaigns.Adoption{}, fmt.Errorf("drop rules %s: %w", a.Set, err)
	}
	return a, nil
}

// SetHolidays puts other holidays in force; that they changed stands in the audit.
func (db *DB) SetHolidays(ctx context.Context, h *rules.Holidays, by string) error {
	err := db.do(ctx, func(t *tx) error {
		before := t.inForce().hash
		if err := t.rebind(h); err != nil || bytes.Equal(before, t.inForce().hash) {
			return err
		}
		return t.note(auditHolidays, by, "holidays", fmt.Sprintf("rule book %s", t.inForce().hash))
	})
	if err != nil {
		return fmt.Errorf("set holidays: %w", err)
	}
	return nil
}

func (t *tx) adopt(set *rules.Set, a campaigns.Adoption) (one campaigns.Adoption, fresh bool, err error) {
	sum, err := hex.DecodeString(set.SHA256)
	if err != nil {
		return a, false, fmt.Errorf("rules %s: hash %q: %w", set.ID, set.SHA256, err)
	}
	now, err := adopted(t, set.ID)
	if err != nil || len(now) > 0 && bytes.Equal(now[0].SHA256, sum) {
		return a, false, err
	}
	_, err = t.exec(`INSERT INTO rule_sets (sha256, id, version, source, added_at) VALUES (?, ?, ?, ?, ?) ON CONFLICT (sha256) DO NOTHING`,
		sum, set.ID, set.Version, set.Source, micros(t.now))
	if err != nil {
		return a, false, fmt.Errorf("keep rules %s: %w", set.ID, err)
	}
	a.Set, a.Version, a.SHA256, a.Dropped = set.ID, set.Version, sum, false
	one, err = t.adoption(a)
	return one, err == nil, err
}

// adoption writes a change of the rules, and chains it as an entry of the audit.
func (t *tx) adoption(a campaigns.Adoption) (campaigns.Adoption, error) {
	a.At = t.now
	t.writes++
	err := t.row(`INSERT INTO adoptions (id, version, sha256, dropped, at, by, approved_by, reason) VALUES (?, ?, ?, ?, ?, ?, ?, ?) RETURNING seq`,
		[]any{a.Set, a.Version, []byte(a.SHA256), flag(a.Dropped), micros(a.At), a.By, a.ApprovedBy, a.Reason}, &a.Seq)
	if err != nil {
		return a, fmt.Errorf("write adoption: %w", err)
	}
	kind := auditAdopt
	if a.Dropped {
		kind = auditDrop
	}
	detail, err := json.Marshal(a)
	if err != nil {
		return a, err
	}
	return a, t.note(kind, a.By, a.Set, string(detail))
}

// rebind makes the book of what the adoptions say now: it judges from the next
// statement of this transaction on, and for everybody else once that is durable.
func (t *tx) rebind(h *rules.Holidays) error {
	next, err := t.bind(h)
	if err != nil {
		return err
	}
	t.rebound = next
	t.after = append(t.after, func() { t.db.force.Store(next) })
	return nil
}

// bind joins the documents in force to a book, and keeps of what it consists.
func (t *tx) bind(h *rules.Holidays) (*inForce, error) {
	now, err := adopted(t, "")
	if err != nil {
		return nil, err
	}
	sets := make([]*rules.Set, 0, len(now))
	sums := make([]string, 0, len(now))
	for _, a := range now {
		set, err := ruleSet(t, a.SHA256)
		if err != nil {
			return nil, err
		}
		sets, sums = append(sets, set), append(sums, a.SHA256.String())
	}
	book, err := rules.NewBook(sets, h)
	if err != nil {
		return nil, fmt.Errorf("join the rules in force: %w", err)
	}
	hash := book.Hash()
	f := &inForce{book: book, hash: hash[:]}
	if f.id, err = t.shelve(f.hash, sums, h); err != nil {
		return nil, err
	}
	_, err = t.exec(`INSERT INTO book_in_force (one, book) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET book = excluded.book WHERE book_in_force.book <> excluded.book`, f.id)
	return f, err
}

// reopen makes the book that was in force when the store was closed, before
// anything can be begun. Rules that this program cannot read let nobody be
// called: the store opens all the same, so that they can be seen and replaced.
func (t *tx) reopen() error {
	h, err := t.lastHolidays()
	var now *inForce
	if err == nil {
		now, err = t.bind(h)
	}
	if err != nil {
		book, empty := rules.NewBook(nil, nil)
		if empty != nil {
			return empty
		}
		now = &inForce{book: book, broken: fmt.Errorf("the rules in force cannot be read: %w", err)}
		t.db.log.Error("nobody is called", "error", now.broken)
	}
	t.db.force.Store(now)
	return nil
}

const adoptionColumns = `seq, id, version, sha256, dropped, at, by, approved_by, reason`

// adopted lists what is in force, by id: of each, or of one, the last adoption
// that was not followed by its drop.
func adopted(q querier, id string) ([]campaigns.Adoption, error) {
	all, err := adoptions(q, `SELECT `+adoptionColumns+` FROM adoptions a WHERE (?1 = '' OR id = ?1) AND dropped = 0
		AND seq = (SELECT MAX(seq) FROM adoptions WHERE id = a.id) ORDER BY id`, id)
	if err != nil {
		return nil, fmt.Errorf("read the rules in force: %w", err)
	}
	return all, nil
}

func adoptions(q querier, query string, args ...any) ([]campaigns.Adoption, error) {
	var out []campaigns.Adoption
	err := q.rows(query, args, func(r *sql.Rows) error {
		var a campaigns.Adoption
		var at int64
		var sum []byte
		err := r.Scan(&a.Seq, &a.Set, &a.Version, &sum, &a.Dropped, &at, &a.By, &a.ApprovedBy, &a.Reason)
		a.At, a.SHA256 = moment(at), sum
		out = append(out, a)
		return err
	})
	return out, err
}

// Adopted lists the documents in force, by id.
func (db *DB) Adopted(ctx context.Context) (out []campaigns.Adoption, err error) {
	err = db.look(ctx, func(q querier) (err error) {
		out, err = adopted(q, "")
		return err
	})
	return out, err
}

// Adoptions lists every change of the rules, oldest first.
func (db *DB) Adoptions(ctx context.Context) (out []campaigns.Adoption, err error) {
	err = db.look(ctx, func(q querier) (err error) {
		out, err = adoptions(q, `SELECT `+adoptionColumns+` FROM adoptions ORDER BY seq`)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read adoptions: %w", err)
	}
	return out, nil
}

// RuleSet reads a document that was ever adopted; campaigns.ErrNotFound when none was.
func (db *DB) RuleSet(ctx context.Context, sum campaigns.Hash) (set *rules.Set, err error) {
	err = db.look(ctx, func(q querier) (err error) {
		set, err = ruleSet(q, sum)
		return err
	})
	return set, err
}

func ruleSet(q querier, sum campaigns.Hash) (*rules.Set, error) {
	var source []byte
	err := q.row(`SELECT source FROM rule_sets WHERE sha256 = ?`, []any{[]byte(sum)}, &source)
	if errors.Is(err, sql.ErrNoRows) {
		err = campaigns.ErrNotFound
	}
	if err != nil {
		return nil, fmt.Errorf("rules %s: %w", sum, err)
	}
	return rules.ParseSet(source)
}
