package web

import (
	"context"
	"fmt"
	"iter"
	"math/rand/v2"
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

func TestManagersInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"every page of a campaign reads well":                    campaignPagesReadWell,
		"the week is set by keyboard and by mouse":               weekIsSet,
		"a list is brought, checked and imported":                listIsBrought,
		"another goal is simulated on the last days and taken":   goalIsSimulated,
		"hostile names of campaigns, files and cells do no harm": hostileLists,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

// open logs in and opens a page.
func (b *browser) open(r campaigns.Role, path string) {
	b.Helper()
	b.run(chromedp.Navigate(b.url+"/"), chromedp.WaitVisible("#login"))
	b.focused("id", "login")
	b.run(chromedp.KeyEvent(string(r)), chromedp.KeyEvent(kb.Tab), chromedp.KeyEvent(password), chromedp.KeyEvent(kb.Enter))
	b.run(chromedp.WaitVisible(`header.top`), chromedp.Navigate(b.url+path), chromedp.WaitVisible("#main"))
}

// readsWell looks at a page in both themes and on a phone, and wants every
// control to have a name.
func (b *browser) readsWell(name string) {
	b.Helper()
	for _, theme := range []string{"light", "dark"} {
		b.theme(theme)
		b.shot(name + "-" + theme)
		contrast(b, theme)
	}
	if without := eval[[]string](b, namelessScript); len(without) > 0 {
		b.Errorf("%s: controls without a name: %q", name, without)
	}
	b.run(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
	b.shot(name + "-phone")
	if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
		b.Errorf("%s is %d wide on a phone: %q", name, wide, eval[[]string](b, widestScript))
	}
	b.run(emulation.ClearDeviceMetricsOverride(), chromedp.EmulateViewport(1280, 900))
}

const namelessScript = `[...document.querySelectorAll("input:not([type=hidden]), select, textarea, button, a[href], summary, [role=option], progress")]
	.filter((e) => e.checkVisibility() && !((e.getAttribute("aria-label") ?? "") || (e.labels && [...e.labels].some((l) => l.textContent.trim())) || e.textContent.trim() && !/INPUT|SELECT|TEXTAREA|PROGRESS/.test(e.tagName) || e.getAttribute("aria-labelledby")))
	.map((e) => e.outerHTML.slice(0, 120))`

const widestScript = `[...document.querySelectorAll("main *")].filter((e) => e.getBoundingClientRect().right > 391 && !e.closest(".scroll")).slice(0, 5).map((e) => e.tagName + "." + e.className)`

func campaignPagesReadWell(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	h.stocked("Autumn")
	h.stage.show(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{{
		ID: c.ID, Name: c.Name, Status: c.Status, Mode: c.Mode, Placed: 1482, PickedUp: 512, Answered: 512, Abandoned: 13, Talking: 9, Ready: 3, Cap: 0.03, Why: "calling hours are over",
	}}})
	b := openBrowser(h, chromium)
	b.open(campaigns.Manager, "/campaigns")
	at := fmt.Sprintf("/campaigns/%d", c.ID)
	for name, path := range map[string]string{
		"campaigns": "/campaigns", "campaign": at, "campaign-lists": at + "/lists", "campaign-products": at + "/products",
		"campaign-outcomes": at + "/outcomes", "campaign-calls": at + "/calls", "campaign-upload": at + "/upload", "campaign-what-if": at + "/what-if",
	} {
		b.run(chromedp.Navigate(b.url+path), chromedp.WaitVisible("#main"))
		b.readsWell(name)
	}
	b.silent()
}

