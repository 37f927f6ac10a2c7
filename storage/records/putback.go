package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// backBatch is how many contacts are handed back in one transaction: one
// statement for all of them, however many different times they wait for. It
// takes about 5 ms, for which a Begin may have to wait.
const backBatch = 500

// Postpone returns leased contacts that must not be called before a time, as
// those whose calling window is closed: they wait until then, their callbacks
// with them. Contacts whose lease is over are left as they are.
func (db *DB) Postpone(ctx context.Context, ids []int64, until time.Time) error {
	back := make([]campaigns.Back, len(ids))
	for i, id := range ids {
		back[i] = campaigns.Back{Contact: id, Until: until}
	}
	return db.PutBack(ctx, back)
}

// PutBack returns leased contacts that must not be called, each until its own
// time, with its callback; those that no time lets be called are done, and what
// was agreed with them. Contacts whose lease is over are left as they are.
func (db *DB) PutBack(ctx context.Context, back []campaigns.Back) error {
	for batch := range slices.Chunk(back, backBatch) {
		err := db.do(ctx, func(t *tx) error {
			batch, err := t.stillHeld(batch)
			if err != nil {
				return err
			}
			if err := t.rememberHeld(batch); err != nil {
				return err
			}
			wait, end := backLists(batch)
			if err := t.putOff(wait); err != nil {
				return err
			}
			return t.endAll(end)
		})
		if err != nil {
			return fmt.Errorf("put back %d contacts: %w", len(back), err)
		}
	}
	return nil
}

// backLists writes a batch as two JSON arrays: of pairs of a contact and its
// time in microseconds, and of the contacts that are done. Empty = none.
func backLists(batch []campaigns.Back) (wait, end string) {
	var w, e []byte
	for _, b := range batch {
		if b.Until.IsZero() {
			e = strconv.AppendInt(append(e, ','), b.Contact, 10)
			continue
		}
		w = strconv.AppendInt(append(w, ',', '['), b.Contact, 10)
		w = append(strconv.AppendInt(append(w, ','), micros(b.Until), 10), ']')
	}
	return jsonArray(w), jsonArray(e)
}

// jsonArray is the array of members that each begin with a comma; empty for none.
func jsonArray(members []byte) string {
	if len(members) == 0 {
		return ""
	}
	return "[" + string(members[1:]) + "]"
}

// putOff lets contacts wait, with their callbacks.
func (t *tx) putOff(pairs string) error {
	if pairs == "" {
		return nil
	}
	agreed := false
	err := t.returning(`UPDATE contacts SET state = 'waiting', next_at = v.until
		FROM (SELECT CAST(value ->> 0 AS INTEGER) AS id, CAST(value ->> 1 AS INTEGER) AS until FROM json_each(?)) v
		WHERE contacts.id = v.id AND contacts.state = 'leased' RETURNING list, callback`, []any{pairs}, func(r *sql.Rows) error {
		var list, callback int64
		err := r.Scan(&list, &callback)
		t.moved(list, campaigns.ContactLeased, campaigns.ContactWaiting, 1)
		agreed = agreed || callback != 0
		return err
	})
	if err != nil || !agreed {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET due = v.until
		FROM (SELECT CAST(p.value ->> 1 AS INTEGER) AS until, c.id, c.callback FROM json_each(?) p JOIN contacts c ON c.id = CAST(p.value ->> 0 AS INTEGER)
			WHERE c.callback <> 0 AND c.state = 'waiting') v
		WHERE callbacks.id = v.callback AND callbacks.done = 0`, pairs)
	return err
}

// endAll ends contacts that no time lets be called.
func (t *tx) endAll(ids string) error {
	if ids == "" {
		return nil
	}
	var ended []byte
	err := t.returning(`UPDATE contacts SET state = 'done', last = ?2, next_at = 0, callback = 0, agent = 0
		WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?1)) AND state = 'leased' RETURNING id, list`,
		[]any{ids, string(campaigns.Refused)}, func(r *sql.Rows) error {
			var id, list int64
			err := r.Scan(&id, &list)
			t.moved(list, campaigns.ContactLeased, campaigns.ContactDone, 1)
			ended = strconv.AppendInt(append(ended, ','), id, 10)
			return err
		})
	if err != nil || ended == nil {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET done = 1 WHERE contact IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND done = 0`, jsonArray(ended))
	return err
}
