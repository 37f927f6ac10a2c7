package web

// officePeoplePages are those about people: whom to meet, who complained, who
// works when, and what is asked of calls.
func (p *Pages) officePeoplePages() []page { return nil }
