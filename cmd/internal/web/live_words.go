package web

import (
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/cmd/internal/api"
	"github.com/forecall/forecall/cmd/internal/web/catalog"
)

// The same sentences stand in static/live-words.js, for what changes while the
// page is open.

// decisionWords say what pacing saw when it decided last, and why it was not
// one call more.
func decisionWords(c *catalog.Catalog, p *api.Pacing) []string {
	if p == nil {
		return nil
	}
	said := []string{c.T("Free agents: %d. Calls in the air: %d. People waiting: %d.", p.Free, p.InAir, p.Waiting)}
	if len(p.Words) < 2 { // it did not look ahead
		return said
	}
	return append(said,
		c.T("Expected to answer: %.1f within 5 s, %.1f within 10 s, %.1f within 20 s.", p.Answers.In5, p.Answers.In10, p.Answers.In20),
		c.T("Agents expected to come free: %.1f, %.1f and %.1f.", p.Releases.In5, p.Releases.In10, p.Releases.In20),
		c.T("One more call, if answered, would find no agent in %.1f %% of cases; up to %.1f %% is accepted now.", p.NextCallLost*100, p.Accepted*100),
		c.T("Fresh calls that a person answers: %.1f %%.", p.AnswerShare*100),
	)
}

// budgetWords say how far a campaign is from its limit, in calls.
func budgetWords(c *catalog.Catalog, f api.FloorCampaign) string {
	n := budget(f)
	switch {
	case f.Cap <= 0:
		return ""
	case n < 0:
		return c.T("%d abandoned calls too many", -n)
	}
	return c.T("%d more calls may be abandoned", n)
}

// noteWords is what stands beside an agent's state: why, and until when.
func noteWords(c *catalog.Catalog, a api.Agent) string {
	var said []string
	switch {
	case a.Reason != "":
		said = append(said, a.Reason)
	case a.PauseNext:
		said = append(said, c.T("pause after this call"))
	}
	if a.State == campaigns.AgentResting && !a.Until.IsZero() {
		said = append(said, c.T("until %s UTC", a.Until.UTC().Format("15:04:05")))
	}
	if !a.LeavesAt.IsZero() {
		said = append(said, c.T("leaves %s UTC", a.LeavesAt.UTC().Format("15:04")))
	}
	if t := a.Talk; t != nil {
		if t.OnHold {
			said = append(said, c.T("on hold"))
		}
		if t.Recording == "paused" {
			said = append(said, c.T("recording paused"))
		}
		if t.Transfer != nil && t.Transfer.To != "" {
			said = append(said, c.T("passes the call on to %s", t.Transfer.To))
		}
	}
	return strings.Join(said, ", ")
}

// monitorWords say who takes part in an agent's calls.
func monitorWords(c *catalog.Catalog, a api.Agent) string {
	var said []string
	for _, m := range a.Monitors {
		switch m.Mode {
		case campaigns.Whisper:
			said = append(said, c.T("%s whispers", m.Name))
		case campaigns.Barge:
			said = append(said, c.T("%s has barged in", m.Name))
		default:
			said = append(said, c.T("%s listens", m.Name))
		}
	}
	return strings.Join(said, ", ")
}
