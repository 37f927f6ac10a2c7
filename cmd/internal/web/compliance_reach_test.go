package web

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// bind puts documents in force past every question.
func (h *house) bind(documents ...string) {
	h.Helper()
	var sets []*rules.Set
	for _, d := range documents {
		set, err := rules.ParseSet([]byte(d))
		h.must(err)
		sets = append(sets, set)
	}
	_, err := h.db.Adopt(h.Context(), sets, campaigns.Adoption{By: "test"})
	h.must(err)
}

// lawOf is a rule set for a country.
func lawOf(country string) string {
	return fmt.Sprintf(`
ruleset: {id: law-%[2]s, title: Law, version: 1, reviewed_on: 2026-11-21}
applies_when: {called_country: [%[1]s]}
rules:
  - {id: %[2]s.hours, type: window, zones: all_candidates, weekly: {mon-sun: ["09:00-20:00"]}, cite: "our own", status: verified}
`, country, strings.ToLower(country))
}

func TestCountriesCalledWithoutARuleSetAreSaidOnTheDeskAndOnThePageOfRules(t *testing.T) {
	h := newHouse(t)
	h.stocked("Spring <b>") // calls Spain
	v := h.as(campaigns.Compliance)
	h.bind(houseHours(1, "09:00-20:00"), lawOf("FR")) // one binds everywhere, and is the law of no country
	const warned = "called without a rule set made for them: ES"
	if _, body := v.get("/compliance"); !strings.Contains(body, warned) || !strings.Contains(body, `class="mark-bad"`) {
		t.Error("the desk does not say that Spain is called without a law")
	}
	_, body := v.get("/compliance/rules")
	expectNothingInline(t, body)
	if section := between(body, `id="h-unruled"`, "</section>"); !strings.Contains(section, "<strong>ES</strong>") || !strings.Contains(section, "Spring &lt;b&gt;") {
		t.Errorf("the page of rules does not say which campaign calls where: %s", section)
	}
	h.bind(lawOf("ES"))
	if _, body := v.get("/compliance"); strings.Contains(body, warned) {
		t.Error("it is still said when the law of Spain is in force")
	}
	if _, body := v.get("/compliance/rules"); strings.Contains(body, "h-unruled") {
		t.Error("it still stands on the page of rules")
	}
}

func TestTheWarningOfHolidaysIsAboutTheDataThatJudgesCalls(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Compliance)
	h.bind(lawOf("PT"), lawOf("ES"))
	const warning = "end within 60 days"
	if _, body := v.get("/compliance"); strings.Contains(body, warning) {
		t.Error("it is warned of holidays that nobody has given")
	}
	year := time.Now().UTC().AddDate(0, 0, 30).Year() // its data end with the year before
	own, err := rules.ParseHolidays(fmt.Appendf(nil, "holidays:\n  country: PT\n  years: [%d]\n  source: DR\n  national: {%d-12-25: Natal}\n", year-1, year-1))
	h.must(err)
	h.must(h.db.SetHolidays(t.Context(), own, "test"))
	if _, body := v.get("/compliance"); !strings.Contains(body, "The holidays of 1 country "+warning) {
		t.Error("the desk does not warn of the operator's own file")
	}
	if _, body := v.get("/compliance/rules"); !strings.Contains(body, fmt.Sprintf("<strong>PT</strong> known before %d-01-01", year)) {
		t.Error("the page of rules does not say which country, and until when")
	}
}

func TestWhoWatchesTheFloorStopsEveryCallFromThere(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Supervisor)
	_, body := v.get("/live")
	expectNothingInline(t, body)
	form := between(body, `class="kill"`, "</details>")
	for _, want := range []string{`action="/compliance/stops"`, `name="scope" value="house"`, `name="reason" required`, "<summary>"} {
		if !strings.Contains(form, want) {
			t.Errorf("the stop button of the floor lacks %s: %s", want, form)
		}
	}
	v.form("/compliance/stops", 303, "scope", "house", "reason", "smoke <i>in the hall")
	if h.stage.mu.Lock(); len(h.stage.stopped) != 1 || h.stage.stopped[0].Scope != campaigns.StopHouse {
		t.Errorf("the floor was told %+v", h.stage.stopped)
	}
	h.stage.mu.Unlock()
	_, body = v.get("/live")
	expectNothingInline(t, body)
	if !strings.Contains(body, "Every call of the house") || !strings.Contains(body, "smoke &lt;i&gt;in the hall") || strings.Contains(body, `class="kill"`) {
		t.Error("the floor does not say that it is stopped, or offers to stop it again")
	}
	if _, wall := v.get("/live?tv=1"); strings.Contains(wall, `class="kill"`) {
		t.Error("there is something to press on the wall")
	}
}
