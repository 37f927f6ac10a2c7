package campaigns

import (
	"slices"
	"strings"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/places"
	"github.com/forecall/forecall/campaigns/rules"
)

// The sources of the zones of a place, as decisions tell them.
const (
	ZoneOfContact  = "contact"   // the list gave it for the person
	ZoneOfAddress  = "address"   // it follows from the postcode or the region
	ZoneOfAreaCode = "area_code" // the union over an area code of North America
	ZoneOfNumber   = "number"    // whatever the numbering plan tells
)

// Address is where the contact lives, as far as the list says.
func (c Contact) Address() places.Address {
	return places.Address{Country: c.Country, Region: c.Region, Postcode: c.Postcode}
}

// Place is where a call to a phone of the contact is answered, as far as the
// number and the address tell. The jurisdictions of both bind: an area code of
// Florida presumes Florida whatever the address (Fla. Stat. 501.059(8)(d)), and
// an address in Catalonia keeps Catalan holidays whatever the number. Zones are
// the contact's own, else those that the address tells for certain, else every
// zone that the number may be in.
func (c Contact) Place(p Phone) rules.Place {
	at := numbers.Locate(p.Number)
	live := c.Address().Place()
	out := rules.Place{Country: p.Region, LineType: p.Kind}
	if !isCountry(out.Country) {
		out.Country = at.Country
	}
	if out.LineType == "" {
		out.LineType = string(at.Kind)
	}
	out.Regions = both(at.Regions, live.Regions)
	out.Jurisdictions = make([]string, 0, 4+len(out.Regions))
	for _, country := range [...]string{out.Country, live.Country, c.Country} {
		if country != "" && !slices.Contains(out.Jurisdictions, country) {
			out.Jurisdictions = append(out.Jurisdictions, country)
		}
	}
	out.Jurisdictions = append(out.Jurisdictions, out.Regions...)
	out.Zones, out.ZoneSource = c.zones(p, live)
	return out
}

// ZonesFor are the zones that bind a call to a phone of the contact.
func (c Contact) ZonesFor(p Phone) []string {
	var live places.Place
	if len(c.Zones) == 0 && c.Country != "" {
		live = c.Address().Place()
	}
	zones, _ := c.zones(p, live)
	return zones
}

// zones are those that bind a call to the phone, and where they come from.
func (c Contact) zones(p Phone, live places.Place) (zones []string, source string) {
	switch {
	case len(c.Zones) > 0:
		return c.Zones, ZoneOfContact
	case len(live.Zones) > 0:
		return live.Zones, ZoneOfAddress
	}
	if zones = p.Zones; len(zones) == 0 && p.Region == "" { // import has not seen it
		zones = numbers.Locate(p.Number).Zones
	}
	if strings.HasPrefix(p.Number, "+1") {
		return zones, ZoneOfAreaCode
	}
	return zones, ZoneOfNumber
}

// both is the first list with what the second adds; the first is not changed.
func both(a, b []string) []string {
	for _, one := range b {
		if !slices.Contains(a, one) {
			a = append(slices.Clip(a), one)
		}
	}
	return a
}

// isCountry tells a country from the "001" of numbers of none.
func isCountry(region string) bool { return len(region) == 2 }
