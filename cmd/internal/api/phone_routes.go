package api

// phoneRoutes is a headset in the browser.
func (s *Server) phoneRoutes() []route {
	return nil
}
