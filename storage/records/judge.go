package records

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Weigh decides a call to a phone of a contact (of no contact, when its id is 0)
// as Begin would at that time, and writes nothing: the same facts through the
// same code, out of a snapshot. Number may be none of the contact's.
// Manual is a number that an agent types, with that agent reserved for the call.
func (db *DB) Weigh(ctx context.Context, c campaigns.Campaign, p campaigns.Contact, number string, manual bool, now time.Time) (*rules.Decision, error) {
	d := new(rules.Decision)
	caller, err := db.likelyCaller(ctx, c, now)
	if err != nil {
		return nil, err
	}
	fault := db.ClockFault(ctx)
	if fault != nil && !errors.Is(fault, campaigns.ErrClock) {
		return nil, fmt.Errorf("weigh a call of campaign %d: %w", c.ID, fault)
	}
	err = db.look(ctx, func(q querier) error {
		force := db.force.Load()
		if force.broken != nil {
			return force.broken
		}
		x := askedOf(c, c.Terms(), p, number, now)
		x.caller = caller(campaigns.Phone{Number: number, Region: x.place.Country})
		x.manual, x.reserved = manual, manual
		x.clock = rules.ClockState{Offset: db.clockOffset().by, Jumped: fault != nil && !errors.Is(fault, campaigns.ErrClockOff)}
		return db.weigh(q, force.book, x, p.Callback, new(rules.Facts), d)
	})
	if err != nil {
		return nil, fmt.Errorf("weigh a call of campaign %d: %w", c.ID, err)
	}
	return d, nil
}

// askedOf is the question whether a contact may be called; the caller ID is to be
// added.
func askedOf(c campaigns.Campaign, terms rules.Terms, p campaigns.Contact, number string, now time.Time) asked {
	phone := campaigns.Phone{Number: number}
	for _, one := range p.Phones {
		if one.Number == number {
			phone = one
		}
	}
	return asked{campaign: c, terms: terms, contact: p.ID, number: number, place: p.Place(phone), now: now}
}

// likelyCaller reads what is known of our numbers, and answers which of them the
// campaign would show to a phone.
func (db *DB) likelyCaller(ctx context.Context, c campaigns.Campaign, now time.Time) (func(campaigns.Phone) string, error) {
	if len(c.CallerIDs)+len(c.CallerPools) == 0 {
		return func(campaigns.Phone) string { return "" }, nil
	}
	known, err := db.CallerIDs(ctx)
	if err != nil {
		return nil, err
	}
	rights, err := db.CallerRights(ctx, "")
	if err != nil {
		return nil, err
	}
	return func(to campaigns.Phone) string { return campaigns.LikelyCaller(c, known, rights, to, now) }, nil
}

// weigh gathers the facts of a call and decides it.
func (db *DB) weigh(q querier, book *rules.Book, x asked, callback int64, f *rules.Facts, d *rules.Decision) error {
	var r factsRow
	if err := q.row(factsQuery, r.args(x.contact, x.number, callback, x.campaign, x.now), r.dest()...); err != nil {
		return fmt.Errorf("read what is known of a number: %w", err)
	}
	history, lists := f.History, f.Lists
	*f = r.facts(x.number)
	f.History, f.Lists = history, lists
	f.Live = f.Live || r.state == campaigns.ContactLive
	plan := book.Plan(x.terms, x.place)
	if err := db.gather(q, plan, x, f); err != nil {
		return err
	}
	plan.Decide(f, x.now, d)
	return nil
}

// Judge says of leased contacts whether their next call may be placed now, by
// the rules and facts of Begin, to which of their phones, and when not, when they
// are to be judged again.
// It reads beside the writer. The caller ID is chosen later: what the rules say
// of it alone keeps nobody out here. Whom the law refuses is kept, see keepRefusals.
func (db *DB) Judge(ctx context.Context, campaign int64, people []campaigns.Contact, now time.Time) ([]campaigns.Judgement, error) {
	c, ok := db.known.campaign(campaign)
	if !ok {
		return nil, fmt.Errorf("judge contacts of campaign %d: %w", campaign, campaigns.ErrNotFound)
	}
	force, terms := db.force.Load(), c.Terms()
	if force.broken != nil {
		return nil, fmt.Errorf("judge contacts: %w", force.broken)
	}
	caller, err := db.likelyCaller(ctx, c, now)
	if err != nil {
		return nil, err
	}
	out, refused := make([]campaigns.Judgement, len(people)), []kept(nil)
	err = db.look(ctx, func(q querier) error {
		var f rules.Facts
		var d rules.Decision
		all := newBatch()
		for i, p := range people {
			var err error
			held := make(map[int][]int64)
			out[i], err = campaigns.JudgePhones(p, now, func(index int) (*rules.Decision, error) {
				there := p
				there.Phone = index
				phone, _ := there.Dial()
				x := askedOf(c, terms, p, phone.Number, now)
				x.batch, x.caller = all, caller(phone)
				if err := db.weigh(q, force.book, x, p.Callback, &f, &d); err != nil {
					return nil, err
				}
				j := campaigns.JudgementOf(&d, now)
				if !j.Allowed {
					if k, worth := keptOf(p, phone.Number, &d); worth {
						refused = append(refused, k)
					}
				}
				held[index], err = x.heldBy(q, j)
				return &d, err
			})
			if err != nil {
				return err
			}
			out[i].Held.Stops = held[out[i].Phone]
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("judge contacts of campaign %d: %w", campaign, err)
	}
	return out, db.keepRefusals(ctx, c, force, refused)
}
