package api

// talkRoutes is what agents and supervisors do during a call.
func (s *Server) talkRoutes() []route {
	return nil
}
