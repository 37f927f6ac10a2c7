package main

import (
	"encoding/json"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/cmd/internal/dnclist"
)

func TestTheDoNotCallListIsFilledAndAskedInADataFolderAndAtAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	var reports []string
	for _, h := range []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "mia")} {
		if status, _, errOut := h.forecall("", "dnc", "check", "600111222", "--region", "es"); status != exitFailed || !strings.Contains(errOut, "not on the do-not-call list") {
			t.Errorf("%s: a number that may be called: status %d, %s", h.name, status, errOut)
		}
		if out := h.must(t, "", "dnc", "add", "600 111 222", "--region", "es", "--reason", "by letter"); !strings.Contains(out, "+34600111222 is on") {
			t.Errorf("%s: add: %s", h.name, out)
		}
		h.must(t, "", "dnc", "check", "+34600111222")
		report := filepath.Join(t.TempDir(), "refused.csv")
		var r dnclist.Imported
		out := h.must(t, "number\n600111222\n911234567\n112\n", "dnc", "import", "-", "--region", "es", "--report", report, "--json")
		if err := json.Unmarshal([]byte(out), &r); err != nil || r.Lines != 3 || r.Added != 1 || r.Known != 1 || r.Refused != 1 {
			t.Errorf("%s: %s, %v", h.name, out, err)
		}
		h.must(t, "", "dnc", "check", "+34911234567")
		if out := h.must(t, "+34911234567\nAnn\n", "dnc", "import", "-"); !strings.HasPrefix(out, "2 lines: 0 numbers added, 1 known already, 1 refused\n  line 2: ") {
			t.Errorf("%s: imported again: %s", h.name, out)
		}
		reports = append(reports, read(t, report))
		if status, _, errOut := h.forecall("name,colour\nAnn,red\n", "dnc", "import", "-"); status != exitFailed || !strings.Contains(errOut, "none is named phone") {
			t.Errorf("%s: no list: status %d, %s", h.name, status, errOut)
		}
	}
	if reports[0] != reports[1] || !strings.HasPrefix(reports[0], "line,code,reason\n4,emergency,") {
		t.Errorf("the reports:\n%s\n%s", reports[0], reports[1])
	}
	for args, says := range map[string]string{"dnc": "dnc import FILE", "dnc add 112": "112", "dnc add nobody": "nobody", "dnc import /nowhere": "/nowhere"} {
		if status, _, errOut := forecall(strings.Fields(args)...); status != exitUsage || !strings.Contains(errOut, says) {
			t.Errorf("forecall %s: status %d, %s", args, status, errOut)
		}
	}
	s.stop()
}
