package demo

import (
	"encoding/csv"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/testdata"
)

// lawBook is what the demo adopts.
func lawBook(t *testing.T) *rules.Book {
	t.Helper()
	var sets []*rules.Set
	for id := range strings.FieldsSeq(lawInForce) {
		set, ok := rules.Preset(id)
		if !ok {
			t.Fatalf("there is no preset %s", id)
		}
		sets = append(sets, set)
	}
	book, err := rules.NewBook(sets, rules.BuiltHolidays())
	if err != nil {
		t.Fatal(err)
	}
	return book
}

// verdict decides a call of the second campaign to a person, by the facts that
// the lists and registers of the demo come to.
func verdict(t *testing.T, book *rules.Book, c country, p person, now time.Time) *rules.Decision {
	t.Helper()
	number, err := numbers.Parse(p.phone, p.region)
	if err != nil {
		t.Fatalf("%s: %v", p.id, err)
	}
	phone := campaigns.Phone{Number: p.phone, Region: number.Region, Kind: string(number.Kind), Zones: number.Zones}
	contact := campaigns.Contact{Country: p.country, Postcode: p.postcode}
	terms := rules.Terms{
		Campaign: 2, Seller: "Demo Telecom", Purpose: "sales", Goods: "fibre lines", Subject: "fibre", Mode: "predictive", Windows: week(t),
		RingTime: ringTime, Hold: campaigns.MaxHold, MaxTries: 1, Message: true, OptOut: true, Recording: "off",
	}
	plan := book.Plan(terms, contact.Place(phone))
	f := &rules.Facts{
		Number: p.phone, Place: contact.Place(phone),
		CLI: rules.CLI{Number: c.caller, Seller: terms.Seller, Authorized: true, Callable: true, From: now.Add(-time.Hour), TestedAt: now.Add(-time.Minute)},
	}
	for _, list := range plan.Lists() {
		f.Lists = append(f.Lists, rules.Listed{Loaded: true, AccessedAt: now.Add(-time.Hour), Listed: list == p.listed})
	}
	for range plan.Rates() {
		f.Rates = append(f.Rates, rules.RateCount{Known: true, Answered: 1000, Budget: 30})
	}
	if g := p.given; g != nil {
		at := g.At.Truncate(24 * time.Hour)
		grant := rules.Grant{ID: "g", Kind: string(g.Kind), Level: string(g.Level), Seller: terms.Seller, At: at, Until: g.Until}
		if p.revoked {
			grant.Revoked = now.Add(-time.Minute)
		}
		f.Consents = append(f.Consents, grant)
	}
	d := new(rules.Decision)
	plan.Decide(f, now, d)
	return d
}

func week(t *testing.T) rules.Week {
	t.Helper()
	w, err := rules.ParseWeek(map[string][]string{"sun-sat": {"00:00-24:00"}})
	if err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEverybodyOfTheThreeCountriesIsRefusedByTheRuleThatTheCaseIsMadeFor(t *testing.T) {
	book, now := lawBook(t), time.Date(2026, 11, 24, 12, 0, 0, 0, time.UTC) // a Tuesday
	refused := map[string]int{}
	for _, c := range threeCountries(mostPeople, now) {
		for _, p := range c.people {
			d := whenOpen(t, book, c, p, now)
			got := string(d.PrimaryRule())
			if got != p.expected {
				t.Errorf("%s in %s: refused by %q, meant for %q", p.id, c.name, got, p.expected)
			}
			if got != "" {
				refused[got]++
			}
		}
	}
	for _, rule := range []string{"es.void", "es.consent", "es.robinson", "us.fl.consent", "us.dnc.national", "fr.optin"} {
		if refused[rule] == 0 {
			t.Errorf("nobody is refused by %s", rule)
		}
	}
}

// whenOpen decides at the first hour of the next days at which no window refuses.
func whenOpen(t *testing.T, book *rules.Book, c country, p person, from time.Time) *rules.Decision {
	t.Helper()
	for h := range 24 {
		d := verdict(t, book, c, p, from.Add(time.Duration(h)*time.Hour))
		if !slices.ContainsFunc(d.Verdicts(), func(v rules.Verdict) bool { return v.Type == rules.TypeWindow && !v.OK && !v.Advisory }) {
			return d
		}
	}
	t.Fatalf("%s is never open within a day", p.id)
	return nil
}

func TestAtEveryHourOfAWeekSomebodyMayBeCalledOrAWindowSaysWhenItOpens(t *testing.T) {
	book := lawBook(t)
	for _, monday := range []time.Time{
		time.Date(2026, 11, 23, 0, 30, 0, 0, time.UTC), time.Date(2026, 7, 6, 0, 30, 0, 0, time.UTC), time.Date(2026, 12, 21, 0, 30, 0, 0, time.UTC),
	} {
		lists, shut := threeCountries(mostPeople, monday), 0
		for h := range 7 * 24 {
			now, open, reasons := monday.Add(time.Duration(h)*time.Hour), 0, map[string]bool{}
			for _, c := range lists {
				for _, p := range c.people {
					if p.expected != "" {
						continue
					}
					first, refused := verdict(t, book, c, p, now).Primary()
					switch {
					case !refused:
						open++
					case first.Type != rules.TypeWindow || first.Next.IsZero():
						t.Errorf("%s, %s: %s refuses and says no time: %s", now.Format("Mon 15:04"), p.id, first.Rule, first.Detail)
					}
					reasons[string(first.Rule)] = true
				}
			}
			if open == 0 {
				shut++
				if !reasons["es.hours"] || !reasons["fr.hours"] || !reasons["us.hours"] {
					t.Errorf("%s: nobody is open, and the windows of three countries do not say why: %v", now.Format("Mon 15:04"), reasons)
				}
			}
		}
		t.Logf("week of %s: at %d of 168 hours nobody may be called", monday.Format(time.DateOnly), shut)
		if shut > 4 {
			t.Errorf("week of %s: at %d hours nobody may be called", monday.Format(time.DateOnly), shut)
		}
	}
}

func TestThePeopleOfTheCountriesAreNobodyElse(t *testing.T) {
	data, err := testdata.Lists.ReadFile("lists/demo.csv")
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]string{}
	rows, err := csv.NewReader(strings.NewReader(string(data))).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	for _, row := range rows {
		for _, cell := range row[3:5] {
			if n, err := numbers.Parse(cell, "US"); err == nil {
				seen[n.E164] = row[0]
			}
		}
	}
	for _, c := range threeCountries(mostPeople, time.Now()) {
		if len(c.people) != mostPeople {
			t.Errorf("%s has %d people", c.name, len(c.people))
		}
		for _, p := range append(slices.Clone(c.people), person{id: "ours", phone: c.caller}) {
			if who := seen[p.phone]; who != "" {
				t.Errorf("%s has the number of %s", p.id, who)
			}
			seen[p.phone] = p.id
		}
	}
}
