package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Dispose records what the agent said of a call and does to the contact what
// the disposition's type says, in one transaction. The same key again changes
// nothing and is not an error (created is false); another disposition of the
// attempt is campaigns.ErrDisposed. A callback that it carries is always kept:
// it wins over what the type says, except over do-not-call, which refuses it.
// The agent may be quicker than the end of the call: then Finish moves the
// contact.
func (db *DB) Dispose(ctx context.Context, d campaigns.Disposition) (created bool, err error) {
	err = db.do(ctx, func(t *tx) (err error) {
		created, err = t.dispose(d)
		return err
	})
	if err != nil {
		return false, fmt.Errorf("dispose of attempt %s: %w", d.Attempt, err)
	}
	return created, nil
}

// disposed is what the ledger knows of an attempt when its disposition comes.
type disposed struct {
	seq, campaign, contact, e164 int64
	finished                     bool
	key                          sql.NullString // of the disposition that is there
	state                        campaigns.ContactState
	list                         int64
	phone, tries                 int
}

func (t *tx) dispose(d campaigns.Disposition) (created bool, err error) {
	var p disposed
	if err := t.pinCalled(d.Attempt); err != nil {
		return false, err
	}
	err = t.row(`SELECT a.seq, a.campaign, a.contact, a.e164, EXISTS (SELECT 1 FROM outcomes WHERE seq = a.seq), d.key,
		COALESCE(c.state, ''), COALESCE(c.list, 0), COALESCE(c.phone, 0), COALESCE(c.tries, 0)
		FROM attempts a LEFT JOIN contacts c ON c.id = a.contact LEFT JOIN dispositions d ON d.seq = a.seq WHERE a.id = ?`,
		[]any{d.Attempt}, &p.seq, &p.campaign, &p.contact, &p.e164, &p.finished, &p.key, &p.state, &p.list, &p.phone, &p.tries)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return false, campaigns.ErrUnknownAttempt
	case err != nil:
		return false, err
	case p.key.Valid && p.key.String == d.Key:
		return false, nil
	case p.key.Valid:
		return false, campaigns.ErrDisposed
	}
	t.touches(ofAttempt(d.Attempt), ofNumber(p.e164), ofContact(p.contact))
	c, ok := t.settings(p.campaign)
	if !ok {
		return false, fmt.Errorf("campaign %d: %w", p.campaign, campaigns.ErrNotFound)
	}
	kind, ok := c.Type(d.Code)
	if !ok {
		return false, fmt.Errorf("disposition %q: %w", d.Code, campaigns.ErrNotFound)
	}
	if kind.Effect, err = d.Does(kind); err != nil {
		return false, err
	}
	if d.At.IsZero() {
		d.At = t.now
	}
	if err := t.slotFree(d.Attempt, d.Appointment); err != nil {
		return false, err
	}
	wrong, err := t.wrongNumber(p, kind.Effect)
	if err != nil {
		return false, err
	}
	at := effectAt(kind, d, wrong)
	if err := t.insertDisposition(p, kind.Effect, at, d); err != nil {
		return false, err
	}
	if err := t.countMachine(p.seq, d.Code); err != nil {
		return false, err
	}
	if err := t.trade(p, d); err != nil {
		return false, err
	}
	if err := t.relations(c, p, kind.Effect, d); err != nil {
		return false, err
	}
	return true, t.effect(c, p, kind, at, d)
}

// effectAt is when the contact is called again, zero for never.
func effectAt(kind campaigns.DispositionType, d campaigns.Disposition, wrong wrong) time.Time {
	switch kind.Effect {
	case campaigns.EffectRetry:
		return d.At.Add(kind.Delay)
	case campaigns.EffectCallback:
		return d.Callback.When()
	case campaigns.EffectWrongNumber:
		if wrong.another {
			return d.At
		}
	}
	return time.Time{}
}

// effectNext is where an effect sends the contact.
func effectNext(c campaigns.Campaign, e campaigns.Effect, at time.Time, phone, tries int) campaigns.Next {
	again := e == campaigns.EffectRetry || e == campaigns.EffectWrongNumber && !at.IsZero()
	if e == campaigns.EffectCallback || again && tries < c.MaxAttempts {
		return campaigns.Next{State: campaigns.ContactWaiting, At: at, Phone: phone}
	}
	return campaigns.Next{State: campaigns.ContactDone, Phone: phone}
}

