package campaigns

import "github.com/forecall/forecall/campaigns/filter"

// Filtered is the contact as filters see it, on the list of a name.
func (c Contact) Filtered(list string) filter.Contact {
	phone, zones := c.Dial()
	zone := ""
	if len(zones) > 0 {
		zone = zones[0]
	}
	return filter.Contact{
		Name: c.Name, Company: c.Company, External: c.External, Language: c.Language, List: list,
		Region: phone.Region, Kind: phone.Kind, Zone: zone, Last: string(c.Last), Tries: c.Tries, TriedAt: c.TriedAt,
		Import: c.Load, Fields: c.Fields,
	}
}
