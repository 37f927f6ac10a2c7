package api

import "github.com/forecall/forecall/campaigns"

// inboundRoutes is calls back and numbers typed by hand.
func (s *Server) inboundRoutes() []route {
	return []route{
		do(post, "/v1/agent/dial-number", need(campaigns.DialManually), "agent", "Call a number that you type", s.dialNumber),
	}
}
