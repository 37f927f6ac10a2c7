package api

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// sellsFibre is a house whose agent talks for a campaign that sells.
func sellsFibre(t *testing.T, change ...func(*campaigns.Campaign)) (h *house, agent campaigns.User, desk caller, c campaigns.Campaign, a *campaigns.Attempt) {
	t.Helper()
	h = newHouse(t)
	agent = h.hire("ana", campaigns.Agent, "fibre")
	h.hire("mia", campaigns.Manager)
	c, l := h.running("fibre")
	c.Products = []campaigns.Product{
		{Code: "f500", Name: "Fibre 500", Price: 2990, Currency: "EUR", Term: campaigns.Monthly, MinTerms: 12, MaxDiscount: 0.1},
		{Code: "router", Name: "Router", Price: 4900, Currency: "EUR"},
	}
	c.Reasons, c.Complaints = []string{"too dear", "has one"}, []string{"Billing"}
	c.Commission = campaigns.Commission{Currency: "EUR", PerSale: 500, DayTarget: campaigns.DayTarget{Sales: 4}}
	for _, f := range change {
		f(&c)
	}
	c, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	a = h.talk(agent, c, h.contact(c, l, "Łukasz", "+34600111222"))
	return h, agent, h.as("ana"), c, a
}

// key is an Idempotency-Key header.
func key(k string) []string { return []string{"Idempotency-Key", k} }

func TestAnOrderIsQuotedReadBackAndFrozen(t *testing.T) {
	h, agent, desk, c, a := sellsFibre(t)
	lines := []map[string]any{{"product": "f500", "quantity": 2, "discount_share": 0.1}, {"product": "router", "quantity": 1}}
	var quoted Sale
	desk.send("POST", "/v1/agent/call/quote", map[string]any{"lines": lines, "language": "es"}).want(200).into(&quoted)
	want := "Usted pide dos unidades de Fibre 500 con 5,98 euros de descuento y una unidad de Router. " +
		"En total son 49,00 euros una sola vez y 53,82 euros al mes durante al menos 12 meses. ¿Es correcto?"
	if quoted.ReadBack != want || quoted.Total != 10_282 || quoted.Value != 12*5382+4900 || len(quoted.Totals) != 2 || quoted.Digits != 2 {
		t.Fatalf("quoted %+v", quoted)
	}
	lines[0]["unit_price"] = quoted.Lines[0].UnitPrice
	h.hangUp(agent, a)
	body := map[string]any{"code": "sale", "attempt_id": a.ID, "sale": map[string]any{"lines": lines, "language": "es"}}
	var done Disposed
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200).into(&done)
	if done.Sale.ReadBack != want || done.Sale.Lines[0].Name != "Fibre 500" || done.Sale.Lines[0].Total != 5382 {
		t.Errorf("disposed %+v", done.Sale)
	}
	c.Products[0].Price = 9990 // the price of tomorrow is not the price of the order
	_, err := h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	kept, err := h.db.Attempt(t.Context(), a.ID)
	h.must(err)
	if s := kept.Disposition.Sale; s.ReadBack != want || s.Lines[0].UnitPrice != 2990 || s.Total() != 10_282 {
		t.Errorf("kept %+v", s)
	}
}

func TestAnOrderAgainstTheListIsRefusedAndNothingIsRecorded(t *testing.T) {
	h, agent, desk, _, a := sellsFibre(t)
	h.hangUp(agent, a)
	for i, line := range []map[string]any{
		{"product": "f500", "quantity": 1, "discount": 300}, {"product": "f500", "quantity": 1, "unit_price": 100}, {"product": "moon", "quantity": 1},
	} {
		body := map[string]any{"code": "sale", "attempt_id": a.ID, "sale": map[string]any{"lines": []any{line}}}
		desk.send("POST", "/v1/agent/call/disposition", body, key(fmt.Sprint(i))...).fault(422, "sale_invalid")
	}
	desk.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "sale", "attempt_id": a.ID}, key("x")...).fault(422, "disposition_invalid")
	desk.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "not_interested", "attempt_id": a.ID}, key("y")...).fault(422, "disposition_invalid")
	if kept, err := h.db.Attempt(t.Context(), a.ID); err != nil || kept.Disposition != nil {
		t.Errorf("kept %+v, %v", kept.Disposition, err)
	}
}

// adviser adds a calendar that is open at every hour.
func (h *house) adviser(manager caller) Salesperson {
	h.Helper()
	var s Salesperson
	manager.send("POST", "/v1/salespeople", map[string]any{
		"name": "Eva", "zone": "Europe/Madrid", "hours": map[string]any{"mon-sun": []string{"00:00-24:00"}}, "slot": "1h", "buffer": "0s", "phone": true, "active": true,
	}).want(201).into(&s)
	return s
}

