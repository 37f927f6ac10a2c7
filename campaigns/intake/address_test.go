package intake

import (
	"strings"
	"testing"

	"github.com/forecall/forecall/campaigns"
)

func TestTheAddressOfARowIsReadWithItsHeadersGuessedInEveryLanguage(t *testing.T) {
	for _, header := range []string{
		"phone,country,zip", "teléfono,país,código postal", "telefon,land,plz", "téléphone,pays,code postal",
		"cellulare,paese,cap", "telefonszám,ország,irányítószám", "telefoninumber,riik,sihtnumber",
	} {
		m, r := bring(t, header+"\n+34600111222,España,8001\n", Options{})
		c := m.contacts[0]
		if c.Country != "ES" || c.Postcode != "08001" || r.Noted != 0 {
			t.Errorf("%s: %+v, %+v", header, c.Address(), r.First)
		}
		if zones := c.ZonesFor(c.Phones[0]); len(zones) != 1 || zones[0] != "Europe/Madrid" {
			t.Errorf("%s: a call to Barcelona is bound by %v", header, zones)
		}
	}
}

func TestAStateAndAPostcodeWithoutACountryAreOfTheCountryOfTheNumber(t *testing.T) {
	m, _ := bring(t, "phone,state,zip\n(850) 555-0123,fl,32501-1234\n", Options{DefaultRegion: "US"})
	if a := m.contacts[0].Address(); a.Country != "US" || a.Region != "US-FL" || a.Postcode != "32501" {
		t.Errorf("%+v", a)
	}
	if f := m.contacts[0].Fields; f["state"] != "fl" || f["postcode"] != "32501-1234" {
		t.Errorf("what the list says is kept as it came: %v", f)
	}
}

func TestAnAddressThatCannotBeIsNotedAndTheRowIsTaken(t *testing.T) {
	var report strings.Builder
	m, r := bring(t, "phone,country,state,zip,line type\n"+
		"+12125550101,Ruritania,,10001,\n"+
		"+12125550102,US,Bavaria,10001,\n"+
		"+12125550103,US,,SW1A 1AA,\n"+
		"+12125550104,US,FL,10001,\n"+
		"+12125550105,US,NY,10001,spoon\n"+
		"+12125550106,US,NY,10001,mobile\n", Options{Report: &report})
	if r.Counts.Added != 6 || r.Counts.Refused != 0 || r.Noted != 5 {
		t.Fatalf("%+v", r)
	}
	for code, n := range map[string]int64{RowCountry: 1, RowRegion: 1, RowPostcode: 2, RowLineType: 1} {
		if r.Codes[code] != n {
			t.Errorf("%s is noted %d times, want %d", code, r.Codes[code], n)
		}
	}
	for i, j := range r.First {
		if j.Verdict != VerdictNoted || j.Line != i+2 || j.Column == "" || j.Reason == "" {
			t.Errorf("%+v", j)
		}
	}
	if !strings.Contains(report.String(), "noted,zip,postcode_invalid,") || !strings.Contains(report.String(), "write five digits") {
		t.Errorf("the report does not tell: %s", report.String())
	}
	both := m.contacts[3].Place(m.contacts[3].Phones[0])
	if got := strings.Join(both.Jurisdictions, " "); got != "US US-NY US-FL" {
		t.Errorf("a postcode in another state: %s bind", got)
	}
	if m.contacts[0].Country != "" || m.contacts[1].Region != "" || m.contacts[2].Postcode != "" {
		t.Errorf("what cannot be was stored: %+v", m.contacts[:3])
	}
}

func TestANumberThatWasPortedIsMobile(t *testing.T) {
	for _, c := range []struct{ header, cell, kind string }{
		{"ported", "yes", "mobile"}, {"ported", "no", "fixed_or_mobile"}, {"Line Type", "Landline", "fixed"}, {"line_type", "VOIP", "voip"},
		{"phone type", "Wireless", "mobile"}, {"tipo de línea", "Móvil", "mobile"}, {"Anschlussart", "Festnetz", "fixed"}, {"line type", "", "fixed_or_mobile"},
	} {
		m, _ := bring(t, "phone,"+c.header+"\n+12125550101,"+c.cell+"\n", Options{})
		if got := m.contacts[0].Phones[0].Kind; got != c.kind {
			t.Errorf("%s %s: %s, want %s", c.header, c.cell, got, c.kind)
		}
	}
}

func TestARowWithoutAnAddressHasNone(t *testing.T) {
	m, r := bring(t, "phone,country,zip\n+34600111222,,\n", Options{DefaultRegion: "ES"})
	if a := m.contacts[0].Address(); !a.IsZero() || r.Noted != 0 {
		t.Errorf("%+v", a)
	}
	var none campaigns.Contact
	if !none.Address().IsZero() {
		t.Error("an empty contact lives somewhere")
	}
}
