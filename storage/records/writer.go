package records

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// Limits of the writer: operations in one transaction, and how long after
// the last urgent one bulk work may take more than one turn.
const (
	maxGroup   = 512
	maxBulk    = 4
	quietAfter = time.Second
)

// op is one operation on its way through the writer. Do must bear to be run
// again: when another operation of its group has to be undone, the whole
// group is, and each is run by itself.
type op struct {
	do    func(*tx) error
	ahead func(*tx, *ahead) // what it will read; nil = that is not known
	err   error
	state atomic.Int32
	done  chan struct{}
	doubt chan struct{} // closed when it is not known for a while whether it was written
}

func newOp(do func(*tx) error) *op {
	return &op{do: do, done: make(chan struct{}), doubt: make(chan struct{})}
}

// The states of an op. A caller that gives up wins only while it is queued.
const (
	opQueued int32 = iota
	opTaken
	opGivenUp
	opInDoubt
)

// writer owns the one connection that writes. It drains its queue into one
// transaction, commits it with one fsync, and only then answers. Bulk work
// (imports) waits behind the ledger and goes in transactions of its own.
type writer struct {
	tx     *tx
	flush  chan group    // whose commit is not on disk yet; nil = commits wait for it
	again  chan struct{} // what memory holds may be gone
	urgent chan *op
	bulk   chan *op
	stop   chan struct{}
	exited chan struct{}
	busy   time.Time // of the last urgent operation
}

func newWriter(ctx context.Context, db *DB) (*writer, error) {
	t, err := newTx(ctx, db)
	if err != nil {
		return nil, err
	}
	var flush chan group
	if db.pen != nil {
		flush = make(chan group, maxGroup)
	}
	return &writer{
		tx: t, flush: flush, again: make(chan struct{}, 1), urgent: make(chan *op, 2*maxGroup), bulk: make(chan *op, maxBulk),
		stop: db.stop, exited: make(chan struct{}),
	}, nil
}

// do runs f in the writer's next transaction and returns when that is
// durable. When ctx ends first there are two cases: the writer had not begun
// f, then it never will and the context's error is returned; or it had, then
// do waits for the result, a matter of milliseconds. So an error always means
// that nothing was written, and no caller is left in doubt; except with ErrInDoubt,
// of a database server that went away before it had answered the commit. While ctx
// stands, do waits until it is back and has told.
func (db *DB) do(ctx context.Context, f func(*tx) error) error {
	return db.w.submit(ctx, db.w.urgent, newOp(f))
}

// doAhead is do for an operation that knows what it will read.
func (db *DB) doAhead(ctx context.Context, ahead func(*tx, *ahead), f func(*tx) error) error {
	o := newOp(f)
	o.ahead = ahead
	return db.w.submit(ctx, db.w.urgent, o)
}

// doBulk is do for work that must not delay the ledger.
func (db *DB) doBulk(ctx context.Context, f func(*tx) error) error {
	return db.w.submit(ctx, db.w.bulk, newOp(f))
}

func (w *writer) submit(ctx context.Context, queue chan<- *op, o *op) error {
	select {
	case queue <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-w.exited:
		return ErrClosed
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		if o.state.CompareAndSwap(opQueued, opGivenUp) {
			return ctx.Err()
		}
		return w.await(ctx, o)
	case <-w.exited:
		return o.last()
	}
}

// run serves the queues until the store is closed and they are empty.
func (w *writer) run() {
	defer close(w.exited)
	defer w.tx.close()
	if w.flush != nil {
		var flushing sync.WaitGroup
		flushing.Go(w.flushes)
		defer flushing.Wait()
		defer close(w.flush)
	}
	for {
		select {
		case o := <-w.urgent:
			w.turn(o)
			continue
		default:
		}
		select {
		case o := <-w.urgent:
			w.turn(o)
		case o := <-w.bulk:
			w.bulkTurn(o)
		case <-w.again:
			w.refresh()
		case <-w.tx.db.logDue:
			w.tx.db.wal.Restart(background, w.tx.conn)
		case <-w.stop:
			if !w.drain() {
				return
			}
		}
	}
}

// drain runs one thing that is still queued at the end.
func (w *writer) drain() bool {
	select {
	case o := <-w.urgent:
		w.turn(o)
	case o := <-w.bulk:
		w.bulkTurn(o)
	default:
		return false
	}
	return true
}

// turn commits first and what else waits in the urgent queue, then lets one
// piece of bulk work through, so that neither starves.
func (w *writer) turn(first *op) {
	w.busy = time.Now()
	w.commit(gather(first, w.urgent, maxGroup))
	select {
	case o := <-w.bulk:
		w.commit(gather(o, w.bulk, 1))
	default:
	}
}

// bulkTurn takes several pieces at once while nobody dials.
func (w *writer) bulkTurn(first *op) {
	n := 1
	if time.Since(w.busy) > quietAfter {
		n = maxBulk
	}
	w.commit(gather(first, w.bulk, n))
}

func gather(first *op, queue <-chan *op, limit int) []*op {
	ops := make([]*op, 0, min(limit, len(queue)+1))
	for o := first; ; {
		if o.state.CompareAndSwap(opQueued, opTaken) {
			ops = append(ops, o)
		}
		if len(ops) >= limit {
			return ops
		}
		select {
		case o = <-queue:
		default:
			return ops
		}
	}
}

// commit runs a group in one transaction. An operation that fails before it
// has written anything harms nobody. One that fails later takes the group's
// transaction with it, and every operation then gets a transaction of its own.
func (w *writer) commit(ops []*op) {
	if len(ops) == 0 {
		return
	}
	mark, err := w.attempt(ops)
	switch {
	case err == nil && w.flush != nil:
		w.flush <- group{ops, mark, seen{w.tx.link, w.tx.now}}
		return
	case err != nil && mark != "": // the answer was lost
		w.tx.db.log.Warn("the answer to a commit was lost", "err", err)
		inDoubt(ops)
		w.flush <- group{ops: ops, mark: mark}
		return
	case errors.Is(err, errUndo) && len(ops) > 1:
		for _, o := range ops {
			w.commit([]*op{o})
		}
		return
	}
	for _, o := range ops {
		if err != nil && !errors.Is(err, errUndo) {
			o.err = err
		}
		close(o.done)
	}
}

// errUndo marks a group whose transaction an operation spoiled; the
// operation's own error stands in the operation.
var errUndo = errors.New("operation undone")

// attempt runs a group. An error with a mark leaves open whether it was written.
func (w *writer) attempt(ops []*op) (mark string, err error) {
	if err := w.tx.begin(); err != nil {
		w.tx.rollback()
		return "", fmt.Errorf("begin transaction: %w", err)
	}
	w.tx.single = len(ops) == 1
	if err := w.tx.run(func(t *tx) error { return t.askAhead(ops) }); err != nil {
		w.tx.rollback()
		return "", fmt.Errorf("read ahead: %w", err)
	}
	for _, o := range ops {
		w.tx.writes, w.tx.touched = 0, w.tx.touched[:0]
		if o.err = w.tx.run(o.do); o.err == nil {
			o.err = w.tx.wrote()
		}
		if o.err != nil && w.tx.lost() { // what helps none of them
			w.tx.rollback()
			return "", o.err
		}
		if o.err != nil && (w.tx.writes > 0 || late(o.err)) {
			w.tx.rollback()
			return "", errUndo
		}
	}
	if mark, err = w.tx.commit(); err != nil {
		w.tx.rollback()
		if mark == "" && late(err) && len(ops) > 1 {
			return "", errUndo
		}
		return mark, fmt.Errorf("commit: %w", err)
	}
	return mark, nil
}
