package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// Recognise tells which of several campaigns a caller means who rings a number
// that they share: the one that called them last, else the first that has them
// on a list; 0 when none knows the number.
func (db *DB) Recognise(ctx context.Context, number string, among []int64) (int64, error) {
	best, last := int64(0), int64(0)
	for _, id := range among {
		var seq int64
		var listed bool
		err := db.read.QueryRowContext(ctx, `SELECT
			COALESCE((SELECT MAX(seq) FROM attempts WHERE e164 = ?2 AND campaign = ?1), 0),
			EXISTS (SELECT 1 FROM numbers WHERE campaign = ?1 AND e164 = ?2)`, id, e164(number)).Scan(&seq, &listed)
		if err != nil {
			return 0, fmt.Errorf("recognise a caller: %w", err)
		}
		if seq > last || (best == 0 && listed) {
			best, last = id, seq
		}
	}
	return best, nil
}

// Receive writes the attempt of a person who calls the campaign: on return it
// is durable. The contact is found by the number within the campaign, the one
// called last if there are several, or is made, done, on the list "Calls back";
// a withheld number has none. Until the outcome nobody calls the number. No
// rule of calling binds a call that we do not place. It sets a.Seq, a.IntentAt,
// a.Settings and all that the attempt says of the contact.
func (db *DB) Receive(ctx context.Context, a *campaigns.Attempt, phone campaigns.Phone) (campaigns.Received, error) {
	var r campaigns.Received
	err := db.do(ctx, func(t *tx) (err error) {
		r, err = t.receive(a, phone)
		return err
	})
	if err != nil {
		return r, fmt.Errorf("write an inbound call of campaign %d: %w", a.Campaign, err)
	}
	return r, nil
}

func (t *tx) receive(a *campaigns.Attempt, phone campaigns.Phone) (r campaigns.Received, err error) {
	if err := t.row(`SELECT version FROM campaigns WHERE id = ?`, []any{a.Campaign}, &a.Settings); err != nil {
		return r, fmt.Errorf("campaign %d: %w", a.Campaign, noRows(err))
	}
	was := campaigns.ContactState("")
	if a.Number != "" {
		if r, err = t.caller(a, phone); err != nil {
			return r, err
		}
		a.List, a.Contact, a.Phone, a.Zones = r.Contact.List, r.Contact.ID, r.Contact.Phone, zonesOf(r.Contact, a.Number)
		if was = r.Contact.State; was == campaigns.ContactLive {
			was = ""
		}
	}
	if err := t.writeAttempt(a, r.Contact.Tries, nil); err != nil {
		return r, err
	}
	return r, t.hold(a, was, r.Contact.Callback != 0, true)
}

// hold takes a contact into a call from the state it was in, and remembers where
// it goes back to: out of a hopper, to where the hopper had it from.
func (t *tx) hold(a *campaigns.Attempt, was campaigns.ContactState, agreed, inbound bool) error {
	back := was
	switch {
	case was == campaigns.ContactLeased && agreed:
		back = campaigns.ContactWaiting
	case was == campaigns.ContactLeased:
		back = campaigns.ContactReady
	}
	_, err := t.exec(`INSERT INTO held (seq, e164, contact, was, inbound) VALUES (?, ?, ?, ?, ?)`,
		a.Seq, e164(a.Number), a.Contact, string(back), flag(inbound))
	if err != nil || a.Contact == 0 || was == "" {
		return err
	}
	t.moved(a.List, was, campaigns.ContactLive, 1)
	_, err = t.exec(`UPDATE contacts SET state = 'live' WHERE id = ?`, a.Contact)
	return err
}

// caller finds or makes the contact of who calls.
func (t *tx) caller(a *campaigns.Attempt, phone campaigns.Phone) (r campaigns.Received, err error) {
	err = t.row(`SELECT EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?1 AND (?2 = '' OR seller = '' OR seller IN (SELECT value FROM json_each(?2))))`,
		[]any{e164(a.Number), t.sellersOf(a.Campaign)}, &r.DoNotCall)
	if err != nil {
		return r, err
	}
	id, err := t.contactWith(a.Campaign, a.Number)
	if err != nil {
		return r, err
	}
	if id == 0 {
		r.Contact, err = t.strange(a.Campaign, campaigns.ListCallsBack, phone)
		return r, err
	}
	if r.Contact, err = t.contactByID(id); err != nil {
		return r, err
	}
	for i, p := range r.Contact.Phones {
		if p.Number == a.Number {
			r.Contact.Phone = i
		}
	}
	err = t.row(`SELECT COALESCE(o.second_agent, o.agent) FROM attempts a JOIN outcomes o ON o.seq = a.seq
		WHERE a.contact = ? AND o.agent <> 0 AND o.bridged_at > 0 ORDER BY a.seq DESC LIMIT 1`, []any{id}, &r.LastAgent)
	if errors.Is(err, sql.ErrNoRows) {
		err = nil
	}
	return r, err
}

