package siptrunk

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// far is the carrier's side of a trunk: it calls us.
type far struct {
	ua    *sipua.UA
	media media.Settings
}

func newFar(t testing.TB, from netip.AddrPort) *far {
	t.Helper()
	ua, err := sipua.Listen(sipua.Settings{Listen: []sipua.Listener{{Transport: "udp", Addr: from}}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	return &far{ua: ua, media: newMedia(t)}
}

func (f *far) at() netip.AddrPort { return f.ua.Addr("udp") }

// call calls a number of ours; the session is where its sound is.
func (f *far) call(ctx context.Context, t testing.TB, to netip.AddrPort, called, caller string, hs ...sipua.Header) (*sipua.Call, *media.Session, error) {
	t.Helper()
	session, err := media.Open(f.media)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = session.Close() })
	snd := sound.New(session, []media.Codec{media.PCMU})
	offer, err := snd.Offer()
	if err != nil {
		t.Fatal(err)
	}
	c, err := f.ua.Invite(ctx, sipua.Invite{
		To:      sipua.URI{User: called, Host: to.Addr().String(), Port: int(to.Port())},
		From:    sipua.Party{URI: sipua.URI{User: caller, Host: "carrier.example"}},
		NextHop: sipua.Target{Host: to.Addr().String(), Port: int(to.Port()), Transport: "udp"}, Offer: offer, Headers: hs, SessionExpires: -1,
	})
	if err == nil {
		err = snd.Follow(c.RemoteSDP())
	}
	return c, session, err
}

// ours is a trunk to the far side, and where it listens.
func ours(t testing.TB, f *far, change ...func(*Trunk)) (*Trunks, netip.AddrPort) {
	t.Helper()
	trunks := open(t, trunkTo("main", f.at(), change...))
	return trunks, trunks.routes[0].ua.Addr("udp")
}

// answering takes every call and hands it out.
func answering(t testing.TB, trunks *Trunks) <-chan dialer.Leg {
	legs := make(chan dialer.Leg, 8)
	trunks.OnCall(func(ctx context.Context, c dialer.Caller) {
		leg, err := c.Answer(ctx)
		if err != nil {
			t.Errorf("answer: %v", err)
			return
		}
		legs <- leg
	})
	return legs
}

// listener keeps what it hears.
type listener struct {
	mu  sync.Mutex
	pcm []int16
}

func (e *listener) WriteFrame(f media.Frame) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.pcm = f.Codec.Decode(e.pcm, f.Payload)
	return nil
}

func (e *listener) share(hz float64) float64 {
	e.mu.Lock()
	defer e.mu.Unlock()
	const window = 1600 // 200 ms
	best := 0.0
	for i := 0; i+window <= len(e.pcm); i += window {
		best = max(best, media.ToneShare(e.pcm[i:i+window], hz))
	}
	return best
}

func TestACallThatComesInIsAnsweredAndBothSidesHearEachOther(t *testing.T) {
	f := newFar(t, anyPort())
	trunks, at := ours(t, f)
	legs := answering(t, trunks)
	call, session, err := f.call(within(t), t, at, "34910000000", "+34600111222")
	if err != nil {
		t.Fatal(err)
	}
	leg := <-legs
	var they, we listener
	session.Connect(&they)
	leg.Audio().Connect(&we)
	var tones sync.WaitGroup
	ctx := within(t)
	tones.Go(func() { _ = media.Play(ctx, leg.Audio(), media.Tone(700, 600*time.Millisecond)) })
	tones.Go(func() { _ = media.Play(ctx, session, media.Tone(1100, 600*time.Millisecond)) })
	tones.Wait()
	eventually(t, "both tones", func() bool { return they.share(700) > 0.95 && we.share(1100) > 0.95 })
	if a := leg.Answered(); a.Trunk != "main" || a.AnsweredAt.IsZero() {
		t.Errorf("answered %+v", a)
	}
	if err := call.Bye(within(t)); err != nil {
		t.Error(err)
	}
	wait(t, "the leg ends", leg.Done())
	if e := leg.Ending(); e.By != "callee" {
		t.Errorf("ended by %s", e.By)
	}
	freeLines(t, trunks)
}

