package rules_test

import (
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Section 4 of the compliance notes: the cases that are the data's.

func TestANumberOfAlaskaIsNotCalledBeforeEightInAdak(t *testing.T) {
	c := bases["us"](t)
	dialed("+19075550123")(t, c)
	c.now = at("2026-11-24 08:30:00 America/Anchorage")
	v, _ := verdict(c.decide(t, bookOf()), "us.hours")
	if v.OK || v.Zone != "America/Adak" || !strings.HasPrefix(v.Local, "2026-11-24T07:30:00") || !v.Next.Equal(at("2026-11-24 08:00:00 America/Adak")) {
		t.Errorf("%+v", v)
	}
}

func TestFloridaIsPresumedByItsAreaCodeWhateverTheAddress(t *testing.T) {
	c := bases["us"](t)
	dialed("+13055550123")(t, c)
	lives("US", "US-GA", "30301")(t, c)
	c.now = at("2026-11-24 20:30:00 America/New_York")
	d := c.decide(t, bookOf())
	if v, _ := verdict(d, "us.fl.hours"); v.OK {
		t.Errorf("%+v", v)
	}
	if v, _ := verdict(d, "us.hours"); !v.OK {
		t.Errorf("%+v", v)
	}
	abroad := bases["us"](t)
	lives("US", "US-FL", "33101")(t, abroad)
	abroad.now = c.now
	if v, _ := verdict(abroad.decide(t, bookOf()), "us.fl.hours"); v.OK {
		t.Errorf("somebody in Miami with a number of New York: %+v", v)
	}
}

func TestSantJoanIsKeptInCataloniaAndWhereNobodyKnows(t *testing.T) {
	for _, one := range []struct {
		name, number, postcode string
		open                   bool
	}{
		{"an address in Barcelona", "+34600111222", "08001", false},
		{"an address in Madrid", "+34600111222", "28013", true},
		{"a mobile of which nothing is known", "+34600111222", "", false},
		{"a fixed line of Barcelona", "+34931234567", "", false},
		{"a fixed line of Madrid", "+34911234567", "", true},
		{"a fixed line of Barcelona, an address in Madrid: both bind", "+34931234567", "28013", false},
	} {
		c := bases["es"](t)
		dialed(one.number)(t, c)
		c.now = at("2026-06-24 12:00:00 Europe/Madrid")
		if one.postcode != "" {
			lives("ES", "", one.postcode)(t, c)
		}
		if v, _ := verdict(c.decide(t, bookOf()), "es.hours"); v.OK != one.open || !one.open && v.Reason != "holiday" {
			t.Errorf("%s: %+v", one.name, v)
		}
	}
}

func TestASpanishConsentEndsWithItsSecondYearAtMidnightOfThePerson(t *testing.T) {
	for _, one := range []struct {
		zone string
		ends string
	}{
		{"Europe/Madrid", "2026-11-24 00:00:00 Europe/Madrid"},
		{"Atlantic/Canary", "2026-11-24 00:00:00 Atlantic/Canary"},
	} {
		c := bases["es"](t)
		c.contact.Zones = []string{one.zone}
		c.facts.Consents = []rules.Grant{{ID: "g", Kind: "consent", Level: "express", Seller: "Acme", At: at("2024-11-24 16:00:00 Europe/Madrid")}}
		end := at(one.ends)
		c.now = end.Add(-time.Second)
		if v, _ := verdict(c.decide(t, bookOf()), "es.void"); !v.OK {
			t.Errorf("%s, a second before midnight: %+v", one.zone, v)
		}
		c.now = end // it expires during the campaign: asked at dial, not at import
		if v, _ := verdict(c.decide(t, bookOf()), "es.void"); v.OK {
			t.Errorf("%s, at midnight: %+v", one.zone, v)
		}
	}
}

func TestTheFrenchLunchIsThatOfTheConsumer(t *testing.T) {
	c := bases["fr"](t)
	dialed("+262692123456")(t, c) // La Réunion, three hours before Paris
	for clock, open := range map[string]bool{"2026-11-24 10:30:00": false, "2026-11-24 11:00:00": true, "2026-11-24 17:00:00": false, "2026-11-24 09:30:00": true} {
		c.now = at(clock + " Europe/Paris")
		if v, _ := verdict(c.decide(t, bookOf()), "fr.hours"); v.OK != open {
			t.Errorf("%s in Paris: %+v", clock, v)
		}
	}
	c.now = at("2026-11-24 13:10:00 Indian/Reunion")
	v, _ := verdict(c.decide(t, bookOf()), "fr.hours")
	if !v.Next.Equal(at("2026-11-24 14:00:00 Indian/Reunion")) {
		t.Errorf("next %s", v.Next)
	}
}

func TestAChristmasWeekendEndsAtTheNextDayThatIsOpen(t *testing.T) {
	c := bases["es"](t)
	lives("ES", "", "08001")(t, c)
	c.now = at("2026-12-24 21:00:00 Europe/Madrid") // Friday is Christmas, Saturday Sant Esteve
	v, _ := verdict(c.decide(t, bookOf()), "es.hours")
	if want := at("2026-12-28 09:00:00 Europe/Madrid"); !v.Next.Equal(want) {
		t.Errorf("next %s, want %s", v.Next, want)
	}
}

func TestTwelveAreThreeCallsInTwentyFourHoursOverTheEndOfSummerTime(t *testing.T) {
	c := bases["us"](t)
	dialed("+13055550123")(t, c)
	first := at("2026-10-31 12:00:00 America/New_York")
	for _, minutes := range []int{120, 60, 0} {
		c.facts.History = append(c.facts.History, rules.Past{At: first.Add(time.Duration(minutes) * time.Minute), Seller: "Acme", Subject: "phones", Outcome: "no_answer"})
	}
	c.now = at("2026-11-01 10:59:59 America/New_York") // 23:59:59 h later: the day has 25 hours
	v, _ := verdict(c.decide(t, bookOf()), "us.fl.freq")
	if v.OK || v.Used != 3 || v.Max != 3 || !v.Next.Equal(at("2026-11-01 11:00:00 America/New_York")) {
		t.Errorf("%+v", v)
	}
	c.now = at("2026-11-01 11:00:00 America/New_York")
	if v, _ := verdict(c.decide(t, bookOf()), "us.fl.freq"); !v.OK {
		t.Errorf("%+v", v)
	}
}

func TestNumbersThatAreNowhereAreRefusedUnlessTheListGivesAZone(t *testing.T) {
	for _, number := range []string{"+18005550123", "+88312345678"} {
		c := bases["us"](t)
		c.phone = campaigns.Phone{Number: number}
		if v, _ := verdict(c.decide(t, bookOf()), rules.Zone); v.OK {
			t.Errorf("%s: %+v", number, v)
		}
		c.contact.Zones = []string{"America/New_York"}
		if v, _ := verdict(c.decide(t, bookOf()), rules.Zone); !v.OK {
			t.Errorf("%s with a zone: %+v", number, v)
		}
	}
}

func TestTwoCountriesBindTogether(t *testing.T) {
	c := bases["us"](t) // a number of New York of somebody who lives in Paris
	lives("FR", "", "75001")(t, c)
	c.now = at("2026-11-24 13:30:00 Europe/Paris")
	d := c.decide(t, bookOf())
	for id, ok := range map[rules.ID]bool{"fr.hours": false, "us.hours": true, "us.dnc.national": true, "fr.cli.range": false} {
		if v, applies := verdict(d, id); !applies || v.OK != ok {
			t.Errorf("%s: %+v, applies %v", id, v, applies)
		}
	}
}

func TestAYearWithoutHolidaysClosesTheWindowAndSaysSo(t *testing.T) {
	c := bases["es"](t)
	lives("ES", "", "28013")(t, c)
	c.now = at("2029-01-09 12:00:00 Europe/Madrid") // a Tuesday; the data end with 2028
	c.facts.Consents[0].At = c.now.AddDate(0, -1, 0)
	v, _ := verdict(c.decide(t, bookOf()), "es.hours")
	if v.OK || v.Reason != "no_holiday_data" {
		t.Errorf("%+v", v)
	}
}

func TestAnOperatorsHolidaysReplaceThoseOfACountry(t *testing.T) {
	own, err := rules.ParseHolidays([]byte("holidays:\n  country: ES\n  years: [2026]\n  source: ours\n  national: {2026-11-24: \"Nuestra fiesta\"}\n  regions: {ES-MD: {}}\n"))
	if err != nil {
		t.Fatal(err)
	}
	b, err := rules.NewBook(bookOf().Sets(), rules.BuiltHolidays().Merge(own))
	if err != nil {
		t.Fatal(err)
	}
	c := bases["es"](t)
	if v, _ := verdict(c.decide(t, b), "es.hours"); v.OK || v.Reason != "holiday" {
		t.Errorf("%+v", v)
	}
	if r := bases["fr"](t).decide(t, b).Refusal(); r != nil {
		t.Errorf("the other countries stay: %v", r)
	}
}
