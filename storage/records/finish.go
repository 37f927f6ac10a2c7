package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// Finish appends the outcome of an attempt, frees its number and sends the
// contact where the campaign's retry rule, or the agent's disposition if it
// came first, wants it. It is durable on return. A second outcome is
// campaigns.ErrFinished, an attempt that is not in the ledger
// campaigns.ErrUnknownAttempt.
func (db *DB) Finish(ctx context.Context, a campaigns.Attempt) error {
	if !a.Outcome.Known() {
		return fmt.Errorf("finish attempt %s: %q is not an outcome", a.ID, a.Outcome)
	}
	err := db.doAhead(ctx, func(t *tx, ask *ahead) { t.finishAhead(ask, a) }, func(t *tx) error {
		t.touches(ofAttempt(a.ID))
		return t.finish(a)
	})
	if err != nil {
		return fmt.Errorf("finish attempt %s: %w", a.ID, err)
	}
	return nil
}

// begun is what the ledger knows of an attempt when it ends.
type begun struct {
	seq, campaign, list, contact, e164, callback, agent, intent int64

	finished, undone bool
	same             int // earlier attempts of the contact that ended the same way
	person           campaigns.Contact
	effect           sql.NullString // of a disposition that came first
	effectAt         sql.NullInt64
	held             holding
}

func (t *tx) finish(a campaigns.Attempt) error {
	b, err := t.begun(a.ID, a.Outcome)
	if err != nil {
		return err
	}
	if b.finished {
		return campaigns.ErrFinished
	}
	t.touches(ofNumber(b.e164), ofContact(b.contact))
	if b.held, err = t.letGo(b.seq); err != nil {
		return err
	}
	if b.held.inbound && b.contact != 0 && b.person.ID != 0 && t.db.claims != nil { // it may have been claimed since it was read
		if b.person.State, _, err = t.stateOf(b.contact); err != nil {
			return err
		}
	}
	ended := a.EndedAt
	if ended.IsZero() {
		ended = t.now
	}
	tries := b.person.Tries
	if a.Outcome.Counts() {
		tries++
	}
	a.Next = t.next(b, a, tries, ended)
	if err := t.insertOutcome(b, a); err != nil {
		return err
	}
	if err := t.countEnding(b, a); err != nil {
		return err
	}
	if err := t.insertTalks(b.seq, a.Talks); err != nil {
		return err
	}
	if err := t.write(`UPDATE attempts SET live = NULL WHERE seq = ? AND live = 1`, b.seq); err != nil {
		return err
	}
	if err := t.write(`DELETE FROM placed WHERE seq = ?`, b.seq); err != nil {
		return err
	}
	if a.OptOut {
		if err := t.optOut(b, a); err != nil {
			return err
		}
	}
	if b.held.inbound {
		if err := t.inquired(b, a); err != nil {
			return err
		}
		return t.settleInbound(b, a)
	}
	if b.person.State != campaigns.ContactLive {
		return nil // a manual call, or one whose contact was taken out
	}
	return t.settle(b, a, tries)
}

func (t *tx) begun(id string, o campaigns.Outcome) (begun, error) { return t.begunOf(t, id, o) }

