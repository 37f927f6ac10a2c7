package web

// figurePages are performance.
func (p *Pages) figurePages() []page {
	return nil
}
