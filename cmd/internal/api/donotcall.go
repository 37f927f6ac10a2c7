package api

import (
	"context"

	"github.com/forecall/forecall/campaigns"
)

// Numbers of people travel in bodies, never in addresses, which end in logs
// and histories: what would be GET and DELETE by number are commands here.

type numberInput struct {
	Body struct {
		Number string `json:"number" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164."`
	}
}

type doNotCallInput struct {
	Body struct {
		Number    string `json:"number" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164."`
		Name      string `json:"name,omitempty" maxLength:"500"`
		Seller    string `json:"seller,omitempty" maxLength:"200" doc:"Who must not call any more, as its campaigns name it; absent = the whole house."`
		Reason    string `json:"reason,omitempty" maxLength:"1000"`
		Reference string `json:"reference,omitempty" maxLength:"100" doc:"Number that the person was given."`
	}
}

type doNotCallOutput struct{ Body campaigns.DoNotCall }

func (s *Server) addDoNotCall(ctx context.Context, in *doNotCallInput) (*struct{}, error) {
	b := in.Body
	return nil, s.DNC.Add(ctx, who(ctx), campaigns.DoNotCall{
		Number: b.Number, Name: b.Name, Seller: b.Seller, Reason: b.Reason, Reference: b.Reference, Channel: campaigns.ChannelAPI,
	})
}

func (s *Server) findDoNotCall(ctx context.Context, in *numberInput) (*doNotCallOutput, error) {
	d, err := s.DNC.Find(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	return &doNotCallOutput{d}, nil
}

type doNotCallHistoryOutput struct {
	Body struct {
		Entries []campaigns.DoNotCall       `json:"entries" doc:"Lists that the number stands on now."`
		History []campaigns.DoNotCallChange `json:"history" doc:"How it came there and left, oldest first."`
	}
}

func (s *Server) doNotCallHistory(ctx context.Context, in *numberInput) (*doNotCallHistoryOutput, error) {
	entries, history, err := s.DNC.Entries(ctx, who(ctx), in.Body.Number)
	if err != nil {
		return nil, err
	}
	out := &doNotCallHistoryOutput{}
	out.Body.Entries, out.Body.History = notNil(entries), notNil(history)
	return out, nil
}

type doNotCallRemoval struct {
	Body struct {
		Number string `json:"number" pattern:"^\\+[1-9][0-9]{6,14}$" doc:"E.164."`
		Seller string `json:"seller,omitempty" maxLength:"200" doc:"Off whose list; absent = the house's."`
		Reason string `json:"reason" minLength:"1" maxLength:"1000" doc:"Stays in the record."`
	}
}

func (s *Server) removeDoNotCall(ctx context.Context, in *doNotCallRemoval) (*struct{}, error) {
	return nil, s.DNC.Remove(ctx, who(ctx), in.Body.Number, in.Body.Seller, in.Body.Reason)
}

type doNotCallPage struct {
	Body *struct {
		After string `json:"after,omitempty" maxLength:"16" doc:"The next of the page before."`
		Limit int    `json:"limit,omitempty" minimum:"1" maximum:"1000"`
	}
}

type doNotCallPageOutput struct {
	Body struct {
		Entries []campaigns.DoNotCall `json:"entries"`
		Next    string                `json:"next,omitempty" doc:"For the page after; absent on the last."`
	}
}

func (s *Server) pageDoNotCall(ctx context.Context, in *doNotCallPage) (*doNotCallPageOutput, error) {
	after, limit := "", 100
	if in.Body != nil {
		after = in.Body.After
		if in.Body.Limit > 0 {
			limit = in.Body.Limit
		}
	}
	entries, err := s.DNC.Page(ctx, who(ctx), after, limit)
	if err != nil {
		return nil, err
	}
	out := &doNotCallPageOutput{}
	out.Body.Entries = notNil(entries)
	if n := len(entries); n >= limit { // a number may have several entries, and has all of them on its page
		out.Body.Next = entries[n-1].Number
	}
	return out, nil
}
