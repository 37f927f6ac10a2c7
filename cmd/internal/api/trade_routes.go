package api

// tradeRoutes is what is sold, agreed, answered and complained of.
func (s *Server) tradeRoutes() []route {
	return nil
}
