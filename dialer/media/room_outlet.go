package media

import (
	"context"
	"math/rand/v2"
	"slices"
	"sync"
	"time"
)

// outlet is the one place from which something is said to a member's port. Its
// lock is held across the write, as that of a sender is: so that who is not
// heard any more cannot have a frame on the way.
type outlet struct {
	gone chan struct{} // closed when the member leaves

	mu      sync.Mutex
	port    Port      // nil: left
	from    *member   // whose frames are passed as they are
	mix     *mix      // or which mix is heard
	players []*player // the last is heard, instead of from or mix
	taps    []Sink
}

// player is one Play, told from others by its address.
type player struct{ _ byte } // empty values may share an address

// enter sets the port and returns the one there was.
func (o *outlet) enter(p Port) (former Port) {
	o.mu.Lock()
	defer o.mu.Unlock()
	former, o.port = o.port, p
	return former
}

// leave closes the outlet for good and returns the port.
func (o *outlet) leave() (former Port) {
	o.mu.Lock()
	defer o.mu.Unlock()
	former, o.port = o.port, nil
	if former != nil {
		close(o.gone)
	}
	return former
}

// tune sets what is heard. Who has heard several and goes on to hear one of
// them gets at once what the mix still kept back of that one.
func (o *outlet) tune(from *member, m *mix, taps []Sink) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mix != nil && from != nil && o.mix.holds(from) {
		o.mix.flush(from, o)
	}
	o.from, o.mix, o.taps = from, m, taps
}

// pass says a frame of a member as it is, if that is whom the listener hears.
func (o *outlet) pass(from *member, f Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.from == from && len(o.players) == 0 {
		o.say(f)
	}
}

// mixed says a frame of a mix, if that is what the listener hears.
func (o *outlet) mixed(m *mix, f Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.mix == m && len(o.players) == 0 {
		o.say(f)
	}
}

// played says a frame of a prompt, if none that began later is played.
func (o *outlet) played(p *player, f Frame) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if n := len(o.players); n > 0 && o.players[n-1] == p {
		o.say(f)
	}
}

// say writes a frame to the port and the taps. The lock is held.
func (o *outlet) say(f Frame) {
	if o.port == nil {
		return
	}
	_ = o.port.WriteFrame(f)
	for _, t := range o.taps {
		_ = t.WriteFrame(f)
	}
}

// law is what the port speaks, if it tells (a Session does), else mu-law.
func (o *outlet) law() Codec {
	o.mu.Lock()
	defer o.mu.Unlock()
	return lawOf(o.port)
}

func lawOf(sink Sink) Codec {
	if speaker, ok := sink.(interface{ Codec() Codec }); ok {
		return speaker.Codec()
	}
	return PCMU
}

// play paces a prompt, once or for ever, by the time since its beginning.
func (o *outlet) play(ctx context.Context, p *player, prompt Prompt, loop bool) error {
	law := o.law()
	octets := prompt.octets(law)
	if len(octets) == 0 {
		return nil
	}
	frame := Frame{Codec: law, Marker: true, Source: rand.Uint32() | 1, Seq: uint16(rand.Uint32()), Timestamp: rand.Uint32()}
	payload := make([]byte, 0, frameSamples)
	tick := time.NewTicker(frameTime)
	defer tick.Stop()
	var err error
	for at, due := 0, time.Now(); at < len(octets); due = due.Add(frameTime) {
		if due, err = o.await(ctx, tick, due); err != nil {
			return err
		}
		payload, at = nextFrame(payload[:0], octets, at, loop)
		frame.Payload = padded(payload, law)
		o.played(p, frame)
		frame.Marker = false
		frame.Seq++
		frame.Timestamp += frameSamples
	}
	return rest(ctx, tick)
}

// nextFrame appends 20 ms of octets from at on, over their end when they loop.
func nextFrame(dst, octets []byte, at int, loop bool) ([]byte, int) {
	for len(dst) < frameSamples && at < len(octets) {
		n := min(frameSamples-len(dst), len(octets)-at)
		dst = append(dst, octets[at:at+n]...)
		if at += n; at == len(octets) && loop {
			at = 0
		}
	}
	return dst, at
}

// await waits until a frame is due, or the party has left.
func (o *outlet) await(ctx context.Context, tick *time.Ticker, due time.Time) (time.Time, error) {
	select {
	case <-o.gone:
		return due, ErrNotInRoom
	default:
		return await(ctx, tick, due)
	}
}

func (o *outlet) begin(p *player) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.players = append(o.players, p)
}

func (o *outlet) end(p *player) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.players = slices.DeleteFunc(o.players, func(other *player) bool { return other == p })
}

// hears reports whether a mix is what the listener hears.
func (o *outlet) hears(m *mix) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.port != nil && o.mix == m
}
