package web

import (
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestTheKillSwitchIsThrownAndLiftedOnItsPage(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	body := v.form("/compliance/stops", 422, "scope", "house", "reason", "")
	if !strings.Contains(body, "Say why") {
		t.Error("a stop without a reason is refused without one")
	}
	v.form("/compliance/stops", 303, "scope", "house", "reason", "a <b>complaint</b>")
	v.form("/compliance/stops", 303, "scope", "caller_id", "value", "+34 910 000 001", "reason", "spam label")
	_, body = v.get("/compliance/stops")
	for _, want := range []string{"a &lt;b&gt;complaint", "Every call of the house", "34910000001", "somebody else has to let it go on"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	if _, landing := v.get("/compliance"); !strings.Contains(landing, "2 stops hold calls up") {
		t.Error("the landing page does not say what is stopped")
	}
	v.form("/compliance/stops", 303, "scope", "caller_id", "number", "+34 910 000 002", "place", "ES", "reason", "by its own field")
	v.form("/compliance/stops", 303, "scope", "jurisdiction", "number", "+34 910 000 002", "place", "FR", "reason", "by its own field")
	if _, body = v.get("/compliance/stops"); !strings.Contains(body, "34910000002") || !strings.Contains(body, "Calls to FR") {
		t.Error("a number and a country are not stopped by their own fields")
	}
	v.form("/compliance/stops/lift", 403, "stop", "1", "why", "mine")
	other := h.as(campaigns.Supervisor)
	other.form("/compliance/stops/lift", 303, "stop", "1", "why", "all is well")
	if _, body = other.get("/compliance/stops"); strings.Contains(body, `href="/compliance"`) {
		t.Error("a supervisor is shown a door that is closed to them")
	}
	if h.stage.mu.Lock(); len(h.stage.stopped) != 3 { // the house goes on, three smaller stops stay
		t.Errorf("the floor was told %+v", h.stage.stopped)
	}
	h.stage.mu.Unlock()
	if res, _ := h.as(campaigns.Agent).get("/compliance/stops"); res.StatusCode != 403 {
		t.Errorf("an agent sees it: %d", res.StatusCode)
	}
}
