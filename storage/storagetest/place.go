package storagetest

import (
	"github.com/forecall/forecall/campaigns"
)

// keepAddress: where somebody lives is kept, and an update takes it whole or
// not at all.
func keepAddress(b *bench) {
	c := b.campaign("c")
	l := b.list(c, "l", 0)
	number := b.number()
	home := person(number)
	home.Country, home.Region, home.Postcode = "ES", "ES-CT", "08001"
	b.load(l, []campaigns.Contact{home}, campaigns.SkipDuplicates)
	b.load(l, []campaigns.Contact{person(number)}, campaigns.UpdateDuplicates) // a row without an address
	p := b.lease(c, 1)[0]
	if p.Country != "ES" || p.Region != "ES-CT" || p.Postcode != "08001" {
		b.Errorf("%+v", p.Address())
	}
	if _, zones := p.Dial(); len(zones) != 1 || zones[0] != "Europe/Madrid" {
		b.Errorf("a call to Barcelona is bound by %v", zones)
	}
	moved := person(number)
	moved.Country, moved.Postcode = "ES", "35001"
	b.load(l, []campaigns.Contact{moved}, campaigns.UpdateDuplicates)
	got, err := b.Contact(b.Context(), p.ID)
	b.must(err)
	if a := got.Address(); a.Country != "ES" || a.Region != "" || a.Postcode != "35001" {
		b.Errorf("half of the old address is left: %+v", a)
	}
}
