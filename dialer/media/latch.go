package media

import (
	"net/netip"
	"time"
)

// How many good packets in a row, and how long a silence of the source so far,
// move a latch. A source that jitters by 200 ms is not yet silent.
const (
	samePackets  = 5
	sameSilence  = 250 * time.Millisecond
	otherPackets = 25
	otherSilence = 500 * time.Millisecond
)

// latch decides whose packets are the peer's. It is guarded by the lock of its
// receiver.
//
//	          +-- any port of the IP of the SDP -+
//	open -----+                                  +--> latched --(the rules in doc.go)--> latched elsewhere
//	          +-- 25 in a row from another IP ---+
type latch struct {
	signalled netip.AddrPort // where the SDP says the peer is
	source    netip.AddrPort // who is latched; invalid while open
	lastGood  time.Time      // of the source; while open, when the latch was set

	candidate candidate
}

// candidate is a source that is not latched but may become so.
type candidate struct {
	from    netip.AddrPort
	ssrc    uint32
	next    uint16
	packets int
}

// set opens the latch for a peer. A peer that stays where it was keeps it.
func (l *latch) set(signalled netip.AddrPort, now time.Time) {
	if signalled == l.signalled {
		return
	}
	*l = latch{signalled: signalled, lastGood: now}
}

// admit reports whether a good packet is of the peer, and whether the latch moved with it.
func (l *latch) admit(from netip.AddrPort, ssrc uint32, seq uint16, now time.Time) (ours, moved bool) {
	if from == l.source {
		l.lastGood = now
		l.candidate.packets = 0 // the true stream runs: nobody collects merits meanwhile
		return true, false
	}
	if !l.first(from) && !l.elected(from, ssrc, seq, now) {
		return false, false
	}
	l.source, l.lastGood, l.candidate = from, now, candidate{}
	return true, true
}

// first reports a source that needs no proof: the very address of the SDP, which
// is the authority (what was latched before it was a guess, or the tail of an
// earlier call); or any port of its IP, while nothing was heard.
func (l *latch) first(from netip.AddrPort) bool {
	return from == l.signalled || !l.source.IsValid() && from.Addr() == l.signalled.Addr()
}

// elected reports whether a candidate has shown enough, with this packet, while
// the source so far was silent.
func (l *latch) elected(from netip.AddrPort, ssrc uint32, seq uint16, now time.Time) bool {
	packets, silence := otherPackets, otherSilence
	if from.Addr() == l.source.Addr() {
		packets, silence = samePackets, sameSilence
	}
	c := &l.candidate
	if c.packets == 0 || c.from != from || c.ssrc != ssrc || c.next != seq {
		*c = candidate{from: from, ssrc: ssrc}
	}
	c.next = seq + 1
	c.packets++
	return c.packets >= packets && now.Sub(l.lastGood) >= silence
}
