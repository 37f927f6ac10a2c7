package api

import (
	"context"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// ByID is the path of one thing. Exported, because huma reads no embedded
// struct that is not.
type ByID struct {
	ID int64 `path:"id" minimum:"1"`
}

type campaignOutput struct{ Body Campaign }

type campaignsOutput struct {
	Body struct {
		Campaigns []Campaign `json:"campaigns"`
	}
}

func (s *Server) campaigns(ctx context.Context, _ *struct{}) (*campaignsOutput, error) {
	list, err := s.Book.Campaigns(ctx, who(ctx))
	if err != nil {
		return nil, err
	}
	out := &campaignsOutput{}
	out.Body.Campaigns = make([]Campaign, len(list))
	for i, c := range list {
		out.Body.Campaigns[i] = campaignOf(c)
	}
	return out, nil
}

func (s *Server) campaign(ctx context.Context, in *ByID) (*campaignOutput, error) {
	return campaignAnswer(s.Book.Campaign(ctx, who(ctx), in.ID))
}

type campaignInput struct{ Body CampaignChange }

func (s *Server) createCampaign(ctx context.Context, in *campaignInput) (*campaignOutput, error) {
	c := campaigns.NewCampaign("")
	if err := in.Body.apply(&c); err != nil {
		return nil, err
	}
	return campaignAnswer(s.Book.Create(ctx, who(ctx), c))
}

type campaignChangeInput struct {
	ByID
	Body CampaignChange
}

func (s *Server) changeCampaign(ctx context.Context, in *campaignChangeInput) (*campaignOutput, error) {
	c, err := s.Book.Campaign(ctx, who(ctx), in.ID)
	if err != nil {
		return nil, err
	}
	if err := in.Body.apply(&c); err != nil {
		return nil, err
	}
	return campaignAnswer(s.Book.Update(ctx, who(ctx), c))
}

func (s *Server) startCampaign(ctx context.Context, in *ByID) (*campaignOutput, error) {
	return campaignAnswer(s.Book.Start(ctx, who(ctx), in.ID))
}

func (s *Server) pauseCampaign(ctx context.Context, in *ByID) (*campaignOutput, error) {
	return campaignAnswer(s.Book.Pause(ctx, who(ctx), in.ID))
}

func (s *Server) drainCampaign(ctx context.Context, in *ByID) (*campaignOutput, error) {
	return campaignAnswer(s.Book.Drain(ctx, who(ctx), in.ID))
}

func (s *Server) stopCampaign(ctx context.Context, in *ByID) (*campaignOutput, error) {
	return campaignAnswer(s.Book.Stop(ctx, who(ctx), in.ID))
}

func campaignAnswer(c campaigns.Campaign, err error) (*campaignOutput, error) {
	if err != nil {
		return nil, err
	}
	return &campaignOutput{campaignOf(c)}, nil
}

// Why says why a campaign is not dialing, or not faster, and where its
// contacts stand.
type Why struct {
	Status   campaigns.Status `json:"status"`
	Code     string           `json:"code" doc:"What holds dialing back, for programs; empty when nothing does."`
	Why      string           `json:"why" doc:"The same in a sentence."`
	Contacts campaigns.Depth  `json:"contacts"`
	Floor    *FloorCampaign   `json:"floor,omitempty" doc:"As on the floor; absent when the engine does not run the campaign."`
}

type whyOutput struct{ Body Why }

func (s *Server) whyCampaign(ctx context.Context, in *ByID) (*whyOutput, error) {
	u := who(ctx)
	c, err := s.Book.Campaign(ctx, u, in.ID)
	if err != nil {
		return nil, err
	}
	depth, err := s.Book.Depth(ctx, u, in.ID)
	if err != nil {
		return nil, err
	}
	depth.NextDue = depth.NextDue.UTC().Truncate(time.Second)
	status, ok, err := s.Board.Campaign(u, in.ID)
	if err != nil {
		return nil, err
	}
	out := Why{Status: c.Status, Contacts: depth, Code: status.WhyCode, Why: status.Why}
	if ok {
		onFloor := floorCampaignOf(status)
		out.Floor = &onFloor
	} else {
		out.Code, out.Why = string(c.Status), "The campaign is "+string(c.Status)+"."
	}
	return &whyOutput{out}, nil
}
