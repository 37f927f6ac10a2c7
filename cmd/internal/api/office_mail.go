package api

import (
	"context"
	"sync"

	"github.com/forecall/forecall/campaigns"
)

// mailFollower tells an agent's stream of messages that are not read yet.
type mailFollower struct {
	messages *campaigns.Messages
	stream   *stream
	looked   bool
	count    uint64 // of messages sent, at the last look
	told     map[int64]bool
}

// look sends the messages that this stream was not told of. The store is asked
// only when somebody has sent one.
func (f *mailFollower) look(ctx context.Context, u campaigns.User) error {
	count := f.messages.Count()
	if f.looked && count == f.count {
		return nil
	}
	unread, err := f.messages.Unread(ctx, u)
	if err != nil {
		return err
	}
	f.looked, f.count = true, count
	if f.told == nil {
		f.told = make(map[int64]bool)
	}
	for _, m := range unread {
		if !f.told[m.ID] {
			f.told[m.ID] = true
			f.stream.send("", "message", m)
		}
	}
	return nil
}

// Bell is a Watcher that can be rung: it wakes streams when the floor changes
// and when somebody has a message for their agent.
type Bell struct {
	floor Watcher
	wg    sync.WaitGroup

	mu    sync.Mutex // guards what follows
	hears map[chan struct{}]int64
}

var (
	_ Watcher        = (*Bell)(nil)
	_ campaigns.Bell = (*Bell)(nil)
)

// NewBell returns a bell over a watcher of the floor.
func NewBell(floor Watcher) *Bell { return &Bell{floor: floor, hears: make(map[chan struct{}]int64)} }

// Ring wakes the streams of an agent, 0 = all of them.
func (b *Bell) Ring(agent int64) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for c, of := range b.hears {
		if agent != 0 && of != agent {
			continue
		}
		select {
		case c <- struct{}{}:
		default: // it is awake already
		}
	}
}

// Watch wakes when something may have changed around an agent.
func (b *Bell) Watch(ctx context.Context, agent int64) <-chan struct{} {
	floor, rung, wake := b.floor.Watch(ctx, agent), make(chan struct{}, 1), make(chan struct{}, 1)
	b.mu.Lock()
	b.hears[rung] = agent
	b.mu.Unlock()
	b.wg.Go(func() { // ends with ctx, or before it with the floor
		defer close(wake)
		defer b.forget(rung)
		for {
			select {
			case <-ctx.Done():
				return
			case _, ok := <-floor:
				if !ok {
					return
				}
			case <-rung:
			}
			select {
			case wake <- struct{}{}:
			default:
			}
		}
	})
	return wake
}

func (b *Bell) forget(c chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.hears, c)
}

// Wait returns when every stream is gone.
func (b *Bell) Wait() { b.wg.Wait() }
