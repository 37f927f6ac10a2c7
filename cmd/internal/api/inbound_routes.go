package api

// inboundRoutes is calls back and numbers typed by hand.
func (s *Server) inboundRoutes() []route {
	return nil
}
