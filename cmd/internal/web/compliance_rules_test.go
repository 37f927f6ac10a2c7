package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

func houseHours(version int, hours string) string {
	return fmt.Sprintf(`
ruleset: {id: house, title: "House <b>rules</b>", version: %d, reviewed_on: 2026-01-02}
rules:
  - {id: house.hours, type: window, zones: all_candidates, weekly: {mon-sun: ["%s"]}, cite: "our own", status: verified}
`, version, hours)
}

func TestAClockThatIsOffIsSaidOnTheLandingPage(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	for _, tt := range []struct {
		by   time.Duration
		want string
	}{
		{500 * time.Millisecond, ""}, {-501 * time.Millisecond, "is -501ms off by ntp.example.org<"}, {5 * time.Second, "is 5s off by ntp.example.org<"},
		{6 * time.Second, "is 6s off by ntp.example.org: nobody is called"},
	} {
		h.pages.Compliance.Clock = func() (time.Duration, string, bool) { return tt.by, "ntp.example.org", true }
		if _, body := v.get("/compliance"); !strings.Contains(body, tt.want) || strings.Contains(body, "The clock of this machine") != (tt.want != "") {
			t.Errorf("%s off: the page does not hold %q", tt.by, tt.want)
		}
	}
}

func TestRulesAreChangedOnTheirPageAndLoosenedByTwoPeople(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	if _, body := v.get("/compliance/rules"); !strings.Contains(body, "No rule set is in force") || !strings.Contains(body, `/compliance/rules/us-federal`) {
		t.Error("the page does not say that nothing binds, or what could")
	}
	_, body := v.get("/compliance/rules/es")
	for _, want := range []string{"es.hours", "RDLeg 1/2007 art. 96.2", "unverified", "not in force"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page of a preset does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	v.form("/compliance/rules/propose", 422, "id", "es", "source", "ruleset: [", "reason", "x")
	v.form("/compliance/rules/propose", 303, "id", "es", "source", houseHours(1, "09:00-20:00"), "reason", "ours")
	body = v.form("/compliance/rules/weigh", 200, "id", "house", "source", houseHours(2, "08:00-20:00"), "reason", "more")
	if !strings.Contains(body, "waits for a second person") || !strings.Contains(body, "loosened") {
		t.Error("what is loosened is not shown before it is asked for")
	}
	v.form("/compliance/rules/propose", 303, "id", "house", "source", houseHours(2, "08:00-20:00"), "reason", "more <i>calls</i>")
	_, body = v.get("/compliance/rules")
	for _, want := range []string{"Waiting for a second person", "more &lt;i&gt;calls", "House &lt;b&gt;rules", "over 180 days ago", "Withdraw it"} {
		if !strings.Contains(body, want) {
			t.Errorf("the page does not hold %q", want)
		}
	}
	expectNothingInline(t, body)
	v.form("/compliance/rules/approve", 403, "request", "1", "word", "mine")
	if _, landing := v.get("/compliance"); !strings.Contains(landing, "1 change waits for a second person") {
		t.Error("the landing page does not say what waits")
	}
	h.as(campaigns.Admin).form("/compliance/rules/approve", 303, "request", "1", "word", "fine")
	if _, body = v.get("/compliance/rules"); !strings.Contains(body, "approved") {
		t.Error("the decision is not shown")
	}
	v.form("/compliance/rules/drop", 303, "id", "house", "reason", "no more")
	v.form("/compliance/rules/refuse", 303, "request", "2", "word", "I was wrong")
	if res, _ := h.as(campaigns.Supervisor).get("/compliance/rules"); res.StatusCode != 403 {
		t.Errorf("a supervisor sees it: %d", res.StatusCode)
	}
}
