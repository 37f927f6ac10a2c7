package api

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func hoursDocument(version int, hours string) string {
	return fmt.Sprintf(`
ruleset: {id: house, title: House, version: %d, reviewed_on: 2026-11-21}
rules:
  - {id: house.hours, type: window, zones: all_candidates, weekly: {mon-sun: ["%s"]}, cite: "our own", status: verified}
`, version, hours)
}

func TestWhatTightensTheRulesIsInForceAtOnceAndWhatLoosensThemWaitsForASecondPerson(t *testing.T) {
	h := newHouse(t).staff()
	h.hire("carl", campaigns.Compliance)
	cora, carl, root, boss := h.as("compliance"), h.as("carl"), h.as("admin"), h.as("manager")
	boss.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(1, "09:00-20:00"), "reason": "x"}).fault(403, "forbidden")
	cora.send("POST", "/v1/rules", map[string]any{"source": "ruleset: {id: house", "reason": "x"}).fault(422, "rules_invalid")
	cora.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(1, "09:00-20:00"), "reason": " "}).fault(422, "reason_missing")
	var got struct {
		InForce bool `json:"in_force"`
		Request *campaigns.RuleRequest
	}
	cora.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(1, "09:00-20:00"), "reason": "our own hours"}).want(200).into(&got)
	if !got.InForce || got.Request != nil {
		t.Errorf("what binds more waits: %+v", got)
	}
	cora.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(1, "10:00-19:00"), "reason": "x"}).fault(422, "version_old")
	cora.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(1, "09:00-20:00"), "reason": "x"}).fault(409, "rules_in_force")
	cora.send("POST", "/v1/rules", map[string]any{"source": hoursDocument(2, "10:00-19:00"), "reason": "winter"}).want(200).into(&got)
	if !got.InForce {
		t.Errorf("narrower hours wait: %+v", got)
	}
	wide := map[string]any{"source": hoursDocument(3, "08:00-21:00"), "reason": "summer"}
	var weighed struct{ Loosens bool }
	boss.send("POST", "/v1/rules/weigh", map[string]any{"source": wide["source"]}).want(200).into(&weighed)
	got.Request = nil
	cora.send("POST", "/v1/rules", wide).want(200).into(&got)
	if got.InForce || got.Request == nil || !weighed.Loosens {
		t.Fatalf("wider hours are in force at once: %+v", got)
	}
	request := fmt.Sprintf("/v1/rules/requests/%d", got.Request.ID)
	cora.send("POST", request+"/approve", map[string]any{}).fault(403, "second_person")
	boss.send("POST", request+"/approve", map[string]any{}).fault(403, "forbidden")
	boss.send("POST", request+"/refuse", map[string]any{"word": "no"}).fault(403, "forbidden")
	var sets struct{ Sets []RuleSet }
	boss.send("GET", "/v1/rules", nil).want(200).into(&sets)
	if len(sets.Sets) != 1 || sets.Sets[0].Version != 2 {
		t.Errorf("in force before it is approved: %+v", sets)
	}
	root.send("POST", request+"/approve", map[string]any{"word": "fine"}).want(204)
	carl.send("POST", request+"/approve", map[string]any{}).fault(404, "request_not_found")
	boss.send("GET", "/v1/rules", nil).want(200).into(&sets)
	if sets.Sets[0].Version != 3 || sets.Sets[0].ApprovedBy != "admin" || sets.Sets[0].By != "compliance" {
		t.Errorf("in force: %+v", sets)
	}
	var history struct{ Loosenings []campaigns.Loosening }
	boss.send("GET", "/v1/rules/history", nil).want(200).into(&history)
	if len(history.Loosenings) != 1 || history.Loosenings[0].ApprovedBy != "admin" || len(history.Loosenings[0].Changes) == 0 {
		t.Errorf("loosenings: %+v", history)
	}
	var drop struct{ Request campaigns.RuleRequest }
	carl.send("POST", "/v1/rules/sets/house/drop", map[string]any{"reason": "no more"}).want(200).into(&drop)
	carl.send("POST", fmt.Sprintf("/v1/rules/requests/%d/refuse", drop.Request.ID), map[string]any{"word": "I was wrong"}).want(204)
	var requests struct{ Waiting, Decided []campaigns.RuleRequest }
	cora.send("GET", "/v1/rules/requests", nil).want(200).into(&requests)
	if len(requests.Waiting) != 0 || len(requests.Decided) != 2 || requests.Decided[0].State != campaigns.RequestWithdrawn {
		t.Errorf("requests: %+v", requests)
	}
	carl.send("POST", "/v1/rules/sets/nothing/drop", map[string]any{"reason": "x"}).fault(404, "rule_set_not_found")
}

func TestANewRuleBindsTheVeryNextCall(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("solar")
	first, second := h.contact(c, l, "Ana", "+34911000001"), h.contact(c, l, "Ben", "+34911000002")
	h.must(h.db.Begin(t.Context(), c, campaigns.NewAttempt(c, first, "", time.Now())))
	never := strings.Replace(hoursDocument(1, "00:00-00:01"), "mon-sun", strings.ToLower(time.Now().Add(72*time.Hour).UTC().Format("Mon")), 1)
	h.as("compliance").send("POST", "/v1/rules", map[string]any{"source": never, "reason": "stop"}).want(200)
	if err := h.db.Begin(t.Context(), c, campaigns.NewAttempt(c, second, "", time.Now())); err == nil || !strings.Contains(err.Error(), "house.hours") {
		t.Errorf("a call that the new rule bars: %v", err)
	}
}
