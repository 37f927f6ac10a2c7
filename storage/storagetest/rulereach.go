package storagetest

import (
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

var ruleReachTests = []test{
	{"the countries that are called are those of the numbers on the lists", countriesOnLists},
}

func countriesOnLists(b *bench) {
	wide, none, over := b.campaign("wide"), b.campaign("none"), b.campaign("over")
	for _, c := range []campaigns.Campaign{wide, over} {
		var people []campaigns.Contact
		// Two lengths of Spain's neighbours in the index, and the countries that
		// share the code of the United States.
		for i, number := range []string{"+34600111222", "+34911234567", "+3725012345", "+37250123456", "+12025550123", "+13055550124", "+14165550125", "+18765550126", "+5511987654321", "+447700900123", "+447781123456"} {
			people = append(people, campaigns.Contact{Row: i + 1, Name: fmt.Sprint("Person ", i), Phones: []campaigns.Phone{{Number: number}}})
		}
		b.load(b.list(c, "l", 1), people, campaigns.SkipDuplicates)
	}
	_, err := b.SetStatus(b.Context(), over.ID, campaigns.Stopped, "tester")
	b.must(err)
	got, err := b.CountriesCalled(b.Context())
	b.must(err)
	want := []campaigns.CountriesCalled{
		{Campaign: none.ID, Name: "none"},
		{Campaign: wide.ID, Name: "wide", Countries: []string{"BR", "CA", "EE", "ES", "GB", "GG", "JM", "US"}},
	}
	if fmt.Sprint(got) != fmt.Sprint(want) {
		b.Errorf("called %v, want %v", got, want)
	}
}
