package api

// scriptRoutes is what an agent reads.
func (s *Server) scriptRoutes() []route {
	return nil
}
