package siptrunk

import (
	"context"
	"errors"
	"flag"
	"log/slog"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/google/uuid"
	"go.uber.org/goleak"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// patience bounds every wait of these tests on real sockets.
const patience = 20 * time.Second

func TestMain(m *testing.M) {
	// These tests wait for peers, not for the processor: let many wait at once.
	flag.Parse()
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

var loopback = netip.MustParseAddr("127.0.0.1")

func anyPort() netip.AddrPort { return netip.AddrPortFrom(loopback, 0) }

// newMedia returns settings of legs on loopback with a poller of their own.
func newMedia(t testing.TB) media.Settings {
	t.Helper()
	ports, err := media.NewPortRange(20000, 29999)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	t.Cleanup(func() { _ = poller.Close() })
	return media.Settings{IP: loopback, Ports: ports, Poller: poller}
}

// trunkTo is a trunk to a peer on loopback; change edits it.
func trunkTo(name string, at netip.AddrPort, change ...func(*Trunk)) Trunk {
	t := Trunk{
		Name: name, Host: at.Addr().String(), Port: int(at.Port()), Listen: anyPort(),
		CallerIDs: []string{"+34910000000"}, MaxChannels: 100, MaxCPS: 1000, MaxPending: 100,
	}
	for _, f := range change {
		f(&t)
	}
	return t
}

func open(t testing.TB, trunks ...Trunk) *Trunks {
	t.Helper()
	return openWith(t, Settings{Trunks: trunks})
}

func openWith(t testing.TB, s Settings) *Trunks {
	t.Helper()
	s.Media = newMedia(t)
	if os.Getenv("FORECALL_TEST_LOG") != "" {
		s.Log = slog.New(slog.NewTextHandler(os.Stderr, &slog.HandlerOptions{Level: slog.LevelDebug}))
	}
	trunks, err := Open(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := trunks.Close(); err != nil {
			t.Error(err)
		}
		for _, state := range trunks.State() {
			if state.Lines != 0 || state.Pending != 0 {
				t.Errorf("trunk %s: %d lines and %d pending left at the end", state.Name, state.Lines, state.Pending)
			}
		}
	})
	return trunks
}

const callee = "+34600111222"

func request(number string) dialer.Request {
	return dialer.Request{CallID: uuid.NewString() + "@forecall", Number: number, RingTime: patience}
}

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// mustAnswer places a call that has to be answered.
func mustAnswer(t testing.TB, trunks *Trunks, req dialer.Request) dialer.Leg {
	t.Helper()
	leg, err := trunks.Dial(within(t), req)
	if err != nil {
		t.Fatal(err)
	}
	return leg
}

// mustFail places a call that has to fail with this outcome.
func mustFail(t testing.TB, trunks *Trunks, ctx context.Context, req dialer.Request, want campaigns.Outcome) *dialer.CallError {
	t.Helper()
	leg, err := trunks.Dial(ctx, req)
	if leg != nil {
		leg.Hangup(within(t))
		t.Fatalf("answered, want %s", want)
	}
	var failed *dialer.CallError
	if !errors.As(err, &failed) {
		t.Fatalf("error is no CallError: %v", err)
	}
	if failed.Outcome != want {
		t.Errorf("outcome %s, want %s: %v", failed.Outcome, want, failed)
	}
	return failed
}

func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: nothing after %s", what, patience)
	}
}

// eventually asks until the answer is yes.
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

// freeLines waits until no line is in use.
func freeLines(t testing.TB, trunks *Trunks) {
	t.Helper()
	eventually(t, "lines free", func() bool {
		for _, s := range trunks.State() {
			if s.Lines != 0 {
				return false
			}
		}
		return true
	})
}

// carrier is a user agent that takes our calls.
func carrier(t testing.TB, serve func(*sipua.Incoming), change ...func(*sipua.Settings)) netip.AddrPort {
	t.Helper()
	s := sipua.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: anyPort()}},
		Serve:  sipua.HandlerFunc(serve),
	}
	for _, f := range change {
		f(&s)
	}
	ua, err := sipua.Listen(s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	return ua.Addr(s.Listen[0].Transport)
}
