package web

import (
	"bytes"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// bring uploads a file as a form does, and returns the address it leads to.
func (v visitor) bring(c campaigns.Campaign, name string, data []byte) string {
	v.Helper()
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("file", name)
	v.must(err)
	_, err = part.Write(data)
	v.must(err)
	v.must(form.Close())
	res, err := v.client.Post(fmt.Sprintf("%s/campaigns/%d/upload", v.url, c.ID), form.FormDataContentType(), &body)
	v.must(err)
	if text := v.read(res); res.StatusCode != http.StatusSeeOther {
		v.Fatalf("upload: %d %s", res.StatusCode, text)
	}
	return res.Header.Get("Location")
}

// ended waits until nothing is under way on an upload, and returns its page.
func (v visitor) ended(path string) string {
	v.Helper()
	deadline := time.Now().Add(30 * time.Second)
	for time.Now().Before(deadline) {
		res, body := v.get(path)
		if res.StatusCode != http.StatusOK {
			v.Fatalf("%s: %d %s", path, res.StatusCode, body)
		}
		if !strings.Contains(body, `id="running"`) {
			return body
		}
		<-time.After(20 * time.Millisecond)
	}
	v.Fatalf("%s: still running after half a minute", path)
	return ""
}

func wants(t *testing.T, what, body string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(body, part) {
			t.Errorf("%s: %q is not in it", what, part)
		}
	}
}

func TestAListIsUploadedCheckedImportedAndTakenBackWithoutScript(t *testing.T) {
	h := newHouse(t)
	c, v := h.stocked("Spring"), h.as(campaigns.Manager)
	var list strings.Builder
	list.WriteString("Nombre;Teléfono;Ciudad\n")
	for i := range 500 {
		fmt.Fprintf(&list, "Ana %d;%d;Madrid\n", i, 610000000+i)
	}
	list.WriteString("already there;600 111 222;Madrid\ntwice;610000000;Madrid\nnobody;12;Madrid\n<img src=x onerror=alert(1)>;;\n")
	at := v.bring(c, `../..\lists/<b>März</b>.csv`, []byte(list.String()))
	res, body := v.get(at)
	if res.StatusCode != http.StatusOK {
		t.Fatalf("%d %s", res.StatusCode, body)
	}
	wants(t, "the preview", body, "Found out: UTF-8", "Found out: ;", "Ana 0", "by its name", "Teléfono", `<option value="phone" selected>`)
	if strings.Contains(body, "<b>März</b>") || strings.Contains(body, "../") {
		t.Error("the name of the file stands there as it came")
	}
	check := url.Values{"do": {"check"}, "region": {"es"}, "target": {"name", "phone:mobile", "field"}}
	if res, body = v.post(at, check); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("check: %d %s", res.StatusCode, body)
	}
	body = v.ended(at)
	wants(t, "the check", body, "<strong>1</strong> The campaign has the number already", "<strong>1</strong> Stands in the file twice", "already there", "Import 500 rows")
	if depth, _ := h.db.Depth(t.Context(), c.ID, time.Now()); depth.Total != 1 {
		t.Errorf("a check stored %d contacts", depth.Total-1)
	}
	if res, body = v.post(at, url.Values{"do": {"import"}, "list": {"March 2"}, "duplicates": {"skip"}}); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("import: %d %s", res.StatusCode, body)
	}
	body = v.ended(at)
	wants(t, "the report", body, "The list is imported: 504 rows", "Download the refused rows")
	if depth, _ := h.db.Depth(t.Context(), c.ID, time.Now()); depth.Total != 501 {
		t.Errorf("%d contacts after the import", depth.Total)
	}
	refused := body[strings.Index(body, "/v1/imports/"):]
	if res, body = v.get(refused[:strings.IndexByte(refused, '"')]); res.StatusCode != http.StatusOK || !strings.Contains(body, "already there") {
		t.Errorf("refused rows: %d %s", res.StatusCode, body)
	}
	_, body = v.get(fmt.Sprintf("/campaigns/%d/upload", c.ID))
	undo := body[strings.Index(body, fmt.Sprintf("/campaigns/%d/imports/", c.ID)):]
	if res, body = v.post(undo[:strings.IndexByte(undo, '"')], nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("undo: %d %s", res.StatusCode, body)
	}
	if depth, _ := h.db.Depth(t.Context(), c.ID, time.Now()); depth.Total != 1 {
		t.Errorf("%d contacts after it was taken back", depth.Total)
	}
}

