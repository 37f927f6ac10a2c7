package rules

import (
	"bytes"
	"testing"
	"time"
)

func TestAnOperatorsHolidaysReplaceACountryWhole(t *testing.T) {
	ours := holidaysOf(t, someHolidays)
	theirs := holidaysOf(t, "holidays: {country: ES, years: [2026], national: {2026-07-04: Ours}, incomplete: {2026: computed}}")
	france := holidaysOf(t, "holidays: {country: FR, years: [2026], national: {2026-07-14: Fête nationale}}")
	h := ours.Merge(france).Merge(theirs)
	for _, c := range []struct{ date, country, name string }{
		{"2026-07-04", "ES", "Ours"}, {"2026-12-08", "ES", ""}, {"2026-07-14", "FR", "Fête nationale"}, {"2026-07-15", "FR", ""}, {"2026-07-14", "DE", ""}, {"soon", "FR", ""},
	} {
		if got := h.On(c.date, c.country); got != c.name {
			t.Errorf("%s in %s: %q", c.date, c.country, got)
		}
	}
	if ours.On("2026-12-08", "ES") == "" || len(ours.Countries()) != 1 {
		t.Error("merging changed what was merged")
	}
	if !h.Until("ES").Equal(time.Date(2027, 1, 1, 0, 0, 0, 0, time.UTC)) || !h.Until("DE").IsZero() || h.Incomplete("ES")[2026] != "computed" || h.Incomplete("DE") != nil {
		t.Error("until when there is data")
	}
}

func TestHolidaysAreMadeAgainOfTheirSources(t *testing.T) {
	h := holidaysOf(t, someHolidays).Merge(holidaysOf(t, "holidays: {country: FR, years: [2026], national: {2026-07-14: x}}"))
	var again *Holidays
	for _, source := range h.Sources() {
		again = again.Merge(holidaysOf(t, string(source)))
	}
	if again.digest() != h.digest() || len(h.Sources()) != 2 || !bytes.Contains(h.Sources()[0], []byte("country: ES")) {
		t.Errorf("%d sources", len(h.Sources()))
	}
	var none *Holidays
	if none.On("2026-01-01", "ES") != "" || len(none.Sources()) != 0 || none.Merge(nil).digest() != none.digest() {
		t.Error("no holidays are some")
	}
}

func TestThePresetsAndTheirHolidaysMakeABook(t *testing.T) {
	b, err := NewBook(Presets(), BuiltHolidays())
	if err != nil {
		t.Fatal(err)
	}
	if s, ok := Preset("us-federal"); !ok || b.Set("us-federal") != s || b.Set("mars") != nil || len(b.Sets()) != len(Presets()) || len(b.HashText()) != 64 || b.Holidays() != BuiltHolidays() {
		t.Error("us-federal is not in force")
	}
	if _, ok := Preset("mars"); ok {
		t.Error("a preset of Mars")
	}
}
