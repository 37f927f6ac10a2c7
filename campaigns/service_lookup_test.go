package campaigns

import (
	"context"
	"encoding/json"
	"errors"
	"iter"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns/odds"
	"github.com/forecall/forecall/campaigns/rules"
)

// register is a NumberReader in memory.
type register struct {
	people []Contact
	facts  func(f *rules.Facts)
	lists  map[int64]List
}

func (r *register) ContactsByNumber(_ context.Context, _ int64, number string) (out []Contact, err error) {
	for _, p := range r.people {
		for _, phone := range p.Phones {
			if phone.Number == number {
				out = append(out, p)
			}
		}
	}
	return out, nil
}

func (r *register) Weigh(_ context.Context, c Campaign, p Contact, number string, _ bool, now time.Time) (*rules.Decision, error) {
	f := rules.Facts{Number: number, Tries: p.Tries}
	if r.facts != nil {
		r.facts(&f)
	}
	book, err := rules.NewBook(nil, nil)
	if err != nil {
		return nil, err
	}
	phone := Phone{Number: number}
	if len(p.Phones) > 0 {
		phone, _ = p.Dial()
	}
	d := new(rules.Decision)
	book.Plan(c.Terms(), p.Place(phone)).Decide(&f, now, d)
	return d, nil
}

func (r *register) Decisions(context.Context, DecisionFilter) iter.Seq2[DecisionRecord, error] {
	return func(func(DecisionRecord, error) bool) {}
}

func (r *register) BookOf(context.Context, Hash) (*rules.Book, error) { return nil, ErrNotFound }

func (r *register) List(_ context.Context, id int64) (List, error) {
	l, ok := r.lists[id]
	if !ok {
		return l, ErrNotFound
	}
	return l, nil
}

const asked = "+34600111222"

// monday is at noon in Madrid.
var monday = time.Date(2026, 11, 23, 11, 0, 0, 0, time.UTC)

// desk of information: a campaign, one contact, and what a test changes.
func newLookup(change func(c *Campaign, p *Contact, r *register)) *Lookup {
	c := NewCampaign("winter")
	c.ID, c.Status = 1, Running
	p := Contact{
		ID: 5, Campaign: 1, List: 2, State: ContactReady, Tries: 1, Last: NoAnswer, TriedAt: monday.Add(-5 * time.Hour),
		Phones: []Phone{{Number: asked, Region: "ES", Kind: "mobile", Zones: []string{"Europe/Madrid"}}},
	}
	r := &register{lists: map[int64]List{2: {ID: 2, Name: "november", Active: true}, 3: {ID: 3, Name: "old"}}}
	change(&c, &p, r)
	r.people = append(r.people, p)
	return NewLookup(readOne{c}, r, &drawer{model: taught()})
}

// taught are odds of people who answer in the evening.
func taught() []byte {
	m, r := odds.New(), rand.New(rand.NewPCG(3, 4))
	for i := range 4000 {
		f := odds.Facts{List: 2, Region: "ES", Zone: "Europe/Madrid", Weekday: time.Weekday(1 + i%5), Hour: 9 + i%11, Mobile: true}
		p := 0.1
		if f.Hour >= 17 {
			p = 0.5
		}
		m.Learn(f, r.Float64() < p)
	}
	kept, err := json.Marshal(m)
	if err != nil {
		panic(err)
	}
	return kept
}

