package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// Begin writes the attempt into the ledger when every rule allows it now: on
// return without error the row is durable and the INVITE may leave. The rules
// see the campaign's settings as stored, and the store's own clock, in the
// transaction that writes the row. It sets a.Seq, a.Try, a.IntentAt,
// a.Settings, a.RetryOf and a.DayNo.
//
// A *rules.Refusal means that the number must not be called now; the contact
// has been put back, done or waiting. campaigns.ErrNotLeased means that the
// contact was taken from its hopper meanwhile, campaigns.ErrClock that the
// clock jumped and nobody can be called. ErrNotLeased is as well the answer for
// a phone that an agent has called a wrong number since the hopper has it: the
// contact goes on to its next phone. campaigns.ErrSuperseded means that another
// node owns the campaign by now, under another fence than a.Fence: the contact
// is its business. Whatever the error, even that of ctx, no row was written.
func (db *DB) Begin(ctx context.Context, c campaigns.Campaign, a *campaigns.Attempt) error {
	var refused error
	err := db.doAhead(ctx, func(t *tx, ask *ahead) { t.beginAhead(ask, c.ID, a) }, func(t *tx) (err error) {
		t.touches(ofNumber(e164(a.Number)), ofContact(a.Contact), ofAttempt(a.ID))
		refused, err = t.beginAttempt(c.ID, a)
		return err
	})
	if err == nil {
		err = refused
	}
	if err != nil {
		return fmt.Errorf("begin attempt of contact %d: %w", a.Contact, err)
	}
	return nil
}

// beginAttempt writes the row, or moves the contact and says in refused why not.
func (t *tx) beginAttempt(campaign int64, a *campaigns.Attempt) (refused, err error) {
	if t.jumped != nil {
		return nil, t.jumped
	}
	c, ok := t.settings(campaign)
	if !ok {
		return nil, fmt.Errorf("campaign %d: %w", campaign, campaigns.ErrNotFound)
	}
	f, r, err := t.facts(c, a)
	if err != nil {
		return nil, err
	}
	if t.superseded(a, r.fence) {
		return nil, campaigns.ErrSuperseded
	}
	state := r.state
	switch {
	case state == "", state == campaigns.ContactLeased:
	case state == campaigns.ContactLive:
		f.Live = true // through another of its phones
	case !a.Manual: // a number typed by hand has any contact
		return nil, campaigns.ErrNotLeased
	}
	d, terms, err := t.decide(c, a, f)
	if err != nil {
		return nil, err
	}
	if refusal := d.Refusal(); refusal != nil {
		return refusal, t.refuse(c, a, d, terms, refusal, state == campaigns.ContactLeased && !a.Manual)
	}
	if r.buried && state == campaigns.ContactLeased && !a.Manual {
		return campaigns.ErrNotLeased, t.passBuried(a)
	}
	t.seal(a, c, d, terms)
	if a.Manual && a.Contact != 0 {
		err = t.beginManual(a, state, f.Tries+1)
	} else {
		err = t.insertAttempt(a, f.Tries+1)
	}
	if err != nil {
		return nil, err
	}
	return nil, t.keepDecision(a, d, terms)
}

// refuse keeps why a call is not placed, and moves a contact out of its hopper:
// waiting for another of its phones when the number alone was refused, done when
// neither time nor the house can change the verdict, else waiting until it is
// judged again.
func (t *tx) refuse(c campaigns.Campaign, a *campaigns.Attempt, d *rules.Decision, terms storedTerms, refusal *rules.Refusal, leased bool) error {
	if err := t.deny(a, d, terms, refusal.Primary); err != nil || !leased {
		return err
	}
	j := campaigns.Judgement{Until: campaigns.BackUntil(d, t.now), Held: campaigns.HeldBy(d, t.now)}
	var err error
	if j.Held.Stops, err = askedFor(c, terms.terms, a, t.now).heldBy(t, j); err != nil {
		return err
	}
	if campaigns.KeepsNumberOut(d) {
		if j, err = t.judgeOthers(c, a, d, terms, j.Held.Stops); err != nil {
			return err
		}
		if j.Allowed {
			j.Until = t.now
		}
		if _, err := t.exec(`UPDATE contacts SET phone = ? WHERE id = ?`, j.Phone, a.Contact); err != nil {
			return err
		}
	}
	if j.Until.IsZero() {
		return t.setDone(a.Contact, campaigns.Refused)
	}
	if err := t.rememberHeld([]campaigns.Back{{Contact: a.Contact, Until: j.Until, Held: j.Held}}); err != nil {
		return err
	}
	return t.setWaiting(a.Contact, j.Until)
}