// contactWith finds the contact of a campaign that has a number, of several the
// one who was in a call last; 0 = none.
func (t *tx) contactWith(campaign int64, number string) (id int64, err error) {
	err = t.row(`SELECT contact FROM numbers n WHERE campaign = ? AND e164 = ?
		ORDER BY COALESCE((SELECT MAX(seq) FROM attempts WHERE contact = n.contact), 0) DESC, contact LIMIT 1`,
		[]any{campaign, e164(number)}, &id)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return id, err
}

func (t *tx) contactByID(id int64) (c campaigns.Contact, err error) {
	if err := t.pin(id); err != nil {
		return c, err
	}
	found := false
	err = t.rows(`SELECT `+contactColumns+` FROM contacts WHERE id = ?`, []any{id}, func(r *sql.Rows) error {
		found = true
		c, err = scanContact(r)
		return err
	})
	if err == nil && !found {
		err = campaigns.ErrNotFound
	}
	return c, err
}

// strange makes the contact of a number that stands on no list of the campaign.
// It is done: nobody calls it unless something is agreed with it.
func (t *tx) strange(campaign int64, list string, phone campaigns.Phone) (campaigns.Contact, error) {
	l, err := t.ownList(campaign, list)
	if err != nil {
		return campaigns.Contact{}, err
	}
	rows, err := encodeContacts([]campaigns.Contact{{Campaign: campaign, List: l.ID, Phones: []campaigns.Phone{phone}}})
	if err != nil {
		return campaigns.Contact{}, err
	}
	if rows[0].reason != "" {
		return campaigns.Contact{}, fmt.Errorf("number of a stranger: %s", rows[0].reason)
	}
	t.contact++
	rows[0].person.ID = t.contact
	if err := t.insertContacts(campaigns.Load{Campaign: campaign, List: l.ID}, []*contactRow{&rows[0]}); err != nil {
		return campaigns.Contact{}, err
	}
	t.moved(l.ID, campaigns.ContactReady, campaigns.ContactDone, 1)
	if _, err := t.exec(`UPDATE contacts SET state = 'done' WHERE id = ?`, t.contact); err != nil {
		return campaigns.Contact{}, err
	}
	return t.contactByID(t.contact)
}

