package media

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestAPromptIsPlayedAtItsOwnPaceWithoutDrift(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		begin := time.Now()
		err := Play(t.Context(), SinkFunc(func(f Frame) error {
			at = append(at, time.Since(begin))
			if len(f.Payload) != frameSamples {
				t.Errorf("frame of %d octets", len(f.Payload))
			}
			time.Sleep(time.Duration(len(at)%3) * 7 * time.Millisecond) // a sink that dawdles
			return nil
		}), Tone(440, 10*time.Second+5*time.Millisecond))
		if err != nil {
			t.Fatal(err)
		}
		if len(at) != 501 {
			t.Fatalf("%d frames, want 501", len(at))
		}
		if last := at[500]; last < 10*time.Second || last > 10*time.Second+frameTime {
			t.Errorf("the last frame came after %v, want 10 s", last)
		}
	})
}

func TestAPlayerThatWasHeldUpPausesInsteadOfBursting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var before time.Time
		frames, bursts := 0, 0
		err := Play(t.Context(), SinkFunc(func(Frame) error {
			frames++
			if time.Since(before) < time.Millisecond {
				bursts++
			}
			if frames == 10 {
				time.Sleep(3 * time.Second)
			}
			before = time.Now()
			return nil
		}), Tone(440, time.Second))
		if err != nil || frames != 50 || bursts > 5 {
			t.Errorf("%d frames, %d of them in a burst, %v", frames, bursts, err)
		}
	})
}

func TestPlayEndsWithItsContext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 105*time.Millisecond)
		defer cancel()
		frames := 0
		begin := time.Now()
		err := Play(ctx, SinkFunc(func(Frame) error { frames++; return errors.New("not there yet") }), Silence(time.Second))
		if !errors.Is(err, context.DeadlineExceeded) || frames != 6 || time.Since(begin) != 105*time.Millisecond {
			t.Errorf("%d frames in %v, %v", frames, time.Since(begin), err)
		}
		if err := Play(t.Context(), SinkFunc(func(Frame) error { return nil }), Prompt{}); err != nil {
			t.Errorf("an empty prompt: %v", err)
		}
	})
}

func TestAPromptIsHeardInTheLawOfTheLeg(t *testing.T) {
	for _, law := range []Codec{PCMU, PCMA} {
		synctest.Test(t, func(t *testing.T) {
			leg, net := memoryLeg(t, Remote{Addr: far, Codec: law})
			if err := Play(t.Context(), leg, Tone(1000, 500*time.Millisecond)); err != nil {
				t.Fatal(err)
			}
			var pcm []int16
			for i, p := range net.taken(t, far) {
				if p.PayloadType != uint8(law) || p.Marker != (i == 0) {
					t.Errorf("packet %d: %+v", i, p.Header)
				}
				pcm = law.Decode(pcm, p.Payload)
			}
			if len(pcm) != 4000 || ToneShare(pcm, 1000) < 0.99 {
				t.Errorf("%s: %d samples, %.3f of them 1 kHz", law, len(pcm), ToneShare(pcm, 1000))
			}
		})
	}
}

func TestSilenceKeepsALegAliveUntilSomebodySpeaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far, Codec: PCMA})
		leg.KeepAlive(true)
		time.Sleep(time.Second)
		silence := net.taken(t, far)
		if len(silence) < 48 || len(silence) > 51 {
			t.Errorf("%d packets in a second", len(silence))
		}
		for i, p := range silence {
			if Level(PCMA.Decode(nil, p.Payload)) > 8 || p.Marker {
				t.Errorf("packet %d is not silent: %+v", i, p.Header)
			}
		}

		if err := Play(t.Context(), leg, Tone(440, time.Second)); err != nil {
			t.Fatal(err)
		}
		tone := net.taken(t, far)
		if len(tone) > 53 {
			t.Errorf("%d packets for a second of tone: silence went on beside it", len(tone))
		}
		time.Sleep(time.Second)
		all := append(append(silence, tone...), net.taken(t, far)...)
		for i, p := range all[1:] {
			before := all[i]
			if p.SSRC != before.SSRC || p.SequenceNumber != before.SequenceNumber+1 {
				t.Fatalf("packet %d: SSRC %x sequence %d, after %x %d", i+1, p.SSRC, p.SequenceNumber, before.SSRC, before.SequenceNumber)
			}
			if step := int32(p.Timestamp - before.Timestamp); step < frameSamples || step > SampleRate*3/10 {
				t.Errorf("packet %d: timestamp steps by %d", i+1, step)
			}
		}
		leg.KeepAlive(false)
		time.Sleep(time.Second)
		net.taken(t, far)
		time.Sleep(time.Second)
		if after := net.taken(t, far); len(after) != 0 {
			t.Errorf("%d packets after it was turned off", len(after))
		}
	})
}

func TestALegThatHoldsHearsNothingAndIsHeard(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, phone.remote())
		heard := newEar()
		leg.Connect(heard)
		held := phone.remote()
		held.Hold = true
		for _, hold := range []Remote{held, {Addr: rtpAddr("0.0.0.0:0")}} {
			if err := leg.Update(hold); err != nil {
				t.Fatal(err)
			}
			if err := leg.WriteFrame(Frame{Payload: voice20(66)}); err != nil {
				t.Fatal(err)
			}
			phone.say(voice20(1))
			heard.next(t)
			if err := leg.Update(phone.remote()); err != nil {
				t.Fatal(err)
			}
			if err := leg.WriteFrame(Frame{Payload: voice20(2)}); err != nil {
				t.Fatal(err)
			}
			if got := phone.hear(); got.Payload[0] != 2 {
				t.Errorf("the phone on hold heard %v", got.Payload[0])
			}
		}
	})
}

func TestAMovedPeerIsFollowedAtOnceAndItsOldPlaceIsDeaf(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		before, after := newPeer(t, loopback, leg), newPeer(t, loopback2, leg)
		start(t, leg, before.remote())
		heard := newEar()
		leg.Connect(heard)
		before.say(voice20(1))
		heard.next(t)
		if err := leg.Update(after.remote()); err != nil {
			t.Fatal(err)
		}
		if err := leg.WriteFrame(Frame{Payload: voice20(2)}); err != nil {
			t.Fatal(err)
		}
		if got := after.hear(); got.Payload[0] != 2 {
			t.Errorf("heard %v", got.Payload[0])
		}
		before.say(voice20(66))
		after.next.SSRC = 7
		after.say(voice20(3))
		if f := heard.next(t); f.Payload[0] != 3 {
			t.Errorf("the old place is still heard")
		}
	})
}
