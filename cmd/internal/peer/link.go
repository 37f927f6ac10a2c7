package peer

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"sync"
	"time"
)

// Errors of a Link; test with errors.Is.
var (
	ErrRestarted = errors.New("the other node began anew: which of the last words it heard is not known")
	ErrAway      = errors.New("the other node was away for too long: which of the last words it heard is not known")
	ErrFull      = errors.New("too many words wait for the other node")
	ErrClosed    = errors.New("the peers of this node are closed")
	ErrTooLarge  = errors.New("the word is too large")
)

// Word is what a peer has said.
type Word struct {
	Kind    string
	Payload json.RawMessage
}

// Link is the life of this process and one other with each other. It is safe for
// use by many goroutines; one of them receives.
type Link struct {
	peer  Peer
	id    string // the same on both sides
	terms terms

	wake    chan struct{} // holds a token when there is something to write
	arrived chan struct{} // holds a token when there is something to receive
	ended   chan struct{} // closed at the end; err says why

	lane sync.Mutex // held by the connection that carries the words; never together with mu

	mu       sync.Mutex
	conn     net.Conn // who has the lane, or will have it
	out      []frame  // not acknowledged, oldest first, numbered without a gap
	said     uint64   // the last number given
	acked    uint64   // the last number that the other side has taken
	written  uint64   // the last number written on this connection
	outSize  int
	in       []frame
	inSize   int
	got      uint64 // the last number that came
	taken    uint64 // the last number that Receive has returned
	ackSaid  uint64
	heard    time.Time
	here     bool
	changed  chan struct{} // closed when here changes
	err      error
	overdraw int // frames that came twice, for tests and figures
}

// terms are the bounds of a link.
type terms struct {
	beat, gone, keep time.Duration
	words, octets    int
}

func newLink(peer Peer, id string, t terms, now time.Time) *Link {
	return &Link{
		peer: peer, id: id, terms: t, heard: now, here: true, changed: make(chan struct{}),
		wake: make(chan struct{}, 1), arrived: make(chan struct{}, 1), ended: make(chan struct{}),
	}
}

// Peer is the node at the other end.
func (l *Link) Peer() Peer { return l.peer }

// Done is closed at the end of the link; Err says why.
func (l *Link) Done() <-chan struct{} { return l.ended }

// Err is why the link has ended, nil while it lives.
func (l *Link) Err() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// Here tells whether the other node was heard within two seconds, and gives what is
// closed when that changes.
func (l *Link) Here() (here bool, changed <-chan struct{}) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.here, l.changed
}

// Heard is when anything last came from the other node.
func (l *Link) Heard() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.heard
}

// Send says a word, at the latest when the other node is heard again. It does not
// wait. ErrFull means that this word was not said and the link lives; any other
// error is that of its end.
func (l *Link) Send(kind string, payload any) error {
	body, err := json.Marshal(payload)
	if err != nil {
		return fmt.Errorf("word %s: %w", kind, err)
	}
	if kind == "" || len(kind) > maxKind || len(body) > maxPayload {
		return fmt.Errorf("word %q of %d octets: %w: a kind has 1 to %d, a payload up to %d", kind, len(body), ErrTooLarge, maxKind, maxPayload)
	}
	if err := l.keep(frame{kind: kind, payload: body}); err != nil {
		return fmt.Errorf("word %s to %s: %w", kind, l.peer.Node, err)
	}
	token(l.wake)
	return nil
}

func (l *Link) keep(f frame) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.err != nil:
		return l.err
	case len(l.out) >= l.terms.words || l.outSize+f.size() > l.terms.octets:
		return ErrFull
	}
	l.said++
	f.number = l.said
	l.out = append(l.out, f)
	l.outSize += f.size()
	return nil
}

// Receive returns the next word and by that acknowledges it. After the end of the
// link it returns what had come before, and then the error of the end.
func (l *Link) Receive(ctx context.Context) (Word, error) {
	for {
		if f, ok := l.take(); ok {
			token(l.wake) // the acknowledgement
			return Word{Kind: f.kind, Payload: f.payload}, nil
		}
		select {
		case <-l.arrived:
		case <-ctx.Done():
			return Word{}, ctx.Err()
		case <-l.ended:
			if f, ok := l.take(); ok {
				return Word{Kind: f.kind, Payload: f.payload}, nil
			}
			return Word{}, fmt.Errorf("words of %s: %w", l.peer.Node, l.Err())
		}
	}
}

func (l *Link) take() (frame, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.in) == 0 {
		return frame{}, false
	}
	f := l.in[0]
	l.in[0] = frame{}
	l.in = l.in[1:]
	l.inSize -= f.size()
	l.taken = f.number
	if len(l.in) > 0 {
		token(l.arrived)
	}
	return f, true
}

// token says that there is something to do; once is enough.
func token(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// end is the end of the link, once.
func (l *Link) end(err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err != nil {
		return
	}
	l.err = err
	l.setHere(false)
	if l.conn != nil {
		_ = l.conn.Close()
	}
	l.out, l.outSize = nil, 0
	close(l.ended)
}

func (l *Link) isOver() bool {
	select {
	case <-l.ended:
		return true
	default:
		return false
	}
}

// live watches whether the other node is heard, until the end of the link.
func (l *Link) live() {
	look := time.NewTicker(l.terms.gone / 20)
	defer look.Stop()
	for {
		select {
		case <-l.ended:
			return
		case now := <-look.C:
			if l.look(now) > l.terms.keep {
				l.end(ErrAway)
			}
		}
	}
}

func (l *Link) look(now time.Time) (away time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	away = now.Sub(l.heard)
	if away > l.terms.gone {
		l.setHere(false)
	}
	return away
}

// setHere notes whether the other is there. The lock is held.
func (l *Link) setHere(here bool) {
	if l.here == here {
		return
	}
	l.here = here
	close(l.changed)
	l.changed = make(chan struct{})
}
