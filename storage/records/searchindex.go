package records

import (
	"context"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/storage/callindex"
)

// How the index of calls is looked after.
const (
	indexEvery  = 10 * time.Second // how often blocks that are missing or full are seen to
	indexIdle   = 10 * time.Minute // without a search: columns leave the memory
	indexRewind = 5 * time.Minute  // how long late facts of kept blocks wait in memory
)

// searchIndex keeps what calls are searched by, beside the writer: it follows
// the chain, in which every outcome and every disposition has its link. One
// goroutine at a time has its turn and with it all the fields.
type searchIndex struct {
	db    *DB
	turn  chan struct{}
	stale atomic.Bool // what was read may be gone: it is read anew

	open   bool
	blocks []*callindex.Block // nil = is to be made
	kept   map[int]bool       // blocks that stand on disk
	dirty  map[int]bool       // of those, changed since
	upto   int64              // calls that stand in blocks, if these are there
	link   int64              // links that have been followed
	used   time.Time          // last search
	wrote  time.Time          // last time that something was kept
}

func newSearchIndex(db *DB) *searchIndex {
	return &searchIndex{db: db, turn: make(chan struct{}, 1), kept: make(map[int]bool), dirty: make(map[int]bool)}
}

func (x *searchIndex) take(ctx context.Context) error {
	select {
	case x.turn <- struct{}{}:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

func (x *searchIndex) give() { <-x.turn }

// missing is how many calls from block first to last are not in the index.
func (x *searchIndex) missing(first, last int) (n int64) {
	for b := first; b <= min(last, len(x.blocks)-1); b++ {
		if x.blocks[b] == nil {
			n += callindex.Size
		}
	}
	return n
}

// start reads what is kept. Without that, all full blocks are to be made, the
// newest first, and the calls after them are read at once.
func (x *searchIndex) start(ctx context.Context) error {
	var top, head, last int64
	err := x.db.read.QueryRowContext(ctx, `SELECT COALESCE((SELECT top FROM call_index), -1), COALESCE((SELECT link FROM call_index), 0),
		(SELECT COALESCE(MAX(seq), 0) FROM attempts)`).Scan(&top, &head, &last)
	if err != nil {
		return err
	}
	if top < 0 {
		if err := x.db.read.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0) FROM chain`).Scan(&head); err != nil {
			return err
		}
		top = last / callindex.Size
	}
	x.blocks, x.upto, x.link = make([]*callindex.Block, top), top*callindex.Size, head
	r, err := x.db.read.QueryContext(ctx, `SELECT block FROM call_columns WHERE name = ?`, callindex.Digits.String())
	if err != nil {
		return err
	}
	defer r.Close()
	for r.Next() {
		var b int
		if err := r.Scan(&b); err != nil {
			return err
		}
		if b < len(x.blocks) {
			x.kept[b], x.blocks[b] = true, &callindex.Block{}
		}
	}
	x.open = true
	return r.Err()
}

// follow brings the blocks up to what is durable now.
func (x *searchIndex) follow(ctx context.Context) error {
	x.used = time.Now()
	if x.stale.Swap(false) {
		x.open, x.kept, x.dirty = false, make(map[int]bool), make(map[int]bool)
	}
	if !x.open {
		if err := x.start(ctx); err != nil {
			return err
		}
	}
	var head, last int64
	err := x.db.read.QueryRowContext(ctx, `SELECT (SELECT COALESCE(MAX(seq), 0) FROM chain), (SELECT COALESCE(MAX(seq), 0) FROM attempts)`).Scan(&head, &last)
	if err != nil {
		return err
	}
	if err := x.revisit(ctx, head); err != nil {
		return err
	}
	for x.upto < last {
		to := min(last, x.upto+callindex.Size)
		if err := x.readRows(ctx, x.upto+1, to); err != nil {
			return err
		}
		x.upto = to
	}
	x.link = head
	return nil
}

// revisit reads the calls again of which something was added since.
func (x *searchIndex) revisit(ctx context.Context, head int64) error {
	again := make(map[int64]bool)
	note := func(c *cells) error {
		seq := c.integer()
		if b, _ := placeOf(seq); seq <= x.upto && x.blocks[b] != nil {
			again[seq] = true
		}
		return nil
	}
	forgotten := int64(0)
	err := x.db.withDriver(ctx, func(q driver.QueryerContext) error {
		err := each(q, followQuery, []any{x.link, head, kindOutcome, kindDisposition}, note)
		if err != nil {
			return err
		}
		return each(q, `SELECT id, seq FROM call_index_again ORDER BY id`, nil, func(c *cells) error { forgotten = c.integer(); return note(c) })
	})
	if err != nil {
		return err
	}
	for seqs := range slices.Chunk(slices.Sorted(maps.Keys(again)), callPage) {
		if err := x.readAgain(ctx, seqs); err != nil {
			return err
		}
	}
	if forgotten == 0 {
		return nil
	}
	if err := x.keep(ctx); err != nil { // nothing of it stays on disk longer than it must
		return err
	}
	return x.db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM call_index_again WHERE id <= ?`, forgotten)
		return err
	})
}

