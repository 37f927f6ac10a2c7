package web

import "github.com/forecall/forecall/campaigns"

// figurePages are performance.
func (p *Pages) figurePages() []page {
	return []page{{"GET", "/performance", need(campaigns.SeePerformance), p.performance}}
}
