package api

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// desk is an agent at work: a campaign that dials, a contact on it, and the
// agent signed in and ready.
func desk(t *testing.T) (h *house, c caller, u campaigns.User, camp campaigns.Campaign, p campaigns.Contact) {
	t.Helper()
	h = newHouse(t)
	camp, list := h.running("Spring")
	u = h.hire("ana", campaigns.Agent, "Spring")
	p = h.contact(camp, list, "Núria <b>Font</b>", "+34600111222")
	c = h.as("ana")
	c.send("POST", "/v1/agent/sign-in", nil).want(200)
	c.send("POST", "/v1/agent/ready", nil).want(200)
	return h, c, u, camp, p
}

func TestAnAgentWorksACallFromReadyToDisposition(t *testing.T) {
	h, c, u, camp, p := desk(t)
	c.send("GET", "/v1/agent/call", nil).fault(404, "no_call")
	a := h.talk(u, camp, p)

	var card Card
	c.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if card.Attempt != a.ID || card.Contact.Name != p.Name || card.Contact.Fields["plan"] != "gold" || card.Number != "+34600111222" {
		t.Errorf("card %+v", card)
	}
	local, err := time.Parse(time.RFC3339, card.LocalTime)
	if err != nil || card.Script == "" || len(card.Dispositions) == 0 || len(card.Zones) != 1 {
		t.Errorf("card %+v: %v", card, err)
	}
	if _, offset := local.Zone(); offset == 0 {
		t.Errorf("local time %s is not Madrid's", card.LocalTime)
	}

	sale := map[string]any{"code": "sale", "attempt_id": a.ID, "note": "paid",
		"sale": map[string]any{"currency": "EUR", "lines": []map[string]any{{"product": "Fibre", "quantity": 2, "unit_price": 1995}}}}
	c.send("POST", "/v1/agent/call/disposition", sale, "Idempotency-Key", "k1").fault(409, "call_open")
	c.send("POST", "/v1/agent/call/hang-up", nil).want(200)
	h.hangUp(u, a)
	var d Disposed
	c.send("POST", "/v1/agent/call/disposition", sale, "Idempotency-Key", "k1-after").want(200).into(&d)
	if d.Code != "sale" || d.Sale.Total != 3990 || d.At.IsZero() {
		t.Errorf("disposition %+v", d)
	}
	if s, _ := h.floor.Agent(u.ID); s.State != campaigns.AgentReady {
		t.Errorf("the agent is %s after the disposition", s.State)
	}
	call, err := h.db.Attempt(t.Context(), a.ID)
	h.must(err)
	if call.Disposition == nil || call.Disposition.Sale == nil || call.Disposition.Agent != u.ID {
		t.Errorf("in the store: %+v", call.Disposition)
	}
}

func TestTheSameKeyBringsTheSameAnswerAndASecondDispositionIsRefused(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	body := map[string]any{"code": "not_interested", "attempt_id": a.ID}
	first := c.send("POST", "/v1/agent/call/disposition", body, "Idempotency-Key", "once").want(200)
	again := c.send("POST", "/v1/agent/call/disposition", body, "Idempotency-Key", "once").want(200)
	if string(first.body) != string(again.body) || again.Header.Get("Idempotent-Replayed") != "true" {
		t.Errorf("%s then %s", first.body, again.body)
	}
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "survey", "attempt_id": a.ID}, "Idempotency-Key", "once").fault(409, "key_reused")
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "survey", "attempt_id": a.ID}, "Idempotency-Key", "twice").fault(409, "already_disposed")
	c.send("POST", "/v1/agent/call/disposition", body).fault(422, "invalid_request")
}

func TestADispositionSurvivesThatItsAnswerWasForgotten(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	body := map[string]any{"code": "not_interested", "attempt_id": a.ID}
	first := c.send("POST", "/v1/agent/call/disposition", body, "Idempotency-Key", "once").want(200)
	h.must(h.db.DropKey(t.Context(), u.ID, "once")) // as after a crash between the two writes
	again := c.send("POST", "/v1/agent/call/disposition", body, "Idempotency-Key", "once").want(200)
	if string(first.body) != string(again.body) {
		t.Errorf("%s then %s", first.body, again.body)
	}
}

