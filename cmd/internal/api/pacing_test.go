package api

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// decided is a decision of an afternoon.
func decided() pacing.Decision {
	return pacing.Decision{
		Why: pacing.ReasonLossOverTheta, Free: 1, Waiting: 2, InAir: 19, Place: 3, ExpectedAnswers: [3]float64{1.234, 2, 4.06},
		ExpectedReleases: [3]float64{0.3, 1.1, 2.5}, MarginalLoss: 0.12345, Theta: 0.09, BudgetLeft: 12.37, AnswerShare: 0.2512,
	}
}

func TestADecisionIsToldInFiguresAndInSentences(t *testing.T) {
	h := newHouse(t).staff()
	h.floor.show(campaigns.FloorSnapshot{
		Campaigns: []campaigns.CampaignStatus{{ID: 1, Name: "Spring", Mode: campaigns.Predictive, Decision: decided()}, {ID: 2, Name: "New"}},
		Calls:     []campaigns.AirCall{{Attempt: "a", Odds: 1.8123}, {Attempt: "b"}},
	})
	var f Floor
	h.as("supervisor").send("GET", "/v1/floor", nil).want(200).into(&f)
	p := f.Campaigns[1].Pacing
	if p == nil || f.Campaigns[0].Pacing != nil {
		t.Fatalf("pacing of a campaign that decided: %v, of one that has not: %v", p, f.Campaigns[0].Pacing)
	}
	if p.Free != 1 || p.Placed != 3 || p.Answers != (Within{1.2, 2, 4.1}) || p.NextCallLost != 0.123 || p.HeldBackBecause != "one more call would be lost too often" {
		t.Errorf("pacing %+v", p)
	}
	want := []string{
		"1 agent is free, 19 calls are in the air, 2 people wait.",
		"Expected to answer: 1.2 within 5 s, 2 within 10 s, 4.1 within 20 s.",
		"Agents expected to come free: 0.3, 1.1 and 2.5.",
		"One more call, if answered, would find no agent in 12.3 % of cases; up to 9.0 % is accepted now.",
		"12 more calls may be abandoned in this period; 25.1 % of fresh calls are answered.",
	}
	if strings.Join(p.Words, "\n") != strings.Join(want, "\n") {
		t.Errorf("words\n%s", strings.Join(p.Words, "\n"))
	}
	if f.Calls[0].Odds != 1.81 || f.Calls[1].Odds != 0 {
		t.Errorf("odds %v, %v", f.Calls[0].Odds, f.Calls[1].Odds)
	}
}

func TestWhatDoesNotLookAheadSaysNothingOfTheFuture(t *testing.T) {
	cold := decided()
	cold.Why = pacing.ReasonColdStart
	for name, p := range map[string]*Pacing{
		"progressive": pacingOf(campaigns.Progressive, decided()), "before enough is known": pacingOf(campaigns.Predictive, cold),
	} {
		if len(p.Words) != 1 {
			t.Errorf("%s: %q", name, p.Words)
		}
	}
}

func TestAFigureThatIsNoNumberIsNoReasonToTellNothing(t *testing.T) {
	h := newHouse(t).staff()
	d := decided()
	d.MarginalLoss, d.BudgetLeft = math.NaN(), math.Inf(1)
	h.floor.show(campaigns.FloorSnapshot{Campaigns: []campaigns.CampaignStatus{{ID: 1, Name: "Spring", Decision: d}}})
	h.as("supervisor").send("GET", "/v1/floor", nil).want(200)
}

func TestAnAgentTellsThatTheCallIsAboutToEndAndWhereTheScriptStands(t *testing.T) {
	h, c, u, camp, p := desk(t)
	h.talk(u, camp, p)
	c.send("POST", "/v1/agent/call/step", map[string]any{"step": "closing"}).want(200)
	c.send("POST", "/v1/agent/call/finishing", nil).want(200)
	var card Card
	c.send("GET", "/v1/agent/call", nil).want(200).into(&card)
	if card.Step != "closing" || !card.Finishing {
		t.Errorf("card %+v", card)
	}
	c.send("POST", "/v1/agent/call/step", map[string]any{"step": strings.Repeat("x", 101)}).fault(422, "invalid_request")
}

func TestBreaksArePlannedByTheAgentOrASupervisorAndReachTheFloor(t *testing.T) {
	h, c, u, _, _ := desk(t)
	h.staff()
	from := time.Now().Add(time.Hour).UTC().Truncate(time.Second)
	var b Break
	c.send("POST", "/v1/agent/breaks", map[string]any{"from": from, "to": from.Add(15 * time.Minute), "reason": "lunch"}).want(201).into(&b)
	if b.Agent != u.ID || !b.From.Equal(from) || b.Reason != "lunch" || b.By == "" {
		t.Errorf("break %+v", b)
	}
	boss := h.as("supervisor")
	boss.send("POST", fmt.Sprintf("/v1/agents/%d/breaks", u.ID), map[string]any{"from": from.Add(5 * time.Hour)}).want(201)
	var list struct{ Breaks []Break }
	c.send("GET", "/v1/agent/breaks", nil).want(200).into(&list)
	if len(list.Breaks) != 2 || !list.Breaks[1].To.IsZero() {
		t.Errorf("breaks %+v", list.Breaks)
	}
	boss.send("GET", "/v1/breaks", nil).want(200).into(&list)
	if len(list.Breaks) != 2 || len(h.floor.plans[u.ID]) != 2 {
		t.Errorf("everybody's %+v, the floor's %+v", list.Breaks, h.floor.plans[u.ID])
	}
	var a Agent
	c.send("GET", "/v1/agent", nil).want(200).into(&a)
	if !a.LeavesAt.Equal(from) {
		t.Errorf("the agent leaves at %s", a.LeavesAt)
	}
	c.send("DELETE", fmt.Sprintf("/v1/agent/breaks/%d", b.ID), nil).want(204)
	boss.send("GET", fmt.Sprintf("/v1/agents/%d/breaks", u.ID), nil).want(200).into(&list)
	if len(list.Breaks) != 1 || len(h.floor.plans[u.ID]) != 1 {
		t.Errorf("after it was taken back: %+v", list.Breaks)
	}
	other := h.hire("eve", campaigns.Agent)
	h.as("eve").send("DELETE", fmt.Sprintf("/v1/agent/breaks/%d", list.Breaks[0].ID), nil).fault(403, "forbidden")
	h.as("eve").send("POST", fmt.Sprintf("/v1/agents/%d/breaks", other.ID), map[string]any{"from": from}).fault(403, "forbidden")
}
