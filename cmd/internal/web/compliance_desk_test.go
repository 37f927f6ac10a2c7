package web

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"html"
	"log/slog"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/exports"
)

// deskOf is the search, the dossiers, the refusals and the exports of a house,
// whose files are written until the test ends.
func deskOf(h *house, heard *campaigns.Recordings) api.Compliance {
	h.Helper()
	works, err := exports.New(exports.Settings{
		Store: h.db, Folder: filepath.Join(h.TempDir(), "exports"), Log: slog.New(slog.DiscardHandler),
		Campaign: func(int64) (campaigns.Campaign, bool) { return campaigns.Campaign{}, false },
	})
	h.must(err)
	ctx, stop := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { works.Run(ctx) })
	h.Cleanup(func() {
		stop()
		wg.Wait()
	})
	return api.Compliance{
		Search: campaigns.NewCallSearcher(h.db, h.db), Exports: campaigns.NewExports(h.db, works),
		Dossiers: campaigns.NewDossiers(heard, h.db, h.db), Refused: campaigns.NewRefusalDesk(h.db),
	}
}

func rowsOf(body string) int { return strings.Count(body, "<tr>") - 1 }

func TestCallsAreSearchedByAnythingTogether(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	v := h.as(campaigns.Compliance)
	res, body := v.get("/compliance/search")
	expectNothingInline(t, body)
	if res.StatusCode != 200 || rowsOf(body) != searchRows || !strings.Contains(body, "60 calls") {
		t.Errorf("first page: %d, %d calls", res.StatusCode, rowsOf(body))
	}
	_, later := v.post("/compliance/search", url.Values{"after": {"11"}})
	if rowsOf(later) != 10 {
		t.Errorf("last page: %d calls", rowsOf(later))
	}
	for form, want := range map[string]int{
		"number=" + url.QueryEscape(s.call.Number):                                           1,
		"number=" + s.call.Number[len(s.call.Number)-4:]:                                     1,
		"number=0" + s.call.Number[3:]:                                                       1,
		"outcome=connected&disposition=sale&agent=" + fmt.Sprint(s.agent.ID):                 1,
		"outcome=connected&disposition=complaint":                                            0,
		"cli=" + url.QueryEscape(s.call.CallerID) + "&campaign=" + fmt.Sprint(s.campaign.ID): searchRows,
		"to=2020-01-01T00:00":                                                                0,
	} {
		asked, err := url.ParseQuery(form)
		h.must(err)
		if res, body := v.post("/compliance/search", asked); res.StatusCode != 200 || rowsOf(body) != want {
			t.Errorf("%s: %d, %d calls, want %d", form, res.StatusCode, rowsOf(body), want)
		}
	}
	for _, wrong := range []string{"number=12", "from=yesterday", "code=9", "campaign=one", "outcome=happy"} {
		asked, err := url.ParseQuery(wrong)
		h.must(err)
		if res, body := v.post("/compliance/search", asked); res.StatusCode != 422 || !strings.Contains(body, `class="wrong"`) {
			t.Errorf("%s: %d", wrong, res.StatusCode)
		}
	}
	if _, body := v.get("/compliance/search?number=" + url.QueryEscape(s.call.Number)); rowsOf(body) == 1 {
		t.Error("a number is taken from an address")
	}
	if _, body := h.as(campaigns.Admin).post("/compliance/search", url.Values{"outcome": {"connected"}}); !strings.Contains(html.UnescapeString(body), s.call.Number) {
		t.Error("who may export calls does not see numbers")
	}
	if !h.audited("calls.search") {
		t.Error("a look-up by number stands in no audit")
	}
}

// audited tells whether the audit has an entry of a kind, and that it names no
// number of a person.
func (h *house) audited(kind string) (found bool) {
	h.Helper()
	entries, err := h.db.AuditEntries(h.Context(), 0, 10_000)
	h.must(err)
	for _, e := range entries {
		found = found || e.Kind == kind
		if e.Kind == kind && (strings.Contains(e.Detail, "34600") || strings.Contains(e.Subject, "34600")) {
			h.Errorf("the audit holds a number: %+v", e)
		}
	}
	return found
}