func TestUploadsAreOfTheirCampaignAndOfThoseWhoMay(t *testing.T) {
	h := newHouse(t)
	c, other := h.stocked("Spring"), h.stocked("Autumn")
	manager := h.as(campaigns.Manager)
	at := manager.bring(c, "a.csv", []byte("phone\n+34600111333\n"))
	if res, _ := manager.get(strings.Replace(at, fmt.Sprintf("/campaigns/%d/", c.ID), fmt.Sprintf("/campaigns/%d/", other.ID), 1)); res.StatusCode != http.StatusNotFound {
		t.Errorf("another campaign's upload: %d", res.StatusCode)
	}
	for _, r := range []campaigns.Role{campaigns.Agent, campaigns.Supervisor, campaigns.Compliance} {
		if res, _ := h.as(r).get(at); res.StatusCode != http.StatusForbidden {
			t.Errorf("%s sees an upload: %d", r, res.StatusCode)
		}
	}
	res, err := manager.client.Post(fmt.Sprintf("%s/campaigns/%d/upload", h.url, c.ID), "text/csv", io.LimitReader(strings.NewReader(""), 0))
	h.must(err)
	if body := manager.read(res); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("an empty file: %d %s", res.StatusCode, body)
	}
	at = manager.bring(c, "picture.csv", []byte("%PDF-1.7 not a list"))
	if res, body := manager.get(at); res.StatusCode != http.StatusOK || !strings.Contains(body, "the file is a PDF") {
		t.Errorf("a PDF: %d", res.StatusCode)
	}
}

