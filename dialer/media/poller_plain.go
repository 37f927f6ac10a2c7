package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/net/ipv4"
	"golang.org/x/net/ipv6"
)

// NewPlainPoller returns the poller that gives each socket a goroutine of its
// own and leaves waiting to the Go runtime. It works on every system.
func NewPlainPoller() Poller {
	return &plainPoller{beats: startMetronome()}
}

type plainPoller struct {
	beats   *metronome
	readers sync.WaitGroup

	mu     sync.Mutex // guards closed; and no reader begins while Close waits for the last
	closed bool
}

func (p *plainPoller) clock() *metronome { return p.beats }

func (p *plainPoller) listen(at netip.AddrPort, handle datagramHandler) (socket, error) {
	network := "udp6"
	if at.Addr().Is4() {
		network = "udp4"
	}
	conn, err := net.ListenUDP(network, net.UDPAddrFromAddrPort(at))
	if err != nil {
		return nil, err
	}
	markExpedited(conn)
	s := &plainSocket{conn: conn, at: conn.LocalAddr().(*net.UDPAddr).AddrPort(), done: make(chan struct{})}
	if !p.begin(func() { s.read(handle) }) {
		return nil, errors.Join(errPollerClosed, conn.Close())
	}
	return s, nil
}

// begin starts a reader; false when the poller is closed.
func (p *plainPoller) begin(read func()) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.closed {
		p.readers.Go(read)
	}
	return !p.closed
}

func (p *plainPoller) Close() error {
	p.mu.Lock()
	p.closed = true
	p.mu.Unlock()
	p.beats.stop()
	p.readers.Wait()
	return nil
}

// markExpedited asks for the voice queue. A system that refuses still carries calls.
func markExpedited(conn *net.UDPConn) {
	_ = ipv4.NewConn(conn).SetTOS(expedited)
	_ = ipv6.NewConn(conn).SetTrafficClass(expedited)
}

type plainSocket struct {
	conn *net.UDPConn
	at   netip.AddrPort
	done chan struct{} // closed when the reader has ended
}

func (s *plainSocket) local() netip.AddrPort { return s.at }

// send may wait while the kernel's buffer for this socket (over a second of
// voice) is full; the epoll socket drops instead.
func (s *plainSocket) send(packet []byte, to netip.AddrPort) error {
	_, err := s.conn.WriteToUDPAddrPort(packet, to)
	return err
}

func (s *plainSocket) close() error {
	err := s.conn.Close()
	<-s.done
	return err
}

func (s *plainSocket) read(handle datagramHandler) {
	defer close(s.done)
	packet := make([]byte, maxDatagram)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(packet)
		switch {
		case errors.Is(err, net.ErrClosed):
			return
		case err != nil: // a network that is down: breathe, do not spin
			time.Sleep(10 * time.Millisecond)
		default:
			guarded(handle, packet[:n], netip.AddrPortFrom(from.Addr().Unmap(), from.Port()))
		}
	}
}
