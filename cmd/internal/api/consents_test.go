package api

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/consentlist"
)

func TestAConsentIsEnteredOnceFoundAndWithdrawn(t *testing.T) {
	h := newHouse(t).staff()
	spring := campaigns.NewCampaign("spring")
	spring.Seller = "Aigua SL"
	_, err := h.db.CreateCampaign(t.Context(), spring, "test")
	h.must(err)
	boss := h.as("compliance")
	body := map[string]any{
		"number": "+34600111222", "name": "Ana", "kind": "consent", "level": "express_written", "seller": "Aigua SL", "purpose": "sales", "channels": []string{"live", "automated"},
		"at": "2026-03-02T09:30:00Z", "until": "2027-03-02T00:00:00Z", "source": "web_form", "wording": "Sí, llámenme.", "reference": "form 17", "ip": "192.0.2.7",
	}
	var first, again campaigns.ConsentFate
	boss.send("POST", "/v1/consents", body).want(http.StatusOK).into(&first)
	boss.send("POST", "/v1/consents", body).want(http.StatusOK).into(&again)
	if !first.New || again.New || first.ID == "" || again.ID != first.ID {
		t.Errorf("fates %+v, %+v", first, again)
	}
	var found struct {
		Consents    []campaigns.Consent    `json:"consents"`
		Withdrawals []campaigns.Withdrawal `json:"withdrawals"`
	}
	boss.send("POST", "/v1/consents/find", map[string]any{"number": "+34600111222"}).want(http.StatusOK).into(&found)
	if len(found.Consents) != 1 || found.Consents[0].Wording != "Sí, llámenme." || found.Consents[0].By != "compliance" || len(found.Withdrawals) != 0 {
		t.Errorf("found %+v", found)
	}
	var ended struct{ Ended int }
	boss.send("POST", "/v1/consents/withdraw", map[string]any{"number": "+34600111222", "seller": "Aigua SL", "note": "by letter", "stop": true}).want(http.StatusOK).into(&ended)
	if ended.Ended != 0 {
		t.Errorf("the do-not-call list had ended it first; then %d", ended.Ended)
	}
	var file campaigns.ConsentFile
	boss.send("GET", "/v1/consents/"+first.ID, nil).want(http.StatusOK).into(&file)
	if file.RevokedAt.IsZero() || len(file.Changes) != 2 || file.Changes[1].Event != campaigns.ConsentRevoked {
		t.Errorf("file %+v", file)
	}
	if on, err := h.db.IsDoNotCall(t.Context(), "+34600111222"); err != nil || !on {
		t.Errorf("on the do-not-call list: %t, %v", on, err)
	}
	if len(h.floor.withdrawn) == 0 {
		t.Error("what rings there goes on")
	}
	boss.send("POST", "/v1/consents/find", map[string]any{"number": "+34600111222"}).want(http.StatusOK).into(&found)
	if len(found.Withdrawals) != 1 || found.Withdrawals[0].Note != "by letter" {
		t.Errorf("withdrawals %+v", found.Withdrawals)
	}
	const other = "+34600111333"
	boss.send("POST", "/v1/consents/withdraw", map[string]any{"number": other, "seller": "Nobody SL", "stop": true}).want(http.StatusOK)
	boss.send("POST", "/v1/consents/find", map[string]any{"number": other}).want(http.StatusOK).into(&found)
	if len(found.Withdrawals) != 1 || found.Withdrawals[0].Seller != "Nobody SL" {
		t.Errorf("withdrawals from a seller for whom no campaign calls: %+v", found.Withdrawals)
	}
	if d, err := h.db.DoNotCall(t.Context(), other); err != nil || d.Seller != "" || !strings.Contains(d.Reason, "Nobody SL") {
		t.Errorf("its do-not-call entry: %+v, %v", d, err)
	}
	for change, says := range map[string]any{"at": "2036-01-01T00:00:00Z", "until": "2026-01-01T00:00:00Z", "ip": "my house", "level": ""} {
		bad := map[string]any{}
		for k, v := range body {
			bad[k] = v
		}
		if bad[change] = says; change == "level" {
			bad["kind"], bad["level"] = "purchase", "express"
		}
		boss.send("POST", "/v1/consents", bad).fault(http.StatusUnprocessableEntity, "consent_invalid")
	}
	boss.send("POST", "/v1/consents/withdraw", map[string]any{}).fault(http.StatusUnprocessableEntity, "number_missing")
	boss.send("POST", "/v1/consents/withdraw", map[string]any{"consent_id": "none"}).fault(http.StatusNotFound, "consent_not_found")
	h.as("admin").send("POST", "/v1/consents", body).fault(http.StatusForbidden, "forbidden")
	h.as("supervisor").send("POST", "/v1/consents/find", map[string]any{"number": "+34600111222"}).fault(http.StatusForbidden, "forbidden")
}

