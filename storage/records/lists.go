package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

const listColumns = `id, campaign, name, priority, active, created_at, weight`

// CreateList stores a new list of a campaign and returns it with its id. A
// name that the campaign has already is campaigns.ErrExists.
func (db *DB) CreateList(ctx context.Context, l campaigns.List) (campaigns.List, error) {
	err := db.do(ctx, func(t *tx) error {
		if _, err := t.campaign(l.Campaign); err != nil {
			return fmt.Errorf("campaign %d: %w", l.Campaign, err)
		}
		var taken bool
		err := t.row(`SELECT EXISTS (SELECT 1 FROM lists WHERE campaign = ? AND name = ?), (SELECT COALESCE(MAX(id), 0) + 1 FROM lists)`,
			[]any{l.Campaign, l.Name}, &taken, &l.ID)
		if err != nil {
			return err
		}
		if taken {
			return campaigns.ErrExists
		}
		l.CreatedAt = t.now
		return t.insertList(l)
	})
	if err != nil {
		return campaigns.List{}, fmt.Errorf("create list %s: %w", l.Name, err)
	}
	return l, nil
}

func (t *tx) insertList(l campaigns.List) error {
	_, err := t.exec(`INSERT INTO lists (`+listColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?)`,
		l.ID, l.Campaign, l.Name, l.Priority, l.Active, micros(l.CreatedAt), l.Weight)
	t.after = append(t.after, func() { t.db.known.putList(l) })
	return err
}

// List reads one list.
func (db *DB) List(_ context.Context, id int64) (campaigns.List, error) {
	l, ok := db.known.list(id)
	if !ok {
		return l, fmt.Errorf("list %d: %w", id, campaigns.ErrNotFound)
	}
	return l, nil
}

// Lists reads the lists of a campaign in the order in which they are dialed.
func (db *DB) Lists(ctx context.Context, campaign int64) ([]campaigns.List, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+listColumns+` FROM lists WHERE campaign = ? ORDER BY priority DESC, id`, campaign)
	if err != nil {
		return nil, fmt.Errorf("lists of campaign %d: %w", campaign, err)
	}
	var out []campaigns.List
	err = eachRow(r, func(r *sql.Rows) error {
		l, err := scanList(r)
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("lists of campaign %d: %w", campaign, err)
	}
	return out, nil
}

// SetListActive switches a list on or off. Contacts in a hopper's memory are
// not called back: they are few.
func (db *DB) SetListActive(ctx context.Context, id int64, active bool, by string) error {
	return db.changeList(ctx, id, by, "list.active", fmt.Sprint(active), func(l *campaigns.List) { l.Active = active })
}

// SetListPriority changes the order of lists: higher is dialed first.
func (db *DB) SetListPriority(ctx context.Context, id int64, priority int, by string) error {
	return db.changeList(ctx, id, by, "list.priority", fmt.Sprint(priority), func(l *campaigns.List) { l.Priority = priority })
}

// SetListWeight changes the share of a list among those that have one.
func (db *DB) SetListWeight(ctx context.Context, id int64, weight int, by string) error {
	return db.changeList(ctx, id, by, "list.weight", fmt.Sprint(weight), func(l *campaigns.List) { l.Weight = weight })
}

func (db *DB) changeList(ctx context.Context, id int64, by, kind, detail string, change func(*campaigns.List)) error {
	err := db.do(ctx, func(t *tx) error {
		l, err := t.list(id)
		if err != nil {
			return err
		}
		change(&l)
		if _, err := t.exec(`UPDATE lists SET priority = ?, active = ?, weight = ? WHERE id = ?`, l.Priority, l.Active, l.Weight, id); err != nil {
			return err
		}
		t.after = append(t.after, func() { db.known.putList(l) })
		return t.note(kind, by, subject("list", id), detail)
	})
	if err != nil {
		return fmt.Errorf("change list %d: %w", id, err)
	}
	return nil
}

func (t *tx) list(id int64) (l campaigns.List, err error) {
	found := false
	err = t.rows(`SELECT `+listColumns+` FROM lists WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		found = true
		l, err = scanList(r)
		return err
	})
	if err == nil && !found {
		err = campaigns.ErrNotFound
	}
	return l, err
}

func scanList(r *sql.Rows) (campaigns.List, error) {
	var l campaigns.List
	var created int64
	err := r.Scan(&l.ID, &l.Campaign, &l.Name, &l.Priority, &l.Active, &created, &l.Weight)
	l.CreatedAt = moment(created)
	return l, err
}

// noRows turns "no such row" into the word of the trade.
func noRows(err error) error {
	if errors.Is(err, sql.ErrNoRows) {
		return campaigns.ErrNotFound
	}
	return err
}