func TestWhoCallsIsReadFromWhatTheTrunkMayBeBelieved(t *testing.T) {
	pai := sipua.Header{Name: "P-Asserted-Identity", Value: `"Ann" <sip:+34600999888@carrier.example>, <tel:+34600777666>`}
	private := sipua.Header{Name: "Privacy", Value: "id;critical"}
	for _, tc := range []struct {
		name, from, called string
		trust              bool
		national           bool
		headers            []sipua.Header
		number             string
	}{
		{name: "From in E.164", from: "+34600111222", called: "+34910000000", number: "+34600111222"},
		{name: "From without plus", from: "34600111222", called: "+34910000000", number: "+34600111222"},
		{name: "an international prefix", from: "0034600111222", called: "0034910000000", number: "+34600111222"},
		{name: "a national number", from: "600111222", called: "910000000", national: true, number: "+34600111222"},
		{name: "from abroad on a national plan", from: "0044207946000", called: "910000000", national: true, number: "+44207946000"},
		{name: "an identity that is not believed", from: "+34600111222", called: "+34910000000", headers: []sipua.Header{pai}, number: "+34600111222"},
		{name: "an identity that is believed", from: "anonymous", called: "+34910000000", trust: true, headers: []sipua.Header{pai}, number: "+34600999888"},
		{name: "a withheld number", from: "anonymous", called: "+34910000000", number: ""},
		{name: "an identity that is not to be shown", from: "anonymous", called: "+34910000000", trust: true, headers: []sipua.Header{pai, private}, number: ""},
		{name: "an extension", from: "100", called: "+34910000000", number: ""},
	} {
		t.Run(tc.name, func(t *testing.T) {
			f := newFar(t, anyPort())
			trunks, at := ours(t, f, func(tr *Trunk) {
				tr.TrustIdentity = tc.trust
				if tc.national {
					tr.Dial = DialPlan{Format: FormatNational, Country: "34"}
				}
			})
			calls := make(chan dialer.Inbound, 1)
			trunks.OnCall(func(_ context.Context, c dialer.Caller) {
				calls <- c.Call()
				c.Refuse(603, "Decline")
			})
			_, _, err := f.call(within(t), t, at, tc.called, tc.from, tc.headers...)
			refusedWith(t, err, 603)
			in := <-calls
			if in.Number != tc.number || in.Called != "+34910000000" || in.Trunk != "main" || in.CallID == "" {
				t.Errorf("read %+v, want number %q", in, tc.number)
			}
			freeLines(t, trunks)
		})
	}
}

func refusedWith(t *testing.T, err error, code int) {
	t.Helper()
	var f *sipua.Failure
	if !errors.As(err, &f) || f.Code != code {
		t.Errorf("got %v, want a refusal with %d", err, code)
	}
}

func TestWhatTheTrunkCannotTakeIsRefusedAndWhy(t *testing.T) {
	f := newFar(t, anyPort())
	trunks, at := ours(t, f, func(tr *Trunk) { tr.MaxChannels, tr.MaxCPS = 1, 2 })
	_, _, err := f.call(within(t), t, at, "+34910000000", "+34600111222")
	refusedWith(t, err, 503) // nobody takes calls yet
	legs := answering(t, trunks)
	_, _, err = f.call(within(t), t, at, "reception", "+34600111222")
	refusedWith(t, err, 404)
	if _, _, err := f.call(within(t), t, at, "+34910000000", "+34600111222"); err != nil {
		t.Fatal(err)
	}
	leg := <-legs
	if lines, why := trunks.Room(nil); lines != 0 || why == "" {
		t.Errorf("a call that came in takes no line: room for %d (%s)", lines, why)
	}
	_, _, err = f.call(within(t), t, at, "+34910000000", "+34600111222")
	refusedWith(t, err, 486)
	_, _, err = f.call(within(t), t, at, "+34910000000", "+34600111222")
	refusedWith(t, err, 503) // the third within a second
	leg.Hangup(within(t))
	freeLines(t, trunks)
}