func TestACampaignIsMadeSetClonedAndStartedWithoutScript(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Manager)
	res, body := v.post("/campaigns", url.Values{"name": {"Spring"}})
	if res.StatusCode != http.StatusSeeOther {
		t.Fatalf("new: %d %s", res.StatusCode, body)
	}
	at := res.Header.Get("Location")
	set := url.Values{
		"name": {"Spring"}, "mode": {"progressive"}, "priority": {"7"}, "purpose": {"service"}, "language": {"es"}, "seller": {"<b>ACME</b>"}, "party": {"business"}, "subject": {"fibre"},
		"open_mon": {"09:00-13:00, 14:00-20:00"}, "open_sat": {"10:00-14:00"}, "cap": {"2,5"}, "target": {"1.5"}, "ring_time": {"22s"}, "hold": {"2"},
		"wrap_up": {"1m30s"}, "ceiling": {"85"}, "max_lines": {"12"}, "max_attempts": {"4"}, "cooldown": {"30m"}, "cancel": {"on"},
		"retry_no_answer": {"on"}, "delay_no_answer": {"2h"}, "max_no_answer": {"3"}, "next_no_answer": {"on"},
		"caller_ids": {"+34910000001\r\n+34910000002\r\n"}, "job_spec": {"0 9 * * 1-5", ""}, "job_zone": {"Europe/Madrid", ""}, "job_action": {"start", "start"},
	}
	if res, body = v.post(at, set); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("save: %d %s", res.StatusCode, body)
	}
	c, err := h.db.CampaignByName(t.Context(), "Spring")
	h.must(err)
	got := fmt.Sprint(c.Mode, c.Priority, c.Purpose, c.Party, c.Subject, c.Language, c.Cap, c.Target, c.RingTime, c.Hold, c.WrapUp, c.Ceiling, c.MaxLines, c.MaxAttempts, c.Cooldown, c.Cancel, c.KnowOdds, c.CallerIDs, c.Windows[1], c.Windows[2], c.Windows[6], len(c.Retry), c.Retry[campaigns.NoAnswer], c.Schedule)
	const want = "progressive7servicebusinessfibrees0.025 0.015 22s 2s 1m30s 0.85 12 4 30m0s true false [+34910000001 +34910000002] [09:00-13:00 14:00-20:00] [] [10:00-14:00] 1 {2h0m0s 3 true} [{0 9 * * 1-5 Europe/Madrid start}]"
	if got != want {
		t.Errorf("saved\n%s, want\n%s", got, want)
	}
	set.Set("open_mon", "20:00-09:00")
	set.Set("ring_time", "soon")
	if res, body = v.post(at, set); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a wrong form: %d", res.StatusCode)
	}
	wants(t, "a wrong form", body, "ends before it begins", "is not a length of time", `value="20:00-09:00"`, "&lt;b&gt;ACME")
	if res, _ = v.post(at+"/clone", nil); res.StatusCode != http.StatusSeeOther {
		t.Fatalf("clone: %d", res.StatusCode)
	}
	clone, err := h.db.CampaignByName(t.Context(), "Spring 2")
	h.must(err)
	if clone.Status != campaigns.Draft || clone.Cap != 0.025 || len(clone.Schedule) != 0 {
		t.Errorf("the clone %+v", clone)
	}
	for _, move := range []struct {
		action string
		to     campaigns.Status
	}{{"start", campaigns.Running}, {"pause", campaigns.Paused}, {"start", campaigns.Running}, {"drain", campaigns.Draining}, {"stop", campaigns.Stopped}} {
		res, body = v.post(at+"/"+move.action, url.Values{"back": {"/campaigns"}})
		if c, err = h.db.Campaign(t.Context(), c.ID); err != nil || c.Status != move.to || res.Header.Get("Location") != "/campaigns" {
			t.Errorf("%s: %s, to %q: %s", move.action, c.Status, res.Header.Get("Location"), body)
		}
	}
	if res, body = v.get("/campaigns"); res.StatusCode != http.StatusOK {
		t.Fatalf("the list: %d %s", res.StatusCode, body)
	}
	wants(t, "the list", body, "Spring 2", "0 of 0 contacts done")
}

