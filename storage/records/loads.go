package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

const loadColumns = `id, campaign, list, source, policy, by, began_at, ended_at, undone_at, rows, added, updated, duplicates, refused, cut, line,
	COALESCE((SELECT name FROM nodes WHERE id = loads.node), '')`

// errLoadClosed marks contacts that come to a load that has ended.
var errLoadClosed = errors.New("the load has ended")

// BeginLoad opens a load into a list and returns its id.
func (db *DB) BeginLoad(ctx context.Context, l campaigns.Load) (int64, error) {
	err := db.do(ctx, func(t *tx) error {
		list, err := t.list(l.List)
		if err != nil {
			return fmt.Errorf("list %d: %w", l.List, err)
		}
		if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM loads`, nil, &l.ID); err != nil {
			return err
		}
		self := db.self()
		_, err = t.exec(`INSERT INTO loads (id, campaign, list, source, policy, by, began_at, node, epoch) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			l.ID, list.Campaign, l.List, l.Source, string(l.Policy), l.By, micros(t.now), self.id, self.epoch)
		if err == nil {
			err = t.keepColumns(l)
		}
		if err != nil {
			return err
		}
		return t.note("load.begin", l.By, subject("load", l.ID), fmt.Sprintf("%s into list %d, duplicates: %s", l.Source, l.List, l.Policy))
	})
	if err != nil {
		return 0, fmt.Errorf("begin load of %s: %w", l.Source, err)
	}
	return l.ID, nil
}

// keepColumns remembers the order of a load's fields.
func (t *tx) keepColumns(l campaigns.Load) error {
	if len(l.Columns) == 0 {
		return nil
	}
	columns, err := json.Marshal(l.Columns)
	if err != nil {
		return err
	}
	_, err = t.exec(`INSERT INTO load_columns (load, columns) VALUES (?, ?)`, l.ID, string(columns))
	return err
}

// LoadColumns are the keys of the further fields of a load's contacts, in the
// order of the file; campaigns.ErrNotFound when the order is not known.
func (db *DB) LoadColumns(ctx context.Context, load int64) (columns []string, err error) {
	var text string
	err = noRows(db.read.QueryRowContext(ctx, `SELECT columns FROM load_columns WHERE load = ?`, load).Scan(&text))
	if err == nil {
		err = json.Unmarshal([]byte(text), &columns)
	}
	if err != nil {
		return nil, fmt.Errorf("columns of load %d: %w", load, err)
	}
	return columns, nil
}

// EndLoad closes a load with its counts, and with why it did not come to its end;
// empty = it did.
func (db *DB) EndLoad(ctx context.Context, load int64, counts campaigns.LoadCounts, cut campaigns.LoadCut) error {
	err := db.do(ctx, func(t *tx) error {
		if _, err := t.openLoad(load); err != nil {
			return err
		}
		_, err := t.exec(`UPDATE loads SET ended_at = ?2, rows = ?3, added = ?4, updated = ?5, duplicates = ?6, refused = ?7 WHERE id = ?1`,
			load, micros(t.now), counts.Rows, counts.Added, counts.Updated, counts.Duplicates, counts.Refused)
		if err == nil && cut != "" {
			err = t.cutLoad(load, cut)
		}
		if err != nil {
			return err
		}
		detail, err := json.Marshal(counts)
		if err != nil {
			return err
		}
		return t.note("load.end", "", subject("load", load), string(detail))
	})
	if err != nil {
		return fmt.Errorf("end load %d: %w", load, err)
	}
	return nil
}

// cutLoad notes that a load did not come to its end, and how far it came.
func (t *tx) cutLoad(load int64, why campaigns.LoadCut) error {
	_, err := t.exec(`UPDATE loads SET cut = ?2, line = COALESCE((SELECT c.row FROM contacts c
		WHERE c.id BETWEEN loads.first AND loads.last AND c.load = loads.id ORDER BY c.id DESC LIMIT 1), 0) WHERE id = ?1`, load, string(why))
	if err != nil {
		return err
	}
	return t.note("load.cut", "", subject("load", load), string(why))
}

