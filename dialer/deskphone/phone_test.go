package deskphone

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"math"
	"net/netip"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

const patience = 20 * time.Second

func TestMain(m *testing.M) {
	// These tests wait for phones, not for the processor: let many wait at once.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var loopback = netip.MustParseAddr("127.0.0.1")

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: not after %s", what, patience)
	}
}

func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !ask(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not after %s", what, patience)
		}
	}
}

func newMedia(t testing.TB) media.Settings {
	t.Helper()
	ports, err := media.NewPortRange(30000, 32000)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	t.Cleanup(func() { _ = poller.Close() })
	return media.Settings{IP: loopback, Ports: ports, Poller: poller, EventPT: sound.EventPT}
}

func listeners() []sipua.Listener {
	at := netip.AddrPortFrom(loopback, 0)
	return []sipua.Listener{{Transport: "udp", Addr: at}, {Transport: "tcp", Addr: at}}
}

const password = "a-long-generated-secret"

// open returns phones that know the extensions 100 to 199 with one password.
func open(t testing.TB, change ...func(*Settings)) *Phones {
	t.Helper()
	s := Settings{
		Listen: listeners(), Media: newMedia(t), Name: "forecall",
		Secret: func(extension string) (sipua.Secret, bool) {
			return sipua.Secret{Password: password}, len(extension) == 3 && extension[0] == '1'
		},
		Log: slog.New(slog.NewTextHandler(t.Output(), nil)),
	}
	for _, f := range change {
		f(&s)
	}
	p, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := p.Close(); err != nil {
			t.Error(err)
		}
		for _, phone := range p.State() {
			if phone.Leg != LegNone {
				t.Errorf("phone %s is %s after Close", phone.Extension, phone.Leg)
			}
		}
	})
	return p
}

// phone is an agent's phone: a user agent that registers, answers and sends
// silence until it is told to say something.
type phone struct {
	t       testing.TB
	ua      *sipua.UA
	media   media.Settings
	mute    bool // answers and sends nothing
	refuse  int  // instead of answering
	ignore  bool // rings until it is cancelled
	look    func(*sipua.Incoming)
	calls   chan *phoneCall
	unbind  context.CancelFunc
	unbound chan struct{}
}

type phoneCall struct {
	call    *sipua.Call
	session *media.Session
	sound   *sound.Sound
}

