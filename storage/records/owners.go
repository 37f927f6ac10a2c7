package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// TakeCampaign implements campaigns.Ownership. In a process that has not joined
// nothing is taken, and the fence is 0, which no attempt needs to carry.
func (db *DB) TakeCampaign(ctx context.Context, campaign int64) (fence int64, err error) {
	self := db.self()
	if self.id == 0 {
		return 0, nil
	}
	err = db.do(ctx, func(t *tx) error {
		t.writes++
		err := t.row(`UPDATE campaigns SET owner = ?2, owner_fence = owner_fence + 1 WHERE id = ?1 RETURNING owner_fence`,
			[]any{campaign, self.id}, &fence)
		if err != nil {
			return noRows(err)
		}
		return t.emptyHoppers(campaign)
	})
	if err != nil {
		return 0, fmt.Errorf("take campaign %d: %w", campaign, err)
	}
	return fence, nil
}

// ReleaseCampaign implements campaigns.Ownership.
func (db *DB) ReleaseCampaign(ctx context.Context, campaign, fence int64) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE campaigns SET owner = 0, owner_fence = owner_fence + 1 WHERE id = ? AND owner_fence = ? AND owner <> 0`,
			campaign, fence)
		if err != nil || n == 0 {
			return err
		}
		return t.emptyHoppers(campaign)
	})
	if err != nil {
		return fmt.Errorf("release campaign %d: %w", campaign, err)
	}
	return nil
}

// disown frees the campaigns of a node that ended.
func (t *tx) disown(node int64) error {
	var all []int64
	err := t.rows(`SELECT id FROM campaigns WHERE owner = ? ORDER BY id`, []any{node}, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		all = append(all, id)
		return err
	})
	if err != nil || len(all) == 0 {
		return err
	}
	if _, err := t.exec(`UPDATE campaigns SET owner = 0, owner_fence = owner_fence + 1 WHERE owner = ?`, node); err != nil {
		return err
	}
	for _, id := range all {
		if err := t.emptyHoppers(id); err != nil {
			return err
		}
	}
	return nil
}

// emptyHoppers makes callable again what hoppers of a campaign hold: a lease is
// its owner's, and ends with it. What is of it on the way to Begin is refused there.
func (t *tx) emptyHoppers(campaign int64) error {
	return t.returning(`UPDATE contacts SET state = CASE WHEN callback = 0 THEN 'ready' ELSE 'waiting' END
		WHERE campaign = ? AND state = 'leased' RETURNING list, state`, []any{campaign}, func(r *sql.Rows) error {
		var list int64
		var to campaigns.ContactState
		err := r.Scan(&list, &to)
		t.moved(list, campaigns.ContactLeased, to, 1)
		return err
	})
}

// mayLease refuses a hopper whose node has lost its campaign: what it took would
// be nobody's.
func (t *tx) mayLease(campaign int64) error {
	if t.db.alone() {
		return nil
	}
	var owner int64
	err := t.row(`SELECT owner FROM campaigns WHERE id = ?`+t.sharing(), []any{campaign}, &owner)
	if err = ignoreMissing(noRows(err)); err != nil || owner == 0 || owner == t.db.self().id {
		return err
	}
	return campaigns.ErrSuperseded
}

// superseded tells whether an attempt is placed for an owner that is not in force.
// In force is the fence, negative while nobody owns the campaign.
func (t *tx) superseded(a *campaigns.Attempt, inForce int64) bool {
	if a.Fence == 0 {
		return inForce > 0 && !t.db.alone()
	}
	return a.Fence != inForce
}

// alone tells whether this is the one process of a store, and has not joined:
// whoever owned something before is gone.
func (db *DB) alone() bool { return db.pen == nil && db.self().id == 0 }
