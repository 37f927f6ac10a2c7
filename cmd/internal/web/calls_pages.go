package web

import "github.com/forecall/forecall/campaigns"

// callPages are calls, one by one.
func (p *Pages) callPages() []page {
	return []page{
		{"GET", "/calls", need(campaigns.SeeCalls), p.calls},
		{"POST", "/calls", need(campaigns.SeeCalls), p.callsOfNumber},
		{"GET", "/calls/{attempt}", need(campaigns.SeeCalls), p.call},
		{"POST", "/calls/{attempt}/score", need(campaigns.ScoreCalls), p.scoreCall},
	}
}
