package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// Consents lists entries of the consent ledger as they stand: of a number, of a
// seller, or those that end within a time; by number of entry, newest first.
func (db *DB) Consents(ctx context.Context, f campaigns.ConsentFilter) (out []campaigns.Consent, err error) {
	err = db.look(ctx, func(q querier) (err error) {
		out, err = consentsBy(q, f)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read consents: %w", err)
	}
	return out, nil
}

func consentsBy(q querier, f campaigns.ConsentFilter) (out []campaigns.Consent, err error) {
	w := where{}
	if f.Number != "" {
		w.add("c.e164 = ?", e164(f.Number))
	}
	if f.ID != "" {
		w.add("c.id = ?", f.ID)
	}
	if f.Seller != "" {
		w.add("c.seller = ?", f.Seller)
	}
	if f.Kind != "" {
		w.add("c.kind = ?", string(f.Kind))
	}
	if !f.EndsBefore.IsZero() {
		w.add("c.until > ? AND c.until <= ? AND c.revoked_at = 0", micros(f.EndsAfter), micros(f.EndsBefore))
	}
	if f.Before > 0 {
		w.add("c.seq < ?", f.Before)
	}
	if f.Limit <= 0 {
		f.Limit = 100
	}
	// What was shown and proved is what the person saw last: of the last event
	// that gave it.
	query := `SELECT c.seq, c.id, c.e164, c.kind, c.level, c.seller, c.purpose, c.channels, c.at, c.renewed_at, c.until, c.revoked_at, c.load, c.uses,
		c.used_at, e.goods, e.source, e.wording, COALESCE(t.body, ''), e.campaign, e.attempt, e.by, e.recorded_at, e.name, e.reference, e.ip, e.note
		FROM consents c JOIN consent_events e ON e.seq = (SELECT MAX(seq) FROM consent_events WHERE consent = c.seq AND event IN ('granted', 'renewed'))
		LEFT JOIN wordings t ON t.sha256 = e.wording` + w.text() + ` ORDER BY c.seq DESC LIMIT ?`
	err = q.rows(query, append(w.args, f.Limit), func(r *sql.Rows) error {
		c, err := scanConsent(r)
		out = append(out, c)
		return err
	})
	return out, err
}

func scanConsent(r scanner) (c campaigns.Consent, err error) {
	var num, channels, at, renewed, until, revoked, used, recorded int64
	var wording []byte
	err = r.Scan(&c.Seq, &c.ID, &num, &c.Kind, &c.Level, &c.Seller, &c.Purpose, &channels, &at, &renewed, &until, &revoked, &c.Load, &c.Uses,
		&used, &c.Goods, &c.Source, &wording, &c.Wording, &c.Campaign, &c.Attempt, &c.By, &recorded, &c.Name, &c.Reference, &c.IP, &c.Note)
	c.Number, c.Channels, c.WordingID = number(num), channelsOf(channels), campaigns.Hash(wording).String()
	c.At, c.RenewedAt, c.Until, c.RevokedAt = moment(at), moment(renewed), moment(until), moment(revoked)
	c.UsedAt, c.RecordedAt = moment(used), moment(recorded)
	return c, err
}

// maxConsentUses bounds the calls that an entry's file names.
const maxConsentUses = 1000

// ConsentFile reads one entry with everything that happened to it.
func (db *DB) ConsentFile(ctx context.Context, id string) (f campaigns.ConsentFile, err error) {
	err = db.look(ctx, func(q querier) error {
		found, err := consentsBy(q, campaigns.ConsentFilter{ID: id, Limit: 1})
		if err != nil {
			return err
		}
		if len(found) == 0 {
			return campaigns.ErrNotFound
		}
		f, err = consentFile(q, found[0])
		return err
	})
	if err != nil {
		return f, fmt.Errorf("consent %s: %w", id, err)
	}
	return f, nil
}

// ConsentsOf reads all that the ledger of consents has of a number, for a file
// that the person may ask for.
func (db *DB) ConsentsOf(ctx context.Context, number string) (out []campaigns.ConsentFile, err error) {
	err = db.look(ctx, func(q querier) error {
		found, err := consentsBy(q, campaigns.ConsentFilter{Number: number, Limit: 1000})
		for i := 0; i < len(found) && err == nil; i++ {
			var f campaigns.ConsentFile
			f, err = consentFile(q, found[i])
			out = append(out, f)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("consents of a number: %w", err)
	}
	return out, nil
}

// Withdrawals reads when the holder of a number withdrew, oldest first.
func (db *DB) Withdrawals(ctx context.Context, number string) (out []campaigns.Withdrawal, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT seller, at, source, reference, note, campaign, attempt, by FROM consent_events
			WHERE e164 = ? AND event = 'withdrawn' ORDER BY seq`, []any{e164(number)}, func(r *sql.Rows) error {
			w := campaigns.Withdrawal{Number: number}
			var at int64
			err := r.Scan(&w.Seller, &at, &w.Source, &w.Reference, &w.Note, &w.Campaign, &w.Attempt, &w.By)
			w.At = moment(at)
			out = append(out, w)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("withdrawals of a number: %w", err)
	}
	return out, nil
}

func consentFile(q querier, c campaigns.Consent) (f campaigns.ConsentFile, err error) {
	f.Consent = c
	err = q.rows(`SELECT seq, event, at, recorded_at, until, source, wording, reference, ip, note, attempt, by, erased FROM consent_events
		WHERE consent = ? ORDER BY seq`, []any{c.Seq}, func(r *sql.Rows) error {
		var e campaigns.ConsentChange
		var at, recorded, until int64
		var wording []byte
		err := r.Scan(&e.Seq, &e.Event, &at, &recorded, &until, &e.Source, &wording, &e.Reference, &e.IP, &e.Note, &e.Attempt, &e.By, &e.Erased)
		e.At, e.RecordedAt, e.Until, e.WordingID = moment(at), moment(recorded), moment(until), campaigns.Hash(wording).String()
		f.Changes = append(f.Changes, e)
		return err
	})
	if err != nil {
		return f, err
	}
	err = q.rows(`SELECT a.id, a.campaign, u.at FROM consent_uses u JOIN attempts a ON a.seq = u.attempt WHERE u.consent = ?
		ORDER BY u.attempt DESC LIMIT ?`, []any{c.Seq, maxConsentUses}, func(r *sql.Rows) error {
		var u campaigns.ConsentUse
		var at int64
		err := r.Scan(&u.Attempt, &u.Campaign, &at)
		u.At = moment(at)
		f.Used = append(f.Used, u)
		return err
	})
	return f, err
}

// Wording reads a text that people agreed to, by its SHA-256 in hexadecimal.
func (db *DB) Wording(ctx context.Context, id string) (text string, err error) {
	err = noRows(db.read.QueryRowContext(ctx, `SELECT body FROM wordings WHERE sha256 = ?`, sha(id)).Scan(&text))
	if err != nil {
		return "", fmt.Errorf("wording: %w", err)
	}
	return text, nil
}

// Consenting walks, by number, through the numbers of a campaign that have
// entries in the consent ledger and a contact who may be called yet: at most
// limit after one.
func (db *DB) Consenting(ctx context.Context, campaign int64, after string, limit int) (out []campaigns.Consenting, err error) {
	err = db.look(ctx, func(q querier) error {
		type pair struct{ e164, contact int64 }
		var pairs []pair
		err := q.rows(`SELECT n.e164, MIN(n.contact) FROM numbers n WHERE n.campaign = ? AND n.e164 > ?
			AND EXISTS (SELECT 1 FROM consents c WHERE c.e164 = n.e164)
			AND EXISTS (SELECT 1 FROM contacts p WHERE p.id = n.contact AND p.state <> 'done')
			GROUP BY n.e164 ORDER BY n.e164 LIMIT ?`, []any{campaign, e164(after), limit}, func(r *sql.Rows) error {
			var p pair
			err := r.Scan(&p.e164, &p.contact)
			pairs = append(pairs, p)
			return err
		})
		for i := 0; i < len(pairs) && err == nil; i++ {
			var c campaigns.Consenting
			c, err = consenting(q, pairs[i].contact, pairs[i].e164)
			out = append(out, c)
		}
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("numbers of campaign %d with consents: %w", campaign, err)
	}
	return out, nil
}

func consenting(q querier, contact, num int64) (c campaigns.Consenting, err error) {
	c.Number = number(num)
	err = q.rows(`SELECT `+contactColumns+` FROM contacts WHERE id = ?`, []any{contact}, func(r *sql.Rows) (err error) {
		c.Contact, err = scanContact(r)
		return err
	})
	if err == nil {
		c.Grants, err = grants(q, num)
	}
	return c, err
}
