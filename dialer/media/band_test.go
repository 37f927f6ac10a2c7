package media

import (
	"context"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// singer is a phone that says one tone for ever and keeps what it hears.
type singer struct {
	leg  *Session
	hz   float64
	law  Codec
	send func(packet []byte)

	mu     sync.Mutex
	heard  []rtp.Packet
	header rtp.Header
	phase  int
}

// frame is the next 20 ms of the tone.
func (s *singer) frame() []byte {
	pcm := make([]int16, frameSamples)
	for i := range pcm {
		pcm[i] = int16(toneLevel * math.Sin(2*math.Pi*s.hz*float64(s.phase+i)/SampleRate))
	}
	s.phase += len(pcm)
	return s.law.Encode(nil, pcm)
}

// packet is the next packet to be sent.
func (s *singer) packet() []byte {
	p := rtp.Packet{Header: s.header, Payload: s.frame()}
	s.header.SequenceNumber++
	s.header.Timestamp += frameSamples
	raw, err := p.Marshal()
	if err != nil {
		panic(err) // its parts are ours
	}
	return raw
}

// sing says the tone until ctx is done.
func (s *singer) sing(ctx context.Context) {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
			s.send(s.packet())
		}
	}
}

func (s *singer) hear(packet []byte) {
	var p rtp.Packet
	if isControl(packet) || p.Unmarshal(slices.Clone(packet)) != nil {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, p)
}

func (s *singer) packets() []rtp.Packet {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.heard)
}

// listen waits for so many more packets and returns their sound.
func (s *singer) listen(t testing.TB, packets int) []int16 {
	t.Helper()
	from := len(s.packets())
	until(t, "the phone hears something", func() bool { return len(s.packets()) >= from+packets })
	return pcmOf(s.packets()[from : from+packets])
}

func pcmOf(packets []rtp.Packet) (pcm []int16) {
	for _, p := range packets {
		pcm = Codec(p.PayloadType).Decode(pcm, p.Payload)
	}
	return pcm
}

// band is a room with a person, an agent and a supervisor in it, each with a
// tone of his own, over real sessions.
type band struct {
	room                      *Room
	person, agent, supervisor *singer
}

const (
	personHz, agentHz, supervisorHz = 400, 650, 1100
	musicHz                         = 1500
)

func (b *band) all() []*singer { return []*singer{b.person, b.agent, b.supervisor} }

// inBubble plays a scene over a network in memory, on a clock of its own.
func inBubble(t *testing.T, scene func(*testing.T, *band)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		wire := newMemoryNet()
		closing(t, wire)
		ports := testPorts(t)
		port := uint16(5004)
		perform(t, scene, func(s *singer) {
			at := netip.AddrPortFrom(loopback, port)
			port += 2
			s.leg = openLeg(t, wire, func(set *Settings) { set.Ports = ports })
			start(t, s.leg, Remote{Addr: at, Codec: s.law})
			if _, err := wire.listen(at, func(packet []byte, _ netip.AddrPort) { s.hear(packet) }); err != nil {
				t.Fatal(err)
			}
			s.send = func(packet []byte) { wire.carry(packet, at, s.leg.LocalAddr()) }
		})
	})
}

// onLoopback plays a scene over UDP.
func onLoopback(t *testing.T, scene func(*testing.T, *band)) {
	t.Helper()
	poller, ports := closing(t, NewPlainPoller()), testPorts(t)
	perform(t, scene, func(s *singer) {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
		if err != nil {
			t.Fatal(err)
		}
		s.leg = openLeg(t, poller, func(set *Settings) { set.Ports = ports })
		start(t, s.leg, Remote{Addr: conn.LocalAddr().(*net.UDPAddr).AddrPort(), Codec: s.law})
		to := s.leg.LocalAddr()
		s.send = func(packet []byte) { _, _ = conn.WriteToUDPAddrPort(packet, to) }
		var reading sync.WaitGroup
		reading.Go(func() {
			for packet := make([]byte, maxDatagram); ; {
				n, _, err := conn.ReadFromUDPAddrPort(packet)
				if err != nil {
					return
				}
				s.hear(packet[:n])
			}
		})
		t.Cleanup(func() {
			conn.Close()
			reading.Wait()
		})
	})
}

// perform sets up a band and lets it sing until the scene is over.
func perform(t *testing.T, scene func(*testing.T, *band), plug func(*singer)) {
	b := &band{room: NewRoom(), person: &singer{hz: personHz}, agent: &singer{hz: agentHz, law: PCMA}, supervisor: &singer{hz: supervisorHz}}
	ctx, cancel := context.WithCancel(t.Context())
	var singing sync.WaitGroup
	for i, s := range b.all() {
		s.header = rtp.Header{Version: 2, PayloadType: uint8(s.law), SSRC: uint32(i + 1), SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32()}
		plug(s)
		singing.Go(func() { s.sing(ctx) })
	}
	defer singing.Wait()
	defer cancel()
	defer b.room.Close()
	b.room.Enter("person", b.person.leg)
	b.room.Enter("agent", b.agent.leg)
	b.room.Enter("supervisor", b.supervisor.leg)
	scene(t, b)
}

// hears checks which tones a singer is given, and that he is given no other.
func hears(t *testing.T, who *singer, wanted ...float64) {
	t.Helper()
	pcm := who.listen(t, 15)
	for _, hz := range []float64{personHz, agentHz, supervisorHz, musicHz} {
		share := ToneShare(pcm, hz)
		if slices.Contains(wanted, hz) && share < 0.9/float64(len(wanted)) {
			t.Errorf("%v Hz is %.4f of what the phone of %v Hz hears; it should be heard", hz, share, who.hz)
		}
		if !slices.Contains(wanted, hz) && share > 0.0005 {
			t.Errorf("%v Hz is %.4f of what the phone of %v Hz hears; it should not be heard", hz, share, who.hz)
		}
	}
}

// settle lets pass what was on its way, and what a change lets sound.
func settle(t *testing.T, b *band, who ...*singer) {
	t.Helper()
	for _, s := range who {
		s.listen(t, 4)
	}
}

// oneStream checks that what a phone got was one stream without a hole.
func oneStream(t *testing.T, s *singer) {
	t.Helper()
	packets := s.packets()
	for i, p := range packets[1:] {
		before := packets[i]
		if p.SSRC != before.SSRC || p.SequenceNumber != before.SequenceNumber+1 || int32(p.Timestamp-before.Timestamp) <= 0 {
			t.Fatalf("phone of %v Hz, packet %d: SSRC %x sequence %d timestamp %d after %x %d %d", s.hz, i+1,
				p.SSRC, p.SequenceNumber, p.Timestamp, before.SSRC, before.SequenceNumber, before.Timestamp)
		}
	}
}
