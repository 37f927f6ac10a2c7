package campaigns

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// NumberReader finds who has a number, decides a call to it as the ledger would
// without writing anything, and knows what was decided before.
type NumberReader interface {
	ContactsByNumber(ctx context.Context, campaign int64, number string) ([]Contact, error)
	Weigh(ctx context.Context, c Campaign, p Contact, number string, manual bool, now time.Time) (*rules.Decision, error)
	List(ctx context.Context, id int64) (List, error)
	DecisionReader
}

// Lookup explains why a number is called, or is not.
type Lookup struct {
	campaigns CampaignReader
	numbers   NumberReader
	odds      OddsReader
}

// NewLookup returns the service.
func NewLookup(campaigns CampaignReader, numbers NumberReader, odds OddsReader) *Lookup {
	return &Lookup{campaigns: campaigns, numbers: numbers, odds: odds}
}

// Explain says what keeps a campaign from calling a number at a time, or that
// nothing does: every rule with its inputs, where each contact with the number
// stands, how likely it is to answer then and why, and at which hours of the
// next day. The zero time is now. The rules see what is known today: a later
// time asks what holds if nothing happens until then. What has been learned of
// who answers is what the campaign kept last, minutes ago while it runs.
func (l *Lookup) Explain(ctx context.Context, by User, campaign int64, number string, at time.Time) (Explanation, error) {
	if err := by.Allow(SeeCampaigns); err != nil {
		return Explanation{}, err
	}
	if err := rules.Dialable(number); err != nil {
		return Explanation{}, invalid("number_invalid", err)
	}
	if at.IsZero() {
		at = time.Now()
	}
	c, err := l.campaigns.Campaign(ctx, campaign)
	if err != nil {
		return Explanation{}, missing("campaign", err)
	}
	e := Explanation{
		Number: number, Campaign: c.Name, CampaignID: c.ID, Status: c.Status, At: at, KnowOdds: c.KnowOdds, Contacts: []Explained{},
	}
	people, err := l.numbers.ContactsByNumber(ctx, campaign, number)
	if err != nil {
		return Explanation{}, fmt.Errorf("find contacts of a number: %w", err)
	}
	if e.Past, err = l.past(ctx, number); err != nil {
		return Explanation{}, err
	}
	if len(people) == 0 {
		return l.stranger(ctx, e, c)
	}
	model, err := l.model(ctx, campaign)
	if err != nil {
		return Explanation{}, err
	}
	for _, p := range people {
		one, err := l.contact(ctx, c, p, number, at, model)
		if err != nil {
			return Explanation{}, err
		}
		e.DoNotCall = e.DoNotCall || objected(one.Verdicts)
		e.Allowed = e.Allowed || one.Allowed
		e.Rulebook = one.rulebook
		e.Contacts = append(e.Contacts, one)
	}
	e.Summary = e.summary()
	return e, nil
}

// stranger explains a number that no contact of the campaign has.
func (l *Lookup) stranger(ctx context.Context, e Explanation, c Campaign) (Explanation, error) {
	d, err := l.numbers.Weigh(ctx, c, Contact{}, e.Number, false, e.At)
	if err != nil {
		return Explanation{}, err
	}
	e.Verdicts, e.Place, e.Rulebook = d.Verdicts(), placeOf(d), rulebookOf(d)
	e.DoNotCall = objected(e.Verdicts)
	if next, ok := d.Next(); ok && !d.Allowed() {
		e.Next = next
	}
	e.Summary = e.summary()
	return e, nil
}

// model is what the campaign has learned; nothing, when it cannot be read.
func (l *Lookup) model(ctx context.Context, campaign int64) (*odds.Model, error) {
	model, err := ReadOdds(ctx, l.odds, campaign)
	if errors.Is(err, odds.ErrGarbled) {
		return odds.New(), nil // the hopper says so in the log, and learns anew
	}
	return model, err
}

func (l *Lookup) contact(ctx context.Context, c Campaign, p Contact, number string, at time.Time, model *odds.Model) (Explained, error) {
	d, err := l.numbers.Weigh(ctx, c, p, number, false, at)
	if err != nil {
		return Explained{}, err
	}
	list, err := l.numbers.List(ctx, p.List)
	if err != nil && !errors.Is(err, ErrNotFound) {
		return Explained{}, err
	}
	e := Explained{
		Contact: p, List: list.Name, ListActive: list.Active, State: stateWords(p, at, c.MaxAttempts), Verdicts: d.Verdicts(),
		Place: placeOf(d), Reserved: d.ReservedOnly(), rulebook: rulebookOf(d), rulesNext: ruleNext(d),
		Phone: slices.IndexFunc(p.Phones, func(one Phone) bool { return one.Number == number }),
	}
	if e.turn, err = l.turn(ctx, c, p, at); err != nil {
		return Explained{}, err
	}
	e.Turn = e.turn == e.Phone
	e.Filtered = c.leavesOut(p, list.Name, at)
	e.Allowed, e.Next = e.Reason(at) == "", e.next(at)
	there := p
	there.Phone = max(0, e.Phone) // the odds of this phone, whether or not it is its turn
	e.Chance = named(model.Chance(factsOf(there, at)), list.Name)
	e.Hours = nextDay(c, there, at, model)
	return e, l.closeHours(ctx, c, p, number, e.Hours)
}

// turn is the index of the phone that is called next: of one that the rules keep
// out as a number, it is the turn of another.
func (l *Lookup) turn(ctx context.Context, c Campaign, p Contact, at time.Time) (int, error) {
	if len(p.Phones) < 2 {
		return 0, nil
	}
	j, err := JudgePhones(p, at, func(phone int) (*rules.Decision, error) {
		return l.numbers.Weigh(ctx, c, p, p.Phones[phone%len(p.Phones)].Number, false, at)
	})
	return j.Phone % len(p.Phones), err
}

// named puts the name of the list where its number stands.
func named(chance odds.Chance, list string) odds.Chance {
	for i := range chance.Why {
		if chance.Why[i].Name == "list" && list != "" {
			chance.Why[i].Value = list
		}
	}
	return chance
}

// nextDay is a contact's next 24 hours, the first one from the time on that is
// asked about.
func nextDay(c Campaign, p Contact, at time.Time, model *odds.Model) []HourChance {
	const hours = 24
	_, zones := p.Dial()
	out := make([]HourChance, hours)
	for i := range out {
		from := at
		if i > 0 {
			from = at.Truncate(time.Hour).Add(time.Duration(i) * time.Hour)
		}
		h := HourChance{At: from, Open: openWithin(c, zones, from)}
		h.Answer, h.Odds = model.Answer(factsOf(p, from))
		if len(zones) > 0 {
			if loc, err := rules.Location(zones[0]); err == nil {
				h.Local = from.In(loc).Format("Mon 15:04")
			}
		}
		out[i] = h
	}
	return out
}

// openWithin tells whether a call may be placed at some minute of the hour that
// begins then.
func openWithin(c Campaign, zones []string, from time.Time) bool {
	opens, ok := rules.NextOpen(c.Windows, zones, from, c.RingTime+c.Hold)
	return ok && opens.Before(from.Truncate(time.Hour).Add(time.Hour))
}
