package media

import (
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

// sender is the half of a session that speaks. Whatever is connected, what
// leaves is one stream: one SSRC, numbers and timestamps that run on.
//
// Its lock is held across the send, against the rule of the house: numbers and
// wire must have the same order, and a datagram is only copied to the kernel.
type sender struct {
	mu      sync.Mutex
	socket  socket
	started bool
	closed  bool
	remote  Remote
	to      netip.AddrPort // the SDP's address until the latch knows better
	hushed  bool           // a key is being pressed: no other sound

	header    rtp.Header // SSRC, and the highest number and timestamp sent
	stampedAt time.Time  // when that timestamp was given
	next      uint32     // timestamp that follows on what was sent
	realAt    time.Time  // when anything but silence was sent last
	packet    [maxDatagram]byte

	source source

	packets, octets uint64
}

// source is the stream we pass on: what to add to its numbers to get ours.
type source struct {
	known     bool
	id        uint32
	run       int    // how far its numbers have come since it joined
	seq       uint16 // the highest of its frames
	timestamp uint32 // of the last sound
	at        time.Time
	addSeq    uint16
	addTime   uint32
}

// maxStep is how far a source's clock and ours may step apart between two
// frames before it counts as a new stream, in samples.
const maxStep = SampleRate

// newSender returns a stream that begins at random numbers (RFC 3550 section 5.1).
func newSender() *sender {
	return &sender{
		header: rtp.Header{
			Version: 2, SSRC: rand.Uint32(),
			SequenceNumber: uint16(rand.Uint32()), Timestamp: rand.Uint32(),
		},
	}
}

// write sends a frame of the connected source.
func (o *sender) write(f Frame, now time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.ready(); err != nil {
		return err
	}
	if o.hushed || o.remote.Hold || !o.sendable(f) {
		o.leaveOut(f)
		return nil
	}
	marker := f.Marker
	if !o.follows(f, now) {
		o.join(f, now)
		marker = true
	} else if o.source.precedes(f) {
		return nil
	}
	seq, timestamp := o.stamp(f, now)
	o.realAt = now
	return o.send(f, seq, timestamp, marker, now)
}

// leaveOut closes the gap in the numbers: left out is not lost.
func (o *sender) leaveOut(f Frame) {
	if o.source.known && o.source.id == f.Source {
		o.source.addSeq--
	}
}

func (o *sender) ready() error {
	switch {
	case o.closed:
		return ErrClosed
	case !o.started:
		return ErrNotStarted
	}
	return nil
}

// sendable reports whether the peer takes such frames.
func (o *sender) sendable(f Frame) bool {
	if f.Event.Digit != 0 {
		return o.remote.EventPT != 0
	}
	return len(f.Payload) > 0 && len(f.Payload) <= maxPayload && f.Codec.Known()
}

// follows reports whether a frame goes on with the stream we know.
func (o *sender) follows(f Frame, now time.Time) bool {
	s := &o.source
	if !s.known || s.id != f.Source {
		return false
	}
	if s.id != 0 {
		if step := int16(f.Seq - s.seq); step <= -maxMisorder || step >= maxMisorder {
			return false
		}
	}
	if f.Event.Digit != 0 {
		return true // its timestamp stands still
	}
	passed := int64(now.Sub(s.at) * SampleRate / time.Second)
	apart := int64(int32(f.Timestamp-s.timestamp)) - passed
	return apart < maxStep && apart > -maxStep
}

// precedes reports a late frame of before the source joined: its number in our
// stream was another's.
func (s *source) precedes(f Frame) bool {
	return s.id != 0 && int(int16(f.Seq-s.seq)) < -s.run
}

// join puts a new source behind what was sent, as far behind as time has passed.
func (o *sender) join(f Frame, now time.Time) {
	o.source = source{
		known: true, id: f.Source, seq: f.Seq, timestamp: f.Timestamp, at: now,
		addSeq:  o.header.SequenceNumber + 1 - f.Seq,
		addTime: o.following(now) - f.Timestamp,
	}
}

// following returns the timestamp for what is said now. While the stream runs
// that is where the last frame ended; after a pause, the pause counts.
func (o *sender) following(now time.Time) uint32 {
	if o.stampedAt.IsZero() {
		return o.header.Timestamp
	}
	const frame = 80 // 10 ms: pauses are whole frames
	passed := uint32(now.Sub(o.stampedAt)*SampleRate/time.Second) / frame * frame
	resumed := o.header.Timestamp + passed
	if int32(resumed-o.next) < 2*frameSamples {
		return o.next
	}
	return resumed
}

// stamp returns a frame's number and timestamp in our stream.
func (o *sender) stamp(f Frame, now time.Time) (seq uint16, timestamp uint32) {
	s := &o.source
	if f.Event.Digit == 0 {
		s.timestamp, s.at = f.Timestamp, now
	}
	if s.id == 0 {
		return o.header.SequenceNumber + 1, f.Timestamp + s.addTime
	}
	if step := int16(f.Seq - s.seq); step > 0 {
		s.seq = f.Seq
		s.run = min(s.run+int(step), maxMisorder)
	}
	return f.Seq + s.addSeq, f.Timestamp + s.addTime
}

// say sends sound of our own, between the frames of the source.
func (o *sender) say(f Frame) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.insert(f, time.Now())
}

