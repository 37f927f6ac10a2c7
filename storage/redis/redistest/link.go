package redistest

import (
	"net"
	"sync"
	"testing"
	"time"
)

// Link is a way to a server that can be cut, made slow and led to another one: what a
// network, or a failover, does to one node alone.
type Link struct {
	Addr string

	t        testing.TB
	listener net.Listener
	running  sync.WaitGroup

	mu    sync.Mutex
	to    string // empty: cut
	late  time.Duration
	conns map[net.Conn]bool
}

// NewLink makes a way to a server.
func NewLink(t testing.TB, to *Server) *Link {
	t.Helper()
	return NewLinkAt(t, "127.0.0.1", to)
}

// NewLinkAt makes one that begins at an address of this machine.
func NewLinkAt(t testing.TB, host string, to *Server) *Link {
	t.Helper()
	listener, err := net.Listen("tcp", net.JoinHostPort(host, "0"))
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

// Port is the port that it begins at.
func (l *Link) Port() int { return l.listener.Addr().(*net.TCPAddr).Port }

// Slow makes everything that passes so late, each way.
func (l *Link) Slow(late time.Duration) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.late = late
}

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
		l.running.Go(func() { l.carry(near, far) })
		l.running.Go(func() { l.carry(far, near) })
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

// parcel is what came, and when it may go on.
type parcel struct {
	text []byte
	due  time.Time
}

// carry brings what one end says to the other, in order, until either ends.
func (l *Link) carry(from, to net.Conn) {
	way := make(chan parcel, 1024)
	var bringing sync.WaitGroup
	bringing.Go(func() {
		for p := range way {
			<-time.After(time.Until(p.due))
			_, _ = to.Write(p.text) // when that has ended, so does what is read
		}
	})
	for {
		text := make([]byte, 16<<10)
		n, err := from.Read(text)
		if n > 0 {
			l.mu.Lock()
			late := l.late
			l.mu.Unlock()
			way <- parcel{text[:n], time.Now().Add(late)}
		}
		if err != nil {
			break
		}
	}
	close(way)
	bringing.Wait()
	_ = from.Close()
	_ = to.Close()
}
