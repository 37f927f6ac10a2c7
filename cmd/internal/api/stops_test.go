package api

import (
	"testing"

	"github.com/forecall/forecall/campaigns"
)

// Halt notes which stops the floor was told of.
func (f *fakeFloor) Halt(holding []campaigns.Stop) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.halted = holding
	return nil
}

func (f *fakeFloor) stopped() []campaigns.Stop {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.halted
}

func TestAStopOfTheHouseIsLiftedBySomebodyElse(t *testing.T) {
	h := newHouse(t).staff()
	cora, boss := h.as("compliance"), h.as("manager")
	h.hire("ann", campaigns.Agent)
	h.as("ann").send("POST", "/v1/stops", map[string]any{"scope": "house", "reason": "x"}).fault(403, "forbidden")
	for _, bad := range []map[string]any{
		{"scope": "house", "reason": " "}, {"scope": "house", "value": "1", "reason": "x"}, {"scope": "campaign", "value": "solar", "reason": "x"},
		{"scope": "caller_id", "value": "112", "reason": "x"}, {"scope": "jurisdiction", "value": "spain", "reason": "x"}, {"scope": "planet", "reason": "x"},
	} {
		if res := cora.send("POST", "/v1/stops", bad); res.StatusCode != 422 {
			t.Errorf("%v: %d", bad, res.StatusCode)
		}
	}
	var thrown Stop
	cora.send("POST", "/v1/stops", map[string]any{"scope": "house", "reason": "the regulator called"}).want(201).into(&thrown)
	if thrown.ID == 0 || thrown.By != "compliance" || thrown.At.IsZero() {
		t.Errorf("%+v", thrown)
	}
	if now := h.floor.stopped(); len(now) != 1 || now[0].Scope != campaigns.StopHouse {
		t.Errorf("the floor was told %+v", now)
	}
	lift := map[string]any{"reason": "a misunderstanding"}
	cora.send("POST", "/v1/stops/1/lift", lift).fault(403, "second_person")
	boss.send("POST", "/v1/stops/1/lift", map[string]any{"reason": ""}).fault(422, "reason_missing")
	boss.send("POST", "/v1/stops/1/lift", lift).want(204)
	boss.send("POST", "/v1/stops/1/lift", lift).fault(404, "stop_not_found")
	if now := h.floor.stopped(); len(now) != 0 {
		t.Errorf("lifted, and the floor was told %+v", now)
	}
	cora.send("POST", "/v1/stops", map[string]any{"scope": "jurisdiction", "value": "US-FL", "reason": "hurricane"}).want(201)
	var all struct{ Holding, Lifted []Stop }
	boss.send("GET", "/v1/stops", nil).want(200).into(&all)
	if len(all.Holding) != 1 || all.Holding[0].Value != "US-FL" || len(all.Lifted) != 1 || all.Lifted[0].LiftedBy != "manager" {
		t.Errorf("%+v", all)
	}
	cora.send("POST", "/v1/stops/2/lift", lift).want(204) // her own, but not of the house
}
