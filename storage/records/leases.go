package records

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"math"
	"slices"
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
	var rows []storedContact
	may, err := db.pass(ctx, campaign, now, n)
	if err == nil {
		err = db.do(ctx, func(t *tx) (err error) {
			rows, err = t.lease(campaign, now, n, may)
			return err
		})
	}
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
	return t.returning(`UPDATE contacts SET state = 'ready' WHERE id IN (SELECT id FROM contacts
		WHERE campaign = ? AND state = 'waiting' AND callback = 0 AND next_at <= ? ORDER BY next_at LIMIT ?) RETURNING list`,
		[]any{campaign, micros(now), limit}, func(r *sql.Rows) error {
			var list int64
			err := r.Scan(&list)
			t.moved(list, campaigns.ContactWaiting, campaigns.ContactReady, 1)
			return err
		})
}

// leaseCallbacks takes contacts whose callback is due. Those in a call, or
// leased, wait for their turn.
func (t *tx) leaseCallbacks(campaign int64, now time.Time, n int) ([]storedContact, error) {
	var ids []int64
	err := t.rows(`SELECT c.id FROM callbacks b JOIN contacts c ON c.id = b.contact
		WHERE b.campaign = ? AND b.done = 0 AND b.due <= ? AND c.state = 'waiting' AND c.callback = b.id ORDER BY b.due, b.id LIMIT ?`,
		[]any{campaign, micros(now), n}, func(r *sql.Rows) error {
			var id int64
			err := r.Scan(&id)
			ids = append(ids, id)
			return err
		})
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

// leaseFrom takes the first ready contacts of a list: one walk along a
// partial index that holds nothing else.
func (t *tx) leaseFrom(l campaigns.List, n int) ([]storedContact, error) {
	var out []storedContact
	err := t.returning(`UPDATE contacts SET state = 'leased' WHERE id IN
		(SELECT id FROM contacts WHERE list = ? AND state = 'ready' ORDER BY id LIMIT ?) RETURNING `+contactColumns, []any{l.ID, n},
		func(r *sql.Rows) error {
			c, err := scanStored(r)
			c.person.Rank = l.Priority
			out = append(out, c)
			return err
		})
	t.moved(l.ID, campaigns.ContactReady, campaigns.ContactLeased, int64(len(out)))
	slices.SortFunc(out, func(a, b storedContact) int { return cmp.Compare(a.person.ID, b.person.ID) })
	return out, err
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
