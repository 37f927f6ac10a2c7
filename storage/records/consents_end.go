package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
)

// Withdraw ends what a person permitted: one entry, or all of a seller that was
// given by then, with the relations from which a permission would follow. From
// its return on no Begin stands on any of it, and what is entered later with an
// earlier date is revoked as well. It tells how many entries it ended; of one
// entry that is not there, or not of the number, campaigns.ErrNotFound.
func (db *DB) Withdraw(ctx context.Context, in campaigns.Withdrawal) (ended int, err error) {
	err = db.do(ctx, func(t *tx) (err error) {
		ended, err = t.withdraw(in)
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("withdraw consent: %w", err)
	}
	return ended, nil
}

func (t *tx) withdraw(in campaigns.Withdrawal) (ended int, err error) {
	if in.At.IsZero() {
		in.At = t.now
	}
	rows, err := t.endedBy(in)
	if err != nil {
		return 0, err
	}
	w, err := t.newConsentWriter()
	if err != nil {
		return 0, err
	}
	if in.ID == "" {
		e := consentEvent{event: campaigns.ConsentWithdrawn, Consent: campaigns.Consent{
			ID: uuid.Must(uuid.NewV7()).String(), Number: in.Number, Seller: in.Seller, At: in.At, Source: in.Source,
			Reference: in.Reference, Note: in.Note, Campaign: in.Campaign, Attempt: in.Attempt, By: in.By,
		}}
		if _, err := w.write(e); err != nil {
			return 0, err
		}
	}
	for _, r := range rows {
		if err := w.revoke(r, in); err != nil {
			return 0, err
		}
	}
	return len(rows), w.link()
}

// endedBy are the entries that a withdrawal ends. What the whole house was
// given ends with the withdrawal from any seller.
func (t *tx) endedBy(in campaigns.Withdrawal) (out []consentRow, err error) {
	if in.ID != "" {
		var r consentRow
		err := t.row(`SELECT `+consentRowColumns+` FROM consents WHERE id = ?`, []any{in.ID}, r.dest()...)
		if errors.Is(err, sql.ErrNoRows) || err == nil && in.Number != "" && r.e164 != e164(in.Number) {
			return nil, campaigns.ErrNotFound
		}
		if err != nil || r.revoked != 0 {
			return nil, err
		}
		return []consentRow{r}, nil
	}
	err = t.rows(`SELECT `+consentRowColumns+` FROM consents WHERE e164 = ?1 AND revoked_at = 0 AND MAX(at, renewed_at) <= ?2 ORDER BY seq`,
		[]any{e164(in.Number), micros(in.At)}, func(r *sql.Rows) error {
			var c consentRow
			err := r.Scan(c.dest()...)
			if meets(c.seller, in.Seller) {
				out = append(out, c)
			}
			return err
		})
	return out, err
}

// meets tells whether what was said to one seller is about another: they are
// the same, however spelled, or one of them is the whole house.
func meets(said, about string) bool {
	return said == "" || about == "" || campaigns.SellerKey(said) == campaigns.SellerKey(about)
}

// revoke ends one entry.
func (w *consentWriter) revoke(r consentRow, in campaigns.Withdrawal) error {
	return w.end(r, campaigns.ConsentRevoked, in)
}

// end ends one entry, at once at the latest: clocks and forms elsewhere may date
// what a person said into the future, and nobody is called until then on what they
// have taken back.
func (w *consentWriter) end(r consentRow, event campaigns.ConsentEvent, in campaigns.Withdrawal) error {
	if in.At.After(w.t.now) {
		in.At = w.t.now
	}
	e := consentEvent{event: event, consent: r.seq, Consent: r.consent()}
	e.At, e.Source, e.Reference, e.Note = in.At, in.Source, in.Reference, in.Note
	e.Campaign, e.Attempt, e.By = in.Campaign, in.Attempt, in.By
	if _, err := w.write(e); err != nil {
		return err
	}
	_, err := w.t.exec(`UPDATE consents SET revoked_at = ?2 WHERE seq = ?1`, r.seq, micros(in.At))
	return err
}

// consent is what a row says of an entry.
func (r consentRow) consent() campaigns.Consent {
	return campaigns.Consent{
		ID: r.id, Number: number(r.e164), Kind: campaigns.ConsentKind(r.kind), Level: campaigns.ConsentLevel(r.level), Seller: r.seller,
		Purpose: r.goal, Channels: channelsOf(r.channels), At: moment(r.at), RenewedAt: moment(r.renewed), Until: moment(r.until),
		RevokedAt: moment(r.revoked),
	}
}

// objected ends what the holders of numbers agreed to before they came onto the
// do-not-call list: a relation is void by the request (16 CFR 310.2(q)), and so
// is a consent (47 CFR 64.1200(a)(10)). It costs a look-up for each number.
func (t *tx) objected(batch []campaigns.DoNotCall) error {
	var any bool
	if err := t.row(`SELECT EXISTS (SELECT 1 FROM consents)`, nil, &any); err != nil || !any {
		return err
	}
	w, err := t.newConsentWriter()
	if err != nil {
		return err
	}
	for _, d := range batch {
		in := campaigns.Withdrawal{
			Number: d.Number, Seller: d.Seller, At: d.At, Source: campaigns.ConsentByObjection, Campaign: d.Campaign, Attempt: d.Attempt, By: d.By,
		}
		if in.At.IsZero() {
			in.At = t.now
		}
		rows, err := t.endedBy(in)
		if err != nil {
			return err
		}
		for _, r := range rows {
			if err := w.revoke(r, in); err != nil {
				return err
			}
		}
	}
	return w.link()
}

// lastObjection is when the holder of a number withdrew last from a seller or
// from the whole house, in the ledger of consents or on the do-not-call list; 0
// when never. What is given to the whole house ends with any withdrawal.
func (t *tx) lastObjection(e164 int64, seller string) (at int64, err error) {
	err = t.rows(`SELECT at, seller FROM consent_events WHERE e164 = ?1 AND e164 <> 0 AND event = 'withdrawn'
		UNION ALL SELECT at, CASE WHEN format < 2 THEN '' ELSE seller END FROM do_not_call_changes WHERE e164 = ?1 AND removed = 0`,
		[]any{e164}, func(r *sql.Rows) error {
			var when int64
			var said string
			err := r.Scan(&when, &said)
			if meets(said, seller) {
				at = max(at, when)
			}
			return err
		})
	return at, err
}
