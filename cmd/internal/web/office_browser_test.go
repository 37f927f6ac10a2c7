package web

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestTheOfficeInABrowser(t *testing.T) {
	t.Parallel()
	chromium := chromium(t)
	for name, test := range map[string]func(*testing.T, context.Context){
		"every page can be read in both themes and on a phone": officeLooks,
		"a user is made by keyboard":                           userByKeyboard,
		"a prompt is heard, and hostile names do no harm":      hostileOffice,
		"shifts begin in the reader's own time zone":           ownZone,
	} {
		t.Run(name, func(t *testing.T) { test(t, chromium) })
	}
}

// furnished is a house whose office has something on every page, and the pages.
func furnished(t *testing.T) (h *house, pages map[string]string) {
	h = newHouse(t)
	c := h.stocked("Spring")
	c.CallerIDs, c.PauseReasons = []string{"+34910000001"}, []string{"Coaching"}
	c.ScoreForm = []campaigns.ScoreQuestion{{Key: "q1", Text: "Did the agent say who calls?", Kind: campaigns.ScoreYesNo, Weight: 30, Fatal: true}, {Key: "q2", Text: "Voice and pace", Kind: campaigns.ScoreScale, Weight: 70}}
	c, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	for i, name := range []string{"Ana Ferrer", "Łukasz Nowak", "Mart Saar", "Erzsébet Nagy"} {
		_, err := h.db.PutUser(t.Context(), campaigns.User{Login: fmt.Sprintf("agent%d", i), Name: name, Team: []string{"Blue", "Green"}[i%2], Role: campaigns.Agent, Extension: fmt.Sprint(200 + i), Campaigns: []string{"Spring"}, PasswordHash: passwordHash, Disabled: i == 3})
		h.must(err)
	}
	v := h.as(campaigns.Admin)
	if res, _ := v.message("welcome.wav", wav(3*time.Second), map[string]string{"title": "Nobody is free", "language": "en"}); res.StatusCode != 303 {
		t.Fatalf("upload: %d", res.StatusCode)
	}
	v.form("/office/caller-ids", 303, "number", "+34910000001", "label", "Madrid office", "pool", "Centre", "region", "ES", "most", "300")
	v.form("/office/caller-ids", 303, "number", "+34930000002", "label", "Barcelona")
	v.form("/office/trunks/test-numbers", 303, "number", "+34910000009", "label", "Reception")
	v.form("/office/trunks/test-call", 303, "trunk", "main", "number", "+34910000009")
	v.form("/office/new-webhook", 201, "name", "CRM", "url", "https://crm.example.com/hooks/forecall", "events", "sale.recorded", "enabled", "yes")
	v.form("/office/webhooks/1/test", 303)
	_, err = h.db.PutSalesperson(t.Context(), campaigns.Salesperson{
		Name: "Marta Vila", Zone: "Europe/Madrid", Hours: rules.Always(), Slot: time.Hour, Buffer: 15 * time.Minute, Active: true, Phone: true, Holidays: []string{"2026-12-24"},
		Away: []campaigns.Away{{From: time.Now().Add(90 * time.Hour), To: time.Now().Add(99 * time.Hour), Note: "Fair"}},
	}, "test")
	h.must(err)
	at := time.Now().UTC().Truncate(time.Hour).Add(30 * time.Hour)
	h.said(c, "Elena Ruiz", "+34600111333", campaigns.Disposition{Code: "appointment", Appointment: &campaigns.Appointment{At: at, To: at.Add(time.Hour), Zone: "Europe/London", Person: "Marta Vila", Salesperson: 1, Note: "Has two children"}})
	h.said(c, "Jaan Tamm", "+34600111444", campaigns.Disposition{Code: "complaint", Complaint: &campaigns.Complaint{Text: "Was called twice on one day, and wants to know where we have the number from.", Department: "Privacy"}})
	agent, err := h.db.UserByLogin(t.Context(), "agent0")
	h.must(err)
	now := time.Now().UTC()
	for day := range 3 {
		from := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7+day, 8, 0, 0, 0, time.UTC)
		_, err := h.db.PutShift(t.Context(), campaigns.PlannedShift{Agent: agent.ID, From: from, To: from.Add(8 * time.Hour), Kind: []campaigns.ShiftKind{"work", "training", "absence"}[day], Note: "early"}, "test")
		h.must(err)
		h.must(h.db.SaveSpells(t.Context(), []campaigns.Spell{{Agent: agent.ID, State: campaigns.AgentReady, From: from.Add(10 * time.Minute), To: from.Add(8 * time.Hour)}}, now))
	}
	return h, map[string]string{
		"office": "/office", "users": "/office/users", "user": "/office/users/agent0", "prompts": "/office/prompts", "caller-ids": "/office/caller-ids", "trunks": "/office/trunks",
		"webhooks": "/office/webhooks", "webhook": "/office/webhooks/1", "salespeople": "/office/salespeople", "salesperson": "/office/salespeople/1", "appointment": "/office/appointments/1",
		"complaints": "/office/complaints", "shifts": "/office/shifts?zone=Europe/Madrid", "score": "/office/score-form/1", "reasons": "/office/pause-reasons",
	}
}

