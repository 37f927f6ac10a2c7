package rules_test

import (
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
)

// call is a call that all presets together allow, until a case changes it.
type call struct {
	terms   rules.Terms
	phone   campaigns.Phone
	contact campaigns.Contact
	facts   rules.Facts
	now     time.Time
	lists   map[string]rules.Listed      // what a register says that is not fresh and without the number
	rates   map[rules.ID]rules.RateCount // of a rate that has no budget of 5
}

// the house's presets, all of them and without the strictest, are one book each.
var bookOf = sync.OnceValue(func() *rules.Book {
	sets := slices.DeleteFunc(rules.Presets(), func(s *rules.Set) bool { return s.Optional })
	return mustBook(sets)
})

var bookOfStrictest = sync.OnceValue(func() *rules.Book { return mustBook(rules.Presets()) })

func mustBook(sets []*rules.Set) *rules.Book {
	b, err := rules.NewBook(sets, rules.BuiltHolidays())
	if err != nil {
		panic(err)
	}
	return b
}

// at is a wall clock in a zone: "2026-11-24 11:00:00 Europe/Madrid".
func at(text string) time.Time {
	clock, zone := text[:19], text[20:]
	loc, err := rules.Location(zone)
	if err != nil {
		panic(err)
	}
	when, err := time.ParseInLocation(time.DateTime, clock, loc)
	if err != nil {
		panic(err)
	}
	return when
}

// to is a call to a number at a Tuesday in November that nobody forbids.
func to(t testing.TB, number, caller, when string) *call {
	t.Helper()
	n, err := numbers.Parse(number, "")
	if err != nil {
		t.Fatal(err)
	}
	now := at(when)
	given := now.AddDate(0, -1, 0)
	return &call{
		terms: rules.Terms{
			Campaign: 1, Seller: "Acme", Purpose: "sales", Subject: "phones", Goods: "phones", Mode: "predictive", Party: "consumer", Windows: rules.Always(),
			RingTime: 25 * time.Second, Hold: 2 * time.Second, Message: true, OptOut: true, Recording: "announce",
		},
		phone: campaigns.Phone{Number: n.E164, Region: n.Region, Kind: string(n.Kind), Zones: n.Zones},
		now:   now,
		facts: rules.Facts{
			CLI: rules.CLI{Number: caller, Seller: "Acme", Authorized: true, Callable: true, TestedAt: now.AddDate(0, 0, -3), LineType: "fixed", Country: n.Region},
			Consents: []rules.Grant{{ID: "g", Kind: "consent", Level: "express_written", Seller: "Acme", Purpose: "sales", At: given,
				Channels: rules.GrantLive | rules.GrantAutomated}},
			External: []rules.Checked{{Check: "rnd", At: given.AddDate(0, 0, 20), OK: true}, {Check: "in-dlt", At: now.Add(-time.Hour), OK: true}},
		},
		lists: map[string]rules.Listed{}, rates: map[rules.ID]rules.RateCount{},
	}
}

// bases are calls that every preset allows, by country.
var bases = map[string]func(t testing.TB) *call{
	"us": func(t testing.TB) *call {
		return to(t, "+12125550123", "+12125550100", "2026-11-24 11:00:00 America/New_York")
	},
	"gb": func(t testing.TB) *call {
		return to(t, "+442079460123", "+442079460100", "2026-11-24 11:00:00 Europe/London")
	},
	"es": func(t testing.TB) *call {
		return to(t, "+34600111222", "+34910000000", "2026-11-24 11:00:00 Europe/Madrid")
	},
	"fr": func(t testing.TB) *call {
		return to(t, "+33612345678", "+33162000001", "2026-11-24 11:00:00 Europe/Paris")
	},
	"de": func(t testing.TB) *call {
		return to(t, "+4930123456", "+4930000001", "2026-11-24 11:00:00 Europe/Berlin")
	},
	"it": func(t testing.TB) *call {
		return to(t, "+393401234567", "+390600000001", "2026-11-24 11:00:00 Europe/Rome")
	},
	"hu": func(t testing.TB) *call {
		return to(t, "+36301234567", "+3610000001", "2026-11-24 11:00:00 Europe/Budapest")
	},
	"ee": func(t testing.TB) *call {
		return to(t, "+3725123456", "+3726000001", "2026-11-24 11:00:00 Europe/Tallinn")
	},
	"ca": func(t testing.TB) *call {
		return to(t, "+14165550123", "+14165550100", "2026-11-24 11:00:00 America/Toronto")
	},
	"au": func(t testing.TB) *call { // from 09:00 in Perth until 17:00 in Sydney the whole country is open
		return to(t, "+61412345678", "+61280000001", "2026-11-24 14:00:00 Australia/Sydney")
	},
	"in": func(t testing.TB) *call {
		return to(t, "+919876543210", "+911400000001", "2026-11-24 11:00:00 Asia/Kolkata")
	},
}

// decide asks a book about the call.
func (c *call) decide(t testing.TB, b *rules.Book) *rules.Decision {
	t.Helper()
	place := c.contact.Place(c.phone)
	plan := b.Plan(c.terms, place)
	f := c.facts
	f.Number, f.Place = c.phone.Number, place
	for _, list := range plan.Lists() {
		l, ok := c.lists[list]
		if !ok {
			l = fresh(c.now)
		}
		f.Lists = append(f.Lists, l)
	}
	for _, rate := range plan.Rates() {
		n, ok := c.rates[rate.ID]
		if !ok {
			n = rules.RateCount{Known: true, Answered: 1000, Abandoned: 5, Budget: 25}
		}
		f.Rates = append(f.Rates, n)
	}
	var d rules.Decision
	plan.Decide(&f, c.now, &d)
	return &d
}

// fresh is a version of a register fetched yesterday that has not the number.
func fresh(now time.Time) rules.Listed {
	return rules.Listed{Loaded: true, Version: "v1", AccessedAt: now.Add(-24 * time.Hour)}
}

// verdict is that of one rule; ok is false when the rule does not apply.
func verdict(d *rules.Decision, id rules.ID) (rules.Verdict, bool) {
	for _, v := range d.Verdicts() {
		if v.Rule == id {
			return v, true
		}
	}
	return rules.Verdict{}, false
}

func TestTheCallsThatCasesChangeAreAllowedByEveryPreset(t *testing.T) {
	for country, base := range bases {
		t.Run(country, func(t *testing.T) {
			if r := base(t).decide(t, bookOf()).Refusal(); r != nil {
				t.Error(r)
			}
		})
	}
}
