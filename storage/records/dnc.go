package records

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

// AddDoNotCall puts a number on the do-not-call list of a seller, or of the
// whole house. It is durable on return, and from then on no Begin of the
// seller's campaigns, or of any, passes for the number. A number that is there
// already gets a further line in its history.
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

// RemoveDoNotCall takes a number off the list of d.Seller, or off the house's;
// the history keeps why.
func (db *DB) RemoveDoNotCall(ctx context.Context, d campaigns.DoNotCall) error {
	err := db.do(ctx, func(t *tx) error {
		gone, err := t.exec(`DELETE FROM do_not_call WHERE e164 = ? AND seller = ?`, e164(d.Number), campaigns.SellerKey(d.Seller))
		switch {
		case err != nil:
			return err
		case gone == 0:
			return campaigns.ErrNotFound
		}
		return t.changeDoNotCall([]campaigns.DoNotCall{{Number: d.Number, Seller: d.Seller, At: t.now, By: d.By, Reason: d.Reason}}, true)
	})
	if err != nil {
		return fmt.Errorf("remove from do-not-call: %w", err)
	}
	return nil
}

const changeColumns = `seq, e164, removed, at, recorded_at, channel, by, name, seller, goods, reason, reference, attempt, campaign, batch`

// entryColumns read an entry as it stands on the list: those from before
// sellers were told apart are the house's, whatever is written in them.
const entryColumns = `c.seq, c.e164, c.removed, c.at, c.recorded_at, c.channel, c.by, c.name, CASE WHEN c.format < 2 THEN '' ELSE c.seller END, c.goods,
	c.reason, c.reference, c.attempt, c.campaign, c.batch`

// DoNotCall reads the first entry of a number, the house's before those of
// sellers; campaigns.ErrNotFound when it may be called.
func (db *DB) DoNotCall(ctx context.Context, number string) (campaigns.DoNotCall, error) {
	all, err := db.DoNotCallEntries(ctx, number)
	switch {
	case err != nil:
		return campaigns.DoNotCall{}, err
	case len(all) == 0:
		return campaigns.DoNotCall{}, fmt.Errorf("do-not-call: %w", campaigns.ErrNotFound)
	}
	return all[0], nil
}

// DoNotCallEntries reads on whose lists a number stands, the house's first.
func (db *DB) DoNotCallEntries(ctx context.Context, number string) ([]campaigns.DoNotCall, error) {
	return db.entries(ctx, `SELECT `+entryColumns+` FROM do_not_call d JOIN do_not_call_changes c ON c.seq = d.seq
		WHERE d.e164 = ? ORDER BY d.seller`, e164(number))
}

func (db *DB) entries(ctx context.Context, query string, args ...any) ([]campaigns.DoNotCall, error) {
	rows, err := db.changes(ctx, query, args...)
	out := make([]campaigns.DoNotCall, len(rows))
	for i, c := range rows {
		out[i] = c.DoNotCall
	}
	return out, err
}

// IsDoNotCall tells whether a number is on anybody's list.
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
		return db.changes(ctx, `SELECT `+entryColumns+` FROM do_not_call_changes c ORDER BY c.seq`)
	}
	return db.changes(ctx, `SELECT `+entryColumns+` FROM do_not_call_changes c WHERE c.e164 = ? ORDER BY c.seq`, e164(number))
}

// DoNotCalls reads the list by number: all entries of at most limit numbers
// (0 = 1,000) after one.
func (db *DB) DoNotCalls(ctx context.Context, after string, limit int) ([]campaigns.DoNotCall, error) {
	if limit <= 0 {
		limit = 1000
	}
	return db.entries(ctx, `SELECT `+entryColumns+` FROM do_not_call d JOIN do_not_call_changes c ON c.seq = d.seq
		WHERE d.e164 IN (SELECT DISTINCT e164 FROM do_not_call WHERE e164 > ? ORDER BY e164 LIMIT ?) ORDER BY d.e164, d.seller`, e164(after), limit)
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

// calledFor is in whose name an attempt called: what is said in a call is said to
// the seller that the campaign had then.
func (t *tx) calledFor(seq int64, c campaigns.Campaign) (string, error) {
	var version int64
	if err := t.row(`SELECT settings FROM attempts WHERE seq = ?`, []any{seq}, &version); err != nil {
		return "", fmt.Errorf("settings of attempt %d: %w", seq, err)
	}
	then, err := t.db.settingsOf(t, version)
	if err != nil || then == nil {
		return c.Seller, err // of before settings had versions
	}
	return then.Seller, nil
}

// addDoNotCall writes numbers into the history and the list. Who said it in a
// call said it to the seller of the call's campaign.
func (t *tx) addDoNotCall(batch []campaigns.DoNotCall) error {
	first := t.change + 1
	for i := range batch {
		if d := &batch[i]; d.Seller == "" && d.Campaign != 0 {
			c, _ := t.settings(d.Campaign) // one that is gone had calls of the house
			d.Seller = c.Seller
		}
	}
	if err := t.changeDoNotCall(batch, false); err != nil {
		return err
	}
	for i, d := range batch {
		_, err := t.exec(`INSERT INTO do_not_call (e164, seller, seq) VALUES (?, ?, ?) ON CONFLICT (e164, seller) DO NOTHING`,
			e164(d.Number), campaigns.SellerKey(d.Seller), first+int64(i))
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

// entry is a place on the do-not-call list: a number, and the key of who must
// not call it.
type entry struct {
	e164   int64
	seller string
}

// sellersOf is sellersOf for a campaign by its id.
func (t *tx) sellersOf(campaign int64) string {
	c, _ := t.settings(campaign)
	return sellersOf(c)
}

// notYetThere leaves out what is on the list, and repetitions.
func (t *tx) notYetThere(batch []campaigns.DoNotCall) ([]campaigns.DoNotCall, error) {
	fresh := make([]campaigns.DoNotCall, 0, len(batch))
	seen := make(map[entry]bool, len(batch))
	for _, d := range batch {
		at := entry{e164(d.Number), campaigns.SellerKey(d.Seller)}
		var seq int64
		err := t.row(`SELECT seq FROM do_not_call WHERE e164 = ? AND seller = ?`, []any{at.e164, at.seller}, &seq)
		switch {
		case errors.Is(err, sql.ErrNoRows):
			if !seen[at] {
				fresh = append(fresh, d)
			}
			seen[at] = true
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
