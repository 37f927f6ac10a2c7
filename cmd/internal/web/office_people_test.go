package web

import (
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// said has an agent call a person by a name and note an outcome.
func (h *house) said(c campaigns.Campaign, name, number string, d campaigns.Disposition) {
	h.Helper()
	c.Windows = rules.Always()
	c, err := h.db.UpdateCampaign(h.Context(), c, "test")
	h.must(err)
	l, err := h.db.CreateList(h.Context(), campaigns.List{Campaign: c.ID, Name: "of " + number, Active: true})
	h.must(err)
	load, err := h.db.BeginLoad(h.Context(), campaigns.Load{Campaign: c.ID, List: l.ID, Source: "test", Policy: campaigns.SkipDuplicates, BeganAt: time.Now()})
	h.must(err)
	_, err = h.db.AddContacts(h.Context(), load, []campaigns.Contact{{
		Row: 1, Name: name, Phones: []campaigns.Phone{{Number: number, Zones: []string{"Europe/Madrid"}}},
	}}, campaigns.SkipDuplicates)
	h.must(err)
	leased, err := h.db.Lease(h.Context(), c.ID, time.Now(), 100)
	h.must(err)
	for _, p := range leased {
		if p.Phones[0].Number != number {
			continue
		}
		a := campaigns.NewAttempt(c, p, "", time.Now())
		h.must(h.db.Begin(h.Context(), c, a))
		agent, err := h.db.UserByLogin(h.Context(), "agent")
		h.must(err)
		end := *a
		end.Agent, end.Outcome, end.EndedBy = agent.ID, campaigns.Connected, "callee"
		end.SentAt, end.AnsweredAt, end.BridgedAt, end.EndedAt = a.IntentAt, time.Now(), time.Now(), time.Now()
		h.must(h.db.Finish(h.Context(), end))
		d.Attempt, d.Key, d.Agent, d.At = a.ID, a.ID, agent.ID, time.Now()
		_, err = h.db.Dispose(h.Context(), d)
		h.must(err)
		return
	}
	h.Fatalf("%s was not leased", number)
}

// alwaysThere is a salesperson who can be met at any hour of the week.
func (h *house) alwaysThere(name string) campaigns.Salesperson {
	h.Helper()
	s, err := h.db.PutSalesperson(h.Context(), campaigns.Salesperson{Name: name, Zone: "Europe/Madrid", Hours: rules.Always(), Slot: time.Hour, Active: true}, "test")
	h.must(err)
	return s
}

// agreed books the slot that begins in so many hours.
func (h *house) agreed(c campaigns.Campaign, s campaigns.Salesperson, name, number string, in int) {
	h.Helper()
	at := time.Now().UTC().Truncate(time.Hour).Add(time.Duration(in) * time.Hour)
	h.said(c, name, number, campaigns.Disposition{Code: "appointment", Appointment: &campaigns.Appointment{
		At: at, To: at.Add(time.Hour), Zone: "Europe/London", Person: s.Name, Salesperson: s.ID, How: campaigns.AtPlace, Note: "bring <b>papers",
	}})
}

func TestACalendarIsKeptByAFormAndRefusedWithWhatWasTyped(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Manager)
	v.page("/office/salespeople", "There is no calendar yet.")
	v.page("/office/new-salesperson", "09:00-13:00, 14:00-18:00", "Monday")
	fields := []string{
		"name", "Łukasz <b>", "zone", "Europe/Madrid", "hours_mon", "09:00-13:00, 14:00-18:00", "slot", "45", "buffer", "15", "notice", "1.5",
		"holidays", "2026-12-24\n\n2026-12-25\r\n", "phone", "yes", "active", "yes", "place", "Gran Vía 1",
	}
	if body := v.form("/office/new-salesperson", 422, append(fields, "hours_tue", "9-noon")...); !strings.Contains(body, "9-noon") || !strings.Contains(body, "2026-12-24") {
		t.Error("hours that are none: no sentence, or what was typed is lost")
	}
	v.form("/office/new-salesperson", 422, append(fields, "away_from", "2026-12-01T09:00")...)
	v.form("/office/new-salesperson", 303, append(fields, "away_from", "2026-12-01T09:00", "away_to", "2026-12-03T18:00", "away_note", "<i>fair")...)
	s, err := h.db.Salesperson(t.Context(), 1)
	h.must(err)
	if s.Slot != 45*time.Minute || s.Buffer != 15*time.Minute || s.Notice != 90*time.Minute || len(s.Holidays) != 2 || !s.Phone || len(s.Hours[time.Monday]) != 2 || len(s.Hours[time.Tuesday]) != 0 {
		t.Errorf("stored %+v", s)
	}
	if len(s.Away) != 1 || !s.Away[0].From.Equal(time.Date(2026, 12, 1, 8, 0, 0, 0, time.UTC)) {
		t.Errorf("away %+v: not by the salesperson's clock", s.Away)
	}
	v.page("/office/salespeople/1?done=saved", "Saved.", "Łukasz &lt;b&gt;", "2026-12-01 09:00", "&lt;i&gt;fair", "free slots")
	v.form("/office/salespeople/1", 303, append(fields, "away_drop", "0")...)
	if s, err = h.db.Salesperson(t.Context(), 1); err != nil || len(s.Away) != 0 {
		t.Errorf("away after it was removed: %+v %v", s.Away, err)
	}
	v.form("/office/salespeople/9", 404, fields...)
	if body := h.as(campaigns.Compliance).page("/office/salespeople/1"); strings.Contains(body, `name="zone"`) {
		t.Error("who may not change a calendar sees its form")
	}
}

