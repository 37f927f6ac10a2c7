package node

import (
	"context"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	cdplog "github.com/chromedp/cdproto/log"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/client"
	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/dialer/media"
)

// deskTab is the desk of an agent in a real Chromium with a fake microphone,
// which beeps. What it complains of is kept.
type deskTab struct {
	*tab
	mu  sync.Mutex
	bad []string
}

// earpiece is put into every page: it keeps the connections, so that a test can hear
// what the agent hears, and the violations of the policy.
const earpiece = `
	window.violations = [];
	document.addEventListener("securitypolicyviolation", (e) => violations.push(e.violatedDirective + " " + e.blockedURI));
	window.lines = [];
	window.RTCPeerConnection = class extends RTCPeerConnection { constructor(...a) { super(...a); lines.push(this); } };
	window.peak = () => { // the loudest frequency that the agent hears, 0 = silence
		const pc = lines.findLast((l) => l.connectionState === "connected");
		const track = pc?.getReceivers()[0]?.track;
		if (!track) return 0;
		if (window.heardTrack !== track) {
			window.heardTrack = track;
			window.ear ??= new AudioContext();
			window.analyser = ear.createAnalyser();
			analyser.fftSize = 8192;
			ear.createMediaStreamSource(new MediaStream([track])).connect(analyser);
		}
		const bins = new Float32Array(analyser.frequencyBinCount);
		analyser.getFloatFrequencyData(bins);
		const at = bins.indexOf(Math.max(...bins));
		return bins[at] > -70 ? at * ear.sampleRate / analyser.fftSize : 0;
	};`

// openDesk logs an agent in by the form, as somebody without a mouse.
func openDesk(t *testing.T, o *office, login string) *deskTab {
	t.Helper()
	return openDeskAt(t, o.node.URL(), login, o.secret)
}

// openDeskAt does so at an address of pages.
func openDeskAt(t *testing.T, url, login, secret string) *deskTab {
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
		chromedp.ExecPath(program), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(profile(t)), chromedp.WindowSize(1366, 900),
		chromedp.Flag("use-fake-device-for-media-stream", true), chromedp.Flag("use-fake-ui-for-media-stream", true),
		chromedp.Flag("allow-loopback-in-peer-connection", true), chromedp.Flag("mute-audio", true), chromedp.Flag("disable-quic", true),
		chromedp.Flag("disable-component-update", true), chromedp.WSURLReadTimeout(time.Minute))
	alloc, stop := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, closeTab := chromedp.NewContext(alloc)
	ctx, cancel := context.WithTimeout(ctx, 3*time.Minute)
	t.Cleanup(func() {
		cancel()
		closeTab()
		stop()
	})
	d := &deskTab{tab: &tab{TB: t, ctx: ctx, api: client.New(url)}}
	if _, err := d.api.Login(within(t), login, secret); err != nil {
		t.Fatal(err)
	}
	chromedp.ListenTarget(ctx, d.listen)
	d.run(cdplog.Enable(), runtime.Enable(), chromedp.ActionFunc(func(ctx context.Context) error {
		_, err := cdppage.AddScriptToEvaluateOnNewDocument(earpiece).Do(ctx)
		return err
	}))
	for try := 1; ; try++ {
		err := d.logIn(url, login, secret)
		if err == nil {
			break
		}
		if try == 3 {
			t.Fatalf("browser: %v", err)
		}
		var shown string
		_ = chromedp.Run(ctx, chromedp.Evaluate(`location.pathname + ": " + document.body.innerText.slice(0, 300)`, &shown))
		t.Logf("the desk is asked for again: %v; the page shows %s", err, shown) // the floor may move on a machine that is busy
	}
	d.want(`document.getElementById("gate")?.hidden === false`, "the desk asks how the shift begins")
	return d
}

// logIn comes to the desk by the page of the login, unless somebody is logged in.
func (d *deskTab) logIn(url, login, secret string) error {
	ctx, stop := context.WithTimeout(d.ctx, patience/2)
	defer stop()
	asked := false
	err := chromedp.Run(ctx, chromedp.Navigate(url+"/"),
		chromedp.Poll(`document.activeElement?.id === "login" || document.getElementById("sign-in") !== null`, nil), // the login has the focus
		chromedp.Evaluate(`document.getElementById("login") !== null`, &asked))
	if err == nil && asked {
		err = chromedp.Run(ctx, chromedp.KeyEvent(login), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(secret), chromedp.KeyEvent(kb.Enter))
	}
	if err == nil {
		err = chromedp.Run(ctx, chromedp.WaitVisible("#sign-in"))
	}
	return err
}