func TestASlotIsHeldBookedMovedCancelledAndSentAsAnInvitation(t *testing.T) {
	h, agent, desk, c, a := sellsFibre(t)
	manager := h.as("mia")
	eva := h.adviser(manager)
	var free struct {
		Zone  string
		Slots []Slot
	}
	desk.send("GET", "/v1/agent/call/slots", nil).want(200).into(&free)
	if free.Zone != "Europe/Madrid" || len(free.Slots) < 14*24-2 || free.Slots[0].Person != "Eva" || free.Slots[0].Local == "" {
		t.Fatalf("%d slots in %s", len(free.Slots), free.Zone)
	}
	slot := free.Slots[30]
	at := map[string]any{"salesperson_id": eva.ID, "at": slot.From}
	desk.send("POST", "/v1/agent/call/slot", at).want(201)
	var held struct{ Slots []Slot }
	desk.send("GET", "/v1/agent/call/slots", nil).want(200).into(&held)
	if slices.ContainsFunc(held.Slots, func(s Slot) bool { return s.From.Equal(slot.From) }) {
		t.Error("a held slot is shown as free")
	}
	h.hangUp(agent, a)
	meeting := map[string]any{"at": slot.From, "zone": "Europe/Madrid", "salesperson_id": eva.ID, "how": "phone", "note": "ask for Łukasz"}
	body := map[string]any{"code": "appointment", "attempt_id": a.ID, "appointment": meeting}
	var done Disposed
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200).into(&done)
	if done.Booking == nil || done.Booking.State != campaigns.BookingBooked || !done.Booking.To.Equal(slot.To) || done.Appointment.Person != "Eva" {
		t.Fatalf("disposed %+v", done)
	}
	ics := desk.send("GET", done.Booking.ICS, nil).want(200)
	if ics.Header.Get("Content-Type") != "text/calendar; charset=utf-8" || !strings.Contains(string(ics.body), "LOCATION:phone +34600111222\r\n") ||
		!strings.Contains(string(ics.body), "DTSTART:"+slot.From.UTC().Format("20060102T150405Z")+"\r\n") {
		t.Errorf("invitation %s", ics.body)
	}
	path := fmt.Sprintf("/v1/appointments/%d", done.Booking.ID)
	var moved, cancelled Booking
	manager.send("POST", path+"/move", map[string]any{"at": free.Slots[40].From}).want(200).into(&moved)
	if !moved.From.Equal(free.Slots[40].From) {
		t.Errorf("moved %+v", moved)
	}
	manager.send("POST", path+"/move", map[string]any{"at": free.Slots[40].From.Add(time.Minute)}).fault(422, "slot_invalid")
	manager.send("POST", path+"/cancel", map[string]any{"reason": "ill"}).want(200).into(&cancelled)
	manager.send("POST", path+"/cancel", map[string]any{"reason": "ill"}).fault(409, "not_booked")
	if ics := desk.send("GET", done.Booking.ICS, nil).want(200); !strings.Contains(string(ics.body), "METHOD:CANCEL\r\n") || !strings.Contains(string(ics.body), "SEQUENCE:2\r\n") {
		t.Errorf("withdrawal %s", ics.body)
	}
	h.hire("bob", campaigns.Agent, c.Name)
	h.as("bob").send("GET", path, nil).fault(404, "appointment_not_found")
	h.as("bob").send("GET", path+"/invitation.ics", nil).fault(404, "appointment_not_found")
}

func TestOfTwoAgentsWhoBookOneSlotTheSecondReadsWhatIsFree(t *testing.T) {
	h, ana, desk, c, a := sellsFibre(t)
	eva := h.adviser(h.as("mia"))
	bob := h.hire("bob", campaigns.Agent, "fibre")
	lists, err := h.db.Lists(t.Context(), c.ID)
	h.must(err)
	b := h.talk(bob, c, h.contact(c, lists[0], "Eve", "+34600111333"))
	h.hangUp(ana, a)
	h.hangUp(bob, b)
	at := time.Now().UTC().Truncate(time.Hour).Add(72 * time.Hour)
	book := func(by caller, attempt string) reply {
		meeting := map[string]any{"at": at, "zone": "Europe/Madrid", "salesperson_id": eva.ID}
		return by.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "appointment", "attempt_id": attempt, "appointment": meeting}, key("k"+attempt)...)
	}
	book(desk, a.ID).want(200)
	late := book(h.as("bob"), b.ID)
	late.fault(409, "slot_taken")
	contains(t, string(late.body), "Free instead: ")
	if kept, err := h.db.Attempt(t.Context(), b.ID); err != nil || kept.Disposition != nil {
		t.Errorf("kept %+v, %v", kept.Disposition, err)
	}
}

