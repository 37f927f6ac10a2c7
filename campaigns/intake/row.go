package intake

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/encoding/charmap"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/places"
	"github.com/forecall/forecall/campaigns/report"
	"github.com/forecall/forecall/campaigns/rules"
)

// rowParser makes contacts of rows. It is used by many goroutines at once.
type rowParser struct {
	options      Options
	layout       layout
	numbers      *numbers.Parser
	phoneColumns int
	fieldColumns int
	now          func() time.Time
	utf8         bool // the file was taken for UTF-8: single rows may not be
}

func newRowParser(o Options, l layout, n *numbers.Parser, utf8 bool) *rowParser {
	p := &rowParser{options: o, layout: l, numbers: n, now: o.Now, utf8: utf8}
	if p.now == nil {
		p.now = time.Now
	}
	for _, c := range l.columns {
		switch c.Target {
		case Phone:
			p.phoneColumns++
		case Field, Postcode, Country, Region, LineType:
			p.fieldColumns++
		}
	}
	return p
}

// parse judges one row. Phones are taken from the slab, which is returned.
func (p *rowParser) parse(c *chunk, w row, slab []campaigns.Phone) (parsed, []campaigns.Phone) {
	var out parsed
	if w.bad != nil {
		out.reject("", w.bad.code, w.bad.reason)
		return out, slab
	}
	if refusal := p.tooWide(c, w); refusal != "" {
		out.reject("", RowColumns, refusal)
		return out, slab
	}
	if out.blank = blank(c, w); out.blank {
		return out, slab
	}
	out.contact = campaigns.Contact{
		Campaign: p.options.Campaign, List: p.options.List, Row: w.line, State: campaigns.ContactReady,
	}
	var address lives
	region, ok := p.describe(c, w, &out, &address)
	if !ok {
		return out, slab
	}
	slab = p.phones(c, w, region, &out, slab)
	if len(out.contact.Phones) > 0 {
		out.ok = true
		address.settle(&out, region)
		return out, slab
	}
	p.refusePhones(&out)
	return out, slab
}

func (p *parsed) reject(column, code, reason string) {
	p.rejected = append(p.rejected, Rejection{Verdict: VerdictRefused, Column: column, Code: code, Reason: reason})
}

// tooWide refuses a row with filled cells beyond the header: a delimiter
// stands unquoted in one of its cells, and every cell behind it is not what
// its column says.
func (p *rowParser) tooWide(c *chunk, w row) string {
	have := len(p.layout.columns)
	if w.n+w.more <= have {
		return ""
	}
	for i := have; i < w.n; i++ {
		if strings.TrimSpace(c.cell(w, i)) != "" {
			return fmt.Sprintf("the row has %d columns, the list has %d; a cell with the delimiter in it needs quotes", w.n+w.more, have)
		}
	}
	if w.more > 0 {
		return fmt.Sprintf("the row has %d columns, the list has %d", w.n+w.more, have)
	}
	return ""
}

func blank(c *chunk, w row) bool {
	for i := range w.n {
		if strings.TrimSpace(c.cell(w, i)) != "" {
			return false
		}
	}
	return true
}

// describe takes everything but the phones, and returns the region that
// national numbers of the row belong to.
func (p *rowParser) describe(c *chunk, w row, out *parsed, address *lives) (region string, ok bool) {
	region = p.options.DefaultRegion
	var first, last string
	var consent said
	contact := &out.contact
	for i := range p.layout.columns {
		column := &p.layout.columns[i]
		if column.Target == Phone || column.Target == Ignore {
			continue
		}
		value := p.value(c.cell(w, i), out)
		if value == "" || consent.hear(column.Target, value) {
			continue
		}
		switch column.Target {
		case External:
			contact.External = oneLine(value)
		case Name:
			contact.Name = oneLine(value)
		case FirstName:
			first = oneLine(value)
		case LastName:
			last = oneLine(value)
		case Company:
			contact.Company = oneLine(value)
		case Language:
			contact.Language = value
		case Zone:
			if _, err := rules.Location(value); err != nil {
				out.reject(column.Header, RowZone, fmt.Sprintf("%q is not a time zone as Europe/Madrid (IANA)", value))
				return "", false
			}
			contact.Zones = []string{value}
		case Country, Region, Postcode, LineType:
			address.see(column, value)
			if column.Target == Country {
				region = regionOf(value, region)
			}
			keep(contact, column.Label, value, p.fieldColumns)
		default:
			keep(contact, column.Label, value, p.fieldColumns)
		}
	}
	if contact.Name == "" {
		contact.Name = fullName(first, last, p.layout.family)
	}
	said, err := consent.consent(p.now())
	if err != nil {
		out.reject(p.layout.column(consentTargets()...), RowConsent, err.Error())
		return "", false
	}
	contact.Consent = said
	return region, true
}