// ownList finds or makes a list that the house fills itself. It is switched off:
// only callbacks of it are called.
func (t *tx) ownList(campaign int64, name string) (l campaigns.List, err error) {
	var id int64
	err = t.row(`SELECT id FROM lists WHERE campaign = ? AND name = ?`, []any{campaign, name}, &id)
	if err == nil {
		return t.list(id)
	}
	if !errors.Is(err, sql.ErrNoRows) {
		return l, err
	}
	l = campaigns.List{Campaign: campaign, Name: name, CreatedAt: t.now}
	if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM lists`, nil, &l.ID); err != nil {
		return l, err
	}
	return l, t.insertList(l)
}

// holding is what an attempt held until its end.
type holding struct {
	was     campaigns.ContactState
	inbound bool
	any     bool
}

// letGo ends what an attempt holds beside its number.
func (t *tx) letGo(seq int64) (h holding, err error) {
	h, err = heldOf(t, seq)
	if err == nil && h.any {
		_, err = t.exec(`DELETE FROM held WHERE seq = ?`, seq)
	}
	return h, err
}

func heldOf(q querier, seq int64) (h holding, err error) {
	err = q.rows(`SELECT was, inbound FROM held WHERE seq = ?`, []any{seq}, func(r *sql.Rows) error {
		h.any = true
		return r.Scan(&h.was, &h.inbound)
	})
	return h, err
}

// nextInbound says where a caller's contact goes: where the agent sent it, when
// the agent was quicker than the end of the call; out, when somebody talked to
// them; to the agreed time; else back to where it was.
func (t *tx) nextInbound(b begun, a campaigns.Attempt, c campaigns.Campaign) campaigns.Next {
	phone := b.person.Phone
	switch {
	case b.effect.Valid:
		return effectNext(c, campaigns.Effect(b.effect.String), moment(b.effectAt.Int64), phone, b.person.Tries)
	case a.Outcome == campaigns.InboundConnected:
		return campaigns.Next{State: campaigns.ContactDone, Phone: phone}
	case a.Outcome == campaigns.InboundCallback:
		return campaigns.Next{State: campaigns.ContactWaiting, At: a.Next.At, Phone: a.Phone}
	}
	if b.held.was == "" { // it was in a call of ours, or in another one to us
		return campaigns.Next{State: b.person.State, Phone: phone}
	}
	return campaigns.Next{State: b.held.was, Phone: phone}
}

// settleInbound moves a caller's contact out of the call, unless a call of ours
// has it still.
func (t *tx) settleInbound(b begun, a campaigns.Attempt) error {
	if b.contact == 0 || b.person.ID == 0 {
		return nil
	}
	reached := a.Outcome == campaigns.InboundConnected || a.Outcome == campaigns.InboundCallback
	callback, err := t.settleCallbacks(b, a, reached)
	if err != nil {
		return err
	}
	var taken bool
	if err := t.row(`SELECT EXISTS (SELECT 1 FROM attempts WHERE contact = ? AND live = 1)`, []any{b.contact}, &taken); err != nil {
		return err
	}
	stays := b.person.State != campaigns.ContactLive && !reached && !b.effect.Valid && !a.OptOut
	if taken || stays || a.Next.State == b.person.State {
		return nil
	}
	t.moved(b.list, b.person.State, a.Next.State, 1)
	switch {
	case b.effect.Valid: // what was agreed stands in the contact since then
		_, err = t.exec(`UPDATE contacts SET state = ?2, next_at = ?3, phone = ?4, last = ?5 WHERE id = ?1`,
			b.contact, string(a.Next.State), micros(a.Next.At), a.Next.Phone, string(a.Outcome))
	case reached:
		_, err = t.exec(`UPDATE contacts SET state = ?2, next_at = ?3, phone = ?4, last = ?5, callback = ?6, agent = 0 WHERE id = ?1`,
			b.contact, string(a.Next.State), micros(a.Next.At), a.Next.Phone, string(a.Outcome), callback)
	default:
		_, err = t.exec(`UPDATE contacts SET state = ?2 WHERE id = ?1`, b.contact, string(a.Next.State))
	}
	return err
}

// settleCallbacks ends what was agreed before with a person whom the call
// reached, and books what was asked for in the queue.
func (t *tx) settleCallbacks(b begun, a campaigns.Attempt, reached bool) (callback int64, err error) {
	if !reached || b.effect.Valid {
		return 0, nil
	}
	if _, err := t.exec(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0`, b.contact); err != nil {
		return 0, err
	}
	if a.Outcome != campaigns.InboundCallback {
		return 0, nil
	}
	err = t.row(`INSERT INTO callbacks (campaign, contact, attempt, at, due, agent, note) VALUES (?, ?, ?, ?, ?, 0, ?) RETURNING id`,
		[]any{b.campaign, b.contact, b.seq, micros(a.Next.At), micros(a.Next.At), callerAsked}, &callback)
	t.writes++
	return callback, err
}

// callerAsked is the note of a callback that a caller asked for in the queue.
const callerAsked = "Asked for by key when nobody was free to take the call."

// beginManual writes the attempt of a number that an agent typed. Where its
// contact stood is remembered: who was done stays so unless something comes of
// the call.
func (t *tx) beginManual(a *campaigns.Attempt, state campaigns.ContactState, try int) error {
	err := t.writeAttempt(a, try, int64(1))
	if err != nil {
		return err
	}
	if t.db.claims != nil && state != "" { // it may have been claimed since it was read
		if state, _, err = t.stateOf(a.Contact); err != nil {
			return err
		}
	}
	return t.hold(a, state, a.Callback != 0, false)
}

// ByHand finds the contact of a number that an agent wants to dial, or makes
// it, done, on the list "Dialed by hand".
func (db *DB) ByHand(ctx context.Context, campaign int64, phone campaigns.Phone) (c campaigns.Contact, err error) {
	err = db.do(ctx, func(t *tx) error {
		id, err := t.contactWith(campaign, phone.Number)
		if err != nil {
			return err
		}
		if id == 0 {
			c, err = t.strange(campaign, campaigns.ListDialedByHand, phone)
			return err
		}
		c, err = t.contactByID(id)
		return err
	})
	if err != nil {
		return c, fmt.Errorf("find a number to dial by hand: %w", err)
	}
	for i, p := range c.Phones {
		if p.Number == phone.Number {
			c.Phone = i
		}
	}
	return c, nil
}

// AgreedCallbacks lists agreed callbacks by time, each with who is called back.
func (db *DB) AgreedCallbacks(ctx context.Context, f campaigns.CallbackFilter) ([]campaigns.AgreedCallback, error) {
	list, err := db.Callbacks(ctx, f)
	if err != nil {
		return nil, err
	}
	out := make([]campaigns.AgreedCallback, len(list))
	for i, c := range list {
		out[i].Callback = c
		p, err := db.Contact(ctx, c.Contact)
		if errors.Is(err, campaigns.ErrNotFound) {
			continue // undone meanwhile
		}
		if err != nil {
			return nil, err
		}
		phone, zones := p.Dial()
		out[i].Name, out[i].Company, out[i].Number, out[i].Zones = p.Name, p.Company, phone.Number, zones
	}
	return out, nil
}
