package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"
	"strconv"

	"github.com/forecall/forecall/campaigns"
)

// What the operations of a group will read is asked ahead, all of it in one packet:
// a database that is reached over a wire is waited for once, not ten times for each
// call. An operation tells what it will ask, as far as it knows; the query itself is
// written in one place, asked ahead with the same words and later asked as ever. What
// an operation has touched is read again by those after it:
//
//	group:   Begin +34..01    Begin +34..02    Begin +34..01
//	ahead:   facts, history   facts, history   (the same)
//	run:     from ahead       from ahead       read again: the first has touched the number
//
// Whatever writes and does not say what it touches has touched everything.

// ahead notes what an operation will read: a querier that is answered nothing.
type ahead struct {
	tags    []string
	queries []string
	args    [][]driver.NamedValue
	of      [][]string
	err     error
}

func (a *ahead) ask(query string, args []any) {
	named := make([]driver.NamedValue, len(args))
	for i, v := range args {
		value, err := driver.DefaultParameterConverter.ConvertValue(v)
		if err != nil {
			a.err = fmt.Errorf("ask ahead: %w", err)
			return
		}
		named[i] = driver.NamedValue{Ordinal: i + 1, Value: value}
	}
	a.queries, a.args, a.of = append(a.queries, query), append(a.args, named), append(a.of, a.tags)
}

func (a *ahead) row(query string, args []any, _ ...any) error {
	a.ask(query, args)
	return sql.ErrNoRows
}

func (a *ahead) rows(query string, args []any, _ func(*sql.Rows) error) error {
	a.ask(query, args)
	return nil
}

// about names what the next questions are of; of nothing = of all calls.
func (a *ahead) about(tags ...string) { a.tags = tags }

// What an operation may touch.
func ofNumber(e164 int64) string { return "n" + strconv.FormatInt(e164, 10) }
func ofContact(id int64) string  { return "c" + strconv.FormatInt(id, 10) }
func ofAttempt(id string) string { return "a" + id }

// touches says of what an operation changes what others read, or will have read
// ahead.
func (t *tx) touches(tags ...string) { t.touched = append(t.touched, tags...) }

// touchesNothing says that nothing of what is asked ahead depends on it.
func (t *tx) touchesNothing() { t.touches("nothing") }

// aheadReader is a connection that can be asked ahead.
type aheadReader interface {
	Ahead(ctx context.Context, queries []string, args [][]driver.NamedValue, tags [][]string) error
	Stale(tags []string)
}

// askAhead asks what the operations of a group will read.
func (t *tx) askAhead(ops []*op) error {
	t.asked = false
	if t.db.pen == nil {
		return nil
	}
	var a ahead
	for _, o := range ops {
		if o.ahead != nil {
			o.ahead(t, &a)
		}
	}
	if len(a.queries) == 0 || a.err != nil {
		return a.err
	}
	t.asked = true
	return t.onAhead(func(c aheadReader) error { return c.Ahead(background, a.queries, a.args, a.of) })
}

// wrote forgets what was asked ahead of what an operation has touched.
func (t *tx) wrote() error {
	tags := t.touched
	t.touched = t.touched[:0]
	if !t.asked || t.writes == 0 {
		return nil
	}
	if len(tags) == 0 {
		t.asked = false
	}
	return t.onAhead(func(c aheadReader) error { c.Stale(tags); return nil })
}

func (t *tx) onAhead(do func(aheadReader) error) error {
	return t.conn.Raw(func(dc any) error {
		c, ok := dc.(aheadReader)
		if !ok {
			return fmt.Errorf("a connection %T that reads nothing ahead", dc)
		}
		return do(c)
	})
}

// beginAhead is what Begin reads of a call.
func (t *tx) beginAhead(ask *ahead, campaign int64, a *campaigns.Attempt) {
	c, known := t.settings(campaign)
	force := t.inForce()
	if !known || force.broken != nil || t.jumped != nil {
		return
	}
	var r factsRow
	num := e164(a.Number)
	ask.about(ofNumber(num), ofContact(a.Contact))
	ask.ask(factsQuery, r.args(a.Contact, a.Number, a.Callback, c, t.now))
	_, _ = saltOf(ask, subjectOf(num, t.attempt+1))
	x := askedFor(c, c.Terms(), a, t.now)
	plan := force.book.Plan(x.terms, x.place)
	if back := plan.Horizon(); back > 0 {
		_, _ = t.db.history(ask, x.contact, x.number, x.now.Add(-back), nil)
	}
	if plan.AsksConsent() {
		_, _ = grants(ask, num)
	}
	if len(plan.Checks()) > 0 {
		_, _ = answered(ask, num)
	}
	ask.about()
	_, _ = stops(ask, campaigns.Halted{})
	if x.caller != "" {
		_, _ = cliFacts(ask, x.caller, c.Seller, t.now)
	}
}

// finishAhead is what Finish reads of a call.
func (t *tx) finishAhead(ask *ahead, a campaigns.Attempt) {
	ask.about(ofAttempt(a.ID), ofContact(a.Contact), ofNumber(e164(a.Number)))
	_, _ = t.begunOf(ask, a.ID, a.Outcome)
	if a.Seq == 0 {
		return
	}
	_, _ = heldOf(ask, a.Seq)
	if a.Outcome.Live() || a.Outcome == campaigns.Machine {
		ask.ask(groupOfCall, []any{a.Seq})
	}
}
