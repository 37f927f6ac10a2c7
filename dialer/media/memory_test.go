package media

import (
	"net"
	"net/netip"
	"sync"
	"testing"

	"github.com/pion/rtp"
)

// memoryNet is a network in memory, for tests in a bubble: a datagram is taken
// by the handler of its address at once, or kept in the box of who has none.
type memoryNet struct {
	beats *metronome

	mu       sync.Mutex
	handlers map[netip.AddrPort]datagramHandler
	boxes    map[netip.AddrPort][][]byte
}

func newMemoryNet() *memoryNet {
	return &memoryNet{beats: startMetronome(), handlers: make(map[netip.AddrPort]datagramHandler), boxes: make(map[netip.AddrPort][][]byte)}
}

func (m *memoryNet) clock() *metronome { return m.beats }

func (m *memoryNet) Close() error {
	m.beats.stop()
	return nil
}

func (m *memoryNet) listen(at netip.AddrPort, handle datagramHandler) (socket, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.handlers[at] = handle
	return &memorySocket{m, at}, nil
}

// carry brings a datagram to where it goes.
func (m *memoryNet) carry(packet []byte, from, to netip.AddrPort) {
	m.mu.Lock()
	handle := m.handlers[to]
	if handle == nil {
		m.boxes[to] = append(m.boxes[to], append([]byte(nil), packet...))
	}
	m.mu.Unlock()
	if handle != nil {
		handle(append([]byte(nil), packet...), from)
	}
}

// taken empties the box of an address that has no handler.
func (m *memoryNet) taken(t testing.TB, at netip.AddrPort) []rtp.Packet {
	t.Helper()
	m.mu.Lock()
	defer m.mu.Unlock()
	packets := make([]rtp.Packet, len(m.boxes[at]))
	for i, raw := range m.boxes[at] {
		if err := packets[i].Unmarshal(raw); err != nil {
			t.Fatal(err)
		}
	}
	delete(m.boxes, at)
	return packets
}

type memorySocket struct {
	net *memoryNet
	at  netip.AddrPort
}

func (s *memorySocket) local() netip.AddrPort { return s.at }

func (s *memorySocket) send(packet []byte, to netip.AddrPort) error {
	s.net.mu.Lock()
	_, open := s.net.handlers[s.at]
	s.net.mu.Unlock()
	if !open {
		return net.ErrClosed
	}
	s.net.carry(packet, s.at, to)
	return nil
}

func (s *memorySocket) close() error {
	s.net.mu.Lock()
	defer s.net.mu.Unlock()
	delete(s.net.handlers, s.at)
	return nil
}

// far is where the peer of a leg on a memory net is.
var far = netip.MustParseAddrPort("127.0.0.1:5004")