func TestADossierHasEverythingOfACallOnOnePage(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	v := h.as(campaigns.Compliance)
	if res, _ := v.get("/v1/calls/" + s.call.ID + "/recording"); res.StatusCode != 200 {
		t.Fatalf("hear: %d", res.StatusCode)
	}
	res, body := v.get("/compliance/calls/" + s.call.ID)
	expectNothingInline(t, body)
	for _, want := range []string{
		s.call.Number, "Europe/Madrid", "+0", "at most 2.000 s", "to agent", "welcome", "sale", "paused from 12.000 s to 15.000 s", "recording.heard", "compliance",
		"attempt", "outcome", "disposition", "none yet", s.call.CallerID, "carrier-a", "Download as JSON", "media=\"print\"", "/calls/" + s.call.ID,
	} {
		if !strings.Contains(html.UnescapeString(body), html.UnescapeString(want)) {
			t.Errorf("%d: nothing of %q", res.StatusCode, want)
		}
	}
	if strings.Count(body, "<h1>") != 1 {
		t.Error("not one heading of the first order")
	}
	res, data := v.get("/v1/calls/" + s.call.ID + "/dossier")
	var d campaigns.Dossier
	if err := json.Unmarshal([]byte(data), &d); err != nil || res.StatusCode != 200 || d.Call.ID != s.call.ID || len(d.Links) != 3 || len(d.Heard) != 1 || len(d.Clocks) < 4 {
		t.Errorf("JSON: %d, %v, %d links, %d heard", res.StatusCode, err, len(d.Links), len(d.Heard))
	}
	for i, l := range d.Links {
		if want := []string{"attempt", "outcome", "disposition"}[i]; l.Kind != want || len(l.Hash) != 64 {
			t.Errorf("link %d: %+v", i, l)
		}
	}
	if res, _ := v.get("/compliance/calls/nobody"); res.StatusCode != 404 {
		t.Errorf("no call: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Supervisor).get("/compliance/calls/" + s.call.ID); res.StatusCode != 403 {
		t.Errorf("a supervisor: %d", res.StatusCode)
	}
	if !h.audited("call.dossier") {
		t.Error("a dossier stands in no audit")
	}
}

// exported waits until an export is over.
func (v visitor) exported(id int64) campaigns.Export {
	v.Helper()
	for deadline := time.Now().Add(30 * time.Second); ; {
		e, err := v.db.Export(v.Context(), id)
		v.must(err)
		if e.Over() || time.Now().After(deadline) {
			return e
		}
		time.Sleep(10 * time.Millisecond)
	}
}

func TestCallsAreTakenAwayInEveryFormatWithThoseFieldsThatWereChosen(t *testing.T) {
	h := newHouse(t)
	s := soldCall(h)
	v := h.as(campaigns.Manager)
	ask := func(format string, more url.Values) int64 {
		t.Helper()
		form := url.Values{"format": {format}, "reason": {"audit <b>7</b>"}}
		for name, values := range more {
			form[name] = values
		}
		if res, body := v.post("/compliance/exports", form); res.StatusCode != 303 {
			t.Fatalf("%s: %d %s", format, res.StatusCode, body)
		}
		all, err := h.db.Exports(t.Context(), 0, 1)
		h.must(err)
		return all[0].ID
	}
	file := func(id int64) string {
		t.Helper()
		e := v.exported(id)
		res, body := v.get(fmt.Sprintf("/compliance/exports/%d/file", id))
		if e.State != campaigns.ExportDone || res.StatusCode != 200 || int64(len(body)) != e.Octets || !strings.HasPrefix(res.Header.Get("Content-Disposition"), "attachment") {
			t.Fatalf("export %d: %+v, %d, %d octets", id, e, res.StatusCode, len(body))
		}
		return body
	}
	one := file(ask("csv", url.Values{"outcome": {"connected"}, "field": {"called_number", "outcome"}}))
	if rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(one, "\ufeff"))).ReadAll(); err != nil || len(rows) != 2 || len(rows[0]) != 2 || rows[1][0] != "'"+s.call.Number {
		t.Errorf("CSV: %v %q", err, rows)
	}
	if n := strings.Count(file(ask("json_lines", nil)), "\n"); n != 60 {
		t.Errorf("JSON lines: %d", n)
	}
	if data := file(ask("parquet", nil)); !strings.HasPrefix(data, "PAR1") || !bytes.HasSuffix([]byte(data), []byte("PAR1")) {
		t.Error("Parquet: no such file")
	}
	_, body := v.get("/compliance/exports")
	expectNothingInline(t, body)
	if strings.Count(body, "data-export=") != 3 || !strings.Contains(body, "audit &lt;b&gt;7") || strings.Contains(body, "<b>7") {
		t.Error("the exports do not stand on their page")
	}
	if !strings.Contains(body, "60</span> / <span data-total>60") {
		t.Error("the page does not say how many calls were written")
	}
	other := h.as(campaigns.Admin) // answers for the ledger: sees all
	if _, body := other.get("/compliance/exports"); strings.Count(body, "data-export=") != 3 {
		t.Error("who answers for the ledger does not see the exports of others")
	}
	for form, want := range map[string]int{"format=csv": 422, "format=word&reason=x": 422, "format=csv&reason=x&field=password": 422, "format=csv&reason=x&number=12": 422} {
		asked, err := url.ParseQuery(form)
		h.must(err)
		if res, _ := v.post("/compliance/exports", asked); res.StatusCode != want {
			t.Errorf("%s: %d", form, res.StatusCode)
		}
	}
	if res, _ := v.post("/compliance/exports/1/cancel", nil); res.StatusCode != 409 {
		t.Errorf("an export that is over is cancelled: %d", res.StatusCode)
	}
	if res, _ := v.post("/compliance/exports/1/again", nil); res.StatusCode != 303 || v.exported(4).State != campaigns.ExportDone {
		t.Errorf("again: %d", res.StatusCode)
	}
	if res, _ := v.get("/compliance/exports/99/file"); res.StatusCode != 404 {
		t.Errorf("no export: %d", res.StatusCode)
	}
	for _, kind := range []string{"calls.export", "export.done", "export.fetched"} {
		if !h.audited(kind) {
			t.Errorf("%s stands in no audit", kind)
		}
	}
}

