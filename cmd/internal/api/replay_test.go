package api

import (
	"errors"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestKeptDecisionsAreTakenAgainAndSaidInWords(t *testing.T) {
	h := newHouse(t).staff()
	camp, list := h.running("Spring")
	people := []campaigns.Contact{h.contact(camp, list, "Ana", "+34600111222"), h.contact(camp, list, "Ben", "+34600111223")}
	a := campaigns.NewAttempt(camp, people[0], "", time.Now())
	h.must(h.db.Begin(t.Context(), camp, a))
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: people[1].Phones[0].Number, By: "test"}))
	var refused *rules.Refusal
	if err := h.db.Begin(t.Context(), camp, campaigns.NewAttempt(camp, people[1], "", time.Now())); !errors.As(err, &refused) {
		t.Fatalf("called against the list: %v", err)
	}

	c := h.as("compliance")
	var r campaigns.Replay
	c.send("POST", "/v1/replay", map[string]any{"campaign_id": camp.ID}).want(200).into(&r)
	if !r.Same() || r.Decisions != 2 || r.Allowed != 1 {
		t.Errorf("replay %+v", r)
	}
	c.send("POST", "/v1/replay", map[string]any{"number": "+34600111223"}).want(200).into(&r)
	if r.Decisions != 1 || r.Allowed != 0 {
		t.Errorf("replay of a number %+v", r)
	}
	var d Decision
	c.send("GET", "/v1/decisions/"+a.ID, nil).want(200).into(&d)
	if !d.Allowed || !d.Same || d.SHA256.String() != a.Decision.String() || len(d.Verdicts) < 9 || len(d.Place.Zones) == 0 {
		t.Errorf("decision %+v", d)
	}
	c.send("GET", "/v1/decisions/none", nil).want(422)
	c.send("GET", "/v1/decisions/00000000-0000-0000-0000-000000000000", nil).fault(404, "decision_not_found")
	h.as("agent").send("GET", "/v1/decisions/"+a.ID, nil).fault(403, "forbidden")

	var e Explanation
	h.as("manager").send("GET", "/v1/campaigns/1/explain?number=%2B34600111223", nil).want(200).into(&e)
	if len(e.Past) != 1 || e.Past[0].Rule != rules.DNC || e.Past[0].Detail == "" || e.Past[0].Attempt || e.Rulebook.SHA256 == "" {
		t.Errorf("decided before: %+v", e.Past)
	}
}
