package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

type callbacksInput struct {
	Campaign int64     `query:"campaign" minimum:"0"`
	From     time.Time `query:"from"`
	To       time.Time `query:"to"`
	Open     bool      `query:"open" default:"true" doc:"Only those not yet kept."`
	Mine     bool      `query:"mine" doc:"Only your own; agents see no others."`
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// AgreedCallback is a callback as it stands in the book.
type AgreedCallback struct {
	ID       int64     `json:"id"`
	Campaign int64     `json:"campaign_id"`
	Name     string    `json:"campaign"`
	Contact  int64     `json:"contact_id"`
	Person   string    `json:"contact_name"`
	Company  string    `json:"company,omitempty"`
	Number   string    `json:"number" doc:"Masked, when it is another's callback and you may not export numbers."`
	At       time.Time `json:"at"`
	Local    string    `json:"local_time,omitempty" doc:"The same where the person is, with its offset."`
	Zones    []string  `json:"zones"`
	Agent    int64     `json:"agent_id,omitempty" doc:"The only agent who takes it; absent = anybody."`
	Anybody  time.Time `json:"anybody_at,omitzero" doc:"When it goes to whoever is free, if its agent has not come to it."`
	Note     string    `json:"note,omitempty"`
	Overdue  bool      `json:"overdue"`
	Done     bool      `json:"done"`
}

func agreedOf(c campaigns.DueCallback) AgreedCallback {
	out := AgreedCallback{
		ID: c.ID, Campaign: c.Campaign, Name: c.CampaignName, Contact: c.Contact, Person: c.AgreedCallback.Name, Company: c.Company, Number: c.Number,
		At: c.At.UTC(), Zones: notNil(c.Zones), Agent: c.Agent, Note: c.Note, Overdue: c.Overdue, Done: c.Done,
	}
	if !c.Anybody.IsZero() {
		out.Anybody = c.Anybody.UTC()
	}
	if !c.LocalTime.IsZero() {
		out.Local = c.LocalTime.Format(time.RFC3339)
	}
	return out
}

type callbacksOutput struct {
	Body struct {
		Callbacks []AgreedCallback `json:"callbacks"`
	}
}

// callbacks lists agreed callbacks; an agent sees only those that are theirs.
func (s *Server) callbacks(ctx context.Context, in *callbacksInput) (*callbacksOutput, error) {
	list, err := s.Agreed.List(ctx, who(ctx), campaigns.CallbackFilter{
		Campaign: in.Campaign, From: in.From, To: in.To, Open: in.Open, Limit: in.Limit,
	}, in.Mine)
	if err != nil {
		return nil, err
	}
	out := &callbacksOutput{}
	out.Body.Callbacks = each(list, agreedOf)
	return out, nil
}

type findingsOutput struct{ Body campaigns.Findings }

// verify checks the ledger against its laws, now.
func (s *Server) verify(ctx context.Context, _ *struct{}) (*findingsOutput, error) {
	f, err := s.CallLog.Verify(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	f.Broken = notNil(f.Broken)
	return &findingsOutput{f}, nil
}
