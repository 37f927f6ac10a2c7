package softphone

import (
	"errors"
	"math/rand/v2"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// Two headsets at once: each trouble takes its seconds to be sure.
func TestADeadMicrophoneIsToldFromADeadNetworkAndFromOneWay(t *testing.T) {
	t.Parallel()
	phones := open(t)
	dead, deaf := newPage(t, pageHz), newPage(t, pageHz)
	dead.set(func(p *page) { p.muted = true }) // packets come, with nothing in them
	call(t, phones, dead, 7)
	call(t, phones, deaf, 8)
	report := func(r PageReport) {
		if err := phones.Report(8, deaf.session, r); err != nil {
			t.Fatal(err)
		}
	}
	if err := phones.Report(8, "other", PageReport{}); !errors.Is(err, ErrUnknown) {
		t.Errorf("a report of another connection: %v", err)
	}
	until(t, "the microphone is named, and one-way sound", func() bool {
		report(PageReport{Received: 100}) // of which none are new
		return phones.State(7).Problem.Code == MicrophoneDead && phones.State(8).Problem.Code == NotHeard
	})
	if state := phones.State(7); state.Phase != PhaseUp || state.Level > -90 {
		t.Errorf("%+v", state)
	}
	dead.set(func(p *page) { p.muted = false })
	n := uint64(100)
	until(t, "all is well again", func() bool {
		n++
		report(PageReport{Received: n})
		return phones.State(7).Problem.Code == "" && phones.State(8).Problem.Code == ""
	})
	until(t, "the level of the tone is shown", func() bool { // a sine of 8000 is -15.3 dBFS
		level := phones.State(7).Level
		return level > -17 && level < -13
	})
	until(t, "an unplugged microphone is named", func() bool {
		n++
		report(PageReport{Received: n, Ended: true})
		return phones.State(8).Problem.Code == MicrophoneGone
	})
}

func TestWhatIsLostIsToldByItsWay(t *testing.T) {
	for code, lossy := range map[string]func(*filter){
		UplinkLoss:   func(f *filter) { f.loseUp = 10 },
		DownlinkLoss: func(f *filter) { f.loseDown = 10 },
	} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			wire := newFilter(t)
			phones := open(t, func(s *Settings) { s.Conn = wire })
			p := newPage(t, pageHz)
			call(t, phones, p, 7)
			wire.mu.Lock()
			lossy(wire)
			wire.mu.Unlock()
			until(t, "the way is named", func() bool { return phones.State(7).Problem.Code == code })
			state := phones.State(7)
			if share := state.Problem.Share; share < 0.03 || share > 0.3 {
				t.Errorf("%.2f of it is said to be lost: %s", share, state.Problem.Text)
			}
			if !strings.Contains(state.Problem.Text, "%") || state.MOS == 0 || state.MOS > 4.2 {
				t.Errorf("MOS %.2f, %q", state.MOS, state.Problem.Text)
			}
		})
	}
}

// Whoever sends what he likes to the one port harms nobody.
func TestAFloodOfNonsenseDoesNotHarmACall(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz)
	st := call(t, phones, p, 7)
	var person ear
	st.Audio().Connect(&person)
	stranger, err := net.DialUDP("udp4", nil, net.UDPAddrFromAddrPort(phones.Addr()))
	if err != nil {
		t.Fatal(err)
	}
	defer stranger.Close()
	var flooding sync.WaitGroup
	stop := make(chan struct{})
	flooding.Go(func() {
		random := rand.New(rand.NewPCG(1, 2))
		tick := time.NewTicker(time.Millisecond)
		defer tick.Stop()
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			case <-tick.C:
			}
			for kind := range 8 {
				_, _ = stranger.Write(nonsense(random, kind))
			}
		}
	})
	if share := media.ToneShare(person.hears(t, 8000), pageHz); share < 0.99 {
		t.Errorf("%.3f of what is heard under the flood is the page's tone", share)
	}
	close(stop)
	flooding.Wait()
	if q := st.Audio().Quality(); q.Lost > 0 || q.Streams != 1 {
		t.Errorf("%d packets lost, %d streams", q.Lost, q.Streams)
	}
}

// nonsense is a datagram that begins as STUN, DTLS, RTP or RTCP do, and is none.
func nonsense(random *rand.Rand, kind int) []byte {
	packet := make([]byte, 1+random.IntN(1200))
	for i := range packet {
		packet[i] = byte(random.Uint32())
	}
	packet[0] = []byte{0, 1, 20, 22, 128, 128, 200, 63}[kind]
	if kind < 2 && len(packet) > 20 {
		copy(packet[4:], []byte{0x21, 0x12, 0xA4, 0x42}) // the magic cookie of STUN
		copy(packet[2:], []byte{0xFF, 0xFF})
	}
	return packet
}

func TestThePublicAddressStandsInTheAnswer(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) {
		if err := s.PublicIP.UnmarshalText([]byte("203.0.113.9")); err != nil {
			t.Fatal(err)
		}
	})
	answer, _, err := phones.Connect(t.Context(), 7, newPage(t, pageHz).offer())
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(answer, " 203.0.113.9 ") || strings.Contains(answer, " 127.0.0.1 ") {
		t.Errorf("candidates of the answer: %q", answer)
	}
}

func TestPhonesComeAndGoWithoutLeavingAnything(t *testing.T) {
	t.Parallel()
	phones := open(t)
	for n := range 10 {
		p := newPage(t, pageHz)
		call(t, phones, p, int64(n%3))
		if err := phones.Disconnect(int64(n%3), p.session); err != nil {
			t.Fatal(err)
		}
		p.close()
	}
	until(t, "all lines are given back", func() bool {
		phones.mu.Lock()
		defer phones.mu.Unlock()
		return phones.lines == 0 && len(phones.phones) == 0
	})
}