func weekIsSet(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	b := openBrowser(h, chromium)
	b.open(campaigns.Manager, fmt.Sprintf("/campaigns/%d", c.ID))
	b.until(`document.querySelectorAll(".half-hours").length === 7`)
	cell := func(day, i int) string {
		return fmt.Sprintf(`document.querySelectorAll(".half-hours")[%d].children[%d]`, day, i)
	}
	if !eval[bool](b, cell(0, 18)+`.getAttribute("aria-selected") === "true" && `+cell(5, 18)+`.getAttribute("aria-selected") === "false"`) {
		t.Error("the grid does not show the windows of the campaign")
	}
	// Saturday from ten to noon, by keyboard alone.
	eval[bool](b, cell(5, 20)+`.focus() ?? true`)
	b.run(chromedp.KeyEvent(" "))
	for range 3 {
		b.run(chromedp.KeyEvent(kb.ArrowRight, chromedp.KeyModifiers(8)))
	}
	if got := eval[string](b, `document.getElementById("open_sat").value`); got != "10:00-12:00" {
		t.Errorf("by keyboard Saturday is %q", got)
	}
	eval[bool](b, `document.getElementById("open_mon").select() ?? true`)
	b.run(chromedp.KeyEvent("08:30-10:00"))
	if !eval[bool](b, cell(0, 17)+`.getAttribute("aria-selected") === "true" && `+cell(0, 20)+`.getAttribute("aria-selected") === "false"`) {
		t.Error("the grid does not follow the field")
	}
	// Sunday's first half hour after noon, by mouse.
	eval[bool](b, `(`+cell(6, 24)+`.scrollIntoView({block: "center"}), true)`)
	b.run(chromedp.MouseClickXY(eval[float64](b, cell(6, 24)+`.getBoundingClientRect().x + 2`), eval[float64](b, cell(6, 24)+`.getBoundingClientRect().y + 4`)))
	if got := eval[string](b, `document.getElementById("open_sun").value`); got != "12:00-12:30" {
		t.Errorf("by mouse Sunday is %q", got)
	}
	b.shot("week")
	b.run(chromedp.Focus(".save button"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".done, .wrong"))
	if wrong := eval[string](b, `document.querySelector(".wrong")?.textContent ?? ""`); wrong != "" {
		t.Errorf("the settings are refused: %s", wrong)
	}
	saved, err := h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if got := fmt.Sprint(saved.Windows[0], saved.Windows[1], saved.Windows[6]); got != "[12:00-12:30] [08:30-10:00] [10:00-12:00]" {
		t.Errorf("saved %s", got)
	}
	b.silent()
}

