package api

import (
	"context"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/forecall/forecall/campaigns"
)

type dossierInput struct {
	Attempt string `path:"attempt" maxLength:"64"`
}

// dossier answers the document as it is: its parts have the names of the
// evidence that an export has.
func (s *Server) dossier(ctx context.Context, in *dossierInput) (*huma.StreamResponse, error) {
	d, err := s.Compliance.Dossiers.Of(ctx, who(ctx), in.Attempt)
	if err != nil {
		return nil, err
	}
	return jsonAnswer(d), nil
}

type refusalsInput struct {
	Campaign int64     `query:"campaign" minimum:"0"`
	Rule     string    `query:"rule" maxLength:"100"`
	From     time.Time `query:"from" required:"true" doc:"At most 400 days before to."`
	To       time.Time `query:"to" required:"true"`
	Cursor   int64     `query:"cursor" minimum:"0" doc:"The next_cursor of the page before; the counts are the same on every page."`
	Limit    int       `query:"limit" minimum:"1" maximum:"200" default:"100"`
}

type refusalsOutput struct {
	Body struct {
		Counts   []campaigns.RefusalRow `json:"counts" doc:"Calls about to be placed that the rule refused first, by day of UTC, campaign and rule."`
		Refusals []campaigns.Denied     `json:"refusals" doc:"Once for a number, a campaign, a rule and the time until which it holds; the newest first."`
		Next     int64                  `json:"next_cursor,omitempty"`
	}
}

func (s *Server) refusalCounts(ctx context.Context, in *refusalsInput) (*refusalsOutput, error) {
	f := campaigns.RefusalFilter{Campaign: in.Campaign, Rule: in.Rule, From: in.From, To: in.To, Before: in.Cursor, Limit: in.Limit}
	rows, err := s.Compliance.Refused.Count(ctx, who(ctx), f)
	if err != nil {
		return nil, err
	}
	list, err := s.Compliance.Refused.List(ctx, who(ctx), f)
	if err != nil {
		return nil, err
	}
	out := &refusalsOutput{}
	out.Body.Counts, out.Body.Refusals = notNil(rows), notNil(list)
	if len(list) == in.Limit {
		out.Body.Next = list[len(list)-1].Seq
	}
	return out, nil
}