// value is a cell as text: without the blanks around it and the apostrophe of
// a spreadsheet, and in UTF-8 even where a row of a UTF-8 file is not.
func (p *rowParser) value(cell string, out *parsed) string {
	cell = strings.TrimFunc(cell, unicode.IsSpace)
	if p.utf8 && !utf8.ValidString(cell) {
		out.reread = true
		if decoded, err := charmap.Windows1252.NewDecoder().String(cell); err == nil {
			cell = decoded
		}
	}
	return report.Plain(cell)
}

// regionOf is the region of national numbers in a row of a country; two letters
// of no country are taken at their word, so that its numbers are refused.
func regionOf(value, otherwise string) string {
	switch code := places.Country(value); {
	case code != "":
		return code
	case isRegion(value):
		return strings.ToUpper(value)
	}
	return otherwise
}

func isRegion(value string) bool {
	return len(value) == 2 && isLetter(value[0]) && isLetter(value[1])
}

func isLetter(b byte) bool { return b|0x20 >= 'a' && b|0x20 <= 'z' }

func keep(contact *campaigns.Contact, key, value string, size int) {
	if contact.Fields == nil {
		contact.Fields = make(map[string]string, size)
	}
	contact.Fields[key] = value
}

// oneLine turns line ends and other control characters inside a name into
// single spaces; everything else stays as it came.
func oneLine(text string) string {
	if strings.IndexFunc(text, unicode.IsControl) < 0 {
		return text
	}
	return strings.Join(strings.FieldsFunc(text, unicode.IsControl), " ")
}

// fullName joins the halves of a name as its language does: family name first
// in Hungarian, and without a space in Chinese, Japanese and Korean.
func fullName(first, last string, family bool) string {
	switch {
	case first == "" || last == "":
		return first + last
	case eastAsian(first) && eastAsian(last):
		return last + first
	case family:
		return last + " " + first
	}
	return first + " " + last
}

func eastAsian(text string) bool {
	r, _ := utf8.DecodeRuneInString(text)
	return unicode.In(r, unicode.Han, unicode.Hangul, unicode.Hiragana, unicode.Katakana)
}

// phones takes the numbers of a row. A bad one is left out with its reason.
func (p *rowParser) phones(c *chunk, w row, region string, out *parsed, slab []campaigns.Phone) []campaigns.Phone {
	start := len(slab)
	for i := range p.layout.columns {
		column := &p.layout.columns[i]
		if column.Target != Phone {
			continue
		}
		cell := strings.TrimFunc(c.cell(w, i), unicode.IsSpace)
		if cell == "" {
			continue
		}
		n, err := p.numbers.Parse(cell, region)
		switch {
		case err != nil:
			out.reject(column.Header, string(numbers.CodeOf(err)), err.Error())
		case len(n.Zones) == 0 && len(out.contact.Zones) == 0:
			out.reject(column.Header, string(numbers.ZoneUnknown), "no time zone follows from the number, so nobody could tell when it may be called; give the contact a time zone")
		case !has(slab[start:], n.E164):
			slab = append(slab, campaigns.Phone{Number: n.E164, Label: column.Label, Region: n.Region, Kind: string(n.Kind), Zones: n.Zones})
		}
	}
	out.contact.Phones = slab[start:len(slab):len(slab)]
	for i := range out.rejected {
		out.rejected[i].Verdict = VerdictPhoneOut
	}
	return slab
}

func has(phones []campaigns.Phone, number string) bool {
	for i := range phones {
		if phones[i].Number == number {
			return true
		}
	}
	return false
}

// refusePhones refuses a row none of whose phones can be dialed, for the
// reason of the first.
func (p *rowParser) refusePhones(out *parsed) {
	if len(out.rejected) == 0 {
		out.reject(p.layout.columns[p.layout.index(Phone)].Header, RowNoPhone, "there is no phone number")
	}
	out.rejected = out.rejected[:1]
	out.rejected[0].Verdict = VerdictRefused
}
