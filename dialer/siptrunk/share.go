package siptrunk

import (
	"context"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
)

// Share is what several nodes have of a trunk together: its lines and its calls
// a second. It stands behind the gate, which knows this node alone. Nil in the
// settings means that the trunks are this node's alone.
type Share interface {
	// Take asks for a line and, when the call goes out, for a turn: it may leave
	// between from and until. An error says why there is none, and from when to ask
	// again. It returns within 50 ms.
	Take(ctx context.Context, trunk string, out bool) (from, until time.Time, err error)
	// Free gives a line back that was taken.
	Free(trunk string)
	// Room is how many calls could leave within so long; why there are none. It never blocks.
	Room(trunk string, within time.Duration) (calls int, why string)
}

// askAgain is the least time between two questions for one call.
const askAgain = 10 * time.Millisecond

// enter takes a line for a call that goes out and waits for its turn, of this
// node and of all, until the deadline. When why is not empty nothing was taken.
func (r *route) enter(ctx context.Context, deadline time.Time) (refusal *dialer.CallError, why string) {
	now := time.Now()
	wait, why := r.admit(now, max(0, deadline.Sub(now)))
	if why != "" {
		return nil, why
	}
	if !pause(ctx, wait) {
		r.putBack()
		return r.withdrawn(ctx), ""
	}
	if r.share == nil {
		return nil, ""
	}
	if why = r.turn(ctx, deadline); ctx.Err() == nil && why == "" {
		return nil, ""
	}
	r.putBack()
	if ctx.Err() != nil {
		return r.withdrawn(ctx), ""
	}
	return nil, why
}

// turn waits for the call's turn among those of all nodes; why there is none
// before the deadline, and no line is taken then, nor when ctx has ended.
func (r *route) turn(ctx context.Context, deadline time.Time) (why string) {
	r.wait(1)
	defer r.wait(-1)
	for {
		from, until, err := r.share.Take(ctx, r.trunk.Name, true)
		switch {
		case err != nil && (ctx.Err() != nil || from.After(deadline) || time.Now().After(deadline)):
			return err.Error()
		case err != nil:
			pause(ctx, max(askAgain, time.Until(from)))
			continue
		case pause(ctx, time.Until(from)) && !time.Now().After(until):
			return ""
		}
		r.share.Free(r.trunk.Name) // we were woken too late: this turn is over
		if ctx.Err() != nil {
			return context.Cause(ctx).Error()
		}
	}
}

// wait notes that a call more, or less, waits for a turn.
func (r *route) wait(n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.waiting += n
}

// pause waits; false when ctx has ended.
func pause(ctx context.Context, d time.Duration) bool {
	if d > 0 {
		t := time.NewTimer(d)
		defer t.Stop()
		select {
		case <-t.C:
		case <-ctx.Done():
		}
	}
	return ctx.Err() == nil
}

// withdrawn is the error of a call whose ctx ended before its INVITE left.
func (r *route) withdrawn(ctx context.Context) *dialer.CallError {
	return &dialer.CallError{Outcome: campaigns.Cancelled, Trunk: r.trunk.Name, Reason: "withdrawn before it was sent", Err: context.Cause(ctx)}
}

// putBack undoes admit for a call of which nothing was sent.
func (r *route) putBack() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.heard()
	r.gate.release()
}

// enterIncoming takes a line of all nodes' for a call that has one of this node's.
func (r *route) enterIncoming() (why string) {
	if r.share == nil {
		return ""
	}
	if _, _, err := r.share.Take(context.Background(), r.trunk.Name, false); err != nil { // it returns by itself
		return err.Error()
	}
	return ""
}

// release gives the line back, to this node and to all.
func (r *route) release() {
	r.mu.Lock()
	r.gate.release()
	owed := r.owed > 0
	if owed {
		r.owed--
	}
	r.mu.Unlock()
	if r.share != nil && !owed {
		r.share.Free(r.trunk.Name)
	}
}

// room is how many calls could leave now, of this node's and of all nodes'.
func (r *route) room(now time.Time) (int, string) {
	r.mu.Lock()
	n, why := r.gate.room(now)
	waiting := r.waiting
	r.mu.Unlock()
	return r.shared(n, waiting, why)
}

// shared bounds the room of this node by that of all, of which calls that wait for
// their turn will have theirs first.
func (r *route) shared(n, waiting int, why string) (int, string) {
	if n == 0 || r.share == nil {
		return n, why
	}
	// Half of the time: turns come no sooner than that to whoever asks last, and some
	// are missed.
	all, why := r.share.Room(r.trunk.Name, r.settings.MaxWait/2)
	if all == 0 {
		return 0, why
	}
	if all <= waiting {
		return 0, fmt.Sprintf("%d calls wait for their turn", waiting)
	}
	return min(n, all-waiting), ""
}
