package records

import (
	"context"
	"fmt"
)

// Writable makes a small write through the writer and returns when it is
// durable. An error, that of ctx included when it is not so in time, means
// that no call can be begun now: the disk is full, gone or stuck.
func (db *DB) Writable(ctx context.Context) error {
	if err := db.pulse(ctx); err != nil {
		return fmt.Errorf("write to the store: %w", err)
	}
	return nil
}

// pulse is like do, except that it does not wait for a write that has begun
// and does not end: whether it was written does not matter.
func (db *DB) pulse(ctx context.Context) error {
	o := newOp(func(t *tx) error {
		t.touchesNothing()
		_, err := t.exec(`INSERT INTO pulse (one, at) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET at = ?1`, micros(t.now))
		return err
	})
	select {
	case db.w.urgent <- o:
	case <-ctx.Done():
		return ctx.Err()
	case <-db.w.exited:
		return ErrClosed
	}
	select {
	case <-o.done:
		return o.err
	case <-ctx.Done():
		o.state.CompareAndSwap(opQueued, opGivenUp)
		return ctx.Err()
	case <-db.w.exited:
		return ErrClosed
	}
}