func TestTheCardKnowsThePersonsOrdersMeetingsComplaintsAndWhoSpoke(t *testing.T) {
	h, agent, desk, c, a := sellsFibre(t)
	eva := h.adviser(h.as("mia"))
	h.hangUp(agent, a)
	body := map[string]any{
		"code": "sale", "attempt_id": a.ID, "note": "likes football", "reason": "too dear",
		"sale":        map[string]any{"lines": []map[string]any{{"product": "router", "quantity": 1}}},
		"appointment": map[string]any{"at": time.Now().UTC().Truncate(time.Hour).Add(72 * time.Hour), "zone": "Europe/Madrid", "salesperson_id": eva.ID},
		"complaint":   map[string]any{"text": "two bills", "department": "Billing"},
		"callback":    map[string]any{"at": time.Now().Add(time.Hour), "mine": true, "note": "after work"},
	}
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200)
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: a.Number, Channel: campaigns.ChannelAgent, Reason: "x"}))
	p, err := h.db.Contact(t.Context(), a.Contact)
	h.must(err)
	h.floor.bridge(agent.ID, campaigns.CurrentCall{Attempt: "", Campaign: c.ID, Contact: p, Number: a.Number}, campaigns.AgentPreview)
	var card Card
	desk.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if len(card.History) != 1 || card.History[0].Name != "Name of ana" || card.History[0].Note != "likes football" {
		t.Errorf("history %+v", card.History)
	}
	if len(card.Orders) != 1 || card.Orders[0].Sale.Total != 4900 || card.Orders[0].Agent != "Name of ana" {
		t.Errorf("orders %+v", card.Orders)
	}
	if len(card.Meetings) != 1 || card.Meetings[0].Person != "Eva" || card.Meetings[0].AgentName != "Name of ana" {
		t.Errorf("meetings %+v", card.Meetings)
	}
	if len(card.Cases) != 1 || card.Cases[0].Text != "two bills" || card.Cases[0].State != campaigns.ComplaintOpen {
		t.Errorf("complaints %+v", card.Cases)
	}
	if card.CardTrade.Callback == nil || card.CardTrade.Callback.Agent != "Name of ana" || !card.DoNotCall {
		t.Errorf("callback %+v, do not call %t", card.CardTrade.Callback, card.DoNotCall)
	}
	if len(card.Products) != 2 || card.Products[0].Digits != 2 || len(card.Reasons) != 2 || card.Departments[0] != "Billing" || len(card.Fields) != 1 || card.Fields[0].Name != "plan" {
		t.Errorf("trade %+v", card.CardTrade)
	}
	sale := card.Dispositions[0]
	if sale.Key != "1" || sale.Group != campaigns.GroupSuccess || sale.Asks != campaigns.AsksSale || sale.Consequence == "" {
		t.Errorf("disposition %+v", sale)
	}
}

func TestADraftOutlivesTheBrowserAndEndsWithTheDisposition(t *testing.T) {
	h, agent, desk, _, a := sellsFibre(t)
	var none, kept CallDraft
	desk.send("GET", "/v1/agent/call/draft", nil).want(200).into(&none)
	if string(none.Draft) != "null" {
		t.Errorf("draft %s", none.Draft)
	}
	draft := map[string]any{"draft": map[string]any{"code": "sale", "note": "half a <b>sentence</b> „ő“", "lines": []int{1, 2}}}
	desk.send("PUT", "/v1/agent/call/draft", draft).want(200)
	h.as("ana").send("GET", "/v1/agent/call/draft", nil).want(200).into(&kept) // another browser
	contains(t, string(kept.Draft), "„ő“")
	desk.send("PUT", "/v1/agent/call/draft", map[string]any{"draft": map[string]any{"x": strings.Repeat("y", campaigns.MaxDraft)}}).fault(422, "draft_size")
	h.hangUp(agent, a)
	desk.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "machine", "attempt_id": a.ID}, key("k")...).want(200)
	if _, err := h.db.Draft(t.Context(), a.ID); err == nil {
		t.Error("the draft is still there")
	}
	desk.send("PUT", "/v1/agent/call/draft", draft).fault(409, "no_call")
}

