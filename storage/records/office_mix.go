package records

import (
	"cmp"
	"database/sql"
	"fmt"
	"slices"

	"github.com/forecall/forecall/campaigns"
)

// leaseLists takes up to n contacts from the lists of a campaign, in order:
// the higher priority first, and those that have a weight together, at the
// place of the first among them, mixed by their weights.
func (t *tx) leaseLists(lists []campaigns.List, n int, may passing) ([]storedContact, error) {
	var out []storedContact
	mixed := false
	for _, l := range lists {
		if len(out) >= n {
			break
		}
		var some []storedContact
		var err error
		switch {
		case l.Weight == 0 && may == nil:
			some, err = t.leaseFrom(l, n-len(out))
		case l.Weight == 0:
			some, err = t.leaseThese(l.Priority, may.first(l.ID, n-len(out)))
		case !mixed:
			mixed = true
			some, err = t.leaseMix(lists, l.Priority, n-len(out), may)
		}
		if err != nil {
			return nil, fmt.Errorf("list %d: %w", l.ID, err)
		}
		out = append(out, some...)
	}
	return out, nil
}

// first is the first n that pass of a list.
func (p passing) first(list int64, n int) []int64 {
	ids := p[list]
	return ids[:min(n, len(ids))]
}

// leaseMix takes contacts from all lists with a weight in turn. Each turn every
// list that still has somebody gains its weight, the one with the most goes and
// pays what all have gained: the smoothest order there is, the same every time,
// and exact over any number of leases. What lists have gained is kept in memory
// between leases; a list that runs dry saves nothing.
func (t *tx) leaseMix(lists []campaigns.List, rank, n int, may passing) ([]storedContact, error) {
	var order []int64
	var queues []*turn
	for _, l := range lists {
		if l.Weight == 0 {
			continue
		}
		ids, err := t.readyOf(l.ID, n, may)
		if err != nil {
			return nil, err
		}
		queues = append(queues, &turn{list: l.ID, weight: int64(l.Weight), ids: ids, credit: t.credit[l.ID]})
	}
	for len(order) < n {
		next := nextTurn(queues)
		if next == nil {
			break
		}
		order = append(order, next.ids[0])
		next.ids = next.ids[1:]
	}
	for _, q := range queues {
		if t.credit[q.list] = q.credit; len(q.ids) == 0 {
			delete(t.credit, q.list)
		}
	}
	return t.leaseThese(rank, order)
}

// turn is a list in the mix.
type turn struct {
	list, weight, credit int64
	ids                  []int64
}

// nextTurn is the list whose turn it is, nil when all are empty.
func nextTurn(queues []*turn) *turn {
	var best *turn
	total := int64(0)
	for _, q := range queues {
		if len(q.ids) == 0 {
			continue
		}
		q.credit += q.weight
		total += q.weight
		if best == nil || q.credit > best.credit {
			best = q
		}
	}
	if best != nil {
		best.credit -= total
	}
	return best
}

func (t *tx) readyOf(list int64, n int, may passing) ([]int64, error) {
	if may != nil {
		return may.first(list, n), nil
	}
	return t.pick(`SELECT c.id FROM contacts c WHERE c.list = ? AND c.state = 'ready' ORDER BY c.id LIMIT ?`, list, n)
}

// leaseFrom takes the first ready contacts of a list: one walk along a partial
// index that holds nothing else.
func (t *tx) leaseFrom(l campaigns.List, n int) ([]storedContact, error) {
	ids, err := t.readyOf(l.ID, n, nil)
	if err != nil {
		return nil, err
	}
	return t.leaseThese(l.Priority, ids)
}

// leaseThese takes the given contacts, in their order, as far as they are
// still ready.
func (t *tx) leaseThese(rank int, ids []int64) ([]storedContact, error) {
	if len(ids) == 0 {
		return nil, nil
	}
	free, err := t.stillReady(ids)
	if err != nil {
		return nil, err
	}
	place := make(map[int64]int, len(ids))
	for i, id := range ids {
		place[id] = i
	}
	out := make([]storedContact, 0, len(ids))
	err = t.returning(`UPDATE contacts SET state = 'leased' WHERE id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND state = 'ready' RETURNING `+contactColumns,
		[]any{jsonIDs(free)}, func(r *sql.Rows) error {
			c, err := scanStored(r)
			c.person.Rank = rank
			t.moved(c.person.List, campaigns.ContactReady, campaigns.ContactLeased, 1)
			out = append(out, c)
			return err
		})
	slices.SortFunc(out, func(a, b storedContact) int { return cmp.Compare(place[a.person.ID], place[b.person.ID]) })
	return out, err
}

// stillReady are those of the given contacts that nobody is moving: all of them in
// the writer's transaction. Those that are not ready go no further either way.
func (t *tx) stillReady(ids []int64) ([]int64, error) {
	if !t.beside {
		return ids, nil
	}
	return t.pick(`SELECT c.id FROM contacts c WHERE c.id IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) AND c.state = 'ready'`, jsonIDs(ids))
}
