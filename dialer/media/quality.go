package media

import "time"

// Quality is how well a leg is heard, and what was sent to it. Counts are since
// Open; all figures of the peer's own come from its RTCP and are zero where it
// sends none.
type Quality struct {
	PacketsSent, OctetsSent         uint64 // octets of payload, as in RFC 3550 section 6.4.1
	PacketsReceived, OctetsReceived uint64 // of the latched source, duplicates left out

	Lost       uint64 // packets that never came (RFC 3550 A.3)
	Reordered  uint64 // came after a later one
	Duplicated uint64 // came twice
	Malformed  uint64 // RTP or RTCP that could not be read
	Refused    uint64 // not from the latched source, or before Start: not heard
	Unknown    uint64 // well-formed, but of a payload type that was not agreed
	Relatched  uint64 // times the source of the stream moved
	Streams    uint64 // times its SSRC changed, the first included

	JitterMS    float64 // interarrival jitter now (RFC 3550 A.8), in milliseconds
	MaxJitterMS float64
	LossShare   float64 // Lost of all that were sent to us, 0 to 1
	RoundTripMS float64 // by RTCP, last measured

	PeerLossShare float64 // how the peer hears us, 0 to 1
	PeerJitterMS  float64

	MOS float64 // estimated listening quality, 1 to 4.41; zero when nothing was heard

	FirstHeard time.Time // when RTP came first and last; zero when none did
	LastHeard  time.Time
}

// Parameters of the E-model for G.711 with loss concealment, as phones and
// browsers have it: ITU-T G.113 appendix I.
const (
	equipment     = 0    // Ie
	lossTolerance = 25.1 // Bpl
)

// EstimateMOS returns the mean opinion score, 1 to 4.41, that the E-model (ITU-T
// G.107, all other parameters at their defaults) gives G.711 at a share of lost
// packets, 0 to 1, and a one-way delay from mouth to ear. The delay impairment is
// the approximation by Cole and Rosenbluth, "Voice over IP performance
// monitoring" (2001), and loss is taken as random (BurstR 1).
func EstimateMOS(lossShare float64, delay time.Duration) float64 {
	ms := float64(delay) / float64(time.Millisecond)
	delayImpairment := 0.024 * ms
	if ms > 177.3 {
		delayImpairment += 0.11 * (ms - 177.3)
	}
	lossPercent := 100 * lossShare
	equipmentImpairment := equipment + (95-equipment)*lossPercent/(lossPercent+lossTolerance)
	return ratingToMOS(93.2 - delayImpairment - equipmentImpairment)
}

// ratingToMOS is G.107 annex B.
func ratingToMOS(rating float64) float64 {
	switch {
	case rating <= 0:
		return 1
	case rating >= 100:
		return 4.5
	}
	return max(1, 1+0.035*rating+rating*(rating-60)*(100-rating)*7e-6)
}

// Since returns the quality from an earlier moment of the same leg on: the
// counts that have been added, and the share lost and MOS that follow from
// them. Jitter, round trip and what the peer reports are those of now.
func (q Quality) Since(before Quality) Quality {
	added := func(count *uint64, was uint64) { *count -= min(*count, was) } // Lost falls when a late packet comes
	added(&q.PacketsSent, before.PacketsSent)
	added(&q.OctetsSent, before.OctetsSent)
	added(&q.PacketsReceived, before.PacketsReceived)
	added(&q.OctetsReceived, before.OctetsReceived)
	added(&q.Lost, before.Lost)
	added(&q.Reordered, before.Reordered)
	added(&q.Duplicated, before.Duplicated)
	added(&q.Malformed, before.Malformed)
	added(&q.Refused, before.Refused)
	added(&q.Unknown, before.Unknown)
	added(&q.Relatched, before.Relatched)
	added(&q.Streams, before.Streams)
	q.LossShare, q.MOS = 0, 0
	q.judge()
	return q
}

// judge fills in what follows from the counts. The delay from mouth to ear is
// half the round trip, one frame to collect, and a jitter buffer of twice the jitter.
func (q *Quality) judge() {
	if q.PacketsReceived == 0 {
		return
	}
	q.LossShare = float64(q.Lost) / float64(q.Lost+q.PacketsReceived)
	delay := time.Duration((q.RoundTripMS/2+2*q.JitterMS)*float64(time.Millisecond)) + frameTime
	q.MOS = EstimateMOS(q.LossShare, delay)
}
