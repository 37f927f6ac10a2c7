package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

func TestWhyNamesTheLawTheSetTheZonesAndWhatIsOnlyAdvice(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	set, err := rules.ParseSet([]byte(`ruleset: {id: house, title: "Rules of the <house>", version: 3, reviewed_on: 2026-01-02}
rules:
  - {id: t.consent, type: consent, level: express, cite: "Some Act s. 4(2)", status: verified}
  - {id: t.hours, type: window, weekly: {tue: ["09:00-10:00"]}, cite: "Some Act s. 5", status: unverified}
`))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.db.Adopt(t.Context(), []*rules.Set{set}, campaigns.Adoption{By: "clara", Reason: "test"}); err != nil {
		t.Fatal(err)
	}
	ask := url.Values{"number": {"+34600111222"}, "campaign": {fmt.Sprint(c.ID)}, "at": {"2026-11-23T11:00"}}
	_, body := h.as(campaigns.Manager).post("/why", ask)
	for _, want := range []string{
		"Not called", "t.consent", "Some Act s. 4(2)", "house@3", "advice: no", "Europe/Madrid", "2026-11-23 12:00 &#43;01:00", "Laws that bind", "<bdi>ES</bdi>",
		"Rules in force", "Rules of the &lt;house&gt;", "more than 180 days ago", set.SHA256, h.db.Book().HashText(),
	} {
		if !strings.Contains(body, want) {
			t.Errorf("no %q on the page", want)
		}
	}
	expectNothingInline(t, body)
	if refused, passed := strings.Index(body, "t.consent"), strings.Index(body, "The number may be dialed at all"); refused < 0 || refused > passed {
		t.Error("what refuses stands below what does not")
	}
}
