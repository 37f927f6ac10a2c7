package web

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
)

func TestSupervisorsInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"listens, whispers, barges and lets go by keyboard":     supervises,
		"pauses an agent, writes to the desks, ends a shift":    steers,
		"who asks for help stands first and is told of":         helps,
		"the last hour is drawn and is brought up to date":      drawsTheHour,
		"the wall shows the floor and nothing to press":         wallboard,
		"the floor of a manager in Spanish has its own numbers": speaksSpanish,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

// supervisorHouse has a supervisor with a desk phone, and a busy floor.
func supervisorHouse(t *testing.T, chromium context.Context) *browser {
	h := newHouse(t)
	u, err := h.db.UserByLogin(t.Context(), "supervisor")
	h.must(err)
	u.Extension = "900"
	_, err = h.db.PutUser(t.Context(), u)
	h.must(err)
	floor := busyFloor()
	for i := range floor.Agents { // the store knows them: numbers 6 to 29
		u, err := h.db.PutUser(t.Context(), campaigns.User{Login: fmt.Sprint("a", i), Name: "Agent", Role: campaigns.Agent, PasswordHash: passwordHash})
		h.must(err)
		floor.Agents[i].Agent = u.ID
	}
	h.stage.show(floor)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Supervisor)
	b.until(`document.querySelectorAll("#agents li").length === 24`)
	return b
}