func (*tx) begunOf(q querier, id string, o campaigns.Outcome) (begun, error) {
	var b begun
	var phones string
	err := q.row(`SELECT a.seq, a.campaign, a.list, a.contact, a.e164, a.callback, a.agent, a.intent_at,
		(SELECT COUNT(*) FROM outcomes WHERE seq = a.seq) > 0,
		(SELECT COUNT(*) FROM loads WHERE id = c.load AND undone_at > 0) > 0,
		(SELECT COUNT(*) FROM attempts s WHERE s.contact = a.contact AND a.contact <> 0 AND (SELECT outcome FROM outcomes WHERE seq = s.seq) = ?2),
		COALESCE(c.id, 0), COALESCE(c.state, ''), COALESCE(c.phones, '[]'), COALESCE(c.phone, 0), COALESCE(c.tries, 0),
		d.effect, d.effect_at
		FROM attempts a LEFT JOIN contacts c ON c.id = a.contact LEFT JOIN dispositions d ON d.seq = a.seq
		WHERE a.id = ?1`, []any{id, string(o)},
		&b.seq, &b.campaign, &b.list, &b.contact, &b.e164, &b.callback, &b.agent, &b.intent, &b.finished, &b.undone, &b.same,
		&b.person.ID, &b.person.State, &phones, &b.person.Phone, &b.person.Tries, &b.effect, &b.effectAt)
	if errors.Is(err, sql.ErrNoRows) {
		return b, campaigns.ErrUnknownAttempt
	}
	if err != nil {
		return b, fmt.Errorf("read attempt: %w", err)
	}
	b.person.Phones, err = readPhones(phones)
	return b, err
}

// next says where the contact goes: out, when its load was undone, it opted
// out or it was a manual call; where the agent sent it, when the agent was
// quicker than the end of the call; else where the retry rule sends it.
func (t *tx) next(b begun, a campaigns.Attempt, tries int, ended time.Time) campaigns.Next {
	c, known := t.settings(b.campaign)
	done := campaigns.Next{State: campaigns.ContactDone, Phone: b.person.Phone}
	switch {
	case b.contact == 0 || b.undone || a.OptOut || !known:
		return done
	case b.held.inbound:
		return t.nextInbound(b, a, c)
	case b.held.was == campaigns.ContactDone && !b.effect.Valid:
		return done // dialed by hand, and nothing came of it
	case b.effect.Valid:
		return effectNext(c, campaigns.Effect(b.effect.String), moment(b.effectAt.Int64), b.person.Phone, tries)
	}
	return c.After(a.Outcome, b.person, tries, b.same+1, ended)
}

const outcomeColumns = `seq, campaign, intent_at, outcome, agent, trunk, code, q850, reason, ended_by, error,
	sent_at, ringing_at, answered_at, bridged_at, message_at, message_end_at, ended_at, connect_delay, opt_out,
	packets_in, packets_out, loss, jitter_ms, mos, second_agent, second_at, agent_loss, agent_jitter, agent_mos, next_state, next_at, next_phone, recorded_at`

func (t *tx) insertOutcome(b begun, a campaigns.Attempt) error {
	row := sparse([]any{
		b.seq, b.campaign, b.intent, string(a.Outcome), a.Agent, a.Trunk, int64(a.Code), int64(a.Q850), withoutNumber(a.Reason, b.e164), a.EndedBy,
		withoutNumber(a.Error, b.e164),
		micros(a.SentAt), micros(a.RingingAt), micros(a.AnsweredAt), micros(a.BridgedAt), micros(a.MessageAt), micros(a.MessageEndAt),
		micros(a.EndedAt), a.ConnectDelay.Microseconds(), flag(a.OptOut),
		int64(a.PacketsIn), int64(a.PacketsOut), finite(a.LossShare), finite(a.JitterMS), finite(a.MOS),
		a.SecondAgent, micros(a.SecondAt), finite(a.AgentLoss), finite(a.AgentJitterMS), finite(a.AgentMOS),
		string(a.Next.State), micros(a.Next.At), int64(a.Next.Phone), micros(t.now),
	})
	row = append(row, outcomeExtra(&a)...)
	prev := t.link.hash
	l, err := t.chain(kindOutcome, b.seq, digest2(row, nil))
	if err != nil {
		return err
	}
	err = t.write(`INSERT INTO outcomes (`+outcomeColumns+`, `+outcomeMore+`, format, prev, hash)
		VALUES (?`+strings.Repeat(", ?", len(row)+2)+`)`, append(row, rowFormat, prev[:], l.hash[:])...)
	return err
}

