package main

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/forecall/forecall/cmd/internal/api"
)

func TestWhyANumberIsCalledIsExplainedAsTheServiceJudgesIt(t *testing.T) {
	folder := withCampaign(t)
	list := write(t, "list.csv", "name,phone\nAnn Lee,+34600111222\n")
	must(t, "import", list, "--campaign", "Spring", "--list", "March", "--data", folder)
	ask := []string{"explain", "+34 600 111 222", "--campaign", "Spring", "--data", folder}

	out := must(t, append(ask, "--at", "2026-11-23T11:00:00Z")...) // a Monday, 12:00 there
	for _, want := range []string{
		"+34600111222 in campaign Spring (draft), Mon 23 Nov 2026 11:00 UTC\n", "Ann Lee, list March, phone 1", "  hours            ok", "  zone.known       ok  Atlantic/Canary, Europe/Madrid", "ALLOWED: It may be called, but campaign",
		"25.0 % is assumed; 0 calls are too few to know", "The calling window is open in 10 of the next 24 hours, first at Mon 11:00.",
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	out = must(t, append(ask, "--at", "2026-11-22T03:00:00Z")...) // a Sunday night
	if !strings.Contains(out, "NOT CALLED: ") || !strings.Contains(out, "  hours            NO") || !strings.Contains(out, "The rules allow it from Mon 23 Nov 2026 09:00 UTC.") {
		t.Errorf("a closed window is not told:\n%s", out)
	}
	for _, want := range []string{"  Where: ES", "Mon 23 Nov 2026 12:00 +01:00 there: Europe/Madrid (number)", "no rule set is in force"} {
		if out := must(t, append(ask, "--at", "2026-11-23T11:00:00Z")...); !strings.Contains(out, want) {
			t.Errorf("no %q in\n%s", want, out)
		}
	}
	must(t, "dnc", "add", "+34600111222", "--data", folder)
	out = must(t, append(ask, "--at", "2026-11-23T11:00:00Z", "--json")...)
	var e api.Explanation
	if err := json.Unmarshal([]byte(out), &e); err != nil || e.Allowed || !e.DoNotCall || len(e.Contacts) != 1 || len(e.Contacts[0].Hours) != 24 {
		t.Errorf("%v in %s", err, out)
	}
	out = must(t, "explain", "+34600999999", "--campaign", "Spring", "--data", folder)
	if !strings.Contains(out, "+34600999999 in campaign Spring") || strings.Contains(out, "Ann Lee") {
		t.Errorf("a number that nobody has:\n%s", out)
	}
}
