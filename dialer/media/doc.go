// Package media carries the sound of calls: RTP and RTCP over UDP, G.711,
// key presses, prompts, and the bridge between two legs. It knows no SIP, no
// SDP text and no WebRTC: who signals says where to send, and gets a figure of
// quality back.
//
// # A leg
//
// A Session is one leg: one local port pair, one peer. Who reads the socket is
// the Poller's business; for every datagram it calls straight through:
//
//	socket --Poller--> Session A: latch, count, decode --Connect--> Session B: stamp, send --> socket
//	                                   |                                ^
//	                                   +--Tap--> recorder, AMD          +-- Play, SendDigit, silence
//
// No goroutine, no channel and no allocation stands between a packet that came
// in and the packet that goes out.
//
// # A conversation
//
// Two legs are joined by a Bridge, more of them, or two who shall be held, heard
// or recorded, by a Room: a matrix of who hears whom. A Recording taps one party
// of it: what the person says, and what the person is given to hear.
//
// # States
//
//	Open ----> waiting ----Start----> talking <--Update--> held
//	              |                      |                   |
//	              +--------Close---------+-------Close-------+----> closed
//
// Waiting: the port is ours, nothing is accepted or sent. Talking: sound in
// both directions. Held: the peer asked for silence, we send none, but hear it.
//
// # Latch
//
// A peer behind NAT sends from an address that its SDP does not name. Whom we
// listen and send to is decided here, and it is where calls are hijacked ("RTP
// bleed"). The rule, see latch:
//
//	address of the SDP     at once
//	its IP, other port     at once while nothing was heard; later after 5 packets
//	                       in a row and 250 ms of silence of the old port
//	other IP               25 packets in a row of one SSRC and 500 ms of silence
//	the old source runs    never
//
// A packet that is not from the latched source is dropped, not heard, and
// nothing is sent to where it came from.
//
// # Promises
//
//   - What a leg sends is one stream for all its life: one SSRC, and sequence
//     numbers and timestamps that run on whatever is connected. An agent's leg
//     stays up over many calls and its phone never sees a jump.
//   - Loss, order and clock drift of the source pass through a bridge as they
//     are: the jitter buffer at the far end is the one that repairs them.
//   - WriteFrame does not wait for anybody.
//   - After Close no callback runs and no goroutine is left.
//   - Malformed packets are counted, never a panic.
package media
