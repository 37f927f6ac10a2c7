package media

import (
	"net/netip"
	"testing"
	"time"
)

// TestTheLatchMovesOnlyByTheRules tells stories of packets, each at a time in
// milliseconds, and who is latched at the end.
func TestTheLatchMovesOnlyByTheRules(t *testing.T) {
	const signalled, samePort, otherIP = "192.0.2.1:4000", "192.0.2.1:5000", "203.0.113.9:4000"
	type run struct {
		from       string
		begin, end int // one packet each 20 ms
		ssrc       uint32
		step       uint16
	}
	for _, c := range []struct {
		name   string
		runs   []run
		latch  string
		stolen int // packets that were heard from another than the latch of the end
	}{
		{"the address of the SDP at once", []run{{signalled, 0, 20, 1, 1}}, signalled, 0},
		{"another port of its IP at once, while nothing was heard", []run{{samePort, 0, 20, 1, 1}}, samePort, 0},
		{"the address of the SDP takes over from another port", []run{{samePort, 0, 200, 1, 1}, {signalled, 100, 120, 2, 1}}, signalled, 6},
		{"another IP not at once", []run{{otherIP, 0, 460, 1, 1}}, "", 0},
		{"another IP after 25 packets and half a second", []run{{otherIP, 0, 600, 1, 1}}, otherIP, 0},
		{"a port rebound after 250 ms of silence", []run{{signalled, 0, 1000, 1, 1}, {samePort, 1000, 1400, 1, 1}}, samePort, 50},
		{"a port not rebound before", []run{{signalled, 0, 1000, 1, 1}, {samePort, 1000, 1220, 1, 1}}, signalled, 0},
		{"an IP rebound after half a second of silence", []run{{signalled, 0, 1000, 1, 1}, {otherIP, 1000, 1600, 1, 1}}, otherIP, 50},
		{"an IP not rebound before", []run{{signalled, 0, 1000, 1, 1}, {otherIP, 1000, 1460, 1, 1}}, signalled, 0},
		{"never while the true stream runs", []run{{signalled, 0, 5000, 1, 1}, {otherIP, 1000, 5000, 2, 1}, {samePort, 1000, 5000, 2, 1}}, signalled, 0},
		{"not to a source without consecutive numbers", []run{{signalled, 0, 1000, 1, 1}, {otherIP, 1000, 3000, 2, 3}}, signalled, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			begin := time.Unix(1000, 0)
			var l latch
			l.set(netip.MustParseAddrPort(signalled), begin)
			heard := make(map[netip.AddrPort]int)
			for ms := 0; ms < 10000; ms += 20 {
				for _, r := range c.runs {
					if ms < r.begin || ms >= r.end {
						continue
					}
					from := netip.MustParseAddrPort(r.from)
					seq := uint16((ms-r.begin)/20) * r.step
					if ours, _ := l.admit(from, r.ssrc, seq, begin.Add(time.Duration(ms)*time.Millisecond)); ours {
						heard[from]++
					}
				}
			}
			if c.latch == "" && l.source.IsValid() || c.latch != "" && l.source != netip.MustParseAddrPort(c.latch) {
				t.Errorf("latched to %v, want %q", l.source, c.latch)
			}
			stolen := 0
			for from, packets := range heard {
				if from != l.source {
					stolen += packets
				}
			}
			if stolen != c.stolen {
				t.Errorf("%d packets of others heard, want %d", stolen, c.stolen)
			}
		})
	}
}

func TestASourceBehindNATIsAnsweredWhereItIs(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, Remote{Addr: netip.AddrPortFrom(loopback, 1025)}) // what the phone believes
		heard := newEar()
		leg.Connect(heard)
		phone.say(voice20(1))
		heard.next(t)
		if err := leg.WriteFrame(Frame{Payload: voice20(9)}); err != nil {
			t.Fatal(err)
		}
		if got := phone.hear(); got.Payload[0] != 9 {
			t.Errorf("phone heard %v", got)
		}
	})
}

func TestInjectedFramesAreNeverHeardNorAnswered(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone, attacker := newPeer(t, loopback, leg), newPeer(t, loopback2, leg)
		neighbour := newPeer(t, loopback, leg) // same IP, other port
		attacker.next.SSRC = phone.next.SSRC   // even with all numbers guessed
		start(t, leg, phone.remote())
		heard := newEar()
		leg.Connect(heard)
		for range 100 {
			phone.say(voice20(1))
			for range 10 {
				attacker.say(voice20(66))
				neighbour.say(voice20(66))
			}
			if f := heard.next(t); f.Payload[0] != 1 {
				t.Fatal("an injected frame was heard")
			}
			if err := leg.WriteFrame(Frame{Payload: voice20(5)}); err != nil {
				t.Fatal(err)
			}
			if got := phone.hear(); got.Payload[0] != 5 {
				t.Fatal("the phone does not hear us any more")
			}
		}
		until(t, "all 2,000 are counted as refused", func() bool { return leg.Quality().Refused == 2000 })
		if q := leg.Quality(); len(heard) != 0 || q.PacketsReceived != 100 || q.Relatched != 1 {
			t.Errorf("%d injected frames heard; %+v", len(heard), q)
		}
		for _, stranger := range []*peer{attacker, neighbour} {
			if err := stranger.conn.SetReadDeadline(time.Now()); err != nil {
				t.Fatal(err)
			}
			if n, err := stranger.conn.Read(make([]byte, 2000)); err == nil {
				t.Errorf("%d octets were sent to a stranger", n)
			}
		}
	})
}

func TestARealRebindToAnotherIPIsFollowed(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		before, after := newPeer(t, loopback, leg), newPeer(t, loopback2, leg)
		start(t, leg, before.remote())
		heard := newEar()
		leg.Connect(heard)
		before.say(voice20(1))
		heard.next(t)
		after.next = before.next
		tick := time.NewTicker(5 * time.Millisecond)
		defer tick.Stop()
		packets := 0
		until(t, "the new address is heard", func() bool {
			after.say(voice20(2))
			packets++
			return len(heard) > 0
		})
		if packets < otherPackets {
			t.Errorf("followed after %d packets, 25 are the least", packets)
		}
		if err := leg.WriteFrame(Frame{Payload: voice20(3)}); err != nil {
			t.Fatal(err)
		}
		if got := after.hear(); got.Payload[0] != 3 {
			t.Errorf("heard %v", got)
		}
	})
}

// F53: a flood to one leg does not harm another.
func TestAFloodToOneLegDoesNotHarmAnother(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		victim, leg := openLeg(t, poller), openLeg(t, poller)
		phone, target := newPeer(t, loopback, leg), newPeer(t, loopback, victim)
		start(t, victim, target.remote())
		start(t, leg, phone.remote())
		heard := newEar()
		leg.Connect(heard)
		attacker := newPeer(t, loopback2, victim)
		stop, stopped := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(stopped)
			for flooding := true; flooding; {
				attacker.send(attacker.next, voice20(66)) // as fast as the machine can
				select {
				case <-stop:
					flooding = false
				default:
				}
			}
		}()
		tick := time.NewTicker(frameTime)
		defer tick.Stop()
		for i := range 50 {
			phone.say(voice20(byte(i)))
			target.say(voice20(byte(i)))
			<-tick.C
		}
		close(stop)
		<-stopped
		for i := range 50 {
			if f := heard.next(t); f.Payload[0] != byte(i) {
				t.Fatalf("frame %d was lost", i)
			}
		}
		if q := victim.Quality(); q.Refused == 0 || q.PacketsReceived > 50 || q.Relatched != 1 {
			t.Errorf("the flood: %+v", q)
		}
	})
}
