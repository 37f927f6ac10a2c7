package web

// deskPages are the agent's desk.
func (p *Pages) deskPages() []page {
	return nil
}
