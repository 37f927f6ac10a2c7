package api

import (
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestTheCallLogShowsWhatWasLoosenedOfTheRules(t *testing.T) {
	h, _, u, camp, p := desk(t)
	for version, hours := range []string{"00:00-23:59", "00:00-24:00"} {
		set, err := rules.ParseSet([]byte(hoursDocument(version+1, hours)))
		h.must(err)
		_, err = h.db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "cora", ApprovedBy: "max", Reason: "summer"})
		h.must(err)
	}
	h.hangUp(u, h.talk(u, camp, p))
	h.hire("boss", campaigns.Manager)
	for _, format := range []string{"csv", "jsonl"} {
		file := string(h.as("boss").send("GET", "/v1/calls/export?format="+format, nil).want(200).body)
		contains(t, file, "rules_loosened")
		contains(t, file, "house@2 house.hours (asked for by cora, approved by max, ")
	}
}
