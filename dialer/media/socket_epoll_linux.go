package media

import (
	"net"
	"net/netip"
	"os"
	"sync"
	"unsafe"

	"golang.org/x/sys/unix"
)

// epollSocket is a UDP socket outside the Go runtime's own poller.
type epollSocket struct {
	fd     int
	id     int32
	loop   *epollLoop
	at     netip.AddrPort
	handle datagramHandler

	reading  sync.Mutex // held over one read and its handler, so that close can wait for it
	finished bool

	sending sync.Mutex // held over one sendto, which does not block
	closed  bool
	to      netip.AddrPort // the peer that raw is made of
	raw     unix.Sockaddr
}

func openEpollSocket(at netip.AddrPort, handle datagramHandler) (*epollSocket, error) {
	family := unix.AF_INET6
	if at.Addr().Is4() {
		family = unix.AF_INET
	}
	fd, err := unix.Socket(family, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return nil, os.NewSyscallError("socket", err)
	}
	s := &epollSocket{fd: fd, handle: handle}
	if err := s.bind(at); err != nil {
		unix.Close(fd)
		return nil, &net.OpError{Op: "listen", Net: "udp", Addr: net.UDPAddrFromAddrPort(at), Err: err}
	}
	return s, nil
}

func (s *epollSocket) bind(at netip.AddrPort) error {
	if err := unix.Bind(s.fd, rawAddr(at)); err != nil {
		return os.NewSyscallError("bind", err)
	}
	bound, err := unix.Getsockname(s.fd)
	if err != nil {
		return os.NewSyscallError("getsockname", err)
	}
	switch bound := bound.(type) {
	case *unix.SockaddrInet4:
		s.at = netip.AddrPortFrom(netip.AddrFrom4(bound.Addr), uint16(bound.Port))
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_TOS, expedited) // refused: carried all the same
	case *unix.SockaddrInet6:
		s.at = netip.AddrPortFrom(netip.AddrFrom16(bound.Addr), uint16(bound.Port))
		_ = unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_TCLASS, expedited)
	}
	return nil
}

func (s *epollSocket) local() netip.AddrPort { return s.at }

// send drops the packet, with EAGAIN, when the kernel's buffer is full.
func (s *epollSocket) send(packet []byte, to netip.AddrPort) error {
	s.sending.Lock()
	defer s.sending.Unlock()
	if s.closed {
		return net.ErrClosed
	}
	if s.to != to {
		s.to, s.raw = to, rawAddr(to) // kept: making it anew would allocate for each packet
	}
	return os.NewSyscallError("sendto", unix.Sendto(s.fd, packet, unix.MSG_DONTWAIT|unix.MSG_NOSIGNAL, s.raw))
}

func (s *epollSocket) close() error {
	s.loop.remove(s.id)
	s.reading.Lock()
	s.finished = true
	s.reading.Unlock()

	s.sending.Lock()
	defer s.sending.Unlock()
	if s.closed {
		return nil
	}
	s.closed = true
	return os.NewSyscallError("close", unix.Close(s.fd)) // epoll forgets it by itself
}

// readOne reads one datagram, if there is one, and hands it on.
func (s *epollSocket) readOne(packet []byte) {
	s.reading.Lock()
	defer s.reading.Unlock()
	if s.finished {
		return
	}
	n, from, err := receive(s.fd, packet)
	if err != nil {
		return // EAGAIN: somebody was faster; the rest is reported again if it lasts
	}
	guarded(s.handle, packet[:n], from)
}

// receive is recvfrom(2) without what unix.Recvfrom allocates for the sender's address.
func receive(fd int, packet []byte) (int, netip.AddrPort, error) {
	var raw unix.RawSockaddrInet6 // the larger of the two
	size := uint32(unsafe.Sizeof(raw))
	n, _, errno := unix.Syscall6(unix.SYS_RECVFROM, uintptr(fd), uintptr(unsafe.Pointer(&packet[0])), uintptr(len(packet)),
		unix.MSG_DONTWAIT, uintptr(unsafe.Pointer(&raw)), uintptr(unsafe.Pointer(&size)))
	if errno != 0 {
		return 0, netip.AddrPort{}, errno
	}
	if raw.Family == unix.AF_INET {
		v4 := (*unix.RawSockaddrInet4)(unsafe.Pointer(&raw))
		return int(n), netip.AddrPortFrom(netip.AddrFrom4(v4.Addr), hostOrder(v4.Port)), nil
	}
	return int(n), netip.AddrPortFrom(netip.AddrFrom16(raw.Addr).Unmap(), hostOrder(raw.Port)), nil
}

// hostOrder reads a port that lies in network order in memory.
func hostOrder(port uint16) uint16 {
	octets := (*[2]byte)(unsafe.Pointer(&port))
	return uint16(octets[0])<<8 | uint16(octets[1])
}

func rawAddr(at netip.AddrPort) unix.Sockaddr {
	if at.Addr().Is4() {
		return &unix.SockaddrInet4{Addr: at.Addr().As4(), Port: int(at.Port())}
	}
	return &unix.SockaddrInet6{Addr: at.Addr().As16(), Port: int(at.Port())}
}
