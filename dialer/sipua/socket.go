package sipua

import (
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"syscall"
	"time"
)

// socketBuffer is asked of the kernel for each direction. With the default of
// 212 kB a stall of 0.8 s at 300 calls a second lost 86 datagrams and with
// them 42 calls; with 4 MB none (net.core.rmem_max must allow it).
const socketBuffer = 4 << 20

// maxDatagram is the largest UDP payload there is.
const maxDatagram = 65535

// maxSources is after how many source addresses the reader of a socket is
// renewed: sipgo's remembers each of them for as long as it runs, so that
// spoofed sources would grow it without end.
const maxSources = 20_000

// socket is one UDP socket of ours that sipgo reads and writes. It stands in
// between because sipgo's reader ends for good with the first error that is not
// "closed", and because of maxSources.
type socket struct {
	ua        *UA
	conn      net.PacketConn
	bound     netip.AddrPort
	advertise netip.AddrPort

	mu      sync.Mutex
	faces   map[netip.Addr]netip.Addr // which of our addresses faces a peer
	sources map[netip.AddrPort]struct{}
	renew   bool
}

func (ua *UA) openSocket(l Listener) (*socket, error) {
	s := &socket{
		ua: ua, advertise: l.Advertise, conn: l.Conn,
		faces: map[netip.Addr]netip.Addr{}, sources: map[netip.AddrPort]struct{}{},
	}
	if s.conn == nil {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(l.Addr))
		if err != nil {
			return nil, listenError(l, err)
		}
		s.conn = c
		// Best effort: a smaller buffer works until the first stall.
		_ = c.SetReadBuffer(socketBuffer)
		_ = c.SetWriteBuffer(socketBuffer)
	}
	s.bound = addrPortOf(s.conn.LocalAddr())
	return s, nil
}

// listenError says which port is in the way and what can be done about it.
func listenError(l Listener, err error) error {
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return fmt.Errorf("sip %s port %d on %s is in use by another program: stop it, or choose another port (0 takes any free one): %w",
			l.Transport, l.Addr.Port(), l.Addr.Addr(), err)
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return fmt.Errorf("sip %s: %s is not an address of this machine: use one of its own, or 0.0.0.0: %w", l.Transport, l.Addr.Addr(), err)
	case errors.Is(err, syscall.EACCES):
		return fmt.Errorf("sip %s port %d needs a privilege this process lacks: use a port above 1023: %w", l.Transport, l.Addr.Port(), err)
	}
	return fmt.Errorf("open sip %s socket on %s: %w", l.Transport, l.Addr, err)
}

// serveAs reads until the socket is closed, or until a successor is due.
// started is closed when sipgo knows the socket.
func (s *socket) serveAs(started chan<- struct{}) {
	if err := s.ua.transports.ServeUDP(&reader{PacketConn: s.conn, sock: s, started: started}); err != nil {
		s.ua.log.Error("sip socket ended", "transport", "udp", "error", err)
	}
}

// saw counts a source; called by the filter for each packet that is let in.
func (s *socket) saw(from netip.AddrPort) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if _, known := s.sources[from]; known {
		return
	}
	s.sources[from] = struct{}{}
	if len(s.sources) >= maxSources {
		s.renew = true
		clear(s.sources)
	}
}

func (s *socket) mustRenew() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	due := s.renew
	s.renew = false
	return due
}

// reader is the socket as one run of sipgo's reader sees it.
type reader struct {
	net.PacketConn
	sock    *socket
	started chan<- struct{}
}

// ReadFrom ends the run, by what looks like a closed socket, when a new reader
// has taken over. Errors that belong to one datagram are swallowed.
func (r *reader) ReadFrom(b []byte) (int, net.Addr, error) {
	if r.started != nil {
		close(r.started)
		r.started = nil
	}
	if r.sock.mustRenew() {
		started := make(chan struct{})
		r.sock.ua.readers.Go(func() { r.sock.serveAs(started) })
		<-started // the successor is in the pool before this one leaves it
		return 0, nil, net.ErrClosed
	}
	for {
		n, from, err := r.PacketConn.ReadFrom(b)
		if err == nil || errors.Is(err, net.ErrClosed) {
			return n, from, err
		}
		time.Sleep(time.Millisecond) // do not spin if the kernel repeats it
	}
}

// advertised is what the peer should know us by. A socket bound to the
// unspecified address asks the kernel which interface faces the peer.
func (s *socket) advertised(peer netip.AddrPort) netip.AddrPort {
	if s.advertise.IsValid() {
		return s.advertise
	}
	if !s.bound.Addr().IsUnspecified() {
		return s.bound
	}
	s.mu.Lock()
	face, ok := s.faces[peer.Addr()]
	s.mu.Unlock()
	if !ok {
		face = facing(peer)
		s.mu.Lock()
		if len(s.faces) > 4096 { // spoofed sources must not grow it
			clear(s.faces)
		}
		s.faces[peer.Addr()] = face
		s.mu.Unlock()
	}
	return netip.AddrPortFrom(face, s.bound.Port())
}

// facing asks the routing table; connecting a UDP socket sends nothing.
func facing(peer netip.AddrPort) netip.Addr {
	c, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(peer))
	if err != nil {
		return netip.IPv4Unspecified()
	}
	defer func() { _ = c.Close() }()
	return addrPortOf(c.LocalAddr()).Addr()
}

// suits reports whether this socket can reach addr: same family, or dual stack.
func (s *socket) suits(addr netip.Addr) bool {
	if s.bound.Addr() == netip.IPv6Unspecified() {
		return true
	}
	return s.bound.Addr().Is4() == addr.Is4()
}

func addrPortOf(a net.Addr) netip.AddrPort {
	switch a := a.(type) {
	case *net.UDPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	case *net.TCPAddr:
		ap := a.AddrPort()
		return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
	}
	ap, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(ap.Addr().Unmap(), ap.Port())
}
