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
	Limit    int       `query:"limit" minimum:"1" maximum:"1000" default:"100"`
}

// AgreedCallback is a callback as it stands in the book.
type AgreedCallback struct {
	ID       int64     `json:"id"`
	Campaign int64     `json:"campaign_id"`
	Contact  int64     `json:"contact_id"`
	At       time.Time `json:"at"`
	Agent    int64     `json:"agent_id,omitempty" doc:"The only agent who takes it; absent = anybody."`
	Note     string    `json:"note,omitempty"`
	Done     bool      `json:"done"`
}

func agreedOf(c campaigns.Callback) AgreedCallback {
	return AgreedCallback{ID: c.ID, Campaign: c.Campaign, Contact: c.Contact, At: c.At.UTC(), Agent: c.Agent, Note: c.Note, Done: c.Done}
}

type callbacksOutput struct {
	Body struct {
		Callbacks []AgreedCallback `json:"callbacks"`
	}
}

// callbacks lists agreed callbacks; an agent sees only those that are theirs.
func (s *Server) callbacks(ctx context.Context, in *callbacksInput) (*callbacksOutput, error) {
	list, err := s.CallLog.Callbacks(ctx, who(ctx), campaigns.CallbackFilter{
		Campaign: in.Campaign, From: in.From, To: in.To, Open: in.Open, Limit: in.Limit,
	})
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
