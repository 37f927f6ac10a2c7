package api

import (
	"net/http"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestTheAnswersOfACheckAreEnteredOnceAndFound(t *testing.T) {
	h := newHouse(t).staff()
	boss := h.as("compliance")
	body := map[string]any{"check": "rnd", "answers": []map[string]any{
		{"number": "+12025550123", "at": "2026-11-01T10:00:00Z", "ok": true, "answer": "no"}, {"number": "+12025550123", "ok": false, "answer": "yes"},
	}}
	var out struct{ Added int }
	if boss.send("POST", "/v1/checks", body).want(http.StatusOK).into(&out); out.Added != 2 {
		t.Errorf("%d added", out.Added)
	}
	body["answers"] = body["answers"].([]map[string]any)[:1]
	if boss.send("POST", "/v1/checks", body).want(http.StatusOK).into(&out); out.Added != 0 {
		t.Errorf("%d added again", out.Added)
	}
	var found struct{ Checks []campaigns.NumberCheck }
	boss.send("POST", "/v1/checks/find", map[string]any{"number": "+12025550123"}).want(http.StatusOK).into(&found)
	if len(found.Checks) != 2 || found.Checks[0].Answer != "yes" || found.Checks[0].OK || found.Checks[1].By != "compliance" {
		t.Errorf("%+v", found)
	}
	body["answers"] = []map[string]any{{"number": "+12025550123", "at": "2036-01-01T00:00:00Z", "ok": true}}
	boss.send("POST", "/v1/checks", body).fault(http.StatusUnprocessableEntity, "check_invalid")
	h.as("manager").send("POST", "/v1/checks", body).fault(http.StatusForbidden, "forbidden")
	h.as("agent").send("POST", "/v1/checks/find", map[string]any{"number": "+12025550123"}).fault(http.StatusForbidden, "forbidden")
}
