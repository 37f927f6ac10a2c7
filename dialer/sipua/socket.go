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

// socket is one UDP socket. We read it ourselves and not through sipgo's
// TransportUDP, which remembers every source address for ever and whose
// goroutine a panic in the parser would end together with the process.
type socket struct {
	conn      net.PacketConn
	udp       *net.UDPConn // conn again, when it is a real one: no allocation per packet
	bound     netip.AddrPort
	advertise netip.AddrPort

	mu    sync.Mutex
	faces map[netip.Addr]netip.Addr // which of our addresses faces a peer
}

func openSocket(l Listener) (*socket, error) {
	s := &socket{advertise: l.Advertise, conn: l.Conn, faces: map[netip.Addr]netip.Addr{}}
	if s.conn == nil {
		c, err := net.ListenUDP("udp", net.UDPAddrFromAddrPort(l.Addr))
		if err != nil {
			return nil, listenError(l, err)
		}
		s.conn, s.udp = c, c
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

// serve reads until the socket is closed. handle must not keep the buffer.
func (s *socket) serve(handle func(b []byte, from netip.AddrPort)) {
	buf := make([]byte, maxDatagram)
	for {
		n, from, err := s.read(buf)
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil {
			// Any other error belongs to one datagram (ICMP, truncated); do not
			// spin if the kernel repeats it.
			time.Sleep(time.Millisecond)
			continue
		}
		handle(buf[:n], from)
	}
}

func (s *socket) read(buf []byte) (int, netip.AddrPort, error) {
	if s.udp != nil {
		n, from, err := s.udp.ReadFromUDPAddrPort(buf)
		return n, netip.AddrPortFrom(from.Addr().Unmap(), from.Port()), err
	}
	n, from, err := s.conn.ReadFrom(buf)
	if err != nil {
		return 0, netip.AddrPort{}, err
	}
	return n, addrPortOf(from), nil
}

func (s *socket) write(b []byte, to netip.AddrPort) error {
	if s.udp != nil {
		_, err := s.udp.WriteToUDPAddrPort(b, to)
		return err
	}
	_, err := s.conn.WriteTo(b, net.UDPAddrFromAddrPort(to))
	return err
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
