package api

import (
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func TestARightToACallerIDIsWrittenDownTriedAndEnded(t *testing.T) {
	h := newHouse(t).staff()
	cora, boss := h.as("compliance"), h.as("manager")
	number := map[string]any{"number": "+34910000001"}
	cora.send("POST", "/v1/caller-ids/checks", number).fault(404, "no_right")
	right := map[string]any{"number": "+34910000001", "holder": "Acme", "contract": "C-1", "valid_from": time.Now().Add(-time.Hour)}
	for field, value := range map[string]any{
		"number": "112", "holder": " ", "contract": "", "document_sha256": "abc", "cli_name": "sixteen letters!", "valid_to": time.Now().Add(-2 * time.Hour),
	} {
		bad := map[string]any{field: value}
		for k, v := range right {
			if k != field {
				bad[k] = v
			}
		}
		if res := cora.send("POST", "/v1/caller-ids/rights", bad); res.StatusCode != 422 {
			t.Errorf("%s = %v: %d", field, value, res.StatusCode)
		}
	}
	h.hire("ann", campaigns.Agent)
	h.as("ann").send("POST", "/v1/caller-ids/rights", right).fault(403, "forbidden")
	var given campaigns.CallerRight
	boss.send("POST", "/v1/caller-ids/rights", right).want(201).into(&given)
	if given.ID == "" || given.By != "manager" || given.Number != "+34910000001" {
		t.Errorf("%+v", given)
	}
	var check CallerCheck
	cora.send("POST", "/v1/caller-ids/checks", number).want(200).into(&check)
	if !check.Answered || check.By != "compliance" || check.Test == "" || check.Trunk != "main" {
		t.Errorf("%+v", check)
	}
	var checks struct{ Checks []CallerCheck }
	cora.send("POST", "/v1/caller-ids/checks/of", number).want(200).into(&checks)
	if len(checks.Checks) != 1 || checks.Checks[0].Test != check.Test {
		t.Errorf("%+v", checks)
	}
	cora.send("POST", "/v1/caller-ids/rights/"+given.ID+"/end", map[string]any{"reason": ""}).fault(422, "reason_missing")
	cora.send("POST", "/v1/caller-ids/rights/"+given.ID+"/end", map[string]any{"reason": "cancelled"}).want(204)
	cora.send("POST", "/v1/caller-ids/rights/"+given.ID+"/end", map[string]any{"reason": "twice"}).fault(409, "right_ended")
	cora.send("POST", "/v1/caller-ids/rights/nobody/end", map[string]any{"reason": "x"}).fault(404, "caller_right_not_found")
	var all struct{ Rights []campaigns.CallerRight }
	cora.send("GET", "/v1/caller-ids/rights", nil).want(200).into(&all)
	if len(all.Rights) != 1 || all.Rights[0].EndedWhy != "cancelled" {
		t.Errorf("%+v", all)
	}
	cora.send("GET", "/v1/caller-ids/health", nil).want(200)
}

func TestACheckNeverCallsANumberOnTheDoNotCallList(t *testing.T) {
	h := newHouse(t).staff()
	cora := h.as("compliance")
	cora.send("POST", "/v1/caller-ids/rights", map[string]any{
		"number": "+34910000001", "holder": "Acme", "contract": "C-1", "valid_from": time.Now().Add(-time.Hour),
	}).want(201)
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34910000001", At: time.Now(), Channel: campaigns.ChannelManual}))
	var check CallerCheck
	cora.send("POST", "/v1/caller-ids/checks", map[string]any{"number": "+34910000001"}).want(200).into(&check)
	if check.Answered || check.Test != "" || check.Detail == "" {
		t.Errorf("%+v", check)
	}
}
