package sipua_test

import (
	"context"
	"log/slog"
	"net/netip"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/forecall/forecall/dialer/sipua"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// patience is how long a test on real sockets waits before it gives up.
const patience = 15 * time.Second

var (
	loopback = netip.MustParseAddr("127.0.0.1")
	anyPort  = netip.AddrPortFrom(loopback, 0)
)

func limited(t *testing.T) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func listen(t *testing.T, s sipua.Settings) *sipua.UA {
	t.Helper()
	if len(s.Listen) == 0 {
		s.Listen = []sipua.Listener{{Transport: "udp", Addr: anyPort}}
	}
	if s.Log == nil {
		s.Log = slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))
	}
	ua, err := sipua.Listen(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ua.Close(); err != nil {
			t.Error(err)
		}
	})
	return ua
}

func targetOf(ua *sipua.UA, transport string) sipua.Target {
	a := ua.Addr(transport)
	return sipua.Target{Host: a.Addr().String(), Port: int(a.Port()), Transport: transport}
}

func offer(t testing.TB, port uint16) []byte {
	t.Helper()
	b, err := sipua.BuildOffer(sipua.SDPAudio{Addr: netip.AddrPortFrom(loopback, port), SessionID: 1, Version: 1})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func invite(t testing.TB, to sipua.Target) sipua.Invite {
	return sipua.Invite{
		To: sipua.URI{User: "+34600111222"}, From: sipua.Party{Name: `Ann "the" \ Voice`, URI: sipua.URI{User: "+34900100200"}},
		NextHop: to, Offer: offer(t, 4000),
	}
}

func done(t *testing.T, what string, ch <-chan struct{}) {
	t.Helper()
	select {
	case <-ch:
	case <-time.After(patience):
		t.Fatalf("%s did not happen", what)
	}
}

func TestACallIsPlacedRungAnsweredAndEndedByEitherSide(t *testing.T) {
	for _, transport := range []string{"udp", "tcp"} {
		for _, caller := range []bool{true, false} {
			name := transport + ", callee hangs up"
			if caller {
				name = transport + ", caller hangs up"
			}
			t.Run(name, func(t *testing.T) { plainCall(t, transport, caller) })
		}
	}
}

func plainCall(t *testing.T, transport string, callerEnds bool) {
	taken := make(chan *sipua.Call, 1)
	both := []sipua.Listener{{Transport: "udp", Addr: anyPort}, {Transport: "tcp", Addr: anyPort}}
	callee := listen(t, sipua.Settings{Name: "callee", Listen: both, Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
		if got := inc.From().Name; got != `Ann "the" \ Voice` {
			t.Errorf("caller's name %s", got)
		}
		if inc.To().User != "+34600111222" {
			t.Errorf("called %v", inc.To())
		}
		if err := inc.Ring(180, nil); err != nil {
			t.Error(err)
		}
		answer, _, err := sipua.Answer(inc.Offer(), sipua.SDPAudio{Addr: netip.AddrPortFrom(loopback, 5000)})
		if err != nil {
			t.Error(err)
			return
		}
		call, err := inc.Answer(context.Background(), answer)
		if err != nil {
			t.Error(err)
			return
		}
		taken <- call
	})})
	both2 := []sipua.Listener{{Transport: "udp", Addr: anyPort}, {Transport: "tcp", Addr: anyPort}}
	caller := listen(t, sipua.Settings{Name: "caller", Listen: both2})

	ctx := limited(t)
	inv := invite(t, targetOf(callee, transport))
	var codes []int
	inv.OnEvent = func(e sipua.Event) { codes = append(codes, e.Code) }
	call, err := caller.Invite(ctx, inv)
	if err != nil {
		t.Fatal(err)
	}
	if len(codes) != 1 || codes[0] != 180 {
		t.Errorf("provisional responses %v, want 180", codes)
	}
	media, err := sipua.ParseAudio(call.RemoteSDP())
	if err != nil || media.Addr.Port() != 5000 {
		t.Errorf("remote media %v, %v", media.Addr, err)
	}
	var far *sipua.Call
	select {
	case far = <-taken:
	case <-ctx.Done():
		t.Fatal("callee has no call")
	}
	ender, other := call, far
	if !callerEnds {
		ender, other = far, call
	}
	if err := ender.Bye(ctx, sipua.Header{Name: "Reason", Value: `Q.850;cause=16;text="Normal"`}); err != nil {
		t.Fatal(err)
	}
	done(t, "the end at the other side", other.Done())
	if e := other.End(); e.By != sipua.ByRemote || e.Q850 != 16 || e.Reason != "Normal" {
		t.Errorf("ending %+v", e)
	}
	if e := ender.End(); e.By != sipua.ByLocal {
		t.Errorf("ending %+v", e)
	}
	at := call.Timings()
	if at.SentAt.IsZero() || at.RingingAt.Before(at.SentAt) || at.AnsweredAt.Before(at.RingingAt) || at.AckedAt.Before(at.AnsweredAt) || at.EndedAt.Before(at.AckedAt) {
		t.Errorf("timings %+v", at)
	}
}
