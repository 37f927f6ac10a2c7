package media

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtp"
)

// presses feeds the packets of key presses to an ear and returns what was pressed.
func presses(packets []keyEar, markers ...int) string {
	var ear keyEar
	var got []byte
	for i, p := range packets {
		if ear.pressed(p.timestamp, p.event, slices.Contains(markers, i)) {
			got = append(got, p.event.Digit)
		}
	}
	return string(got)
}

func key(timestamp uint32, digit byte, duration uint16, end bool) keyEar {
	return keyEar{timestamp: timestamp, event: Event{Digit: digit, Duration: duration, End: end}}
}

func TestAKeyIsReportedOncePerPress(t *testing.T) {
	for _, c := range []struct {
		name    string
		packets []keyEar
		markers []int
		want    string
	}{
		{"a press with its end sent three times", []keyEar{key(100, '5', 160, false), key(100, '5', 320, false), key(100, '5', 480, true), key(100, '5', 480, true), key(100, '5', 480, true)}, []int{0}, "5"},
		{"the same key twice", []keyEar{key(100, '5', 480, true), key(2000, '5', 160, false), key(2000, '5', 480, true)}, []int{0, 1}, "55"},
		{"a press of which only an end came through", []keyEar{key(100, '9', 800, true)}, nil, "9"},
		{"a late packet of the press before", []keyEar{key(100, '1', 480, true), key(2000, '2', 160, false), key(100, '1', 480, true), key(2000, '2', 320, true)}, nil, "12"},
		{"a key so long that it goes on in segments", []keyEar{key(0, '7', 65535, false), key(65535, '7', 160, false), key(65535, '7', 480, true)}, []int{0}, "7"},
		{"a gateway that steps the timestamp", []keyEar{key(160, '3', 160, false), key(320, '3', 320, false), key(480, '3', 480, true)}, []int{0}, "3"},
		{"another key without an end between", []keyEar{key(100, '1', 160, false), key(900, '2', 160, false)}, nil, "12"},
		{"the same key, its end lost, a while later", []keyEar{key(100, '1', 160, false), key(9000, '1', 160, false)}, nil, "11"},
		{"a clock that wraps around", []keyEar{key(4294967290, '1', 160, true), key(1000, '1', 160, true)}, nil, "11"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := presses(c.packets, c.markers...); got != c.want {
				t.Errorf("pressed %q, want %q", got, c.want)
			}
		})
	}
}

func TestEveryEventPayloadSurvivesARoundTrip(t *testing.T) {
	for i := range len(digits) {
		want := Event{Digit: digits[i], End: i%2 == 0, Volume: uint8(i * 3), Duration: uint16(i * 4001)}
		payload, err := appendEvent(nil, want)
		if err != nil {
			t.Fatal(err)
		}
		if got, ok := parseEvent(payload); !ok || got != want {
			t.Errorf("%+v comes back as %+v", want, got)
		}
	}
	for _, payload := range [][]byte{nil, {1, 2, 3}, {16, 0, 0, 0}, {255, 0, 0, 0}} {
		if event, ok := parseEvent(payload); ok {
			t.Errorf("% x is %+v", payload, event)
		}
	}
	if _, err := appendEvent(nil, Event{Digit: 'x'}); !errors.Is(err, ErrNotADigit) {
		t.Errorf("key x: %v", err)
	}
}

func TestKeysPassThroughABridgeWithTheOtherSidesPayloadType(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		a, b := openLeg(t, poller), openLeg(t, poller)
		customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
		start(t, a, Remote{Addr: customer.addr(), EventPT: 101})
		start(t, b, Remote{Addr: agent.addr(), EventPT: 96})
		a.Connect(b)
		pressed := make(chan byte, 10)
		a.OnDigit(func(digit byte) { pressed <- digit })

		header := customer.next
		header.PayloadType = 101
		for i := range 6 { // the last three are the end
			payload, _ := appendEvent(nil, Event{Digit: '#', Volume: 10, Duration: uint16(min(i+1, 4)) * 160, End: i >= 3})
			header.SequenceNumber++
			header.Marker = i == 0
			customer.send(header, payload)
			got := agent.hear()
			event, ok := parseEvent(got.Payload)
			if !ok || event.Digit != '#' || got.PayloadType != 96 || event.End != (i >= 3) || got.Marker != (i == 0) {
				t.Errorf("packet %d: payload type %d, %+v", i, got.PayloadType, event)
			}
		}
		if got := <-pressed; got != '#' {
			t.Errorf("pressed %q", got)
		}
		if len(pressed) != 0 {
			t.Error("reported more than once")
		}
		if q := a.Quality(); q.JitterMS != 0 {
			t.Errorf("keys were taken for jitter: %v", q.JitterMS)
		}
	})
}

func TestKeysAreLeftOutForAPeerThatTakesNoneAndLeaveNoGap(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		a, b := openLeg(t, poller), openLeg(t, poller)
		customer, agent := newPeer(t, loopback, a), newPeer(t, loopback, b)
		start(t, a, customer.remote())
		start(t, b, Remote{Addr: agent.addr()})
		a.Connect(b)
		customer.say(voice20(1))
		first := agent.hear()
		for range 3 {
			payload, _ := appendEvent(nil, Event{Digit: '1', Duration: 160})
			header := customer.next
			header.PayloadType = 101
			customer.send(header, payload)
			customer.next.SequenceNumber++
		}
		customer.next.Timestamp += 3 * frameSamples
		customer.say(voice20(2))
		got := agent.hear()
		if got.SequenceNumber != first.SequenceNumber+1 || got.Timestamp != first.Timestamp+4*frameSamples {
			t.Errorf("sequence +%d, timestamp +%d; want +1, +640", got.SequenceNumber-first.SequenceNumber, got.Timestamp-first.Timestamp)
		}
	})
}