func newPhone(t testing.TB, change ...func(*phone)) *phone {
	t.Helper()
	p := &phone{t: t, media: newMedia(t), calls: make(chan *phoneCall, 4), unbound: make(chan struct{}), unbind: func() {}}
	for _, f := range change {
		f(p)
	}
	var err error
	p.ua, err = sipua.Listen(sipua.Settings{Listen: listeners(), Serve: sipua.HandlerFunc(p.take), Name: "test phone"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.switchOff)
	return p
}

// take answers a call and stays until its end.
func (p *phone) take(inc *sipua.Incoming) {
	if p.look != nil {
		p.look(inc)
	}
	if p.ignore {
		_ = inc.Ring(180, nil)
		<-inc.Cancelled()
		return
	}
	if p.refuse != 0 {
		_ = inc.Reject(p.refuse, "")
		return
	}
	session, err := media.Open(p.media)
	if err != nil {
		p.t.Error(err)
		return
	}
	defer func() { _ = session.Close() }()
	c := &phoneCall{session: session, sound: sound.New(session, []media.Codec{media.PCMA, media.PCMU})}
	answer, err := c.sound.Answer(inc.Offer())
	if err == nil {
		_ = inc.Ring(180, nil)
		c.call, err = inc.Answer(within(p.t), answer)
	}
	if err != nil {
		p.t.Error(err)
		return
	}
	session.KeepAlive(!p.mute)
	p.calls <- c
	<-c.call.Done()
}

// register binds the phone at the service until switchOff or unbind.
func (p *phone) register(at *Phones, extension, transport string) {
	p.t.Helper()
	p.registerAt(at.ua.Addr(transport), extension, transport)
}

func (p *phone) registerAt(addr netip.AddrPort, extension, transport string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	p.unbind = cancel
	var registered sync.Once
	bound := make(chan struct{})
	go func() {
		defer close(p.unbound)
		_ = p.ua.KeepRegistered(ctx, sipua.Registration{
			Registrar: sipua.Target{Host: addr.Addr().String(), Port: int(addr.Port()), Transport: transport},
			User:      extension, Auth: sipua.Credentials{User: extension, Password: password},
			OnState: func(s sipua.RegistrationState) {
				if s.Registered {
					registered.Do(func() { close(bound) })
				}
			},
		})
	}()
	p.t.Cleanup(func() { cancel(); <-p.unbound })
	wait(p.t, "the phone registers", bound)
}

func (p *phone) switchOff() { _ = p.ua.Close() }

// callUp calls a phone that has to answer.
func callUp(t testing.TB, phones *Phones, extension string) dialer.Station {
	t.Helper()
	st, err := phones.Call(within(t), extension)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

func stateOf(t testing.TB, phones *Phones, extension string) Phone {
	t.Helper()
	for _, phone := range phones.State() {
		if phone.Extension == extension {
			return phone
		}
	}
	t.Fatalf("no phone %s in %+v", extension, phones.State())
	return Phone{}
}

// toneShare is the part of the energy that lies at one frequency (Goertzel).
func toneShare(pcm []int16, hz float64) float64 {
	if len(pcm) == 0 {
		return 0
	}
	w := 2 * math.Pi * hz / media.SampleRate
	coefficient := 2 * math.Cos(w)
	var s1, s2, energy float64
	for _, sample := range pcm {
		s0 := float64(sample) + coefficient*s1 - s2
		s1, s2 = s0, s1
		energy += float64(sample) * float64(sample)
	}
	power := s1*s1 + s2*s2 - coefficient*s1*s2
	return 2 * power / (float64(len(pcm)) * max(energy, 1))
}

// listen collects so much sound from a port.
func listen(p media.Port, d time.Duration) (pcm func() []int16, full <-chan struct{}) {
	var heard []int16
	want := int(d * media.SampleRate / time.Second)
	done := make(chan struct{})
	p.Connect(media.SinkFunc(func(f media.Frame) error {
		if len(heard) >= want {
			return nil
		}
		if heard = f.Codec.Decode(heard, f.Payload); len(heard) >= want {
			close(done)
		}
		return nil
	}))
	return func() []int16 { return heard }, done
}

func TestOneCallKeepsThePhoneUpAndItIsHeardBothWays(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		t.Run(transport, func(t *testing.T) {
			t.Parallel()
			phones := open(t)
			agent := newPhone(t)
			agent.register(phones, "101", transport)
			st := callUp(t, phones, "101")
			there := <-agent.calls
			if s := stateOf(t, phones, "101"); s.Leg != LegUp || !s.Binding.Online || s.Binding.Transport != transport || s.Binding.UserAgent != "test phone" || s.Heard.IsZero() {
				t.Errorf("state %+v", s)
			}
			if _, err := phones.Call(within(t), "101"); !errors.Is(err, ErrUp) {
				t.Errorf("a second call: %v", err)
			}
			for range 2 { // two conversations over one leg
				ours, weHear := listen(st.Audio(), time.Second)
				theirs, theyHear := listen(there.session, time.Second)
				ctx := within(t)
				var speaking sync.WaitGroup
				speaking.Go(func() { _ = media.Play(ctx, st.Audio(), media.Tone(440, 1200*time.Millisecond)) })
				speaking.Go(func() { _ = media.Play(ctx, there.session, media.Tone(1000, 1200*time.Millisecond)) })
				speaking.Wait()
				wait(t, "we hear", weHear)
				wait(t, "the agent hears", theyHear)
				st.Audio().Connect(nil)
				there.session.Connect(nil)
				if a, b := toneShare(ours(), 1000), toneShare(theirs(), 440); a < 0.9 || b < 0.8 {
					t.Errorf("tone shares: ours %.2f, theirs %.2f", a, b)
				}
			}
			if q := there.session.Quality(); q.Streams != 1 || q.Lost != 0 {
				t.Errorf("the phone saw %d streams and %d lost: one leg is one stream", q.Streams, q.Lost)
			}
			st.Hangup(within(t))
			wait(t, "the phone is hung up on", there.call.Done())
			wait(t, "the station is over", st.Done())
			if s := stateOf(t, phones, "101"); s.Leg != LegNone || s.Lost.Why != "hung up by us" {
				t.Errorf("state %+v", s)
			}
		})
	}
}

func TestBetweenCallsThePhoneHearsContinuousSilence(t *testing.T) {
	t.Parallel()
	phones := open(t)
	agent := newPhone(t)
	agent.register(phones, "101", "udp")
	callUp(t, phones, "101")
	there := <-agent.calls
	pcm, full := listen(there.session, time.Second)
	wait(t, "a second of silence", full)
	for _, sample := range pcm() {
		if sample > 16 || sample < -16 {
			t.Fatalf("a sample of %d in the silence", sample)
		}
	}
}

func TestThePhoneIsLostAtOnce(t *testing.T) {
	for name, c := range map[string]struct {
		lose func(*phone, *phoneCall)
		why  string
	}{
		"hung up":       {func(_ *phone, c *phoneCall) { _ = c.call.Bye(context.Background()) }, "hung up at the phone"},
		"un-registered": {func(p *phone, _ *phoneCall) { p.unbind() }, "registration ended: unregistered"},
		"sound stops":   {func(_ *phone, c *phoneCall) { c.session.KeepAlive(false) }, "no sound for 500ms"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			phones := open(t, func(s *Settings) { s.SilenceLimit = leastSilenceLimit })
			agent := newPhone(t)
			agent.register(phones, "101", "udp")
			st := callUp(t, phones, "101")
			c.lose(agent, <-agent.calls)
			wait(t, "the station is over", st.Done())
			if s := stateOf(t, phones, "101"); s.Lost.Why != c.why || s.Leg != LegNone {
				t.Errorf("lost by %q (%s), want %q", s.Lost.Why, s.Leg, c.why)
			}
		})
	}
}

