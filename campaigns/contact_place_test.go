package campaigns

import (
	"slices"
	"strings"
	"testing"
)

func TestANumberAndAnAddressBindTogether(t *testing.T) {
	mobile := Phone{Number: "+34600111222", Region: "ES", Kind: "mobile", Zones: []string{"Atlantic/Canary", "Europe/Madrid"}}
	pensacola := Phone{Number: "+18505550123", Region: "US", Kind: "fixed_or_mobile", Zones: []string{"America/Chicago", "America/New_York"}}
	for _, c := range []struct {
		name          string
		contact       Contact
		phone         Phone
		country       string
		jurisdictions string
		regions       string
		zones, source string
	}{
		{"a mobile may be anywhere in its country", Contact{}, mobile, "ES", "ES", "", "Atlantic/Canary Europe/Madrid", ZoneOfNumber},
		{"an address narrows its zones", Contact{Country: "ES", Postcode: "08001"}, mobile, "ES", "ES ES-CT", "ES-CT", "Europe/Madrid", ZoneOfAddress},
		{"a country with several clocks narrows nothing", Contact{Country: "ES"}, mobile, "ES", "ES", "", "Atlantic/Canary Europe/Madrid", ZoneOfNumber},
		{"a zone of the contact's own goes before", Contact{Country: "ES", Postcode: "08001", Zones: []string{"Atlantic/Canary"}}, mobile, "ES", "ES ES-CT", "ES-CT", "Atlantic/Canary", ZoneOfContact},
		{"an area code is the union of its zones", Contact{}, pensacola, "US", "US US-FL", "US-FL", "America/Chicago America/New_York", ZoneOfAreaCode},
		{"Florida is presumed by its area code whatever the address", Contact{Country: "US", Region: "US-GA", Postcode: "30301"}, pensacola,
			"US", "US US-FL US-GA", "US-FL US-GA", "America/New_York", ZoneOfAddress},
		{"an address abroad adds its law", Contact{Country: "FR", Postcode: "67000"}, pensacola, "US", "US FR US-FL FR-67", "US-FL FR-67", "Europe/Paris", ZoneOfAddress},
		{"Puerto Rico is of the United States", Contact{Country: "US", Postcode: "00901"}, Phone{Number: "+17875550123", Region: "PR"}, "PR", "PR US", "", "America/Puerto_Rico", ZoneOfAddress},
		{"toll-free is nowhere", Contact{}, Phone{Number: "+18005550123", Region: "US", Kind: "toll_free"}, "US", "US", "", "", ZoneOfAreaCode},
		{"a satellite is nowhere", Contact{}, Phone{Number: "+88312345678", Region: "001"}, "", "", "", "", ZoneOfNumber},
		{"a number that import knows nothing of", Contact{}, Phone{Number: "+34931234567"}, "ES", "ES ES-CT", "ES-CT", "Europe/Madrid", ZoneOfNumber},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := c.contact.Place(c.phone)
			if got.Country != c.country || strings.Join(got.Jurisdictions, " ") != c.jurisdictions || strings.Join(got.Regions, " ") != c.regions ||
				strings.Join(got.Zones, " ") != c.zones || got.ZoneSource != c.source {
				t.Errorf("%+v", got)
			}
			if zones := c.contact.ZonesFor(c.phone); !slices.Equal(zones, got.Zones) {
				t.Errorf("the zones of a call are %v, those of its place %v", zones, got.Zones)
			}
		})
	}
}

func TestTheKindOfALineIsWhatTheListSaysElseWhatTheNumberTells(t *testing.T) {
	for _, c := range []struct{ number, kind, want string }{
		{"+12125550123", "mobile", "mobile"}, // ported, the list says
		{"+12125550123", "", "fixed_or_mobile"},
		{"+34600111222", "", "mobile"},
		{"+34931234567", "", ""},
	} {
		if got := (Contact{}).Place(Phone{Number: c.number, Kind: c.kind}).LineType; got != c.want {
			t.Errorf("%s %q: %q", c.number, c.kind, got)
		}
	}
}

func TestPlacesDoNotShareWhatTheyAdd(t *testing.T) {
	phone := Phone{Number: "+18505550123", Region: "US"}
	first := Contact{Country: "US", Postcode: "30301"}.Place(phone)
	second := Contact{Country: "US", Postcode: "10001"}.Place(phone)
	if strings.Join(first.Regions, " ") != "US-FL US-GA" || strings.Join(second.Regions, " ") != "US-FL US-NY" {
		t.Errorf("%v %v", first.Regions, second.Regions)
	}
}

func BenchmarkPlaceOfAContact(b *testing.B) {
	c := Contact{Country: "US", Postcode: "32501"}
	p := Phone{Number: "+18505550123", Region: "US", Zones: []string{"America/Chicago", "America/New_York"}}
	b.ReportAllocs()
	for b.Loop() {
		_ = c.Place(p)
	}
}