// judgeOthers judges a contact one of whose phones was refused by a decision, and by
// these stops.
func (t *tx) judgeOthers(c campaigns.Campaign, a *campaigns.Attempt, refused *rules.Decision, terms storedTerms, stops []int64) (campaigns.Judgement, error) {
	var p campaigns.Contact
	err := t.rows(`SELECT `+contactColumns+` FROM contacts WHERE id = ?`, []any{a.Contact}, func(r *sql.Rows) (err error) {
		p, err = scanContact(r)
		return err
	})
	if err != nil {
		return campaigns.Judgement{}, err
	}
	p.Phone, p.Callback = a.Phone, a.Callback
	var f rules.Facts
	var d rules.Decision
	held := map[int][]int64{a.Phone: stops}
	j, err := campaigns.JudgePhones(p, t.now, func(phone int) (*rules.Decision, error) {
		if phone == a.Phone {
			return refused, nil
		}
		x := askedOf(c, terms.terms, p, p.Phones[phone].Number, t.now)
		err := t.db.weigh(t, t.inForce().book, x, p.Callback, &f, &d)
		if err == nil {
			held[phone], err = x.heldBy(t, campaigns.JudgementOf(&d, t.now))
		}
		return &d, err
	})
	j.Held.Stops = held[j.Phone]
	return j, err
}

// facts reads all that the rules ask, in one query, and which version of the
// settings is in force. The state in the row is empty for a manual call to a
// number that is no contact.
func (t *tx) facts(c campaigns.Campaign, a *campaigns.Attempt) (f rules.Facts, r factsRow, err error) {
	if err := t.row(factsQuery, r.args(a.Contact, a.Number, a.Callback, c, t.now), r.dest()...); err != nil {
		return f, r, fmt.Errorf("read facts: %w", err)
	}
	if r.state == "" && a.Contact != 0 {
		return f, r, campaigns.ErrNotLeased
	}
	a.Settings, a.RetryOf, a.DayNo = r.version, r.retryOf, r.dayNo
	return r.facts(a.Number), r, nil
}

const attemptColumns = `seq, id, campaign, list, contact, phone, e164, caller_id, mode, agent, callback, try, zones, script_ver,
	intent_at, manual, settings, retry_of, day_no`

// attemptRow is the row of attemptColumns.
func attemptRow(a *campaigns.Attempt) []any {
	return []any{
		a.Seq, a.ID, a.Campaign, a.List, a.Contact, int64(a.Phone), e164(a.Number), a.CallerID, string(a.Mode), a.Agent, a.Callback,
		int64(a.Try), joinZones(a.Zones), a.ScriptVer, micros(a.IntentAt), flag(a.Manual), a.Settings, a.RetryOf,
		int64(a.DayNo),
	}
}

const insertAttemptRow = `INSERT INTO attempts (` + attemptColumns + `, ` + attemptMore + `, format, commitment, prev, hash, live)
	VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`

func (t *tx) insertAttempt(a *campaigns.Attempt, try int) error {
	if err := t.writeAttempt(a, try, int64(1)); err != nil || a.Contact == 0 {
		return err
	}
	t.moved(a.List, campaigns.ContactLeased, campaigns.ContactLive, 1)
	err := t.write(`UPDATE contacts SET state = 'live', phone = ?2 WHERE id = ?1`, a.Contact, a.Phone)
	return err
}

