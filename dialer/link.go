package dialer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"time"
)

// Pipe carries frames between the hands of one node and the brain on another: whole,
// in their order and never twice, until it breaks. What was on the way then may be
// lost, and either side says again over the next pipe what was not heard. Send may
// wait for the network, Receive waits for the other side; Close ends both.
type Pipe interface {
	Send(frame []byte) error
	Receive() (frame []byte, err error)
	Close() error
}

const (
	// beatEvery is how often a side that has nothing to say is heard.
	beatEvery = 500 * time.Millisecond
	// aloneAfter is how long the other side may be silent: then a side is without it.
	aloneAfter = 2 * time.Second
	// maxUnheard is how many messages wait for a side that does not hear them. More
	// are not made in two seconds by any node.
	maxUnheard = 100_000
)

// errUnheard is why a link is given up that cannot keep what it should say.
var errUnheard = errors.New("too much was said that was not heard")

// frame is what goes over a pipe: a message with its number, and up to which number
// the sender has heard the other side. One without a number is a sign of life.
type frame struct {
	N     int64 `json:"n,omitempty"`
	Heard int64 `json:"heard"`
	Word  *word `json:"word,omitempty"`
	Deed  *deed `json:"deed,omitempty"`
}

// encode writes a frame; instants of words become ages.
func (f frame) encode(now time.Time) ([]byte, error) {
	if f.Word != nil && !f.Word.At.IsZero() {
		w := *f.Word
		w.Age = now.Sub(w.At)
		f.Word = &w
	}
	return json.Marshal(f)
}

// decodeFrame reads a frame; ages of words become instants of our own clock.
func decodeFrame(text []byte, now time.Time) (f frame, err error) {
	if err := json.Unmarshal(text, &f); err != nil {
		return f, fmt.Errorf("read what a node says: %w", err)
	}
	if f.Word != nil {
		f.Word.At = now.Add(-f.Word.Age)
	}
	return f, nil
}

// link says messages to the other side, each once and in order, over one pipe after
// the other. Saying touches memory only.
//
//	say --> unheard: [n+1, n+2 ...] --pipe--> heard by the other side: taken off
//	            ^                      |
//	            +---- pipe breaks -----+ said again over the next, from what was heard
type link struct {
	wake chan struct{}

	mu      sync.Mutex // guards what follows
	unheard []frame    // said, and not known to be heard
	said    int64      // number of the last
	sent    int64      // up to which the present pipe has it
	heard   int64      // of the other side
	owing   bool       // the other side does not know what was heard
	at      time.Time  // when the other side was heard last
	full    bool
}

func newLink() *link { return &link{wake: make(chan struct{}, 1), at: time.Now()} }

// say says a message and returns its number.
func (l *link) say(f frame) int64 {
	l.mu.Lock()
	defer l.nudge()
	defer l.mu.Unlock()
	if len(l.unheard) >= maxUnheard {
		l.full = true
		return l.said
	}
	l.said++
	f.N = l.said
	l.unheard = append(l.unheard, f)
	return f.N
}

// knows tells whether the other side is known to have heard a message.
func (l *link) knows(n int64) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.unheard) == 0 || l.unheard[0].N > n
}

// silence is how long nothing was heard of the other side.
func (l *link) silence() time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	return time.Since(l.at)
}

// watch returns when the other side was silent for too long, or ctx is done.
func (l *link) watch(ctx context.Context) {
	for d := l.silence(); d < aloneAfter && ctx.Err() == nil; d = l.silence() {
		rest(ctx, aloneAfter-d)
	}
}

func (l *link) nudge() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// begin takes up the link over a new pipe, on which the other side has heard so far.
func (l *link) begin(heard int64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.takeOff(heard)
	l.sent, l.owing, l.at = heard, true, time.Now()
}

// hasHeard is the number of the last message that was heard of the other side.
func (l *link) hasHeard() int64 {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard
}

func (l *link) takeOff(heard int64) {
	for len(l.unheard) > 0 && l.unheard[0].N <= heard {
		l.unheard = l.unheard[1:]
	}
}

// carry says and hears over a pipe, which begin has been called for, until the pipe
// breaks, the other side is silent for too long, or ctx is done. hear is called in
// order, and once for each message.
func (l *link) carry(ctx context.Context, p Pipe, hear func(frame)) error {
	ctx, stop := context.WithCancelCause(ctx)
	var writing sync.WaitGroup
	writing.Go(func() {
		stop(l.write(ctx, p))
		_ = p.Close() // ends the reading
	})
	writing.Go(func() { // a pipe may hold a writer up for as long as it likes
		l.watch(ctx)
		stop(fmt.Errorf("nothing was heard for %s", aloneAfter))
		_ = p.Close()
	})
	err := l.read(p, hear)
	stop(err)
	_ = p.Close()
	writing.Wait()
	return context.Cause(ctx)
}

func (l *link) read(p Pipe, hear func(frame)) error {
	for {
		text, err := p.Receive()
		if err != nil {
			return err
		}
		f, err := decodeFrame(text, time.Now())
		if err != nil {
			return err
		}
		fresh, err := l.take(f)
		if err != nil {
			return err
		}
		if fresh {
			hear(f)
			l.nudge()
		}
	}
}

// take notes a frame; fresh tells whether it is a message that was not heard yet.
func (l *link) take(f frame) (fresh bool, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.at = time.Now()
	l.takeOff(f.Heard)
	switch {
	case f.N == 0 || f.N <= l.heard:
		return false, nil
	case f.N != l.heard+1:
		return false, fmt.Errorf("message %d of a node came after %d", f.N, l.heard)
	}
	l.heard, l.owing = f.N, true
	return true, nil
}

// write sends what is said, and signs of life.
func (l *link) write(ctx context.Context, p Pipe) error {
	beat := time.NewTicker(beatEvery)
	defer beat.Stop()
	for {
		due, err := l.due()
		if err != nil {
			return err
		}
		for _, f := range due {
			text, err := f.encode(time.Now())
			if err != nil {
				return fmt.Errorf("write what a node is told: %w", err)
			}
			if err := p.Send(text); err != nil {
				return err
			}
		}
		select {
		case <-ctx.Done():
			return context.Cause(ctx)
		case <-l.wake:
		case <-beat.C:
			l.mu.Lock()
			l.owing = true
			l.mu.Unlock()
		}
	}
}

// due is what the present pipe does not have yet; when that is nothing and
// something was heard, or a beat is due, a sign of life.
func (l *link) due() ([]frame, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.full {
		return nil, errUnheard
	}
	var due []frame
	if n := len(l.unheard); n > 0 && l.said > l.sent {
		first := max(0, int(l.sent-l.unheard[0].N+1))
		for _, f := range l.unheard[first:] {
			f.Heard = l.heard
			due, l.sent = append(due, f), f.N
		}
	}
	if len(due) == 0 && l.owing {
		due = append(due, frame{Heard: l.heard})
	}
	l.owing = false
	return due, nil
}
