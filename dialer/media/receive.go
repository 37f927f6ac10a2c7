package media

import (
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtp"
)

// maxPayload is the most sound taken from one packet, in octets: what fits an
// Ethernet frame. 60 ms are 480.
const maxPayload = 1440

// comfortNoise is the payload type of RFC 3389: the peer is there, and says nothing.
const comfortNoise = 13

// receiver is the half of a session that listens.
type receiver struct {
	packet rtp.Packet // of the reader alone: reused for every packet

	mu       sync.Mutex
	started  bool
	eventPT  [2]uint8 // ours and the peer's; zero: none
	latch    latch
	stream   reception
	key      keyEar
	counts   Quality // the counters of it that are ours
	born     time.Time
	allow    func(netip.Addr) bool
	lastSR   uint32 // middle of the NTP time of the peer's last sender report
	lastSRAt time.Time
}

// heard is what a packet turned out to be.
type heard struct {
	alive bool // the peer's, whatever it says
	frame Frame
	sound bool // a frame to pass on
	digit byte // a key newly pressed
	moved bool // the latch moved to this packet's source
}

// accept takes one RTP packet. It is called by one goroutine at a time.
func (r *receiver) accept(packet []byte, from netip.AddrPort, now time.Time) heard {
	if err := r.parse(packet); err != nil {
		r.malformed()
		return heard{}
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	kind := r.classify(r.packet.PayloadType)
	if kind == strange {
		r.counts.Unknown++
		return heard{}
	}
	ours, moved := r.admit(from, now)
	if !ours {
		r.counts.Refused++
		return heard{}
	}
	h := heard{moved: moved}
	if h.alive = r.count(now, kind); h.alive {
		h.frame, h.sound, h.digit = r.frame(kind)
	}
	return h
}

// parse reads the packet by RFC 3550 section 5.1.
func (r *receiver) parse(packet []byte) error {
	if len(packet) < 12 || packet[0]>>6 != 2 || len(packet) > maxPayload+60 {
		return errNotRTP
	}
	if err := r.packet.Unmarshal(packet); err != nil {
		return err
	}
	if len(r.packet.Payload) > maxPayload {
		return errNotRTP
	}
	return nil
}

func (r *receiver) malformed() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.counts.Malformed++
}

// payloadKind is what a payload type means in this call.
type payloadKind uint8

const (
	strange payloadKind = iota
	voice
	comfort
	keyPress
)

func (r *receiver) classify(pt uint8) payloadKind {
	switch {
	case Codec(pt).Known():
		return voice
	case pt == comfortNoise:
		return comfort
	case pt == r.eventPT[0] || pt == r.eventPT[1]: // neither is ever 0, that is PCMU
		return keyPress
	}
	return strange
}

// admit asks the latch. An address that may not be sent to may not become the peer either.
func (r *receiver) admit(from netip.AddrPort, now time.Time) (ours, moved bool) {
	if !r.started || !r.latch.signalled.IsValid() {
		return false, false
	}
	if from.Addr() != r.latch.signalled.Addr() && from != r.latch.source && !r.allow(from.Addr()) {
		return false, false
	}
	ours, moved = r.latch.admit(from, r.packet.SSRC, r.packet.SequenceNumber, now)
	if moved {
		r.counts.Relatched++
	}
	return ours, moved
}

// count does the statistics and reports whether the packet is to be heard.
func (r *receiver) count(now time.Time, kind payloadKind) bool {
	if !r.stream.running || r.stream.ssrc != r.packet.SSRC {
		r.counts.Streams++
		r.stream.begin(r.packet.SSRC, r.packet.SequenceNumber)
	} else {
		switch r.stream.take(r.packet.SequenceNumber) {
		case duplicate:
			r.counts.Duplicated++
			return false
		case stray:
			r.counts.Refused++
			return false
		case late:
			r.counts.Reordered++
		}
	}
	r.counts.PacketsReceived++
	r.counts.OctetsReceived += uint64(len(r.packet.Payload))
	if kind == voice { // a key press keeps its timestamp: no measure of jitter
		r.stream.arrive(r.packet.Timestamp, now.Sub(r.born))
	}
	return true
}

// frame makes of the packet what is passed on.
func (r *receiver) frame(kind payloadKind) (f Frame, sound bool, digit byte) {
	p := &r.packet
	f = Frame{Timestamp: p.Timestamp, Marker: p.Marker, Source: max(p.SSRC, 1), Seq: p.SequenceNumber}
	switch kind {
	case voice:
		f.Codec, f.Payload = Codec(p.PayloadType), p.Payload
		return f, len(p.Payload) > 0, 0 // empty: a keepalive of RFC 6263
	case keyPress:
		event, ok := parseEvent(p.Payload)
		if !ok {
			r.counts.Unknown++
			return f, false, 0
		}
		f.Event = event
		if r.key.pressed(p.Timestamp, event, p.Marker) {
			digit = event.Digit
		}
		return f, true, digit
	}
	return f, false, 0
}

// quality returns the figures of this half.
func (r *receiver) quality() Quality {
	r.mu.Lock()
	defer r.mu.Unlock()
	q := r.counts
	q.Lost = r.stream.lost()
	q.JitterMS, q.MaxJitterMS = jitterMS(r.stream.jitter), jitterMS(r.stream.maxJitter)
	return q
}
