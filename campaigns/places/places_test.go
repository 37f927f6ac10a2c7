package places

import (
	"slices"
	"strings"
	"testing"
	"time"
)

func TestAnAddressTellsItsRegionsAndClocks(t *testing.T) {
	for _, c := range []struct {
		name                      string
		country, region, postcode string
		place, regions, zones     string
	}{
		{"Miami", "US", "", "33101", "US", "US-FL", "America/New_York"},
		{"Pensacola, by its nine digits", "USA", "", "32501-1234", "US", "US-FL", "America/Chicago"},
		{"Port St. Joe shares its ZIP codes with Central time", "US", "", "32456", "US", "US-FL", "America/Chicago America/New_York"},
		{"Florida without a ZIP code", "US", "Florida", "", "US", "US-FL", "America/Chicago America/New_York"},
		{"Gary, Indiana", "US", "IN", "46402", "US", "US-IN", "America/Chicago"},
		{"Boston, whose zero a spreadsheet took", "US", "", "2108", "US", "US-MA", "America/New_York"},
		{"Adak", "US", "", "99546", "US", "US-AK", "America/Adak America/Anchorage"},
		{"Fishers Island lies behind Connecticut", "US", "", "06390", "US", "US-CT US-NY", "America/New_York"},
		{"San Juan", "US", "", "00901", "PR", "", "America/Puerto_Rico"},
		{"an army post office", "US", "", "09012", "US", "", ""},
		{"the United States and no more", "US", "", "", "US", "", ""},
		{"El Paso", "US", "TX", "79901", "US", "US-TX", "America/Denver"},
		{"Barcelona", "ES", "", "08001", "ES", "ES-CT", "Europe/Madrid"},
		{"Barcelona, whose zero a spreadsheet took", "España", "", "8001", "ES", "ES-CT", "Europe/Madrid"},
		{"Las Palmas", "Spanien", "", "35001", "ES", "ES-CN", "Atlantic/Canary"},
		{"Catalonia by name", "es", "Cataluña", "", "ES", "ES-CT", "Europe/Madrid"},
		{"Spain and no more", "ES", "", "", "ES", "", ""},
		{"Strasbourg", "France", "", "67000", "FR", "FR-67", "Europe/Paris"},
		{"Saint-Denis de La Réunion", "FR", "", "97400", "FR", "FR-974", "Indian/Reunion"},
		{"Saint-Martin", "FR", "", "97150", "FR", "FR-MF", "America/Marigot"},
		{"Belfast", "UK", "", "bt1 5gs", "GB", "GB-NIR", "Europe/London"},
		{"Westminster", "Great Britain", "", "SW1A1AA", "GB", "GB-ENG", "Europe/London"},
		{"Glasgow", "GB", "", "G1 1XQ", "GB", "GB-SCT", "Europe/London"},
		{"Berwick straddles", "GB", "", "TD15 1AA", "GB", "GB-ENG GB-SCT", "Europe/London"},
		{"Ottawa", "CA", "", "k1a0b1", "CA", "CA-ON", "America/Toronto"},
		{"Labrador City", "CA", "", "A2V 1A1", "CA", "CA-NL", "America/Goose_Bay America/St_Johns"},
		{"Lloydminster", "CA", "SK", "S9V 0A1", "CA", "CA-SK", "America/Edmonton"},
		{"Yellowknife", "CA", "", "X1A 1A1", "CA", "CA-NT CA-NU", "America/Edmonton"},
		{"Perth", "AU", "", "6000", "AU", "AU-WA", "Australia/Perth"},
		{"Darwin, whose zero a spreadsheet took", "AU", "", "800", "AU", "AU-NT", "Australia/Darwin"},
		{"Broken Hill", "AU", "", "2880", "AU", "AU-NSW", "Australia/Broken_Hill Australia/Sydney"},
		{"Queanbeyan", "AU", "", "2620", "AU", "AU-ACT AU-NSW", "Australia/Sydney"},
		{"München", "Deutschland", "", "D-80331", "DE", "DE-BY", "Europe/Berlin"},
		{"Mannheim shares its first digits", "DE", "", "68159", "DE", "", "Europe/Berlin"},
		{"Bozen", "IT", "", "39100", "IT", "IT-BZ", "Europe/Rome"},
		{"Roma", "Italia", "", "00184", "IT", "", "Europe/Rome"},
		{"Ponta Delgada", "PT", "", "9500-150", "PT", "PT-20", "Atlantic/Azores"},
		{"Budapest", "Magyarország", "", "1051", "HU", "", "Europe/Budapest"},
		{"Tallinn", "Eesti", "", "10111", "EE", "", "Europe/Tallinn"},
		{"a ZIP code in another state: both bind", "US", "FL", "10001", "US", "US-NY US-FL", "America/Chicago America/New_York"},
		{"a whole region without a country", "", "US-TX", "", "US", "US-TX", "America/Chicago America/Denver"},
		{"nothing", "", "", "", "", "", ""},
	} {
		a, _ := Read(c.country, c.region, c.postcode)
		p := a.Place()
		if p.Country != c.place || strings.Join(p.Regions, " ") != c.regions || strings.Join(p.Zones, " ") != c.zones {
			t.Errorf("%s: %+v is in %+v, want %s, %q, %q", c.name, a, p, c.place, c.regions, c.zones)
		}
	}
}

