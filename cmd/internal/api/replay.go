package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// replayRoutes are about decisions that were kept.
func (s *Server) replayRoutes() []route {
	if s.Replays == nil {
		return nil
	}
	return []route{
		do(post, "/v1/replay", seeCompliance, "compliance", "Take kept decisions again, by the rules of their time: do they come out the same?", s.replayDecisions, within(30*time.Minute)),
		do(get, "/v1/decisions/{id}", seeCompliance, "compliance", "One decision: what was known, and what every rule said", s.decision),
	}
}

// ReplayAsk chooses decisions; what is absent asks nothing.
type ReplayAsk struct {
	Campaign int64     `json:"campaign_id,omitempty" minimum:"0"`
	Number   string    `json:"number,omitempty" maxLength:"40" doc:"E.164."`
	From     time.Time `json:"from,omitzero" doc:"Decided at or after."`
	To       time.Time `json:"to,omitzero" doc:"Decided before."`
}

// Filter is the question in the words of package campaigns.
func (a ReplayAsk) Filter() campaigns.DecisionFilter {
	f := campaigns.DecisionFilter{Campaign: a.Campaign, From: a.From, To: a.To}
	if a.Number != "" {
		f.Number = Dialed(a.Number)
	}
	return f
}

type replayInput struct{ Body ReplayAsk }

type replayOutput struct{ Body campaigns.Replay }

func (s *Server) replayDecisions(ctx context.Context, in *replayInput) (*replayOutput, error) {
	r, err := s.Replays.Run(ctx, who(ctx), in.Body.Filter(), nil)
	if err != nil {
		return nil, err
	}
	return &replayOutput{r}, nil
}

// Decision is a decision that was kept, in words.
type Decision struct {
	ID       string          `json:"decision_id" doc:"Of the attempt that it allowed, or its own."`
	At       time.Time       `json:"at"`
	Campaign int64           `json:"campaign_id"`
	Allowed  bool            `json:"allowed"`
	Number   string          `json:"number,omitempty" doc:"Absent when the person was forgotten."`
	Verdicts []rules.Verdict `json:"verdicts" doc:"Of every rule, as the rules of that time say it of the facts of that time."`
	Ruleset  campaigns.Hash  `json:"ruleset_sha256"`
	SHA256   campaigns.Hash  `json:"decision_sha256" doc:"What the attempt's row in the chain commits to."`
	Same     bool            `json:"same" doc:"Decided again just now, byte by byte as it was kept."`

	Place campaigns.Whereabouts `json:"place"`
}

type decisionInput struct {
	ID string `path:"id" pattern:"^[0-9a-fA-F-]{1,64}$"`
}

type decisionOutput struct{ Body Decision }

func (s *Server) decision(ctx context.Context, in *decisionInput) (*decisionOutput, error) {
	d, err := s.Replays.One(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	return &decisionOutput{Decision{
		ID: d.Record.ID, At: d.Record.At, Campaign: d.Record.Campaign, Allowed: d.Record.Rule == "", Number: d.Record.Number,
		Verdicts: verdictsOf(d.Verdicts), Ruleset: d.Record.Book, SHA256: d.Record.Digest(), Same: d.Why == "", Place: d.Place,
	}}, nil
}
