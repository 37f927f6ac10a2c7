package dialer

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// How the time lines of calls are written: gathered for a moment, so that many
// go to disk at once, and kept in memory while the store does not take them, up
// to a limit.
const (
	gatherEvents = 200 * time.Millisecond
	eventBatch   = 500
	eventBacklog = 100_000
	eventPause   = 2 * time.Second
)

// chronicle gathers the events of all calls for the store. Adding to it touches
// memory only.
type chronicle struct {
	store Talks
	lost  func(n int, err error)

	mu      sync.Mutex // guards what follows
	pending []campaigns.CallEvent
	wake    chan struct{}
}

func newChronicle(store Talks, lost func(int, error)) *chronicle {
	return &chronicle{store: store, lost: lost, wake: make(chan struct{}, 1)}
}

// add notes an event; beyond the backlog the oldest are lost.
func (c *chronicle) add(e campaigns.CallEvent) {
	c.mu.Lock()
	c.pending = append(c.pending, e)
	over := max(0, len(c.pending)-eventBacklog)
	c.pending = c.pending[over:]
	c.mu.Unlock()
	if over > 0 {
		c.lost(over, nil)
	}
	select {
	case c.wake <- struct{}{}:
	default:
	}
}

// run writes until over is closed and nothing is left, or write is done.
func (c *chronicle) run(write context.Context, over <-chan struct{}) {
	for {
		select {
		case <-c.wake:
			gather := time.NewTimer(gatherEvents)
			select {
			case <-gather.C:
			case <-over:
			}
			gather.Stop()
			c.flush(write, over)
		case <-over:
			c.flush(write, over)
			return
		}
	}
}

// flush writes all that waits, a batch at a time, and tries until the store
// takes it; at the end it tries once more and gives up.
func (c *chronicle) flush(write context.Context, over <-chan struct{}) {
	for batch := c.take(); len(batch) > 0; {
		err := c.store.AddCallEvents(write, batch)
		if err == nil {
			batch = c.take()
			continue
		}
		select {
		case <-over:
			c.lost(len(batch), err)
			return
		default:
		}
		pause := time.NewTimer(eventPause)
		select {
		case <-pause.C:
		case <-over:
		}
		pause.Stop()
	}
}

func (c *chronicle) take() []campaigns.CallEvent {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := min(eventBatch, len(c.pending))
	batch := c.pending[:n:n]
	c.pending = c.pending[n:]
	return batch
}
