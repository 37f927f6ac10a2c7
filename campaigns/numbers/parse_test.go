package numbers

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/nyaruka/phonenumbers"
)

func TestATextIsReadAsPeopleWriteIt(t *testing.T) {
	for _, c := range []struct{ text, region, e164 string }{
		{"+34600111222", "", "+34600111222"},
		{" +34 600-11.12 22 ", "", "+34600111222"},
		{"600 111 222", "ES", "+34600111222"},
		{"34600111222", "ES", "+34600111222"},
		{"0034 600 111 222", "HU", "+34600111222"},
		{"011 34 600 111 222", "US", "+34600111222"},
		{"(212) 555-0123", "US", "+12125550123"},
		{"1-212-555-0123", "US", "+12125550123"},
		{"(+1) 212/555/0123", "ES", "+12125550123"},
		{"+44 (0)20 7946 0958", "", "+442079460958"},
		{"06 30 123 4567", "HU", "+36301234567"},
		{"tel:+34-600-111-222", "", "+34600111222"},
		{"'+34600111222", "", "+34600111222"},   // the mark of a spreadsheet
		{"34600111222.0", "ES", "+34600111222"}, // a float column of pandas
		{"\u202a+34\u00a0600\u2011111\u2011222\u202c", "", "+34600111222"},
		{"\uff0b\uff13\uff14600111222", "", "+34600111222"}, // full width
		{"٠٦٠٠١١١٢٢٢", "MA", "+212600111222"},               // Arabic-Indic digits
		{"+39 06 698 12345", "", "+390669812345"},           // Italy keeps its zero
	} {
		n, err := Parse(c.text, c.region)
		if err != nil || n.E164 != c.e164 {
			t.Errorf("%q in %q = %q %v, want %q", c.text, c.region, n.E164, err, c.e164)
		}
	}
}

func TestARefusalNamesItsReason(t *testing.T) {
	for _, c := range []struct {
		text, region string
		code         Code
	}{
		{"", "ES", Empty}, {"   ", "ES", Empty}, {"'", "ES", Empty},
		{"n/a", "ES", Letters}, {"1-800-FLOWERS", "US", Letters}, {"Ask for Ann", "ES", Letters},
		{"----", "ES", NotANumber}, {"60011+1222", "ES", NotANumber}, {"600_111_222", "ES", NotANumber}, {"600\xff111222", "ES", NotANumber},
		{"+34600\r\n111222", "ES", Control}, {"+34600111222\r\nVia: SIP/2.0", "ES", Control}, {"600\x00111222", "ES", Control}, {"600\t111222", "ES", Control},
		{"+34600111222;maddr=10.0.0.1", "ES", Parameters}, {"+34600111222@10.0.0.1", "ES", Parameters},
		{"sip:+34600111222@10.0.0.1", "ES", Parameters}, {"+34600111222;ext=5", "ES", Parameters},
		{"*31#600111222", "ES", Stars}, {"#21#", "ES", Stars}, {"*98", "US", Stars},
		{"212 555 0123 x12", "US", Extension}, {"212 555 0123 ext. 12", "US", Extension}, {"+34 600111222 extension 4", "US", Extension},
		{"600111222;600111333", "ES", Several}, {"600111222 / 600111333", "ES", Several}, {"600111222, 600111333", "ES", Several}, {"600111222|600111333", "ES", Several},
		{"3.46E+10", "ES", Spreadsheet}, {"3,46001E+10", "ES", Spreadsheet},
		{"98765", "ES", TooShort}, {"60011122", "ES", TooShort}, {"+346001112", "", TooShort},
		{"6001112223334", "ES", TooLong}, {"+34600111222000111222", "", TooLong}, {strings.Repeat("9", 300), "ES", TooLong},
		{"600111222", "", NoCountry}, {"+999600111222", "", NoCountry}, {"+0600111222", "", NoCountry},
		{"100111222", "ES", InvalidNumber}, {"+12125550", "US", TooShort}, {"+11235550123", "US", InvalidNumber},
		{"112", "ES", Emergency}, {"911", "US", Emergency}, {"999", "GB", Emergency}, {"+34112", "", Emergency}, {"+1911", "", Emergency},
		{"+1 911", "ES", Emergency}, {"112", "", Emergency}, {"1-1-2", "EE", Emergency}, {"000", "AU", Emergency}, {"061", "ES", ShortCode},
		{"118118", "GB", ShortCode}, {"11888", "ES", ShortCode},
		{"803123456", "ES", Premium}, {"+19005550123", "", Premium}, {"0899 123456", "FR", Premium}, {"0906 123 4567", "GB", Premium},
		{"902123456", "ES", SharedCost},
		{"+881612345678", "", International}, {"+870773111632", "", International}, {"+882161234567", "", International}, {"+80012345678", "", International}, {"+979123456789", "", International},
		{"+447012345678", "", PersonalKind},
		{"+18765550123", "US", RegionClosed}, {"(876) 555-0123", "US", RegionClosed}, {"+17875550123", "US", RegionClosed},
		{"600111222", "XX", UnknownRegion}, {"600111222", "es", UnknownRegion},
	} {
		_, err := Parse(c.text, c.region)
		r, ok := errors.AsType[*Refusal](err)
		if !ok || r.Code != c.code {
			t.Errorf("%q in %q: %v (code %q), want %q", c.text, c.region, err, CodeOf(err), c.code)
			continue
		}
		if !errors.Is(err, ErrNumber) || r.Reason == "" || strings.Contains(r.Reason, "%!") {
			t.Errorf("%q: badly made refusal %q", c.text, r.Reason)
		}
	}
}

