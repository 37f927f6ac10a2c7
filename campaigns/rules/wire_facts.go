package rules

import "time"

// EncodeFacts appends facts as records hold them: all that Decide looks at, but
// for the number, of which only stands whether it is dialable. The same facts
// give the same bytes.
func EncodeFacts(b []byte, f *Facts) []byte {
	w := &writer{b}
	w.facts(f, &f.Place)
	return w.b
}

// DecodeFacts reads what EncodeFacts wrote. The error is ErrGarbled.
func DecodeFacts(b []byte) (*Facts, error) {
	r, f := &reader{b: b}, &Facts{}
	r.facts(f)
	if err := r.err(); err != nil {
		return nil, err
	}
	return f, nil
}

func (w *writer) facts(f *Facts, at *Place) {
	w.bools(f.Live, f.DNC, f.Agreed, f.Manual, f.Reserved, f.dialable(), f.Clock.Jumped)
	w.int(int64(f.Clock.Offset))
	w.int(int64(f.Tries))
	w.time(f.LastTry)
	w.place(at)
	w.count(len(f.History))
	for i := range f.History {
		w.past(&f.History[i])
	}
	w.count(len(f.Lists))
	for i := range f.Lists {
		w.listed(&f.Lists[i])
	}
	w.count(len(f.Consents))
	for i := range f.Consents {
		w.grant(&f.Consents[i])
	}
	w.cli(&f.CLI)
	w.texts(f.Stops)
	w.count(len(f.Rates))
	for i := range f.Rates {
		w.rate(&f.Rates[i])
	}
	w.count(len(f.External))
	for i := range f.External {
		c := &f.External[i]
		w.text(c.Check)
		w.time(c.At)
		w.bools(c.OK)
		w.text(c.Answer)
	}
}

func (r *reader) facts(f *Facts) {
	var dialable bool
	r.bools(&f.Live, &f.DNC, &f.Agreed, &f.Manual, &f.Reserved, &dialable, &f.Clock.Jumped)
	f.masked = maskNotDialable
	if dialable {
		f.masked = maskDialable
	}
	f.Clock.Offset = time.Duration(r.int())
	f.Tries = int(r.int())
	f.LastTry = r.time()
	r.place(&f.Place)
	f.History = many(r, r.past)
	f.Lists = many(r, r.listed)
	f.Consents = many(r, r.grant)
	r.cli(&f.CLI)
	f.Stops = r.texts()
	f.Rates = many(r, r.rate)
	f.External = many(r, func(c *Checked) {
		c.Check, c.At = r.text(), r.time()
		r.bools(&c.OK)
		c.Answer = r.text()
	})
}

func (w *writer) place(p *Place) {
	w.text(p.Country)
	w.texts(p.Jurisdictions)
	w.texts(p.Regions)
	w.texts(p.Zones)
	w.text(p.ZoneSource)
	w.text(p.LineType)
}

func (r *reader) place(p *Place) {
	p.Country = r.text()
	p.Jurisdictions, p.Regions, p.Zones = r.texts(), r.texts(), r.texts()
	p.ZoneSource, p.LineType = r.text(), r.text()
}

func (w *writer) past(h *Past) {
	w.time(h.At)
	w.int(h.Campaign)
	w.text(h.Seller)
	w.text(h.Subject)
	w.text(h.Outcome)
	w.text(h.Effect)
	w.bools(h.Answered, h.Refused, h.Other)
}

func (r *reader) past(h *Past) {
	h.At, h.Campaign = r.time(), r.int()
	h.Seller, h.Subject, h.Outcome, h.Effect = r.text(), r.text(), r.text(), r.text()
	r.bools(&h.Answered, &h.Refused, &h.Other)
}

func (w *writer) listed(l *Listed) {
	w.bools(l.Listed, l.Loaded)
	w.text(l.Version)
	w.hash(&l.SHA256)
	w.time(l.AccessedAt)
	w.time(l.RegisteredAt)
}

func (r *reader) listed(l *Listed) {
	r.bools(&l.Listed, &l.Loaded)
	l.Version, l.SHA256 = r.text(), r.hash()
	l.AccessedAt, l.RegisteredAt = r.time(), r.time()
}

func (w *writer) grant(g *Grant) {
	w.text(g.ID)
	w.text(g.Kind)
	w.text(g.Level)
	w.text(g.Seller)
	w.text(g.Purpose)
	w.byte(g.Channels)
	w.time(g.At)
	w.time(g.RenewedAt)
	w.time(g.Until)
	w.time(g.Revoked)
}

func (r *reader) grant(g *Grant) {
	g.ID, g.Kind, g.Level, g.Seller, g.Purpose = r.text(), r.text(), r.text(), r.text(), r.text()
	g.Channels = r.byte()
	g.At, g.RenewedAt, g.Until, g.Revoked = r.time(), r.time(), r.time(), r.time()
}

func (w *writer) cli(c *CLI) {
	w.text(c.Number)
	w.text(c.Seller)
	w.bools(c.Authorized, c.Callable, c.Blocked)
	w.time(c.From)
	w.time(c.Until)
	w.time(c.TestedAt)
	w.text(c.LineType)
	w.text(c.Country)
	w.text(c.ID)
}

func (r *reader) cli(c *CLI) {
	c.Number, c.Seller = r.text(), r.text()
	r.bools(&c.Authorized, &c.Callable, &c.Blocked)
	c.From, c.Until, c.TestedAt = r.time(), r.time(), r.time()
	c.LineType, c.Country, c.ID = r.text(), r.text(), r.text()
}

func (w *writer) rate(c *RateCount) {
	w.bools(c.Known, c.Spent)
	w.int(c.Answered)
	w.int(c.Abandoned)
	w.int(c.Budget)
	w.time(c.From)
	w.time(c.To)
}

func (r *reader) rate(c *RateCount) {
	r.bools(&c.Known, &c.Spent)
	c.Answered, c.Abandoned, c.Budget = r.int(), r.int(), r.int()
	c.From, c.To = r.time(), r.time()
}
