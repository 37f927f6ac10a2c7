package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/cmd/internal/consentlist"
)

func TestTheConsentLedgerIsFilledAndAskedInADataFolderAndAtAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	const file = "number,at,level,wording\n600111222,2026-03-02,express,\"Sí, llámenme.\"\n12,2026-03-02,,\n600111223,soon,,\n"
	var reports []string
	for _, h := range []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "max")} {
		report := filepath.Join(t.TempDir(), "refused.csv")
		var r consentlist.Entered
		out := h.must(t, file, "consent", "import", "-", "--region", "es", "--seller", "Aigua SL", "--source", "paper", "--report", report, "--json")
		if err := json.Unmarshal([]byte(out), &r); err != nil || r.Rows != 3 || r.Added != 1 || r.Refused != 2 {
			t.Errorf("%s: %s, %v", h.name, out, err)
		}
		if out := h.must(t, file, "consent", "import", "-", "--region", "es", "--seller", "Aigua SL"); !strings.HasPrefix(out, "3 rows: 0 entered (0 of them withdrawn since), 0 renewed, 1 known already, 2 refused\n  line 3: ") {
			t.Errorf("%s: imported again: %s", h.name, out)
		}
		reports = append(reports, read(t, report))
		out = h.must(t, "", "consent", "show", "600 111 222", "--region", "es")
		if !strings.Contains(out, "+34600111222: 1 entries, 0 withdrawals") || !strings.Contains(out, "in force  consent express for Aigua SL, given 2026-03-02") || !strings.Contains(out, "words: Sí, llámenme.") {
			t.Errorf("%s: show: %s", h.name, out)
		}
		h.must(t, "", "dnc", "add", "+34600111222")
		if out = h.must(t, "", "consent", "show", "+34600111222"); !strings.Contains(out, "revoked  consent") {
			t.Errorf("%s: after the objection: %s", h.name, out)
		}
		if status, _, errOut := h.forecall("name,colour\nAnn,red\n", "consent", "import", "-"); status != exitFailed || !strings.Contains(errOut, "is none of number") {
			t.Errorf("%s: no list: status %d, %s", h.name, status, errOut)
		}
	}
	if reports[0] != reports[1] || !strings.HasPrefix(reports[0], "line,reason\n3,") {
		t.Errorf("the reports:\n%s\n%s", reports[0], reports[1])
	}
	for args, says := range map[string]string{"consent": "consent import FILE", "consent show nobody": "nobody", "consent import /nowhere": "/nowhere"} {
		if status, _, errOut := forecall(strings.Fields(args)...); status != exitUsage || !strings.Contains(errOut, says) {
			t.Errorf("forecall %s: status %d, %s", args, status, errOut)
		}
	}
	s.stop()
}
