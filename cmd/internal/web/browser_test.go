package web

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/network"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
)

// browser is a real Chromium without a window, and what it complained about.
type browser struct {
	*house
	ctx context.Context
	mu  sync.Mutex
	bad []string
}

// chromium starts the browser that the tests of the pages share, or skips
// where it is not installed.
func chromium(t *testing.T) context.Context {
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
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), options...)
	ctx, closeBrowser := chromedp.NewContext(alloc)
	t.Cleanup(func() {
		closeBrowser()
		stop()
	})
	if err := chromedp.Run(ctx); err != nil {
		t.Fatalf("start chromium: %v", err)
	}
	return ctx
}

// openBrowser opens a tab without cookies: they do not tell ports apart, so
// that one house would get the session of the one before.
func openBrowser(h *house, chromium context.Context) *browser {
	h.Helper()
	ctx, closeTab := chromedp.NewContext(chromium)
	ctx, cancel := context.WithTimeout(ctx, 2*time.Minute)
	b := &browser{house: h, ctx: ctx}
	h.Cleanup(func() {
		cancel()
		closeTab()
	})
	chromedp.ListenTarget(ctx, b.listen)
	b.run(network.ClearBrowserCookies(), cdplog.Enable(), runtime.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(`window.violations = [];
			document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));`).Do(ctx)
		return err
	}), chromedp.EmulateViewport(1280, 900))
	return b
}

// listen notes every complaint of the browser: policy violations, exceptions,
// failed loads.
func (b *browser) listen(ev any) {
	b.mu.Lock()
	defer b.mu.Unlock()
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError || e.Entry.Level == cdplog.LevelWarning {
			b.bad = append(b.bad, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		b.bad = append(b.bad, e.ExceptionDetails.Error())
	}
}

// run does things in the browser.
func (b *browser) run(actions ...chromedp.Action) {
	b.Helper()
	if err := chromedp.Run(b.ctx, actions...); err != nil {
		b.Fatalf("browser: %v; complaints: %q", err, b.complaints())
	}
}

// eval asks the page when all of it is there: what was waited for may stand at
// its top, and the rest be on its way.
func eval[T any](b *browser, script string) (v T) {
	b.Helper()
	b.until(`document.readyState === "complete"`)
	b.run(chromedp.Evaluate(script, &v, func(p *runtime.EvaluateParams) *runtime.EvaluateParams { return p.WithAwaitPromise(true) }))
	return v
}

// until waits for the page to make a script true.
func (b *browser) until(script string) {
	b.Helper()
	b.run(chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(30*time.Second)))
}

// focused waits until the focus is on what has a property of that value: a page
// gives it after the element is shown.
func (b *browser) focused(property, value string) {
	b.Helper()
	b.until(fmt.Sprintf(`document.activeElement?.%s === %q`, property, value))
}

func (b *browser) complaints() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.bad...)
}

// silent wants no complaint, and no violation of the policy.
func (b *browser) silent() {
	b.Helper()
	if bad := b.complaints(); len(bad) > 0 {
		b.Errorf("the browser complained: %q", bad)
	}
	if v := eval[[]string](b, `window.violations`); len(v) > 0 {
		b.Errorf("violations of the policy: %q", v)
	}
}

// logIn types into the form, as somebody without a mouse.
func (b *browser) logIn(r campaigns.Role) {
	b.Helper()
	b.run(chromedp.Navigate(b.url+"/"), chromedp.WaitVisible("#login"))
	b.focused(`id`, "login")
	b.run(chromedp.KeyEvent(string(r)), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(password), chromedp.KeyEvent(kb.Enter))
	b.run(chromedp.WaitVisible(`header.top`), chromedp.Navigate(b.url+"/live"), chromedp.WaitVisible(`#link[data-state=live]`))
}

