package main

import (
	"encoding/json"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestARegisterIsLoadedShownVerifiedAndTakenAwayInADataFolderAndAtAService(t *testing.T) {
	t.Parallel()
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	full := write(t, "full.txt", "202,5550123\n202,5550124\nnobody,5550125\n305,5550199\n")
	changes := write(t, "changes.txt", "202,5550124,2026-05-02,D\n202,5550126,2026-05-02,A\n")
	for _, h := range []house{{"folder", []string{"--data", withCampaign(t)}}, at(t, s, "mia")} {
		report := filepath.Join(t.TempDir(), "rejects.csv")
		load := []string{"registry", "load", "us-national", full, "--country", "us", "--accessed", "2026-05-01", "--san", "10012345-678901"}
		status, out, errOut := h.forecall("", append(load, "--covers", "file", "--report", report)...)
		if status != exitFailed || !strings.Contains(errOut, "hold no number") || !strings.Contains(out, "line 3:") {
			t.Errorf("%s: a quarter of the lines refused: status %d\n%s%s", h.name, status, out, errOut)
		}
		if text := read(t, report); !strings.Contains(text, "full.txt,3,") || strings.Count(text, "\n") != 2 {
			t.Errorf("%s: rejects:\n%s", h.name, text)
		}
		out = h.must(t, "", append(load, "--covers", "file", "--reason", "the third line is a known fault")...)
		if !strings.Contains(out, "version 1 of us-national is in force") {
			t.Errorf("%s: %s", h.name, out)
		}
		out = h.must(t, "", "registry", "load", "us-national", changes, "--change", "--country", "us", "--accessed", "2026-05-02", "--san", "10012345-678901", "--covers", "1202,1305", "--json")
		var v campaigns.RegisterVersion
		if err := json.Unmarshal([]byte(out), &v); err != nil || v.Version != 2 || v.Count != 3 || v.Added != 1 || v.Removed != 1 {
			t.Errorf("%s: %s, %v", h.name, out, err)
		}
		if status, _, errOut := h.forecall("", load...); status != exitFailed || !strings.Contains(errOut, "older list must not replace") {
			t.Errorf("%s: an older list: status %d, %s", h.name, status, errOut)
		}
		for number, want := range map[string]string{
			"+12025550123": "listed listed", "+12025550124": "not listed listed", "+12025550126": "listed not listed", "+13125550100": "not covered not covered",
		} {
			var got []string
			var standing []campaigns.RegisterStanding
			out := h.must(t, "", "registry", "show", "us-national", number, "--json")
			if err := json.Unmarshal([]byte(out), &standing); err != nil {
				t.Fatal(err)
			}
			for _, s := range standing {
				got = append(got, wordOf(s))
			}
			if strings.Join(got, " ") != want {
				t.Errorf("%s: %s stood %v, want %s", h.name, number, got, want)
			}
		}
		if out := h.must(t, "", "registry", "verify", "us-national"); !strings.Contains(out, "2 versions built anew") {
			t.Errorf("%s: %s", h.name, out)
		}
		for version, want := range []string{"+12025550123\n+12025550124\n+13055550199\n", "+12025550123\n+12025550126\n+13055550199\n"} {
			if out := h.must(t, "", "registry", "export", "us-national", fmt.Sprint(version+1)); out != want {
				t.Errorf("%s: version %d: %q", h.name, version+1, out)
			}
		}
		if out := h.must(t, "", "registry", "show", "us-national"); strings.Count(out, "\n") != 3 || !strings.Contains(out, "10012345-678901") {
			t.Errorf("%s: %s", h.name, out)
		}
		if out := h.must(t, "", "registry", "list", "--json"); !strings.Contains(out, `"us-national"`) {
			t.Errorf("%s: %s", h.name, out)
		}
		if status, _, _ := h.forecall("", "registry", "load", "Us National", full); status == exitOK {
			t.Errorf("%s: a name that none is was taken", h.name)
		}
	}
	for args, says := range map[string]string{
		"registry": "registry load LIST", "registry load us /nowhere": "/nowhere", "registry export us x": "version", "registry load us " + full + " --accessed May": "--accessed",
	} {
		if status, _, errOut := forecall(strings.Fields(args)...); status != exitUsage || !strings.Contains(errOut, says) {
			t.Errorf("forecall %s: status %d, %s", args, status, errOut)
		}
	}
	s.stop()
}
