package numbers

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/nyaruka/phonenumbers"
)

func TestANumberTellsWhereItIs(t *testing.T) {
	for _, c := range []struct {
		number, country, regions, zones string
		kind                            Kind
	}{
		{"+12195550123", "US", "US-IN", "America/Chicago America/New_York", FixedOrMobile}, // the library: New York for 673 of 800
		{"+18505550123", "US", "US-FL", "America/Chicago America/New_York", FixedOrMobile},
		{"+14485550123", "US", "US-FL", "America/Chicago America/New_York", FixedOrMobile}, // overlay of 850
		{"+16895550123", "US", "US-FL", "America/New_York", FixedOrMobile},                 // the library: Chicago
		{"+19075550123", "US", "US-AK", "America/Adak America/Anchorage America/Juneau Pacific/Honolulu", FixedOrMobile},
		{"+13645550123", "US", "US-KY", "America/Chicago America/New_York", FixedOrMobile},
		{"+19305550123", "US", "US-IN", "America/Chicago America/New_York", FixedOrMobile},
		{"+19865550123", "US", "US-ID", "America/Boise America/Denver America/Los_Angeles", FixedOrMobile},
		{"+17295550123", "US", "US-TN", "America/Chicago America/New_York", FixedOrMobile}, // younger than the library
		{"+19025550123", "CA", "CA-NS CA-PE", "America/Halifax", FixedOrMobile},
		{"+14235550123", "US", "US-TN", "America/Chicago America/New_York", FixedOrMobile},
		{"+17875550123", "PR", "", "America/Puerto_Rico", ""},
		{"+18005550123", "US", "", "", TollFree},
		{"+88312345678", "", "", "", Network},
		{"+80012345678", "", "", "", Network},
		{"+61412345678", "AU", "", "Australia/Adelaide Australia/Brisbane Australia/Darwin Australia/Perth Australia/Sydney", Mobile},
		{"+61730101234", "AU", "AU-NSW AU-QLD", "Australia/Brisbane Australia/Sydney", ""}, // the library: Sydney
		{"+61891234567", "AU", "AU-NSW AU-NT AU-SA AU-WA", "Australia/Adelaide Australia/Darwin Australia/Perth", ""},
		{"+34600111222", "ES", "", "Atlantic/Canary Europe/Madrid", Mobile},
		{"+34931234567", "ES", "ES-CT", "Europe/Madrid", ""},
		{"+34928123456", "ES", "ES-CN", "Atlantic/Canary", ""},
		{"+34952123456", "ES", "ES-AN ES-ML", "Europe/Madrid", ""},
		{"+34900123456", "ES", "", "", TollFree},
		{"+351912345678", "PT", "", "Atlantic/Azores Europe/Lisbon", ""},
		{"+351292123456", "PT", "", "Atlantic/Azores", ""},
		{"+77011234567", "KZ", "", "Asia/Almaty", ""}, // one clock since 2024-03-01
		{"+74012123456", "RU", "", "Europe/Kaliningrad", ""},
		{"+358401234567", "FI", "", "Europe/Helsinki", ""},
		{"+35818123456", "AX", "", "Europe/Mariehamn", ""},
		{"+33612345678", "FR", "", "Europe/Paris", Mobile},
		{"+590690001122", "GP", "", "America/Guadeloupe", ""},
		{"+441481123456", "GG", "", "Europe/Guernsey", ""},
		{"+442890123456", "GB", "GB-NIR", "Europe/London", ""},
		{"+3630123456", "HU", "", "Europe/Budapest", Mobile},
		{"+3725123456", "EE", "", "Europe/Tallinn", Mobile},
		{"+390669812345", "VA", "", "Europe/Vatican", ""},
		{"+999123456789", "", "", "", ""},
		{"+", "", "", "", ""}, {"", "", "", "", ""}, {"34600111222", "", "", "", ""}, {"+34x00111222", "", "", "", ""},
	} {
		got := Locate(c.number)
		if got.Country != c.country || !slices.Equal(got.Regions, strings.Fields(c.regions)) ||
			!slices.Equal(got.Zones, strings.Fields(c.zones)) || got.Kind != c.kind {
			t.Errorf("%s: %+v, want %s %s in %s, %q", c.number, got, c.country, c.regions, c.zones, c.kind)
		}
	}
}

func TestEveryAreaCodeInServiceLiesInTheStateThatTheLibraryNames(t *testing.T) {
	if underRace {
		t.Skip("nothing is shared here, and the geocoder is slow under the detector")
	}
	states := stateNames()
	tested := 0
	for code := 200; code < 1000; code++ {
		names := geocode(t, code)
		if len(names) == 0 {
			continue
		}
		got := Locate(fmt.Sprintf("+1%03d5550123", code))
		if got.Country != "US" && got.Country != "CA" || got.Kind != FixedOrMobile {
			if names["United States"]+names["Canada"] == 0 && got.Country == "US" {
				t.Errorf("%d is in %v and located in no state", code, names)
			}
			continue
		}
		tested++
		for name, n := range names {
			if state := states[name]; !slices.Contains(got.Regions, state) && n > 1 { // a slip: 201-xxx in New York
				t.Errorf("%d: %d exchanges are in %s (%s), the table says %v", code, n, name, state, got.Regions)
			}
		}
	}
	if tested < 390 {
		t.Errorf("only %d area codes were compared", tested)
	}
}