// shot writes a picture into the folder that FORECALL_SHOTS names.
func (b *browser) shot(name string) {
	b.Helper()
	dir := os.Getenv("FORECALL_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	b.run(chromedp.FullScreenshot(&picture, 100))
	b.must(os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
}

func (b *browser) theme(name string) {
	b.Helper()
	b.run(emulation.SetEmulatedMedia().WithFeatures([]*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}))
}

func TestInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"the live page follows the floor":                      followsTheFloor,
		"updates can be paused by keyboard":                    pausedByKeyboard,
		"hostile names are shown harmlessly":                   hostileNames,
		"a page whose session ended leads to the login":        sessionEnded,
		"the documentation of the API opens without complaint": documentation,
		"a number is asked about by keyboard":                  askedByKeyboard,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

func followsTheFloor(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	floor := busyFloor()
	h.stage.show(floor)
	b := openBrowser(h, chromium)
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.run(chromedp.Navigate(b.url + "/login"))
		b.shot("login-" + theme)
	}
	b.logIn(campaigns.Manager)
	b.until(`document.querySelectorAll("#agents li").length === 24`)
	if got := eval[string](b, `document.querySelector('#campaigns [data-key="1"] [data-f="placed"]').textContent`); got != "1482" {
		t.Errorf("placed %q", got)
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot("live-" + theme)
		contrast(b, theme)
	}

	decisions := `[...document.querySelectorAll('#campaigns [data-key="1"] .pacing li')].map((e) => e.textContent).join("|")`
	if got := eval[string](b, decisions); !strings.Contains(got, "Free agents: 3. Calls in the air: 19. People waiting: 1.|Expected to answer: 1.2 within 5 s") {
		t.Errorf("the decision in words: %q", got)
	}
	if got := eval[string](b, `document.querySelector('#agents li[data-state=resting]').textContent`); !strings.Contains(got, "occupancy ceiling, until ") {
		t.Errorf("an agent who rests: %q", got)
	}
	if got := eval[string](b, `document.querySelector('#calls [data-key=air2] [data-f=odds]').textContent`); got != "0.8 ×" {
		t.Errorf("odds of a call %q", got)
	}
	b.run(chromedp.Click(`#campaigns [data-key="1"] .pacing summary`))
	b.shot("live-decision")

	floor.Campaigns[0].Decision.Free = 7
	floor.Campaigns[0].Placed, floor.Campaigns[0].Status = 1500, campaigns.Paused
	floor.Campaigns[0].Abandoned = 60
	floor.Agents = append(floor.Agents[1:], campaigns.AgentStatus{Agent: 99, Name: "Aaron", State: campaigns.AgentReady, Since: time.Now()})
	floor.Calls = nil
	h.stage.show(floor)
	b.until(`document.querySelector('#campaigns [data-key="1"] [data-f="placed"]').textContent === "1500"`)
	b.until(`document.querySelectorAll("#calls tr").length === 0`)
	if got := eval[string](b, decisions); !strings.HasPrefix(got, "Free agents: 7.") {
		t.Errorf("the decision after it changed: %q", got)
	}
	if !eval[bool](b, `document.querySelector('#campaigns [data-key="1"] .pacing').open`) {
		t.Error("an update closed what somebody had opened")
	}
	if got := eval[string](b, `document.querySelector("#agents li:last-child [data-f=name]").textContent`); got != "Aaron" {
		t.Errorf("the agent who waits for the shortest time is not the last, but %q", got)
	}
	if eval[bool](b, `document.getElementById("breach").hidden`) {
		t.Error("a campaign over its limit is not told")
	}
	if eval[bool](b, `document.querySelector('#campaigns [data-key="1"] form[data-action=start]').hidden`) {
		t.Error("a paused campaign cannot be started")
	}
	b.run(emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	b.shot("live-phone")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	b.silent()
}

func pausedByKeyboard(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	floor := busyFloor()
	h.stage.show(floor)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Supervisor)
	b.run(chromedp.Focus("#hold"), chromedp.KeyEvent(" "))
	b.until(`document.getElementById("hold").getAttribute("aria-pressed") === "true"`)
	floor.Campaigns[0].Placed = 2000
	h.stage.show(floor)
	eval[bool](b, `new Promise((done) => { const e = new EventSource("/v1/floor/events"); e.addEventListener("patch", () => {}); e.addEventListener("snapshot", () => { e.close(); done(true); }); })`)
	if got := eval[string](b, `document.querySelector('#campaigns [data-key="1"] [data-f="placed"]').textContent`); got != "1482" {
		t.Errorf("a held page changed to %q", got)
	}
	b.run(chromedp.KeyEvent(" "))
	b.until(`document.querySelector('#campaigns [data-key="1"] [data-f="placed"]').textContent === "2000"`)
	b.silent()
}