func (d *deskTab) listen(ev any) {
	d.mu.Lock()
	defer d.mu.Unlock()
	switch e := ev.(type) {
	case *cdplog.EventEntryAdded:
		if e.Entry.Level == cdplog.LevelError && !strings.Contains(e.Entry.Text, "status of 4") { // a refusal is an answer
			d.bad = append(d.bad, e.Entry.Text+" "+e.Entry.URL)
		}
	case *runtime.EventExceptionThrown:
		d.bad = append(d.bad, e.ExceptionDetails.Error())
	}
}

// want waits for a script to be true, and tells what the desk shows when it is not.
func (d *deskTab) want(script, what string) {
	d.Helper()
	if err := chromedp.Run(d.ctx, chromedp.Poll(script, nil, chromedp.WithPollingInterval(50*time.Millisecond), chromedp.WithPollingTimeout(patience))); err != nil {
		var shown string
		_ = chromedp.Run(d.ctx, chromedp.Evaluate(`document.activeElement.outerHTML.slice(0, 200) + "\n" + document.querySelector("main").innerText`, &shown))
		d.shot("desk-failed")
		d.mu.Lock()
		defer d.mu.Unlock()
		d.Fatalf("in vain: %s: %v; complaints %q; the desk shows\n%s", what, err, d.bad, shown)
	}
}

// ask asks the page.
func (d *deskTab) ask(script string) (v string) {
	d.Helper()
	d.run(chromedp.Evaluate(script, &v))
	return v
}

// press types keys, as a person without a mouse.
func (d *deskTab) press(keys ...string) {
	d.Helper()
	for _, k := range keys {
		d.run(chromedp.KeyEvent(k))
	}
}

// click puts the focus on what a selector finds and presses Enter or the space bar.
func (d *deskTab) click(selector string) {
	d.Helper()
	d.run(chromedp.WaitVisible(selector, chromedp.ByQuery), chromedp.Focus(selector, chromedp.ByQuery), chromedp.KeyEvent(kb.Enter))
}

// silent wants no complaint of the browser, and no violation of the policy.
func (d *deskTab) silent() {
	d.Helper()
	d.mu.Lock()
	bad := slices.Clone(d.bad)
	d.mu.Unlock()
	if len(bad) > 0 {
		d.Errorf("the browser complained: %q", bad)
	}
	if v := d.ask(`violations.join("|")`); v != "" {
		d.Errorf("violations of the policy: %s", v)
	}
}

// hostilePeople are people of a list who are called, one after the other.
var hostilePeople = []string{
	`<script>document.title="stolen"</script>`,
	`"><img src=x onerror="document.title='stolen'">`,
	"عمر الخطيب 王小明 👩🏽‍💻",
	strings.Repeat("ш", 2000),
	"\u202Eevil\u202D txt.exe",
}

// openShop is an office that sells, with an agent ana, who has a headset, and
// ben, who has a desk phone; the people of its list are the hostile ones.
func openShop(t *testing.T) (*office, *village) {
	t.Helper()
	v := openVillage(t, at50ms)
	o := openOfficeWith(t, v.addr(), nil, func(c *config.Config) {
		c.Campaigns[0].Script, c.Campaigns[0].ScriptVer, c.Campaigns[0].WrapUp = branching, "spring", 5*time.Minute
		c.Users[1].Extension, c.Users[1].PhoneSecret = "", "" // ana
	}, "ana", "ben")
	if err := o.manager.Change(within(t), fmt.Sprintf("/v1/campaigns/%d", o.campaign), map[string]any{
		"products": []api.Product{
			{Code: "fibre500", Name: "Fibre <b>500</b>", Price: 2990, Currency: "EUR", Term: campaigns.Monthly, MinTerms: 12, MaxDiscount: 0.2},
			{Code: "router", Name: "Router", Price: 4900, Currency: "EUR"},
		},
		"reasons": []string{"Too expensive", "Has a contract"}, "complaints": []string{"Billing"},
	}, nil); err != nil {
		t.Fatal(err)
	}
	if err := o.manager.Post(within(t), "/v1/salespeople", map[string]any{
		"name": "Sol <i>Vega</i>", "zone": "America/New_York", "hours": map[string][]string{"sun-sat": {"00:00-24:00"}}, "slot": "1h", "phone": true, "place": "Main St 1", "active": true,
	}, nil); err != nil {
		t.Fatal(err)
	}
	return o, v
}

