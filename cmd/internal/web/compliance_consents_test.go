package web

import (
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestConsentsAreFoundEnteredAndTakenBackOnTheirPage(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	entry := []string{"number", "+34 600 111 222", "name", "Ana", "kind", "consent", "level", "express_written", "seller", "Aigua <SL>", "purpose", "sales",
		"given", "2026-03-02T09:30", "until", time.Now().UTC().AddDate(0, 0, 12).Format("2006-01-02T15:04"), "source", "paper", "wording", "Sí, <b>llámenme</b>", "channel", "live", "channel", "automated"}
	body := v.form("/compliance/consents/new", 200, entry...)
	for _, want := range []string{"Saved.", "Aigua &lt;SL&gt;", "Sí, &lt;b&gt;llámenme", "in force", "express written"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	found, err := h.db.Consents(t.Context(), campaigns.ConsentFilter{})
	h.must(err)
	if len(found) != 1 || found[0].Number != "+34600111222" || found[0].By != "compliance" || len(found[0].Channels) != 2 || found[0].Level != campaigns.LevelWritten {
		t.Fatalf("ledger %+v", found)
	}
	id := found[0].ID
	if _, landing := v.get("/compliance"); !strings.Contains(landing, "1 consent ends within 30 days") {
		t.Error("the landing page does not say what ends")
	}
	if _, body = v.get("/compliance/consents?days=5"); strings.Contains(body, id) {
		t.Error("what ends in twelve days ends within five")
	}
	if _, body = v.get("/compliance/consents"); !strings.Contains(body, id) {
		t.Error("what ends in twelve days does not end within thirty")
	}
	if body = v.form("/compliance/consents/find", 422, "number", "600111222"); strings.Contains(body, "Entries of") {
		t.Error("a number without its country finds somebody")
	}
	body = v.form("/compliance/consents/find", 200, "number", "+34600111222")
	if !strings.Contains(body, `href="/compliance/consents/`+id) {
		t.Error("the entry is not found")
	}
	res, body := v.get("/compliance/consents/" + id)
	if res.StatusCode != 200 || !strings.Contains(body, "Sí, &lt;b&gt;llámenme") || !strings.Contains(body, "Kept until, at least") || !strings.Contains(body, found[0].WordingID) {
		t.Errorf("the entry's page: %d", res.StatusCode)
	}
	expectNothingInline(t, body)
	v.form("/compliance/consents/"+id+"/revoke", 303, "why", "asked by letter")
	if _, body = v.get("/compliance/consents/" + id); !strings.Contains(body, "asked by letter") || strings.Contains(body, "/revoke") {
		t.Error("what was revoked can be revoked again, or does not say why")
	}
	body = v.form("/compliance/consents/withdraw", 200, "number", "+34600111222", "why", "wants no calls", "source", "paper", "stop", "1")
	if !strings.Contains(body, "Withdrawn: no call stands on it any more.") || !strings.Contains(body, "wants no calls") {
		t.Error("the withdrawal does not stand on the page")
	}
	if on, err := h.db.IsDoNotCall(t.Context(), "+34600111222"); err != nil || !on {
		t.Errorf("on the do-not-call list: %t, %v", on, err)
	}
	for i := 0; i < len(entry); i += 2 {
		if entry[i] == "until" {
			entry[i+1] = "2026-01-01T00:00"
		}
	}
	if body = v.form("/compliance/consents/new", 422, entry...); !strings.Contains(body, "not after it was given") || !strings.Contains(body, "Sí, &lt;b&gt;llámenme") {
		t.Error("what was typed is lost, or not told why")
	}
}

func TestTheConsentLedgerIsHandedOutToThoseWhoMay(t *testing.T) {
	h := newHouse(t)
	_, err := h.db.AddConsents(t.Context(), []campaigns.Consent{{
		Number: "+34600111222", Kind: campaigns.ConsentGiven, Level: campaigns.LevelExpress, At: time.Now(), Source: campaigns.ConsentByAPI, By: "x",
	}})
	h.must(err)
	for _, role := range campaigns.Roles() {
		v := h.as(role)
		for _, path := range []string{"/compliance/consents", "/compliance/consents/export?format=csv", "/compliance/consents/export?format=jsonl"} {
			res, body := v.get(path)
			may := role.May(campaigns.SeeCompliance)
			if want := map[bool]int{true: 200, false: 403}[may]; res.StatusCode != want {
				t.Errorf("%s %s: %d, want %d", role, path, res.StatusCode, want)
			}
			if may && strings.Contains(path, "export") && !strings.Contains(body, "34600111222") {
				t.Errorf("%s %s: %s", role, path, body)
			}
			if edits := strings.Contains(body, `action="/compliance/consents/new"`); may && path == "/compliance/consents" && edits != role.May(campaigns.EditConsents) {
				t.Errorf("%s may enter: %t", role, edits)
			}
		}
		if status := map[bool]int{true: 200, false: 403}[role.May(campaigns.EditConsents)]; true {
			v.form("/compliance/consents/withdraw", status, "number", "+34600111223", "source", "paper")
		}
	}
	if res, _ := h.as(campaigns.Compliance).get("/compliance/consents/none"); res.StatusCode != 404 {
		t.Errorf("an entry that is not there: %d", res.StatusCode)
	}
}

func TestTheWordsThatAskForConsentAreSetWithTheOutcomes(t *testing.T) {
	h := newHouse(t)
	c, err := h.db.CreateCampaign(t.Context(), campaigns.NewCampaign("spring"), "test")
	h.must(err)
	at := "/campaigns/" + strconv.FormatInt(c.ID, 10) + "/outcomes"
	v := h.as(campaigns.Manager)
	said := []string{"code", "sale", "label", "Sale", "effect", "done", "delay", "", "group", "", "key", "", "asks", "", "consent_text", "May we <call> again?", "consent_months", "24"}
	v.form(at, 303, said...)
	c, err = h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if c.Consent != (campaigns.ConsentAsk{Text: "May we <call> again?", Months: 24}) {
		t.Errorf("the campaign asks %+v", c.Consent)
	}
	if _, body := v.get(at); !strings.Contains(body, "May we &lt;call&gt; again?") || !strings.Contains(body, `value="24"`) {
		t.Error("the form does not show them")
	}
	said[len(said)-3] = ""
	if body := v.form(at, 422, said...); !strings.Contains(body, "no words to ask for it") {
		t.Error("months without words are taken")
	}
}