// writeAttempt writes the row of an attempt and its link. Live is 1, or nil for
// one that somebody else placed: of those, one number may have several.
func (t *tx) writeAttempt(a *campaigns.Attempt, try int, live any) error {
	t.attempt++
	t.intent = micros(t.now)
	a.Seq, a.Try, a.IntentAt = t.attempt, try, t.now
	row := append(attemptRow(a), attemptExtra(a)...)
	public, personal := attemptParts(row)
	c, err := t.commitment(subjectOf(e164(a.Number), a.Seq), kindAttempt, a.Seq, personal)
	if err != nil {
		return err
	}
	prev := t.link.hash
	l, err := t.chain(kindAttempt, a.Seq, digest2(public, c))
	if err != nil {
		return err
	}
	err = t.writeOr(insertAttemptRow, append(row, rowFormat, blob(c), prev[:], l.hash[:], live)...)
	if t.isTaken(err) {
		return fmt.Errorf("attempt %s: %w", a.ID, campaigns.ErrExists)
	}
	if err != nil {
		return err
	}
	self, called := t.db.self(), any(nil)
	if live != nil {
		called = e164(a.Number)
	}
	return t.write(`INSERT INTO placed (seq, node, epoch, e164) VALUES (?, ?, ?, ?)`, a.Seq, self.id, self.epoch, called)
}

// setDone ends a contact that is not in a call, and with it what was agreed.
func (t *tx) setDone(contact int64, last campaigns.Outcome) error {
	from, list, err := t.stateOf(contact)
	if err != nil {
		return err
	}
	t.moved(list, from, campaigns.ContactDone, 1)
	if _, err := t.exec(`UPDATE contacts SET state = 'done', last = ?2, next_at = 0, callback = 0, agent = 0 WHERE id = ?1`,
		contact, string(last)); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0`, contact)
	return err
}

// setWaiting lets a contact wait, with its callback when it has one.
func (t *tx) setWaiting(contact int64, until time.Time) error {
	from, list, err := t.stateOf(contact)
	if err != nil {
		return err
	}
	t.moved(list, from, campaigns.ContactWaiting, 1)
	if _, err := t.exec(`UPDATE contacts SET state = 'waiting', next_at = ?2 WHERE id = ?1`, contact, micros(until)); err != nil {
		return err
	}
	_, err = t.exec(`UPDATE callbacks SET due = ?2 WHERE contact = ?1 AND done = 0`, contact, micros(until))
	return err
}

// passBuried lets a contact out of its hopper whose phone is another person's:
// waiting for its next phone, which may be called at once, or done when it has
// none.
func (t *tx) passBuried(a *campaigns.Attempt) error {
	var another bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM contacts c, json_each(c.phones) p WHERE c.id = ? AND COALESCE(CAST(p.value ->> '$.dead' AS INTEGER), 0) = 0)`,
		[]any{a.Contact}, &another)
	switch {
	case err != nil:
		return err
	case another:
		return t.setWaiting(a.Contact, t.now)
	}
	_, list, err := t.stateOf(a.Contact)
	if err != nil {
		return err
	}
	t.moved(list, campaigns.ContactLeased, campaigns.ContactDone, 1)
	_, err = t.exec(`UPDATE contacts SET state = 'done', next_at = 0, callback = 0, agent = 0 WHERE id = ?`, a.Contact)
	if err == nil {
		_, err = t.exec(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0`, a.Contact)
	}
	return err
}

// stateOf reads where a contact stands, which is so until the transaction ends.
func (t *tx) stateOf(contact int64) (state campaigns.ContactState, list int64, err error) {
	if err := t.pin(contact); err != nil {
		return "", 0, err
	}
	err = t.row(`SELECT state, list FROM contacts WHERE id = ?`, []any{contact}, &state, &list)
	if errors.Is(err, sql.ErrNoRows) {
		err = fmt.Errorf("contact %d: %w", contact, campaigns.ErrNotFound)
	}
	return state, list, err
}

func flag(b bool) int64 {
	if b {
		return 1
	}
	return 0
}
