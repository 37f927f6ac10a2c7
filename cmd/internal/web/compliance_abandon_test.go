package web

import (
	"encoding/csv"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// abandoned puts a campaign with calls of every ending into the store.
func (h *house) abandoned(name string) campaigns.Campaign {
	h.Helper()
	c := campaigns.NewCampaign(name)
	c.Windows, c.Seller, c.Zone = rules.Always(), "<b>ACME</b>", "Europe/Madrid"
	c, err := h.db.CreateCampaign(h.Context(), c, "tester")
	h.must(err)
	c, err = h.db.SetStatus(h.Context(), c.ID, campaigns.Running, "tester")
	h.must(err)
	i := 0
	call := func(o campaigns.Outcome, change func(*campaigns.Attempt)) {
		i++
		p := campaigns.Contact{Phones: []campaigns.Phone{{Number: fmt.Sprintf("+346120000%02d", i), Zones: []string{"Europe/Madrid"}}}}
		a := campaigns.NewAttempt(c, p, "", time.Now())
		a.Manual = true
		h.must(h.db.Begin(h.Context(), c, a))
		a.Outcome, a.AnsweredAt, a.EndedAt = o, a.IntentAt.Add(time.Microsecond), a.IntentAt.Add(2*time.Microsecond)
		change(a)
		h.must(h.db.Finish(h.Context(), *a))
	}
	for range 7 {
		call(campaigns.Connected, func(a *campaigns.Attempt) { a.BridgedAt, a.Agent = a.AnsweredAt, 1 })
	}
	call(campaigns.AbandonedMsg, func(a *campaigns.Attempt) { a.MessageAt = a.AnsweredAt.Add(time.Second) })
	call(campaigns.AbandonedSilent, func(*campaigns.Attempt) {})
	call(campaigns.Machine, func(*campaigns.Attempt) {})
	return c
}

func TestAbandonedCallsAreReportedWithTheCallsBehindThem(t *testing.T) {
	h := newHouse(t)
	c := h.abandoned("Spring <i>")
	v := h.as(campaigns.Compliance)
	_, body := v.get("/compliance/abandonment")
	for _, want := range []string{"Spring &lt;i&gt;", "The campaign&#39;s own limit", "blocks of 30 days", "30.0 %"} { // (2 + 1) of (9 + 1): nobody has listened to the machine
		if !strings.Contains(body, want) {
			t.Errorf("the overview does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	if _, landing := v.get("/compliance"); !strings.Contains(landing, "30.00 % abandoned, the campaign&#39;s own limit is 3 %") {
		t.Error("the landing page does not say that the campaign is over its limit")
	}
	path := fmt.Sprintf("/compliance/abandonment/%d", c.ID)
	_, body = v.get(path)
	for _, want := range []string{"&lt;b&gt;ACME", "Europe/Madrid", "the whole campaign", "30.00 %", "period?rule=campaign.cap"} {
		if !strings.Contains(body, want) {
			t.Errorf("the campaign's page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	_, body = v.get(path + "/period?rule=campaign.cap&class=told")
	for _, want := range []string{"Kept and recounted agree", "3 / 10 = 30.00 %", "/calls/", "1.000 s", "abandoned msg"} {
		if !strings.Contains(body, want) {
			t.Errorf("the period's page does not hold %q", want)
		}
	}
	for _, never := range []string{"compliant", "complies"} {
		if strings.Contains(strings.ToLower(body), never) {
			t.Errorf("the page says %q", never)
		}
	}
	expectNothingInline(t, body)
	if res, _ := v.get(path + "/period?rule=nobody.knows"); res.StatusCode != 404 {
		t.Errorf("an unknown rule: %d", res.StatusCode)
	}
	if res, _ := h.as(campaigns.Agent).get(path); res.StatusCode != 403 {
		t.Errorf("an agent sees it: %d", res.StatusCode)
	}
}

func TestTheReportIsTakenAwayAsCSVAndTheAuditSaysSo(t *testing.T) {
	h := newHouse(t)
	c := h.abandoned("Spring")
	_, body := h.as(campaigns.Compliance).get(fmt.Sprintf("/compliance/abandonment/%d/export.csv", c.ID))
	rows, err := csv.NewReader(strings.NewReader(body)).ReadAll()
	h.must(err)
	got := map[string]string{}
	for i, name := range rows[0] {
		got[name] = rows[1][i]
	}
	want := map[string]string{
		"rule": "campaign.cap", "formula": "us", "start_point": "connected", "answered_by_person": "9", "met": "7", "abandoned_message": "1", "abandoned_silent": "1",
		"machine_by_detector": "1", "amd_false_positives": "1", "numerator": "3", "denominator": "10", "rate": "0.300000", "limit": "0.03", "budget_left": "-3",
	}
	for name, value := range want {
		if got[name] != value {
			t.Errorf("%s is %q, want %q", name, got[name], value)
		}
	}
	entries, err := h.db.AuditEntries(h.Context(), 0, 1000)
	h.must(err)
	if last := entries[len(entries)-1]; last.Kind != "abandonment.export" || last.By != "compliance" {
		t.Errorf("the audit ends with %+v", last)
	}
}

func TestMachineCallsAreDrawnListenedToAndLabelled(t *testing.T) {
	h := newHouse(t)
	c := h.abandoned("Spring")
	v := h.as(campaigns.Supervisor)
	v.form("/compliance/amd", 422, "campaign", fmt.Sprint(c.ID), "size", "0")
	v.form("/compliance/amd", 303, "campaign", fmt.Sprint(c.ID), "size", "75")
	_, body := v.get("/compliance/amd")
	_, after, found := strings.Cut(body, `name="attempt" value="`)
	if !found || !strings.Contains(body, "1 waits to be listened to") || !strings.Contains(body, "100.00 %") {
		t.Fatalf("the drawn call is not shown: %s", body)
	}
	attempt, _, _ := strings.Cut(after, `"`)
	v.form("/compliance/amd/label", 303, "attempt", attempt, "label", "machine", "campaign", "0")
	if _, body = v.get("/compliance/amd"); !strings.Contains(body, "95.00 %") { // 0 of 1
		t.Errorf("the bound of one label is not shown")
	}
	expectNothingInline(t, body)
	v.form("/compliance/amd/label", 422, "attempt", attempt, "label", "dog", "campaign", "0")
	if res, _ := h.as(campaigns.Manager).post("/compliance/amd/label", url.Values{"attempt": {attempt}, "label": {"human"}}); res.StatusCode != 403 {
		t.Errorf("a manager labels: %d", res.StatusCode)
	}
}
