package softphone

import (
	"context"
	"errors"
	"sync"
	"testing"
	"time"

	"github.com/pion/rtp"
	"go.uber.org/goleak"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const (
	pageHz  = 400
	houseHz = 1000
)

// call connects a page and returns its station.
func call(t testing.TB, phones *Phones, p *page, user int64) dialer.Station {
	t.Helper()
	p.connect(phones.Connect, user)
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	st, err := phones.Call(ctx, user)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// sayTo plays a tone to a port until the test, or stop, ends it.
func sayTo(t testing.TB, port media.Sink, hz float64) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	playing.Go(func() {
		for ctx.Err() == nil {
			_ = media.Play(ctx, port, media.Tone(hz, 10*time.Second))
		}
	})
	stop = func() {
		cancel()
		playing.Wait()
	}
	t.Cleanup(stop)
	return stop
}

func TestAPageAndAStationHearEachOther(t *testing.T) {
	t.Parallel()
	for _, codec := range []string{"PCMU", "PCMA"} {
		t.Run(codec, func(t *testing.T) {
			t.Parallel()
			phones := open(t)
			p := newPage(t, pageHz)
			st := call(t, phones, p, 7)
			if state := phones.State(7); state.Phase != PhaseUp || state.Session != p.session || !state.InUse {
				t.Errorf("state %+v", state)
			}
			var person ear
			st.Audio().Connect(&person)
			if share := media.ToneShare(person.hears(t, 4000), pageHz); share < 0.99 {
				t.Errorf("%.3f of what is heard is the page's tone", share)
			}
			sayTo(t, st.Audio(), houseHz)
			p.hears(10)
			if share := media.ToneShare(p.hears(25), houseHz); share < 0.99 {
				t.Errorf("%.3f of what the page hears is our tone", share)
			}
			select {
			case <-st.Done():
				t.Error("the station is done")
			default:
			}
		})
	}
}

func TestAPageOfOneCodecIsSpokenToInIt(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz, "PCMA")
	st := call(t, phones, p, 7)
	sayTo(t, st.Audio(), houseHz)
	p.hears(20)
	for _, packet := range p.packets()[5:] {
		if packet.PayloadType != 8 {
			t.Fatalf("payload type %d", packet.PayloadType)
		}
	}
}

// What the page gets is one stream over calls, silence and connections.
func TestTheStreamToAPageRunsOnOverConnections(t *testing.T) {
	t.Parallel()
	phones := open(t)
	first := newPage(t, pageHz)
	st := call(t, phones, first, 7)
	first.hears(30) // silence between calls comes without being asked for
	stop := sayTo(t, st.Audio(), houseHz)
	first.hears(20)
	second := newPage(t, pageHz)
	second.connect(phones.Connect, 7)
	second.hears(20)
	stop()
	second.hears(40)
	if again, err := phones.Call(t.Context(), 7); err != nil || again != st {
		t.Errorf("another station, %v", err)
	}
	until(t, "the first connection is taken over", func() bool { return phones.State(7).Session == second.session })
	all := append(first.packets(), second.packets()...)
	for i, p := range all[1:] {
		before := all[i]
		step, pause := p.SequenceNumber-before.SequenceNumber, int32(p.Timestamp-before.Timestamp)
		seam := i+1 == len(first.packets()) // packets were on their way between two connections
		if p.SSRC != before.SSRC || step == 0 || step > 1 && !seam || step > 25 || pause <= 0 || pause > 8000 {
			t.Fatalf("packet %d: SSRC %x, sequence +%d, timestamp +%d after SSRC %x", i+1, p.SSRC, step, pause, before.SSRC)
		}
	}
}

func TestAPhoneThatIsLostComesBackWithinTheGrace(t *testing.T) {
	t.Parallel()
	wire := newFilter(t)
	phones := open(t, func(s *Settings) { s.Conn = wire })
	first := newPage(t, pageHz)
	st := call(t, phones, first, 7)
	var person ear
	st.Audio().Connect(&person)
	person.hears(t, 800)
	wire.cutAll() // the network changes: nothing goes by the old path any more
	cut := time.Now()
	until(t, "the phone counts as lost", func() bool { return phones.State(7).Phase == PhaseLost })
	noticed := time.Since(cut)
	second := newPage(t, pageHz)
	second.connect(phones.Connect, 7)
	until(t, "the phone is up again", func() bool { return phones.State(7).Phase == PhaseUp })
	t.Logf("noticed after %s, up again after %s", noticed.Round(10*time.Millisecond), time.Since(cut).Round(10*time.Millisecond))
	if share := media.ToneShare(person.hears(t, 4000), pageHz); share < 0.9 {
		t.Errorf("%.3f of what is heard after the change is the page's tone", share)
	}
	select {
	case <-st.Done():
		t.Error("the station is done")
	default:
	}
	if n := phones.Losses(); n != 1 {
		t.Errorf("%d losses", n)
	}
}

// A path that is mended by itself needs no new connection.
func TestAPathThatComesBackIsUsedOn(t *testing.T) {
	t.Parallel()
	wire := newFilter(t)
	phones := open(t, func(s *Settings) { s.Conn = wire })
	p := newPage(t, pageHz)
	st := call(t, phones, p, 7)
	wire.cutAll()
	until(t, "the phone counts as lost", func() bool { return phones.State(7).Phase == PhaseLost })
	wire.mend()
	until(t, "the phone is up again", func() bool { return phones.State(7).Phase == PhaseUp })
	select {
	case <-st.Done():
		t.Error("the station is done")
	default:
	}
}

