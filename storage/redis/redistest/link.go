package redistest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// Link is a way to a server that can be cut and led to another one: what a
// network, or a failover, does to one node alone.
type Link struct {
	Addr string

	t        testing.TB
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	to    string // empty: cut
	conns map[net.Conn]bool
}

// NewLink makes a way to a server.
func NewLink(t testing.TB, to *Server) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &Link{Addr: listener.Addr().String(), t: t, listener: listener, to: to.Addr, conns: map[net.Conn]bool{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		l.Cut()
		_ = listener.Close() // ends accept
		l.running.Wait()
	})
	return l
}

// URL is the address of the first database behind it.
func (l *Link) URL() string { return "redis://" + l.Addr }

// Lead ends all connections and leads new ones to a server.
func (l *Link) Lead(to *Server) { l.lead(to.Addr) }

// Cut ends all connections, and new ones at once.
func (l *Link) Cut() { l.lead("") }

func (l *Link) lead(to string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.to = to
	for c := range l.conns {
		_ = c.Close() // both ends learn of it
	}
	clear(l.conns)
}

func (l *Link) accept() {
	for {
		near, err := l.listener.Accept()
		if err != nil {
			return
		}
		far, ok := l.dial(near)
		if !ok {
			_ = near.Close() // nobody is behind us
			continue
		}
		l.running.Go(func() { carry(near, far) })
		l.running.Go(func() { carry(far, near) })
	}
}

// dial reaches the server and keeps both ends, to be cut.
func (l *Link) dial(near net.Conn) (net.Conn, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.to == "" {
		return nil, false
	}
	far, err := net.Dial("tcp", l.to)
	if err != nil {
		return nil, false
	}
	l.conns[near], l.conns[far] = true, true
	return far, true
}

func carry(from, to net.Conn) {
	_, _ = io.Copy(to, from) // it ends when either end does
	_ = from.Close()
	_ = to.Close()
}