// callHostilePeople loads the list and starts the campaign.
func (o *office) callHostilePeople(t *testing.T) {
	t.Helper()
	var rows strings.Builder
	rows.WriteString("name,phone,plan <b>\n")
	for i, name := range hostilePeople {
		fmt.Fprintf(&rows, "\"%s\",%s,\"<img src=x> %d\"\n", strings.ReplaceAll(name, `"`, `""`), fictional(i), i)
	}
	query := url.Values{"campaign": {fmt.Sprint(o.campaign)}, "list": {"test"}, "region": {"US"}, "source": {"test"}}
	var result api.Import
	if err := o.manager.Upload(within(t), "/v1/imports", query, strings.NewReader(rows.String()), &result); err != nil {
		t.Fatal(err)
	}
	if result.Counts.Added != int64(len(hostilePeople)) {
		t.Fatalf("imported %+v", result.Counts)
	}
	if err := o.manager.Post(within(t), fmt.Sprintf("/v1/campaigns/%d/start", o.campaign), nil, nil); err != nil {
		t.Fatal(err)
	}
}

// next waits until the agent talks to the next person, and returns the attempt.
func (d *deskTab) next(number int) (attempt string) {
	d.Helper()
	d.want(fmt.Sprintf(`document.getElementById("bar").dataset.state === "talking" && document.querySelector("#bar .call-who").textContent.includes(%q)`, fictional(number)), fmt.Sprintf("person %d is on the line", number+1))
	var card api.Card
	if err := d.api.Read(within(d), "/v1/agent/call", &card); err != nil {
		d.Fatal(err)
	}
	return card.Attempt
}

// hangUp ends the call by its key; the outcomes have the focus then.
func (d *deskTab) hangUp() {
	d.Helper()
	d.settled()
	d.press(kb.F8)
	d.want(`document.getElementById("bar").dataset.state === "wrap_up" && document.activeElement.closest("#outcome") !== null`, "the outcomes have the focus")
}

// save records the outcome that is chosen.
func (d *deskTab) save() {
	d.Helper()
	d.click("#outcome .save")
	d.want(`document.getElementById("outcome").hidden || document.getElementById("columns").hidden || document.querySelector("#bar").dataset.state === "talking"`, "the outcome is recorded")
}

func TestAnAgentWorksAWholeShiftAtTheDeskInABrowser(t *testing.T) {
	o, v := openShop(t)
	d := openDesk(t, o, "ana")
	d.look("desk-gate")
	d.click("#sign-in")
	d.want(`document.body.dataset.phone === "up" && document.getElementById("state").dataset.state === "paused"`, "the shift begins with the headset")
	d.want(`document.activeElement.id === "go"`, "the focus is on Ready")
	d.press(kb.F2)
	d.want(`document.getElementById("state").dataset.state === "ready"`, "the agent is ready")
	d.look("desk-ready")
	o.callHostilePeople(t)

	sold := d.next(0)
	d.want(`peak() > 950 && peak() < 1050`, "the person's 1000 Hz are heard, and nothing was clicked")
	from := len(v.heard.heard())
	eventually(t, "the person hears the beeps of the microphone", func() bool {
		said := v.heard.heard()[from:]
		return crest(said) > 2000 && media.ToneShare(said, voiceHertz) < 0.2
	})
	if got := d.ask(`document.getElementById("h-person").textContent`); got != hostilePeople[0] {
		t.Errorf("the card names %q", got)
	}
	d.followScript()
	d.look("desk-talking")
	d.muteAndHold()
	d.sell(t, o, sold)
	d.meet(t, o, d.next(1))
	d.survey(t, o, d.next(2))
	d.callBack(t, o, d.next(3))
	d.passOnInVain(t, o, d.next(4))
	d.want(`document.querySelector("#last-said bdi").textContent === "evil txt.exe"`, "the last call is told, without the marks that turn a text around")
	d.want(`!document.getElementById("between").hidden && document.querySelector("#day dd")?.textContent === "5"`, "the day shows five calls")
	d.look("desk-between")
	d.silent()
	if title := d.ask(`document.title`); strings.Contains(title, "stolen") {
		t.Errorf("title %q", title)
	}
	d.click("#leave")
	d.want(`!document.getElementById("gate").hidden`, "the shift is over")
}

