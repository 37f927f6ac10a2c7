package api

import (
	"strconv"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestANumberOfAForbiddenRangeIsRefusedWhenItIsSaved(t *testing.T) {
	h := newHouse(t).staff()
	spain, _ := rules.Preset("es")
	_, err := h.db.Adopt(t.Context(), []*rules.Set{spain}, campaigns.Adoption{By: "cora", Reason: "test"})
	h.must(err)
	boss := h.as("manager")
	const mobile, madrid = "+34612345678", "+34912345678"
	campaign := func(name, purpose string, more map[string]any) map[string]any {
		out := map[string]any{"name": name, "purpose": purpose, "caller_ids": []string{mobile}}
		for k, v := range more {
			out[k] = v
		}
		return out
	}
	refused := boss.send("POST", "/v1/campaigns", campaign("Spring", "sales", nil))
	refused.fault(422, "caller_id_forbidden")
	contains(t, string(refused.body), "es.cli.mobile")
	contains(t, string(refused.body), "+346")
	contains(t, string(refused.body), "Orden TDF/149/2025")
	boss.send("POST", "/v1/campaigns", campaign("Survey", "survey", nil)).want(201) // the rule is about sales and service
	var made struct {
		ID int64 `json:"id"`
	}
	boss.send("POST", "/v1/campaigns", campaign("Spring", "sales", map[string]any{"caller_ids": []string{madrid}, "caller_pools": []string{"es"}})).want(201).into(&made)
	path := "/v1/campaigns/" + strconv.FormatInt(made.ID, 10)
	boss.send("PATCH", path, map[string]any{"caller_ids": []string{madrid, mobile}}).fault(422, "caller_id_forbidden")
	boss.send("PUT", "/v1/caller-ids", map[string]any{"number": mobile, "pool": "es"}).fault(422, "caller_id_forbidden")
	boss.send("PUT", "/v1/caller-ids", map[string]any{"number": mobile, "pool": "es", "region": "PT"}).want(204) // shown in Portugal alone
	boss.send("PATCH", path, map[string]any{"caller_ids": []string{madrid, mobile}}).want(200)
	boss.send("PUT", "/v1/caller-ids", map[string]any{"number": mobile, "pool": "es", "region": "ES"}).fault(422, "caller_id_forbidden")
}
