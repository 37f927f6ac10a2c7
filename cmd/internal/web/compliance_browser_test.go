package web

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	cdppage "github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
)

func TestTheComplianceDeskInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"a call is searched by keyboard, and its dossier is printed": printsADossier,
		"calls are exported while the page looks on":                 exportsCalls,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

func printsADossier(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	s := soldCall(h)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Compliance)
	b.run(chromedp.Navigate(b.url+"/compliance"), chromedp.WaitVisible(".door"))
	looked(b, "compliance")
	b.run(chromedp.Navigate(b.url+"/compliance/search"), chromedp.WaitVisible("#h-found"))
	b.run(chromedp.Focus("input[name=number]"), chromedp.KeyEvent(s.call.Number[4:]), chromedp.SetValue(`select[name=outcome]`, "connected"), chromedp.Focus("input[name=number]"), chromedp.KeyEvent(kb.Enter))
	b.run(chromedp.WaitReady(`select[name=outcome] option[value=connected][selected]`))
	if n := eval[int](b, `document.querySelectorAll("tbody tr").length`); n != 1 {
		t.Errorf("%d calls are found", n)
	}
	if at := eval[string](b, `location.href`); at != b.url+"/compliance/search" {
		t.Errorf("the number stands in the address: %s", at)
	}
	looked(b, "compliance-search")
	b.run(chromedp.Focus("tbody a"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#h-proof"))
	looked(b, "compliance-dossier")
	b.run(emulation.SetEmulatedMedia().WithMedia("print"), chromedp.EmulateViewport(794, 1123)) // A4
	b.shot("compliance-dossier-print")
	for _, gone := range []string{".top", ".foot", ".no-print"} {
		if eval[bool](b, `[...document.querySelectorAll("`+gone+`")].some((e) => e.checkVisibility())`) {
			t.Errorf("%s is printed", gone)
		}
	}
	if cut := eval[[]string](b, `[...document.querySelectorAll("main *")].filter((e) => e.checkVisibility() && e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).overflowX !== "visible").map((e) => e.outerHTML.slice(0, 80))`); len(cut) > 0 {
		t.Errorf("paper cuts off %q", cut)
	}
	var pdf []byte
	b.run(chromedp.ActionFunc(func(ctx context.Context) (err error) {
		pdf, _, err = cdppage.PrintToPDF().WithPreferCSSPageSize(true).WithPrintBackground(false).Do(ctx)
		return err
	}))
	if pages := bytes.Count(pdf, []byte("/Type /Page\n")) + bytes.Count(pdf, []byte("/Type /Page ")); !bytes.HasPrefix(pdf, []byte("%PDF")) || pages > 4 {
		t.Errorf("a document of %d octets and %d pages", len(pdf), pages)
	}
	if dir := os.Getenv("FORECALL_SHOTS"); dir != "" {
		h.must(os.WriteFile(filepath.Join(dir, "compliance-dossier.pdf"), pdf, 0o600))
	}
	b.silent()
}

func exportsCalls(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	soldCall(h)
	b := openBrowser(h, chromium)
	b.logIn(campaigns.Compliance)
	b.run(chromedp.Navigate(b.url+"/compliance/search"), chromedp.WaitVisible("#h-export"))
	b.run(chromedp.SetValue(`select[name=format]`, "parquet"), chromedp.SetValue("input[name=reason]", hostile[0]), chromedp.Click("details summary"),
		chromedp.Click(`input[value=called_number]`), chromedp.Click(`input[value=outcome]`), chromedp.Click("#h-export ~ form button"), chromedp.WaitVisible("[data-export]"))
	b.run(chromedp.WaitVisible(`[data-export][data-state=done]`))
	looked(b, "compliance-exports")
	if got := eval[string](b, `document.querySelector("progress").value + " " + document.querySelector("[data-rows]").textContent`); got != "100 60" {
		t.Errorf("the page says %q", got)
	}
	if magic := eval[string](b, `fetch(document.querySelector("a[download]").href).then((r) => r.text()).then((t) => t.slice(0, 4))`); magic != "PAR1" {
		t.Errorf("the file begins with %q", magic)
	}
	if title := eval[string](b, `document.title`); title == "stolen" {
		t.Error("a reason became a script")
	}
	b.run(chromedp.Navigate(b.url+"/compliance/refusals"), chromedp.WaitVisible("#h-list"))
	looked(b, "compliance-refusals")
	b.silent()
}
