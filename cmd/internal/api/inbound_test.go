package api

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
)

func readNumber(text, region string) (campaigns.Phone, error) {
	n, err := numbers.Parse(text, region)
	return campaigns.Phone{Number: n.E164, Region: n.Region, Kind: string(n.Kind), Zones: n.Zones}, err
}

// DialNumber is what the engine would do: the card of the contact rings.
func (f *fakeFloor) DialNumber(_ context.Context, agent, campaign int64, p campaigns.Contact, look bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	state := campaigns.AgentReserved
	if look {
		state = campaigns.AgentPreview
	}
	phone, _ := p.Dial()
	f.calls[agent] = campaigns.CurrentCall{Campaign: campaign, Contact: p, Number: phone.Number, State: state, Since: time.Now()}
	return nil
}

func TestAnAgentDialsANumberByHandWhereTheCampaignAllowsIt(t *testing.T) {
	h := newHouse(t).staff()
	c, _ := h.running("spring")
	h.hire("ana", campaigns.Agent, "spring")
	desk, boss := h.as("ana"), h.as("manager")
	at := fmt.Sprintf("/v1/campaigns/%d", c.ID)
	dial := func(number string) reply {
		return desk.send("POST", "/v1/agent/dial-number", map[string]any{"campaign": "spring", "number": number})
	}
	dial("+34 600 111 222").fault(409, "not_signed_in")
	desk.send("POST", "/v1/agent/sign-in", map[string]any{}).want(200)
	dial("+34 600 111 222").fault(403, "manual_dial_off")
	boss.send("PATCH", at, map[string]any{
		"manual_dial": true, "caller_ids": []string{"+34910000000"}, "preview_dial": "15s", "callback_grace": "1h",
		"inbound": map[string]any{"queue": "2m", "places": 5, "greeting": "hello.wav"},
	}).want(200)
	var got Campaign
	boss.send("GET", at, nil).want(200).into(&got)
	if !got.ManualDial || time.Duration(got.PreviewDial) != 15*time.Second || time.Duration(got.CallbackGrace) != time.Hour ||
		got.Inbound.Places != 5 || time.Duration(got.Inbound.Queue) != 2*time.Minute || got.Inbound.Greeting != "hello.wav" {
		t.Errorf("the campaign is %+v", got.CampaignInbound)
	}
	boss.send("PATCH", at, map[string]any{"inbound": map[string]any{"greeting": "../secret.wav"}}).fault(422, "prompt_invalid")
	boss.send("PATCH", at, map[string]any{"preview_dial": "1s"}).fault(422, "campaign_invalid")

	var said struct{ Number, Region string }
	dial("600 111 222").want(200).into(&said) // a number of the country of the caller ID
	if said.Number != "+34600111222" || said.Region != "ES" {
		t.Errorf("dialed %+v", said)
	}
	var card Card
	desk.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if card.Number != "+34600111222" || card.Direction != "outbound" {
		t.Errorf("the card is %+v", card)
	}
	dial("112").fault(422, "number_invalid")
	dial("hello").fault(422, "number_invalid")
	h.must(h.db.AddDoNotCall(t.Context(), campaigns.DoNotCall{Number: "+34600333444", At: time.Now(), Channel: campaigns.ChannelManual}))
	dial("+34600333444").fault(409, "refused_dnc_internal")
	lists, err := h.db.Lists(t.Context(), c.ID)
	h.must(err)
	if len(lists) != 2 || lists[1].Name != campaigns.ListDialedByHand {
		t.Errorf("lists %+v", lists)
	}
	if people, err := h.db.ContactsByNumber(t.Context(), c.ID, "+34600333444"); err != nil || len(people) != 0 {
		t.Errorf("a number that may not be called got a contact: %+v %v", people, err)
	}
	boss.send("POST", "/v1/agent/dial-number", map[string]any{"campaign": "spring", "number": "+34600111222"}).fault(403, "forbidden")
}

