package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/callindex"
)

// FindCalls returns the newest calls of a search before s.After, s.Limit of
// them, and counts all that it chooses. Every call that was durable when it
// began is searched, but for those that Behind tells of.
func (db *DB) FindCalls(ctx context.Context, s campaigns.CallSearch) (campaigns.FoundCalls, error) {
	found, err := db.findCalls(ctx, s)
	if err != nil {
		return campaigns.FoundCalls{}, fmt.Errorf("find calls: %w", err)
	}
	return found, nil
}

func (db *DB) findCalls(ctx context.Context, s campaigns.CallSearch) (campaigns.FoundCalls, error) {
	h, err := db.hitsOf(ctx, s)
	if err != nil {
		return campaigns.FoundCalls{}, err
	}
	s.Limit = max(s.Limit, 1)
	found := campaigns.FoundCalls{Count: h.count(), Behind: h.behind}
	seqs := h.before(s.After, s.Limit+1)
	if len(seqs) > s.Limit {
		seqs = seqs[:s.Limit]
		found.Next = seqs[s.Limit-1]
	}
	if found.Calls, err = db.callsAt(ctx, seqs); err != nil {
		return campaigns.FoundCalls{}, err
	}
	slices.Reverse(found.Calls)
	return found, nil
}

// SelectCalls streams the calls of a search in the order of the ledger, and
// says how many there are: those that it found when it began. It holds no
// connection and no snapshot between pages.
func (db *DB) SelectCalls(ctx context.Context, s campaigns.CallSearch) (calls iter.Seq2[campaigns.Call, error], total int64, err error) {
	h, err := db.hitsOf(ctx, s)
	if err != nil {
		return nil, 0, fmt.Errorf("select calls: %w", err)
	}
	if h.behind > 0 {
		return nil, 0, fmt.Errorf("select calls: %d of them cannot be searched yet: %w", h.behind, campaigns.ErrIndexing)
	}
	return func(yield func(campaigns.Call, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		from := db.complete(ctx)
		st := &callStream{db: db, pages: make(chan chan page, min(runtime.GOMAXPROCS(0), readers)-1)}
		st.wg.Go(func() {
			defer close(st.pages)
			for seqs := range h.pages(callPage) {
				if !st.promise(ctx, func() page {
					calls, err := db.callsAt(from, seqs)
					if db.failed(from, err) != nil {
						calls, err = db.callsAt(ctx, seqs)
					}
					return page{calls, errors.Join(err, db.addChecks(ctx, calls))}
				}) {
					return
				}
			}
		})
		defer st.wg.Wait()
		defer cancel()
		for p := range st.pages {
			got := <-p
			for _, c := range got.calls {
				if !yield(c, nil) {
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
	}, h.count(), nil
}

// callsAt reads the calls at some places of the ledger, in its order.
func (db *DB) callsAt(ctx context.Context, seqs []int64) ([]campaigns.Call, error) {
	if len(seqs) == 0 {
		return nil, nil
	}
	places, err := json.Marshal(seqs)
	if err != nil {
		return nil, err
	}
	return newCallReader(db).query(ctx, len(seqs), callsAtQuery, []any{string(places)})
}

const callsAtQuery = `SELECT ` + callColumns + callTables + ` WHERE a.seq IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY a.seq`

// hits are the calls that a search chooses, block by block. When nothing but
// the time chooses, blocks is nil: all places from lo to hi are meant.
type hits struct {
	lo, hi int64
	blocks []*callindex.Matches
	behind int64
}

// placeOf is where a call stands among blocks.
func placeOf(seq int64) (block, i int) {
	return int((seq - 1) / callindex.Size), int((seq - 1) % callindex.Size)
}

func seqOf(block, i int) int64 { return int64(block)*callindex.Size + int64(i) + 1 }

func (h *hits) count() (n int64) {
	if h.blocks == nil {
		return max(h.hi-h.lo+1, 0)
	}
	for _, m := range h.blocks {
		n += int64(m.Count())
	}
	return n
}

// before are the last n places before one; 0 = from the last.
func (h *hits) before(after int64, n int) (seqs []int64) {
	hi := h.hi
	if after > 0 {
		hi = min(hi, after-1)
	}
	if h.blocks == nil {
		for seq := hi; seq >= h.lo && len(seqs) < n; seq-- {
			seqs = append(seqs, seq)
		}
		return seqs
	}
	first, _ := placeOf(max(hi, 1))
	for b := min(first, len(h.blocks)-1); b >= 0; b-- {
		more := h.blocks[b].Down(func(i int) bool {
			if seq := seqOf(b, i); seq <= hi {
				seqs = append(seqs, seq)
			}
			return len(seqs) < n
		})
		if !more {
			break
		}
	}
	return seqs
}

// pages are all places in their order, n at a time.
func (h *hits) pages(n int) iter.Seq[[]int64] {
	return func(yield func([]int64) bool) {
		var seqs []int64
		put := func(seq int64) bool {
			if seqs = append(seqs, seq); len(seqs) < n {
				return true
			}
			full := seqs
			seqs = nil
			return yield(full)
		}
		if h.blocks == nil {
			for seq := h.lo; seq <= h.hi; seq++ {
				if !put(seq) {
					return
				}
			}
		}
		for b, m := range h.blocks {
			if !m.Up(func(i int) bool { return put(seqOf(b, i)) }) {
				return
			}
		}
		if len(seqs) > 0 {
			yield(seqs)
		}
	}
}

// indexQuery is what blocks are asked of a search.
func indexQuery(s campaigns.CallSearch) *callindex.Query {
	q := &callindex.Query{}
	one := func(to *[]int64, v int64) {
		if v != 0 {
			*to = []int64{v}
		}
	}
	one(&q.Campaigns, s.Campaign)
	one(&q.Lists, s.List)
	one(&q.Agents, s.Agent)
	one(&q.Codes, int64(s.Code))
	if s.CallerID != "" {
		q.CallerIDs = []string{s.CallerID}
	}
	if s.Disposition != "" {
		q.Dispositions = []string{s.Disposition}
	}
	for _, o := range s.Outcomes {
		q.Outcomes = append(q.Outcomes, string(o))
	}
	q.TailCount = min(len(s.Digits), callindex.TailDigits)
	for _, d := range s.Digits[len(s.Digits)-q.TailCount:] {
		q.Tail = q.Tail*10 + uint32(d-'0')
	}
	return q
}

// hitsOf searches. Times are found in the ledger by halves, a whole number by
// its own index, and all else in the blocks.
func (db *DB) hitsOf(ctx context.Context, s campaigns.CallSearch) (*hits, error) {
	h, q := &hits{}, indexQuery(s)
	var err error
	if h.lo, h.hi, err = db.bounds(ctx, campaigns.CallFilter{From: s.From, To: s.To}); err != nil {
		return nil, err
	}
	names := q.Names()
	if len(names) == 0 && s.Number == "" {
		return h, nil
	}
	if h.lo > h.hi {
		h.blocks = []*callindex.Matches{}
		return h, nil
	}
	last, _ := placeOf(h.hi)
	h.blocks = make([]*callindex.Matches, last+1)
	if s.Number != "" {
		if err := db.placesInto(ctx, h.blocks, `SELECT seq FROM attempts WHERE e164 = ? AND seq BETWEEN ? AND ?`, e164(s.Number), h.lo, h.hi); err != nil {
			return nil, err
		}
	}
	if len(names) > 0 {
		if err := db.askBlocks(ctx, h, q, s); err != nil {
			return nil, err
		}
	}
	return h, db.keepEnding(ctx, h, s.Digits)
}

// placesInto marks the places that a query answers.
func (db *DB) placesInto(ctx context.Context, blocks []*callindex.Matches, query string, args ...any) error {
	return db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, query, args, func(c *cells) error {
			b, i := placeOf(c.integer())
			if b >= len(blocks) {
				return nil
			}
			if blocks[b] == nil {
				blocks[b] = &callindex.Matches{}
			}
			blocks[b].Put(i)
			return nil
		})
	})
}

// askBlocks brings the index up to date and asks the blocks of the period side
// by side. Where a number has been sought already, its calls are kept that the
// blocks find as well.
func (db *DB) askBlocks(ctx context.Context, h *hits, q *callindex.Query, s campaigns.CallSearch) error {
	var talked []*callindex.Matches
	if s.Agent != 0 {
		talked = make([]*callindex.Matches, len(h.blocks))
		if err := db.placesInto(ctx, talked, `SELECT attempt FROM talks WHERE agent = ?`, s.Agent); err != nil {
			return err
		}
	}
	x := db.index
	if err := x.take(ctx); err != nil {
		return err
	}
	defer x.give()
	if err := x.follow(ctx); err != nil {
		return fmt.Errorf("bring the index of calls up to date: %w", err)
	}
	if err := x.loadAll(ctx, q.Names()); err != nil {
		return fmt.Errorf("load the index of calls: %w", err)
	}
	first, low := placeOf(h.lo)
	last, high := placeOf(h.hi)
	var next atomic.Int64
	var wg sync.WaitGroup
	next.Store(int64(first))
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for b := int(next.Add(1)) - 1; b <= last; b = int(next.Add(1)) - 1 {
				sought := h.blocks[b]
				if b >= len(x.blocks) || x.blocks[b] == nil || s.Number != "" && sought == nil {
					continue
				}
				var also *callindex.Matches
				if talked != nil {
					also = talked[b]
				}
				m := x.blocks[b].Find(q, also)
				if m != nil && sought != nil && !m.And(sought) {
					m = nil
				}
				h.blocks[b] = m
			}
		})
	}
	wg.Wait()
	if h.blocks[first] != nil {
		h.blocks[first].Keep(low, callindex.Size-1)
	}
	if h.blocks[last] != nil {
		h.blocks[last].Keep(0, high)
	}
	h.behind = x.missing(first, last)
	return nil
}

// keepEnding drops the calls whose numbers do not end with digits, where there are
// more of them than the blocks keep.
func (db *DB) keepEnding(ctx context.Context, h *hits, digits string) error {
	if len(digits) <= callindex.TailDigits {
		return nil
	}
	var want, span int64 = 0, 1
	for _, d := range digits {
		want, span = want*10+int64(d-'0'), span*10
	}
	kept := make([]*callindex.Matches, len(h.blocks))
	for seqs := range h.pages(callPage) {
		places, err := json.Marshal(seqs)
		if err != nil {
			return err
		}
		if err := db.placesInto(ctx, kept, numbersEndQuery, string(places), span, want); err != nil {
			return err
		}
	}
	h.blocks = kept
	return nil
}

const numbersEndQuery = `SELECT a.seq FROM attempts a WHERE a.seq IN (SELECT CAST(value AS INTEGER) FROM json_each(?1)) AND a.e164 % ?2 = ?3`