func TestSendDigitPressesAKeyByRFC4733(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, EventPT: 101})
		begin := time.Now()
		if err := leg.SendDigit(t.Context(), '9'); err != nil {
			t.Fatal(err)
		}
		if took := time.Since(begin); took < 150*time.Millisecond || took > 300*time.Millisecond {
			t.Errorf("it took %v", took)
		}
		packets := net.taken(t, far)
		if len(packets) != pressFrames+endPackets-1 {
			t.Fatalf("%d packets, want %d", len(packets), pressFrames+endPackets-1)
		}
		for i, p := range packets {
			event, ok := parseEvent(p.Payload)
			want := Event{Digit: '9', Volume: pressVolume, Duration: uint16(min(i+1, 5) * 160), End: i >= 4}
			if !ok || event != want || p.PayloadType != 101 {
				t.Errorf("packet %d: payload type %d, %+v, want %+v", i, p.PayloadType, event, want)
			}
			if p.Timestamp != packets[0].Timestamp || p.SequenceNumber != packets[0].SequenceNumber+uint16(i) || p.Marker != (i == 0) {
				t.Errorf("packet %d: %+v", i, p.Header)
			}
		}
	})
}

func TestSoundIsLeftOutWhileAKeyIsPressedAndGoesOnAfter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, EventPT: 101})
		playing := make(chan error)
		go func() { playing <- Play(t.Context(), leg, Tone(440, time.Second)) }()
		time.Sleep(300 * time.Millisecond)
		if err := leg.SendDigit(t.Context(), '1'); err != nil {
			t.Fatal(err)
		}
		if err := <-playing; err != nil {
			t.Fatal(err)
		}
		packets := net.taken(t, far)
		for i, p := range packets[1:] {
			if p.SequenceNumber != packets[i].SequenceNumber+1 {
				t.Errorf("packet %d: sequence %d after %d", i+1, p.SequenceNumber, packets[i].SequenceNumber)
			}
			if int32(p.Timestamp-packets[i].Timestamp) < 0 {
				t.Errorf("packet %d: timestamp goes back by %d", i+1, packets[i].Timestamp-p.Timestamp)
			}
		}
		if got := int(packets[len(packets)-1].Timestamp - packets[0].Timestamp); abs(got-49*frameSamples) > 2*frameSamples {
			t.Errorf("a second of tone ends at timestamp +%d, want about +%d", got, 49*frameSamples)
		}
	})
}

func TestSendDigitUsesTonesWhereThePeerTakesNoEvents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, Codec: PCMA})
		if err := leg.SendDigit(t.Context(), '5'); err != nil {
			t.Fatal(err)
		}
		var pcm []int16
		for _, p := range net.taken(t, far) {
			pcm = Codec(p.PayloadType).Decode(pcm, p.Payload)
		}
		for hz, heard := range map[float64]bool{770: true, 1336: true, 697: false, 941: false, 1477: false} {
			if got := ToneShare(pcm, hz); heard != (got > 0.3) {
				t.Errorf("%v Hz has %.2f of the level", hz, got)
			}
		}
	})
}

func TestAKeyThatIsBrokenOffIsStillLetGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, EventPT: 101})
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
		defer cancel()
		if err := leg.SendDigit(ctx, '1'); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		packets := net.taken(t, far)
		ends := 0
		for _, p := range packets {
			if event, _ := parseEvent(p.Payload); event.End {
				ends++
			}
		}
		if ends < endPackets {
			t.Errorf("%d ends in %d packets", ends, len(packets))
		}
		if err := leg.WriteFrame(Frame{Payload: voice20(1)}); err != nil || len(net.taken(t, far)) != 1 {
			t.Errorf("sound does not go on: %v", err)
		}
	})
}

func TestSendDigitRefusesWhatIsNoKeyAndALegWithoutAPeer(t *testing.T) {
	leg := openLeg(t, closing(t, NewPlainPoller()))
	if err := leg.SendDigit(t.Context(), 'x'); !errors.Is(err, ErrNotADigit) {
		t.Errorf("key x: %v", err)
	}
	if err := leg.SendDigit(t.Context(), '1'); !errors.Is(err, ErrNotStarted) {
		t.Errorf("no peer: %v", err)
	}
}

// memoryLeg is a leg on a network in memory, started, that ends with the test.
// For use in a bubble, whose goroutines must end before it does.
func memoryLeg(t *testing.T, remote Remote) (*Session, *memoryNet) {
	t.Helper()
	net := newMemoryNet()
	closing(t, net)
	leg := openLeg(t, net)
	start(t, leg, remote)
	return leg, net
}

// receiveOn gives a leg a packet from its peer.
func receiveOn(t testing.TB, leg *Session, p rtp.Packet) {
	t.Helper()
	p.Version = 2
	raw, err := p.Marshal()
	if err != nil {
		t.Fatal(err)
	}
	leg.handleRTP(raw, far)
}
