package campaigns

import (
	"slices"

	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
)

// Place is where a call to a phone of the contact is answered, as far as the
// number and the contact tell: every jurisdiction of the number binds, and its
// zones unless the contact has its own.
func (c Contact) Place(p Phone) rules.Place {
	at := numbers.Locate(p.Number)
	place := rules.Place{
		Country: at.Country, Regions: at.Regions, Zones: at.Zones, ZoneSource: "number", LineType: string(at.Kind),
	}
	if place.Country == "" {
		place.Country = p.Region
	}
	if place.Country != "" {
		place.Jurisdictions = append(append(make([]string, 0, 1+len(at.Regions)), place.Country), at.Regions...)
	}
	if place.LineType == "" {
		place.LineType = p.Kind
	}
	if len(p.Zones) > 0 && !slices.Equal(p.Zones, at.Zones) {
		place.Zones = p.Zones
	}
	if len(c.Zones) > 0 {
		place.Zones, place.ZoneSource = c.Zones, "contact"
	}
	return place
}
