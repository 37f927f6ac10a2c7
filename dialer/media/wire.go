package media

import (
	"errors"
	"net/netip"
	"time"
)

// Wires opens legs whose packets somebody else carries, as the SRTP of a
// browser. All of them share one clock.
type Wires struct{ beats *metronome }

var _ Poller = (*Wires)(nil)

// NewWires starts the clock; Close ends it, when every leg has been closed.
func NewWires() *Wires { return &Wires{startMetronome()} }

// Close ends the clock.
func (w *Wires) Close() error {
	w.beats.stop()
	return nil
}

func (w *Wires) clock() *metronome { return w.beats }

func (w *Wires) listen(netip.AddrPort, datagramHandler) (socket, error) {
	return nil, errors.New("a wire has no ports")
}

// Wire is a Session without a port of its own. It is born started: its peer is
// who has the other end.
type Wire struct{ *Session }

// otherEnd stands where a session has the address of its peer.
var otherEnd = netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 0, 0, 1}), 1)

// Open returns a leg that sends its packets, RTP and RTCP (RFC 5761), by send.
// send must not wait, and may lose a packet. Codec is what the leg speaks, and
// eventPT the payload type of telephone-event, 0 = none; see Agree.
func (w *Wires) Open(codec Codec, eventPT uint8, send func(packet []byte) error) *Wire {
	s := &Session{settings: Settings{Poller: w, RTCPMux: true}, pressing: make(chan struct{}, 1)}
	s.in.born = time.Now()
	s.in.allow = func(netip.Addr) bool { return false }
	s.out, s.control = newSender(), newControl()
	s.rtp = carried(send)
	s.out.socket = s.rtp
	wire := &Wire{s}
	wire.Agree(codec, eventPT)
	s.place = w.beats.add(s)
	return wire
}

// Agree sets what the two ends speak from now on: the stream runs on.
func (w *Wire) Agree(codec Codec, eventPT uint8) {
	remote := Remote{Addr: otherEnd, RTCPMux: true, Codec: codec, EventPT: eventPT}
	if w.out.aim(remote) == nil { // else closed
		w.in.aim(remote, eventPT, time.Now())
	}
}

// Receive takes a packet of the other end, RTP or RTCP. It must be called by one
// goroutine at a time, and not after Close.
func (w *Wire) Receive(packet []byte) { w.handleRTP(packet, otherEnd) }

// SSRC is the one that everything is sent with.
func (w *Wire) SSRC() uint32 { return w.out.ssrc() }

// carried is the function that sends as a socket.
type carried func(packet []byte) error

func (c carried) local() netip.AddrPort                      { return netip.AddrPort{} }
func (c carried) send(packet []byte, _ netip.AddrPort) error { return c(packet) }
func (c carried) close() error                               { return nil }
