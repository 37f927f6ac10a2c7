package api

import (
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// Pacing is the last decision of a campaign about how many calls to place, with what it saw.
type Pacing struct {
	Free            int     `json:"free" doc:"Agents ready for a call."`
	Waiting         int     `json:"waiting" doc:"People who answered and have no agent yet."`
	InAir           int     `json:"in_air" doc:"Calls placed and not answered yet."`
	Placed          int     `json:"placed" doc:"Calls that this decision placed."`
	Answers         Within  `json:"expected_answers" doc:"People who will answer within so many seconds."`
	Releases        Within  `json:"expected_releases" doc:"Agents who will come free within so many seconds."`
	NextCallLost    float64 `json:"next_call_lost" doc:"Chance that one more call, if answered, would find no agent."`
	Accepted        float64 `json:"accepted_loss" doc:"The chance up to which calls are placed now."`
	BudgetLeft      float64 `json:"budget_left" doc:"Calls that may still be abandoned in this legal period without passing the target."`
	AnswerShare     float64 `json:"answer_share" doc:"Share of fresh calls that a person answers, as expected now."`
	HeldBackBecause string  `json:"held_back_because" doc:"Why it was not one call more."`
	// Words are the same for people, a sentence each.
	Words []string `json:"words" doc:"The same in sentences."`
}

// Within are expected numbers within 5, 10 and 20 s.
type Within struct {
	In5  float64 `json:"5s"`
	In10 float64 `json:"10s"`
	In20 float64 `json:"20s"`
}

// pacingOf is a decision as clients see it; nil before the first. Figures are rounded: they change twice a second, and
// nobody reads more.
func pacingOf(m campaigns.Mode, d pacing.Decision) *Pacing {
	if d.Why == 0 {
		return nil
	}
	p := &Pacing{
		Free: d.Free, Waiting: d.Waiting, InAir: d.InAir, Placed: d.Place, Answers: withinOf(d.ExpectedAnswers), Releases: withinOf(d.ExpectedReleases),
		NextCallLost: rounded(d.MarginalLoss, 3), Accepted: rounded(d.Theta, 3), BudgetLeft: rounded(d.BudgetLeft, 1),
		AnswerShare: rounded(d.AnswerShare, 3), HeldBackBecause: d.Why.String(),
	}
	p.Words = p.sentences(m == campaigns.Predictive && looksAhead(d.Why))
	return p
}

// looksAhead tells whether a decision weighed what is to come, or gave each free agent one call.
func looksAhead(why pacing.Reason) bool {
	return why != pacing.ReasonNoAgents && why != pacing.ReasonColdStart && why != pacing.ReasonBudgetSpent
}

// sentences say what the figures mean.
func (p *Pacing) sentences(ahead bool) []string {
	words := []string{fmt.Sprintf("%s, %s in the air, %s.", plural(p.Free, "agent is free", "agents are free"),
		plural(p.InAir, "call is", "calls are"), plural(p.Waiting, "person waits", "people wait"))}
	if !ahead {
		return words
	}
	return append(words,
		fmt.Sprintf("Expected to answer: %g within 5 s, %g within 10 s, %g within 20 s.", p.Answers.In5, p.Answers.In10, p.Answers.In20),
		fmt.Sprintf("Agents expected to come free: %g, %g and %g.", p.Releases.In5, p.Releases.In10, p.Releases.In20),
		fmt.Sprintf("One more call, if answered, would find no agent in %s of cases; up to %s is accepted now.", percent(p.NextCallLost), percent(p.Accepted)),
		fmt.Sprintf("%s may be abandoned in this period; %s of fresh calls are answered.",
			plural(int(max(0, p.BudgetLeft)), "more call", "more calls"), percent(p.AnswerShare)),
	)
}

func percent(share float64) string { return fmt.Sprintf("%.1f %%", 100*share) }

// plural writes a number with the word that goes with it.
func plural(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func withinOf(v [3]float64) Within {
	return Within{In5: rounded(v[0], 1), In10: rounded(v[1], 1), In20: rounded(v[2], 1)}
}