// cutLoads closes the loads that some lives of nodes left open: whose file is read by
// nobody. Of their rows those are known that were added.
func (t *tx) cutLoads(whose string, args []any) error {
	var open []int64
	err := t.rows(`SELECT id FROM loads WHERE ended_at = 0 AND undone_at = 0 AND (`+whose+`)`, args, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		open = append(open, id)
		return err
	})
	for _, id := range open {
		if err == nil {
			_, err = t.exec(`UPDATE loads SET ended_at = ?2, rows = added WHERE id = ?1`, id, micros(t.now))
		}
		if err == nil {
			err = t.cutLoad(id, campaigns.CutNode)
		}
	}
	if err != nil {
		return fmt.Errorf("close loads that nobody reads: %w", err)
	}
	return nil
}

// openLoad reads a load that takes contacts still.
func (t *tx) openLoad(id int64) (campaigns.Load, error) {
	l, err := t.loadByID(id)
	if err == nil && (!l.EndedAt.IsZero() || !l.UndoneAt.IsZero()) {
		err = errLoadClosed
	}
	return l, err
}

func (t *tx) loadByID(id int64) (l campaigns.Load, err error) {
	found := false
	err = t.rows(`SELECT `+loadColumns+` FROM loads WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		found = true
		l, err = scanLoad(r)
		return err
	})
	if err == nil && !found {
		err = campaigns.ErrNotFound
	}
	return l, err
}

// undoBatch is how many contacts one transaction of UndoLoad takes out.
const undoBatch = 500

// UndoLoad takes a load out again: contacts that were never called go, those
// that were are done and stay for the log. Contacts that the load only
// updated keep what it wrote, and what it brought of consents ends. From its first transaction on no contact of the
// load comes back from a call. Called again it goes on where it ended.
func (db *DB) UndoLoad(ctx context.Context, load int64, by string) (removed, kept int64, err error) {
	var first, last int64
	err = db.do(ctx, func(t *tx) error {
		l, err := t.loadByID(load)
		if err != nil {
			return err
		}
		if err := t.row(`SELECT first, last FROM loads WHERE id = ?`, []any{load}, &first, &last); err != nil || !l.UndoneAt.IsZero() {
			return err
		}
		if _, err := t.exec(`UPDATE loads SET undone_at = ? WHERE id = ?`, micros(t.now), load); err != nil {
			return err
		}
		return t.note("load.undo", by, subject("load", load), fmt.Sprintf("%s, %d contacts", l.Source, l.Counts.Added))
	})
	if err != nil {
		return 0, 0, fmt.Errorf("undo load %d: %w", load, err)
	}
	for from := first; from <= last && last > 0; from += undoBatch {
		var gone, stay int64
		err := db.doBulk(ctx, func(t *tx) (err error) {
			gone, stay, err = t.undoRange(load, from, min(from+undoBatch-1, last))
			return err
		})
		removed, kept = removed+gone, kept+stay
		if err != nil {
			return removed, kept, fmt.Errorf("undo load %d: %w", load, err)
		}
	}
	if err := db.undoConsents(ctx, load, by); err != nil {
		return removed, kept, fmt.Errorf("undo the consents of load %d: %w", load, err)
	}
	return removed, kept, nil
}

// undoRange takes out the load's contacts with ids from first to last. Those
// in a call are counted as kept; Finish makes them done. Those on a legal hold
// stay as those who were called do.
func (t *tx) undoRange(load, first, last int64) (removed, kept int64, err error) {
	type row struct {
		id, list int64
		state    campaigns.ContactState
		called   bool
	}
	var rows []row
	held, err := sellersHeld(t, t.now, 0)
	if err != nil {
		return 0, 0, err
	}
	args := append(append([]any{first, micros(t.now)}, held.args()...), last, load)
	err = t.rows(`SELECT c.id, c.list, c.state, EXISTS (SELECT 1 FROM attempts WHERE contact = c.id) OR `+heldContact+` FROM contacts c
		WHERE c.id BETWEEN ?1 AND ?6 AND c.load = ?7 AND COALESCE(?3, ?5) IS NOT NULL`+t.pinning(), args, func(r *sql.Rows) error {
		var c row
		err := r.Scan(&c.id, &c.list, &c.state, &c.called)
		rows = append(rows, c)
		return err
	})
	if err != nil {
		return 0, 0, err
	}
	for _, c := range rows {
		switch {
		case c.called && c.state == campaigns.ContactLive:
			kept++
		case c.called:
			kept++
			err = t.retire(c.id, c.list, c.state)
		default:
			removed++
			err = t.remove(c.id, c.list, c.state)
		}
		if err != nil {
			return 0, 0, err
		}
	}
	return removed, kept, nil
}

// retire ends a contact that was called, and keeps how its last call ended.
func (t *tx) retire(id, list int64, state campaigns.ContactState) error {
	t.moved(list, state, campaigns.ContactDone, 1)
	if _, err := t.exec(`UPDATE contacts SET state = 'done', next_at = 0, callback = 0, agent = 0 WHERE id = ?`, id); err != nil {
		return err
	}
	_, err := t.exec(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0`, id)
	return err
}

