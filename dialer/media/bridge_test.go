package media

import (
	"bytes"
	"context"
	"testing"
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
