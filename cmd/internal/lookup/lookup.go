package lookup

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/numbers"
	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// Store finds contacts by number and reads what the rules ask of them.
type Store interface {
	ContactsByNumber(ctx context.Context, campaign int64, number string) ([]campaigns.Contact, error)
	DialFacts(ctx context.Context, c campaigns.Campaign, p campaigns.Contact, number string, now time.Time) (rules.Facts, error)
	Lists(ctx context.Context, campaign int64) ([]campaigns.List, error)
}

// Explanation says why a number is called by a campaign at a time, or is not.
type Explanation struct {
	Number     string
	Campaign   string
	CampaignID int64
	At         time.Time
	Status     campaigns.Status
	KnowOdds   bool
	Allowed    bool   // some contact with the number may be called at At
	Summary    string // one sentence
	DoNotCall  bool
	Contacts   []Explained
	Verdicts   []rules.Verdict // for the number alone, when no contact has it
}

// Explained is one contact with the number.
type Explained struct {
	Contact    campaigns.Contact
	List       string
	ListActive bool
	Phone      int    // index of the number among the contact's phones
	Turn       bool   // that phone is the one to be called next
	State      string // where the contact stands, in a sentence
	Verdicts   []rules.Verdict
	Allowed    bool
	Next       time.Time // when the rules allow it; zero = not by time alone
	Chance     odds.Chance
	Hours      []HourChance // the next 24
}

// HourChance is how likely an answer is in an hour.
type HourChance struct {
	At           time.Time
	Local        string // there, as "Mon 15:00"
	Open         bool   // the calling window is open in it
	Answer, Odds float64
}

// Lookup explains numbers.
type Lookup struct {
	book    *campaigns.Book
	store   Store
	learned campaigns.OddsReader
}

// New returns the service.
func New(book *campaigns.Book, store Store, learned campaigns.OddsReader) *Lookup {
	return &Lookup{book: book, store: store, learned: learned}
}

// Explain says why a number in E.164 is called by a campaign at a time, or is not; the zero time is now. It takes the right
// to see campaigns. A number that is none is a Problem of KindInvalid.
func (l *Lookup) Explain(ctx context.Context, by campaigns.User, campaign int64, number string, at time.Time) (Explanation, error) {
	c, err := l.book.Campaign(ctx, by, campaign)
	if err != nil {
		return Explanation{}, err
	}
	if err := rules.Dialable(number); err != nil {
		return Explanation{}, &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "number_invalid", Text: "Write the number in E.164, as +34600111222: " + err.Error() + "."}
	}
	if at.IsZero() {
		at = time.Now()
	}
	e := Explanation{Number: number, Campaign: c.Name, CampaignID: c.ID, At: at, Status: c.Status, KnowOdds: c.KnowOdds}
	contacts, err := l.store.ContactsByNumber(ctx, c.ID, number)
	if err != nil {
		return e, err
	}
	if len(contacts) == 0 {
		return l.stranger(ctx, c, e)
	}
	if err := l.explain(ctx, c, &e, contacts); err != nil {
		return e, err
	}
	e.Summary = e.summary(c)
	return e, nil
}

// stranger is a number that no contact of the campaign has.
func (l *Lookup) stranger(ctx context.Context, c campaigns.Campaign, e Explanation) (Explanation, error) {
	f, err := l.store.DialFacts(ctx, c, campaigns.Contact{}, e.Number, e.At)
	if err != nil {
		return e, err
	}
	if n, err := numbers.Parse(e.Number, ""); err == nil {
		f.Zones = n.Zones
	}
	e.DoNotCall, e.Verdicts = f.DNC, rules.Evaluate(f, e.At)
	e.Summary = "No contact of the campaign has this number."
	if v, refused := firstNo(e.Verdicts); refused {
		e.Summary += " The rules would refuse it too: " + v.Detail + "."
	}
	return e, nil
}

func (l *Lookup) explain(ctx context.Context, c campaigns.Campaign, e *Explanation, contacts []campaigns.Contact) error {
	lists, err := l.store.Lists(ctx, c.ID)
	if err != nil {
		return err
	}
	model, err := campaigns.ReadOdds(ctx, l.learned, c.ID)
	if err != nil {
		return err
	}
	for _, p := range contacts {
		f, err := l.store.DialFacts(ctx, c, p, e.Number, e.At)
		if err != nil {
			return err
		}
		x := Explained{Contact: p, Phone: phoneOf(p, e.Number), Verdicts: rules.Evaluate(f, e.At)}
		x.Turn = len(p.Phones) == 0 || x.Phone == p.Phone%len(p.Phones)
		if i := slices.IndexFunc(lists, func(s campaigns.List) bool { return s.ID == p.List }); i >= 0 {
			x.List, x.ListActive = lists[i].Name, lists[i].Active
		}
		x.State = x.standing(f.Zones)
		x.judge(f, e.At)
		x.forecast(c, f, model, e.At)
		e.DoNotCall, e.Allowed = e.DoNotCall || f.DNC, e.Allowed || x.Allowed
		e.Contacts = append(e.Contacts, x)
	}
	return nil
}

func phoneOf(p campaigns.Contact, number string) int {
	return max(0, slices.IndexFunc(p.Phones, func(ph campaigns.Phone) bool { return ph.Number == number }))
}

// judge says whether the contact may be called at a time, and else from when on the rules allow it.
func (x *Explained) judge(f rules.Facts, at time.Time) {
	_, refused := firstNo(x.Verdicts)
	callable := x.Contact.State == campaigns.ContactReady || x.Contact.State == campaigns.ContactLeased ||
		x.Contact.State == campaigns.ContactWaiting && !x.Contact.NextAt.After(at)
	x.Allowed = !refused && callable && x.ListActive && x.Turn
	if x.Contact.State == campaigns.ContactDone {
		return
	}
	x.Next = nextAllowed(f, x.Verdicts, later(at, x.Contact.NextAt))
}

// nextAllowed is the first instant from a time on at which no rule refuses that time alone can satisfy.
func nextAllowed(f rules.Facts, verdicts []rules.Verdict, from time.Time) time.Time {
	for _, v := range verdicts {
		if !v.OK && v.Next.IsZero() {
			return time.Time{}
		}
		from = later(from, v.Next)
	}
	if rules.OpenAt(f.Week, f.Zones, from, f.Margin) {
		return from
	}
	next, ok := rules.NextOpen(f.Week, f.Zones, from, f.Margin)
	if !ok {
		return time.Time{}
	}
	return next
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

func firstNo(verdicts []rules.Verdict) (rules.Verdict, bool) {
	for _, v := range verdicts {
		if !v.OK {
			return v, true
		}
	}
	return rules.Verdict{}, false
}

// standing says where the contact stands.
func (x *Explained) standing(zones []string) string {
	p := x.Contact
	tried := "It has not been tried yet."
	if p.Tries > 0 {
		tried = fmt.Sprintf("It has been tried %d times; the last try ended as %s.", p.Tries, words(p.Last))
	}
	if p.Tries == 1 {
		tried = fmt.Sprintf("It has been tried once, which ended as %s.", words(p.Last))
	}
	switch p.State {
	case campaigns.ContactLeased:
		return "It is among the next ones to be called. " + tried
	case campaigns.ContactLive:
		return "It is in a call now. " + tried
	case campaigns.ContactWaiting:
		return fmt.Sprintf("It waits until %s. %s", localTime(p.NextAt, zones), tried)
	case campaigns.ContactDone:
		return "It is done and will not be called again. " + tried
	}
	return "It is in the queue. " + tried
}