func TestACallbackOutsideTheHoursWarnsAndIsDueAtTheNextAllowedTime(t *testing.T) {
	h, agent, desk, c, a := sellsFibre(t)
	week, err := rules.ParseWeek(map[string][]string{"mon-fri": {"09:00-20:00"}})
	h.must(err)
	c.Windows = week // the call at hand was begun before that
	_, err = h.db.UpdateCampaign(t.Context(), c, "test")
	h.must(err)
	madrid, err := rules.Location("Europe/Madrid")
	h.must(err)
	sunday := time.Now().In(madrid)
	for sunday = time.Date(sunday.Year(), sunday.Month(), sunday.Day()+1, 12, 0, 0, 0, madrid); sunday.Weekday() != time.Sunday; {
		sunday = sunday.AddDate(0, 0, 1)
	}
	monday := time.Date(sunday.Year(), sunday.Month(), sunday.Day()+1, 9, 0, 0, 0, madrid)
	var check CallbackCheck
	desk.send("GET", "/v1/agent/call/callback?at="+sunday.UTC().Format(time.RFC3339), nil).want(200).into(&check)
	if check.Allowed || !check.Due.Equal(monday) || !strings.Contains(check.Why, "outside the calling hours") || check.Zone != "Europe/Madrid" || len(check.Quick) < 4 {
		t.Errorf("check %+v, want due %s", check, monday)
	}
	desk.send("GET", "/v1/agent/call/callback?at=2001-01-01T00:00:00Z", nil).want(200).into(&check)
	if check.Allowed || check.Why != "That time is past." {
		t.Errorf("a time of the past: %+v", check)
	}
	h.hangUp(agent, a)
	var done Disposed
	body := map[string]any{"code": "callback", "attempt_id": a.ID, "callback": map[string]any{"at": sunday}}
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200).into(&done)
	if !done.CallbackDue.Equal(monday) || !done.Callback.At.Equal(sunday) {
		t.Errorf("disposed %+v", done)
	}
	if p, err := h.db.Contact(t.Context(), a.Contact); err != nil || !p.NextAt.Equal(monday) {
		t.Errorf("tried at %s, %v", p.NextAt, err)
	}
}

func TestDoNotCallIsEffectiveBeforeTheAnswer(t *testing.T) {
	h, agent, desk, _, a := sellsFibre(t)
	h.hangUp(agent, a)
	desk.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "do_not_call", "attempt_id": a.ID}, key("k")...).want(200)
	if there, err := h.db.IsDoNotCall(t.Context(), a.Number); err != nil || !there {
		t.Errorf("on the list: %t, %v", there, err)
	}
	if !slices.Contains(h.floor.withdrawn, a.Number) {
		t.Error("what rings there was not withdrawn")
	}
}

func TestFiftyClicksLeaveOneOutcome(t *testing.T) {
	h, agent, desk, _, a := sellsFibre(t)
	h.hangUp(agent, a)
	var ok, refused atomic.Int64
	var wg sync.WaitGroup
	for i := range 50 {
		wg.Go(func() {
			k := "same"
			if i%2 == 1 {
				k = fmt.Sprint("other", i)
			}
			r := desk.send("POST", "/v1/agent/call/disposition", map[string]any{"code": "no_decision", "attempt_id": a.ID}, key(k)...)
			switch {
			case r.StatusCode == http.StatusOK:
				ok.Add(1)
			case r.StatusCode == http.StatusConflict:
				refused.Add(1)
			default:
				t.Errorf("status %d: %s", r.StatusCode, r.body)
			}
		})
	}
	wg.Wait()
	if ok.Load() < 1 || ok.Load()+refused.Load() != 50 {
		t.Errorf("%d answered, %d refused", ok.Load(), refused.Load())
	}
	found, err := h.db.Verify(t.Context(), time.Now())
	h.must(err)
	if p, err := h.db.Contact(t.Context(), a.Contact); err != nil || p.State != campaigns.ContactWaiting || !found.Clean() {
		t.Errorf("contact %+v, %v, findings %+v", p, err, found)
	}
}

