package internalleg

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/netip"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// patience is how long a test waits for what must come; it is no measure of speed.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(otherNodeEnv) != "" {
		if err := otherNode(); err != nil {
			fmt.Fprintln(os.Stderr, "other node:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	houseKey = bytes.Repeat([]byte("k"), 32)
)

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: not after %s", what, patience)
	}
}

func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !ask(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not after %s", what, patience)
		}
	}
}

// node is a node of the house, with phones.
type node struct {
	*Legs
	media media.Settings

	mu     sync.Mutex
	phones map[string]dialer.Station
}

// openNode opens a node on loopback that ends with the test, and sees to it that
// nothing of it is left.
func openNode(t testing.TB, name string, change ...func(*Settings)) *node {
	t.Helper()
	n, err := newNode(name, media.NewPlainPoller(), slog.New(slog.NewTextHandler(t.Output(), nil)), change...)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
		if left := n.State(); len(left) > 0 {
			t.Errorf("%s has legs after Close: %+v", name, left)
		}
		if len(n.seats) > 0 {
			t.Errorf("%s has seats after Close: %d", name, len(n.seats))
		}
		if err := n.media.Poller.Close(); err != nil {
			t.Error(err)
		}
	})
	return n
}

func newNode(name string, poller media.Poller, log *slog.Logger, change ...func(*Settings)) (*node, error) {
	ports, err := media.NewPortRange(22000, 29999)
	if err != nil {
		return nil, err
	}
	n := &node{phones: map[string]dialer.Station{}}
	n.media = media.Settings{IP: loopback, Ports: ports, Poller: poller, EventPT: sound.EventPT}
	s := Settings{
		Node: name, Key: houseKey, Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Media: n.media, Phone: n.phone, Log: log, AnswerLimit: patience / 2, // a machine that is busy is no node that is gone
	}
	for _, f := range change {
		f(&s)
	}
	n.Legs, err = Open(s)
	return n, err
}

func (n *node) phone(station string) (dialer.Station, bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	p, ok := n.phones[station]
	return p, ok
}

func (n *node) at() sipua.Target { return target(n.Addr("udp")) }

func target(at netip.AddrPort) sipua.Target {
	return sipua.Target{Host: at.Addr().String(), Port: int(at.Port())}
}

func (n *node) idle() bool { return len(n.State()) == 0 }

// phone is an agent's phone: a session, and the far end of it.
type phone struct {
	*headset
	session *media.Session
	once    sync.Once
	done    chan struct{}
}

func (p *phone) Audio() media.Port      { return p.session }
func (p *phone) Done() <-chan struct{}  { return p.done }
func (p *phone) Hangup(context.Context) { p.once.Do(func() { close(p.done) }) }
func (p *phone) isUp() bool             { return !closed(p.done) }

func closed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// plug gives the node a phone under a name.
func (n *node) plug(t testing.TB, station string, law media.Codec) *phone {
	t.Helper()
	p := &phone{headset: newHeadset(t, law), done: make(chan struct{})}
	p.session = p.headset.line(t, n.media)
	n.mu.Lock()
	n.phones[station] = p
	n.mu.Unlock()
	return p
}

// headset is the far end of a session: a bare socket that speaks and hears RTP.
type headset struct {
	t    testing.TB
	conn *net.UDPConn
	law  media.Codec
	to   netip.AddrPort
	next rtp.Header
}

func newHeadset(t testing.TB, law media.Codec) *headset {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return &headset{t: t, conn: conn, law: law, next: rtp.Header{
		Version: 2, PayloadType: uint8(law), SSRC: rand.Uint32(), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
	}}
}

// line opens the session that the headset is the far end of.
func (h *headset) line(t testing.TB, settings media.Settings) *media.Session {
	t.Helper()
	s, err := media.Open(settings)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	remote := media.Remote{Addr: h.conn.LocalAddr().(*net.UDPAddr).AddrPort(), Codec: h.law, EventPT: sound.EventPT}
	if err := s.Start(remote); err != nil {
		t.Fatal(err)
	}
	h.to = s.LocalAddr()
	return s
}

// say sends one packet of 20 ms and steps on.
func (h *headset) say(payload []byte) {
	h.t.Helper()
	h.send(h.next, payload)
	h.next.SequenceNumber++
	h.next.Timestamp += uint32(len(payload))
}

func (h *headset) send(header rtp.Header, payload []byte) {
	h.t.Helper()
	packet, err := (&rtp.Packet{Header: header, Payload: payload}).Marshal()
	if err != nil {
		h.t.Fatal(err)
	}
	if _, err := h.conn.WriteToUDPAddrPort(packet, h.to); err != nil {
		h.t.Fatal(err)
	}
}

// hears waits until the headset hears a packet that is wanted.
func (h *headset) hears(what string, wanted func(*rtp.Packet) bool) *rtp.Packet {
	h.t.Helper()
	packet := make([]byte, 2048)
	if err := h.conn.SetReadDeadline(time.Now().Add(patience)); err != nil {
		h.t.Fatal(err)
	}
	for {
		n, _, err := h.conn.ReadFromUDPAddrPort(packet)
		if err != nil {
			h.t.Fatalf("%s was not heard: %v", what, err)
		}
		heard := &rtp.Packet{}
		if packet[1] >= 192 && packet[1] <= 223 { // RTCP
			continue
		}
		if err := heard.Unmarshal(packet[:n]); err == nil && wanted(heard) {
			return heard
		}
	}
}

// flush forgets what has been heard up to now.
func (h *headset) flush() {
	packet := make([]byte, 2048)
	for {
		if err := h.conn.SetReadDeadline(time.Now().Add(time.Microsecond)); err != nil {
			h.t.Fatal(err)
		}
		if _, _, err := h.conn.ReadFromUDPAddrPort(packet); err != nil {
			return
		}
	}
}

func exactly(payload []byte) func(*rtp.Packet) bool {
	return func(p *rtp.Packet) bool { return bytes.Equal(p.Payload, payload) }
}

// noise is 20 ms of octets of which no two lists are alike.
func noise() []byte {
	payload := make([]byte, 160)
	for i := range payload {
		payload[i] = byte(rand.Uint32())
	}
	return payload
}

// call is a person at one node who talks to a phone at another.
type call struct {
	*headset
	session *media.Session
	station dialer.Station
}

// talk dials a phone from a node and lets a person and it hear each other.
func (n *node) talk(t testing.TB, to *node, station string, law media.Codec) *call {
	t.Helper()
	c := &call{headset: newHeadset(t, law)}
	c.session = c.line(t, n.media)
	s, err := n.Dial(within(t), Request{Node: to.settings.Node, At: to.at(), Station: station, Law: law})
	if err != nil {
		t.Fatal(err)
	}
	c.station = s
	c.session.Connect(s.Audio())
	s.Audio().Connect(c.session)
	return c
}

func (c *call) hangup() {
	c.session.Connect(nil)
	c.station.Hangup(context.Background())
}

// converse sees to it that each hears the other.
func converse(t testing.TB, a, b *headset) {
	t.Helper()
	for _, way := range [][2]*headset{{a, b}, {b, a}} {
		said := noise()
		way[0].say(said)
		way[1].hears("a frame", exactly(said))
	}
}
