package media

import (
	"bytes"
	"context"
	"testing"
	"testing/synctest"
	"time"
)

func TestABridgedCallIsHeardOnBothSides(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		ctx, cancel := context.WithCancel(t.Context())
		a, b := openLeg(t, poller), openLeg(t, poller)
		customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
		start(t, a, customer.remote())
		start(t, b, agent.remote())
		bridged := make(chan struct{})
		go func() {
			defer close(bridged)
			Bridge(ctx, a, b)
		}()
		until(t, "the legs are connected", func() bool { return a.sink.Load() != nil && b.sink.Load() != nil })

		customer.say(voice20(1))
		if got := agent.hear(); !bytes.Equal(got.Payload, voice20(1)) || got.PayloadType != 0 {
			t.Errorf("agent heard payload type %d, octets % x", got.PayloadType, got.Payload[:4])
		}
		agent.say(voice20(2))
		if got := customer.hear(); !bytes.Equal(got.Payload, voice20(2)) {
			t.Errorf("customer heard % x", got.Payload[:4])
		}

		cancel()
		<-bridged
		if a.sink.Load() != nil || b.sink.Load() != nil {
			t.Error("the legs are still connected after the bridge has returned")
		}
	})
}

func TestTwoLawsAreTranslatedAndOneIsPassedThrough(t *testing.T) {
	for _, c := range []struct {
		name         string
		from, to     Codec
		said, wanted byte
	}{
		{"mu-law to mu-law", PCMU, PCMU, 0x1E, 0x1E},
		{"A-law to A-law", PCMA, PCMA, 0x34, 0x34},
		{"mu-law to A-law", PCMU, PCMA, 0x1E, 0x34},
		{"A-law to mu-law", PCMA, PCMU, 0x34, 0x1E},
	} {
		t.Run(c.name, func(t *testing.T) {
			eachPoller(t, func(t *testing.T, poller Poller) {
				a, b := openLeg(t, poller), openLeg(t, poller)
				customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
				customer.next.PayloadType = uint8(c.from)
				start(t, a, Remote{Addr: customer.addr(), Codec: c.from})
				start(t, b, Remote{Addr: agent.addr(), Codec: c.to})
				a.Connect(b)
				customer.say(voice20(c.said))
				got := agent.hear()
				if got.PayloadType != uint8(c.to) || !bytes.Equal(got.Payload, voice20(c.wanted)) {
					t.Errorf("payload type %d, first octet %#x; want %d, %#x", got.PayloadType, got.Payload[0], c.to, c.wanted)
				}
			})
		})
	}
}

func TestALegIsOneStreamOverManyCalls(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		agentLeg := openLeg(t, poller)
		agent := newPeer(t, loopback, agentLeg)
		start(t, agentLeg, agent.remote())
		var ssrc uint32
		var seq uint16
		var timestamp uint32
		for call := range 3 {
			leg := openLeg(t, poller)
			customer := newPeer(t, loopback, leg)
			customer.next.SSRC = uint32(call) * 77
			customer.next.SequenceNumber = uint16(call) * 30000
			customer.next.Timestamp = uint32(call) * 0x50000000
			start(t, leg, customer.remote())
			leg.Connect(agentLeg)
			for i := range 3 {
				customer.say(voice20(byte(i)))
				got := agent.hear()
				switch {
				case call == 0 && i == 0:
					ssrc = got.SSRC
				case got.SSRC != ssrc:
					t.Fatalf("call %d: SSRC %x, was %x", call, got.SSRC, ssrc)
				case got.SequenceNumber != seq+1:
					t.Fatalf("call %d packet %d: sequence %d after %d", call, i, got.SequenceNumber, seq)
				case int32(got.Timestamp-timestamp) < frameSamples || int32(got.Timestamp-timestamp) > 60*SampleRate:
					t.Fatalf("call %d packet %d: timestamp %d after %d", call, i, got.Timestamp, timestamp)
				}
				if got.Marker != (i == 0) {
					t.Errorf("call %d packet %d: marker %v", call, i, got.Marker)
				}
				seq, timestamp = got.SequenceNumber, got.Timestamp
			}
			leg.Connect(nil)
		}
	})
}