func TestExplainSaysWhatStandsInTheWay(t *testing.T) {
	for _, tc := range []struct {
		name    string
		change  func(c *Campaign, p *Contact, r *register)
		allowed bool
		next    time.Time
		says    string
	}{
		{"nothing", func(*Campaign, *Contact, *register) {}, true, monday, "when its turn comes"},
		{"the campaign is paused", func(c *Campaign, _ *Contact, _ *register) { c.Status = Paused }, true, monday, `"winter" is paused`},
		{"do not call", func(_ *Campaign, _ *Contact, r *register) { r.facts = func(f *rules.Facts) { f.DNC = true } }, false, time.Time{}, "do-not-call"},
		{"its next try is later", func(_ *Campaign, p *Contact, _ *register) { p.State, p.NextAt = ContactWaiting, monday.Add(time.Hour) }, false,
			monday.Add(time.Hour), "waits until 2026-11-23 12:00 UTC; it may be from 2026-11-23 12:00 UTC on"},
		{"its next try is due", func(_ *Campaign, p *Contact, _ *register) { p.State, p.NextAt = ContactWaiting, monday.Add(-time.Hour) }, true, monday, "turn"},
		{"it is night there", func(_ *Campaign, p *Contact, _ *register) { p.Zones = []string{"America/Los_Angeles"} }, false,
			time.Date(2026, 11, 23, 17, 0, 0, 0, time.UTC), "it is Mon 03:00 in America/Los_Angeles"},
		{"cool-down and waiting, the later counts", func(_ *Campaign, p *Contact, r *register) {
			p.State, p.NextAt = ContactWaiting, monday.Add(5*time.Minute)
			r.facts = func(f *rules.Facts) { f.LastTry = monday.Add(-time.Minute) }
		}, false, monday.Add(14 * time.Minute), "cool-down"},
		{"in a call", func(_ *Campaign, p *Contact, _ *register) { p.State = ContactLive }, false, monday, "in a call now"},
		{"done", func(_ *Campaign, p *Contact, _ *register) { p.State = ContactDone }, false, time.Time{}, "done"},
		{"a rule refused it for good", func(_ *Campaign, p *Contact, _ *register) { p.State, p.Last, p.Tries = ContactDone, Refused, 6 }, false, time.Time{}, "6 of 6 tries used."},
		{"a rule refused it for good, and would not now", func(_ *Campaign, p *Contact, _ *register) { p.State, p.Last = ContactDone, Refused }, false, time.Time{}, "a rule refused it before"},
		{"no tries left", func(_ *Campaign, p *Contact, _ *register) { p.Tries = 6 }, false, time.Time{}, "6 of 6 tries used"},
		{"the list is off", func(_ *Campaign, p *Contact, _ *register) { p.List = 3 }, false, time.Time{}, `"old" is switched off`},
		{"another phone's turn", func(_ *Campaign, p *Contact, _ *register) {
			p.Phones, p.Phone = append(p.Phones, Phone{Number: "+34910000000", Zones: []string{"Europe/Madrid"}}), 1
		}, false, monday, "number 2, is called next"},
		{"two contacts, one of which may", func(_ *Campaign, p *Contact, r *register) {
			done := *p
			done.ID, done.State = 4, ContactDone
			r.people = append(r.people, done)
		}, true, time.Time{}, "turn"},
	} {
		e, err := newLookup(tc.change).Explain(t.Context(), sara, 1, asked, monday)
		if err != nil {
			t.Fatalf("%s: %v", tc.name, err)
		}
		if e.Allowed != tc.allowed || !strings.Contains(e.Summary, tc.says) || !e.Contacts[0].Next.Equal(tc.next) {
			t.Errorf("%s: allowed %t, next %s, %s", tc.name, e.Allowed, e.Contacts[0].Next, e.Summary)
		}
		if len(e.Contacts[0].Verdicts) != 9 || e.Contacts[0].State == "" || strings.Contains(e.Summary, asked) {
			t.Errorf("%s: %+v", tc.name, e.Contacts[0])
		}
	}
}

func TestExplainShowsTheOddsAndTheHoursOfTheNextDay(t *testing.T) {
	e, err := newLookup(func(*Campaign, *Contact, *register) {}).Explain(t.Context(), sara, 1, asked, monday.Add(30*time.Minute))
	if err != nil {
		t.Fatal(err)
	}
	one := e.Contacts[0]
	if one.List != "november" || !one.ListActive || !one.Turn || one.Phone != 0 || len(one.Hours) != 24 {
		t.Fatalf("%+v", one)
	}
	noon, evening, night := one.Hours[0], one.Hours[6], one.Hours[12]
	if noon.Local != "Mon 12:30" || evening.Local != "Mon 18:00" || !noon.Open || !evening.Open || night.Open {
		t.Errorf("noon %+v, evening %+v, night %+v", noon, evening, night)
	}
	if noon.Answer != one.Chance.Answer || evening.Odds < 2*noon.Odds {
		t.Errorf("noon %+v, evening %+v, chance %+v", noon, evening, one.Chance)
	}
	found := false
	for _, w := range one.Chance.Why {
		found = found || w.Name == "list" && w.Value == "november"
	}
	if !found {
		t.Errorf("the list has no name: %+v", one.Chance.Why)
	}
	if last := one.Hours[7]; !last.Open || one.Hours[8].Open { // 19:00 is the last hour of the window
		t.Errorf("%+v, %+v", last, one.Hours[8])
	}
}

func TestExplainOfAStrangerSaysSo(t *testing.T) {
	l := newLookup(func(*Campaign, *Contact, *register) {})
	e, err := l.Explain(t.Context(), clara, 1, "+34999888777", time.Time{})
	if err != nil || e.Allowed || len(e.Contacts) != 0 || len(e.Verdicts) != 9 || !strings.Contains(e.Summary, "no contact") || e.At.IsZero() {
		t.Errorf("%+v, %v", e, err)
	}
	if _, err := l.Explain(t.Context(), anna, 1, asked, monday); !errors.Is(err, ErrForbidden) {
		t.Errorf("an agent looks numbers up: %v", err)
	}
	if _, err := l.Explain(t.Context(), sara, 1, "600 111 222", monday); code(err) != "number_invalid" {
		t.Errorf("%v", err)
	}
	if _, err := l.Explain(t.Context(), sara, 9, asked, monday); code(err) != "campaign_not_found" {
		t.Errorf("%v", err)
	}
}

func TestExplainWithoutOddsGivesTheMean(t *testing.T) {
	l := newLookup(func(*Campaign, *Contact, *register) {})
	for _, memory := range []*drawer{{}, {model: []byte("garbled")}} {
		l.odds = memory
		e, err := l.Explain(t.Context(), sara, 1, asked, monday)
		if err != nil || e.Contacts[0].Chance.Odds != 1 || e.Contacts[0].Chance.Why[0].Name != odds.NotEnough {
			t.Errorf("%+v, %v", e, err)
		}
	}
	l.odds = &drawer{fail: errors.New("disk")}
	if _, err := l.Explain(t.Context(), sara, 1, asked, monday); err == nil {
		t.Error("a store that fails is passed over")
	}
}
