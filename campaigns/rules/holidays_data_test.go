package rules_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// easter is Easter Sunday of the Western churches (Meeus, Jones and Butcher).
func easter(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d, e := b/4, b%4
	g := (b - (b+8)/25 + 1) / 3
	h := (19*a + b - d - g + 15) % 30
	l := (32 + 2*e + 2*(c/4) - h - c%4) % 7
	m := (a + 11*h + 22*l) / 451
	month, day := (h+l-7*m+114)/31, (h+l-7*m+114)%31+1
	return time.Date(year, time.Month(month), day, 12, 0, 0, 0, time.UTC)
}

func TestTheAlgorithmFindsTheEastersThatAreKnown(t *testing.T) {
	for _, known := range []string{
		"1818-03-22", "1886-04-25", "1943-04-25", "1961-04-02", "1999-04-04", "2000-04-23", "2008-03-23", "2011-04-24", "2016-03-27", "2019-04-21", "2020-04-12", "2021-04-04",
		"2022-04-17", "2023-04-09", "2024-03-31", "2025-04-20", "2026-04-05", "2027-03-28", "2028-04-16", "2029-04-01", "2030-04-21", "2038-04-25", "2285-03-22",
	} {
		var year int
		if _, err := fmt.Sscanf(known, "%d-", &year); err != nil {
			t.Fatal(err)
		}
		if got := easter(year).Format(time.DateOnly); got != known {
			t.Errorf("%d: %s, want %s", year, got, known)
		}
	}
}

// movable are feasts by their distance from Easter Sunday, where they are kept.
var movable = []struct {
	country, region string
	days            int
	name            string
}{
	{"ES", "ES-MD", -3, "Jueves Santo"}, {"ES", "", -2, "Viernes Santo"}, {"ES", "ES-CT", 1, "Lunes de Pascua"}, {"ES", "ES-CM", 60, "Corpus Christi"},
	{"FR", "", 1, "Lundi de Pâques"}, {"FR", "", 39, "Ascension"}, {"FR", "", 50, "Lundi de Pentecôte"}, {"FR", "FR-67", -2, "Vendredi saint"},
	{"DE", "", -2, "Karfreitag"}, {"DE", "", 1, "Ostermontag"}, {"DE", "", 39, "Christi Himmelfahrt"}, {"DE", "", 50, "Pfingstmontag"}, {"DE", "DE-BY", 60, "Fronleichnam"},
	{"IT", "", 0, "Pasqua"}, {"IT", "", 1, "Lunedì dell'Angelo"}, {"IT", "IT-BZ", 50, "Lunedì di Pentecoste"},
	{"HU", "", -2, "Nagypéntek"}, {"HU", "", 1, "Húsvéthétfő"}, {"HU", "", 50, "Pünkösdhétfő"},
	{"EE", "", -2, "suur reede"}, {"EE", "", 0, "ülestõusmispühade 1. püha"}, {"EE", "", 49, "nelipühade 1. püha"},
	{"GB", "", -2, "Good Friday"}, {"GB", "GB-ENG", 1, "Easter Monday"}, {"AU", "", -2, "Good Friday"}, {"AU", "", 1, "Easter Monday"},
	{"CA", "", -2, "Good Friday"}, {"CA", "CA-QC", 1, "lundi de Pâques"}, {"US", "US-LA", -47, "Mardi Gras"}, {"US", "US-PA", -2, "Good Friday"},
}

func TestTheMovableFeastsOfEveryYearFollowEaster(t *testing.T) {
	h := rules.BuiltHolidays()
	for year := 2026; year <= 2028; year++ {
		for _, f := range movable {
			date := easter(year).AddDate(0, 0, f.days).Format(time.DateOnly)
			if got := h.On(date, f.country, regions(f.country, f.region)...); got != f.name {
				t.Errorf("%s in %s %s: %q, want %q", date, f.country, f.region, got, f.name)
			}
		}
	}
}

// regions is one region, or one that has no days of its own.
func regions(country, region string) []string {
	if region == "" {
		return []string{country + "-NATIONAL"}
	}
	return []string{region}
}

