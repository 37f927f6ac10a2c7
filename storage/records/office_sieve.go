package records

import (
	"context"
	"database/sql"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/filter"
)

// A filter that lets few contacts of a long list pass must not be looked for
// by the writer: every call in the air would wait. The sieve finds who passes
// beside it, remembers how far it came, and, when a whole list holds nobody,
// looks away for a while that grows with what the look cost.

// Rest of a list in which nobody passes: this long at least, and this many
// times what the search took, so that it costs a twentieth of a core at most.
const (
	sieveRest  = 2 * time.Second
	sieveShare = 20
)

type sieve struct {
	mu    sync.Mutex
	lists map[int64]sifted
}

// sifted is how far a list has been searched with a filter.
type sifted struct {
	filter string
	after  int64     // contact found last
	until  time.Time // nothing is looked for before
}

func newSieve() *sieve { return &sieve{lists: make(map[int64]sifted)} }

func (s *sieve) state(list int64, filter string) sifted {
	s.mu.Lock()
	defer s.mu.Unlock()
	if f := s.lists[list]; f.filter == filter {
		return f
	}
	return sifted{filter: filter}
}

func (s *sieve) put(list int64, f sifted) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.lists[list] = f
}

// passing is who may be leased of a campaign with a filter, by list.
type passing map[int64][]int64

// pass finds up to n ready contacts of each list that the campaign's filter
// lets pass; nil without a filter. Lists of which there is enough by priority
// end the search.
func (db *DB) pass(ctx context.Context, campaign int64, now time.Time, n int) (passing, error) {
	c, ok := db.known.campaign(campaign)
	if !ok || c.Filter == "" {
		return nil, nil
	}
	e, err := filter.Parse(c.Filter, filter.Names{})
	if err != nil {
		return nil, err
	}
	lists, err := db.Lists(ctx, campaign)
	if err != nil {
		return nil, err
	}
	out, plain := passing{}, 0
	for _, l := range lists {
		if !l.Active || l.Weight == 0 && plain >= n {
			continue
		}
		if out[l.ID], err = db.sift(ctx, l.ID, e, now, n); err != nil {
			return nil, fmt.Errorf("filter list %d: %w", l.ID, err)
		}
		if l.Weight == 0 {
			plain += len(out[l.ID])
		}
	}
	return out, nil
}

// sift searches a list from where it stopped last, round to there.
func (db *DB) sift(ctx context.Context, list int64, e filter.Expression, now time.Time, n int) ([]int64, error) {
	state := db.sieve.state(list, e.String())
	began := time.Now()
	if began.Before(state.until) {
		return nil, nil
	}
	ids, err := db.passingOf(ctx, list, e, now, state.after, 1<<62, n)
	if err == nil && len(ids) < n && state.after > 0 {
		var more []int64
		more, err = db.passingOf(ctx, list, e, now, 0, state.after, n-len(ids))
		ids = append(ids, more...)
	}
	if err != nil {
		return nil, err
	}
	if len(ids) < n { // the whole list was searched
		state.until = time.Now().Add(max(sieveRest, sieveShare*time.Since(began)))
	}
	state.after = 0
	if len(ids) > 0 {
		state.after = ids[len(ids)-1]
	}
	db.sieve.put(list, state)
	return ids, nil
}

func (db *DB) passingOf(ctx context.Context, list int64, e filter.Expression, now time.Time, after, to int64, n int) ([]int64, error) {
	condition, args := compileFilter(e, now)
	all := append(append([]any{list, after, to}, args...), n)
	r, err := db.read.QueryContext(ctx, `SELECT id FROM contacts WHERE list = ? AND state = 'ready' AND id > ? AND id <= ? AND `+condition+
		` ORDER BY id LIMIT ?`, all...)
	if err != nil {
		return nil, err
	}
	var ids []int64
	err = eachRow(r, func(r *sql.Rows) error {
		var id int64
		err := r.Scan(&id)
		ids = append(ids, id)
		return err
	})
	return ids, err
}

// FilterCount counts whom a filter would choose of the contacts of a campaign.
func (db *DB) FilterCount(ctx context.Context, campaign int64, e filter.Expression, now time.Time) (campaigns.FilterCount, error) {
	var c campaigns.FilterCount
	condition, args := compileFilter(e, now)
	err := db.read.QueryRowContext(ctx, `SELECT COUNT(*), COALESCE(SUM(passes), 0), COALESCE(SUM(passes AND state = 'ready'), 0),
		COALESCE(SUM(passes AND state <> 'done'), 0), COALESCE(SUM(state = 'ready'), 0)
		FROM (SELECT state, (`+condition+`) AS passes FROM contacts WHERE campaign = ?) judged`, append(args, campaign)...).
		Scan(&c.Contacts, &c.Passing, &c.Ready, &c.Remaining, &c.AllReady)
	if err != nil {
		return c, fmt.Errorf("count with the filter of campaign %d: %w", campaign, err)
	}
	return c, nil
}

// fieldSample is how many contacts of each list are looked at for the names
// of its columns: those of one import all have the same.
const fieldSample = 200

// FieldNames reads the headings of the columns of a campaign's lists.
func (db *DB) FieldNames(ctx context.Context, campaign int64) ([]string, error) {
	r, err := db.read.QueryContext(ctx, `SELECT DISTINCT f.key FROM loads l, json_each(COALESCE((SELECT c.fields FROM contacts c
		WHERE c.id BETWEEN l.first AND l.last AND c.load = l.id AND c.fields <> '' LIMIT 1), '{}')) f WHERE l.campaign = ?1 AND l.undone_at = 0
		UNION SELECT f.key FROM (SELECT fields FROM contacts WHERE campaign = ?1 AND fields <> '' ORDER BY id DESC LIMIT ?2) s, json_each(s.fields) f`,
		campaign, fieldSample)
	if err != nil {
		return nil, fmt.Errorf("columns of campaign %d: %w", campaign, err)
	}
	var names []string
	err = eachRow(r, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		names = append(names, name)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("columns of campaign %d: %w", campaign, err)
	}
	slices.Sort(names)
	return names, nil
}