func TestAFileOfConsentsIsEnteredAndTheLedgerIsHandedOut(t *testing.T) {
	h := newHouse(t).staff()
	const file = "number;at;level;wording\n600111222;2026-03-02;express;\"Sí, llámenme.\"\n12;2026-03-02;;\n600111223;tomorrow;;\n600111224;2026-03-02;express_written;\n"
	var r consentlist.Entered
	boss := h.as("manager")
	path := consentImportPath + "?region=ES&seller=Aigua+SL&purpose=sales&source=paper"
	boss.upload(path, "text/csv", strings.NewReader(file)).want(http.StatusOK).into(&r)
	if r.Rows != 4 || r.Added != 1 || r.Refused != 3 || len(r.First) != 3 {
		t.Errorf("result %+v", r)
	}
	boss.upload(path, "text/csv", strings.NewReader(file)).want(http.StatusOK).into(&r)
	if r.Known != 1 || r.Added != 0 {
		t.Errorf("again %+v", r)
	}
	boss.upload(consentImportPath, "text/csv", strings.NewReader("name,colour\nAna,red\n")).fault(http.StatusUnprocessableEntity, "list_invalid")
	h.as("agent").upload(consentImportPath, "text/csv", strings.NewReader(file)).fault(http.StatusForbidden, "forbidden")
	out := string(h.as("compliance").send("GET", "/v1/consents/export?format=csv", nil).want(http.StatusOK).body)
	if lines := strings.Split(strings.TrimSpace(out), "\n"); len(lines) != 2 || !strings.Contains(lines[1], "'+34600111222") || !strings.Contains(lines[1], "Aigua SL") || !strings.Contains(lines[1], "paper") {
		t.Errorf("export %s", out)
	}
	entries, err := h.db.AuditEntries(t.Context(), 0, 1000)
	h.must(err)
	if last := entries[len(entries)-1]; last.Kind != "consents.export" || last.By != "compliance" {
		t.Errorf("the export is not written down: %+v", last)
	}
}

func TestAnAgentRecordsWhatThePersonSaysToTheWordsReadOut(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("winter")
	h.as("manager").send("PATCH", "/v1/campaigns/"+strconv.FormatInt(c.ID, 10), map[string]any{
		"seller": "Aigua SL", "consent": map[string]any{"text": "May Aigua call you again?", "months": 24},
	}).want(http.StatusOK)
	ana := h.as("agent")
	ana.send("GET", "/v1/agent/call/consent", nil).fault(http.StatusConflict, "no_call")
	a := h.talk(h.users["agent"], c, h.contact(c, l, "Eva", "+34600111222"))
	var desk campaigns.DeskConsent
	ana.send("GET", "/v1/agent/call/consent", nil).want(http.StatusOK).into(&desk)
	if desk.Text != "May Aigua call you again?" || desk.Months != 24 || len(desk.Entries) != 0 {
		t.Fatalf("desk %+v", desk)
	}
	ana.send("POST", "/v1/agent/call/consent", map[string]any{"wording_sha256": strings.Repeat("0", 64)}).fault(http.StatusConflict, "consent_changed")
	var fate campaigns.ConsentFate
	ana.send("POST", "/v1/agent/call/consent", map[string]any{"wording_sha256": desk.WordingID, "recording": true, "note": "gladly"}).want(http.StatusOK).into(&fate)
	file, err := h.db.ConsentFile(t.Context(), fate.ID)
	h.must(err)
	if !fate.New || file.Seller != "Aigua SL" || file.Attempt != a.ID || file.Wording != desk.Text || file.Source != campaigns.ConsentByCall || file.By != "agent" || file.Name != "Eva" ||
		len(file.Channels) != 2 || !file.Until.Equal(file.At.AddDate(0, 24, 0)) || time.Since(file.At) > time.Minute {
		t.Errorf("entry %+v", file)
	}
	ana.send("GET", "/v1/agent/call/consent", nil).want(http.StatusOK).into(&desk)
	if len(desk.Entries) != 1 || desk.Entries[0].ID != fate.ID {
		t.Errorf("desk %+v", desk)
	}
	var ended struct{ Ended int }
	ana.send("POST", "/v1/agent/call/consent/withdraw", map[string]any{"note": "changed her mind"}).want(http.StatusOK).into(&ended)
	if on, err := h.db.IsDoNotCall(t.Context(), "+34600111222"); err != nil || on || ended.Ended != 1 {
		t.Errorf("ended %d; on the do-not-call list: %t, %v", ended.Ended, on, err)
	}
	ana.send("POST", "/v1/agent/call/consent/withdraw", map[string]any{"stop": true}).want(http.StatusOK).into(&ended)
	d, err := h.db.DoNotCall(t.Context(), "+34600111222")
	h.must(err)
	if d.Channel != campaigns.ChannelAgent || d.Attempt != a.ID || d.Seller != "Aigua SL" || d.By != "agent" {
		t.Errorf("do-not-call %+v", d)
	}
}