func TestAnAppointmentIsMovedToAFreeSlotAndCancelledForAReason(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	s := h.alwaysThere("Marta")
	h.agreed(c, s, "Ana <b>Ferrer</b>", "+34600111333", 24)
	h.agreed(c, s, "Bea", "+34600111444", 26)
	v := h.as(campaigns.Manager)
	v.page("/office/salespeople", "Ana &lt;b&gt;Ferrer", `href="/office/appointments/1"`, "Marta", "in person")
	page := v.page("/office/appointments/1", "Marta", "bring &lt;b&gt;papers", "By the contact&#39;s clock", "invitation.ics")
	taken := time.Now().UTC().Truncate(time.Hour).Add(26 * time.Hour).Format(time.RFC3339)
	if strings.Contains(page, `value="`+taken+`"`) {
		t.Error("a slot that is taken is offered")
	}
	if body := v.form("/office/appointments/1/move", 409, "at", taken); !strings.Contains(body, "Somebody else has booked") {
		t.Error("a slot that is taken: no sentence")
	}
	free := between(page, `<option value="`, `"`)
	v.form("/office/appointments/1/move", 303, "at", free)
	b, err := h.db.Booking(t.Context(), 1)
	h.must(err)
	if b.From.Format(time.RFC3339) != free {
		t.Errorf("moved to %s, want %s", b.From, free)
	}
	v.form("/office/appointments/1/move", 422, "at", "soon")
	v.form("/office/appointments/1/cancel", 422, "reason", " ")
	v.form("/office/appointments/1/cancel", 303, "reason", "ill <b>")
	v.page("/office/appointments/1?done=cancelled", "cancelled", "ill &lt;b&gt;")
	v.form("/office/appointments/1/cancel", 409, "reason", "again")
	v.page("/office/salespeople/1", "cancelled", "booked")
	h.as(campaigns.Compliance).form("/office/appointments/2/cancel", 403, "reason", "x")
	if res, _ := v.get("/office/appointments/99"); res.StatusCode != 404 {
		t.Errorf("no appointment: %d", res.StatusCode)
	}
}

func TestComplaintsAreAnsweredClosedAndOpenedAgain(t *testing.T) {
	h := newHouse(t)
	c := h.stocked("Spring")
	h.said(c, "Ana <b>", "+34600111333", campaigns.Disposition{Code: "complaint", Complaint: &campaigns.Complaint{Text: "<script>two</script> bills\n" + strings.Repeat("x", 9000), Department: "Billing"}})
	v := h.as(campaigns.Supervisor)
	v.page("/office/complaints", "Ana &lt;b&gt;", "&lt;script&gt;two", "Billing", "taken down by")
	if body := v.form("/office/complaints/1", 422, "state", "closed", "answer", ""); !strings.Contains(body, "Say what was done") {
		t.Error("closed without an answer")
	}
	v.form("/office/complaints/1", 303, "state", "closed", "answer", "money <b>back")
	v.page("/office/complaints?done=closed", "The complaint is closed.", "No complaint is open.")
	v.page("/office/complaints?show=closed", "money &lt;b&gt;back", "Open again")
	v.page("/office/complaints?show=closed&campaign=77", "There is none.")
	v.form("/office/complaints/1", 303, "state", "open", "answer", "money <b>back")
	v.page("/office/complaints", "money &lt;b&gt;back</textarea>")
	v.form("/office/complaints/9", 404, "state", "closed", "answer", "x")
}