func hostileNames(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Manager)
	h.stage.show(hostileFloor(strings.Repeat("ш", 100_000)))
	b.until(`document.querySelectorAll("#last tr").length === 7`)
	if title := eval[string](b, `document.title`); title != "Live · forecall" {
		t.Errorf("title %q", title)
	}
	names := eval[[]string](b, `[...document.querySelectorAll("#calls [data-f=contact]")].map((e) => e.textContent)`)
	for i, want := range hostile {
		want = strings.NewReplacer("\u202E", "", "\u202D", "").Replace(strings.ToValidUTF8(want, "\uFFFD"))
		if !contains(names, want) {
			t.Errorf("name %d is not among %q", i, names)
		}
	}
	if n := eval[int](b, `document.querySelectorAll("img, main script").length`); n != 0 {
		t.Errorf("%d elements came out of names", n)
	}
	b.shot("hostile")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 1280 {
		t.Errorf("a name made the page %d wide", wide)
	}
	b.silent()
}

func askedByKeyboard(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	h.stage.show(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{{ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode}}})
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Manager)
	b.run(chromedp.Focus(".ask input[name=number]"), chromedp.KeyEvent("+34 600 111 222"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#h-answer"))
	if got := eval[string](b, `document.querySelector("#h-answer").textContent`); !strings.Contains(got, "+34600111222") {
		t.Errorf("answered %q", got)
	}
	if at := eval[string](b, `location.pathname + location.search`); at != "/why" {
		t.Errorf("the number stands in the address: %s", at)
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot("why-" + theme)
		contrast(b, theme)
	}
	b.run(emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	b.shot("why-phone")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	b.silent()
}

func sessionEnded(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	h.stage.show(busyFloor())
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Manager)
	eval[bool](b, `fetch("/v1/logout", {method: "POST"}).then(() => true)`)
	b.run(chromedp.Reload(), chromedp.WaitVisible("#login"))
	b.silent()
}

func documentation(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	b := openBrowser(h, chromium)
	b.run(chromedp.Navigate(b.url+"/docs/"), chromedp.WaitVisible(".opblock", chromedp.ByQuery))
	b.until(`document.querySelectorAll(".opblock").length >= 40`) // operations
	b.shot("docs")
	b.silent()
}

func contains(list []string, want string) bool {
	for _, s := range list {
		if s == want {
			return true
		}
	}
	return false
}

// contrast measures the text of the page against its ground (WCAG 2.2, 1.4.3).
func contrast(b *browser, theme string) {
	b.Helper()
	low := eval[[]string](b, contrastScript)
	if len(low) > 0 {
		b.Errorf("%s theme: contrast under 4.5:1: %q", theme, low)
	}
}

const contrastScript = `(() => {
	const parse = (c) => (c.match(/[\d.]+/g) ?? []).map(Number);
	const light = ([r, g, b]) => { const f = (v) => (v /= 255) <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4; return 0.2126 * f(r) + 0.7152 * f(g) + 0.0722 * f(b); };
	const ground = (e) => { for (; e; e = e.parentElement) { const c = parse(getComputedStyle(e).backgroundColor); if (c.length === 3 || c[3] > 0.99) return c; } return [255, 255, 255]; };
	const low = [];
	const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
	while (texts.nextNode()) {
		const e = texts.currentNode.parentElement;
		if (!texts.currentNode.data.trim() || !e.checkVisibility()) continue;
		const [a, c] = [light(parse(getComputedStyle(e).color)), light(ground(e))];
		const ratio = (Math.max(a, c) + 0.05) / (Math.min(a, c) + 0.05);
		if (ratio < 4.5) low.push(texts.currentNode.data.trim().slice(0, 30) + " " + ratio.toFixed(2));
	}
	return low;
})()`
