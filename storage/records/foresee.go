package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Foresee says of people which rule will keep a campaign from calling them
// whatever the hour, before they are stored: the internal list, the registers,
// what they permitted (by the consent ledger, or by their row of the list),
// answers of others, the place. What the store knows of a batch is read at once.
func (db *DB) Foresee(ctx context.Context, campaign int64, people []campaigns.Contact) ([]campaigns.Bar, error) {
	c, ok := db.known.campaign(campaign)
	if !ok {
		return nil, fmt.Errorf("foresee calls of campaign %d: %w", campaign, campaigns.ErrNotFound)
	}
	force, terms := db.force.Load(), c.Terms()
	if force.broken != nil {
		return nil, fmt.Errorf("foresee calls: %w", force.broken)
	}
	out := make([]campaigns.Bar, len(people))
	err := db.look(ctx, func(q querier) error {
		f := foresight{db: db, q: q, now: time.Now()}
		if err := f.read(c, people); err != nil {
			return err
		}
		for i, p := range people {
			var err error
			if out[i], err = f.person(force.book, terms, p); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("foresee calls of campaign %d: %w", campaign, err)
	}
	return out, nil
}

// foresight judges a batch; its memory is used again for each of them.
type foresight struct {
	db       *DB
	q        querier
	now      time.Time
	facts    rules.Facts
	decision rules.Decision

	objected, granted, checked map[int64]bool // numbers of the batch of which the store knows something
}

// read finds which numbers of a batch stand on the internal list, for the house
// or for the campaign's seller, in the consent ledger, among the checks.
func (f *foresight) read(c campaigns.Campaign, people []campaigns.Contact) error {
	list := make([]int64, 0, len(people))
	for _, p := range people {
		for _, phone := range p.Phones {
			list = append(list, e164(phone.Number))
		}
	}
	text, err := json.Marshal(list)
	if err != nil {
		return err
	}
	for _, ask := range []struct {
		into  *map[int64]bool
		query string
		args  []any
	}{
		{&f.objected, `SELECT DISTINCT d.e164 FROM json_each(?1) v JOIN do_not_call d ON d.e164 = CAST(v.value AS INTEGER) WHERE ?2 = '' OR d.seller = '' OR d.seller IN (SELECT value FROM json_each(?2))`,
			[]any{string(text), sellersOf(c)}},
		{&f.granted, `SELECT DISTINCT c.e164 FROM json_each(?) v JOIN consents c ON c.e164 = CAST(v.value AS INTEGER)`, []any{string(text)}},
		{&f.checked, `SELECT DISTINCT c.e164 FROM json_each(?) v JOIN number_checks c ON c.e164 = CAST(v.value AS INTEGER)`, []any{string(text)}},
	} {
		*ask.into = make(map[int64]bool)
		err := f.q.rows(ask.query, ask.args, func(r *sql.Rows) error {
			var n int64
			err := r.Scan(&n)
			(*ask.into)[n] = true
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// person judges one of the batch: barred is who cannot be called by any phone, or
// has said that they want no calls. The bar is that of the phone whose turn it is.
func (f *foresight) person(book *rules.Book, terms rules.Terms, p campaigns.Contact) (campaigns.Bar, error) {
	var first campaigns.Bar
	for n := range max(1, len(p.Phones)) {
		there := p
		there.Phone = p.Phone + n
		phone, _ := there.Dial()
		bar, err := f.bar(book.Plan(terms, p.Place(phone)), p, phone.Number)
		if err != nil || bar == (campaigns.Bar{}) {
			return bar, err
		}
		if n == 0 {
			first = bar
		}
		if !campaigns.KeepsNumberOut(&f.decision) {
			return bar, nil
		}
	}
	return first, nil
}

// bar judges a phone of one of the batch by the rules that no hour changes.
func (f *foresight) bar(plan *rules.Plan, p campaigns.Contact, number string) (campaigns.Bar, error) {
	n := e164(number)
	f.facts = rules.Facts{Number: number, DNC: f.objected[n], Lists: f.facts.Lists[:0], Consents: f.facts.Consents[:0]}
	f.facts.Lists = f.db.listed(plan.Lists(), number, f.facts.Lists)
	if plan.AsksConsent() {
		if f.granted[n] {
			kept, err := grants(f.q, n)
			if err != nil {
				return campaigns.Bar{}, err
			}
			f.facts.Consents = append(f.facts.Consents, kept...)
		}
		if p.Consent != nil {
			f.facts.Consents = append(f.facts.Consents, grantOf(*p.Consent))
		}
	}
	if f.checked[n] {
		var err error
		if f.facts.External, err = answered(f.q, n); err != nil {
			return campaigns.Bar{}, err
		}
	}
	plan.Static(&f.facts, f.now, &f.decision)
	if f.decision.Allowed() {
		return campaigns.Bar{}, nil
	}
	first, _ := f.decision.Primary()
	return campaigns.Bar{Rule: string(first.Rule), Cite: first.Cite, Detail: first.Detail}, nil
}

// grantOf is what a row of a list says that the person permitted, as the rules
// see it once it is kept.
func grantOf(c campaigns.Consent) rules.Grant {
	c = c.Settled()
	return rules.Grant{
		ID: c.ID, Kind: string(c.Kind), Level: string(c.Level), Seller: c.Seller, Purpose: c.Purpose, Channels: uint8(channelBits(c.Channels)),
		At: c.At, RenewedAt: c.RenewedAt, Until: c.Until, Revoked: c.RevokedAt,
	}
}