// effect does what the disposition says: at once to the do-not-call list and
// the callbacks, and to the contact unless its call is still going on or it
// is in the next one.
func (t *tx) effect(c campaigns.Campaign, p disposed, kind campaigns.DispositionType, at time.Time, d campaigns.Disposition) error {
	if kind.Effect == campaigns.EffectDNC && p.e164 != 0 {
		seller, err := t.calledFor(p.seq, c)
		if err != nil {
			return err
		}
		err = t.addDoNotCall([]campaigns.DoNotCall{{
			Number: number(p.e164), At: d.At, Channel: campaigns.ChannelAgent, By: t.db.known.login(d.Agent),
			Seller: seller, Goods: c.Goods, Reason: d.Note, Attempt: d.Attempt, Campaign: p.campaign,
		}})
		if err != nil {
			return err
		}
	}
	if p.contact == 0 || p.state == "" {
		return nil
	}
	if _, err := t.exec(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0 AND attempt <> ?`, p.contact, p.seq); err != nil {
		return err
	}
	callback, agent := int64(0), int64(0)
	if kind.Effect == campaigns.EffectCallback {
		if err := t.row(`SELECT id, agent FROM callbacks WHERE attempt = ?`, []any{p.seq}, &callback, &agent); err != nil {
			return err
		}
	}
	if p.state == campaigns.ContactLive {
		_, err := t.exec(`UPDATE contacts SET callback = ?2, agent = ?3 WHERE id = ?1`, p.contact, callback, agent)
		return err
	}
	next := effectNext(c, kind.Effect, at, p.phone, p.tries)
	t.moved(p.list, p.state, next.State, 1)
	_, err := t.exec(`UPDATE contacts SET state = ?2, next_at = ?3, callback = ?4, agent = ?5 WHERE id = ?1`,
		p.contact, string(next.State), micros(next.At), callback, agent)
	return err
}

// What a disposition has beside its own row.
const (
	extraSale = 1 << iota
	extraAppointment
	extraAnswers
	extraCallback
	extraMore
)

func extras(d campaigns.Disposition) (bits int64) {
	if d.Sale != nil {
		bits |= extraSale
	}
	if d.Appointment != nil {
		bits |= extraAppointment
	}
	if len(d.Answers) > 0 {
		bits |= extraAnswers
	}
	if d.Callback != nil {
		bits |= extraCallback
	}
	if moreOf(d).any() {
		bits |= extraMore
	}
	return bits
}

const dispositionColumns = `seq, key, agent, code, note, at, effect, effect_at, currency, total, extras`

// insertDisposition writes the disposition with all that belongs to it, as
// one link of the chain. What the person said is personal; what was sold, and
// what became of the contact, is not.
func (t *tx) insertDisposition(p disposed, effect campaigns.Effect, at time.Time, d campaigns.Disposition) error {
	var sale campaigns.Sale
	if d.Sale != nil {
		sale = *d.Sale
	}
	seq := p.seq
	row := []any{
		seq, d.Key, d.Agent, d.Code, d.Note, micros(d.At), string(effect), micros(at), sale.Currency, sale.Total(), extras(d),
	}
	more, err := moreOf(d).text()
	if err != nil {
		return err
	}
	parts := dispositionParts(seq, d)
	public, personal := dispositionDigest(row, parts, d.Callback, more)
	c, err := t.commitment(subjectOf(p.e164, seq), kindDisposition, seq, personal)
	if err != nil {
		return err
	}
	if _, err := t.chain(kindDisposition, seq, digest2(public, c)); err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO dispositions (`+dispositionColumns+`, format, commitment) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
		append(row, rowFormat, blob(c))...); err != nil {
		return err
	}
	for _, p := range parts {
		if _, err := t.exec(p.insert, p.row...); err != nil {
			return err
		}
	}
	if more != "" {
		if _, err := t.exec(`INSERT INTO disposition_more (seq, body) VALUES (?, ?)`, seq, more); err != nil {
			return err
		}
	}
	return t.insertCallback(seq, d)
}

// part is a row that belongs to a disposition.
type part struct {
	insert string
	row    []any
}

const (
	insertLine        = `INSERT INTO order_lines (seq, line, product, quantity, unit_price) VALUES (?, ?, ?, ?, ?)`
	insertAppointment = `INSERT INTO appointments (seq, at, zone, place, person, note) VALUES (?, ?, ?, ?, ?, ?)`
	insertAnswer      = `INSERT INTO answers (seq, line, question, value) VALUES (?, ?, ?, ?)`
)

func dispositionParts(seq int64, d campaigns.Disposition) []part {
	var parts []part
	if d.Sale != nil {
		for i, l := range d.Sale.Lines {
			parts = append(parts, part{insertLine, []any{seq, int64(i), l.Product, int64(l.Quantity), l.UnitPrice}})
		}
	}
	if a := d.Appointment; a != nil {
		parts = append(parts, part{insertAppointment, []any{seq, micros(a.At), a.Zone, a.Place, a.Person, a.Note}})
	}
	for i, a := range d.Answers {
		parts = append(parts, part{insertAnswer, []any{seq, int64(i), a.Question, a.Value}})
	}
	return parts
}