// followScript reads two steps, by the branch that an answer takes.
func (d *deskTab) followScript() {
	d.Helper()
	d.want(`document.querySelector("#script .step")?.dataset.step === "hello"`, "the script begins")
	d.want(`document.activeElement.closest("#script") !== null`, "the script has the focus")
	d.press(kb.Enter) // without an answer
	d.want(`document.querySelector("#script .refused") !== null`, "an answer is asked for")
	d.run(chromedp.Focus(`#script input[value=yes]`, chromedp.ByQuery))
	d.press(" ")
	d.click("#script .moves button")
	d.want(`document.querySelector("#script .step").dataset.step === "offer"`, "yes leads to the offer")
	d.run(chromedp.Focus(`#script input[type=number]`, chromedp.ByQuery))
	d.press("5")
	d.run(chromedp.Evaluate(`[...document.querySelectorAll("#script .moves button")].find((b) => b.textContent === "Next").focus()`, nil))
	d.press(kb.Enter)
	d.want(`document.querySelector("#script .step").dataset.step === "big"`, "five people lead to two routers")
	d.click("#script .own-open")
	d.types("#script .own textarea", "Two <i>big</i> ones, {{name}}.")
	d.click("#script .own .moves button")
	d.want(`document.querySelector("#script .step > .block").textContent.startsWith("Two <i>big</i> ones, <script>") && document.querySelector("#script .official").textContent.includes("Two routers.")`, "the agent's own wording stands before the official one")
}

func (d *deskTab) muteAndHold() {
	d.Helper()
	d.press(kb.F4)
	d.want(`document.querySelector('[data-do=mute]').getAttribute("aria-pressed") === "true"`, "the agent is muted")
	d.press(kb.F4)
	d.want(`document.querySelector('[data-do=mute]').getAttribute("aria-pressed") === "false"`, "the agent is heard")
	d.press(kb.F9)
	d.want(`document.querySelector('[data-do=hold]').getAttribute("aria-pressed") === "true"`, "the person is on hold")
	d.press(kb.F9)
	d.want(`document.querySelector('[data-do=hold]').getAttribute("aria-pressed") === "false"`, "the person is back")
}

// disposed is what the ledger has of a call.
func (o *office) disposed(t *testing.T, attempt, code string) *campaigns.Disposition {
	t.Helper()
	var call campaigns.Call
	eventually(t, "the outcome "+code+" is in the ledger", func() bool {
		var err error
		if call, err = o.node.db.Attempt(within(t), attempt); err != nil {
			t.Fatal(err)
		}
		return call.Disposition != nil
	})
	if call.Disposition.Code != code {
		t.Fatalf("the outcome is %s, not %s", call.Disposition.Code, code)
	}
	return call.Disposition
}

// sell records an order, and clicks twice.
func (d *deskTab) sell(t *testing.T, o *office, attempt string) {
	t.Helper()
	d.hangUp()
	d.press("1")
	d.want(`document.querySelector("#outcome .sale-line select") !== null`, "the order is asked for")
	d.run(chromedp.SetValue(`#outcome .sale-line input[type=number]`, "2", chromedp.ByQuery), chromedp.Evaluate(`document.querySelector("#outcome .sale-line input").dispatchEvent(new Event("input", { bubbles: true }))`, nil))
	d.want(`document.querySelector(".total").textContent.includes("59.80") && document.querySelector(".read-back").textContent.length > 20`, "the order is priced and read back")
	d.look("desk-sale")
	d.run(chromedp.Evaluate(`document.querySelector("#outcome .save").click(); document.querySelector("#outcome .save").click()`, nil))
	got := o.disposed(t, attempt, "sale")
	if got.Sale == nil || len(got.Sale.Lines) != 1 || got.Sale.Lines[0].Product != "fibre500" || got.Sale.Lines[0].Quantity != 2 {
		t.Errorf("sold %+v", got.Sale)
	}
	if !slices.Contains(got.Answers, campaigns.Answer{Question: "people", Value: "5"}) {
		t.Errorf("answers %+v", got.Answers)
	}
}

// meet agrees on the first free slot.
func (d *deskTab) meet(t *testing.T, o *office, attempt string) {
	t.Helper()
	d.hangUp()
	d.press("2")
	d.click("#outcome .slot")
	d.want(`document.querySelector("#outcome .check-says").dataset.ok === "true"`, "the slot is held")
	d.look("desk-appointment")
	d.save()
	if a := o.disposed(t, attempt, "appointment").Appointment; a == nil || a.Person != "Sol <i>Vega</i>" || a.At.IsZero() {
		t.Errorf("agreed %+v", a)
	}
}