func TestRefusalsAreCountedByRuleCampaignAndDay(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Fibre & co")
	c.Windows = rules.Week{} // no hour is open
	c, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	people, err := h.db.Lease(t.Context(), c.ID, time.Now(), 1)
	h.must(err)
	if err := h.db.Begin(t.Context(), c, campaigns.NewAttempt(c, people[0], "+34910000000", time.Now())); err == nil {
		t.Fatal("a call is placed outside of all hours")
	}
	v := h.as(campaigns.Compliance)
	res, body := v.get("/compliance/refusals")
	expectNothingInline(t, body)
	for _, want := range []string{"1 call was about to be placed", "The calling window is open there", "Fibre &amp; co", time.Now().UTC().Format(dayLayout), "+34600111222"} {
		if !strings.Contains(html.UnescapeString(body), html.UnescapeString(want)) {
			t.Errorf("%d: nothing of %q", res.StatusCode, want)
		}
	}
	id := between(body, `href="/compliance/refusals/`, `"`)
	res, body = v.get("/compliance/refusals/" + id)
	expectNothingInline(t, body)
	if res.StatusCode != 200 || !strings.Contains(body, "refused by") || strings.Count(body, "<tr>") < 7 {
		t.Errorf("one refusal: %d", res.StatusCode)
	}
	because := between(body, `id="h-because"`, "</section>")
	for _, want := range []string{"The calling window is open there", "outside the calling window", `action="/why"`, `value="+34600111222"`} {
		if !strings.Contains(html.UnescapeString(because), want) {
			t.Errorf("why the number was not called does not hold %q: %s", want, because)
		}
	}
	if _, verdicts, _ := strings.Cut(body, "<tbody>"); strings.Index(verdicts, `data-ok="false"`) > strings.Index(verdicts, "</tr>") {
		t.Error("what refuses does not come first among the verdicts")
	}
	if _, answer := v.post("/why", url.Values{"number": {"+34600111222"}, "campaign": {fmt.Sprint(c.ID)}}); !strings.Contains(answer, "h-answer") {
		t.Error("the number is not explained from there")
	}
	if _, body := v.get("/compliance/refusals?rule=dnc.internal"); !strings.Contains(body, "Nothing was refused") {
		t.Error("another rule's refusals are shown")
	}
	if res, _ := v.get("/compliance/refusals?from=2020-01-01"); res.StatusCode != 422 {
		t.Errorf("years at once: %d", res.StatusCode)
	}
	if res, _ := v.get("/compliance/refusals/none"); res.StatusCode != 404 {
		t.Errorf("no refusal: %d", res.StatusCode)
	}
	if _, body := v.get("/compliance"); !strings.Contains(body, "1 today") {
		t.Error("the landing page does not say what was refused today")
	}
}