// unnamed lists the controls of a page that have no name, the tables without
// heads, and what is too small to be hit.
const unnamed = `(() => {
	const bad = [];
	const name = (e) => (e.getAttribute("aria-label") ?? "") + [...(e.labels ?? [])].map((l) => l.textContent).join("") + (e.getAttribute("aria-labelledby") ?? "") + (e.tagName === "BUTTON" || e.tagName === "A" || e.tagName === "SUMMARY" ? e.textContent : "");
	for (const e of document.querySelectorAll("main :is(input:not([type=hidden]), select, textarea, button, a, summary, audio)")) {
		if (!e.checkVisibility()) continue;
		if (!name(e).trim()) bad.push("no name: " + e.outerHTML.slice(0, 80));
		const box = e.getBoundingClientRect();
		const inText = e.tagName === "A" && getComputedStyle(e).display === "inline";
		const ticked = e.type === "checkbox" && e.closest("label");
		if (box.height < 24 && !inText && !ticked) bad.push(Math.round(box.height) + " px high: " + e.outerHTML.slice(0, 80));
	}
	for (const t of document.querySelectorAll("main table")) if (!t.querySelector("th[scope=col]")) bad.push("a table without heads");
	for (const e of document.querySelectorAll("main .scroll")) if (!e.ariaLabel && !e.getAttribute("aria-labelledby")) bad.push("a region without a name");
	if (document.querySelectorAll("h1").length !== 1) bad.push("not one h1");
	const ids = [...document.querySelectorAll("[id]")].map((e) => e.id);
	for (const id of ids) if (ids.indexOf(id) !== ids.lastIndexOf(id)) bad.push("twice the id " + id);
	return bad;
})()`

func officeLooks(t *testing.T, chromium context.Context) {
	h, pages := furnished(t)
	b := openBrowser(h, chromium)
	b.enter(campaigns.Admin)
	for _, name := range slices.Sorted(maps.Keys(pages)) {
		b.run(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.url+pages[name]), chromedp.WaitVisible("h1"))
		for _, theme := range []string{"light", "dark"} {
			b.theme(theme)
			b.shot("office-" + name + "-" + theme)
			contrast(b, theme)
		}
		if bad := eval[[]string](b, unnamed); len(bad) > 0 {
			t.Errorf("%s: %q", name, bad)
		}
		b.run(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
		b.shot("office-" + name + "-phone")
		if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s is %d wide on a phone", name, wide)
		}
		if v := eval[[]string](b, `window.violations`); len(v) > 0 {
			t.Errorf("%s: violations of the policy: %q", name, v)
		}
	}
	b.silent()
}