func TestThePolicyOpensWhatIsClosedByDefaultButNeverEmergencyNumbers(t *testing.T) {
	open := Policy{AllowRegions: []string{"JM"}, AllowKinds: []Kind{PremiumRate, Shared, Network, Personal}}
	for _, c := range [][2]string{{"+18765550123", "US"}, {"803123456", "ES"}, {"902123456", "ES"}, {"+881612345678", ""}, {"+447012345678", ""}} {
		if _, err := open.Parse(c[0], c[1]); err != nil {
			t.Errorf("%s: %v", c[0], err)
		}
	}
	if _, err := open.Parse("+17845266000", "US"); CodeOf(err) != RegionClosed {
		t.Errorf("an island that is not on the list: %v", err)
	}
	if _, err := Parse("+18765550123", "JM"); err != nil {
		t.Errorf("an island is at home in its own lists: %v", err)
	}
	for _, text := range []string{"112", "911", "+1911", "+34112"} {
		if _, err := open.Parse(text, "ES"); CodeOf(err) != Emergency {
			t.Errorf("%s: %v", text, err)
		}
	}
}

func TestANumberKnowsEveryZoneThatThePersonMayBeIn(t *testing.T) {
	for _, c := range []struct {
		text  string
		zones []string
	}{
		{"+12195550123", []string{"America/Chicago", "America/New_York"}}, // the library: New York
		{"+14485550123", []string{"America/Chicago", "America/New_York"}}, // overlay of 850
		{"+13645550123", []string{"America/Chicago", "America/New_York"}}, // overlay of 270
		{"+19305550123", []string{"America/Chicago", "America/New_York"}}, // overlay of 812
		{"+19075550123", []string{"America/Adak", "America/Anchorage", "America/Juneau", "Pacific/Honolulu"}},
		{"+19285550123", []string{"America/Denver", "America/Phoenix"}},
		{"+18795550123", []string{"America/Halifax", "America/St_Johns"}}, // the library: Puerto Rico
		{"+14745550123", []string{"America/Edmonton", "America/Regina"}},  // the library: Winnipeg
		{"+12125550123", []string{"America/New_York"}},
		{"+34600111222", []string{"Atlantic/Canary", "Europe/Madrid"}}, // mobiles: anywhere
		{"+34928123456", []string{"Atlantic/Canary"}},
		{"+34915550123", []string{"Europe/Madrid"}},
		{"+61412345678", []string{"Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Perth", "Australia/Sydney"}},
		{"+351912345678", []string{"Atlantic/Azores", "Europe/Lisbon"}},
		{"+351212345678", []string{"Europe/Lisbon"}},
		{"+37255512345", []string{"Europe/Tallinn"}},  // the library: Bucharest
		{"+37121234567", []string{"Europe/Riga"}},     // the library: Bucharest
		{"+37061234567", []string{"Europe/Vilnius"}},  // the library: Bucharest
		{"+353861234567", []string{"Europe/Dublin"}},  // the library: Guernsey, ...
		{"+213551234567", []string{"Africa/Algiers"}}, // the library: Paris, with a summer time
		{"+218912345678", []string{"Africa/Tripoli"}}, // the library: Bucharest, with a summer time
		{"+50581234567", []string{"America/Managua"}}, // the library: Chicago, with a summer time
		{"+919876543210", []string{"Asia/Kolkata"}},   // the library: Calcutta
		{"+8613812345678", []string{"Asia/Shanghai"}}, //
		{"+5568991234567", []string{"America/Rio_Branco"}},
		{"+18005550123", nil}, // toll-free: anywhere
	} {
		n, err := Parse(c.text, "")
		if err != nil || !slices.Equal(n.Zones, c.zones) {
			t.Errorf("%s: %v %v, want %v", c.text, n.Zones, err, c.zones)
		}
	}
}

func TestEveryZoneOfEveryTableIsInTheDatabase(t *testing.T) {
	check := func(where string, zones []string) {
		if !slices.IsSorted(zones) {
			t.Errorf("%s: %v is not in order", where, zones)
		}
		for _, z := range zones {
			if _, err := time.LoadLocation(z); err != nil {
				t.Errorf("%s: %v", where, err)
			}
		}
	}
	for region, zones := range oneZone {
		check(region, zones)
	}
	for region, zones := range wide {
		check(region, zones)
		if oneZone[region] != nil {
			t.Errorf("%s is in both tables", region)
		}
	}
	for _, place := range atlas.places {
		check(place.Country, place.Zones)
	}
}

func TestEveryOrdinaryNumberOfEveryRegionHasAZone(t *testing.T) {
	for _, region := range regions() {
		for _, n := range examples(region) {
			number, err := everything().Parse(phonenumbers.Format(n, phonenumbers.E164), region)
			if err != nil || number.Kind == TollFree || number.Kind == Network || number.Region == "CA" || number.Region == "US" {
				continue // North American numbers without a place are 500, 600, 622 and the like
			}
			if len(number.Zones) == 0 {
				t.Errorf("%s %s has no zone", region, number.Kind)
			}
			for _, z := range number.Zones {
				if _, err := time.LoadLocation(z); err != nil {
					t.Errorf("%s %s: %v", region, number.Kind, err)
				}
			}
		}
	}
}

func TestDigitsOfEveryScriptHaveTheirValue(t *testing.T) {
	for _, run := range unicode.Nd.R16 {
		if digitValue(rune(run.Lo)) != 0 || digitValue(rune(run.Lo)+7) != 7 {
			t.Errorf("U+%04X", run.Lo)
		}
	}
	for _, run := range unicode.Nd.R32 {
		if digitValue(rune(run.Lo)) != 0 || digitValue(rune(run.Hi)) != 9 {
			t.Errorf("U+%04X to U+%04X", run.Lo, run.Hi)
		}
	}
}