// geocode counts the states in which the library puts the exchanges of an area code.
func geocode(t *testing.T, code int) map[string]int {
	t.Helper()
	out := map[string]int{}
	for exchange := 200; exchange < 1000; exchange += 37 {
		n, err := phonenumbers.Parse(fmt.Sprintf("+1%03d%03d0123", code, exchange), "")
		if err != nil || !phonenumbers.IsValidNumber(n) {
			continue
		}
		name, err := phonenumbers.GetGeocodingForNumber(n, "en")
		if err != nil {
			t.Fatal(err)
		}
		out[name[strings.LastIndex(name, ", ")+1:]]++
	}
	return out
}

// stateNames are the names that the library has for states, and their codes.
func stateNames() map[string]string {
	out := map[string]string{}
	for _, pair := range strings.Split("Alabama AL,Alaska AK,Arizona AZ,Arkansas AR,California CA,Colorado CO,Connecticut CT,Delaware DE,Washington D.C. DC,"+
		"Florida FL,Georgia GA,Hawaii HI,Idaho ID,Illinois IL,Indiana IN,Iowa IA,Kansas KS,Kentucky KY,Louisiana LA,Maine ME,Maryland MD,Massachusetts MA,"+
		"Michigan MI,Minnesota MN,Mississippi MS,Missouri MO,Montana MT,Nebraska NE,Nevada NV,New Hampshire NH,New Jersey NJ,New Mexico NM,New York NY,"+
		"North Carolina NC,North Dakota ND,Ohio OH,Oklahoma OK,Oregon OR,Pennsylvania PA,Rhode Island RI,South Carolina SC,South Dakota SD,Tennessee TN,"+
		"Texas TX,Utah UT,Vermont VT,Virginia VA,Washington State WA,West Virginia WV,Wisconsin WI,Wyoming WY", ",") {
		addState(out, "US-", pair)
	}
	for _, pair := range strings.Split("Alberta AB,British Columbia BC,British Colombia BC,Manitoba MB,New Brunswick NB,Newfoundland and Labrador NL,Ontario ON,"+
		"Quebec QC,Saskatchewan SK,Nova Scotia/Prince Edward Island NS,Northwest Territories/Nunavut/Yukon NT, PE, NU, YT", ",") {
		addState(out, "CA-", pair)
	}
	return out
}

func addState(out map[string]string, country, pair string) {
	name, code := pair[:len(pair)-3], pair[len(pair)-2:]
	out[name], out[" "+code], out[code] = country+code, country+code, country+code
}

func TestLocateSaysTheZonesThatAParserSays(t *testing.T) {
	policy := everything()
	p := newParser(t, policy)
	rng := rand.New(rand.NewPCG(3, 4))
	compared := 0
	for _, region := range regions() {
		for range 20 {
			for _, n := range examples(region) {
				number, err := p.Parse(disturb(rng, n), region)
				if err != nil || number.Kind == TollFree {
					continue
				}
				compared++
				got := Locate(number.E164)
				if !slices.Equal(got.Zones, number.Zones) && number.Kind != PremiumRate || got.Kind == Network != (number.Kind == Network) {
					t.Errorf("%s (%s %s): located in %s %v, parsed in %v", number.E164, number.Region, number.Kind, got.Country, got.Zones, number.Zones)
				}
			}
		}
	}
	if compared < 500 {
		t.Errorf("only %d numbers were compared", compared)
	}
	t.Logf("%d numbers compared", compared)
}

func TestTheTablesZonesHoldTheClocksThatTheLibraryKnows(t *testing.T) {
	// Where ours lack a clock of the library's, the library is wrong: a
	// Brisbane number has not the summer time of Sydney alone,
	// Kaliningrad never had Bucharest's. Fernando de Noronha has 3,100
	// people; Para has one clock since 2008.
	wrong := map[string]bool{"+1689": true, "+7401": true, "+1474": true, "+1879": true, "+5581": true, "+5591": true}
	rng := rand.New(rand.NewPCG(8, 9))
	for _, region := range []string{"US", "CA", "AU", "ES", "PT", "BR", "CL", "EC", "ID", "RU"} {
		for range 150 {
			n := phonenumbers.GetExampleNumberForType(region, phonenumbers.FIXED_LINE)
			number, err := Parse(disturb(rng, n), region)
			if err != nil || number.Region != region || len(number.Zones) == 0 || wrong[number.E164[:5]] {
				continue
			}
			zones, err := phonenumbers.GetTimezonesForPrefix(number.E164)
			if err != nil || len(zones) > 13 {
				continue
			}
			for _, zone := range zones {
				if !sameClock(t, zone, number.Zones) {
					t.Errorf("%s: %v lacks the clock of %s", number.E164, number.Zones, zone)
				}
			}
		}
	}
}

// sameClock tells whether one of the zones shows in January and July of 2027
// what zone shows.
func sameClock(t *testing.T, zone string, zones []string) bool {
	t.Helper()
	want := offsets(t, zone)
	return slices.ContainsFunc(zones, func(z string) bool { return offsets(t, z) == want })
}

func offsets(t *testing.T, zone string) [2]int {
	t.Helper()
	loc, err := time.LoadLocation(zone)
	if err != nil {
		t.Fatal(err)
	}
	_, winter := time.Date(2027, 1, 15, 12, 0, 0, 0, loc).Zone()
	_, summer := time.Date(2027, 7, 15, 12, 0, 0, 0, loc).Zone()
	return [2]int{winter, summer}
}

func TestLocateAllocatesNothing(t *testing.T) {
	if n := testing.AllocsPerRun(100, func() { Locate("+18505550123") }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkLocate(b *testing.B) {
	list := []string{"+34600111222", "+12125550123", "+442079460958", "+36301234567", "+4930123456", "+33612345678", "+18505550123"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		Locate(list[i%len(list)])
	}
}
