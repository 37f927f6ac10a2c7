package web

import (
	"context"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/storage/records"
)

// noFiles is a house without files.
type noFiles struct{}

func (noFiles) Remove(string) error                  { return nil }
func (noFiles) Forget(context.Context, string) error { return nil }

// proofOf is the services of proof over a store, without a key to sign with.
func proofOf(db *records.DB) campaigns.Proof {
	keep := campaigns.NewRetention(db)
	return campaigns.Proof{
		Subjects:  campaigns.NewSubjects(db, noFiles{}, func(campaigns.DoNotCall) error { return nil }, keep, db),
		Retention: keep, Audit: campaigns.NewAuditTrail(db, db),
	}
}

func TestAPersonIsLookedUpHeldAndErasedOnThePages(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	const number = "+34600000001"
	if _, body := v.get("/compliance/people"); !strings.Contains(body, "What is known of a number") {
		t.Error("the page does not ask for a number")
	}
	if body := v.form("/compliance/people", 422, "number", "12"); !strings.Contains(body, `role="alert"`) {
		t.Error("what is no number is not refused in words")
	}
	body := v.form("/compliance/people", 200, "number", "+34 600 000 001")
	expectNothingInline(t, body)
	if !strings.Contains(body, "Erase this person") {
		t.Error("who may erase is not offered it")
	}
	v.form("/compliance/holds", 422, "scope", "number", "number", number, "reason", "")
	v.form("/compliance/holds", 303, "scope", "number", "number", number, "reason", "lawsuit <12>/2026")
	v.form("/compliance/holds", 303, "scope", "period", "from", "2026-01-01", "to", "2026-02-01", "reason", "inspection")
	v.form("/compliance/holds", 303, "scope", "seller", "seller", "Acme", "reason", "dispute", "until", "2099-01-01")
	_, body = v.get("/compliance/holds")
	expectNothingInline(t, body)
	for _, want := range []string{"lawsuit &lt;12&gt;/2026", "inspection", "Acme", "34600000001"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of holds does not hold %q", want)
		}
	}
	if body := v.form("/compliance/people/erase", 422, "number", number, "basis", "objection", "confirm", "+34600000002"); !strings.Contains(body, "nothing was done") {
		t.Error("a number that was typed differently is not refused in words")
	}
	v.form("/compliance/people/erase", 303, "number", number, "basis", "objection", "confirm", "+34 600 000 001")
	if _, body = v.get("/compliance/people?done=restricted"); !strings.Contains(body, "a legal hold covers it") || !strings.Contains(body, "used for nothing else") {
		t.Error("an erasure that a hold keeps back is not shown")
	}
	if _, landing := v.get("/compliance"); !strings.Contains(landing, "1 erasure waits") {
		t.Error("the landing page does not say that an erasure waits")
	}
	v.form("/compliance/holds/release", 422, "hold", "1", "why", "")
	v.form("/compliance/holds/release", 303, "hold", "1", "why", "settled")
	if _, body = v.get("/compliance/people"); !strings.Contains(body, "What was forgotten") || strings.Contains(body, "Erasures that wait") {
		t.Error("after the release the person is not erased")
	}
	if _, body = v.get("/compliance/holds"); strings.Contains(body, "settled") || strings.Contains(body, "lawsuit") || !strings.Contains(body, "forgotten with the person") {
		t.Error("the words of a hold, which may name the person, outlived the person, or the page does not say where they are")
	}
	v.form("/compliance/holds/release", 303, "hold", "2", "why", "the inspection is over")
	if _, body = v.get("/compliance/holds"); !strings.Contains(body, "the inspection is over") {
		t.Error("the page does not say why the hold was released")
	}
}

func TestHowLongWhatIsKeptIsChangedOnItsPageAndStandsInTheAudit(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	_, body := v.get("/compliance/retention")
	expectNothingInline(t, body)
	if !strings.Contains(body, `value="90"`) {
		t.Error("recordings are not kept for 90 days at first")
	}
	v.form("/compliance/retention", 422, "kind", "recordings", "days", "0")
	v.form("/compliance/retention", 303, "kind", "recordings", "days", "30")
	_, body = v.get("/compliance/audit?kind=retention.")
	expectNothingInline(t, body)
	if !strings.Contains(body, "retention.set") || !strings.Contains(body, "from 2160h0m0s to 720h0m0s") || strings.Contains(body, "user.login") {
		t.Errorf("the audit does not show the change, or more: %s", body)
	}
	if _, text := v.get("/compliance/audit/export?format=csv&kind=retention."); !strings.Contains(text, "seq,at,kind,by,subject,detail") || !strings.Contains(text, "retention.set") {
		t.Errorf("the file of the audit reads %q", text)
	}
	if _, text := v.get("/compliance/audit/export?format=jsonl&kind=audit."); !strings.Contains(text, `"kind":"audit.export"`) {
		t.Errorf("that the audit was taken away does not stand in it: %q", text)
	}
	m := h.as(campaigns.Manager)
	for path, status := range map[string]int{"/compliance/people": 403, "/compliance/audit": 403, "/compliance/holds": 200, "/compliance/retention": 200} {
		if res, _ := m.get(path); res.StatusCode != status {
			t.Errorf("a manager gets %d for %s, want %d", res.StatusCode, path, status)
		}
	}
	if res, _ := h.as(campaigns.Agent).get("/compliance/holds"); res.StatusCode != 403 {
		t.Errorf("an agent sees holds: %d", res.StatusCode)
	}
}

func TestAPersonWhoWasNeverCalledIsShownWithTheListTheyStandOn(t *testing.T) {
	h := newHouse(t)
	h.stocked("Spring") // its list is March
	body := h.as(campaigns.Compliance).form("/compliance/people", 200, "number", "+34600111222")
	if known := between(body, "<dl", "</dl>"); !strings.Contains(known, "<bdi>March</bdi>") || !strings.Contains(known, "Ana &lt;b&gt;Ferrer") {
		t.Errorf("what is known of the person is %s", known)
	}
}
