package dialer

import (
	"context"
	"sync"
)

// cord stands between a call and the wire. Whoever sends an INVITE of the call
// takes it through leave; whoever pulls the cord knows, as soon as the channel
// that pull returns is closed, that no INVITE of the call leaves any more: each
// has been written before, or never will be.
//
//	           leave                left
//	 [idle] ----------> [leaving] --------> [idle]
//	   | pull               | pull
//	   v                    v        left
//	[pulled]            [leaving, pulled] --> [pulled]: clear is closed
//
// A context alone does not do: between its last look at it and the write a
// goroutine may stand still for as long as the machine likes.
type cord struct {
	mu      sync.Mutex
	leaving int           // INVITEs that are being written
	gone    bool          // one of them has left, or is about to
	cause   error         // why it was pulled; nil = it was not
	clear   chan struct{} // closed when it was pulled and nothing is leaving
}

// leave asks to send an INVITE; left must be called when it is written. It
// fails, with the cause, when the cord was pulled.
func (c *cord) leave() (left func(), err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return nil, c.cause
	}
	c.leaving++
	c.gone = true
	return c.left, nil
}

// hasLeft tells whether an INVITE of the call has left, or is about to.
func (c *cord) hasLeft() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.gone
}

func (c *cord) left() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.leaving--; c.leaving == 0 && c.cause != nil {
		close(c.clear)
	}
}

// pull lets nothing leave any more. The channel is closed when what was leaving
// has left. The first cause counts.
func (c *cord) pull(cause error) <-chan struct{} {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.cause != nil {
		return c.clear
	}
	c.cause, c.clear = cause, make(chan struct{})
	if c.leaving == 0 {
		close(c.clear)
	}
	return c.clear
}

// waitClear waits until all of them are clear; false when ctx ended before.
func waitClear(ctx context.Context, all []<-chan struct{}) bool {
	for _, clear := range all {
		select {
		case <-clear:
		case <-ctx.Done():
			return false
		}
	}
	return true
}
