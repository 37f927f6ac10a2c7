package media

import (
	"math"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pion/rtcp"
	"github.com/pion/rtp"
)

func rtpAddr(s string) netip.AddrPort { return netip.MustParseAddrPort(s) }

func TestReportsCarryHowEachSideHearsTheOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newMemoryNet()
		closing(t, net)
		a, b := openLeg(t, net), openLeg(t, net)
		for a.LocalAddr() == b.LocalAddr() { // ranges of their own: one chance in 5,000
			b = openLeg(t, net)
		}
		start(t, a, Remote{Addr: b.LocalAddr()})
		start(t, b, Remote{Addr: a.LocalAddr()})
		for i := range 1500 { // 30 s: every fourth packet of a is lost
			time.Sleep(frameTime)
			if i%4 != 0 {
				if err := a.WriteFrame(Frame{Payload: voice20(1), Source: 5, Seq: uint16(i), Timestamp: uint32(i * frameSamples)}); err != nil {
					t.Fatal(err)
				}
			}
			if err := b.WriteFrame(Frame{Payload: voice20(1), Source: 6, Seq: uint16(i), Timestamp: uint32(i * frameSamples)}); err != nil {
				t.Fatal(err)
			}
		}
		qa, qb := a.Quality(), b.Quality()
		if math.Abs(qa.PeerLossShare-0.25) > 0.05 || math.Abs(qb.LossShare-0.25) > 0.02 {
			t.Errorf("a's peer says it lost %.2f, and has lost %.2f; want a quarter", qa.PeerLossShare, qb.LossShare)
		}
		if qb.PeerLossShare != 0 || qa.Lost != 0 {
			t.Errorf("b's peer says it lost %.2f, and has lost %d", qb.PeerLossShare, qa.Lost)
		}
		if qa.RoundTripMS < 0 || qa.RoundTripMS > 1 { // the net in memory takes no time
			t.Errorf("round trip %.2f ms", qa.RoundTripMS)
		}
		if qa.PacketsSent != 1125 || qb.PacketsSent != 1500 {
			t.Errorf("sent %d and %d", qa.PacketsSent, qb.PacketsSent)
		}
	})
}

func TestRoundTripIsThatOfRFC3550(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, net := memoryLeg(t, Remote{Addr: far})
		if err := leg.WriteFrame(Frame{Payload: voice20(1)}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(8 * time.Second)
		var report *rtcp.SenderReport
		var sentAt time.Time
		net.mu.Lock()
		for _, raw := range net.boxes[netip.AddrPortFrom(far.Addr(), far.Port()+1)] {
			packets, err := rtcp.Unmarshal(raw)
			if err != nil {
				t.Error(err)
			}
			if sr, ok := packets[0].(*rtcp.SenderReport); ok {
				report = sr
				seconds, fraction := int64(sr.NTPTime>>32)-2208988800, int64(sr.NTPTime&math.MaxUint32)*1e9>>32
				sentAt = time.Unix(seconds, fraction)
			}
		}
		net.mu.Unlock()
		if report == nil {
			t.Fatal("no sender report within 8 s")
		}
		if report.PacketCount != 1 || report.OctetCount != frameSamples {
			t.Errorf("says %d packets, %d octets", report.PacketCount, report.OctetCount)
		}
		const held, trip = time.Second, 80 * time.Millisecond
		time.Sleep(time.Until(sentAt.Add(held+trip)) + 10*time.Second)
		answer, err := rtcp.Marshal([]rtcp.Packet{&rtcp.ReceiverReport{SSRC: 1, Reports: []rtcp.ReceptionReport{{
			SSRC: report.SSRC, LastSenderReport: middle(report.NTPTime), FractionLost: 64, Jitter: 80,
			Delay: uint32((held + 10*time.Second) << 16 / time.Second),
		}}}})
		if err != nil {
			t.Fatal(err)
		}
		leg.handleRTCP(answer, netip.AddrPortFrom(far.Addr(), 7777))
		if q := leg.Quality(); math.Abs(q.RoundTripMS-80) > 1 || q.PeerLossShare != 0.25 || q.PeerJitterMS != 10 {
			t.Errorf("round trip %.2f ms, loss %.2f, jitter %.1f ms; want 80, 0.25, 10", q.RoundTripMS, q.PeerLossShare, q.PeerJitterMS)
		}
	})
}

func TestReportsOfStrangersAndBrokenOnesAreCountedOnly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		leg, _ := memoryLeg(t, Remote{Addr: far})
		leg.handleRTCP([]byte{0x81, 201, 0, 7, 1, 2}, far)
		leg.handleRTCP(nil, far)
		leg.handleRTCP([]byte{0x81, 201, 0, 7, 1, 2}, rtpAddr("127.0.0.9:4000"))
		leg.handleRTP([]byte{0x80, 200, 0, 1, 0, 0, 0, 0}, far) // RTCP on the RTP port, cut short
		leg.handleRTP([]byte{0x80}, far)
		leg.handleRTP(nil, far)
		leg.handleRTP(make([]byte, 172), far) // version 0
		leg.handleRTP([]byte{0x9F, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0xBE, 0xDE, 0xFF, 0xFF}, far)
		if q := leg.Quality(); q.Malformed != 7 || q.Refused != 1 || q.PacketsReceived != 0 {
			t.Errorf("malformed %d, refused %d, received %d; want 7, 1, 0", q.Malformed, q.Refused, q.PacketsReceived)
		}
		receiveOn(t, leg, rtp.Packet{Header: rtp.Header{PayloadType: 111}, Payload: voice20(1)})
		if q := leg.Quality(); q.Unknown != 1 || !leg.Heard().IsZero() {
			t.Errorf("unknown %d, heard %v", q.Unknown, leg.Heard())
		}
	})
}

func TestCloseSaysGoodbyeAndMuxedReportsUseTheRTPPort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		net := newMemoryNet()
		closing(t, net)
		leg := openLeg(t, net, func(s *Settings) { s.RTCPMux = true })
		start(t, leg, Remote{Addr: far, RTCPMux: true})
		if err := leg.Close(); err != nil {
			t.Fatal(err)
		}
		net.mu.Lock()
		defer net.mu.Unlock()
		box := net.boxes[far]
		if len(box) != 1 || !isControl(box[0]) {
			t.Fatalf("the peer got % x", box)
		}
		packets, err := rtcp.Unmarshal(box[0])
		if err != nil {
			t.Fatal(err)
		}
		if _, ok := packets[len(packets)-1].(*rtcp.Goodbye); !ok || len(packets) != 3 {
			t.Errorf("got %v", packets)
		}
	})
}
