package campaigns

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// CountriesCalled is where the people live whom a campaign calls.
type CountriesCalled struct {
	Campaign  int64    `json:"campaign"`
	Name      string   `json:"name"`
	Countries []string `json:"countries"` // ISO 3166-1 codes, sorted
}

// UnruledCountry is a country that is called while no rule set in force names
// it: its calls are judged by the base rules and by what holds everywhere, and
// by no law of the country.
type UnruledCountry struct {
	Country   string   `json:"country"`
	Campaigns []string `json:"campaigns"` // names of those that call there
}

// Unruled lists the countries that are called without a rule set, by code. A
// set that binds everywhere is the law of no country, and does not count.
func (b *RuleDesk) Unruled(ctx context.Context, by User) ([]UnruledCountry, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	called, err := b.store.CountriesCalled(ctx)
	if err != nil {
		return nil, err
	}
	var out []UnruledCountry
	sets := b.store.Book().Sets()
	for _, c := range called {
		for _, country := range c.Countries {
			if slices.ContainsFunc(sets, func(s *rules.Set) bool { return slices.Contains(s.Applies.Countries, country) }) {
				continue
			}
			i, there := slices.BinarySearchFunc(out, country, func(u UnruledCountry, code string) int {
				return strings.Compare(u.Country, code)
			})
			if !there {
				out = slices.Insert(out, i, UnruledCountry{Country: country})
			}
			out[i].Campaigns = append(out[i].Campaigns, c.Name)
		}
	}
	return out, nil
}

// HolidaysEnding lists the countries named by rules in force whose holidays are
// not known for long, in the data that judges calls: rules that need a day
// without data refuse it.
func (b *RuleDesk) HolidaysEnding(_ context.Context, by User, now time.Time) ([]rules.HolidaysEnding, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return nil, err
	}
	book := b.store.Book()
	return slices.DeleteFunc(book.Holidays().Ending(now), func(e rules.HolidaysEnding) bool {
		return !slices.ContainsFunc(book.Sets(), func(s *rules.Set) bool { return slices.Contains(s.Applies.Countries, e.Country) })
	}), nil
}
