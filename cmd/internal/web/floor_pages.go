package web

import "github.com/forecall/forecall/campaigns"

// floorPages are the supervisor's.
func (p *Pages) floorPages() []page {
	return []page{
		{"GET", "/live", need(campaigns.SeeFloor), p.live},
		{"GET", "/live/charts", need(campaigns.SeeFloor), p.liveCharts},
		{"POST", "/campaigns/{id}/{action}", need(campaigns.StartCampaigns), p.moveCampaign},
	}
}
