package api

import (
	"context"

	"github.com/forecall/forecall/campaigns"
)

type listOutput struct{ Body campaigns.List }

type listsOutput struct {
	Body struct {
		Lists []campaigns.List `json:"lists"`
	}
}

func (s *Server) lists(ctx context.Context, in *ByID) (*listsOutput, error) {
	lists, err := s.Lists.Lists(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	out := &listsOutput{}
	out.Body.Lists = notNil(lists)
	return out, nil
}

type listInput struct {
	ByID
	Body struct {
		Name     string `json:"name" minLength:"1" maxLength:"64" doc:"Unique within the campaign."`
		Priority int    `json:"priority,omitempty" doc:"Higher is dialed first."`
	}
}

func (s *Server) createList(ctx context.Context, in *listInput) (*listOutput, error) {
	list := campaigns.List{Campaign: in.ID, Name: in.Body.Name, Priority: in.Body.Priority, Active: true}
	return listAnswer(s.Lists.Create(ctx, who(ctx), list))
}

type listChangeInput struct {
	ByID
	Body struct {
		Active   *bool `json:"active,omitempty"`
		Priority *int  `json:"priority,omitempty"`
	}
}

func (s *Server) changeList(ctx context.Context, in *listChangeInput) (*listOutput, error) {
	return listAnswer(s.Lists.Change(ctx, who(ctx), in.ID, campaigns.Change{Active: in.Body.Active, Priority: in.Body.Priority}))
}

func listAnswer(l campaigns.List, err error) (*listOutput, error) {
	if err != nil {
		return nil, err
	}
	return &listOutput{l}, nil
}