func TestAnAgentsOwnDayAddsUpTimesCallsAndCommission(t *testing.T) {
	h, agent, desk, c, a := sellsFibre(t)
	h.hangUp(agent, a)
	body := map[string]any{"code": "sale", "attempt_id": a.ID, "sale": map[string]any{"lines": []map[string]any{{"product": "f500", "quantity": 1}}}}
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200)
	now := time.Now().UTC().Truncate(time.Microsecond)
	spell := func(s campaigns.AgentState, from, to time.Duration) campaigns.Spell {
		return campaigns.Spell{Agent: agent.ID, State: s, Campaign: c.ID, From: now.Add(-from), To: now.Add(-to)}
	}
	h.must(h.db.SaveSpells(t.Context(), []campaigns.Spell{
		spell(campaigns.AgentReady, 30*time.Minute, 20*time.Minute), spell(campaigns.AgentTalking, 20*time.Minute, 15*time.Minute),
		spell(campaigns.AgentWrapUp, 15*time.Minute, 14*time.Minute), spell(campaigns.AgentPaused, 14*time.Minute, 0),
	}, now))
	var d Day
	desk.send("GET", "/v1/agent/day?from="+now.Add(-time.Hour).Format(time.RFC3339)+"&to="+now.Add(time.Hour).Format(time.RFC3339), nil).want(200).into(&d)
	if d.Calls != 1 || d.Talk != 300 || d.Wait != 600 || d.WrapUp != 60 || d.Paused != 840 || d.SignedIn != 1800 {
		t.Errorf("times %+v", d)
	}
	if d.Sales != 1 || len(d.Sold) != 1 || d.Sold[0] != (Money{"EUR", 2990, 2}) || d.Worth[0].Amount != 12*2990 || d.Earned[0] != (Money{"EUR", 500, 2}) || d.Target.Sales != 4 || d.Outcomes["sale"] != 1 {
		t.Errorf("outcomes %+v", d)
	}
	desk.send("GET", "/v1/agent/day?zone=Europe/Madrid", nil).want(200)
	desk.send("GET", "/v1/agent/day?zone=Mars", nil).fault(422, "zone_invalid")
}

func TestComplaintsAreListedAndClosedWithWhatWasDone(t *testing.T) {
	h, agent, desk, _, a := sellsFibre(t)
	h.hangUp(agent, a)
	body := map[string]any{"code": "complaint", "attempt_id": a.ID, "complaint": map[string]any{"text": "<b>two</b> bills", "department": "Billing"}}
	desk.send("POST", "/v1/agent/call/disposition", body, key("k")...).want(200)
	manager := h.as("mia")
	var list struct{ Complaints []Case }
	manager.send("GET", "/v1/complaints?state=open", nil).want(200).into(&list)
	if len(list.Complaints) != 1 || list.Complaints[0].Text != "<b>two</b> bills" || list.Complaints[0].Agent != "ana" || list.Complaints[0].Name != "Łukasz" {
		t.Fatalf("complaints %+v", list.Complaints)
	}
	path := fmt.Sprintf("/v1/complaints/%d", list.Complaints[0].ID)
	manager.send("PATCH", path, map[string]any{"state": "closed"}).fault(422, "complaint_answer")
	manager.send("PATCH", path, map[string]any{"state": "closed", "answer": "one bill was taken back"}).want(200)
	manager.send("GET", "/v1/complaints?state=open", nil).want(200).into(&list)
	if len(list.Complaints) != 0 {
		t.Errorf("still open %+v", list.Complaints)
	}
	manager.send("PATCH", "/v1/complaints/999", map[string]any{"state": "open"}).fault(404, "complaint_not_found")
}

func TestACampaignsTradeIsSetAndShown(t *testing.T) {
	h, _, _, c, _ := sellsFibre(t)
	manager := h.as("mia")
	path := fmt.Sprintf("/v1/campaigns/%d", c.ID)
	var shown Campaign
	manager.send("PATCH", path, map[string]any{
		"products": []map[string]any{{"code": "y", "name": "Yearly", "price": 1200, "currency": "KWD", "term": "year", "min_terms": 2, "max_discount": 0.5}},
		"reasons":  []string{"no need"}, "complaints": []string{"Delivery"},
		"commission": map[string]any{"currency": "KWD", "per_sale": 100, "day_target": map[string]any{"calls": 80}},
	}).want(200).into(&shown)
	if len(shown.Products) != 1 || shown.Products[0].Digits != 3 || shown.Reasons[0] != "no need" || shown.Complaints[0] != "Delivery" || shown.CampaignTrade.Commission.DayTarget.Calls != 80 {
		t.Errorf("shown %+v", shown.CampaignTrade)
	}
	manager.send("PATCH", path, map[string]any{"products": []map[string]any{{"code": "x", "name": "X", "price": 1, "currency": "QQQ"}}}).fault(422, "campaign_invalid")
	manager.send("PATCH", path, map[string]any{"reasons": []string{}, "products": []any{}}).want(200).into(&shown)
	if len(shown.Products) != 0 || len(shown.Reasons) != 0 {
		t.Errorf("emptied %+v", shown.CampaignTrade)
	}
}