func TestAPhoneThatDoesNotComeBackIsGone(t *testing.T) {
	t.Parallel()
	wire := newFilter(t)
	phones := open(t, func(s *Settings) { s.Conn, s.Grace = wire, time.Second })
	st := call(t, phones, newPage(t, pageHz), 7)
	wire.cutAll()
	select {
	case <-st.Done():
	case <-time.After(patience):
		t.Fatal("the station is not done")
	}
	until(t, "it is forgotten", func() bool { return phones.State(7).Phase == PhaseNone })
	if _, err := phones.Call(t.Context(), 7); !errors.Is(err, ErrNotConnected) {
		t.Errorf("call: %v", err)
	}
}

func TestAPageThatClosesIsLostAtOnce(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz)
	call(t, phones, p, 7)
	p.close()
	until(t, "the phone counts as lost", func() bool { return phones.State(7).Phase == PhaseLost })
}

func TestDisconnectEndsThePhoneAtOnceButNotItsSuccessor(t *testing.T) {
	t.Parallel()
	phones := open(t)
	first, second := newPage(t, pageHz), newPage(t, pageHz)
	st := call(t, phones, first, 7)
	second.connect(phones.Connect, 7)
	until(t, "the second takes over", func() bool { return phones.State(7).Session == second.session })
	if err := phones.Disconnect(7, first.session); !errors.Is(err, ErrUnknown) {
		t.Errorf("disconnect of the first: %v", err)
	}
	if err := phones.Disconnect(8, second.session); !errors.Is(err, ErrUnknown) {
		t.Errorf("disconnect by another user: %v", err)
	}
	if err := phones.Disconnect(7, second.session); err != nil {
		t.Error(err)
	}
	select {
	case <-st.Done():
	case <-time.After(patience):
		t.Fatal("the station is not done")
	}
}

// A headset that is hung up is free for the next use.
func TestAHeadsetOutlivesItsUse(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz)
	st := call(t, phones, p, 7)
	st.Hangup(t.Context())
	st.Hangup(t.Context())
	select {
	case <-st.Done():
	default:
		t.Error("a station that was hung up is not done")
	}
	if state := phones.State(7); state.Phase != PhaseUp || state.InUse {
		t.Errorf("%+v", state)
	}
	next, err := phones.Call(t.Context(), 7)
	if err != nil || next == st {
		t.Errorf("the next use: %v, %v", next, err)
	}
}

func TestKeysOfTheBrowserAreHeard(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz)
	st := call(t, phones, p, 7)
	keys := make(chan byte, 10)
	st.Audio().(interface{ OnDigit(func(byte)) }).OnDigit(func(digit byte) { keys <- digit })
	event := func(end byte, marker bool) rtp.Packet {
		return rtp.Packet{Header: rtp.Header{Version: 2, PayloadType: 110, Timestamp: 5, Marker: marker}, Payload: []byte{11, end | 10, 1, 0}}
	}
	p.set(func(p *page) {
		p.keys = []rtp.Packet{event(0, true), event(0, false), event(0x80, false), event(0x80, false)}
	})
	select {
	case digit := <-keys:
		if digit != '#' {
			t.Errorf("key %q", digit)
		}
	case <-time.After(patience):
		t.Fatal("no key was heard")
	}
}

func TestAnEchoComesBackASecondLater(t *testing.T) {
	t.Parallel()
	phones := open(t)
	p := newPage(t, pageHz)
	began := time.Now()
	p.connect(phones.Echo, 7)
	until(t, "the echo is heard", func() bool {
		packets := p.packets()
		if len(packets) == 0 {
			return false
		}
		last := packets[len(packets)-1]
		return media.ToneShare(media.Codec(last.PayloadType).Decode(nil, last.Payload), pageHz) > 0.9
	})
	if took := time.Since(began); took < time.Second {
		t.Errorf("the echo came after %s", took)
	}
	if share := media.ToneShare(p.hears(25), pageHz); share < 0.99 {
		t.Errorf("%.3f of the echo is what was said", share)
	}
	if phones.State(7).Phase != PhaseNone {
		t.Error("a test is a phone")
	}
	if err := phones.EndEcho(7, p.session); err != nil {
		t.Error(err)
	}
	until(t, "its place is free", func() bool {
		phones.mu.Lock()
		defer phones.mu.Unlock()
		return phones.lines == 0
	})
	if err := phones.EndEcho(7, p.session); !errors.Is(err, ErrUnknown) {
		t.Errorf("ended twice: %v", err)
	}
}

func TestConnectionsAreBounded(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.MaxPhones = 1 })
	call(t, phones, newPage(t, pageHz), 7)
	if _, _, err := phones.Connect(t.Context(), 8, newPage(t, pageHz).offer()); !errors.Is(err, ErrTooMany) {
		t.Errorf("the second: %v", err)
	}
}

func TestAPageThatSendsNoSoundIsNoPhone(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.FirstSound = time.Second })
	p := newPage(t, pageHz)
	p.set(func(p *page) { p.silent = true })
	p.connect(phones.Connect, 7)
	if _, err := phones.Call(t.Context(), 7); !errors.Is(err, ErrNoSound) {
		t.Errorf("call: %v", err)
	}
}

func TestClosingEndsEverything(t *testing.T) {
	t.Parallel()
	phones := open(t)
	st := call(t, phones, newPage(t, pageHz), 7)
	newPage(t, pageHz).connect(phones.Connect, 8)
	newPage(t, pageHz).connect(phones.Echo, 9)
	if err := phones.Close(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-st.Done():
	default:
		t.Error("the station is not done")
	}
	if _, _, err := phones.Connect(t.Context(), 7, newPage(t, pageHz).offer()); !errors.Is(err, ErrClosed) {
		t.Errorf("connect: %v", err)
	}
}
