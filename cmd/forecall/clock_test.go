package main

import (
	"strings"
	"testing"
)

func TestTheClockIsAcknowledgedAtAServiceByWhoAnswersForIt(t *testing.T) {
	t.Parallel()
	for args, says := range map[string]string{
		"clock":             "forecall clock acknowledge",
		"clock acknowledge": "--server: at which service?",
		"clock acknowledge --server http://127.0.0.1:1": "--server needs --user",
	} {
		if status, _, errOut := forecall(strings.Fields(args)...); status != exitUsage || !strings.Contains(errOut, says) {
			t.Errorf("forecall %s: status %d, %s", args, status, errOut)
		}
	}
	s := serving(t, settings(t, "trunks:\n"+trunkTo(silentPort(t), "")+"campaigns: [{name: Spring}]\n"+staff()))
	if out := at(t, s, "mia").must(t, "", "clock", "acknowledge"); !strings.Contains(out, "trusted already") {
		t.Errorf("a clock that never jumped: %s", out)
	}
	if status, _, errOut := at(t, s, "max").forecall("", "clock", "acknowledge"); status != exitFailed || !strings.Contains(errOut, "role does not allow") {
		t.Errorf("a manager: status %d, %s", status, errOut)
	}
	s.stop()
}
