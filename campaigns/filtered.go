package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/filter"
)

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

// leavesOut is the part of the campaign's filter that leaves a contact out at a
// time; empty when it passes, as it does whatever the filter says when a
// callback was agreed.
func (c Campaign) leavesOut(p Contact, list string, at time.Time) string {
	if c.Filter == "" || p.Callback != 0 {
		return ""
	}
	e, err := filter.Parse(c.Filter, filter.Names{})
	if err != nil {
		return err.Error()
	}
	return e.Why(p.Filtered(list), at)
}
