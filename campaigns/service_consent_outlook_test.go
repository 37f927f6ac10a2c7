package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// consentShelf is a campaign with people who permitted calls.
type consentShelf struct {
	CampaignReader
	people []Consenting
	book   *rules.Book
}

func (s consentShelf) Campaign(context.Context, int64) (Campaign, error) {
	c := NewCampaign("spring")
	c.ID, c.Seller = 1, "Aigua SL"
	return c, nil
}

func (s consentShelf) Book() *rules.Book { return s.book }

func (s consentShelf) Consenting(_ context.Context, _ int64, after string, limit int) ([]Consenting, error) {
	i := slices.IndexFunc(s.people, func(p Consenting) bool { return p.Number > after })
	if i < 0 {
		return nil, nil
	}
	return s.people[i:min(i+limit, len(s.people))], nil
}

func consenter(i int, given time.Time, until time.Time) Consenting {
	number := fmt.Sprintf("+34911%06d", i)
	return Consenting{
		Number:  number,
		Contact: Contact{ID: int64(i), Phones: []Phone{{Number: number, Region: "ES", Kind: "fixed", Zones: []string{"Europe/Madrid"}}}},
		Grants:  []rules.Grant{{ID: fmt.Sprint("c", i), Kind: "consent", Level: "express", Seller: "Aigua SL", Channels: rules.GrantLive, At: given, Until: until}},
	}
}

const spainTwoYears = `
ruleset: {id: es-test, version: 1, reviewed_on: 2026-11-21}
applies_when: {called_country: ES}
rules:
  - {id: es.consent, type: consent, any: [{consent: {max_age: 2y}}], cite: "RDLeg 1/2007 art. 62.1"}
`

func TestAnOutlookTellsToTheMinuteWhoLosesPermissionAndWhen(t *testing.T) {
	set, err := rules.ParseSet([]byte(spainTwoYears))
	if err != nil {
		t.Fatal(err)
	}
	book, err := rules.NewBook([]*rules.Set{set}, nil)
	if err != nil {
		t.Fatal(err)
	}
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(time.Until(time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)))
		s := consentShelf{book: book}
		old := time.Date(2024, 11, 30, 15, 0, 0, 0, time.UTC)
		s.people = append(s.people, consenter(1, old, time.Time{}))                                                    // two years: 30 Nov, midnight in Madrid
		s.people = append(s.people, consenter(2, old.AddDate(1, 0, 0), time.Date(2026, 12, 1, 8, 15, 0, 0, time.UTC))) // its own end
		s.people = append(s.people, consenter(3, old.AddDate(1, 0, 0), time.Time{}))                                   // stands for a year yet
		s.people = append(s.people, consenter(4, old.AddDate(-1, 0, 0), time.Time{}))                                  // lost long ago
		for i := range 1200 {
			s.people = append(s.people, consenter(100+i, old, time.Time{}))
		}
		slices.SortFunc(s.people, func(a, b Consenting) int { return int(a.Contact.ID - b.Contact.ID) })
		o := NewConsentOutlook(s, s, s)
		got, err := o.Of(t.Context(), User{Role: Compliance}, 1, 30)
		if err != nil {
			t.Fatal(err)
		}
		if got.Numbers != 1204 || got.Stand != 1203 || got.Lose != 1202 || !got.Whole || len(got.First) != 100 {
			t.Fatalf("outlook %+v", got)
		}
		midnight := time.Date(2026, 11, 29, 23, 0, 0, 0, time.UTC) // 30 Nov in Madrid
		if first := got.First[0]; !first.At.Equal(midnight) || first.Contact != 1 || first.Rule != "es.consent" || first.Consent != "c1" {
			t.Errorf("first %+v, want %s", first, midnight)
		}
		if want := []ConsentLoss{{"2026-11-29", 1201}, {"2026-12-01", 1}}; !slices.Equal(got.ByDay, want) {
			t.Errorf("by day %v, want %v", got.ByDay, want)
		}
		week, err := o.Of(t.Context(), User{Role: Manager}, 1, 5)
		if err != nil || week.Lose != 0 {
			t.Errorf("within five days %+v, %v", week, err)
		}
		if _, err := o.Of(t.Context(), User{Role: Agent}, 1, 5); !errors.Is(err, ErrForbidden) {
			t.Errorf("an agent: %v", err)
		}
		if _, err := o.Of(t.Context(), User{Role: Admin}, 1, 0); err == nil {
			t.Error("no days at all")
		}
	})
}
