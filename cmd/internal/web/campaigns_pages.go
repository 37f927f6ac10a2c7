package web

// campaignPages are campaigns and their lists.
func (p *Pages) campaignPages() []page {
	return nil
}