func TestACallerWhoGivesUpBeforeTheAnswerIsGone(t *testing.T) {
	f := newFar(t, anyPort())
	trunks, at := ours(t, f)
	callers := make(chan dialer.Caller, 1)
	trunks.OnCall(func(_ context.Context, c dialer.Caller) { callers <- c })
	ctx, hangUp := context.WithCancel(within(t))
	over := make(chan error, 1)
	go func() {
		_, _, err := f.call(ctx, t, at, "+34910000000", "+34600111222")
		over <- err
	}()
	c := <-callers
	hangUp()
	if err := <-over; err == nil {
		t.Fatal("the call was answered")
	}
	freeLines(t, trunks)
	if _, err := c.Answer(within(t)); !errors.Is(err, dialer.ErrCallerGone) {
		t.Errorf("answering somebody who is gone: %v", err)
	}
	c.Refuse(486, "") // harmless
	freeLines(t, trunks)
}

func TestStrangersOnTheNetworkAreNotAnswered(t *testing.T) {
	f := newFar(t, anyPort())
	trunks, at := ours(t, f)
	legs := answering(t, trunks)
	stranger, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 2)})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = stranger.Close() }()
	from := stranger.LocalAddr().String()
	invite := "INVITE sip:+34910000000@" + at.String() + " SIP/2.0\r\nVia: SIP/2.0/UDP " + from + ";branch=z9hG4bKx\r\n" +
		"From: <sip:+34600111222@" + from + ">;tag=x\r\nTo: <sip:+34910000000@" + at.String() + ">\r\nCall-ID: stranger\r\n" +
		"CSeq: 1 INVITE\r\nContact: <sip:x@" + from + ">\r\nMax-Forwards: 70\r\nContent-Length: 0\r\n\r\n"
	if _, err := stranger.WriteToUDPAddrPort([]byte(invite), at); err != nil {
		t.Fatal(err)
	}
	if _, _, err := f.call(within(t), t, at, "+34910000000", "+34600111222"); err != nil { // comes after it, and is answered
		t.Fatal(err)
	}
	(<-legs).Hangup(within(t))
	freeLines(t, trunks)
	if n := trunks.State()[0].Received; n != 1 {
		t.Errorf("%d calls came in", n)
	}
	_ = stranger.SetReadDeadline(time.Now().Add(50 * time.Millisecond))
	if n, _, err := stranger.ReadFromUDP(make([]byte, 1500)); err == nil {
		t.Errorf("a stranger got %d octets", n)
	}
}

func TestSippCallsUsAndHearsItselfBack(t *testing.T) {
	f := newFar(t, anyPort()) // only so that the trunk has a carrier
	trunks, at := ours(t, f)
	legs := answering(t, trunks)
	p := startSipp(t, "calls_back", 1, "-rtp_echo", at.String())
	leg := <-legs
	var back listener
	leg.Audio().Connect(&back)
	if err := media.Play(within(t), leg.Audio(), media.Tone(800, 800*time.Millisecond)); err != nil {
		t.Fatal(err)
	}
	eventually(t, "sipp's echo of our tone", func() bool { return back.share(800) > 0.95 })
	wait(t, "sipp hangs up", leg.Done())
	p.satisfied(t)
	freeLines(t, trunks)
}

func FuzzUserOf(f *testing.F) {
	for _, s := range []string{`"Ann" <sip:+34600111222@host>;x=y`, "tel:+34-600;ext=1", "<sips:a@b", "<>", ":", "sip:@"} {
		f.Add(s)
	}
	plan := DialPlan{Format: FormatNational, Country: "34"}
	f.Fuzz(func(t *testing.T, s string) {
		number, ok := plan.Number(userOf(s))
		if ok != (number != "") || strings.ContainsAny(number, " \r\n") {
			t.Errorf("%q reads as %q", s, number)
		}
	})
}
