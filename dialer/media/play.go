package media

import (
	"context"
	"math/rand/v2"
	"time"
)

// maxBehind is how late a player may catch up by sending faster. Beyond it, it
// pauses instead: no jitter buffer takes such a burst.
const maxBehind = 5 * frameTime

// Play says a prompt to sink at its own pace, 20 ms a frame, and returns nil at
// its end or the error of ctx when that is done before. The law is the sink's,
// if it has one to tell (a Session has), else mu-law. Errors of the sink, whose
// peer may not be there yet, do not end it: a prompt lasts as long as it lasts.
func Play(ctx context.Context, sink Sink, prompt Prompt) error {
	law := PCMU
	if speaker, ok := sink.(interface{ Codec() Codec }); ok {
		law = speaker.Codec()
	}
	return play(ctx, law, prompt, func(f Frame) error {
		_ = sink.WriteFrame(f)
		return nil
	})
}

// play paces the frames of a prompt by the time since its beginning, so that
// late ticks do not add up.
func play(ctx context.Context, law Codec, prompt Prompt, say func(Frame) error) error {
	octets := prompt.octets(law)
	frame := Frame{Codec: law, Marker: true, Source: rand.Uint32() | 1, Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32()}
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	for due := time.Now(); len(octets) > 0; due = due.Add(frameTime) {
		var err error
		if due, err = await(ctx, tick, due); err != nil {
			return err
		}
		n := min(len(octets), frameSamples)
		frame.Payload = padded(octets[:n], law)
		if err := say(frame); err != nil {
			return err
		}
		octets = octets[n:]
		frame.Marker = false
		frame.Seq++
		frame.Timestamp += frameSamples
	}
	return rest(ctx, tick)
}

// await waits until a frame is due, and returns when it was due: that is later,
// if we were held up too long to catch up.
func await(ctx context.Context, tick *time.Ticker, due time.Time) (time.Time, error) {
	for {
		if err := ctx.Err(); err != nil {
			return due, err
		}
		now := time.Now()
		if now.Sub(due) > maxBehind {
			return now, nil
		}
		if !now.Before(due) {
			return due, nil
		}
		select {
		case <-tick.C:
		case <-ctx.Done():
		}
	}
}

// rest lets the last frame sound.
func rest(ctx context.Context, tick *time.Ticker) error {
	select {
	case <-tick.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// padded fills up the last frame of a prompt: some phones choke on short ones.
func padded(octets []byte, law Codec) []byte {
	if len(octets) == frameSamples {
		return octets
	}
	whole := append(make([]byte, 0, frameSamples), octets...)
	return append(whole, silentFrame(law)[len(octets):]...)
}

// silence of one frame, in both laws.
var silentMuLaw, silentALaw = PCMU.Encode(nil, make([]int16, frameSamples)), PCMA.Encode(nil, make([]int16, frameSamples))

func silentFrame(law Codec) []byte {
	if law == PCMA {
		return silentALaw
	}
	return silentMuLaw
}