// indexAgain has calls read again whose row changed without a link of its own.
func (t *tx) indexAgain(seqs ...int64) error {
	for _, seq := range seqs {
		if _, err := t.exec(`INSERT INTO call_index_again (seq) VALUES (?)`, seq); err != nil {
			return fmt.Errorf("index call %d again: %w", seq, err)
		}
	}
	return nil
}

const followQuery = `SELECT ref FROM chain WHERE seq > ? AND seq <= ? AND kind IN (?, ?)`

const indexedColumns = `SELECT a.seq, a.campaign, a.list, COALESCE(o.agent, a.agent), o.second_agent, o.code, a.e164, a.caller_id, o.outcome, d.code
	FROM attempts a LEFT JOIN outcomes o ON o.seq = a.seq LEFT JOIN dispositions d ON d.seq = a.seq`

const (
	indexRowsQuery  = indexedColumns + ` WHERE a.seq BETWEEN ? AND ? ORDER BY a.seq`
	indexAgainQuery = indexedColumns + ` WHERE a.seq IN (SELECT CAST(value AS INTEGER) FROM json_each(?)) ORDER BY a.seq`
)

func indexedCall(c *cells) (seq int64, call callindex.Call) {
	seq = c.integer()
	call = callindex.Call{Campaign: c.integer(), List: c.integer(), Agent: c.integer(), Second: c.integer(), Code: c.integer()}
	call.Number, call.CallerID, call.Outcome, call.Disposition = uint64(c.integer()), c.text(), c.text(), c.text()
	return seq, call
}

// readRows reads new calls into the last block and those after it.
func (x *searchIndex) readRows(ctx context.Context, from, to int64) error {
	return x.db.withDriver(ctx, func(q driver.QueryerContext) error {
		next := from
		err := each(q, indexRowsQuery, []any{from, to}, func(c *cells) error {
			seq, call := indexedCall(c)
			if seq != next {
				return fmt.Errorf("attempt %d of the ledger is missing", next)
			}
			next++
			b, i := placeOf(seq)
			if b == len(x.blocks) {
				x.blocks = append(x.blocks, &callindex.Block{})
			}
			x.blocks[b].Set(i, call)
			return nil
		})
		if err == nil && next != to+1 {
			err = fmt.Errorf("attempt %d of the ledger is missing", next)
		}
		return err
	})
}

// readAgain reads calls that stand in blocks already.
func (x *searchIndex) readAgain(ctx context.Context, seqs []int64) error {
	for _, seq := range seqs {
		b, _ := placeOf(seq)
		if err := x.loadBlock(ctx, b); err != nil {
			return err
		}
	}
	places, err := json.Marshal(seqs)
	if err != nil {
		return err
	}
	return x.db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, indexAgainQuery, []any{string(places)}, func(c *cells) error {
			seq, call := indexedCall(c)
			b, i := placeOf(seq)
			if x.blocks[b] == nil { // found damaged; it is made anew
				return nil
			}
			x.blocks[b].Set(i, call)
			if x.kept[b] {
				x.dirty[b] = true
			}
			return nil
		})
	})
}

// loadBlock reads every column of a kept block.
func (x *searchIndex) loadBlock(ctx context.Context, b int) error {
	block := x.blocks[b]
	if block == nil || !x.kept[b] || !slices.ContainsFunc(callindex.Names(), func(n callindex.Name) bool { return !block.Has(n) }) {
		return nil
	}
	return x.load(ctx, `SELECT name, block, body FROM call_columns WHERE name = ? AND block = ?`, callindex.Names(), b)
}

// loadAll reads some columns of every kept block that does not have them.
func (x *searchIndex) loadAll(ctx context.Context, names []callindex.Name) error {
	names = slices.DeleteFunc(names, func(n callindex.Name) bool {
		for b := range x.kept {
			if x.blocks[b] != nil && !x.blocks[b].Has(n) {
				return false
			}
		}
		return true
	})
	return x.load(ctx, `SELECT name, block, body FROM call_columns WHERE name = ?`, names)
}

