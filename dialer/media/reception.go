package media

import (
	"math"
	"time"
)

// Limits of RFC 3550 A.1: a jump ahead of more than dropout, or back of more
// than misorder, is a source that began anew, once a second packet confirms it.
const (
	maxDropout  = 3000
	maxMisorder = 100
)

// reception counts the packets of one stream: RFC 3550 A.1, A.3 and A.8. It is
// guarded by the lock of its receiver.
type reception struct {
	ssrc     uint32
	running  bool
	base     uint32 // first extended sequence number
	highest  uint32 // extended with cycles
	restart  uint16 // sequence number that would confirm a restart
	jumped   bool
	window   uint64 // bit i: highest-i has come
	received uint64 // duplicates left out

	transit   int64 // of the last sound, in samples
	transited bool
	jitter    float64 // in samples
	maxJitter float64

	lostBefore  uint64 // of streams before this
	expectPrior uint64 // at the last report
	gotPrior    uint64
}

// verdict is what a sequence number says of its packet.
type verdict uint8

const (
	fresh     verdict = iota
	late              // fresh, but after a later one
	duplicate         // has come before
	stray             // far off: not to be heard until confirmed
)

// begin forgets the stream and starts to count another.
func (r *reception) begin(ssrc uint32, seq uint16) {
	lost := r.lost()
	*r = reception{ssrc: ssrc, running: true, lostBefore: lost, maxJitter: r.maxJitter}
	r.base = 1<<16 | uint32(seq) // a cycle ahead, so that one late packet is not below zero
	r.highest = r.base
	r.window = 1
	r.received = 1
}

// take counts a packet of the running stream.
func (r *reception) take(seq uint16) verdict {
	ahead := int32(int16(seq - uint16(r.highest)))
	switch {
	case ahead > 0 && ahead < maxDropout:
		r.jumped = false
		r.highest += uint32(ahead)
		r.window = r.window<<ahead | 1 // a shift of 64 and more empties it
		r.received++
		return fresh
	case ahead <= 0 && -ahead < maxMisorder:
		r.jumped = false
		return r.takeLate(uint(-ahead))
	case r.jumped && seq == r.restart:
		r.begin(r.ssrc, seq)
		return fresh
	}
	r.jumped, r.restart = true, seq+1
	return stray
}

func (r *reception) takeLate(behind uint) verdict {
	bit := uint64(1) << behind
	if bit == 0 || r.window&bit != 0 { // too old to tell: better once too few than twice
		return duplicate
	}
	r.window |= bit
	r.received++
	r.base = min(r.base, r.highest-uint32(behind))
	return late
}

// arrive measures jitter; at is the time of arrival on any steady clock.
func (r *reception) arrive(timestamp uint32, at time.Duration) {
	transit := int64(at*SampleRate/time.Second) - int64(timestamp)
	if r.transited {
		// By way of 32 bits: the timestamp wraps around.
		change := math.Abs(float64(int32(uint32(transit - r.transit))))
		if change < SampleRate*2 { // beyond that the source's clock jumped, which is no jitter
			r.jitter += (change - r.jitter) / 16
			r.maxJitter = max(r.maxJitter, r.jitter)
		}
	}
	r.transit, r.transited = transit, true
}

// expected returns how many packets the stream has sent, so far as we can know.
func (r *reception) expected() uint64 {
	if !r.running {
		return 0
	}
	return uint64(r.highest-r.base) + 1
}

// lost returns the packets missing, of this stream and those before.
func (r *reception) lost() uint64 {
	return r.lostBefore + r.missing()
}

func (r *reception) missing() uint64 {
	return r.expected() - min(r.received, r.expected())
}

// sinceReport returns the share lost since it was asked last, in 1/256 (RFC 3550 A.3).
func (r *reception) sinceReport() uint8 {
	expected, got := r.expected()-min(r.expectPrior, r.expected()), r.received-min(r.gotPrior, r.received)
	r.expectPrior, r.gotPrior = r.expected(), r.received
	if expected == 0 || got >= expected {
		return 0
	}
	return uint8(min(255, (expected-got)*256/expected))
}

// jitterMS converts samples to milliseconds.
func jitterMS(samples float64) float64 { return samples * 1000 / SampleRate }
