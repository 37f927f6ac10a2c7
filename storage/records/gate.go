package records

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// gate is what the writer judges attempts with; its memory is used again.
type gate struct {
	facts    rules.Facts
	decision rules.Decision
	record   []byte
}

// asked is the call that is judged.
type asked struct {
	campaign campaigns.Campaign
	terms    rules.Terms
	contact  int64
	number   string
	place    rules.Place
	caller   string // the number that would be shown; empty = not chosen yet
	manual   bool
	reserved bool
	now      time.Time
	clock    rules.ClockState // whether it jumped, of an explanation alone: Begin asks the writer's clock first
	batch    *batch           // of many calls that are judged together; nil = of one
}

// batch is what the calls of one campaign have in common, read once for all
// that are judged at one instant.
type batch struct {
	cli   map[string]rules.CLI
	stops map[string][]campaigns.Stop // by caller ID and jurisdictions
	rates map[*rules.Plan][]rules.RateCount
}

func newBatch() *batch {
	return &batch{cli: map[string]rules.CLI{}, stops: map[string][]campaigns.Stop{}, rates: map[*rules.Plan][]rules.RateCount{}}
}

// shared reads a fact once for a batch, or for the one call.
func shared[K comparable, V any](of map[K]V, key K, read func() (V, error)) (V, error) {
	if v, ok := of[key]; ok {
		return v, nil
	}
	v, err := read()
	if err == nil && of != nil {
		of[key] = v
	}
	return v, err
}

// askedFor is the question whether an attempt may be begun.
func askedFor(c campaigns.Campaign, terms rules.Terms, a *campaigns.Attempt, now time.Time) asked {
	return asked{
		campaign: c, terms: terms, contact: a.Contact, number: a.Number, place: whereabouts(a), caller: a.CallerID,
		manual: a.Manual, reserved: a.Reserved, now: now,
	}
}

// whereabouts is where the attempt takes the person to be: as the contact says, with
// the number's own jurisdictions in any case.
func whereabouts(a *campaigns.Attempt) rules.Place {
	p := a.Place
	if p.Country == "" && len(p.Jurisdictions) == 0 {
		p = campaigns.Contact{Zones: a.Zones}.Place(campaigns.Phone{Number: a.Number, Zones: a.Zones})
	}
	if len(p.Zones) == 0 {
		p.Zones = a.Zones
	}
	return p
}

// stops are the kill switches that hold the call up.
func (x asked) stops(q querier) ([]campaigns.Stop, error) {
	var known map[string][]campaigns.Stop
	if x.batch != nil {
		known = x.batch.stops
	}
	return shared(known, x.caller+" "+strings.Join(x.place.Jurisdictions, " "), func() ([]campaigns.Stop, error) {
		return stops(q, campaigns.Halted{Campaign: x.campaign.ID, CallerID: x.caller, Jurisdictions: x.place.Jurisdictions})
	})
}

// gather completes the facts of a call beyond those of factsQuery: what the plan
// asks, and no more. It reads through q: the writer's transaction in the gate, a
// snapshot in the hopper and in an explanation.
func (db *DB) gather(q querier, plan *rules.Plan, x asked, f *rules.Facts) (err error) {
	f.History, f.Lists, f.Consents, f.Rates = f.History[:0], f.Lists[:0], nil, nil
	f.Place, f.Manual, f.Reserved, f.Clock = x.place, x.manual, x.reserved, x.clock
	if back := plan.Horizon(); back > 0 {
		if f.History, err = db.history(q, x.contact, x.number, x.now.Add(-back), f.History); err != nil {
			return err
		}
	}
	all := x.batch
	if all == nil {
		all = &batch{}
	}
	holding, err := x.stops(q)
	if err != nil {
		return err
	}
	f.Stops = stopWords(holding)
	f.Lists = db.listed(plan.Lists(), x.number, f.Lists)
	if plan.AsksConsent() {
		if f.Consents, err = grants(q, e164(x.number)); err != nil {
			return err
		}
	}
	if f.External = nil; len(plan.Checks()) > 0 {
		if f.External, err = answered(q, e164(x.number)); err != nil {
			return err
		}
	}
	if rates := plan.Rates(); len(rates) > 0 {
		f.Rates, err = shared(all.rates, plan, func() ([]rules.RateCount, error) { return db.rateCounts(q, x.campaign, rates, x.now) })
		if err != nil {
			return err
		}
	}
	if x.caller != "" {
		f.CLI, err = shared(all.cli, x.caller, func() (rules.CLI, error) { return cliFacts(q, x.caller, x.campaign.Seller, x.now) })
		if err != nil {
			return err
		}
	}
	return nil
}

// listed asks the registers about a number. A store without registers answers
// that none is loaded, and every list rule refuses.
func (db *DB) listed(lists []string, number string, into []rules.Listed) []rules.Listed {
	if len(lists) == 0 {
		return into
	}
	registers := db.registers.Load()
	n, err := strconv.ParseUint(strings.TrimPrefix(number, "+"), 10, 64) // the number is dialable, or no rule lets it pass
	for _, list := range lists {
		var l rules.Listed
		if registers != nil && err == nil {
			l = (*registers).Look(list, n)
			if db.pen != nil { // another node may have loaded a newer one
				l = db.shelved.checked(list, l)
			}
		}
		into = append(into, l)
	}
	return into
}

// SetRegisters hands over the registers that Begin asks. Without them every
// rule that asks a register refuses.
func (db *DB) SetRegisters(r campaigns.Registers) {
	if r == nil {
		db.registers.Store(nil)
		return
	}
	db.registers.Store(&r)
}

// decide judges an attempt in the transaction that would write it. The decision
// lives until the next one.
func (t *tx) decide(c campaigns.Campaign, a *campaigns.Attempt, f rules.Facts) (*rules.Decision, storedTerms, error) {
	force := t.inForce()
	if force.broken != nil {
		return nil, storedTerms{}, fmt.Errorf("nobody is called: %w", force.broken)
	}
	terms, err := t.termsOf(c, a.Settings)
	if err != nil {
		return nil, terms, err
	}
	g, x := &t.gate, askedFor(c, terms.terms, a, t.now)
	x.clock.Offset = t.db.clockOffset().by
	plan := force.book.Plan(x.terms, x.place)
	history, lists := g.facts.History, g.facts.Lists
	g.facts = f
	g.facts.History, g.facts.Lists = history, lists
	if err := t.db.gather(t, plan, x, &g.facts); err != nil {
		return nil, terms, err
	}
	plan.Decide(&g.facts, t.now, &g.decision)
	return &g.decision, terms, nil
}
