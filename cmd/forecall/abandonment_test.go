package main

import (
	"encoding/csv"
	"encoding/json"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestAbandonedCallsAreReportedFromADataFolderAndByAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	for _, h := range []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "mia")} {
		out := h.must(t, "", "abandonment", "--campaign", "Spring")
		for _, want := range []string{"periods by the clock of UTC", "campaign.cap", "formula us, clock from connected, 2s, blocks of 30 days", "0.00 %"} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %q in\n%s", h.name, want, out)
			}
		}
		rows, err := csv.NewReader(strings.NewReader(h.must(t, "", "abandonment", "--campaign", "Spring", "--csv"))).ReadAll()
		if err != nil || len(rows) != 2 || rows[1][0] != "Spring" || rows[0][4] != "rule" || rows[1][4] != campaigns.OwnLimitID {
			t.Errorf("%s: CSV %q, %v", h.name, rows, err)
		}
		if out := h.must(t, "", "abandonment", "--campaign", "Spring", "--rule", campaigns.OwnLimitID); !strings.Contains(out, "kept and recounted agree") {
			t.Errorf("%s: recount: %s", h.name, out)
		}
		var p campaigns.AbandonPeriod
		if err := json.Unmarshal([]byte(h.must(t, "", "abandonment", "--campaign", "Spring", "--at", "2026-11-22T10:00:00Z", "--json")), &p); err != nil || p.Standing.Rule.ID != campaigns.OwnLimitID {
			t.Errorf("%s: %+v, %v", h.name, p, err)
		}
		if status, _, errOut := h.forecall("", "abandonment", "--campaign", "Spring", "--rule", "nobody.knows"); status != exitFailed || !strings.Contains(errOut, "nobody.knows") {
			t.Errorf("%s: an unknown rule: status %d, %s", h.name, status, errOut)
		}
	}
	if status, _, errOut := forecall("abandonment"); status != exitUsage || !strings.Contains(errOut, "--campaign") {
		t.Errorf("no campaign: status %d, %s", status, errOut)
	}
	s.stop()
}