func TestShiftsArePlannedForSeveralAgentsAndDaysByTheClockOfAZone(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Supervisor)
	agent, err := h.db.UserByLogin(t.Context(), "agent")
	h.must(err)
	boss, err := h.db.UserByLogin(t.Context(), "supervisor")
	h.must(err)
	of := []string{"week", "2027-03-22", "zone", "Europe/Madrid", "agent", fmt.Sprint(agent.ID), "agent", fmt.Sprint(boss.ID), "from", "22:00", "to", "06:00", "kind", "work"}
	v.page("/office/shifts?week=2027-03-24&zone=Europe/Madrid", "2027-03-22", "2027-03-28", "Name of agent", "No shift of work has begun")
	if body := v.form("/office/shifts", 422, append(of, "note", "kept <b>")...); !strings.Contains(body, "Tick the agents and the days") || !strings.Contains(body, "kept &lt;b&gt;") {
		t.Error("no day: no sentence, or what was typed is lost")
	}
	v.form("/office/shifts", 303, append(of, "day", "2027-03-22", "day", "2027-03-27")...)
	all, err := h.db.Shifts(t.Context(), agent.ID, time.Date(2027, 3, 20, 0, 0, 0, 0, time.UTC), time.Date(2027, 4, 1, 0, 0, 0, 0, time.UTC))
	h.must(err)
	if len(all) != 2 || !all[0].From.Equal(time.Date(2027, 3, 22, 21, 0, 0, 0, time.UTC)) || all[0].To.Sub(all[0].From) != 8*time.Hour || all[1].To.Sub(all[1].From) != 7*time.Hour {
		t.Fatalf("planned %v: the second night is an hour shorter", all)
	}
	page := v.page("/office/shifts?week=2027-03-22&zone=Europe/Madrid&done=planned", "The shifts are planned.", "22:00–06:00")
	if n := strings.Count(page, "22:00–06:00"); n != 4 {
		t.Errorf("%d shifts are shown, want 4", n)
	}
	if body := v.form("/office/shifts", 409, append(of, "day", "2027-03-22")...); !strings.Contains(body, "agent, 2027-03-22: The agent has a shift then already") {
		t.Error("an overlap does not say whose shift it is")
	}
	v.form("/office/shifts/cancel", 303, "shift", fmt.Sprint(all[0].ID), "week", "2027-03-22", "zone", "Europe/Madrid")
	v.form("/office/shifts/cancel", 404, "shift", fmt.Sprint(all[0].ID))
	v.page("/office/shifts?zone=Mars", "is not a time zone")
	looks := h.as(campaigns.Compliance)
	if body := looks.page("/office/shifts?week=2027-03-22"); strings.Contains(body, "<form class=\"roster\"") || !strings.Contains(body, "21:00–04:00") {
		t.Error("who may not plan sees the form, or no shifts")
	}
	looks.form("/office/shifts", 403, append(of, "day", "2027-03-23")...)
}

func TestWhatWasWorkedStandsBesideThePlan(t *testing.T) {
	h := newHouse(t)
	agent, err := h.db.UserByLogin(t.Context(), "agent")
	h.must(err)
	now := time.Now().UTC()
	monday := time.Date(now.Year(), now.Month(), now.Day()-(int(now.Weekday())+6)%7-7, 0, 0, 0, 0, time.UTC) // of last week
	begin := monday.Add(9 * time.Hour)
	_, err = h.db.PutShift(t.Context(), campaigns.PlannedShift{Agent: agent.ID, From: begin, To: begin.Add(8 * time.Hour), Kind: campaigns.ShiftWork}, "test")
	h.must(err)
	h.must(h.db.SaveSpells(t.Context(), []campaigns.Spell{
		{Agent: agent.ID, State: campaigns.AgentReady, From: begin.Add(30 * time.Minute), To: begin.Add(4 * time.Hour)},
		{Agent: agent.ID, State: campaigns.AgentPaused, From: begin.Add(4 * time.Hour), To: begin.Add(5 * time.Hour)},
	}, now))
	v := h.as(campaigns.Manager)
	page := v.page("/office/shifts?week="+monday.Format(time.DateOnly), "8:00", "4:30", "0:30", "3:00", "1:00", "56.2 %")
	file := strings.ReplaceAll(between(page, `href="/v1/adherence?`, `"`), "&amp;", "&")
	if res, body := v.get("/v1/adherence?" + file); res.StatusCode != 200 || !strings.Contains(body, "agent") {
		t.Errorf("as a file: %d %s", res.StatusCode, body)
	}
}

