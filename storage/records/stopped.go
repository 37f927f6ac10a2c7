package records

import (
	"context"
	"database/sql"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Who meets a kill switch waits for a while, as everybody whom a rule keeps out, and
// it is written down that it was the switch. When it is lifted they are due again as
// they would have been without it:
//
//	put off until T, but for the stop due at D --> waiting until T, row (stop, contact, T, D)
//	lifted: whoever still waits until T, and has the same callback --> waiting until D
//
// Whatever has become of a contact meanwhile, a call, a callback that was agreed, is
// newer, and stays. A contact that several stops put off is due when the last of them
// is lifted.

// freeBatch is how many contacts a lift lets go in one transaction.
const freeBatch = 2000

// heldBy are the ids of the kill switches that a judgement is held by.
func (x asked) heldBy(q querier, j campaigns.Judgement) ([]int64, error) {
	if j.Held.Due.IsZero() {
		return nil, nil
	}
	all, err := x.stops(q)
	if err != nil {
		return nil, err
	}
	ids := make([]int64, len(all))
	for i, s := range all {
		ids[i] = s.ID
	}
	return ids, nil
}

// stillHeld lets go at once whom stops were to put off that are lifted by now: they
// were judged beside the writer. The others it returns as they are.
func (t *tx) stillHeld(back []campaigns.Back) ([]campaigns.Back, error) {
	if !slices.ContainsFunc(back, func(b campaigns.Back) bool { return len(b.Held.Stops) > 0 }) {
		return back, nil
	}
	holding, err := t.pickAll(`SELECT id FROM stops WHERE lifted_at = 0`)
	if err != nil {
		return nil, err
	}
	out := slices.Clone(back)
	for i, b := range out {
		if len(b.Held.Stops) == 0 {
			continue
		}
		held := slices.DeleteFunc(slices.Clone(b.Held.Stops), func(id int64) bool { return !slices.Contains(holding, id) })
		if len(held) == 0 {
			out[i] = campaigns.Back{Contact: b.Contact, Until: b.Held.Due}
			continue
		}
		out[i].Held.Stops = held
	}
	return out, nil
}

// pickAll reads ids.
func (t *tx) pickAll(query string, args ...any) (ids []int64, err error) {
	err = t.rows(query, args, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// rememberHeld writes down whom kill switches are about to put off. A callback that
// nothing else keeps waiting is due again as it was.
func (t *tx) rememberHeld(back []campaigns.Back) error {
	var all []byte
	for _, b := range back {
		if !b.Held.Due.Before(b.Until) {
			continue
		}
		for _, stop := range b.Held.Stops {
			all = append(all, ',', '[')
			for i, n := range []int64{stop, b.Contact, micros(b.Until), micros(b.Held.Due)} {
				if i > 0 {
					all = append(all, ',')
				}
				all = strconv.AppendInt(all, n, 10)
			}
			all = append(all, ']')
		}
	}
	if len(all) == 0 {
		return nil
	}
	_, err := t.exec(`INSERT INTO stopped_contacts (stop, contact, until, due, callback)
		SELECT v.stop, c.id, v.until, CASE WHEN b.due > v.due OR b.due IS NOT NULL AND v.due <= ?2 THEN b.due WHEN c.next_at > v.due THEN c.next_at ELSE v.due END, c.callback
		FROM (SELECT CAST(value ->> 0 AS INTEGER) AS stop, CAST(value ->> 1 AS INTEGER) AS contact,
				CAST(value ->> 2 AS INTEGER) AS until, CAST(value ->> 3 AS INTEGER) AS due FROM json_each(?1)) v
			JOIN contacts c ON c.id = v.contact AND c.state = 'leased'
			LEFT JOIN callbacks b ON b.id = c.callback AND b.done = 0
		WHERE true
		ON CONFLICT (stop, contact) DO UPDATE SET until = excluded.until, due = excluded.due, callback = excluded.callback`,
		jsonArray(all), micros(t.now))
	return err
}

// freeHeld makes contacts that a stop put off, and that no other stop holds up, due as
// they would have been without it. More tells whether there are others.
func (t *tx) freeHeld(stop int64) (more bool, err error) {
	ids, err := t.pickAll(`SELECT contact FROM stopped_contacts WHERE stop = ? ORDER BY contact LIMIT ?`, stop, freeBatch)
	if err != nil || len(ids) == 0 {
		return false, err
	}
	last := ids[len(ids)-1]
	const free = `(SELECT s.contact, s.until, s.due, s.callback FROM stopped_contacts s WHERE s.stop = ?1 AND s.contact <= ?2
		AND NOT EXISTS (SELECT 1 FROM stopped_contacts o JOIN stops ON stops.id = o.stop AND stops.lifted_at = 0
			WHERE o.contact = s.contact AND o.stop <> s.stop AND o.until = s.until)) v`
	for _, query := range []string{
		`UPDATE callbacks SET due = v.due FROM ` + free + ` JOIN contacts c ON c.id = v.contact AND c.state = 'waiting' AND c.next_at = v.until AND c.callback = v.callback
			WHERE callbacks.id = v.callback AND callbacks.done = 0 AND callbacks.due = v.until`,
		`UPDATE contacts SET next_at = v.due FROM ` + free + `
			WHERE contacts.id = v.contact AND contacts.state = 'waiting' AND contacts.next_at = v.until AND contacts.callback = v.callback`,
		`DELETE FROM stopped_contacts WHERE stop = ?1 AND contact <= ?2`,
	} {
		if _, err := t.exec(query, stop, last); err != nil {
			return false, err
		}
	}
	return len(ids) == freeBatch, nil
}

// freeAll lets the rest of those go whom a stop put off, a batch at a time, so that
// calls are begun between them. The stop is lifted: whom it does not reach comes back
// when they would have been judged again.
func (db *DB) freeAll(ctx context.Context, stop int64, more bool) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), freeWithin)
	defer cancel()
	for more {
		err := db.do(ctx, func(t *tx) (err error) {
			more, err = t.freeHeld(stop)
			return err
		})
		if err != nil {
			db.log.Warn("a stop was lifted, and not all whom it put off are due at once; the others are within minutes", "stop", stop, "error", err)
			return
		}
	}
}

// freeWithin bounds the letting go of all of them.
const freeWithin = time.Minute