// insert sends a frame of our own. The source's later frames get the numbers after it.
func (o *sender) insert(f Frame, now time.Time) error {
	if err := o.ready(); err != nil {
		return err
	}
	if o.remote.Hold {
		return nil
	}
	marker := f.Marker || o.source.known
	o.source.known = false
	return o.send(f, o.header.SequenceNumber+1, o.following(now), marker, now)
}

// send puts a frame on the wire.
func (o *sender) send(f Frame, seq uint16, timestamp uint32, marker bool, now time.Time) error {
	header := o.header
	header.SequenceNumber, header.Timestamp, header.Marker = seq, timestamp, marker
	n, samples, err := o.compose(&header, f)
	if err != nil {
		return err
	}
	if int16(seq-o.header.SequenceNumber) > 0 { // else a late one: those after it have been sent
		if timestamp != o.header.Timestamp || o.stampedAt.IsZero() {
			o.stampedAt = now
		}
		o.header.SequenceNumber, o.header.Timestamp = seq, timestamp
		o.next = timestamp + samples
	}
	o.packets++
	o.octets += uint64(n - rtpHeader)
	return o.socket.send(o.packet[:n], o.to)
}

// rtpHeader is the size of a header without extras, in octets.
const rtpHeader = 12

// compose writes the packet and returns its size and how long it sounds.
func (o *sender) compose(header *rtp.Header, f Frame) (n int, samples uint32, err error) {
	body := o.packet[rtpHeader:rtpHeader]
	if f.Event.Digit != 0 {
		header.PayloadType = o.remote.EventPT
		if body, err = appendEvent(body, f.Event); err != nil {
			return 0, 0, err
		}
		samples = uint32(f.Event.Duration)
	} else {
		header.PayloadType = uint8(o.remote.Codec)
		body = o.remote.Codec.Transcode(body, f.Payload, f.Codec)
		samples = uint32(len(body))
	}
	_, err = header.MarshalTo(o.packet[:rtpHeader])
	return rtpHeader + len(body), samples, err
}

// hush keeps other sound out for a key press, and reports whether the peer takes events.
func (o *sender) hush() (events bool, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if err := o.ready(); err != nil {
		return false, err
	}
	o.hushed = true
	return o.remote.EventPT != 0, nil
}

func (o *sender) unhush() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.hushed = false
}

// press sends one packet of a key press; all of one press have one timestamp.
func (o *sender) press(event Event, first bool, now time.Time) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if first {
		return o.insert(Frame{Event: event, Marker: true}, now)
	}
	if err := o.ready(); err != nil {
		return err
	}
	return o.send(Frame{Event: event}, o.header.SequenceNumber+1, o.header.Timestamp, false, now)
}

// quiet is how long nothing is said until silence is sent: longer than the
// frames of a phone and the jitter of its line, shorter than what NAT forgets.
const quiet = 250 * time.Millisecond

// fill sends silence while nothing else is said.
func (o *sender) fill(now time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.hushed || now.Sub(o.realAt) < quiet {
		return
	}
	silence := silentFrame(o.remote.Codec)
	_ = o.insert(Frame{Codec: o.remote.Codec, Payload: silence}, now) // not started, or a network that refuses: there is the next beat
}

// senderReport is what we have sent, without the reports on others.
func (o *sender) senderReport(now time.Time) rtcp.SenderReport {
	o.mu.Lock()
	defer o.mu.Unlock()
	passed := now.Sub(o.stampedAt)
	if o.stampedAt.IsZero() {
		passed = 0
	}
	return rtcp.SenderReport{
		SSRC:        o.header.SSRC,
		NTPTime:     ntp(now),
		RTPTime:     o.header.Timestamp + uint32(passed*SampleRate/time.Second),
		PacketCount: uint32(o.packets),
		OctetCount:  uint32(o.octets),
	}
}