// buryPhone marks a phone that does not exist, so that it is not tried again
// when the contact's other phones have had their turn.
func (t *tx) buryPhone(contact int64, phone int) error {
	var text string
	if err := t.row(`SELECT phones FROM contacts WHERE id = ?`, []any{contact}, &text); err != nil {
		return err
	}
	phones, err := readPhones(text)
	if err != nil || phone >= len(phones) {
		return err
	}
	phones[phone].Dead = true
	body, err := json.Marshal(phones)
	if err != nil {
		return err
	}
	_, err = t.exec(`UPDATE contacts SET phones = ?2 WHERE id = ?1`, contact, string(body))
	return err
}

// settle moves the contact out of its call. A callback that reached the
// person, or that nobody will try again, is done.
func (t *tx) settle(b begun, a campaigns.Attempt, tries int) error {
	if a.Outcome == campaigns.Invalid {
		if err := t.buryPhone(b.contact, a.Phone); err != nil {
			return err
		}
	}
	t.moved(b.list, campaigns.ContactLive, a.Next.State, 1)
	kept := a.Outcome.Live() && !a.Outcome.Abandoned() || a.Next.State == campaigns.ContactDone
	if b.effect.Valid {
		return t.settleDisposed(b, a, tries)
	}
	err := t.write(`UPDATE contacts SET state = ?2, next_at = ?3, phone = ?4, tries = ?5, last = ?6, tried_at = ?8,
		callback = CASE WHEN ?7 THEN 0 ELSE callback END, agent = CASE WHEN ?7 THEN 0 ELSE agent END WHERE id = ?1`,
		b.contact, string(a.Next.State), micros(a.Next.At), a.Next.Phone, tries, string(a.Outcome), flag(kept), b.intent)
	if err != nil || b.callback == 0 {
		return err
	}
	if kept {
		err = t.write(`UPDATE callbacks SET done = 1 WHERE contact = ? AND done = 0`, b.contact)
		return err
	}
	err = t.write(`UPDATE callbacks SET due = ?2 WHERE contact = ?1 AND done = 0`, b.contact, micros(a.Next.At))
	return err
}

// settleDisposed is settle for a call whose agent was quicker: the callback
// that stands in the contact, if any, is the one just agreed.
func (t *tx) settleDisposed(b begun, a campaigns.Attempt, tries int) error {
	err := t.write(`UPDATE contacts SET state = ?2, next_at = ?3, phone = ?4, tries = ?5, last = ?6, tried_at = ?7 WHERE id = ?1`,
		b.contact, string(a.Next.State), micros(a.Next.At), a.Next.Phone, tries, string(a.Outcome), b.intent)
	return err
}

// optOut puts the number on the do-not-call list: the person pressed the key.
func (t *tx) optOut(b begun, a campaigns.Attempt) error {
	c, _ := t.settings(b.campaign)
	seller, err := t.calledFor(b.seq, c)
	if err != nil {
		return err
	}
	return t.addDoNotCall([]campaigns.DoNotCall{{
		Number: number(b.e164), At: t.now, Channel: campaigns.ChannelKey, Seller: seller, Goods: c.Goods,
		Reason: "key pressed in the message", Attempt: a.ID, Campaign: b.campaign,
	}})
}

// withoutNumber takes the called number out of what a carrier or an error says:
// an outcome is public, and its text may quote the address that was called.
func withoutNumber(text string, e164 int64) string {
	if e164 == 0 {
		return text
	}
	return strings.ReplaceAll(text, strconv.FormatInt(e164, 10), "[number]")
}

// sparse turns zeros and empty texts into nulls.
func sparse(row []any) []any {
	for i, v := range row {
		if v == any(int64(0)) || v == any("") || v == any(float64(0)) {
			row[i] = nil
		}
	}
	return row
}

// finite keeps what SQLite would turn into null.
func finite(f float64) float64 {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return 0
	}
	return f
}