func TestHolidaysThatAreKnownAreInTheData(t *testing.T) {
	h := rules.BuiltHolidays()
	for _, c := range []struct{ date, country, region, name string }{
		{"2026-06-24", "ES", "ES-CT", "Sant Joan"}, {"2026-06-24", "ES", "ES-MD", ""}, {"2026-03-19", "ES", "ES-VC", "San José"}, {"2026-11-02", "ES", "ES-MD", "Todos los Santos (moved from Sunday)"},
		{"2026-05-02", "ES", "ES-MD", "Fiesta de la Comunidad de Madrid"}, {"2026-05-27", "ES", "ES-CE", "Fiesta del Sacrificio (Eidul Adha)"},
		{"2026-07-14", "FR", "", "Fête nationale"}, {"2026-12-26", "FR", "", ""}, {"2026-12-26", "FR", "FR-67", "Saint-Étienne"},
		{"2026-11-18", "DE", "DE-SN", "Buß- und Bettag"}, {"2027-11-17", "DE", "DE-SN", "Buß- und Bettag"}, {"2028-11-22", "DE", "DE-SN", "Buß- und Bettag"},
		{"2026-09-20", "DE", "DE-TH", "Weltkindertag"}, {"2026-03-08", "DE", "DE-BE", "Internationaler Frauentag"}, {"2026-03-08", "DE", "DE-BY", ""},
		{"2027-10-04", "IT", "", "San Francesco d'Assisi"}, {"2026-10-23", "HU", "", "Az 1956-os forradalom ünnepe"}, {"2026-02-24", "EE", "", "iseseisvuspäev"},
		{"2026-11-26", "US", "", "Thanksgiving Day"}, {"2027-11-25", "US", "", "Thanksgiving Day"}, {"2026-07-03", "US", "", "Independence Day (observed)"},
		{"2027-12-31", "US", "", "New Year's Day 2028 (observed)"}, {"2026-01-19", "US", "", "Martin Luther King Jr. Day"}, {"2026-05-25", "US", "", "Memorial Day"},
		{"2026-07-24", "US", "US-UT", "Pioneer Day"}, {"2026-08-10", "US", "US-RI", "Victory Day"}, {"2026-11-03", "US", "US-PA", "Election Day"}, {"2028-11-07", "US", "US-LA", "General election day"},
		{"2026-08-31", "GB", "GB-ENG", "Summer bank holiday"}, {"2026-08-03", "GB", "GB-SCT", "Summer bank holiday"}, {"2026-08-31", "GB", "GB-SCT", ""},
		{"2026-07-13", "GB", "GB-NIR", "Battle of the Boyne (substitute day)"}, {"2026-12-28", "GB", "", "Boxing Day (substitute day)"}, {"2027-12-27", "GB", "", "Christmas Day (substitute day)"},
		{"2026-01-26", "AU", "", "Australia Day"}, {"2026-11-03", "AU", "AU-VIC", "Melbourne Cup"}, {"2026-11-03", "AU", "AU-NSW", ""}, {"2026-12-28", "AU", "", "Boxing Day (substitute)"},
		{"2026-07-01", "CA", "", "Canada Day"}, {"2026-05-18", "CA", "CA-ON", "Victoria Day"}, {"2026-06-24", "CA", "CA-QC", "Fête nationale du Québec"}, {"2026-10-12", "CA", "CA-ON", "Thanksgiving"},
		{"2026-10-02", "IN", "", "Gandhi Jayanti"},
	} {
		if got := h.On(c.date, c.country, regions(c.country, c.region)...); got != c.name {
			t.Errorf("%s in %s %s: %q, want %q", c.date, c.country, c.region, got, c.name)
		}
	}
}

func TestEveryCountryWithHolidaysHasThreeYearsAndItsRegions(t *testing.T) {
	h := rules.BuiltHolidays()
	counts := map[string]int{"AU": 8, "CA": 13, "DE": 16, "EE": 0, "ES": 19, "FR": 11, "GB": 4, "HU": 0, "IN": 0, "IT": 1, "US": 5}
	for _, country := range h.Countries() {
		n, known := counts[country]
		if !known || len(h.Regions(country)) != n {
			t.Errorf("%s has %d regions, want %d", country, len(h.Regions(country)), n)
		}
		if until := h.Until(country); until.Year() != 2029 {
			t.Errorf("the data of %s end %s", country, until)
		}
		delete(counts, country)
		for _, year := range []string{"2026", "2027", "2028"} {
			if h.On(year+"-01-01", country) == "" && country != "IN" {
				t.Errorf("%s has no New Year in %s", country, year)
			}
		}
	}
	if len(counts) > 0 {
		t.Errorf("no data of %v", counts)
	}
	if !slices.Contains(h.Regions("ES"), "ES-ML") {
		t.Error("Melilla is missing")
	}
}
