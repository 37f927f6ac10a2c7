package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
	"github.com/forecall/forecall/campaigns/rules"
)

// dncBatch is how many numbers of an import enter in one transaction.
const dncBatch = 500

// AddDoNotCall puts a number on the do-not-call list. It is durable on
// return, and from then on no Begin passes for the number. A number that is
// there already gets a further line in its history.
func (db *DB) AddDoNotCall(ctx context.Context, d campaigns.DoNotCall) error {
	if err := rules.Dialable(d.Number); err != nil {
		return fmt.Errorf("add to do-not-call: %w", err)
	}
	err := db.do(ctx, func(t *tx) error { return t.addDoNotCall([]campaigns.DoNotCall{d}) })
	if err != nil {
		return fmt.Errorf("add to do-not-call: %w", err)
	}
	return nil
}

// ImportDoNotCall puts many numbers on the list, beside running calls, and
// tells how many were new. Those that are there already are left alone. A bad
// number refuses the whole batch before any of it is stored.
func (db *DB) ImportDoNotCall(ctx context.Context, batch []campaigns.DoNotCall) (added int, err error) {
	for i, d := range batch {
		if err := rules.Dialable(d.Number); err != nil {
			return 0, fmt.Errorf("import do-not-call, entry %d: %w", i+1, err)
		}
	}
	for some := range slices.Chunk(batch, dncBatch) {
		var n int
		err := db.doBulk(ctx, func(t *tx) error {
			fresh, err := t.notYetThere(some)
			if err != nil || len(fresh) == 0 {
				n = 0
				return err
			}
			n = len(fresh)
			return t.addDoNotCall(fresh)
		})
		if err != nil {
			return added, fmt.Errorf("import do-not-call: %w", err)
		}
		added += n
	}
	return added, nil
}

// RemoveDoNotCall takes a number off the list; the history keeps why.
func (db *DB) RemoveDoNotCall(ctx context.Context, number, by, reason string) error {
	err := db.do(ctx, func(t *tx) error {
		var there bool
		if err := t.row(`SELECT EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?)`, []any{e164(number)}, &there); err != nil {
			return err
		}
		if !there {
			return campaigns.ErrNotFound
		}
		if err := t.changeDoNotCall([]campaigns.DoNotCall{{Number: number, At: t.now, By: by, Reason: reason}}, true); err != nil {
			return err
		}
		_, err := t.exec(`DELETE FROM do_not_call WHERE e164 = ?`, e164(number))
		return err
	})
	if err != nil {
		return fmt.Errorf("remove from do-not-call: %w", err)
	}
	return nil
}

const changeColumns = `seq, e164, removed, at, recorded_at, channel, by, name, seller, goods, reason, reference, attempt, campaign, batch`

// DoNotCall reads the entry of a number; campaigns.ErrNotFound when it may be called.
func (db *DB) DoNotCall(ctx context.Context, number string) (campaigns.DoNotCall, error) {
	c, err := scanChange(db.read.QueryRowContext(ctx, `SELECT `+changeColumns+` FROM do_not_call_changes
		WHERE seq = (SELECT seq FROM do_not_call WHERE e164 = ?)`, e164(number)))
	if err != nil {
		return campaigns.DoNotCall{}, fmt.Errorf("do-not-call: %w", noRows(err))
	}
	return c.DoNotCall, nil
}