func TestAnAddressThatCannotBeIsToldWithWhatIsWanted(t *testing.T) {
	for _, c := range []struct{ country, region, postcode, says string }{
		{"Ruritania", "", "", `country: "Ruritania" is no country; write its two letters (ISO 3166-1), as ES or US`},
		{"XX", "", "", `country: "XX" is no country`},
		{"ES", "", "2801", ""}, // a zero is missing: 02801
		{"ES", "", "28", `postcode: "28" is no postcode of ES; write five digits, as 28013`},
		{"US", "", "SW1A 1AA", `postcode: "SW1A 1AA" is no postcode of US; write five digits, as 33101, or nine`},
		{"CA", "", "12345", "letter digit letter"},
		{"US", "Bavaria", "", `region: "Bavaria" is no state or province of US`},
		{"US", "FL", "10001", "postcode: 10001 lies in US-NY, not in US-FL; the rules of both apply"},
		{"GB", "", "75001", "as SW1A 1AA"},
		{"IT", "Lazio", "00184", ""},
	} {
		_, wrong := Read(c.country, c.region, c.postcode)
		switch {
		case c.says == "" && len(wrong) > 0:
			t.Errorf("%+v: %v", c, wrong)
		case c.says != "" && (len(wrong) != 1 || !strings.Contains(wrong[0].Error(), c.says)):
			t.Errorf("%+v: %v", c, wrong)
		}
	}
}

func TestEveryRegionOfEveryTableIsWrittenAsTheStandardAndEveryZoneExists(t *testing.T) {
	seen := map[string]bool{}
	check := func(regions, zones string) {
		if seen[regions+"/"+zones] {
			return
		}
		seen[regions+"/"+zones] = true
		for region := range strings.FieldsSeq(regions) {
			if country, part, ok := strings.Cut(strings.TrimPrefix(region, "="), "-"); len(country) != 2 || ok && part == "" {
				t.Errorf("region %q", region)
			}
		}
		names := strings.Fields(zones)
		if !slices.IsSorted(names) {
			t.Errorf("%v is not in order", names)
		}
		for _, zone := range names {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Errorf("%s: %v", regions, err)
			}
		}
	}
	for n := range 100000 {
		code := written(n, 5)
		for _, country := range []string{"US", "ES", "FR", "DE", "IT"} {
			check(readers[country](code))
		}
		if n < 10000 {
			check(australian(code[1:]))
			check(portuguese(code[1:]))
		}
	}
	for first := 'A'; first <= 'Z'; first++ {
		for second := 'A'; second <= 'Z'; second++ {
			for digit := '0'; digit <= '9'; digit++ {
				check(canadian(string([]rune{first, digit, second})))
			}
			check(british(string([]rune{first, second})))
		}
	}
	for region, zones := range regionClocks {
		check(region, zones)
	}
}

func TestEveryStateOfTheUnionHasACodeAClockAndZIPCodes(t *testing.T) {
	with := map[string]bool{}
	for _, regions := range zipStates {
		for region := range strings.FieldsSeq(regions) {
			with[region] = true
		}
	}
	states := 0
	for entry := range strings.SplitSeq(named["US"], ",") {
		state := "US-" + entry[:2]
		states++
		if !with[state] || regionClocks[state] == "" {
			t.Errorf("%s has ZIP codes: %v, clocks: %q", state, with[state], regionClocks[state])
		}
	}
	if states != 51 {
		t.Errorf("%d states and the district", states)
	}
	for group, regions := range zipStates {
		if _, zones := american(group); zones == "" && !strings.HasPrefix(regions, "=") {
			t.Errorf("ZIP codes %s.. of %s have no clock", group, regions)
		}
	}
}

func FuzzAnAddressIsReadOrRefused(f *testing.F) {
	f.Add("US", "FL", "33101")
	f.Add("Österreich", "", "1010")
	f.Add("", "US-", "\x00")
	f.Fuzz(func(t *testing.T, country, region, postcode string) {
		a, _ := Read(country, region, postcode)
		again, wrong := Read(a.Country, a.Region, a.Postcode)
		if again != a {
			t.Errorf("%+v is read again as %+v, %v", a, again, wrong)
		}
		for _, zone := range a.Place().Zones {
			if _, err := time.LoadLocation(zone); err != nil {
				t.Error(err)
			}
		}
	})
}

func BenchmarkPlace(b *testing.B) {
	a := Address{Country: "US", Postcode: "32456"}
	b.ReportAllocs()
	for b.Loop() {
		_ = a.Place()
	}
}
