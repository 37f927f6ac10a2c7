package main

import (
	"strings"
	"testing"
)

func TestTheAnswersOfChecksAreEnteredAndShownInADataFolderAndAtAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	const file = "Number,answer,at\n2025550123,no,2026-11-01\n2025550124,YES,2026-11-01\n12,no,\n2025550125,,\n2025550126,no,soon\n"
	for _, h := range []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "mia")} {
		in := []string{"checks", "import", "-", "--check", "rnd", "--passed", "no", "--region", "us"}
		if out := h.must(t, file, in...); !strings.HasPrefix(out, "2 answers of rnd: 2 entered, 0 known already, 3 rows refused\n  line 4: ") || !strings.Contains(out, "line 5: neither ok nor answer") {
			t.Errorf("%s: %s", h.name, out)
		}
		if out := h.must(t, file, in...); !strings.HasPrefix(out, "2 answers of rnd: 0 entered, 2 known already") {
			t.Errorf("%s: again: %s", h.name, out)
		}
		h.must(t, "number,ok\n+12025550123,no\n", "checks", "import", "-", "--check", "in-dlt", "--at", "2026-11-02")
		out := h.must(t, "", "checks", "show", "202 555 0123", "--region", "us")
		if !strings.HasPrefix(out, "+12025550123: 2 answers\n2026-11-02 00:00 UTC  in-dlt: must not be called, entered by ") || !strings.Contains(out, "rnd: nothing is in the way (no)") {
			t.Errorf("%s: %s", h.name, out)
		}
		if out := h.must(t, "", "checks", "show", "+12025550124"); !strings.Contains(out, "rnd: must not be called (YES)") {
			t.Errorf("%s: %s", h.name, out)
		}
		if status, _, errOut := h.forecall("name\nAnn\n", "checks", "import", "-", "--check", "rnd"); status != exitFailed || !strings.Contains(errOut, "no column number") {
			t.Errorf("%s: status %d, %s", h.name, status, errOut)
		}
	}
	for args, says := range map[string]string{"checks": "checks import FILE", "checks import -": "--check rnd", "checks show nobody": "nobody", "checks import - --check rnd --at soon": "soon"} {
		if status, _, errOut := forecall(strings.Fields(args)...); status != exitUsage || !strings.Contains(errOut, says) {
			t.Errorf("forecall %s: status %d, %s", args, status, errOut)
		}
	}
	s.stop()
}