func TestAnAgentReachesNoCallOfAnotherAgent(t *testing.T) {
	h, _, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	h.hire("eve", campaigns.Agent, "Spring")
	eve := h.as("eve")
	eve.send("POST", "/v1/agent/sign-in", nil).want(200)
	eve.send("GET", "/v1/agent/call", nil).fault(404, "no_call")
	eve.send("POST", "/v1/agent/call/hang-up", nil).fault(409, "no_call")
	eve.send("POST", "/v1/agent/call/do-not-call", nil).fault(409, "no_call")
	eve.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "sale", "attempt_id": a.ID}, "Idempotency-Key", "e").fault(404, "call_not_found")
	eve.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "sale", "attempt_id": "0190-nothing"}, "Idempotency-Key", "f").fault(404, "call_not_found")
	eve.send("POST", "/v1/agent/sign-in", map[string]any{"campaigns": []string{"Winter"}}).fault(403, "campaign_not_yours")
}

func TestWhoIsAskedToTakeACallCannotDisposeOfIt(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	eve := h.hire("eve", campaigns.Agent, "Spring")
	asked := h.as("eve")
	asked.send("POST", "/v1/agent/sign-in", nil).want(200)
	current, _ := h.floor.Current(u.ID)
	h.floor.bridge(eve.ID, current, campaigns.AgentReserved)
	asked.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "do_not_call"}, "Idempotency-Key", "e").fault(409, "call_open")
	h.hangUp(u, a)
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "not_interested", "attempt_id": a.ID}, "Idempotency-Key", "u").want(200)
}

func TestADoNotCallRequestHoldsBeforeItIsAnswered(t *testing.T) {
	h, c, u, camp, p := desk(t)
	h.talk(u, camp, p)
	c.send("POST", "/v1/agent/call/do-not-call", map[string]string{"note": "never again"}).want(204)
	on, err := h.db.IsDoNotCall(t.Context(), "+34600111222")
	h.must(err)
	if !on || !slices.Contains(h.floor.withdrawn, "+34600111222") {
		t.Errorf("on the list: %t, withdrawn: %v", on, h.floor.withdrawn)
	}
	d, err := h.db.DoNotCall(t.Context(), "+34600111222")
	h.must(err)
	if d.By != "ana" || d.Reason != "never again" || d.Campaign != camp.ID || d.Attempt == "" {
		t.Errorf("entry %+v", d)
	}
}

func TestACallbackIsAgreedForTheAgentOrAnybodyAndInTheHours(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	past := map[string]any{"code": "callback", "attempt_id": a.ID, "callback": map[string]any{"at": time.Now().Add(-time.Hour)}}
	c.send("POST", "/v1/agent/call/disposition", past, "Idempotency-Key", "past").fault(422, "disposition_invalid")
	none := map[string]any{"code": "callback", "attempt_id": a.ID}
	c.send("POST", "/v1/agent/call/disposition", none, "Idempotency-Key", "none").fault(422, "disposition_invalid")
	at := time.Now().Add(24 * time.Hour).UTC().Truncate(time.Second)
	mine := map[string]any{"code": "callback", "attempt_id": a.ID, "callback": map[string]any{"at": at, "mine": true, "note": "after lunch"}}
	c.send("POST", "/v1/agent/call/disposition", mine, "Idempotency-Key", "mine").want(200)

	var out struct{ Callbacks []AgreedCallback }
	c.send("GET", "/v1/callbacks", nil).want(200).into(&out)
	if len(out.Callbacks) != 1 || out.Callbacks[0].Agent != u.ID || !out.Callbacks[0].At.Equal(at) || out.Callbacks[0].Note != "after lunch" {
		t.Errorf("callbacks %+v", out.Callbacks)
	}
	h.hire("eve", campaigns.Agent, "Spring")
	h.as("eve").send("GET", "/v1/callbacks", nil).want(200).into(&out)
	if len(out.Callbacks) != 0 {
		t.Errorf("another agent sees %+v", out.Callbacks)
	}
}

