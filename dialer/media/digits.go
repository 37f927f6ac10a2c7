package media

import (
	"context"
	"encoding/binary"
	"fmt"
	"strings"
	"time"
)

// digits are the keys by their event code (RFC 4733 section 3.2).
const digits = "0123456789*#ABCD"

// How we press a key: 100 ms long, 50 ms apart, as ITU-T Q.24 and RFC 4733 ask at least.
const (
	pressFrames = 5
	endPackets  = 3 // the last is sent three times (RFC 4733 section 2.5.1.4)
	pressPause  = 50 * time.Millisecond
	pressVolume = 10 // -10 dBm0
)

// parseEvent reads the payload of RFC 4733 section 2.3; events that are no digit are refused.
func parseEvent(payload []byte) (Event, bool) {
	if len(payload) < 4 || int(payload[0]) >= len(digits) {
		return Event{}, false
	}
	return Event{
		Digit:    digits[payload[0]],
		End:      payload[1]&0x80 != 0,
		Volume:   payload[1] & 0x3F,
		Duration: binary.BigEndian.Uint16(payload[2:]),
	}, true
}

// appendEvent writes what parseEvent reads.
func appendEvent(dst []byte, event Event) ([]byte, error) {
	code := strings.IndexByte(digits, event.Digit)
	if code < 0 {
		return dst, fmt.Errorf("%w: %q", ErrNotADigit, event.Digit)
	}
	flags := event.Volume & 0x3F
	if event.End {
		flags |= 0x80
	}
	dst = append(dst, byte(code), flags)
	return binary.BigEndian.AppendUint16(dst, event.Duration), nil
}

// keyEar tells a key that is newly pressed from more packets of the same press.
// A press is one timestamp (RFC 4733 section 2.2); long ones go on in segments,
// and some gateways wrongly step the timestamp with every packet.
type keyEar struct {
	heard     bool
	timestamp uint32
	event     Event
}

// keyGap is how far, in samples, a packet without marker may step and still be of the same press.
const keyGap = SampleRate / 10

// pressed takes a packet and reports whether it begins a press.
func (k *keyEar) pressed(timestamp uint32, event Event, marker bool) bool {
	before := *k
	step := int32(timestamp - before.timestamp)
	if before.heard && step < 0 && step > -SampleRate*10 {
		return false // a late packet of an earlier press
	}
	*k = keyEar{heard: true, timestamp: timestamp, event: event}
	switch {
	case !before.heard:
		return true
	case step == 0:
		k.event.End = event.End || before.event.End
		return false
	case marker, event.Digit != before.event.Digit, before.event.End:
		return true
	}
	return step > int32(before.event.Duration)+keyGap
}

// SendDigit presses a key: RFC 4733 events where the peer takes them, else the
// two tones in the sound itself. It lasts some 200 ms, during which other sound
// to this leg is left out, and returns when the key is up. Presses at the same
// time come one after the other.
func (s *Session) SendDigit(ctx context.Context, digit byte) error {
	if strings.IndexByte(digits, digit) < 0 {
		return fmt.Errorf("send digit: %w: %q", ErrNotADigit, digit)
	}
	select {
	case s.pressing <- struct{}{}:
		defer func() { <-s.pressing }()
	case <-ctx.Done():
		return ctx.Err()
	}
	event, err := s.out.hush()
	if err != nil {
		return fmt.Errorf("send digit: %w", err)
	}
	defer s.out.unhush()
	if event {
		err = s.pressEvent(ctx, digit)
	} else {
		err = play(ctx, s.Codec(), keyTone(digit), s.out.say)
	}
	if err != nil {
		return fmt.Errorf("send digit: %w", err)
	}
	return pause(ctx, pressPause)
}

// pressEvent sends the packets of one press, 20 ms apart. A press that was begun
// is ended even when ctx is done: a key that never goes up is heard for ever.
func (s *Session) pressEvent(ctx context.Context, digit byte) error {
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for n := 1; n < pressFrames+endPackets; n++ {
		event := Event{
			Digit:    digit,
			Volume:   pressVolume,
			End:      n >= pressFrames || ctx.Err() != nil,
			Duration: uint16(min(n, pressFrames) * frameSamples),
		}
		if err := s.out.press(event, n == 1, time.Now()); err != nil {
			return err
		}
		if ctx.Err() == nil {
			<-tick.C
		}
	}
	return ctx.Err()
}

func pause(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
