package softphone

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"math"
	"math/rand/v2"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"github.com/pion/webrtc/v4"

	"github.com/forecall/forecall/dialer/media"
)

// patience is how long a test waits for what must come; it is no measure of speed.
const patience = 20 * time.Second

var loopbackPort = netip.MustParseAddrPort("127.0.0.1:0")

// filter is the socket of a server on which the way of one peer may be cut.
type filter struct {
	net.PacketConn
	mu  sync.Mutex
	cut map[netip.AddrPort]bool
	all map[netip.AddrPort]bool

	loseUp, loseDown int // percent of what is encrypted sound
}

func newFilter(t testing.TB) *filter {
	t.Helper()
	conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	return &filter{PacketConn: conn, cut: make(map[netip.AddrPort]bool), all: make(map[netip.AddrPort]bool)}
}

// ReadFrom drops what comes from whom is cut off.
func (f *filter) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := f.PacketConn.ReadFrom(b)
		if err != nil || !f.drops(from) && !f.loses(b[:n], true) {
			return n, from, err
		}
	}
}

// WriteTo drops what goes to whom is cut off.
func (f *filter) WriteTo(b []byte, to net.Addr) (int, error) {
	if f.drops(to) || f.loses(b, false) {
		return len(b), nil
	}
	return f.PacketConn.WriteTo(b, to)
}

// loses draws whether a packet of sound is lost.
func (f *filter) loses(packet []byte, up bool) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	percent := f.loseDown
	if up {
		percent = f.loseUp
	}
	return percent > 0 && packet[0]>>6 == 2 && !isControl(packet) && rand.IntN(100) < percent
}

func (f *filter) drops(peer net.Addr) bool {
	at := peer.(*net.UDPAddr).AddrPort()
	f.mu.Lock()
	defer f.mu.Unlock()
	f.all[at] = true
	return f.cut[at]
}

// cutAll cuts off everybody who has been seen so far.
func (f *filter) cutAll() {
	f.mu.Lock()
	defer f.mu.Unlock()
	for at := range f.all {
		f.cut[at] = true
	}
}

// mend lets everybody through again.
func (f *filter) mend() {
	f.mu.Lock()
	defer f.mu.Unlock()
	clear(f.cut)
}

// open opens softphones on loopback that end with the test.
func open(t testing.TB, change ...func(*Settings)) *Phones {
	t.Helper()
	s := Settings{Listen: loopbackPort, Log: slog.New(slog.NewTextHandler(testLog{t}, nil))}
	for _, c := range change {
		c(&s)
	}
	p, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Errorf("close: %v", err)
		}
	})
	return p
}

type testLog struct{ testing.TB }

func (l testLog) Write(line []byte) (int, error) {
	l.Logf("%s", line)
	return len(line), nil
}

// page is a browser without a window: a pion client with a tone for a microphone.
type page struct {
	t       testing.TB
	pc      *webrtc.PeerConnection
	track   *outbound
	law     media.Codec
	session string
	sender  *webrtc.RTPSender

	mu     sync.Mutex
	heard  []rtp.Packet
	hz     float64
	muted  bool
	silent bool
	keys   []rtp.Packet // to be sent next

	closed  bool
	stop    context.CancelFunc
	singing sync.WaitGroup
}

// newPage opens a client with a microphone.
func newPage(t testing.TB, hz float64, codecs ...string) *page {
	t.Helper()
	engine := &webrtc.MediaEngine{}
	if len(codecs) == 0 {
		codecs = []string{"PCMU", "PCMA"}
	}
	for _, name := range codecs {
		pt := webrtc.PayloadType(0)
		if name == "PCMA" {
			pt = 8
		}
		if err := engine.RegisterCodec(codecParameters(name, pt), webrtc.RTPCodecTypeAudio); err != nil {
			t.Fatal(err)
		}
	}
	if err := engine.RegisterCodec(codecParameters("telephone-event", 110), webrtc.RTPCodecTypeAudio); err != nil {
		t.Fatal(err)
	}
	set := webrtc.SettingEngine{}
	set.SetIncludeLoopbackCandidate(true)
	set.SetInterfaceFilter(func(name string) bool { return name == "lo" })
	set.SetNetworkTypes([]webrtc.NetworkType{webrtc.NetworkTypeUDP4})
	pc, err := webrtc.NewAPI(webrtc.WithMediaEngine(engine), webrtc.WithSettingEngine(set)).NewPeerConnection(webrtc.Configuration{})
	if err != nil {
		t.Fatal(err)
	}
	p := &page{t: t, pc: pc, hz: hz}
	p.track = &outbound{}
	if codecs[0] == "PCMA" {
		p.law = media.PCMA
	}
	if p.sender, err = pc.AddTrack(p.track); err != nil {
		t.Fatal(err)
	}
	pc.OnTrack(func(remote *webrtc.TrackRemote, _ *webrtc.RTPReceiver) { p.listen(remote) })
	t.Cleanup(p.close)
	return p
}

