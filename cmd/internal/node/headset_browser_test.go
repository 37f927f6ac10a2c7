package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// A browser with a fake microphone, which beeps, against a node: the page
// connects its headset by the module that the desks use.

const houseHz = 440

func TestABrowserIsAHeadset(t *testing.T) {
	wire := newSieve(t)
	o := openHeadsetOffice(t, wire, "ana")
	b := openHeadset(t, o, "ana")
	b.do(`phone = connectPhone({ onState: (s) => states.push(s.phase) }); await phone.ready; return phone.state.phase`, "up")

	var state campaigns.AgentStatus
	if err := b.api.Post(within(t), "/v1/agent/sign-in", map[string]any{"phone": "browser"}, &state); err != nil {
		t.Fatal(err)
	}
	station := o.headset(t, "ana")
	var microphone ear
	station.Audio().Connect(&microphone)
	eventually(t, "the beeps of the fake microphone are heard", func() bool { return crest(microphone.heard()) > 2000 })
	stop := hum(station.Audio())
	defer stop()
	b.until(`peak() > 400 && peak() < 480`, "440 Hz is heard in the browser")
	b.do(`return phone.level() > 0 || await new Promise((r) => setTimeout(() => r(phone.level() > 0), 2000))`, true)

	// The path dies under way: nothing goes either way by it any more.
	wire.cutAll()
	cut := time.Now()
	b.until(`states.includes("lost")`, "the page notices")
	b.until(`phone.state.phase === "up" && peak() > 400 && peak() < 480`, "440 Hz is heard again")
	took := time.Since(cut)
	t.Logf("heard again %s after the path died", took.Round(10*time.Millisecond))
	if took > 15*time.Second { // about 2 s, also at a load of 20; the browser alone gives a path up after 30
		t.Errorf("the headset came back after %s", took)
	}
	select {
	case <-station.Done():
		t.Error("the shift has lost its phone")
	default:
	}
	from := len(microphone.heard())
	eventually(t, "the microphone is heard again", func() bool {
		heard := microphone.heard()
		return len(heard) > from+8000 && crest(heard[from:]) > 2000
	})

	// Another window takes the headset over, and the first does not fight for it.
	b.do(`other = connectPhone({}); await other.ready; return other.state.phase`, "up")
	b.until(`phone.state.phase === "replaced"`, "the first window lets go")
	b.do(`other.close(); return other.state.phase`, "closed")
	await(t, "the shift ends with the headset", station.Done())
}

func TestAPageThatIsLoadedAnewKeepsTheShift(t *testing.T) {
	o := openHeadsetOffice(t, newSieve(t), "ana")
	b := openHeadset(t, o, "ana")
	b.do(`phone = connectPhone({}); await phone.ready; return phone.state.phase`, "up")
	if err := b.api.Post(within(t), "/v1/agent/sign-in", map[string]any{"phone": "browser"}, nil); err != nil {
		t.Fatal(err)
	}
	station := o.headset(t, "ana")
	b.run(chromedp.Reload())
	b.load()
	b.do(`phone = connectPhone({}); await phone.ready; return phone.state.phase`, "up")
	var microphone ear
	station.Audio().Connect(&microphone)
	eventually(t, "the microphone is heard again", func() bool { return crest(microphone.heard()) > 2000 })
	if again := o.headset(t, "ana"); again != station {
		t.Error("the shift stands on another phone")
	}
	select {
	case <-station.Done():
		t.Error("the shift has lost its phone")
	default:
	}
}

func TestABrowserHearsItselfInATest(t *testing.T) {
	o := openHeadsetOffice(t, newSieve(t), "ana")
	b := openHeadset(t, o, "ana")
	b.do(`phone = connectPhone({}); await phone.ready; const r = await phone.test({ seconds: 15 }); return r.spoke && r.heard`, true)
}

func TestAHeadsetThatIsNotConnectedSaysSo(t *testing.T) {
	o := openHeadsetOffice(t, newSieve(t), "ana")
	api := o.login(t, "ana")
	err := api.Post(within(t), "/v1/agent/sign-in", map[string]any{"phone": "browser"}, nil)
	if err == nil || !strings.Contains(err.Error(), "headset") {
		t.Errorf("sign-in: %v", err)
	}
}

// sieve is the socket of the headsets, on which paths may be cut.
type sieve struct {
	net.PacketConn
	mu        sync.Mutex
	seen, cut map[netip.AddrPort]bool
}

func newSieve(t *testing.T) *sieve {
	t.Helper()
	conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(netip.AddrPortFrom(loopback, 0)))
	if err != nil {
		t.Fatal(err)
	}
	return &sieve{PacketConn: conn, seen: map[netip.AddrPort]bool{}, cut: map[netip.AddrPort]bool{}}
}

// ReadFrom drops what comes by a path that is cut.
func (s *sieve) ReadFrom(b []byte) (int, net.Addr, error) {
	for {
		n, from, err := s.PacketConn.ReadFrom(b)
		if err != nil || !s.drops(from) {
			return n, from, err
		}
	}
}

// WriteTo drops what goes by one.
func (s *sieve) WriteTo(b []byte, to net.Addr) (int, error) {
	if s.drops(to) {
		return len(b), nil
	}
	return s.PacketConn.WriteTo(b, to)
}