// listOf writes a list with errors in it: of each hundred rows one has no
// number, one stands in the file before, one is empty of sense.
func listOf(t *testing.T, rows int) string {
	t.Helper()
	var text strings.Builder
	text.WriteString("Name,Phone,City\n")
	for i := range rows {
		switch i % 100 {
		case 7:
			fmt.Fprintf(&text, "Nobody %d,,Madrid\n", i)
		case 8:
			fmt.Fprintf(&text, "Short %d,12,Madrid\n", i)
		case 9:
			fmt.Fprintf(&text, "Again %d,+346%08d,Madrid\n", i, i-9)
		default:
			fmt.Fprintf(&text, "Ana %d,+346%08d,Madrid\n", i, i)
		}
	}
	file := filepath.Join(t.TempDir(), "leads.csv")
	if err := os.WriteFile(file, []byte(text.String()), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func listIsBrought(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	b := openBrowser(h, chromium)
	b.open(campaigns.Manager, fmt.Sprintf("/campaigns/%d/upload", c.ID))
	b.run(chromedp.SetUploadFiles("#file", []string{listOf(t, 10_000)}), chromedp.Click("#bring button"), chromedp.WaitVisible(".mapping"))
	b.readsWell("upload-read")
	b.run(chromedp.Click(`button[value=check]`), chromedp.WaitVisible(`button[value=import]`))
	b.run(chromedp.Click(".verdict-rows summary"))
	b.readsWell("upload-checked")
	if got := eval[string](b, `[...document.querySelectorAll(".verdict-rows summary")].map((e) => e.textContent).sort().join("|")`); strings.Count(got, "100 ") != 3 {
		t.Errorf("verdicts %q", got)
	}
	b.run(chromedp.Click(`button[value=import]`), chromedp.WaitVisible(".acts.left"))
	b.readsWell("upload-done")
	if depth, err := h.db.Depth(t.Context(), c.ID, time.Now()); err != nil || depth.Total != 9_701 {
		t.Errorf("%d contacts: %v", depth.Total, err)
	}
	b.silent()
}

// drawn is calls as a campaign makes them: three of ten are answered, agents
// talk for two minutes and write for a quarter.
type drawn struct{ calls []campaigns.Call }

func drawnCalls(campaign int64) drawn {
	r := rand.New(rand.NewPCG(1, 2))
	var d drawn
	for day := range 2 {
		at := time.Now().AddDate(0, 0, -day-1).Truncate(24 * time.Hour).Add(9 * time.Hour)
		free := make([]time.Time, 8)
		for range 900 {
			at = at.Add(time.Duration(4+r.IntN(8)) * time.Second)
			c := campaigns.Call{}
			c.Campaign, c.Mode, c.Outcome, c.IntentAt, c.SentAt, c.EndedAt = campaign, campaigns.Predictive, campaigns.NoAnswer, at, at, at.Add(25*time.Second)
			if agent := r.IntN(8); r.Float64() < 0.3 && free[agent].Before(at) {
				c.Outcome, c.Agent, c.AnsweredAt = campaigns.Connected, int64(agent+1), at.Add(time.Duration(5+r.IntN(15))*time.Second)
				c.BridgedAt = c.AnsweredAt
				c.EndedAt = c.BridgedAt.Add(time.Duration(r.ExpFloat64() * 120 * float64(time.Second)))
				free[agent] = c.EndedAt.Add(15 * time.Second)
				c.Disposition = &campaigns.Disposition{Code: "sale", At: free[agent]}
			}
			d.calls = append(d.calls, c)
		}
	}
	return d
}

func (d drawn) Calls(context.Context, campaigns.CallFilter) iter.Seq2[campaigns.Call, error] {
	return func(yield func(campaigns.Call, error) bool) {
		for i := range d.calls {
			if !yield(d.calls[i], nil) {
				return
			}
		}
	}
}

func goalIsSimulated(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	b := openBrowser(h, chromium)
	at := fmt.Sprintf("/campaigns/%d/what-if", c.ID)
	b.open(campaigns.Manager, at)
	b.run(chromedp.Click(".ask button"), chromedp.WaitVisible("#too-few"))
	h.pages.CallLog = campaigns.NewCallLog(drawnCalls(c.ID), h.db, h.db)
	b.run(chromedp.Navigate(b.url+at), chromedp.SendKeys("input[name=agents]", "20"), chromedp.SendKeys("input[name=wait]", "60"), chromedp.Click(".ask button"), chromedp.WaitVisible("#goals"))
	b.until(`document.querySelector("img.what-if").naturalWidth > 100`)
	waits := eval[[]float64](b, `[...document.querySelectorAll("tbody tr")].map((r) => parseFloat(r.cells[2].textContent))`)
	if len(waits) < 6 || waits[len(waits)-1] >= waits[0] {
		t.Errorf("waits %v: more abandonment does not bring less waiting", waits)
	}
	if !strings.Contains(eval[string](b, `document.querySelector("#goals [role=status]").textContent`), "60 s") {
		t.Error("the wait that was asked for is not answered")
	}
	b.readsWell("what-if")
	b.run(chromedp.Click(`button[name=aim][value="0.01"]`), chromedp.WaitVisible(".done"))
	saved, err := h.db.Campaign(t.Context(), c.ID)
	if err != nil || saved.Target != 0.01 {
		t.Errorf("aims at %v: %v", saved.Target, err)
	}
	b.silent()
}

func hostileLists(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	c.Seller, c.Products = hostile[0]+strings.Repeat("W", 100), []campaigns.Product{{Code: `"><img src=x>`, Name: hostile[1], Currency: "EUR"}}
	c.Reasons = []string{hostile[4]}
	_, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	manager := h.as(campaigns.Manager)
	text := "phone," + strings.Repeat("H", 3000) + ",<script>x</script>\n+34600111333," + strings.Repeat("ш", 100_000) + ",\"" + strings.ReplaceAll(hostile[1], `"`, `""`) + "\"\n12," + hostile[2] + "," + hostile[0] + "\n"
	at := manager.bring(c, hostile[2]+hostile[0]+strings.Repeat("й", 300)+".csv", []byte(text))
	b := openBrowser(h, chromium)
	b.open(campaigns.Manager, at)
	b.until(`document.querySelectorAll(".mapping tbody tr").length === 3`)
	b.readsWell("hostile-upload")
	b.run(chromedp.Click(`button[value=check]`), chromedp.WaitVisible(`button[value=import]`))
	b.run(chromedp.Click(".verdict-rows summary"))
	b.readsWell("hostile-checked")
	for _, path := range []string{"", "/products", "/outcomes", "/lists", "/upload"} {
		b.run(chromedp.Navigate(fmt.Sprintf("%s/campaigns/%d%s", b.url, c.ID, path)), chromedp.WaitVisible("#main"))
		b.readsWell("hostile" + strings.ReplaceAll(path, "/", "-"))
		if n := eval[int](b, `document.querySelectorAll("main img, main script").length`); n != 0 {
			t.Errorf("%s: %d elements came out of names", path, n)
		}
		if title := eval[string](b, `document.title`); strings.Contains(title, "stolen") {
			t.Errorf("%s: title %q", path, title)
		}
	}
	b.silent()
}