func (p *page) offer() string {
	p.t.Helper()
	offer, err := p.pc.CreateOffer(nil)
	if err != nil {
		p.t.Fatal(err)
	}
	gathered := webrtc.GatheringCompletePromise(p.pc)
	if err := p.pc.SetLocalDescription(offer); err != nil {
		p.t.Fatal(err)
	}
	<-gathered
	return p.pc.LocalDescription().SDP
}

// connect does what the page does: offer, answer, sound.
func (p *page) connect(by func(context.Context, int64, string) (string, string, error), user int64) {
	p.t.Helper()
	answer, session, err := by(p.t.Context(), user, p.offer())
	if err != nil {
		p.t.Fatal(err)
	}
	p.session = session
	if err := p.pc.SetRemoteDescription(webrtc.SessionDescription{Type: webrtc.SDPTypeAnswer, SDP: answer}); err != nil {
		p.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	p.stop = stop
	p.singing.Go(func() { p.sing(ctx) })
	p.singing.Go(func() {
		for b := make([]byte, 1500); ; {
			if _, _, err := p.sender.Read(b); err != nil {
				return
			}
		}
	})
}

// sing says the tone, a packet each 20 ms, as browsers do.
func (p *page) sing(ctx context.Context) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	header := rtp.Header{
		Version: 2, PayloadType: uint8(p.law), SequenceNumber: 7, Timestamp: 99,
		SSRC: uint32(p.sender.GetParameters().Encodings[0].SSRC),
	}
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
		p.mu.Lock()
		keys, silent, muted, hz := p.keys, p.silent, p.muted, p.hz
		p.keys = nil
		p.mu.Unlock()
		for _, k := range keys {
			k.SequenceNumber, k.SSRC = header.SequenceNumber, header.SSRC
			header.SequenceNumber++
			p.write(k)
		}
		if muted {
			hz = 0
		}
		if !silent {
			p.write(rtp.Packet{Header: header, Payload: p.law.Encode(nil, tone(hz, n*160))})
		}
		header.SequenceNumber++
		header.Timestamp += 160
	}
}

func (p *page) write(packet rtp.Packet) {
	raw, err := packet.Marshal()
	if err != nil {
		panic(err) // its parts are ours
	}
	_ = p.track.send(raw)
}

func tone(hz float64, from int) []int16 {
	pcm := make([]int16, 160)
	for i := range pcm {
		pcm[i] = int16(8000 * math.Sin(2*math.Pi*hz*float64(from+i)/media.SampleRate))
	}
	return pcm
}

func (p *page) listen(remote *webrtc.TrackRemote) {
	for {
		packet, _, err := remote.ReadRTP()
		if err != nil {
			return
		}
		p.mu.Lock()
		p.heard = append(p.heard, *packet)
		p.mu.Unlock()
	}
}

func (p *page) packets() []rtp.Packet {
	p.mu.Lock()
	defer p.mu.Unlock()
	return append([]rtp.Packet(nil), p.heard...)
}

func (p *page) count() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.heard)
}

// hears waits until the page has got so many more packets and returns their sound.
func (p *page) hears(packets int) (pcm []int16) {
	p.t.Helper()
	from := len(p.packets())
	until(p.t, "the page hears something", func() bool { return len(p.packets()) >= from+packets })
	for _, packet := range p.packets()[from : from+packets] {
		pcm = media.Codec(packet.PayloadType).Decode(pcm, packet.Payload)
	}
	return pcm
}

func (p *page) set(change func(*page)) {
	p.mu.Lock()
	defer p.mu.Unlock()
	change(p)
}

func (p *page) close() {
	if p.closed {
		return
	}
	p.closed = true
	if p.stop != nil {
		p.stop()
	}
	if err := p.pc.GracefulClose(); err != nil && !errors.Is(err, io.EOF) {
		p.t.Errorf("close the page: %v", err)
	}
	p.singing.Wait()
}

// until waits for what comes about by packets on their way.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	deadline := time.Now().Add(patience)
	for !true() {
		if time.Now().After(deadline) {
			t.Fatalf("it did not come about that %s", what)
		}
		<-tick.C
	}
}

// ear keeps the sound that it is given.
type ear struct {
	mu  sync.Mutex
	pcm []int16
}

func (e *ear) WriteFrame(f media.Frame) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pcm = f.Codec.Decode(e.pcm, f.Payload)
	return nil
}

func (e *ear) hears(t testing.TB, samples int) []int16 {
	t.Helper()
	length := func() int {
		e.mu.Lock()
		defer e.mu.Unlock()
		return len(e.pcm)
	}
	from := length()
	until(t, "something is heard", func() bool { return length() >= from+samples })
	e.mu.Lock()
	defer e.mu.Unlock()
	return append([]int16(nil), e.pcm[from:from+samples]...)
}
