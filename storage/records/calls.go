package records

import (
	"context"
	"fmt"
	"iter"
	"runtime"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// callPage is how many places of the ledger are read at once. Between pages
// no connection and no snapshot is held, so a slow reader delays nobody.
const callPage = 2000

// readers is how many queries a stream has running at most: as many as an
// engine's readers bear beside each other.
const readers = 4

// Calls streams the calls that a filter chooses, in the order of the ledger
// or newest first, with memory for a few pages whatever their number. Calls
// that end while the stream runs may appear with or without their outcome.
// After an error the stream ends.
func (db *DB) Calls(ctx context.Context, f campaigns.CallFilter) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		s := &callStream{db: db, f: f, pages: make(chan chan page, min(runtime.GOMAXPROCS(0), readers)-1)}
		s.wg.Go(func() { s.run(ctx) })
		defer s.wg.Wait()
		defer cancel()
		n := 0
		for p := range s.pages {
			got := <-p
			for _, c := range got.calls {
				if !yield(c, nil) {
					return
				}
				if n++; n == f.Limit {
					return
				}
			}
			if got.err != nil {
				yield(campaigns.Call{}, fmt.Errorf("read calls: %w", got.err))
				return
			}
		}
		if err := ctx.Err(); err != nil {
			yield(campaigns.Call{}, fmt.Errorf("read calls: %w", err))
		}
	}
}

// page is a stretch of calls, or why there are no more.
type page struct {
	calls []campaigns.Call
	err   error
}

// callStream reads ahead of whoever takes the calls: pages are promised in
// order, and read side by side.
type callStream struct {
	db    *DB
	f     campaigns.CallFilter
	pages chan chan page
	wg    sync.WaitGroup
}

func (s *callStream) run(ctx context.Context) {
	defer close(s.pages)
	lo, hi, err := s.db.bounds(ctx, s.f)
	if err != nil {
		s.promise(ctx, func() page { return page{err: err} })
		return
	}
	step := int64(callPage)
	if s.f.Contact != 0 || s.f.Number != "" {
		step = hi // an index finds the few there are
	}
	for lo <= hi {
		from, to := lo, min(lo+step-1, hi)
		if s.f.Newest {
			from, to = max(hi-step+1, lo), hi
			hi = from - 1
		} else {
			lo = to + 1
		}
		ok := s.promise(ctx, func() page {
			calls, err := s.db.readCalls(ctx, s.f, from, to)
			return page{calls, err}
		})
		if !ok {
			return
		}
	}
}

// promise puts a page into the order of the stream and reads it meanwhile.
func (s *callStream) promise(ctx context.Context, read func() page) bool {
	p := make(chan page, 1)
	select {
	case s.pages <- p:
	case <-ctx.Done():
		return false
	}
	s.wg.Go(func() { p <- read() })
	return true
}

// bounds turns the filter's times and its After into places in the ledger,
// both included. Intents stand in the order of time, so a search by halves
// finds a time without an index.
func (db *DB) bounds(ctx context.Context, f campaigns.CallFilter) (lo, hi int64, err error) {
	if err := db.reading(ctx).QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM attempts`).Scan(&hi); err != nil {
		return 0, 0, err
	}
	lo = 1
	if !f.From.IsZero() {
		if lo, err = db.firstAt(ctx, hi, f.From); err != nil {
			return 0, 0, err
		}
	}
	if !f.To.IsZero() {
		first, err := db.firstAt(ctx, hi, f.To)
		if err != nil {
			return 0, 0, err
		}
		hi = first - 1
	}
	if f.After > 0 && f.Newest {
		hi = min(hi, f.After-1)
	} else if f.After > 0 {
		lo = max(lo, f.After+1)
	}
	return lo, hi, nil
}

// firstAt finds the first attempt at or after t; last+1 when there is none.
func (db *DB) firstAt(ctx context.Context, last int64, t time.Time) (int64, error) {
	lo, hi, at := int64(1), last+1, micros(t)
	for lo < hi {
		mid := lo + (hi-lo)/2
		var intent int64
		if err := db.reading(ctx).QueryRowContext(ctx, `SELECT intent_at FROM attempts WHERE seq = ?`, mid).Scan(&intent); err != nil {
			return 0, err
		}
		if intent < at {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo, nil
}

// Attempt reads one call by the id of its attempt; campaigns.ErrUnknownAttempt
// when there is none.
func (db *DB) Attempt(ctx context.Context, id string) (campaigns.Call, error) {
	calls, err := newCallReader(db).query(ctx, 1, `SELECT `+callColumns+callTables+` WHERE a.id = ?`, []any{id})
	if err == nil && len(calls) == 0 {
		err = campaigns.ErrUnknownAttempt
	}
	if err != nil {
		return campaigns.Call{}, fmt.Errorf("attempt %s: %w", id, err)
	}
	return calls[0], nil
}

// History reads the last calls to a contact, the newest first; 0 = all.
func (db *DB) History(ctx context.Context, contact int64, limit int) ([]campaigns.Call, error) {
	var out []campaigns.Call
	for c, err := range db.Calls(ctx, campaigns.CallFilter{Contact: contact, Newest: true, Limit: limit}) {
		if err != nil {
			return nil, fmt.Errorf("history of contact %d: %w", contact, err)
		}
		out = append(out, c)
	}
	return out, nil
}
