package web

import (
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// busyFloor is an afternoon: two campaigns, 24 agents, calls in every state.
func busyFloor() campaigns.FloorSnapshot {
	now := time.Now()
	f := campaigns.FloorSnapshot{
		Campaigns: []campaigns.CampaignStatus{
			{ID: 1, Name: "Fibre spring", Status: campaigns.Running, Mode: campaigns.Predictive, Placed: 1482, Ringing: 19, Waiting: 1,
				Talking: 11, PickedUp: 418, Answered: 418, Bridged: 407, Abandoned: 8, Cap: 0.03, PerMinute: 44.4, Ready: 3, Hopper: 512,
				WhyCode: "pacing", Why: "one more call would be lost too often", Decision: pacing.Decision{
					Why: pacing.ReasonLossOverTheta, Free: 3, Waiting: 1, InAir: 19, ExpectedAnswers: [3]float64{1.2, 2.3, 4.1},
					ExpectedReleases: [3]float64{0.8, 1.5, 2.9}, MarginalLoss: 0.124, Theta: 0.09, BudgetLeft: 4.3, AnswerShare: 0.282,
				}},
			{ID: 2, Name: "Customer survey", Status: campaigns.Running, Mode: campaigns.Progressive, Placed: 220, Ringing: 2,
				Talking: 4, PickedUp: 97, Answered: 97, Bridged: 96, Abandoned: 0, Cap: 0.03, PerMinute: 6, Ready: 0, Hopper: 0,
				WhyCode: "window_closed", Why: "It is 20:04 in Europe/Madrid; the next window opens Monday 09:00."},
			{ID: 3, Name: "Renewals", Status: campaigns.Paused, Mode: campaigns.Preview, Placed: 12, PickedUp: 5, Answered: 5, Bridged: 5, Cap: 0.03},
		},
	}
	states := []campaigns.AgentState{
		campaigns.AgentTalking, campaigns.AgentTalking, campaigns.AgentWrapUp, campaigns.AgentReady, campaigns.AgentTalking,
		campaigns.AgentPaused, campaigns.AgentReserved, campaigns.AgentPreview,
	}
	names := []string{"Ana Ferrer", "Björn Lind", "Chiara Russo", "Dóra Nagy", "Emre Kaya", "Fatima Zahra", "Gao Lei", "Hana Novák"}
	for i := range 24 {
		a := campaigns.AgentStatus{
			Agent: int64(i + 1), Login: fmt.Sprint("a", i), Name: fmt.Sprintf("%s %d", names[i%8], i/8+1), State: states[i%8],
			Since: now.Add(-time.Duration(i*37) * time.Second), Campaign: f.Campaigns[i%2].Name,
		}
		if a.State == campaigns.AgentPaused {
			a.Reason = "lunch"
		}
		switch i {
		case 6: // busy for most of the last hour
			a.State, a.Reason, a.Until = campaigns.AgentResting, "occupancy ceiling", now.Add(40*time.Second)
		case 9:
			a.LeavesAt = now.Add(20 * time.Minute)
		}
		f.Agents = append(f.Agents, a)
	}
	for i, state := range []string{"talking", "talking", "ringing", "ringing", "dialing", "waiting", "message", "ringing", "ringing"} {
		c := campaigns.AirCall{
			Attempt: fmt.Sprint("air", i), Campaign: f.Campaigns[i%2].Name, Contact: names[(i+3)%8], State: state,
			Number: fmt.Sprintf("+34600111%03d", i*7), Since: now.Add(-time.Duration(i*9) * time.Second), Trunk: "carrier-a",
		}
		if i%2 == 0 {
			c.Odds = 0.4 + float64(i)/5
		}
		if state == "talking" {
			c.Agent = names[i]
		}
		f.Calls = append(f.Calls, c)
	}
	outcomes := []campaigns.Outcome{campaigns.Connected, campaigns.NoAnswer, campaigns.Busy, campaigns.AbandonedMsg, campaigns.Machine, campaigns.Invalid}
	for i := range 12 {
		c := campaigns.EndedCall{
			Attempt: fmt.Sprint("end", i), Campaign: f.Campaigns[i%2].Name, Contact: names[(i+5)%8], Outcome: outcomes[i%6],
			Number: fmt.Sprintf("+34600222%03d", i*11), At: now.Add(-time.Duration(i*4) * time.Second),
		}
		if c.Outcome == campaigns.Connected {
			c.Agent, c.Talk = names[i%8], 83*time.Second
		}
		f.Last = append(f.Last, c)
	}
	return f
}
