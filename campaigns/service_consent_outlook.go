package campaigns

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// ConsentWalker walks through the numbers of a campaign that have consents.
type ConsentWalker interface {
	Consenting(ctx context.Context, campaign int64, after string, limit int) ([]Consenting, error)
}

// BookInForce is the rule book that binds now.
type BookInForce interface {
	Book() *rules.Book
}

// ConsentOutlook tells what a campaign loses as consents end: the rules in force
// are asked of each number, now and at the days to come.
type ConsentOutlook struct {
	store     ConsentWalker
	book      BookInForce
	campaigns CampaignReader
}

// NewConsentOutlook returns the service.
func NewConsentOutlook(store ConsentWalker, book BookInForce, campaigns CampaignReader) *ConsentOutlook {
	return &ConsentOutlook{store: store, book: book, campaigns: campaigns}
}

// Outlook is the consents of a campaign's callable numbers, within some days.
type Outlook struct {
	Campaign int64         `json:"campaign_id"`
	Days     int           `json:"days"`
	Numbers  int64         `json:"numbers"` // of contacts not yet done, that have entries in the ledger
	Stand    int64         `json:"stand"`   // that the consent rules allow now
	Lose     int64         `json:"lose"`    // of those, that they refuse within the days
	ByDay    []ConsentLoss `json:"by_day"`  // in UTC, those with a loss
	First    []ConsentEnd  `json:"first"`   // the first to be lost, at most 100
	Whole    bool          `json:"whole"`   // every number was asked; false = the first hundred thousand
}

// ConsentLoss is how many numbers lose their permission on a day.
type ConsentLoss struct {
	Day string `json:"day"` // 2026-11-22
	N   int64  `json:"n"`
}

// ConsentEnd is a number that loses its permission.
type ConsentEnd struct {
	Contact int64     `json:"contact_id"`
	At      time.Time `json:"at"` // from then on it is refused, to the minute
	Rule    rules.ID  `json:"rule"`
	Consent string    `json:"consent_id,omitempty"` // it stood on last
}

// Bounds of an outlook.
const (
	mostOutlook   = 100_000
	outlookPage   = 500
	mostEnds      = 100
	mostDaysAhead = 730
)

// Of looks ahead for a campaign, from 1 to 730 days.
func (o *ConsentOutlook) Of(ctx context.Context, by User, campaign int64, days int) (Outlook, error) {
	if err := by.Allow(SeeCompliance); err != nil {
		return Outlook{}, err
	}
	if days < 1 || days > mostDaysAhead {
		return Outlook{}, problem(KindInvalid, "days_invalid", "Look from 1 to %d days ahead.", mostDaysAhead)
	}
	c, err := o.campaigns.Campaign(ctx, campaign)
	if err != nil {
		return Outlook{}, missing("campaign", err)
	}
	w := outlook{Outlook: Outlook{Campaign: campaign, Days: days, Whole: true, ByDay: []ConsentLoss{}, First: []ConsentEnd{}},
		book: o.book.Book(), terms: c.Terms(), now: time.Now().UTC(), days: map[string]int64{}}
	for after := ""; ; {
		page, err := o.store.Consenting(ctx, campaign, after, outlookPage)
		if err != nil {
			return Outlook{}, fmt.Errorf("outlook of campaign %d: %w", campaign, err)
		}
		for _, p := range page {
			w.ask(p)
			after = p.Number
		}
		if len(page) < outlookPage {
			return w.done(), nil
		}
		if w.Numbers >= mostOutlook {
			w.Whole = false
			return w.done(), nil
		}
	}
}

// outlook is one on its way.
type outlook struct {
	Outlook
	book  *rules.Book
	terms rules.Terms
	now   time.Time
	days  map[string]int64
	d     rules.Decision
}

// ask finds out when a number loses its permission, to the minute.
func (w *outlook) ask(p Consenting) {
	w.Numbers++
	plan := w.book.Plan(w.terms, p.place())
	f := rules.Facts{Number: p.Number, Place: plan.Place(), Consents: p.Grants}
	_, stood, ok := w.permits(plan, &f, w.now, nil)
	if !ok {
		return
	}
	w.Stand++
	minutes := w.Outlook.Days * 24 * 60
	if _, _, ok := w.permits(plan, &f, w.now.Add(time.Duration(minutes)*time.Minute), stood); ok {
		return
	}
	w.Lose++
	allowed, refused := 0, minutes
	for refused-allowed > 1 {
		mid := (allowed + refused) / 2
		if _, _, ok := w.permits(plan, &f, w.now.Add(time.Duration(mid)*time.Minute), stood); ok {
			allowed = mid
		} else {
			refused = mid
		}
	}
	at := w.now.Add(time.Duration(refused) * time.Minute).Truncate(time.Minute)
	rule, _, _ := w.permits(plan, &f, w.now.Add(time.Duration(refused)*time.Minute), stood)
	end := ConsentEnd{Contact: p.Contact.ID, At: at, Rule: rule}
	if len(stood) > 0 {
		end.Consent = stood[0].grant
	}
	w.days[at.Format(time.DateOnly)]++
	w.First = append(w.First, end)
	if len(w.First) >= 4*mostEnds {
		w.soonest()
	}
}

// standsOn is a rule that a grant satisfies or lifts.
type standsOn struct {
	rule  rules.ID
	grant string
}

// permits tells whether consents allow the call at a time: every rule that asks
// for one is met, and so is every rule that stood on one before.
func (w *outlook) permits(plan *rules.Plan, f *rules.Facts, at time.Time, before []standsOn) (refuses rules.ID, stood []standsOn, ok bool) {
	plan.Decide(f, at, &w.d)
	for _, v := range w.d.Verdicts() {
		needs := v.Type == rules.TypeConsent || slices.ContainsFunc(before, func(s standsOn) bool { return s.rule == v.Rule })
		if needs && !v.OK && !v.Advisory {
			return v.Rule, nil, false
		}
		if v.Grant != "" && v.OK {
			stood = append(stood, standsOn{v.Rule, v.Grant})
		}
	}
	return "", stood, true
}

func (w *outlook) soonest() {
	slices.SortStableFunc(w.First, func(a, b ConsentEnd) int { return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Contact, b.Contact)) })
	w.First = w.First[:min(len(w.First), mostEnds)]
}

func (w *outlook) done() Outlook {
	w.soonest()
	for day, n := range w.days {
		w.ByDay = append(w.ByDay, ConsentLoss{day, n})
	}
	slices.SortFunc(w.ByDay, func(a, b ConsentLoss) int { return cmp.Compare(a.Day, b.Day) })
	return w.Outlook
}

// place is where the person of the number is taken to be.
func (c Consenting) place() rules.Place {
	for _, p := range c.Contact.Phones {
		if p.Number == c.Number {
			return c.Contact.Place(p)
		}
	}
	return c.Contact.Place(Phone{Number: c.Number})
}
