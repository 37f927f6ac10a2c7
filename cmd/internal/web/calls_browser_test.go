package web

import (
	"context"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
)

func TestCallsInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"a call is found, heard and scored by keyboard": hearsACall,
		"performance is read, narrowed and ranked":      readsFigures,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

// looked is a page in both themes and on a phone, whose texts can be read and
// whose controls have names.
func looked(b *browser, name string) {
	b.Helper()
	named(b)
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot(name + "-" + theme)
		contrast(b, theme)
	}
	b.run(emulation.SetDeviceMetricsOverride(390, 844, 2, true))
	b.shot(name + "-phone")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		b.Errorf("%s is %d wide on a phone", name, wide)
	}
	b.run(emulation.ClearDeviceMetricsOverride(), chromedp.EmulateViewport(1280, 900))
}

func hearsACall(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	s := soldCall(h)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Supervisor)
	b.run(chromedp.Navigate(b.url+"/calls"), chromedp.WaitVisible("#h-list"))
	looked(b, "calls")
	b.run(chromedp.SetValue(`select[name=recorded]`, "yes"), chromedp.Focus(`.ask button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(`select[name=recorded] option[value=yes][selected]`))
	if n := eval[int](b, `document.querySelectorAll("tbody tr").length`); n != 1 {
		t.Errorf("%d calls have a recording", n)
	}
	b.run(chromedp.Focus("tbody a"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#controls"))
	looked(b, "call")
	at := func() float64 { return eval[float64](b, `document.getElementById("sound").currentTime`) }
	b.run(chromedp.Focus("#play"), chromedp.KeyEvent(" "))
	b.until(`document.getElementById("sound").currentTime > 0.3`)
	b.run(chromedp.KeyEvent(" "))
	b.until(`document.getElementById("sound").paused`)
	before := at()
	b.run(chromedp.Focus("#wave"), chromedp.KeyEvent(kb.ArrowRight))
	if now := at(); now < before+4.9 || now > before+5.1 {
		t.Errorf("an arrow leads from %.2f to %.2f", before, now)
	}
	if got := eval[string](b, `document.getElementById("wave").getAttribute("role") + document.getElementById("wave").getAttribute("aria-valuemax")`); got != "slider20" {
		t.Errorf("the drawing is %q", got)
	}
	b.run(chromedp.SetValue("#speed", "2"))
	eval[bool](b, `document.getElementById("speed").dispatchEvent(new Event("change"))`)
	if got := eval[float64](b, `document.getElementById("sound").playbackRate`); got != 2 {
		t.Errorf("the speed is %g", got)
	}
	b.run(chromedp.Click(`.jump[data-at="12"]`))
	b.until(`document.getElementById("sound").currentTime >= 12`)
	if n := h.audit("recording.heard"); n != 1 {
		t.Errorf("one hearing stands %d times in the audit", n)
	}
	b.run(chromedp.Click(`input[name="q.greeting"][value=yes]`), chromedp.Click(`input[name="q.tone"][value="5"]`), chromedp.Click(".sheet button"), chromedp.WaitVisible(".scored strong"))
	if got := eval[string](b, `document.querySelector(".scored strong").textContent`); got != "100 %" {
		t.Errorf("the score is shown as %q", got)
	}
	scores, err := h.db.Scores(t.Context(), s.call.ID)
	h.must(err)
	if len(scores) != 1 || scores[0].Share != 1 || scores[0].Agent != s.agent.ID {
		t.Errorf("scores %+v", scores)
	}
	b.silent()
}

func readsFigures(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	soldCall(h)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Manager)
	b.run(chromedp.Navigate(b.url+"/performance"), chromedp.WaitVisible(".figs"))
	looked(b, "performance")
	b.run(chromedp.SetValue(`select[name=rank]`, "sales"), chromedp.Focus(`.ask button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitReady(`select[name=rank] option[value=sales][selected]`))
	if got := eval[string](b, `document.querySelector(".rank").textContent`); got != "1" {
		t.Errorf("the first is ranked %q", got)
	}
	b.run(chromedp.Navigate(b.url+"/performance?table=hours"), chromedp.WaitVisible(".drawn"))
	looked(b, "performance-hours")
}
