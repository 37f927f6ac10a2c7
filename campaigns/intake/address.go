package intake

import (
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/places"
)

// lives are the cells of a row that say where the person lives and what kind
// of line the numbers are. They are kept as fields as well, as they came.
type lives struct {
	country, region, postcode, line             string
	countryColumn, regionColumn, postcodeColumn string // headers, for what is wrong with them
	lineColumn                                  string
}

// see keeps a cell when its column speaks of that.
func (l *lives) see(c *Column, value string) {
	switch c.Target {
	case Country:
		l.country, l.countryColumn = value, c.Header
	case Region:
		l.region, l.regionColumn = value, c.Header
	case Postcode:
		l.postcode, l.postcodeColumn = value, c.Header
	case LineType:
		l.line, l.lineColumn = value, c.Header
	}
}

// settle writes the address into the contact, once its phones are known: an
// address without a country is one of the country of the first phone. What
// cannot be is noted: the row is taken, and the law of the number still binds.
func (l *lives) settle(out *parsed, defaultRegion string) {
	if *l == (lives{}) {
		return
	}
	country := l.country
	if country == "" {
		country = firstCountry(out.contact.Phones, defaultRegion)
	}
	if l.country != "" || l.region != "" || l.postcode != "" {
		a, wrong := places.Read(country, l.region, l.postcode)
		out.contact.Country, out.contact.Region, out.contact.Postcode = a.Country, a.Region, a.Postcode
		for _, w := range wrong {
			out.note(l.column(w.Part), addressCodes[w.Part], w.Reason)
		}
	}
	l.lines(out)
}

var addressCodes = map[string]string{"country": RowCountry, "region": RowRegion, "postcode": RowPostcode}

func (l *lives) column(part string) string {
	switch part {
	case "country":
		return l.countryColumn
	case "region":
		return l.regionColumn
	}
	return l.postcodeColumn
}

// firstCountry is that of the first phone that has one.
func firstCountry(phones []campaigns.Phone, otherwise string) string {
	for _, p := range phones {
		if len(p.Region) == 2 {
			return p.Region
		}
	}
	return otherwise
}

// note says what is wrong with a part of a row that is taken all the same.
func (p *parsed) note(column, code, reason string) {
	p.rejected = append(p.rejected, Rejection{Verdict: VerdictNoted, Column: column, Code: code, Reason: reason})
}

// lines gives the phones the kind that the list tells: the digits do not say
// that a number was ported, or in North America that it is mobile.
func (l *lives) lines(out *parsed) {
	if l.line == "" {
		return
	}
	kind, ok := lineKind(l.line)
	if !ok {
		out.note(l.lineColumn, RowLineType, "\""+shorten(l.line, 40)+"\" is no kind of line; write mobile, fixed or voip, or yes for a number that was ported to a mobile")
		return
	}
	for i := range out.contact.Phones {
		if p := &out.contact.Phones[i]; kind != "" && p.Kind != string(numbers.TollFree) {
			p.Kind = string(kind)
		}
	}
}

// lineWords are the kinds of lines as lists have them; those of "" say nothing:
// the answer no below a header "ported".
var lineWords = map[numbers.Kind]string{
	numbers.Mobile: "mobile, mobil, cell, cell phone, cellular, wireless, w, m, c, ported, portado, porte, portiert, movil, celular, portable, handy, cellulare, mobiil, " +
		"yes, y, true, 1, si, oui, ja, igen, jah",
	numbers.Fixed: "fixed, fixed line, landline, land line, wireline, l, f, fijo, fixe, festnetz, fisso, vezetekes, lauatelefon",
	numbers.VoIP:  "voip, v, internet",
	"":            "no, n, false, 0, non, nein, nem, ei, unknown, u, fixed or mobile",
}

// lineKind finds the kind that a word means.
func lineKind(word string) (numbers.Kind, bool) {
	folded := fold(word)
	for kind, list := range lineWords {
		if slices.Contains(strings.Split(list, ", "), folded) {
			return kind, true
		}
	}
	return "", false
}
