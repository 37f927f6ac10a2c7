package places

import (
	"fmt"
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns/numbers"
)

// Address is what is known of where somebody lives, each part as the standards
// write it; empty parts are unknown.
type Address struct {
	Country  string // ISO 3166-1 alpha-2: ES
	Region   string // ISO 3166-2: ES-CT, US-FL
	Postcode string // as the country's post writes it: 28013, SW1A 1AA, K1A 0B1
}

// Place is where an address is.
type Place struct {
	Country string
	Regions []string // ISO 3166-2, all that it may lie in; nil = not told
	Zones   []string // all IANA zones that it may lie in, in order; nil = not told for certain
}

// Mistake is a part of an address that cannot be.
type Mistake struct {
	Part   string // country, region or postcode
	Reason string // a sentence: what was found and what is wanted
}

// Error is the reason.
func (m *Mistake) Error() string { return m.Part + ": " + m.Reason }

// Read makes an Address of the parts of one as people write them: Spain,
// España, ESP or es; Florida or FL; a postcode with or without its blank.
// Parts that cannot be are left out of the address and returned as mistakes; a
// region that its postcode contradicts stays, and so does the postcode, so
// that the rules of both places apply.
func Read(country, region, postcode string) (Address, []Mistake) {
	var a Address
	var wrong []Mistake
	if country = strings.TrimSpace(country); country != "" {
		if a.Country = countryCode(country); a.Country == "" {
			wrong = append(wrong, Mistake{"country", fmt.Sprintf("%q is no country; write its two letters (ISO 3166-1), as ES or US", clip(country))})
		}
	}
	if region = strings.TrimSpace(region); region != "" {
		if a.Region = regionCode(a.Country, region); a.Region == "" && regional(a.Country) {
			wrong = append(wrong, Mistake{"region", fmt.Sprintf("%q is no state or province of %s; write it as in ISO 3166-2, as US-FL or ES-CT", clip(region), name(a.Country))})
		}
		if a.Country == "" && a.Region != "" {
			a.Country = a.Region[:2]
		}
	}
	if postcode = strings.TrimSpace(postcode); postcode != "" {
		code, ok := tidy(a.Country, postcode)
		if !ok {
			wrong = append(wrong, Mistake{"postcode", fmt.Sprintf("%q is no postcode of %s; %s", clip(postcode), name(a.Country), wanted(a.Country))})
		} else if a.Postcode = code; a.contradicts() {
			wrong = append(wrong, Mistake{"postcode", fmt.Sprintf("%s lies in %s, not in %s; the rules of both apply", code,
				strings.Join(Address{Country: a.Country, Postcode: code}.Place().Regions, ", "), a.Region)})
		}
	}
	return a, wrong
}

// contradicts tells whether the postcode lies in another region than the one
// that is written beside it.
func (a Address) contradicts() bool {
	told := Address{Country: a.Country, Postcode: a.Postcode}.Place().Regions
	return a.Region != "" && len(told) > 0 && !slices.Contains(told, a.Region)
}

// IsZero tells that nothing is known.
func (a Address) IsZero() bool { return a == Address{} }

// Place says where the address is. Without a country nothing is told.
func (a Address) Place() Place {
	if a.Country == "" {
		return Place{}
	}
	p := Place{Country: a.Country}
	if a.Postcode != "" {
		p = byPostcode(a.Country, strings.ReplaceAll(a.Postcode, " ", ""))
	}
	if a.Region != "" && !slices.Contains(p.Regions, a.Region) {
		if len(p.Regions) > 0 { // a contradiction: both bind
			p.Regions = append(slices.Clone(p.Regions), a.Region)
			p.Zones = union(p.Zones, regionZones(a.Region))
		} else {
			p.Regions = []string{a.Region}
			if p.Zones == nil {
				p.Zones = regionZones(a.Region)
			}
		}
	}
	if p.Zones == nil {
		p.Zones = numbers.CountryZones(p.Country)
	}
	return p
}

// union is every zone of both, in order; nil when one of them is not known.
func union(a, b []string) []string {
	if a == nil || b == nil {
		return nil
	}
	out := slices.Concat(a, b)
	slices.Sort(out)
	return slices.Compact(out)
}

func clip(text string) string {
	if runes := []rune(text); len(runes) > 40 {
		return string(runes[:40]) + "..."
	}
	return text
}

func name(country string) string {
	if country == "" {
		return "an unknown country"
	}
	return country
}
