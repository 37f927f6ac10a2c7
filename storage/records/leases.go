package records

import (
	"bytes"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// callbackRank is the rank of a callback that is due: above every list.
const callbackRank = math.MaxInt32

// Limits of leasing: how many waiting contacts one lease makes ready at
// least, and how soon a personal callback that nobody could take comes again.
const (
	minPromoted   = 500
	callbackAgain = time.Minute
)

// Lease takes up to n callable contacts of a campaign, all at once, in dial
// order: callbacks that are due, the earliest first, then list by list (those
// switched off left out), the higher priority first, by id; lists with a weight
// are mixed, and a campaign's filter leaves contacts out, callbacks never. A
// personal callback carries its Agent. The contacts stay leased until they are in a
// call, released, the campaign is taken over or the store is recovered.
// campaigns.ErrSuperseded when another node owns the campaign.
func (db *DB) Lease(ctx context.Context, campaign int64, now time.Time, n int) ([]campaigns.Contact, error) {
	rows, err := db.leaseRows(ctx, campaign, now, n)
	if err != nil {
		return nil, fmt.Errorf("lease contacts of campaign %d: %w", campaign, err)
	}
	out := make([]campaigns.Contact, len(rows))
	for i, r := range rows { // out of the writer's time
		if out[i], err = r.contact(); err != nil {
			return nil, fmt.Errorf("lease contacts of campaign %d: %w", campaign, err)
		}
	}
	return out, nil
}

// leaseRows leases under the writer, or beside it where the engine can.
func (db *DB) leaseRows(ctx context.Context, campaign int64, now time.Time, n int) (rows []storedContact, err error) {
	may, err := db.pass(ctx, campaign, now, n)
	if err != nil {
		return nil, err
	}
	lease := func(t *tx) ([]storedContact, error) { return t.lease(campaign, now, n, may) }
	if db.claims != nil {
		return db.claim(ctx, lease)
	}
	err = db.do(ctx, func(t *tx) (err error) {
		rows, err = lease(t)
		return err
	})
	return rows, err
}

func (t *tx) lease(campaign int64, now time.Time, n int, may passing) ([]storedContact, error) {
	if err := t.mayLease(campaign); err != nil {
		return nil, err
	}
	if err := t.promote(campaign, now, max(minPromoted, 4*n)); err != nil {
		return nil, fmt.Errorf("promote: %w", err)
	}
	out, err := t.leaseCallbacks(campaign, now, n)
	if err != nil {
		return nil, fmt.Errorf("callbacks: %w", err)
	}
	lists, err := t.activeLists(campaign)
	if err != nil {
		return nil, err
	}
	some, err := t.leaseLists(lists, n-len(out), may)
	return append(out, some...), err
}

// promote makes waiting contacts ready whose time has come. It looks first:
// most leases find none.
func (t *tx) promote(campaign int64, now time.Time, limit int) error {
	var due bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM contacts WHERE campaign = ? AND state = 'waiting' AND callback = 0 AND next_at <= ?)`,
		[]any{campaign, micros(now)}, &due)
	if err != nil || !due {
		return err
	}
	ids, err := t.pick(`SELECT c.id FROM contacts c WHERE c.campaign = ? AND c.state = 'waiting' AND c.callback = 0 AND c.next_at <= ?
		ORDER BY c.next_at LIMIT ?`, campaign, micros(now), limit)
	if err != nil || len(ids) == 0 {
		return err
	}
	return t.returning(`UPDATE contacts SET state = 'ready' WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) RETURNING list`,
		[]any{jsonIDs(ids)}, func(r *sql.Rows) error {
			var list int64
			err := r.Scan(&list)
			t.moved(list, campaigns.ContactWaiting, campaigns.ContactReady, 1)
			return err
		})
}

// pick reads the ids of contacts c that are to be moved. Those of which another
// transaction has hold are passed over.
func (t *tx) pick(query string, args ...any) (ids []int64, err error) {
	err = t.rows(query+t.skipping(), args, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// jsonIDs are ids as a JSON array.
func jsonIDs(ids []int64) string {
	var all []byte
	for _, id := range ids {
		all = strconv.AppendInt(append(all, ','), id, 10)
	}
	return "[" + string(bytes.TrimPrefix(all, []byte(","))) + "]"
}

// leaseCallbacks takes contacts whose callback is due. Those in a call, or
// leased, wait for their turn.
func (t *tx) leaseCallbacks(campaign int64, now time.Time, n int) ([]storedContact, error) {
	ids, err := t.pick(`SELECT c.id FROM callbacks b JOIN contacts c ON c.id = b.contact
		WHERE b.campaign = ? AND b.done = 0 AND b.due <= ? AND c.state = 'waiting' AND c.callback = b.id ORDER BY b.due, b.id LIMIT ?`,
		campaign, micros(now), n)
	if err != nil {
		return nil, err
	}
	out := make([]storedContact, 0, len(ids))
	for _, id := range ids {
		err := t.returning(`UPDATE contacts SET state = 'leased' WHERE id = ? RETURNING `+contactColumns, []any{id}, func(r *sql.Rows) error {
			c, err := scanStored(r)
			c.person.Rank = callbackRank
			t.moved(c.person.List, campaigns.ContactWaiting, campaigns.ContactLeased, 1)
			out = append(out, c)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return out, nil
}

func (t *tx) activeLists(campaign int64) ([]campaigns.List, error) {
	var out []campaigns.List
	err := t.rows(`SELECT `+listColumns+` FROM lists WHERE campaign = ? AND active = 1 ORDER BY priority DESC, id`, []any{campaign},
		func(r *sql.Rows) error {
			l, err := scanList(r)
			out = append(out, l)
			return err
		})
	if err != nil {
		return nil, fmt.Errorf("lists: %w", err)
	}
	return out, nil
}

// Release returns leased contacts that were not called. Those whose lease is
// over are left as they are. A personal callback comes again after a minute,
// so that those of absent agents do not crowd the hopper.
func (db *DB) Release(ctx context.Context, ids []int64) error {
	for batch := range slices.Chunk(ids, recoverBatch) {
		err := db.do(ctx, func(t *tx) error {
			for _, id := range batch {
				if err := t.release(id); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return fmt.Errorf("release %d contacts: %w", len(ids), err)
		}
	}
	return nil
}

func (t *tx) release(id int64) error {
	var list, callback, agent int64
	var state campaigns.ContactState
	err := t.row(`SELECT list, state, callback, agent FROM contacts WHERE id = ?`, []any{id}, &list, &state, &callback, &agent)
	if err = noRows(err); err != nil {
		return ignoreMissing(err)
	}
	if state != campaigns.ContactLeased {
		return nil
	}
	to := campaigns.ContactReady
	if callback != 0 {
		to = campaigns.ContactWaiting
	}
	t.moved(list, campaigns.ContactLeased, to, 1)
	if _, err := t.exec(`UPDATE contacts SET state = ? WHERE id = ?`, string(to), id); err != nil || agent == 0 {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET due = ?2 WHERE id = ?1 AND done = 0`, callback, micros(t.now.Add(callbackAgain)))
	return err
}
