package web

import "github.com/forecall/forecall/campaigns"

// floorPages are the supervisor's.
func (p *Pages) floorPages() []page {
	return []page{
		{"GET", "/live", need(campaigns.SeeFloor), p.live},
		{"POST", "/campaigns/{id}/{action}", need(campaigns.StartCampaigns), p.moveCampaign},
	}
}
