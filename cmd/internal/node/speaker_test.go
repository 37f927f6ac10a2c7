package node

import (
	"encoding/binary"
	"net"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// speaker is the sound of a person whose signalling is sipp's: raw RTP of
// A-law, nothing of package media in its way. It says a tone to whoever speaks
// to it, and keeps what it hears.
type speaker struct {
	ear
	conn   *net.UDPConn
	caller atomic.Pointer[netip.AddrPort]
}

const (
	rtpHeader  = 12 // octets (RFC 3550 section 5.1), without CSRC
	rtpVersion = 2 << 6
	rtpFrame   = 20 * time.Millisecond
)

func startSpeaker(t testing.TB, hertz float64) *speaker {
	t.Helper()
	s := &speaker{conn: socket(t)}
	quiet := make(chan struct{})
	var work sync.WaitGroup
	work.Go(s.listen)
	work.Go(func() { s.speak(media.PCMA.Encode(nil, media.Tone(hertz, time.Minute).PCM()), quiet) })
	t.Cleanup(func() {
		close(quiet)
		_ = s.conn.Close()
		work.Wait()
	})
	return s
}

func (s *speaker) port() uint16 { return s.conn.LocalAddr().(*net.UDPAddr).AddrPort().Port() }

// listen keeps the sound of each packet until the socket is closed.
func (s *speaker) listen() {
	packet := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFromUDPAddrPort(packet)
		if err != nil {
			return
		}
		if n <= rtpHeader || packet[0] != rtpVersion || packet[1]&0x7f != byte(media.PCMA) {
			continue
		}
		s.caller.Store(&from)
		_ = s.WriteFrame(media.Frame{Codec: media.PCMA, Payload: packet[rtpHeader:n]}) // an ear takes everything
	}
}

// speak sends 20 ms of the sound every 20 ms, once there is a caller.
func (s *speaker) speak(sound []byte, quiet <-chan struct{}) {
	const samples = int(media.SampleRate * rtpFrame / time.Second)
	tick := time.NewTicker(rtpFrame)
	defer tick.Stop()
	header := []byte{rtpVersion, byte(media.PCMA), 0, 0, 0, 0, 0, 0, 0xca, 0x11, 0xee, 0x01}
	for seq := uint16(0); ; {
		select {
		case <-tick.C:
		case <-quiet:
			return
		}
		to := s.caller.Load()
		if to == nil {
			continue
		}
		at := int(seq) * samples % len(sound)
		binary.BigEndian.PutUint16(header[2:], seq)
		binary.BigEndian.PutUint32(header[4:], uint32(seq)*uint32(samples))
		_, _ = s.conn.WriteToUDPAddrPort(append(header[:rtpHeader:rtpHeader], sound[at:at+samples]...), *to)
		seq++
	}
}