func TestTheCardOfACallerSaysThatTheyCalledUs(t *testing.T) {
	h := newHouse(t).staff()
	c, _ := h.running("spring")
	ana := h.hire("ana", campaigns.Agent, "spring")
	desk := h.as("ana")
	desk.send("POST", "/v1/agent/sign-in", map[string]any{}).want(200)
	// Somebody else's call, so that there is a history that must not be shown.
	a := campaigns.NewInbound(c, "", "+34910000000", time.Now())
	_, err := h.db.Receive(t.Context(), a, campaigns.Phone{})
	h.must(err)
	a.Outcome, a.Agent, a.EndedAt = campaigns.InboundConnected, ana.ID, time.Now()
	a.BridgedAt = a.EndedAt
	h.must(h.db.Finish(t.Context(), *a))
	h.floor.mu.Lock()
	h.floor.calls[ana.ID] = campaigns.CurrentCall{Campaign: c.ID, Inbound: true, State: campaigns.AgentTalking, Since: time.Now(), Attempt: a.ID}
	h.floor.mu.Unlock()
	var card Card
	desk.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if card.Direction != "inbound" || card.Number != "" || len(card.History) != 0 {
		t.Errorf("the card is %+v", card)
	}
	h.floor.mu.Lock()
	call := h.floor.calls[ana.ID]
	call.State = campaigns.AgentWrapUp
	h.floor.calls[ana.ID] = call
	h.floor.mu.Unlock()
	desk.send("POST", "/v1/agent/call/disposition", map[string]any{
		"code": "callback", "callback": map[string]any{"at": time.Now().Add(time.Hour)},
	}, "Idempotency-Key", "k1").fault(422, "callback_nobody")
}

func TestTheBookOfCallbacksShowsWhoIsCalledAndSinceWhen(t *testing.T) {
	h := newHouse(t).staff()
	c, l := h.running("spring")
	ana := h.hire("ana", campaigns.Agent, "spring")
	load, err := h.db.BeginLoad(t.Context(), campaigns.Load{List: l.ID, Source: "x.csv", Policy: campaigns.SkipDuplicates})
	h.must(err)
	_, err = h.db.AddContacts(t.Context(), load, []campaigns.Contact{{
		Name: "Réka", Company: "Kft.", Phones: []campaigns.Phone{{Number: "+3612345678", Zones: []string{"Europe/Budapest"}}},
	}}, campaigns.SkipDuplicates)
	h.must(err)
	people, err := h.db.Lease(t.Context(), c.ID, time.Now(), 1)
	h.must(err)
	a := campaigns.NewAttempt(c, people[0], "", time.Now())
	h.must(h.db.Begin(t.Context(), c, a))
	a.Outcome, a.Agent, a.EndedAt = campaigns.Connected, ana.ID, time.Now()
	h.must(h.db.Finish(t.Context(), *a))
	at := time.Now().Add(-10 * time.Minute).UTC().Truncate(time.Second)
	_, err = h.db.Dispose(t.Context(), campaigns.Disposition{
		Attempt: a.ID, Key: "k", Agent: ana.ID, Code: "callback", At: at, Callback: &campaigns.Callback{At: at, Agent: ana.ID, Note: "price"},
	})
	h.must(err)
	var own, others struct{ Callbacks []AgreedCallback }
	h.as("ana").send("GET", "/v1/callbacks", nil).want(200).into(&own)
	if len(own.Callbacks) != 1 {
		t.Fatalf("callbacks %+v", own)
	}
	got := own.Callbacks[0]
	if got.Person != "Réka" || got.Company != "Kft." || got.Number != "+3612345678" || !got.Overdue || got.Name != "spring" || got.Note != "price" ||
		!got.Anybody.Equal(at.Add(30*time.Minute)) || got.Local != at.In(mustZone(t, "Europe/Budapest")).Format(time.RFC3339) {
		t.Errorf("the callback is %+v", got)
	}
	h.as("supervisor").send("GET", "/v1/callbacks", nil).want(200).into(&others)
	if others.Callbacks[0].Number != "…678" {
		t.Errorf("a supervisor sees %q", others.Callbacks[0].Number)
	}
	h.as("supervisor").send("GET", "/v1/callbacks?mine=true", nil).want(200).into(&others)
	if len(others.Callbacks) != 0 {
		t.Errorf("a supervisor has %+v", others.Callbacks)
	}
}

func mustZone(t *testing.T, name string) *time.Location {
	t.Helper()
	loc, err := time.LoadLocation(name)
	if err != nil {
		t.Fatal(err)
	}
	return loc
}