func TestProductsOutcomesAndCallsAreSetWithoutScript(t *testing.T) {
	h := newHouse(t)
	c, v := h.stocked("Spring"), h.as(campaigns.Manager)
	at := fmt.Sprintf("/campaigns/%d", c.ID)
	for path, set := range map[string]url.Values{
		"/products": {
			"code": {"fibre", "", "tv"}, "name": {"Fibre <b>", "x", "TV"}, "description": {"", "", ""}, "price": {"19.99", "", "500"}, "currency": {"eur", "", "JPY"},
			"term": {"month", "once", "once"}, "min_terms": {"12", "", ""}, "max_discount": {"10", "", ""}, "commission_currency": {"EUR"}, "per_sale": {"5,50"},
			"share_of_sales": {"2"}, "target_sales": {"3"},
		},
		"/outcomes": {
			"code": {"sale", "later", ""}, "label": {"Sale", "Later", ""}, "effect": {"done", "retry", "done"}, "delay": {"", "24h", ""}, "group": {"", "", ""},
			"key": {"1", "", ""}, "asks": {"sale", "", ""}, "reasons": {"too dear\r\nhas one\r\n"}, "complaints": {"Billing"}, "pause_reasons": {"Lunch\n"},
		},
		"/calls": {
			"recording": {"consent"}, "inbound": {"on"}, "queue": {"2m"}, "places": {"5"}, "last_agent_wait": {"20s"}, "preview_dial": {"15s"}, "callback_grace": {"1h"},
			"manual_dial": {"on"}, "department": {"Claims", ""}, "department_agents": {"ana, ben", ""}, "department_number": {"+34 910 000 001", ""}, "outside_transfer": {"on"},
		},
	} {
		if res, body := v.post(at+path, set); res.StatusCode != http.StatusSeeOther {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		if res, body := v.get(at + path); res.StatusCode != http.StatusOK || strings.Contains(body, "Fibre <b>") {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	c, err := h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	got := fmt.Sprint(c.Products, c.Commission, len(c.Dispositions), c.Dispositions[1].Delay, c.Reasons, c.Complaints, c.PauseReasons, c.Recording, c.Inbound, c.PreviewDial, c.CallbackGrace, c.ManualDial, c.Departments, c.OutsideTransfer)
	const want = "[{fibre Fibre <b>  1999 EUR month 12 0.1} {tv TV  500 JPY once 0 0}] {EUR 550 0 0 0.02 {3 0 0 0}} 2 24h0m0s [too dear has one] [Billing] [Lunch] {consent } {false 2m0s 5 20s  } 15s 1h0m0s true [{Claims [ana ben] +34910000001}] true"
	if got != want {
		t.Errorf("saved\n%s, want\n%s", got, want)
	}
	if res, body := v.post(at+"/calls", url.Values{"recording": {"on"}, "hold_music": {"/etc/passwd"}}); res.StatusCode != http.StatusUnprocessableEntity || !strings.Contains(body, "not one of the recorded messages") {
		t.Errorf("a path as music: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Supervisor).post(at+"/calls", url.Values{}); res.StatusCode != http.StatusForbidden {
		t.Errorf("a supervisor changes a campaign: %d", res.StatusCode)
	}
}

func TestListsAreSwitchedFilteredAndCalledAgainWithoutScript(t *testing.T) {
	h := newHouse(t)
	c, v := h.stocked("Spring"), h.as(campaigns.Manager)
	at := fmt.Sprintf("/campaigns/%d", c.ID)
	lists, err := h.db.Lists(t.Context(), c.ID)
	h.must(err)
	if res, body := v.post(fmt.Sprintf("%s/lists/%d", at, lists[0].ID), url.Values{"priority": {"5"}, "weight": {"30"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("a list: %d %s", res.StatusCode, body)
	}
	if lists, err = h.db.Lists(t.Context(), c.ID); err != nil || lists[0].Active || lists[0].Priority != 5 || lists[0].Weight != 30 {
		t.Errorf("the list %+v: %v", lists, err)
	}
	res, body := v.post(at+"/filter", url.Values{"filter": {`tries < 3`}, "do": {"count"}})
	if res.StatusCode != http.StatusOK {
		t.Errorf("count: %d", res.StatusCode)
	}
	wants(t, "the count", body, "1 of 1 contacts pass")
	if c, err = h.db.Campaign(t.Context(), c.ID); err != nil || c.Filter != "" {
		t.Errorf("a count saved the filter %q", c.Filter)
	}
	if res, _ = v.post(at+"/filter", url.Values{"filter": {`tries < 3`}, "do": {"save"}}); res.StatusCode != http.StatusSeeOther {
		t.Errorf("save: %d", res.StatusCode)
	}
	if c, err = h.db.Campaign(t.Context(), c.ID); err != nil || c.Filter != "tries < 3" {
		t.Errorf("the filter %q: %v", c.Filter, err)
	}
	if res, _ = v.post(at+"/filter", url.Values{"filter": {`attempts <<< "`}, "do": {"save"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("a filter that is none: %d", res.StatusCode)
	}
	res, body = v.post(at+"/recycle", url.Values{"list": {"0"}, "again": {"o:no_answer"}, "do": {"count"}})
	if res.StatusCode != http.StatusOK || !strings.Contains(body, "0 contacts would be called again") {
		t.Errorf("recycle: %d", res.StatusCode)
	}
	if res, _ = v.post(at+"/recycle", url.Values{"list": {"0"}, "do": {"recycle"}}); res.StatusCode != http.StatusUnprocessableEntity {
		t.Errorf("nothing to recycle: %d", res.StatusCode)
	}
}
