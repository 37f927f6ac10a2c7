package media

import (
	"errors"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func TestSettingsAreCheckedBeforeAnythingStarts(t *testing.T) {
	poller, ports := closing(t, NewPlainPoller()), testPorts(t)
	for name, settings := range map[string]Settings{
		"no IP":     {Ports: ports, Poller: poller},
		"any IP":    {IP: netip.IPv4Unspecified(), Ports: ports, Poller: poller},
		"no ports":  {IP: loopback, Poller: poller},
		"no poller": {IP: loopback, Ports: ports},
		"not ours":  {IP: netip.MustParseAddr("192.0.2.1"), Ports: ports, Poller: poller},
	} {
		if s, err := Open(settings); err == nil {
			t.Errorf("%s: opened", name)
			s.Close()
		}
	}
}

func TestNothingIsHeardOrSaidBeforeStartAndAfterClose(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		heard := newEar()
		leg.Connect(heard)
		if err := leg.WriteFrame(Frame{Payload: voice20(1)}); !errors.Is(err, ErrNotStarted) {
			t.Errorf("before start: %v", err)
		}
		phone.say(voice20(66))
		until(t, "it is refused", func() bool { return leg.Quality().Refused == 1 })
		start(t, leg, phone.remote())
		phone.say(voice20(1))
		if f := heard.next(t); f.Payload[0] != 1 {
			t.Error("heard what came before start")
		}
		if leg.Heard().IsZero() || time.Since(leg.Heard()) > patience {
			t.Errorf("heard at %v", leg.Heard())
		}
		if err := leg.Close(); err != nil {
			t.Fatal(err)
		}
		if err := leg.WriteFrame(Frame{Payload: voice20(1)}); !errors.Is(err, ErrClosed) {
			t.Errorf("after close: %v", err)
		}
		if err := leg.Update(phone.remote()); !errors.Is(err, ErrClosed) {
			t.Errorf("update after close: %v", err)
		}
		if err := leg.SendDigit(t.Context(), '1'); !errors.Is(err, ErrClosed) {
			t.Errorf("digit after close: %v", err)
		}
	})
}

func TestNoCallbackRunsAfterClose(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		for range 20 {
			leg := openLeg(t, poller)
			phone := newPeer(t, loopback, leg)
			start(t, leg, phone.remote())
			var closed, late atomic.Bool
			first := make(chan struct{})
			var once sync.Once
			leg.Connect(SinkFunc(func(Frame) error {
				once.Do(func() { close(first) })
				late.Store(late.Load() || closed.Load())
				return nil
			}))
			stop := make(chan struct{})
			var speaking sync.WaitGroup
			speaking.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
						phone.say(voice20(1))
					}
				}
			})
			<-first
			if err := leg.Close(); err != nil {
				t.Error(err)
			}
			closed.Store(true)
			close(stop)
			speaking.Wait()
			if late.Load() {
				t.Fatal("a frame was delivered after Close had returned")
			}
		}
	})
}

func TestALegWorksOverIPv6(t *testing.T) {
	six := netip.IPv6Loopback()
	probe, err := net.ListenUDP("udp6", net.UDPAddrFromAddrPort(netip.AddrPortFrom(six, 0)))
	if err != nil {
		t.Skipf("this machine has no IPv6 loopback: %v", err)
	}
	probe.Close()
	eachPoller(t, func(t *testing.T, poller Poller) {
		a := openLeg(t, poller, func(s *Settings) { s.IP = six })
		b := openLeg(t, poller, func(s *Settings) { s.IP = six })
		start(t, a, Remote{Addr: b.LocalAddr()})
		start(t, b, Remote{Addr: a.LocalAddr()})
		heard := newEar()
		b.Connect(heard)
		if err := a.WriteFrame(Frame{Payload: voice20(6)}); err != nil {
			t.Fatal(err)
		}
		if f := heard.next(t); f.Payload[0] != 6 {
			t.Errorf("heard %v", f.Payload[0])
		}
	})
}

func TestSeveralLoopsShareTheSockets(t *testing.T) {
	poller, err := NewEpollPoller(3)
	if err != nil {
		t.Fatal(err)
	}
	closing(t, poller)
	heard := newEar()
	for i := range 10 {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, phone.remote())
		leg.Connect(heard)
		phone.say(voice20(byte(i)))
		if f := heard.next(t); f.Payload[0] != byte(i) {
			t.Errorf("leg %d: heard %d", i, f.Payload[0])
		}
	}
}

func TestTapsHearBesideTheConnectedSink(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, phone.remote())
		connected, recorder, detector := newEar(), newEar(), newEar()
		leg.Connect(connected)
		stopRecorder := leg.Tap(recorder)
		stopDetector := leg.Tap(detector)
		phone.say(voice20(1))
		for _, e := range []ear{connected, recorder, detector} {
			if f := e.next(t); f.Payload[0] != 1 {
				t.Error("heard something else")
			}
		}
		stopDetector()
		leg.Connect(nil)
		phone.say(voice20(2))
		recorder.next(t)
		stopRecorder()
		phone.say(voice20(3))
		until(t, "the third is counted", func() bool { return leg.Quality().PacketsReceived == 3 })
		if len(connected)+len(recorder)+len(detector) != 0 {
			t.Error("heard after it was taken away")
		}
	})
}

