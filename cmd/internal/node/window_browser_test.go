package node

import (
	"context"
	"encoding/binary"
	"encoding/json"
	"errors"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto"
	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// micHertz is what the microphone of a browser beeps; nobody else says it.
const micHertz = 2300

// window is a tab of a real Chromium that shows the pages of a node, and all
// that the browser complains about. Its microphone beeps micHertz.
type window struct {
	*tab
	house  *office
	mu     sync.Mutex
	bad    []string
	read   string  // what stood on the pages of a walk
	octets float64 // that came over the wire since the last walk began
}

// openWindow starts a browser of its own for the test, or skips without one.
func openWindow(t testing.TB, o *office, within time.Duration) *window {
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
		chromedp.Flag("use-file-for-fake-audio-capture", beeps(t)),
		chromedp.Flag("autoplay-policy", "no-user-gesture-required"), chromedp.Flag("allow-loopback-in-peer-connection", true),
		chromedp.Flag("mute-audio", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true),
		chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	ctx, cancel := context.WithTimeout(ctx, within)
	t.Cleanup(func() {
		cancel()
		closeTab()
		stop()
	})
	w := &window{tab: &tab{TB: t, ctx: ctx}, house: o}
	chromedp.ListenTarget(ctx, w.listen)
	w.run(network.Enable(), network.SetCacheDisabled(true), cdplog.Enable(), runtime.Enable(), chromedp.EmulateViewport(1280, 900),
		chromedp.ActionFunc(func(ctx context.Context) error {
			_, err := cdppage.AddScriptToEvaluateOnNewDocument(watching).Do(ctx)
			return err
		}))
	return w
}

// watching is put into each page before its own scripts: it notes violations of
// the policy, and lets a test hear what comes over a connection of the page.
const watching = `window.violations = [];
	document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
	window.lines = [];
	window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...a) { super(...a); lines.push(this); } };
	window.hears = (hz) => { // dB over the quieter parts of the spectrum; 0 = nothing is heard
		const up = lines.filter((pc) => pc.connectionState === "connected").at(-1);
		if (!up) return 0;
		if (window.heardLine !== up) {
			window.heardLine = up;
			window.earContext ??= new AudioContext();
			window.analyser = earContext.createAnalyser();
			analyser.fftSize = 8192;
			analyser.smoothingTimeConstant = 0.5;
			earContext.createMediaStreamSource(new MediaStream([up.getReceivers()[0].track])).connect(analyser);
		}
		const bins = new Float32Array(analyser.frequencyBinCount);
		analyser.getFloatFrequencyData(bins);
		const at = (f) => Math.max(...bins.slice(Math.round(f * analyser.fftSize / earContext.sampleRate) - 2).slice(0, 5));
		const ground = Math.max(-110, at(1900), at(2900), at(250));
		return at(hz) < -75 ? 0 : at(hz) - ground;
	};`

// beeps is a file of sound for the fake microphone: a fifth of a second of
// micHertz twice a second, which no filter takes for noise.
func beeps(t testing.TB) string {
	t.Helper()
	const rate = 48000
	sound := make([]byte, 0, 4*rate)
	for i := range 2 * rate {
		var s int16
		if i%(rate/2) < rate/5 {
			s = int16(12000 * math.Sin(2*math.Pi*micHertz*float64(i)/rate))
		}
		sound = binary.LittleEndian.AppendUint16(sound, uint16(s))
	}
	file := binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(36+len(sound)))
	file = append(file, "WAVEfmt "...)
	for _, part := range []any{uint32(16), uint16(1), uint16(1), uint32(rate), uint32(2 * rate), uint16(2), uint16(16)} {
		file, _ = binary.Append(file, binary.LittleEndian, part)
	}
	file = binary.LittleEndian.AppendUint32(append(file, "data"...), uint32(len(sound)))
	path := filepath.Join(t.TempDir(), "beeps.wav")
	if err := os.WriteFile(path, append(file, sound...), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// listen notes every complaint of the browser, and what comes over the wire.
func (w *window) listen(ev any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			w.bad = append(w.bad, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		w.bad = append(w.bad, e.ExceptionDetails.Error())
	case *runtime.EventConsoleAPICalled:
		if e.Type == runtime.APITypeError || e.Type == runtime.APITypeWarning {
			w.bad = append(w.bad, "console: "+string(e.Type))
		}
	case *network.EventLoadingFinished:
		w.octets += e.EncodedDataLength
	}
}

// takeComplaints are those since they were asked for last.
func (w *window) takeComplaints() []string {
	w.Helper()
	w.mu.Lock()
	bad := w.bad
	w.bad = nil
	w.mu.Unlock()
	var violations []string
	w.run(chromedp.Evaluate(`window.violations ?? []`, &violations))
	return append(bad, violations...)
}

// logIn makes the window a user's, by their session: the form has its own test.
func (w *window) logIn(login string) {
	w.Helper()
	credentials, err := json.Marshal(map[string]string{"login": login, "password": w.house.secret})
	if err != nil {
		w.Fatal(err)
	}
	w.run(network.ClearBrowserCookies(), chromedp.Navigate(w.house.node.URL()+"/login"))
	w.do(`return (await fetch("/v1/login", { method: "POST", headers: { "Content-Type": "application/json" }, body: JSON.stringify(`+string(credentials)+`) })).status`, float64(200))
}

// open shows a page.
func (w *window) open(path string) {
	w.Helper()
	w.run(chromedp.Navigate(w.house.node.URL() + path))
}

// until waits for a script to be true, over pages that follow each other, not
// for ever.
func (w *window) until(script, what string) {
	w.Helper()
	ctx, stop := context.WithTimeout(w.ctx, patience)
	defer stop()
	err := chromedp.Run(ctx, chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience)))
	if gone, ok := errors.AsType[*cdproto.Error](err); ok && gone.Code == pageGone && ctx.Err() == nil {
		w.until(script, what)
		return
	}
	if err != nil {
		var shows string
		_ = chromedp.Run(w.ctx, chromedp.Evaluate(`location.pathname + ": " + [...document.querySelectorAll("h1, [role=status], [role=alert]")].map((e) => e.textContent.trim()).join(" | ")`, &shows))
		w.shot("failed")
		w.Fatalf("in vain: %s: %v; the page: %s; complaints %q", what, err, shows, w.takeComplaints())
	}
}

// pageGone is what the browser answers of a page that another has replaced.
const pageGone = -32000

// asked is what a script answers.
func asked[T any](w *window, script string) (v T) {
	w.Helper()
	w.run(chromedp.Evaluate(script, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// shot writes a picture into the folder that FORECALL_SHOTS names.
func (w *window) shot(name string) {
	w.Helper()
	dir := os.Getenv("FORECALL_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	w.run(chromedp.FullScreenshot(&picture, 100))
	if err := os.WriteFile(filepath.Join(dir, strings.Trim(strings.ReplaceAll(name, "/", "-"), "-")+".png"), picture, 0o600); err != nil {
		w.Error(err)
	}
}

// theme makes the window light or dark.
func (w *window) theme(name string) {
	w.Helper()
	w.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: name}, {Name: "prefers-reduced-motion", Value: "reduce"}, // pictures of what stands still
	}))
}