// audit counts what was written down of a kind.
func (h *house) audit(kind string) int {
	h.Helper()
	all, err := h.db.AuditEntries(h.Context(), 0, 1000)
	h.must(err)
	n := 0
	for _, e := range all {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func supervises(t *testing.T, chromium context.Context) {
	b := supervisorHouse(t, chromium)
	b.run(chromedp.Focus(`#agents [data-key="6"] button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#console"))
	b.focused("textContent", "Ana Ferrer 1")
	eval[bool](b, `document.getElementById("c-phone").value = "desk", true`)
	b.run(chromedp.KeyEvent("l"))
	b.until(`document.querySelector("[data-mode=listen]").getAttribute("aria-pressed") === "true"`)
	if got := eval[string](b, `document.querySelector('#agents [data-key="6"] [data-f=with]').textContent`); got != "Sara listens" {
		t.Errorf("the card says %q", got)
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.glimpse("live-console-" + theme)
		contrast(b, theme)
	}
	b.run(chromedp.KeyEvent("w"))
	b.until(`document.querySelector("[data-mode=whisper]").getAttribute("aria-pressed") === "true"`)
	b.run(chromedp.KeyEvent("b"))
	b.until(`document.querySelector("[data-mode=barge]").getAttribute("aria-pressed") === "true"`)
	if eval[bool](b, `document.getElementById("c-take").disabled`) {
		t.Error("who has barged in cannot take over")
	}
	b.run(chromedp.KeyEvent("s"))
	b.until(`document.getElementById("c-stop").disabled`)
	b.run(chromedp.KeyEvent(kb.Escape))
	b.until(`document.getElementById("console").hidden`)
	if !eval[bool](b, `document.activeElement.matches('#agents [data-key="6"] button')`) {
		t.Error("the focus did not go back to the agent")
	}
	for _, kind := range []string{"agent.listen", "agent.whisper", "agent.barge", "agent.monitor_end"} {
		if n := b.audit(kind); n != 1 {
			t.Errorf("%s stands %d times in the audit", kind, n)
		}
	}
	named(b)
	b.silent()
}

func steers(t *testing.T, chromium context.Context) {
	b := supervisorHouse(t, chromium)
	b.run(chromedp.Click(`#agents [data-key="9"] button`), chromedp.WaitVisible("#console"))
	b.run(chromedp.Click("#c-pause button"))
	b.until(`document.querySelector('#agents [data-key="9"]').dataset.state === "paused"`)
	b.run(chromedp.SendKeys("#c-message input", "Speak slower <b>please</b>"), chromedp.KeyEvent(kb.Enter))
	b.until(`document.getElementById("c-said").textContent.startsWith("The message")`)
	b.run(chromedp.Click("#c-out"), chromedp.Click("#c-out"))
	b.until(`!document.querySelector('#agents [data-key="9"]')`)
	b.run(chromedp.SendKeys("#to-all input", "Fire drill at noon"), chromedp.KeyEvent(kb.Enter))
	b.until(`document.querySelector("#to-all [role=status]").textContent.startsWith("The message")`)
	sent, err := b.db.Messages(t.Context(), 10)
	b.must(err)
	if len(sent) != 2 || sent[0].Agent != 0 || sent[1].Agent != 9 || sent[1].Text != "Speak slower <b>please</b>" {
		t.Errorf("messages %+v", sent)
	}
	if b.audit("agent.pause") != 1 || b.audit("agent.sign_out") != 1 {
		t.Error("pause and log-out do not stand in the audit")
	}
	b.silent()
}

func helps(t *testing.T, chromium context.Context) {
	b := supervisorHouse(t, chromium)
	b.stage.agent(21, func(a *campaigns.AgentStatus) { a.Attempt, a.Talk.Help = "air0", true })
	b.until(`!document.getElementById("helps").hidden`)
	if got := eval[string](b, `document.querySelector("#agents li").dataset.key + document.querySelector("#helps").textContent`); !strings.HasPrefix(got, "21Asks for help: Hana Nov") {
		t.Errorf("told %q", got)
	}
	b.run(chromedp.Click(`#filter [data-show=help]`))
	b.until(`document.querySelectorAll("#agents li").length === 1`)
	b.run(chromedp.Click(`#filter [data-show=ready]`))
	b.until(`[...document.querySelectorAll("#agents li")].every((e) => e.dataset.state === "ready")`)
	b.silent()
}

// anHour fills the history with an hour of a campaign that has its ups and downs.
func anHour(h *house, f campaigns.FloorSnapshot) {
	now := time.Now().Add(-time.Hour)
	for i := range 3600 / 15 {
		for c := range f.Campaigns {
			s := &f.Campaigns[c]
			s.Placed, s.PickedUp, s.Answered, s.Bridged = i*(10+c), i*(3+(i/40)%2), i*(3+(i/40)%2), i*3
			s.Abandoned, s.PerMinute, s.Ringing = i/40, float64(30+i%40), 10+i%17
		}
		for range 2 {
			now = now.Add(sampleEvery / 2)
			h.pages.past.look(f, now)
		}
	}
}

func drawsTheHour(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	floor := busyFloor()
	anHour(h, busyFloor())
	h.stage.show(floor)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Manager)
	before := eval[string](b, `document.querySelector('#campaigns [data-key="1"] [data-chart=occupancy] .line').getAttribute("d")`)
	if strings.Count(before, "L") < 100 {
		t.Errorf("the line of an hour: %q", before)
	}
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot("live-hour-" + theme)
		contrast(b, theme)
	}
	floor.Campaigns[0].PerMinute = 99
	h.pages.past.look(floor, time.Now().Add(sampleEvery))
	eval[bool](b, `document.dispatchEvent(new Event("visibilitychange"))`)
	b.until(`document.querySelector('#campaigns [data-key="1"] [data-chart=rate] [data-now]').textContent === "99"`)
	b.silent()
}

func wallboard(t *testing.T, chromium context.Context) {
	b := supervisorHouse(t, chromium)
	b.run(chromedp.EmulateViewport(1920, 1080), chromedp.Navigate(b.url+"/live?tv=1"), chromedp.WaitVisible(`#link[data-state=live]`))
	b.until(`document.querySelectorAll("#agents li").length === 24`)
	if n := eval[int](b, `document.querySelectorAll("button, input, select, form").length`); n != 0 {
		t.Errorf("%d things to press hang on the wall", n)
	}
	b.shot("live-tv")
	b.silent()
}

func speaksSpanish(t *testing.T, chromium context.Context) {
	b := supervisorHouse(t, chromium)
	b.run(chromedp.SetValue(`select[name=lang]`, "es"), chromedp.Click(".look button"), chromedp.WaitVisible(`html[lang=es] #link[data-state=live]`))
	b.until(`document.querySelector('#campaigns [data-key="1"] [data-f=share]').textContent.startsWith("1,9")`)
	b.run(emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		t.Errorf("the page is %d wide on a phone", wide)
	}
	b.silent()
}

// named wants a name for everything that can be pressed or filled in.
func named(b *browser) {
	b.Helper()
	bare := eval[[]string](b, `[...document.querySelectorAll("button, input:not([type=hidden]), select, textarea, a, [role=slider]")].filter((e) => e.checkVisibility())
		.filter((e) => !(e.getAttribute("aria-label") || e.getAttribute("aria-labelledby") || e.textContent.trim() || [...(e.labels ?? [])].some((l) => l.textContent.trim()) || e.title))
		.map((e) => e.outerHTML.slice(0, 120))`)
	if len(bare) > 0 {
		b.Errorf("without a name: %q", bare)
	}
}

// glimpse is a picture of what is seen without scrolling.
func (b *browser) glimpse(name string) {
	b.Helper()
	dir := os.Getenv("FORECALL_SHOTS")
	if dir == "" {
		return
	}
	var picture []byte
	b.run(chromedp.CaptureScreenshot(&picture))
	b.must(os.WriteFile(filepath.Join(dir, name+".png"), picture, 0o600))
}