func TestAScoringFormAndReasonsToPauseAreSetForACampaign(t *testing.T) {
	h := newHouse(t)
	v := h.as(campaigns.Manager)
	v.page("/office/score-form", "There is no campaign yet.")
	c := h.stocked("Spring")
	if res, _ := v.get("/office/score-form"); res.Header.Get("Location") != "/office/score-form/1" {
		t.Errorf("led to %q", res.Header.Get("Location"))
	}
	v.form("/office/score-form/1", 303, "text_0", "Greeting <b>", "kind_0", "yes_no", "weight_0", "20", "fatal_0", "yes", "text_2", "Voice", "kind_2", "scale", "weight_2", "80", "text_3", "Remarks", "kind_3", "text", "weight_3", "10")
	got, err := h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if len(got.ScoreForm) != 3 || got.ScoreForm[0].Key != "q1" || !got.ScoreForm[0].Fatal || got.ScoreForm[1].Key != "q2" || got.ScoreForm[2].Weight != 0 {
		t.Errorf("form %+v", got.ScoreForm)
	}
	v.page("/office/score-form/1", "Greeting &lt;b&gt;", "100 points can be earned", `value="q2"`)
	v.form("/office/score-form/1", 303, "key_0", "q2", "text_0", "Voice and pace", "kind_0", "scale", "weight_0", "80", "text_1", "New", "kind_1", "yes_no", "weight_1", "5")
	got, err = h.db.Campaign(t.Context(), c.ID)
	h.must(err)
	if len(got.ScoreForm) != 2 || got.ScoreForm[0].Key != "q2" || got.ScoreForm[1].Key != "q1" {
		t.Errorf("a question lost its key: %+v", got.ScoreForm)
	}
	v.form("/office/score-form/1", 422, "text_0", "x", "kind_0", "yes_no", "weight_0", "5000")
	v.form("/office/score-form/77", 404, "text_0", "x")

	v.page("/office/pause-reasons", "Technical problem", "those of the house")
	v.form("/office/pause-reasons", 422, "reasons", " \n ")
	v.form("/office/pause-reasons", 303, "reasons", "Coffee\r\n<b>Lunch\n")
	v.form("/office/pause-reasons/1", 303, "reasons", "Coaching")
	page := v.page("/office/pause-reasons", "Coffee\n&lt;b&gt;Lunch", "Coaching", "of its own")
	if strings.Contains(page, "Technical problem") {
		t.Error("the reasons before are still there")
	}
	long := strings.Repeat("x", 65)
	if body := v.form("/office/pause-reasons/1", 422, "reasons", long); !strings.Contains(body, long) {
		t.Error("what was typed is lost")
	}
}

func TestHostileNamesAreTextInTheOffice(t *testing.T) {
	h := newHouse(t)
	for i, name := range append(append([]string{}, hostile...), strings.Repeat("x", 100_000)) {
		valid := strings.ToValidUTF8(name, "\uFFFD")
		_, err := h.db.PutUser(t.Context(), campaigns.User{Login: fmt.Sprintf("u%d", i), Name: valid, Team: valid, Role: campaigns.Agent, PasswordHash: passwordHash, Campaigns: []string{valid}})
		h.must(err)
		_, err = h.db.PutSalesperson(t.Context(), campaigns.Salesperson{Name: valid, Zone: "UTC", Hours: rules.Always(), Slot: time.Hour, Place: valid, Active: true}, "test")
		h.must(err)
		h.must(h.db.PutCallerID(t.Context(), campaigns.CallerID{Number: fmt.Sprintf("+3491000000%d", i), Label: valid, Pool: valid}, "test"))
		h.must(h.db.PutTestNumber(t.Context(), campaigns.TestNumber{Number: fmt.Sprintf("+3491000000%d", i), Label: valid, By: "test"}))
		_, err = h.db.PutWebhook(t.Context(), campaigns.Webhook{Name: valid, URL: "https://example.com/?" + url.QueryEscape(valid), Secret: "whsec_x", By: valid, CreatedAt: time.Now()}, "test")
		h.must(err)
	}
	v := h.as(campaigns.Admin)
	for _, path := range []string{
		"/office", "/office/users", "/office/users/u0", "/office/users/u6", "/office/salespeople", "/office/salespeople/1", "/office/salespeople/7", "/office/caller-ids",
		"/office/trunks", "/office/webhooks", "/office/webhooks/1", "/office/shifts",
	} {
		expectNothingInline(t, v.page(path))
	}
}
