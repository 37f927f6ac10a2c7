package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// ContactsOf reads the contacts of all campaigns that have a number.
func (db *DB) ContactsOf(ctx context.Context, number string) (out []campaigns.Contact, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT `+contactColumns+` FROM contacts WHERE id IN (SELECT contact FROM numbers
			WHERE campaign IN (SELECT id FROM campaigns) AND e164 = ?) ORDER BY id`, []any{e164(number)}, func(r *sql.Rows) error {
			c, err := scanContact(r)
			out = append(out, c)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("contacts of a number: %w", err)
	}
	return out, nil
}

// RecipientsOf reads who was told of a number by webhook.
func (db *DB) RecipientsOf(ctx context.Context, number string) (out []campaigns.Recipient, err error) {
	words := []string{digits(e164(number))}
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT id FROM attempts WHERE e164 = ?`, []any{e164(number)}, func(r *sql.Rows) error {
			var id string
			err := r.Scan(&id)
			words = append(words, id)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("recipients of a number: %w", err)
	}
	about := mentions(words)
	err = db.withDriver(ctx, func(q driver.QueryerContext) error {
		return each(q, `SELECT w.name, w.url, d.kind, d.created_at, d.state, d.body FROM deliveries d JOIN webhooks w ON w.id = d.webhook ORDER BY d.id`, nil, func(c *cells) error {
			r := campaigns.Recipient{Name: c.text(), URL: c.text(), Event: c.text(), At: c.instant(), State: c.text()}
			if about(c.text()) {
				out = append(out, r)
			}
			return ctx.Err()
		})
	})
	if err != nil {
		return nil, fmt.Errorf("recipients of a number: %w", err)
	}
	return out, nil
}

// AuditPage reads entries of the audit, newest first.
func (db *DB) AuditPage(ctx context.Context, f campaigns.AuditFilter) (out []campaigns.AuditEntry, err error) {
	var w where
	if f.Before > 0 {
		w.add("seq < ?", f.Before)
	}
	if f.Kind != "" {
		w.add("substr(kind, 1, length(?)) = ?", f.Kind, f.Kind)
	}
	if f.By != "" {
		w.add("by = ?", f.By)
	}
	if f.Subject != "" {
		w.add("subject = ?", f.Subject)
	}
	if !f.From.IsZero() {
		w.add("at >= ?", micros(f.From))
	}
	if !f.To.IsZero() {
		w.add("at < ?", micros(f.To))
	}
	limit := f.Limit
	if limit <= 0 {
		limit = 100
	}
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT seq, at, kind, by, subject, detail FROM audit`+w.text()+` ORDER BY seq DESC LIMIT ?`, append(w.args, limit), func(r *sql.Rows) error {
			var e campaigns.AuditEntry
			var at int64
			err := r.Scan(&e.Seq, &at, &e.Kind, &e.By, &e.Subject, &e.Detail)
			e.At = moment(at)
			out = append(out, e)
			return err
		})
	})
	if err != nil {
		return nil, fmt.Errorf("read the audit: %w", err)
	}
	return out, nil
}