func TestAnAppointmentAndAnswersComeBackAsOutcomes(t *testing.T) {
	h, c, u, camp, p := desk(t)
	a := h.talk(u, camp, p)
	h.hangUp(u, a)
	at := time.Now().Add(72 * time.Hour).UTC().Truncate(time.Second)
	c.send("POST", "/v1/agent/call/disposition", map[string]any{
		"code": "appointment", "attempt_id": a.ID,
		"appointment": map[string]any{"at": at, "zone": "Europe/Madrid", "place": "C. Major 1", "person": "Dr. Roig"},
		"answers":     []map[string]string{{"question": "Own a car?", "value": "two, 两辆"}},
	}, "Idempotency-Key", "k").want(200)
	h.hire("boss", campaigns.Manager)
	boss := h.as("boss")
	for kind, n := range map[string]int{"appointment": 1, "answers": 1, "sale": 0} {
		var out struct{ Outcomes []Result }
		boss.send("GET", "/v1/outcomes?kind="+kind, nil).want(200).into(&out)
		if len(out.Outcomes) != n {
			t.Errorf("%d outcomes of kind %s, want %d", len(out.Outcomes), kind, n)
		}
		if kind == "appointment" && (!out.Outcomes[0].Appointment.At.Equal(at) || out.Outcomes[0].Answers[0].Value != "two, 两辆") {
			t.Errorf("outcome %+v", out.Outcomes[0])
		}
	}
}

func TestAPreviewIsDialedOrSkippedByTheAgentAlone(t *testing.T) {
	h, c, u, camp, p := desk(t)
	c.send("POST", "/v1/agent/dial", nil).fault(409, "no_preview")
	h.floor.bridge(u.ID, campaigns.CurrentCall{Campaign: camp.ID, Contact: p, Number: "+34600111222"}, campaigns.AgentPreview)
	var card Card
	c.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if card.State != campaigns.AgentPreview || card.Attempt != "" {
		t.Errorf("card %+v", card)
	}
	c.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "sale"}, "Idempotency-Key", "k").fault(409, "no_call")
	var a Agent
	c.send("POST", "/v1/agent/dial", nil).want(200).into(&a)
	if a.State != campaigns.AgentReserved {
		t.Errorf("state %s", a.State)
	}
}

func TestWhoIsNotSignedInIsToldSo(t *testing.T) {
	h := newHouse(t)
	h.running("Spring")
	h.hire("ana", campaigns.Agent, "Spring")
	c := h.as("ana")
	var a Agent
	c.send("GET", "/v1/agent", nil).want(200).into(&a)
	if a.State != campaigns.AgentOffline {
		t.Errorf("state %s", a.State)
	}
	c.send("POST", "/v1/agent/ready", nil).fault(409, "not_signed_in")
	c.send("POST", "/v1/agent/sign-in", nil).want(200)
	c.send("POST", "/v1/agent/pause", map[string]string{"reason": ""}).fault(422, "invalid_request")
	c.send("POST", "/v1/agent/pause", map[string]string{"reason": "  "}).fault(422, "pause_reason")
	c.send("POST", "/v1/agent/pause", map[string]string{"reason": "lunch"}).want(200).into(&a)
	if a.State != campaigns.AgentPaused || a.Reason != "lunch" {
		t.Errorf("agent %+v", a)
	}
	c.send("POST", "/v1/agent/sign-out", nil).want(200).into(&a)
	if a.State != campaigns.AgentOffline {
		t.Errorf("state %s", a.State)
	}
}

func TestASupervisorPausesAndSignsOutAnAgentWhoIsThere(t *testing.T) {
	h, _, u, _, _ := desk(t)
	h.hire("sue", campaigns.Supervisor)
	sue := h.as("sue")
	at := fmt.Sprintf("/v1/agents/%d", u.ID)
	sue.send("POST", at+"/pause", map[string]string{"reason": "forgotten"}).want(204)
	if a, _ := h.floor.Agent(u.ID); a.State != campaigns.AgentPaused || a.Reason != "forgotten (sue)" {
		t.Errorf("agent %+v", a)
	}
	sue.send("POST", at+"/sign-out", nil).want(204)
	sue.send("POST", at+"/sign-out", nil).fault(404, "agent_not_there")
}
