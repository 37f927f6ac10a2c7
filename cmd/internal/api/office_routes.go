package api

// officeRoutes is figures, recordings, webhooks and what else an office keeps.
func (s *Server) officeRoutes() []route {
	return nil
}
