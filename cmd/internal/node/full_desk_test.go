package node

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// fillDesk gives the compliance desk something of everything to show, in words
// that people could have written: a page that is empty fits every screen.
func (h *hostileHouse) fillDesk(t *testing.T) {
	t.Helper()
	db, ctx := h.node.db, within(t)
	must := func(err error) {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
	}
	long := hostileNames[0] + strings.Repeat("Donaudampfschifffahrtsgesellschaft", 5)
	for _, s := range []campaigns.Stop{
		{Scope: campaigns.StopCallerID, Value: fictional(99), Reason: long, By: "cora"},
		{Scope: campaigns.StopJurisdiction, Value: "AQ", Reason: hostileNames[4], By: "cora"},
	} {
		_, err := db.ThrowStop(ctx, s)
		must(err)
	}
	now := time.Now().UTC()
	for _, hold := range []campaigns.Hold{
		{Scope: campaigns.HoldNumber, Number: fictional(98), Reason: long, By: "cora", At: now},
		{Scope: campaigns.HoldSeller, Seller: hostileNames[1], Reason: hostileNames[2], By: "cora", At: now, Until: now.AddDate(1, 0, 0)},
		{Scope: campaigns.HoldPeriod, From: now.AddDate(-2, 0, 0), To: now.AddDate(-1, 0, 0), Reason: hostileNames[0], By: "cora", At: now},
	} {
		_, err := db.AddHold(ctx, hold)
		must(err)
	}
	must(db.PutCallerRight(ctx, campaigns.CallerRight{
		ID: "01a2038e-00cb-79a9-b6a2-000000000001", Number: fictional(97), Holder: hostileNames[1], Contract: long[:min(200, len(long))], From: now.AddDate(-1, 0, 0), By: "cora", At: now,
	}))
	eu, there := rules.Preset("eu") // binds nobody whom this house calls
	if !there {
		t.Fatal("the program comes without rules of the European Union")
	}
	adopted, err := db.Adopt(ctx, []*rules.Set{eu}, campaigns.Adoption{By: "cora", Reason: long})
	must(err)
	_, err = db.RequestRules(ctx, campaigns.RuleRequest{Set: "eu", Base: adopted[0].SHA256, Reason: long, By: "cora"})
	must(err)
}