func TestAPanicOfAListenerDoesNotEndTheCalls(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, phone.remote())
		heard := newEar()
		leg.Connect(SinkFunc(func(f Frame) error {
			if f.Payload[0] == 1 {
				panic("a defect")
			}
			return heard.WriteFrame(f)
		}))
		phone.say(voice20(1))
		phone.say(voice20(2))
		if f := heard.next(t); f.Payload[0] != 2 {
			t.Error("the call has ended")
		}
	})
}

func TestConnectMayBeCalledWhileSoundFlows(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		a, b := openLeg(t, poller), openLeg(t, poller)
		customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
		start(t, a, customer.remote())
		start(t, b, agent.remote())
		var others sync.WaitGroup
		others.Go(func() {
			for range 500 {
				a.Connect(b)
				a.Tap(newEar())()
				a.Quality()
				a.Connect(nil)
				_ = a.Update(customer.remote())
			}
		})
		others.Go(func() {
			for range 500 {
				customer.say(voice20(1))
				b.KeepAlive(true)
				_ = b.WriteFrame(Frame{Payload: voice20(2)})
				b.KeepAlive(false)
			}
		})
		others.Wait()
		a.Connect(b)
		until(t, "the agent hears the customer", func() bool {
			customer.say(voice20(3))
			return agent.hear().Payload[0] == 3
		})
	})
}

// The relay path must not feed the garbage collector: 100,000 packets a second
// go this way.
func TestRelayingAPacketAllocatesNothing(t *testing.T) {
	for _, c := range []struct {
		name string
		to   Codec
	}{{"passed through", PCMU}, {"transcoded", PCMA}} {
		t.Run(c.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, poller Poller) {
				a, b := openLeg(t, poller), openLeg(t, poller)
				customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
				start(t, a, customer.remote())
				start(t, b, Remote{Addr: agent.addr(), Codec: c.to})
				a.Connect(b)
				packet, err := (&rtp.Packet{Header: customer.next, Payload: voice20(1)}).Marshal()
				if err != nil {
					t.Fatal(err)
				}
				from := customer.addr()
				seq := uint16(0)
				relay := func() {
					seq++
					packet[2], packet[3] = byte(seq>>8), byte(seq)
					a.handleRTP(packet, from)
				}
				if got := testing.AllocsPerRun(1000, relay); got != 0 {
					t.Errorf("%v allocations per packet", got)
				}
			})
		})
	}
}

func BenchmarkRelayOnePacket(b *testing.B) {
	poller, err := NewEpollPoller(1)
	if err != nil {
		b.Fatal(err)
	}
	closing(b, poller)
	in, out := openLeg(b, poller), openLeg(b, poller)
	customer, agent := newPeer(b, loopback, in), newPeer(b, loopback, out)
	start(b, in, customer.remote())
	start(b, out, agent.remote())
	in.Connect(out)
	packet, err := (&rtp.Packet{Header: customer.next, Payload: voice20(1)}).Marshal()
	if err != nil {
		b.Fatal(err)
	}
	from := customer.addr()
	b.ReportAllocs()
	for i := range b.N {
		packet[2], packet[3] = byte(i>>8), byte(i)
		in.handleRTP(packet, from)
	}
}

// FuzzReceive gives a leg any datagrams on both its ports: it must neither panic
// nor let a stranger in.
func FuzzReceive(f *testing.F) {
	voice, _ := (&rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1, SequenceNumber: 7}, Payload: voice20(1)}).Marshal()
	extended := rtp.Packet{Header: rtp.Header{Version: 2, SSRC: 1, CSRC: []uint32{1, 2}}, Payload: []byte{1}}
	_ = extended.SetExtension(1, []byte{1, 2, 3})
	withExtras, _ := extended.Marshal()
	report, _ := rtcp.Marshal([]rtcp.Packet{&rtcp.SenderReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{SSRC: 2}}}, rtcp.NewCNAMESourceDescription(1, "x")})
	for _, seed := range [][]byte{voice, withExtras, report, {0x80, 101, 0, 1, 0, 0, 0, 0, 0, 0, 0, 1, 5, 0x8A, 0, 160}} {
		f.Add(seed, voice, true)
		f.Add(voice, seed, false)
	}
	poller := NewPlainPoller()
	f.Cleanup(func() { poller.Close() })
	ports, err := NewPortRange(40000, 49999)
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, first, second []byte, home bool) {
		net := &memoryNet{beats: poller.clock(), handlers: make(map[netip.AddrPort]datagramHandler), boxes: make(map[netip.AddrPort][][]byte)}
		leg, err := Open(Settings{IP: loopback, Ports: ports, Poller: net})
		if err != nil {
			t.Fatal(err)
		}
		defer leg.Close()
		start(t, leg, Remote{Addr: far, EventPT: 101})
		heard := 0
		leg.Connect(SinkFunc(func(Frame) error { heard++; return nil }))
		from := far
		if !home {
			from = rtpAddr("127.0.0.77:4000")
		}
		for _, packet := range [][]byte{first, second, first} {
			leg.handleRTP(packet, from)
			leg.handleRTCP(packet, from)
		}
		q := leg.Quality()
		if !home && (heard > 0 || q.PacketsReceived > 0) {
			t.Fatalf("a stranger was heard: %+v", q)
		}
		if q.LossShare < 0 || q.LossShare > 1 || q.MOS < 0 || q.MOS > 4.5 {
			t.Fatalf("%+v", q)
		}
	})
}