// survey answers in the script, and reloads the page before it saves.
func (d *deskTab) survey(t *testing.T, o *office, attempt string) {
	t.Helper()
	d.want(`document.querySelector("#script .step")?.dataset.step === "hello"`, "the script begins anew")
	d.run(chromedp.Focus(`#script input[value=no]`, chromedp.ByQuery))
	d.press(" ")
	d.click("#script .moves button")
	d.want(`document.querySelector("#script .step").dataset.step === "bye"`, "no leads to the end")
	d.want(`document.querySelector("#outcome .choice[data-suggested]")?.dataset.code === "survey"`, "the script suggests the outcome")
	d.hangUp()
	eventually(d, "the outcome is chosen", func() bool {
		d.press("3") // a key that falls while the focus moves is nobody's
		return d.ask(`document.querySelector("#outcome .choice[data-code=survey]").getAttribute("aria-pressed")`) == "true"
	})
	d.run(chromedp.Evaluate(`(() => { // at once: the page may draw itself anew between two steps
		const note = document.querySelector("#outcome > label textarea");
		note.value = "kind <b>person</b>";
		note.dispatchEvent(new Event("input", { bubbles: true }));
	})()`, nil))
	d.draftKept("kind <b>person</b>")
	d.run(chromedp.Reload())
	d.want(`document.querySelector("#outcome > label textarea")?.value === "kind <b>person</b>" && document.body.dataset.phone === "up"`, "the draft and the headset are back after a reload")
	d.save()
	if got := o.disposed(t, attempt, "survey"); got.Note != "kind <b>person</b>" || !slices.Contains(got.Answers, campaigns.Answer{Question: "interest", Value: "no"}) {
		t.Errorf("recorded %+v", got)
	}
}

// draftKept waits until the server has the note.
func (d *deskTab) draftKept(note string) {
	d.Helper()
	eventually(d, "the draft is kept", func() bool {
		var kept api.CallDraft
		if err := d.api.Read(within(d), "/v1/agent/call/draft", &kept); err != nil {
			d.Fatal(err)
		}
		var draft struct{ Code, Note string }
		_ = json.Unmarshal(kept.Draft, &draft)
		if draft.Note == note && draft.Code == "survey" {
			return true
		}
		d.Logf("kept %s; the page shows %s", kept.Draft, d.ask(`document.querySelector("#outcome > label textarea").value + " / " + document.querySelector("#outcome .choice[aria-pressed=true]")?.dataset.code`))
		return false
	})
}

// callBack agrees on tomorrow, for the agent alone.
func (d *deskTab) callBack(t *testing.T, o *office, attempt string) {
	t.Helper()
	d.hangUp()
	d.press("4")
	d.want(`document.querySelectorAll("#outcome .quick button").length > 3`, "times are offered")
	d.run(chromedp.Evaluate(`[...document.querySelectorAll("#outcome .quick button")].at(-1).focus()`, nil))
	d.press(kb.Enter)
	d.want(`document.querySelector("#outcome .check-says").textContent !== "" && document.getElementById("callback-at").value !== ""`, "the time is checked")
	d.look("desk-callback")
	d.save()
	if c := o.disposed(t, attempt, "callback").Callback; c == nil || c.Agent == 0 || time.Until(c.At) < 6*24*time.Hour {
		t.Errorf("agreed %+v", c)
	}
}

// passOnInVain transfers the call to ben, who does not answer, and gets it back.
func (d *deskTab) passOnInVain(t *testing.T, o *office, attempt string) {
	t.Helper()
	o.plug(t, "ben", &ear{})
	ben := o.seat(t, "ben")
	d.click(`[data-do=transfer]`)
	d.want(`document.querySelector("#pass[open] .targets") !== null`, "the targets are shown")
	d.look("desk-transfer")
	d.click(`#pass .pass-keys button`)
	ben.until(t, "card")
	d.want(`document.querySelector(".passing")?.dataset.phase === "ringing"`, "it rings at ben")
	d.want(`document.querySelector(".passing")?.dataset.phase === "failed"`, "ben has not answered")
	d.want(`peak() > 950 && peak() < 1050`, "the person is heard again")
	d.hangUp()
	d.press("5")
	d.want(`document.querySelector("#outcome input[name=reason]") !== null`, "the reason is asked for")
	d.click(`#outcome .save`)
	d.want(`!document.querySelector("#outcome > .wrong").hidden`, "the reason is insisted on")
	d.run(chromedp.Focus(`#outcome input[name=reason]`, chromedp.ByQuery))
	d.press(" ")
	d.save()
	if got := o.disposed(t, attempt, "not_interested"); got.Reason != "Too expensive" {
		t.Errorf("recorded %+v", got)
	}
}