func userByKeyboard(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	h.stocked("Spring")
	b := openBrowser(h, chromium)
	b.enter(campaigns.Admin)
	b.run(chromedp.Navigate(b.url+"/office"), chromedp.Focus(`a[href="/office/users"]`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`a[href="/office/new-user"]`))
	b.run(chromedp.Focus(`a[href="/office/new-user"]`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(`input[name=login]`))
	b.focused("name", "login")
	tab := func(text string) chromedp.Tasks {
		return chromedp.Tasks{chromedp.KeyEvent(text), chromedp.KeyEvent(kb.Tab)}
	}
	b.run(tab("agent"), tab("Ana Ferrer"), tab("a"), tab("Blue"), chromedp.KeyEvent("long enough to keep"), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible("#wrong"))
	b.focused("id", "wrong")
	if said := eval[string](b, `document.querySelector("#wrong").textContent`); !strings.Contains(said, "is taken") {
		t.Errorf("a login that is taken: %q", said)
	}
	b.shot("office-user-refused")
	b.run(chromedp.SetValue(`input[name=login]`, "ana"), chromedp.Focus(`input[name=password]`), chromedp.KeyEvent("long enough to keep"))
	b.run(chromedp.Focus(`input[name=campaigns]`), chromedp.KeyEvent(" "), chromedp.Focus(`form.card button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".done"))
	ana, err := h.db.UserByLogin(t.Context(), "ana")
	h.must(err)
	if ana.Name != "Ana Ferrer" || ana.Team != "Blue" || !slices.Contains(ana.Campaigns, "Spring") {
		t.Errorf("stored %+v", ana)
	}
	for _, bad := range b.complaints() { // the refusal is told by its status as well
		if !strings.Contains(bad, "409") {
			t.Errorf("the browser complained: %q", bad)
		}
	}
}

func hostileOffice(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	c := h.stocked("Spring")
	for i, name := range append(append([]string{}, hostile...), strings.Repeat("ш", 100_000)) {
		name = strings.ToValidUTF8(name, "\uFFFD")
		_, err := h.db.PutUser(t.Context(), campaigns.User{Login: fmt.Sprintf("u%d", i), Name: name, Team: name, Role: campaigns.Agent, PasswordHash: passwordHash})
		h.must(err)
		s, err := h.db.PutSalesperson(t.Context(), campaigns.Salesperson{Name: name, Zone: "UTC", Hours: rules.Always(), Slot: time.Hour, Active: true}, "test")
		h.must(err)
		at := time.Now().UTC().Truncate(time.Hour).Add(30 * time.Hour)
		h.said(c, name, fmt.Sprintf("+3460011144%d", i), campaigns.Disposition{Code: "appointment", Appointment: &campaigns.Appointment{At: at, To: at.Add(time.Hour), Zone: "UTC", Person: name, Salesperson: s.ID, Note: name}})
		h.said(c, name, fmt.Sprintf("+3460011155%d", i), campaigns.Disposition{Code: "complaint", Complaint: &campaigns.Complaint{Text: name, Department: "Privacy"}})
		h.must(h.db.PutCallerID(t.Context(), campaigns.CallerID{Number: fmt.Sprintf("+3491000000%d", i), Label: name, Pool: name}, "test"))
	}
	if res, _ := h.as(campaigns.Admin).message("a.wav", wav(time.Second), map[string]string{"file_name": "👩 is no letter.wav"}); res.StatusCode != 422 {
		t.Errorf("a file name of signs: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Admin).message("a.wav", wav(time.Second), map[string]string{"file_name": "Zoë & عمر.wav", "title": hostile[0]}); res.StatusCode != 422 {
		t.Errorf("a file name with an ampersand: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Admin).message("a.wav", wav(time.Second), map[string]string{"file_name": "Zoë عمر.wav", "title": hostile[0]}); res.StatusCode != 303 {
		t.Errorf("a file name in two scripts: %d", res.StatusCode)
	}
	b := openBrowser(h, chromium)
	b.enter(campaigns.Admin)
	for _, path := range []string{"users", "users/u6", "salespeople", "salespeople/1", "salespeople/7", "appointments/1", "appointments/7", "complaints", "caller-ids", "shifts?zone=UTC", "prompts"} {
		b.run(chromedp.EmulateViewport(1280, 900), chromedp.Navigate(b.url+"/office/"+path), chromedp.WaitVisible("h1"))
		if title := eval[string](b, `document.title`); title == "stolen" {
			t.Errorf("%s ran a name", path)
		}
		if n := eval[int](b, `document.querySelectorAll("main img, main script").length`); n != 0 {
			t.Errorf("%s: %d elements came out of names", path, n)
		}
		b.shot("office-hostile-" + strings.NewReplacer("/", "-", "?", "-").Replace(path))
		if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 1280 {
			t.Errorf("%s: a name made the page %d wide", path, wide)
		}
		b.run(emulation.SetDeviceMetricsOverride(390, 844, 1, true))
		if wide := eval[int](b, `document.documentElement.scrollWidth`); wide > 390 {
			t.Errorf("%s: a name made the page %d wide on a phone", path, wide)
		}
	}
	if length := eval[float64](b, `new Promise((done, fail) => { const a = document.querySelector("audio"); a.addEventListener("loadedmetadata", () => done(a.duration)); a.addEventListener("error", () => fail(a.error.message)); a.preload = "metadata"; a.load(); })`); length < 0.99 || length > 1.01 {
		t.Errorf("the player says %.2f s", length)
	}
	b.silent()
}

func ownZone(t *testing.T, chromium context.Context) {
	h := newHouse(t)
	b := openBrowser(h, chromium)
	b.enter(campaigns.Supervisor)
	b.run(emulation.SetTimezoneOverride("Europe/Tallinn"), chromedp.Navigate(b.url+"/office/shifts"))
	b.until(`document.querySelector("#zone")?.value === "Europe/Tallinn"`)
	b.run(chromedp.Focus(`input[name=day]`), chromedp.KeyEvent(" "), chromedp.Focus(`input[name=agent]`), chromedp.KeyEvent(" "), chromedp.Focus(`.roster .acts button`), chromedp.KeyEvent(kb.Enter), chromedp.WaitVisible(".shift"))
	all, err := h.db.Shifts(t.Context(), 0, time.Now().Add(-20*24*time.Hour), time.Now().Add(20*24*time.Hour))
	h.must(err)
	tallinn, err := time.LoadLocation("Europe/Tallinn")
	h.must(err)
	if len(all) != 1 || all[0].From.In(tallinn).Format("Mon 15:04") != "Mon 09:00" {
		t.Errorf("planned %v", all)
	}
	b.run(chromedp.Focus(`button.drop`), chromedp.KeyEvent(kb.Enter), chromedp.WaitNotPresent(".shift"))
	b.until(`document.querySelectorAll(".shift").length === 0`)
	b.silent()
}