func TestAPhoneWhoseConnectionBreaksIsLostAtOnce(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.SilenceLimit = -1 })
	agent := newPhone(t)
	wire := newCable(t, phones.ua.Addr("tcp"))
	agent.registerAt(wire.at, "101", "tcp")
	st := callUp(t, phones, "101")
	<-agent.calls
	wire.cut()
	wait(t, "the station is over", st.Done())
	if s := stateOf(t, phones, "101"); s.Lost.Why != "registration ended: connection lost" {
		t.Errorf("lost by %q", s.Lost.Why)
	}
}

func TestAPhoneOnHoldMayBeSilent(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.SilenceLimit = leastSilenceLimit })
	agent := newPhone(t)
	agent.register(phones, "101", "udp")
	st := callUp(t, phones, "101")
	there := <-agent.calls
	at := there.session.LocalAddr()
	hold, err := sipua.BuildOffer(sipua.SDPAudio{Addr: at, Direction: sipua.Inactive, SessionID: 9, Version: 9})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.call.Reinvite(within(t), hold); err != nil {
		t.Fatal(err)
	}
	there.session.KeepAlive(false)
	select {
	case <-st.Done():
		t.Fatalf("a phone on hold was given up: %+v", stateOf(t, phones, "101").Lost)
	case <-time.After(3 * leastSilenceLimit):
	}
	resume, err := sipua.BuildOffer(sipua.SDPAudio{Addr: at, SessionID: 9, Version: 10})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := there.call.Reinvite(within(t), resume); err != nil {
		t.Fatal(err)
	}
	wait(t, "a phone that stays silent after the hold is lost", st.Done())
}

func TestAPhoneThatCannotBeUsedSaysWhy(t *testing.T) {
	t.Parallel()
	phones := open(t, func(s *Settings) { s.FirstSound, s.RingTime = 300*time.Millisecond, 500*time.Millisecond })
	if _, err := phones.Call(within(t), "150"); !errors.Is(err, ErrNotRegistered) {
		t.Errorf("not registered: %v", err)
	}
	deaf := newPhone(t, func(p *phone) { p.mute = true })
	deaf.register(phones, "101", "udp")
	if _, err := phones.Call(within(t), "101"); !errors.Is(err, ErrNoSound) {
		t.Errorf("no sound: %v", err)
	}
	wait(t, "the mute phone is hung up on", (<-deaf.calls).call.Done())
	if s := stateOf(t, phones, "101"); s.Leg != LegNone || s.Lost.Why != ErrNoSound.Error() {
		t.Errorf("%+v", s)
	}
	busy := newPhone(t, func(p *phone) { p.refuse = 486 })
	busy.register(phones, "102", "udp")
	var f *sipua.Failure
	if _, err := phones.Call(within(t), "102"); !errors.As(err, &f) || f.Code != 486 {
		t.Errorf("busy: %v", err)
	}
	alone := newPhone(t, func(p *phone) { p.ignore = true })
	alone.register(phones, "103", "udp")
	if _, err := phones.Call(within(t), "103"); !errors.Is(err, ErrNoAnswer) {
		t.Errorf("nobody there: %v", err)
	}
	if err := phones.Close(); err != nil {
		t.Error(err)
	}
	if _, err := phones.Call(within(t), "101"); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
}
