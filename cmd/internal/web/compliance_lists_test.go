package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// bringList sends the form of a new version, as the page does.
func (v visitor) bringList(file string, fields map[string]string) *http.Response {
	v.Helper()
	res, _ := v.upload("/compliance/lists", fields, file)
	return res
}

func TestARegisterIsReadLookedAtAndPutInForceOnItsPages(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	yesterday := time.Now().UTC().AddDate(0, 0, -1).Format(time.DateOnly)
	fields := map[string]string{
		"list": "us-national", "kind": "full", "accessed": yesterday, "country": "us", "san": "10012345-678901", "seller": "", "covers": "file",
	}
	res := v.bringList("202,5550123\n202,5550124\n<b>,1\n", fields)
	page := res.Header.Get("Location")
	if res.StatusCode != 303 || !strings.HasPrefix(page, "/compliance/lists/loads/") {
		t.Fatalf("%d %s", res.StatusCode, page)
	}
	page, _, _ = strings.Cut(page, "?")
	body := v.until(page, "Put version 1 in force")
	for _, want := range []string{"1 of 3 lines hold no number", "&lt;b&gt;,1", "Why it is right all the same"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	if _, csv := v.get(page + "/rejects.csv"); !strings.Contains(csv, "script.yaml,3,") {
		t.Errorf("rejects: %s", csv)
	}
	if body := v.form(page, 409, "do", "confirm", "reason", " "); !strings.Contains(body, "Give a reason") {
		t.Error("it is in force without a reason")
	}
	v.form(page, 303, "do", "confirm", "reason", "the third line is a known fault")
	if _, body = v.get(page); !strings.Contains(body, "Version 1 is in force") {
		t.Error("what was done is not said")
	}
	_, body = v.get("/compliance/lists")
	for _, want := range []string{"/compliance/lists/of/us-national", "in force"} {
		if !strings.Contains(body, want) {
			t.Errorf("the lists do not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	if body = v.form("/compliance/lists/of/us-national", 200); !strings.Contains(body, `role="status" class="mark-on"`) || !strings.Contains(body, "10012345-678901") {
		t.Errorf("the version is not verified: %s", body)
	}
	for number, want := range map[string]string{"+1 202 555 0123": "on the list", "+12025550199": "not on the list", "+13055550100": "does not cover it"} {
		if body = v.form("/compliance/lists/look", 200, "number", number); !strings.Contains(body, want) {
			t.Errorf("%s: not %q", number, want)
		}
	}
	if body = v.form("/compliance/lists/look", 422, "number", "112"); !strings.Contains(body, `role="alert"`) {
		t.Error("a number that is none is not refused")
	}
	if _, body = v.get("/compliance"); !strings.Contains(body, "The list us-national is in force") {
		t.Error("the desk does not say how the list stands")
	}
	if res, _ := h.as(campaigns.Manager).get("/compliance/lists"); res.StatusCode != 200 {
		t.Errorf("a manager: %d", res.StatusCode)
	}
	if res := h.as(campaigns.Manager).bringList("x", fields); res.StatusCode != 403 {
		t.Errorf("a manager loads: %d", res.StatusCode)
	}
}

func TestASupervisorListsANumberWithoutTheRegisters(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Supervisor)
	if res, body := v.get("/compliance/lists"); res.StatusCode != 200 || strings.Contains(body, "h-lists") || strings.Contains(body, `href="/compliance"`) {
		t.Errorf("%d: the page of who may only see our own list is missing, or shows more", res.StatusCode)
	}
	if body := v.form("/compliance/lists/own", 200, "number", "+34600111222", "reason", "asked on the floor"); !strings.Contains(body, "came on") {
		t.Error("the entry is not shown")
	}
	if body := v.form("/compliance/lists/look", 200, "number", "+34600111222"); !strings.Contains(body, "asked on the floor") || strings.Contains(body, "Take it off") {
		t.Error("the number is not found, or a supervisor may take it off")
	}
	if res, _ := h.as(campaigns.Agent).get("/compliance/lists"); res.StatusCode != 403 {
		t.Errorf("an agent: %d", res.StatusCode)
	}
}

func TestANumberIsPutOnOurOwnListBySellerAndTakenOffOnItsPage(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	c := campaigns.NewCampaign("Spring")
	c.Seller = "Acme <i>SL</i>"
	_, err := h.db.CreateCampaign(t.Context(), c, "test")
	h.must(err)
	if body := v.form("/compliance/lists/own", 422, "number", "+34600111222", "seller", "Akme"); !strings.Contains(body, "No campaign calls for") {
		t.Error("a seller that is spelled wrong was taken")
	}
	body := v.form("/compliance/lists/own", 200, "number", "+34 600 111 222", "seller", "acme <i>sl</i>", "reason", "by letter")
	if !strings.Contains(body, "acme &lt;i&gt;sl") || !strings.Contains(body, "came on") {
		t.Error("the entry is not shown")
	}
	expectNothingInline(t, body)
	v.form("/compliance/lists/own", 200, "number", "+34600111222", "reason", "for all")
	v.form("/compliance/lists/own/remove", 422, "number", "+34600111222", "reason", "")
	body = v.form("/compliance/lists/own/remove", 200, "number", "+34600111222", "reason", "asked by letter")
	if !strings.Contains(body, "came off") || !strings.Contains(body, "Not called for") {
		t.Error("the house's entry went with the seller's, or not at all")
	}
	entries, err := h.db.DoNotCallEntries(t.Context(), "+34600111222")
	if err != nil || len(entries) != 1 || entries[0].Seller == "" {
		t.Errorf("%+v, %v", entries, err)
	}
}

// until looks at a page until it holds a text.
func (v visitor) until(path, text string) string {
	v.Helper()
	for end := time.Now().Add(30 * time.Second); ; {
		_, body := v.get(path)
		if strings.Contains(body, text) {
			return body
		}
		if time.Now().After(end) {
			v.Fatalf("%s never held %q: %s", path, text, regexp.MustCompile(`<[^>]*>`).ReplaceAllString(body, " "))
		}
	}
}