func (x *searchIndex) load(ctx context.Context, query string, names []callindex.Name, args ...any) error {
	return x.db.withDriver(ctx, func(q driver.QueryerContext) error {
		for _, name := range names {
			err := each(q, query, append([]any{name.String()}, args...), func(c *cells) error {
				c.skip(1)
				b, body := c.small(), c.blob()
				if b >= len(x.blocks) || x.blocks[b] == nil || x.blocks[b].Has(name) {
					return nil
				}
				if err := x.blocks[b].Load(name, body); err != nil {
					x.db.log.Error("a block of the index of calls is damaged and made anew", "block", b, "error", err)
					x.lose(b)
				}
				return ctx.Err()
			})
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// lose gives a block up, which is then to be made from the ledger.
func (x *searchIndex) lose(b int) {
	x.blocks[b] = nil
	delete(x.kept, b)
	delete(x.dirty, b)
}

// make makes a block from the ledger that is missing.
func (x *searchIndex) make(ctx context.Context, b int) error {
	block := &callindex.Block{}
	err := x.db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, indexRowsQuery, []any{seqOf(b, 0), seqOf(b, callindex.Size-1)}, func(c *cells) error {
			seq, call := indexedCall(c)
			at, i := placeOf(seq)
			if at != b || i > block.Len() {
				return fmt.Errorf("an attempt before %d of the ledger is missing", seq)
			}
			block.Set(i, call)
			if i%1000 == 0 {
				return ctx.Err()
			}
			return nil
		})
	})
	if err != nil {
		return err
	}
	x.blocks[b], x.dirty[b] = block, true
	return nil
}

// keep writes what is full and not on disk, or changed since, and how far the
// index has come. Each block is written by itself: what stands in one is right
// at any time, as following the chain twice does no harm.
func (x *searchIndex) keep(ctx context.Context) error {
	full := int(x.upto / callindex.Size)
	for b := range full {
		if x.blocks[b] == nil || x.kept[b] && !x.dirty[b] {
			continue
		}
		if err := x.loadBlock(ctx, b); err != nil {
			return err
		}
		if x.blocks[b] == nil {
			continue
		}
		if err := x.keepBlock(ctx, b); err != nil {
			return err
		}
		x.kept[b] = true
		delete(x.dirty, b)
	}
	x.wrote = time.Now()
	link := x.link
	return x.db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO call_index (one, top, link) VALUES (1, ?, ?) ON CONFLICT (one) DO UPDATE SET top = excluded.top, link = excluded.link`, full, link)
		return err
	})
}

func (x *searchIndex) keepBlock(ctx context.Context, b int) error {
	bodies := make(map[string][]byte)
	for _, name := range callindex.Names() {
		bodies[name.String()] = x.blocks[b].Encode(name)
	}
	return x.db.doBulk(ctx, func(t *tx) error {
		for name, body := range bodies {
			_, err := t.exec(`INSERT INTO call_columns (name, block, body) VALUES (?, ?, ?) ON CONFLICT (name, block) DO UPDATE SET body = excluded.body`, name, b, body)
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// indexCalls looks after the index until the store is closed.
func (db *DB) indexCalls() {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	tick := time.NewTicker(indexEvery)
	defer tick.Stop()
	db.wg.Go(func() {
		select {
		case <-db.stop:
			cancel()
		case <-ctx.Done():
		}
	})
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		if err := db.index.tend(ctx); err != nil && ctx.Err() == nil && !errors.Is(err, ErrClosed) {
			db.log.Error("index of calls", "error", err)
		}
	}
}

// tend does what is due: it makes what is missing, keeps what is full, and frees
// the memory when nobody searches.
// After each block that was made it rests for as long as that took: calls go
// before.
func (x *searchIndex) tend(ctx context.Context) error {
	for {
		began := time.Now()
		more, err := x.tendOnce(ctx)
		if err != nil || !more {
			return err
		}
		select {
		case <-time.After(time.Since(began)):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

func (x *searchIndex) tendOnce(ctx context.Context) (more bool, err error) {
	if err := x.take(ctx); err != nil {
		return false, err
	}
	defer x.give()
	used := x.used
	due, err := x.due(ctx)
	if err != nil || !due {
		return false, err
	}
	if err := x.follow(ctx); err != nil {
		return false, err
	}
	x.used = used // this was no search
	for b := len(x.blocks) - 1; b >= 0; b-- {
		if x.blocks[b] == nil {
			if err := x.make(ctx, b); err != nil {
				return false, err
			}
			more = true
			break
		}
	}
	late := len(x.dirty) > 0 && time.Since(x.wrote) > indexRewind
	if more || late || int(x.upto/callindex.Size) > len(x.kept) {
		if err := x.keep(ctx); err != nil {
			return false, err
		}
	}
	if time.Since(x.used) > indexIdle {
		x.drop()
	}
	return more, nil
}

// due tells whether there is anything to tend: something in memory, or more
// calls than blocks on disk have.
func (x *searchIndex) due(ctx context.Context) (bool, error) {
	if x.open {
		return true, nil
	}
	var last, top, again int64
	err := x.db.read.QueryRowContext(ctx, `SELECT (SELECT COALESCE(MAX(seq), 0) FROM attempts), COALESCE((SELECT top FROM call_index), 0),
		(SELECT COUNT(*) FROM call_index_again)`).Scan(&last, &top, &again)
	return last-top*callindex.Size >= callindex.Size || again > 0, err
}

// drop frees the columns of blocks that stand on disk as they are.
func (x *searchIndex) drop() {
	for b := range x.kept {
		if x.blocks[b] == nil || x.dirty[b] {
			continue
		}
		for _, name := range callindex.Names() {
			x.blocks[b].Drop(name)
		}
	}
}