func TestLossAndOrderOfTheSourceSurviveTheBridge(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		a, b := openLeg(t, poller), openLeg(t, poller)
		customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
		start(t, a, customer.remote())
		start(t, b, agent.remote())
		a.Connect(b)
		sent := []uint16{0, 1, 3, 2, 6, 7, 7, 5} // 2 late, 4 lost, 7 twice, 5 late
		wanted := []uint16{0, 1, 3, 2, 6, 7, 5}
		header := customer.next
		for _, n := range sent {
			header.SequenceNumber = customer.next.SequenceNumber + n // wraps at 65535
			header.Timestamp = customer.next.Timestamp + uint32(n)*frameSamples
			customer.send(header, voice20(byte(n)))
		}
		first := agent.hear()
		for i, n := range wanted {
			got := first
			if i > 0 {
				got = agent.hear()
			}
			if got.SequenceNumber-first.SequenceNumber != n || got.Timestamp-first.Timestamp != uint32(n)*frameSamples || got.Payload[0] != byte(n) {
				t.Errorf("packet %d: sequence +%d, timestamp +%d, payload %d; want %d", i, got.SequenceNumber-first.SequenceNumber, got.Timestamp-first.Timestamp, got.Payload[0], n)
			}
		}
		q := a.Quality()
		if q.Lost != 1 || q.Reordered != 2 || q.Duplicated != 1 || q.PacketsReceived != 7 {
			t.Errorf("lost %d, reordered %d, duplicated %d, received %d; want 1, 2, 1, 7", q.Lost, q.Reordered, q.Duplicated, q.PacketsReceived)
		}
	})
}

// A number that was given to one source is not given again to a late frame of another.
func TestALateFrameOfBeforeTheSwitchIsLeftOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far})
		say := func(source uint32, seq uint16) {
			t.Helper()
			if err := leg.WriteFrame(Frame{Payload: voice20(byte(seq)), Source: source, Seq: seq, Timestamp: uint32(seq) * frameSamples}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(frameTime)
		}
		say(1, 10)
		say(1, 11)
		say(2, 50) // the switch
		say(2, 49) // sent before it, comes after
		say(2, 52)
		say(2, 51) // late, but of our time
		var got []byte
		numbers := make(map[uint16]bool)
		for _, p := range net.taken(t, far) {
			got = append(got, p.Payload[0])
			if numbers[p.SequenceNumber] {
				t.Errorf("sequence %d was used twice", p.SequenceNumber)
			}
			numbers[p.SequenceNumber] = true
		}
		if want := []byte{10, 11, 50, 52, 51}; !bytes.Equal(got, want) {
			t.Errorf("sent %v, want %v", got, want)
		}
	})
}

// Sources that know of no numbers, as a browser leg's track, are taken as they come.
func TestFramesWithoutASourceAreNumberedAsTheyCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far})
		for i := range 5 {
			if err := leg.WriteFrame(Frame{Payload: voice20(1), Timestamp: uint32(i) * frameSamples}); err != nil {
				t.Fatal(err)
			}
			time.Sleep(frameTime)
		}
		packets := net.taken(t, far)
		for i, p := range packets[1:] {
			if p.SequenceNumber != packets[i].SequenceNumber+1 || p.Timestamp != packets[i].Timestamp+frameSamples {
				t.Errorf("packet %d: sequence %d after %d, timestamp +%d", i+1, p.SequenceNumber, packets[i].SequenceNumber, p.Timestamp-packets[i].Timestamp)
			}
		}
	})
}

func TestAPauseOfTheSourceIsAPauseOfTheStream(t *testing.T) {
	for _, c := range []struct {
		name string
		goes uint32 // samples that the source's clock steps over 30 s of silence
	}{{"a source whose clock runs on", 30 * SampleRate}, {"a source whose clock stands still", frameSamples}} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				leg, net := memoryLeg(t, Remote{Addr: far})
				for i, timestamp := range []uint32{1000, 1000 + c.goes} {
					if err := leg.WriteFrame(Frame{Payload: voice20(1), Source: 1, Seq: uint16(i), Timestamp: timestamp}); err != nil {
						t.Fatal(err)
					}
					time.Sleep(30 * time.Second)
				}
				packets := net.taken(t, far)
				if step := packets[1].Timestamp - packets[0].Timestamp; step != 30*SampleRate || packets[1].SequenceNumber != packets[0].SequenceNumber+1 {
					t.Errorf("timestamp +%d, sequence %d after %d", step, packets[1].SequenceNumber, packets[0].SequenceNumber)
				}
			})
		})
	}
}
