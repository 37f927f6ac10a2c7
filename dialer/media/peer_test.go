package media

import (
	"net"
	"net/netip"
	"testing"
	"time"

	"github.com/pion/rtp"
)

// patience is how long a test waits for what must come; it is no measure of speed.
const patience = 15 * time.Second

var (
	loopback  = netip.MustParseAddr("127.0.0.1")
	loopback2 = netip.MustParseAddr("127.0.0.2")
)

// eachPoller runs a test over both relay loops: they must behave alike.
func eachPoller(t *testing.T, test func(*testing.T, Poller)) {
	t.Helper()
	t.Run("plain", func(t *testing.T) {
		test(t, closing(t, NewPlainPoller()))
	})
	t.Run("epoll", func(t *testing.T) {
		poller, err := NewEpollPoller(1)
		if err != nil {
			t.Fatal(err)
		}
		test(t, closing(t, poller))
	})
}

func closing(t testing.TB, poller Poller) Poller {
	t.Cleanup(func() {
		if err := poller.Close(); err != nil {
			t.Errorf("close poller: %v", err)
		}
	})
	return poller
}

// testPorts is the range of the tests of this process.
func testPorts(t testing.TB) *PortRange {
	t.Helper()
	ports, err := NewPortRange(30000, 39999)
	if err != nil {
		t.Fatal(err)
	}
	return ports
}

// openLeg opens a session on loopback that ends with the test.
func openLeg(t testing.TB, poller Poller, change ...func(*Settings)) *Session {
	t.Helper()
	settings := Settings{IP: loopback, Ports: testPorts(t), Poller: poller}
	for _, c := range change {
		c(&settings)
	}
	s, err := Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("close session: %v", err)
		}
	})
	return s
}

// peer is the far end of a leg: a bare UDP socket that speaks and hears RTP.
type peer struct {
	t    testing.TB
	conn *net.UDPConn
	to   netip.AddrPort
	next rtp.Header
}

// newPeer opens a peer on an IP, and aims it at a leg.
func newPeer(t testing.TB, ip netip.Addr, leg *Session) *peer {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(ip, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return &peer{t: t, conn: conn, to: leg.LocalAddr(), next: rtp.Header{Version: 2, SSRC: 0xCAFE, SequenceNumber: 65530, Timestamp: 4294967000}}
}

func (p *peer) addr() netip.AddrPort { return p.conn.LocalAddr().(*net.UDPAddr).AddrPort() }

// remote is the peer as its SDP would say.
func (p *peer) remote() Remote {
	return Remote{Addr: p.addr(), Codec: PCMU, EventPT: 101}
}

// say sends a packet of 20 ms and steps on.
func (p *peer) say(payload []byte) {
	p.t.Helper()
	p.send(p.next, payload)
	p.next.SequenceNumber++
	p.next.Timestamp += uint32(len(payload))
}

// send sends a packet as given.
func (p *peer) send(header rtp.Header, payload []byte) {
	p.t.Helper()
	packet, err := (&rtp.Packet{Header: header, Payload: payload}).Marshal()
	if err != nil {
		p.t.Fatal(err)
	}
	p.raw(packet)
}

func (p *peer) raw(packet []byte) {
	p.t.Helper()
	if _, err := p.conn.WriteToUDPAddrPort(packet, p.to); err != nil {
		p.t.Fatal(err)
	}
}

// hear waits for the next packet that comes to the peer.
func (p *peer) hear() *rtp.Packet {
	p.t.Helper()
	packet := make([]byte, maxDatagram)
	if err := p.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		p.t.Fatal(err)
	}
	n, _, err := p.conn.ReadFromUDPAddrPort(packet)
	if err != nil {
		p.t.Fatalf("peer hears nothing: %v", err)
	}
	heard := &rtp.Packet{}
	if err := heard.Unmarshal(packet[:n]); err != nil {
		p.t.Fatalf("peer got no RTP: %v", err)
	}
	return heard
}

// ear is a sink that keeps what it hears.
type ear chan Frame

func newEar() ear { return make(ear, 4096) }

func (e ear) WriteFrame(f Frame) error {
	f.Payload = append([]byte(nil), f.Payload...)
	e <- f
	return nil
}

func (e ear) next(t testing.TB) Frame {
	t.Helper()
	select {
	case f := <-e:
		return f
	case <-time.After(patience):
		t.Fatal("nothing was heard")
		return Frame{}
	}
}

// until waits for what comes about by packets on their way.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	tick := time.NewTicker(time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !true() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
		<-tick.C
	}
}

// voice20 is a frame of 20 ms of which every octet is b.
func voice20(b byte) []byte {
	payload := make([]byte, frameSamples)
	for i := range payload {
		payload[i] = b
	}
	return payload
}

func start(t testing.TB, leg *Session, remote Remote) {
	t.Helper()
	if err := leg.Start(remote); err != nil {
		t.Fatal(err)
	}
}
