package places

import "strings"

// forms are how the postcodes of a country are written: 9 stands for a digit,
// A for a letter, other signs for themselves; several forms are apart by blanks.
// Blanks and dashes of what is read do not matter. Countries that are not here
// take any text.
var forms = map[string]struct{ shapes, sample string }{
	"US": {"99999 999999999", "five digits, as 33101, or nine"}, "PR": {"99999 999999999", "five digits"},
	"ES": {"99999", "five digits, as 28013"}, "FR": {"99999", "five digits, as 75001"}, "DE": {"99999", "five digits, as 10115"},
	"IT": {"99999", "five digits, as 00184"}, "EE": {"99999", "five digits, as 10111"}, "FI": {"99999", "five digits"},
	"HU": {"9999", "four digits, as 1051"}, "AT": {"9999", "four digits"}, "CH": {"9999", "four digits"}, "BE": {"9999", "four digits"},
	"AU": {"9999", "four digits, as 3000"}, "IN": {"999999", "six digits, as 110001"},
	"CA": {"A9A9A9 A9A", "letter digit letter, digit letter digit, as K1A 0B1"},
	"GB": {"A99AA A999AA AA99AA AA999AA A9A9AA AA9A9AA A9 A99 AA9 AA99 A9A AA9A", "as SW1A 1AA"},
	"PT": {"9999999 9999", "four digits and three, as 1000-205"}, "NL": {"9999AA 9999", "four digits and two letters, as 1012 AB"},
	"GP": {"99999", "five digits"}, "MQ": {"99999", "five digits"}, "GF": {"99999", "five digits"}, "RE": {"99999", "five digits"}, "YT": {"99999", "five digits"},
}

// leading are how many digits a postcode has in countries where spreadsheets
// take the zero off its front: 8001 is 08001 in Spain.
var leading = map[string]int{"US": 5, "ES": 5, "FR": 5, "DE": 5, "IT": 5, "AU": 4, "PR": 5}

// tidy writes a postcode as the country does; ok is false when it cannot be one.
func tidy(country, text string) (code string, ok bool) {
	code = strings.Map(func(r rune) rune {
		switch {
		case r == ' ' || r == '-' || r == '.' || r == '\u00a0':
			return -1
		case r >= 'a' && r <= 'z':
			return r - 'a' + 'A'
		}
		return r
	}, text)
	if rest := strings.TrimLeft(code, "ABCDEFGHIJKLMNOPQRSTUVWXYZ"); len(code)-len(rest) <= 2 && fits(rest, forms[country].shapes) {
		code = rest // D-10115, ES-28013: with the country before it
	}
	if n := leading[country]; n > len(code) && len(code) >= n-2 && code != "" && strings.Trim(code, "0123456789") == "" {
		code = strings.Repeat("0", n-len(code)) + code
	}
	form, known := forms[country]
	if !known {
		return code, code != "" && len(code) <= 12 && plain(code)
	}
	if !fits(code, form.shapes) {
		return "", false
	}
	return spaced(country, code), true
}

func plain(code string) bool {
	return strings.Trim(code, "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ/") == ""
}

func fits(code, shapes string) bool {
	for shape := range strings.FieldsSeq(shapes) {
		if fitsOne(code, shape) {
			return true
		}
	}
	return false
}

func fitsOne(code, shape string) bool {
	if len(code) != len(shape) {
		return false
	}
	for i := range len(code) {
		digit, letter := code[i] >= '0' && code[i] <= '9', code[i] >= 'A' && code[i] <= 'Z'
		if shape[i] == '9' && !digit || shape[i] == 'A' && !letter {
			return false
		}
	}
	return true
}

// spaced puts the blank back where the country's post writes one.
func spaced(country, code string) string {
	switch {
	case (country == "GB" || country == "CA") && len(code) >= 5:
		return code[:len(code)-3] + " " + code[len(code)-3:]
	case country == "US" && len(code) == 9:
		return code[:5]
	}
	return code
}

// wanted says how a postcode of the country is written.
func wanted(country string) string {
	if f, ok := forms[country]; ok {
		return "write " + f.sample
	}
	return "write letters and digits"
}

// byPostcode finds the place of a postcode without blanks. What is in no table
// is the country with nothing told.
func byPostcode(country, code string) Place {
	p := Place{Country: country}
	read, ok := readers[country]
	if !ok {
		return p
	}
	regions, zones := read(code)
	p.Regions, p.Zones = strings.Fields(regions), strings.Fields(zones)
	if len(p.Regions) == 0 {
		p.Regions = nil
	}
	if len(p.Zones) == 0 {
		p.Zones = nil
	}
	if country == "US" && len(p.Regions) == 1 && strings.HasPrefix(p.Regions[0], "=") {
		p.Country, p.Regions = p.Regions[0][1:], nil // the islands are countries of their own in ISO 3166-1
	}
	return p
}

// readers know the postcodes of a country: the regions and zones of one, names
// apart by blanks.
var readers = map[string]func(code string) (regions, zones string){
	"US": american, "CA": canadian, "ES": spanish, "FR": french, "GB": british, "AU": australian, "DE": german, "IT": italian, "PT": portuguese,
}