func (s *sieve) drops(peer net.Addr) bool {
	at := peer.(*net.UDPAddr).AddrPort()
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[at] = true
	return s.cut[at]
}

// cutAll cuts every path that there is; new ones are open.
func (s *sieve) cutAll() {
	s.mu.Lock()
	defer s.mu.Unlock()
	for at := range s.seen {
		s.cut[at] = true
	}
}

// openHeadsetOffice runs a node whose headsets come by a socket of the test.
func openHeadsetOffice(t *testing.T, wire net.PacketConn, agents ...string) *office {
	t.Helper()
	o := &office{data: t.TempDir(), secret: rand.Text(), ended: make(chan struct{})}
	conf := o.config(netip.AddrPortFrom(loopback, 9), agents)
	var err error
	if o.node, err = Start(within(t), Settings{Config: conf, Version: "test", Headsets: wire}); err != nil {
		t.Fatal(err)
	}
	var soft, hard context.Context
	soft, o.soft = context.WithCancel(context.Background())
	hard, o.hard = context.WithCancel(context.Background())
	go func() {
		defer close(o.ended)
		o.err = o.node.Run(soft, hard)
	}()
	t.Cleanup(func() { o.close(t) })
	return o
}

// headset is the station of a user's headset.
func (o *office) headset(t *testing.T, login string) dialer.Station {
	t.Helper()
	u, err := o.node.db.UserByLogin(within(t), login)
	if err != nil {
		t.Fatal(err)
	}
	st, err := o.node.headsets.call(within(t), u.ID)
	if err != nil {
		t.Fatal(err)
	}
	return st
}

// hum says 440 Hz to a port until it is stopped.
func hum(port media.Sink) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	var playing sync.WaitGroup
	playing.Go(func() {
		for ctx.Err() == nil {
			_ = media.Play(ctx, port, media.Tone(houseHz, 10*time.Second))
		}
	})
	return func() {
		cancel()
		playing.Wait()
	}
}

func crest(pcm []int16) (peak int) {
	for _, s := range pcm {
		peak = max(peak, int(s), -int(s))
	}
	return peak
}

// tab is a page of a node in a browser, for a user who is logged in.
type tab struct {
	testing.TB
	ctx context.Context
	api *client.Client
}

// openHeadset opens a page with the module of the headset in it.
func openHeadset(t testing.TB, o *office, login string) *tab {
	t.Helper()
	if testing.Short() {
		t.Skip("a browser takes its time; run without -short")
	}
	program, err := exec.LookPath("chromium")
	if err != nil {
		if os.Getenv("FORECALL_PEERS") == "required" {
			t.Fatal("chromium is required: apt-get install chromium")
		}
		t.Skip("no chromium: apt-get install chromium")
	}
	options := append(append([]chromedp.ExecAllocatorOption{}, chromedp.DefaultExecAllocatorOptions[:]...),
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile(t)),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("mute-audio", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	t.Cleanup(func() {
		cancel()
		closeTab()
		stop()
	})
	b := &tab{TB: t, ctx: ctx, api: o.login(t, login)}
	b.run(chromedp.Navigate(o.node.URL() + "/login"))
	credentials, err := json.Marshal(map[string]string{"login": login, "password": o.secret})
	if err != nil {
		t.Fatal(err)
	}
	b.do(`return (await fetch("/v1/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(`+string(credentials)+`) })).status`, float64(200))
	b.load()
	return b
}

// load puts the module of the headset into the page that is open.
func (b *tab) load() {
	b.Helper()
	b.do(`window.states = []; window.phone = window.other = null;
		window.connectPhone = (await import("/static/phone.js")).connectPhone;
		window.peak = () => { // the loudest frequency that is heard
			const stream = phone?.houseStream();
			if (!stream) return 0;
			if (window.peakOf !== stream) {
				window.peakOf = stream;
				const context = window.peakContext ??= new AudioContext();
				window.analyser = context.createAnalyser();
				analyser.fftSize = 8192;
				context.createMediaStreamSource(stream).connect(analyser);
			}
			const bins = new Float32Array(analyser.frequencyBinCount);
			analyser.getFloatFrequencyData(bins);
			const at = bins.indexOf(Math.max(...bins));
			return bins[at] > -70 ? at * peakContext.sampleRate / analyser.fftSize : 0;
		};
		return true`, true)
}

func (b *tab) run(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatalf("browser: %v", err)
	}
}

// do runs a script in the page and wants its result.
func (b *tab) do(script string, want any) {
	b.Helper()
	var got any
	b.run(chromedp.Evaluate("(async () => {"+script+"})()", &got, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	if got != want {
		b.Fatalf("%s: %v, want %v", script, got, want)
	}
}

// number asks the page for a number.
func (b *tab) number(script string) (v float64) {
	b.Helper()
	b.run(chromedp.Evaluate(script, &v))
	return v
}

// until waits for a script to be true.
func (b *tab) until(script, what string) {
	b.Helper()
	if err := chromedp.Run(b.ctx, chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))); err != nil {
		var state any
		_ = chromedp.Run(b.ctx, chromedp.Evaluate(`({ states, state: phone?.state, peak: peak() })`, &state))
		b.Fatalf("in vain: %s: %v; %v", what, err, state)
	}
}