// IsDoNotCall tells whether a number is on the list.
func (db *DB) IsDoNotCall(ctx context.Context, number string) (bool, error) {
	var there bool
	err := db.read.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?)`, e164(number)).Scan(&there)
	if err != nil {
		return false, fmt.Errorf("do-not-call: %w", err)
	}
	return there, nil
}

// DoNotCallHistory reads when a number came onto the list and left it, oldest
// first; without a number the changes of all numbers, in the order of the ledger.
func (db *DB) DoNotCallHistory(ctx context.Context, number string) ([]campaigns.DoNotCallChange, error) {
	if number == "" {
		return db.changes(ctx, `SELECT `+changeColumns+` FROM do_not_call_changes ORDER BY seq`)
	}
	return db.changes(ctx, `SELECT `+changeColumns+` FROM do_not_call_changes WHERE e164 = ? ORDER BY seq`, e164(number))
}

// DoNotCalls reads the list by number, at most limit (0 = 1,000) after one.
func (db *DB) DoNotCalls(ctx context.Context, after string, limit int) ([]campaigns.DoNotCall, error) {
	if limit <= 0 {
		limit = 1000
	}
	rows, err := db.changes(ctx, `SELECT c.seq, c.e164, c.removed, c.at, c.recorded_at, c.channel, c.by, c.name, c.seller, c.goods, c.reason,
		c.reference, c.attempt, c.campaign, c.batch
		FROM do_not_call d JOIN do_not_call_changes c ON c.seq = d.seq WHERE d.e164 > ? ORDER BY d.e164 LIMIT ?`, e164(after), limit)
	out := make([]campaigns.DoNotCall, len(rows))
	for i, c := range rows {
		out[i] = c.DoNotCall
	}
	return out, err
}

func (db *DB) changes(ctx context.Context, query string, args ...any) ([]campaigns.DoNotCallChange, error) {
	r, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("do-not-call: %w", err)
	}
	var out []campaigns.DoNotCallChange
	err = eachRow(r, func(r *sql.Rows) error {
		c, err := scanChange(r)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("do-not-call: %w", err)
	}
	return out, nil
}

// addDoNotCall writes numbers into the history and the list.
func (t *tx) addDoNotCall(batch []campaigns.DoNotCall) error {
	first := t.change + 1
	if err := t.changeDoNotCall(batch, false); err != nil {
		return err
	}
	for i, d := range batch {
		_, err := t.exec(`INSERT INTO do_not_call (e164, seq) VALUES (?, ?) ON CONFLICT (e164) DO NOTHING`, e164(d.Number), first+int64(i))
		if err != nil {
			return fmt.Errorf("do-not-call: %w", err)
		}
	}
	return t.objected(batch)
}

// changeDoNotCall writes one batch of changes with one link of the chain.
func (t *tx) changeDoNotCall(batch []campaigns.DoNotCall, removed bool) error {
	first := t.change + 1
	digests := make([]evidence.Digest, len(batch))
	rows := make([][]any, len(batch))
	for i, d := range batch {
		t.change++
		at := d.At
		if at.IsZero() {
			at = t.now
		}
		row := []any{
			t.change, e164(d.Number), flag(removed), micros(at), micros(t.now), d.Channel, d.By, d.Name, d.Seller, d.Goods,
			d.Reason, d.Reference, d.Attempt, d.Campaign, first,
		}
		public, personal := changeParts(row)
		c, err := t.commitment(e164(d.Number), kindDoNotCall, t.change, personal)
		if err != nil {
			return err
		}
		digests[i] = digest2(public, c)
		rows[i] = append(row, rowFormat, blob(c))
	}
	if _, err := t.chain(kindDoNotCall, first, evidence.DigestBatch(digests)); err != nil {
		return err
	}
	for _, row := range rows {
		_, err := t.exec(`INSERT INTO do_not_call_changes (`+changeColumns+`, format, commitment)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, row...)
		if err != nil {
			return fmt.Errorf("do-not-call: %w", err)
		}
	}
	return nil
}

// notYetThere leaves out what is on the list, and repetitions.
func (t *tx) notYetThere(batch []campaigns.DoNotCall) ([]campaigns.DoNotCall, error) {
	fresh := make([]campaigns.DoNotCall, 0, len(batch))
	seen := make(map[int64]bool, len(batch))
	for _, d := range batch {
		n := e164(d.Number)
		var seq int64
		err := t.row(`SELECT seq FROM do_not_call WHERE e164 = ?`, []any{n}, &seq)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			if !seen[n] {
				fresh = append(fresh, d)
			}
			seen[n] = true
		case err != nil:
			return nil, err
		}
	}
	return fresh, nil
}

func scanChange(r scanner) (campaigns.DoNotCallChange, error) {
	var c campaigns.DoNotCallChange
	var seq, num, at, recorded, batch int64
	err := r.Scan(&seq, &num, &c.Removed, &at, &recorded, &c.Channel, &c.By, &c.Name, &c.Seller, &c.Goods, &c.Reason, &c.Reference,
		&c.Attempt, &c.Campaign, &batch)
	c.Number, c.At, c.RecordedAt = number(num), moment(at), moment(recorded)
	return c, err
}
