package records

import (
	"context"
	"errors"
	"time"
)

// ErrInDoubt marks an operation of which nobody can tell now whether it was
// written: the answer of the database server was lost, and the caller did not wait
// until it is back. It is asked for and found out as long as the store is open; who
// has gone by then finds it in the ledger, or not.
var ErrInDoubt = errors.New("the database server is away, and whether it was written is not known yet")

// errLost is the answer to an operation whose transaction did not survive.
var errLost = errors.New("the database server failed before the disk had it: nothing was written")

// Times between two attempts to find out what became of a group.
const (
	doubtFirst = 20 * time.Millisecond
	doubtLast  = time.Second
)

// group is what went through one transaction of an engine, until the disk has it.
// Its operations are not answered before; those whose commit was not answered, or
// whose server has failed since, are answered when that is known.
type group struct {
	ops  []*op
	mark string
	last seen // as the transaction left the chain; nothing when its answer was lost
}

// flushes waits for the disk of an engine, for all groups at once that were
// committed meanwhile.
func (w *writer) flushes() {
	for g := range w.flush {
		groups := []group{g}
		for more := true; more; {
			select {
			case g, open := <-w.flush:
				if more = open; open {
					groups = append(groups, g)
				}
			default:
				more = false
			}
		}
		w.resolve(groups)
	}
}

// resolve answers groups as soon as it is known what became of them. Those that come
// meanwhile are in the same doubt.
func (w *writer) resolve(groups []group) {
	var marks []string
	for _, g := range groups {
		marks = append(marks, g.mark)
	}
	more := w.flush
	for wait := doubtFirst; ; wait = min(2*wait, doubtLast) {
		written, err := w.tx.db.pen.Written(background, marks)
		if err == nil {
			w.tell(groups, written)
			return
		}
		if wait == doubtFirst {
			w.tx.db.log.Warn("commits are in doubt until the database server is back", "groups", len(groups), "err", err)
		}
		for _, g := range groups {
			inDoubt(g.ops)
		}
		select {
		case <-time.After(wait):
		case g, open := <-more:
			if !open {
				more = nil
				continue
			}
			groups, marks = append(groups, g), append(marks, g.mark)
		case <-w.stop:
			w.giveUp(groups)
			return
		}
	}
}

// inDoubt lets callers go whose context has ended.
func inDoubt(ops []*op) {
	for _, o := range ops {
		if o.state.CompareAndSwap(opTaken, opInDoubt) {
			close(o.doubt)
		}
	}
}

func (w *writer) tell(groups []group, written []bool) {
	lost := false
	for i, g := range groups {
		if written[i] && g.last.link.seq > 0 {
			w.tx.db.seen.Store(&g.last)
		}
		for _, o := range g.ops {
			if !written[i] && o.err == nil {
				o.err, lost = errLost, true
			}
			close(o.done)
		}
	}
	if lost { // memory has seen what is not there
		select {
		case w.again <- struct{}{}:
		default:
		}
	}
}

// giveUp answers when the store is closed while its server is away.
func (w *writer) giveUp(groups []group) {
	for _, g := range groups {
		for _, o := range g.ops {
			if o.err == nil {
				o.err = ErrInDoubt
			}
			close(o.done)
		}
	}
}

// await waits for the answer of an operation that the writer has begun.
func (w *writer) await(ctx context.Context, o *op) error {
	select {
	case <-o.done:
		return o.err
	case <-o.doubt:
	case <-w.exited:
		return o.last()
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		return errors.Join(ErrInDoubt, ctx.Err())
	case <-w.exited:
		return o.last()
	}
}

// last is the answer that the writer gave before it ended.
func (o *op) last() error {
	select {
	case <-o.done:
		return o.err
	default:
		return ErrClosed
	}
}

// refresh begins a transaction and ends it: memory is read again when the
// connection turns out to be a new one.
func (w *writer) refresh() {
	w.commit([]*op{newOp(func(*tx) error { return nil })})
}
