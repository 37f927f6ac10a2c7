package campaigns

import (
	"context"
	"fmt"
	"iter"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Whereabouts is where the rules take the called person to be, and what time it
// is there.
type Whereabouts struct {
	Country       string      `json:"country,omitempty"`
	Jurisdictions []string    `json:"jurisdictions"` // of number and address together: the laws of all of them bind
	Zones         []LocalTime `json:"zones"`         // a window has to be open in every one
	ZoneSource    string      `json:"zone_source,omitempty"`
	LineType      string      `json:"line_type,omitempty"`
}

// LocalTime is the time in a zone.
type LocalTime struct {
	Zone string    `json:"zone"`
	Time time.Time `json:"time"` // with the offset that holds there
}

// Rulebook names what was applied.
type Rulebook struct {
	SHA256 string    `json:"sha256"`
	Sets   []RuleDoc `json:"sets"`
}

// RuleDoc is a document of rules in force.
type RuleDoc struct {
	ID         string `json:"id"`
	Version    int    `json:"version"`
	Title      string `json:"title,omitempty"`
	ReviewedOn string `json:"reviewed_on,omitempty"`
	Old        bool   `json:"old,omitempty"` // reviewed more than 180 days ago
	SHA256     string `json:"sha256"`
}

// PastDecision is what was decided of a number before.
type PastDecision struct {
	ID       string    `json:"decision_id"`
	At       time.Time `json:"at"`
	Campaign int64     `json:"campaign_id"`
	Attempt  bool      `json:"attempt"`          // it was allowed, and an attempt of the same id was written
	Rule     rules.ID  `json:"rule,omitempty"`   // that refused first
	Detail   string    `json:"detail,omitempty"` // in words, as they are now
	Cite     string    `json:"cite,omitempty"`
	Next     time.Time `json:"next,omitzero"`
	Book     Hash      `json:"ruleset_sha256"`
}

// DecisionReader reads decisions that were kept, and the books they were made by.
type DecisionReader interface {
	Decisions(ctx context.Context, f DecisionFilter) iter.Seq2[DecisionRecord, error]
	BookOf(ctx context.Context, hash Hash) (*rules.Book, error)
}

// mostPast is how many earlier decisions an explanation shows.
const mostPast = 50

// past is what was decided of a number before, newest first.
func (l *Lookup) past(ctx context.Context, number string) ([]PastDecision, error) {
	out := []PastDecision{}
	books := newBooks(l.numbers)
	for record, err := range l.numbers.Decisions(ctx, DecisionFilter{Number: number}) {
		if err != nil {
			return nil, fmt.Errorf("what was decided of a number: %w", err)
		}
		one := PastDecision{
			ID: record.ID, At: record.At, Campaign: record.Campaign, Attempt: record.Attempt != 0, Rule: rules.ID(record.Rule),
			Next: record.Next, Book: record.Book,
		}
		if d, _, err := books.again(ctx, record); err == nil {
			if first, refused := d.Primary(); refused {
				one.Detail, one.Cite = first.Detail, first.Cite
			}
		}
		out = append(out, one)
	}
	slices.SortStableFunc(out, func(a, b PastDecision) int { return b.At.Compare(a.At) })
	return out[:min(len(out), mostPast)], nil
}

// books makes the books of decisions again, each once.
type books struct {
	from DecisionReader
	made map[string]*rules.Book
}

func newBooks(from DecisionReader) *books { return &books{from: from, made: map[string]*rules.Book{}} }

// again decides a record again, and returns the bytes that come out.
func (b *books) again(ctx context.Context, r DecisionRecord) (*rules.Decision, []byte, error) {
	book := b.made[r.Book.String()]
	if book == nil {
		var err error
		if book, err = b.from.BookOf(ctx, r.Book); err != nil {
			return nil, nil, err
		}
		b.made[r.Book.String()] = book
	}
	terms, err := r.ReadTerms()
	if err != nil {
		return nil, nil, err
	}
	bytes, d, err := rules.Replay(book, terms, r.Record)
	return d, bytes, err
}

// refuses tells whether a verdict keeps the number from being called.
func refuses(v rules.Verdict) bool { return !v.OK && !v.Advisory && v.Lifted == "" }

// objected tells whether the internal do-not-call list is among what refuses.
func objected(verdicts []rules.Verdict) bool {
	return slices.ContainsFunc(verdicts, func(v rules.Verdict) bool { return v.Rule == rules.DNC && !v.OK })
}

// ruleNext is the first time at which all rules allow the call; zero = not by
// time alone. A call that is under way ends at any moment.
func ruleNext(d *rules.Decision) time.Time {
	next, ok := d.Next()
	if !ok {
		return time.Time{}
	}
	return next
}

func placeOf(d *rules.Decision) Whereabouts {
	p := d.Plan().Place()
	w := Whereabouts{
		Country: p.Country, Jurisdictions: p.Jurisdictions, ZoneSource: p.ZoneSource, LineType: p.LineType, Zones: make([]LocalTime, 0, len(p.Zones)),
	}
	for _, name := range p.Zones {
		if loc, err := rules.Location(name); err == nil {
			w.Zones = append(w.Zones, LocalTime{Zone: name, Time: d.At().In(loc)})
		}
	}
	return w
}

func rulebookOf(d *rules.Decision) Rulebook {
	book := d.Plan().Book()
	out := Rulebook{SHA256: book.HashText(), Sets: []RuleDoc{}}
	for _, s := range book.Sets() {
		out.Sets = append(out.Sets, RuleDoc{ID: s.ID, Version: s.Version, Title: s.Title, ReviewedOn: s.ReviewedOn, Old: s.Old(d.At()), SHA256: s.SHA256})
	}
	return out
}

// closeHours marks those of the next hours closed in which a window of the rule
// sets does not open: nextDay knows the campaign's own windows alone.
func (l *Lookup) closeHours(ctx context.Context, c Campaign, p Contact, number string, hours []HourChance) error {
	for i := range hours {
		if !hours[i].Open {
			continue
		}
		d, err := l.numbers.Weigh(ctx, c, p, number, false, hours[i].At)
		if err != nil {
			return err
		}
		if len(d.Plan().Rules()) == 0 {
			return nil
		}
		end := hours[i].At.Truncate(time.Hour).Add(time.Hour)
		hours[i].Open = !slices.ContainsFunc(d.Verdicts(), func(v rules.Verdict) bool {
			return v.Type == rules.TypeWindow && refuses(v) && (v.Next.IsZero() || !v.Next.Before(end))
		})
	}
	return nil
}