func (t *tx) remove(id, list int64, state campaigns.ContactState) error {
	var text string
	var campaign int64
	if err := t.row(`SELECT campaign, phones FROM contacts WHERE id = ?`, []any{id}, &campaign, &text); err != nil {
		return err
	}
	phones, err := readPhones(text)
	if err != nil {
		return err
	}
	for _, p := range phones {
		if _, err := t.exec(`DELETE FROM numbers WHERE campaign = ? AND e164 = ? AND contact = ?`, campaign, e164(p.Number), id); err != nil {
			return err
		}
	}
	t.moved(list, state, "", 1)
	if _, err := t.exec(`DELETE FROM stopped_contacts WHERE contact = ?`, id); err != nil {
		return err
	}
	_, err = t.exec(`DELETE FROM contacts WHERE id = ?`, id)
	return err
}

// Load reads one load.
func (db *DB) Load(ctx context.Context, id int64) (campaigns.Load, error) {
	l, err := scanLoad(db.read.QueryRowContext(ctx, `SELECT `+loadColumns+` FROM loads WHERE id = ?`, id))
	if err != nil {
		return l, fmt.Errorf("load %d: %w", id, noRows(err))
	}
	return l, nil
}

// Loads lists the loads of a campaign, the newest first.
func (db *DB) Loads(ctx context.Context, campaign int64) ([]campaigns.Load, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+loadColumns+` FROM loads WHERE campaign = ? ORDER BY id DESC`, campaign)
	if err != nil {
		return nil, fmt.Errorf("loads of campaign %d: %w", campaign, err)
	}
	var out []campaigns.Load
	err = eachRow(r, func(r *sql.Rows) error {
		l, err := scanLoad(r)
		out = append(out, l)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("loads of campaign %d: %w", campaign, err)
	}
	return out, nil
}

func scanLoad(r scanner) (campaigns.Load, error) {
	var l campaigns.Load
	var began, ended, undone int64
	n := &l.Counts
	err := r.Scan(&l.ID, &l.Campaign, &l.List, &l.Source, &l.Policy, &l.By, &began, &ended, &undone,
		&n.Rows, &n.Added, &n.Updated, &n.Duplicates, &n.Refused, &l.Cut, &l.Line, &l.Node)
	l.BeganAt, l.EndedAt, l.UndoneAt = moment(began), moment(ended), moment(undone)
	return l, err
}
