package media

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"github.com/pion/rtcp"
)

// reportEvery is the mean time between reports; each wait is drawn from half to
// one and a half of it, so that the reports of many calls do not fall together
// (RFC 3550 section 6.3.1).
const reportEvery = 5 * time.Second

// maxRoundTrip bounds what a report can make us believe.
const maxRoundTrip = time.Minute

// control is the RTCP of a session.
type control struct {
	cname string

	mu        sync.Mutex
	due       time.Time
	sent      uint64         // packets at our last report: a sender reports as one
	from      netip.AddrPort // where the peer's RTCP comes from
	roundTrip time.Duration
	peerLoss  float64
	peerJit   float64
	malformed uint64
	refused   uint64
}

func newControl() control {
	// A name that tells nothing of the machine (RFC 7022 section 4.2).
	return control{cname: fmt.Sprintf("%016x", rand.Uint64()), due: time.Now().Add(nextReport())}
}

func nextReport() time.Duration {
	return reportEvery/2 + rand.N(reportEvery)
}

// isControl tells RTCP on the RTP port (RFC 5761 section 4).
func isControl(packet []byte) bool {
	return len(packet) >= 2 && packet[1] >= 192 && packet[1] <= 223
}

// handleRTCP takes a datagram of the peer's reports. It may be called from two
// readers: of the RTCP port, and of the RTP port when muxed.
func (s *Session) handleRTCP(packet []byte, from netip.AddrPort) {
	c := &s.control
	if !s.in.isHome(from.Addr()) {
		c.count(&c.refused)
		return
	}
	reports, err := rtcp.Unmarshal(packet)
	if err != nil {
		c.count(&c.malformed)
		return
	}
	c.heardFrom(from)
	now, ours := time.Now(), s.out.ssrc()
	for _, report := range reports {
		switch report := report.(type) {
		case *rtcp.SenderReport:
			s.in.noteSenderReport(report, now)
			c.take(report.Reports, ours, now)
		case *rtcp.ReceiverReport:
			c.take(report.Reports, ours, now)
		}
	}
}

func (c *control) count(counter *uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	*counter++
}

func (c *control) heardFrom(from netip.AddrPort) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.from = from
}

// take notes how the peer hears us (RFC 3550 section 6.4.1).
func (c *control) take(blocks []rtcp.ReceptionReport, ours uint32, now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, block := range blocks {
		if block.SSRC != ours {
			continue
		}
		c.peerLoss = float64(block.FractionLost) / 256
		c.peerJit = jitterMS(float64(block.Jitter))
		if block.LastSenderReport == 0 {
			continue
		}
		ticks := int32(middle(ntp(now)) - block.LastSenderReport - block.Delay)
		if trip := time.Duration(ticks) * time.Second >> 16; trip >= 0 && trip < maxRoundTrip {
			c.roundTrip = trip
		}
	}
}

func (c *control) quality(q *Quality) {
	c.mu.Lock()
	defer c.mu.Unlock()
	q.Malformed += c.malformed
	q.Refused += c.refused
	q.RoundTripMS = float64(c.roundTrip) / float64(time.Millisecond)
	q.PeerLossShare, q.PeerJitterMS = c.peerLoss, c.peerJit
}

// isDue reports whether a report is due, and if so sets the next.
func (c *control) isDue(now time.Time) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	if now.Before(c.due) {
		return false
	}
	c.due = now.Add(nextReport())
	return true
}

// report sends our report when it is due. The metronome calls it.
func (s *Session) report(now time.Time) {
	if s.control.isDue(now) {
		s.sendControl(now)
	}
}

// goodbye sends a last report with a BYE (RFC 3550 section 6.6).
func (s *Session) goodbye() {
	s.sendControl(time.Now(), &rtcp.Goodbye{Sources: []uint32{s.out.ssrc()}})
}

// sendControl sends a compound packet: a report, our name, and what else there is.
func (s *Session) sendControl(now time.Time, more ...rtcp.Packet) {
	to, via, ok := s.controlPath()
	if !ok {
		return
	}
	name := rtcp.NewCNAMESourceDescription(s.out.ssrc(), s.control.cname)
	packet, err := rtcp.Marshal(append([]rtcp.Packet{s.ownReport(now), name}, more...))
	if err != nil {
		return // impossible: all parts are ours and short
	}
	_ = via.send(packet, to) // reports may be lost: the next one says the same
}

// ownReport is a sender's report when we spoke since the last, else a receiver's.
func (s *Session) ownReport(now time.Time) rtcp.Packet {
	blocks := s.in.receptionReports(now)
	report := s.out.senderReport(now)
	report.Reports = blocks
	c := &s.control
	c.mu.Lock()
	defer c.mu.Unlock()
	if sent := uint64(report.PacketCount); sent != c.sent {
		c.sent = sent
		return &report
	}
	return &rtcp.ReceiverReport{SSRC: report.SSRC, Reports: blocks}
}

// controlPath returns where reports go, and by which socket. Behind NAT the SDP
// is wrong about that as well: an address the peer's own reports come from is better.
func (s *Session) controlPath() (to netip.AddrPort, via socket, ok bool) {
	remote, rtpTo, ok := s.out.aimed()
	if !ok {
		return to, nil, false
	}
	via = s.rtcp
	if via == nil || remote.RTCPMux {
		via = s.rtp
	}
	s.control.mu.Lock()
	from := s.control.from
	s.control.mu.Unlock()
	switch {
	case remote.RTCPMux:
		to = rtpTo
	case from.Addr() == rtpTo.Addr():
		to = from
	case remote.RTCP.Addr() == rtpTo.Addr():
		to = remote.RTCP
	default:
		to = netip.AddrPortFrom(rtpTo.Addr(), rtpTo.Port()+1)
	}
	return to, via, to.Port() != 0
}

// receptionReports is how we hear the peer, as a list of none or one.
func (r *receiver) receptionReports(now time.Time) []rtcp.ReceptionReport {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.stream.running {
		return nil
	}
	block := rtcp.ReceptionReport{
		SSRC:               r.stream.ssrc,
		FractionLost:       r.stream.sinceReport(),
		TotalLost:          uint32(min(r.stream.missing(), 1<<23-1)), // a signed 24-bit number
		LastSequenceNumber: r.stream.highest - 1<<16,
		Jitter:             uint32(r.stream.jitter),
		LastSenderReport:   r.lastSR,
	}
	if r.lastSR != 0 {
		block.Delay = uint32(now.Sub(r.lastSRAt) << 16 / time.Second)
	}
	return []rtcp.ReceptionReport{block}
}

func (r *receiver) noteSenderReport(report *rtcp.SenderReport, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.stream.running && report.SSRC == r.stream.ssrc {
		r.lastSR, r.lastSRAt = middle(report.NTPTime), now
	}
}

// isHome reports whether an IP is the peer's: as signalled, or as latched.
func (r *receiver) isHome(ip netip.Addr) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.started && (ip == r.latch.signalled.Addr() || ip == r.latch.source.Addr())
}

// ntp converts to the 64-bit time of RFC 5905: seconds since 1900, and their fraction.
func ntp(at time.Time) uint64 {
	const from1900to1970 = 2208988800
	return uint64(at.Unix()+from1900to1970)<<32 | uint64(at.Nanosecond())<<32/uint64(time.Second)
}

// middle is the part of an NTP time that reports repeat.
func middle(time uint64) uint32 { return uint32(time >> 16) }
