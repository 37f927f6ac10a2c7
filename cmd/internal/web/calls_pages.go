package web

// callPages are calls, one by one.
func (p *Pages) callPages() []page {
	return nil
}
