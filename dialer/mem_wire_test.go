package dialer

import (
	"context"
	"os"
	"sync"
	"testing"
)

// overWire makes every house of the tests say its words over a wire: encoded, sent
// in octets, decoded.
var overWire = os.Getenv("FORECALL_WIRE") == "1"

// wire parts brain and hands of one engine: what they say goes over pipes that the
// test may cut.
type wire struct {
	brain, hands *link
	mu           sync.Mutex
	pipe         Pipe
	down         chan struct{} // closed when the wire may stand again; nil = it does
	work         sync.WaitGroup
}

// part puts a wire between an engine and its own hands, before it runs.
func part(t testing.TB, e *Engine) *wire {
	w := &wire{brain: newLink(), hands: newLink()}
	do, tell := e.hands.do, func(x word) { e.listen(e.own, x) }
	e.own.do = func(d deed) {
		d.read = nil
		w.brain.say(frame{Deed: &d})
	}
	e.hands.tell = func(x word) int64 { return w.hands.say(frame{Word: &x}) }
	e.hands.knows = w.hands.knows
	ctx, stop := context.WithCancel(context.Background())
	carry := func(l *link, p Pipe, hear func(frame)) { _ = l.carry(ctx, p, hear) }
	w.work.Go(func() {
		for ctx.Err() == nil {
			a, b := NewPipe()
			w.brain.begin(w.hands.hasHeard())
			w.hands.begin(w.brain.hasHeard())
			w.mu.Lock()
			w.pipe = a
			w.mu.Unlock()
			var both sync.WaitGroup
			both.Go(func() { carry(w.brain, a, func(f frame) { tell(*f.Word) }) })
			both.Go(func() { carry(w.hands, b, func(f frame) { do(*f.Deed) }) })
			both.Wait()
			w.mu.Lock()
			down := w.down
			w.mu.Unlock()
			if down != nil {
				<-down
			}
		}
	})
	t.Cleanup(func() { stop(); w.work.Wait() })
	return w
}

// cut cuts the wire until the function it returns is called.
func (w *wire) cut() (mend func()) {
	w.mu.Lock()
	defer w.mu.Unlock()
	down := make(chan struct{})
	w.down = down
	if w.pipe != nil {
		_ = w.pipe.Close()
	}
	return func() {
		w.mu.Lock()
		w.down = nil
		w.mu.Unlock()
		close(down)
	}
}
