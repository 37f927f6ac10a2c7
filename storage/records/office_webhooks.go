package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const webhookColumns = `id, name, url, secret, old_secret, old_until, events, campaign, enabled, failing_at, alert, by, created_at`

// PutWebhook stores a webhook, new when its id is 0, and returns it as stored.
func (db *DB) PutWebhook(ctx context.Context, w campaigns.Webhook, by string) (campaigns.Webhook, error) {
	events, err := json.Marshal(w.Events)
	if err != nil {
		return w, fmt.Errorf("put webhook: %w", err)
	}
	err = db.do(ctx, func(t *tx) error {
		word := "webhook.change"
		if w.ID == 0 {
			word = "webhook.create"
			w.CreatedAt = t.now
			if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM webhooks`, nil, &w.ID); err != nil {
				return err
			}
		}
		// The first webhook that is on begins at the end of the chain: it is not
		// told of last year.
		_, err := t.exec(`INSERT INTO webhook_cursor (one, seq) SELECT 1, ? WHERE ? AND NOT EXISTS (SELECT 1 FROM webhooks WHERE enabled = 1)
			ON CONFLICT (one) DO UPDATE SET seq = excluded.seq`, t.link.seq, w.Enabled)
		if err != nil {
			return err
		}
		_, err = t.exec(`INSERT INTO webhooks (`+webhookColumns+`) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
			ON CONFLICT (id) DO UPDATE SET name = excluded.name, url = excluded.url, secret = excluded.secret, old_secret = excluded.old_secret,
			old_until = excluded.old_until, events = excluded.events, campaign = excluded.campaign, enabled = excluded.enabled,
			failing_at = excluded.failing_at, alert = excluded.alert`,
			w.ID, w.Name, w.URL, w.Secret, w.OldSecret, micros(w.OldUntil), string(events), w.Campaign, w.Enabled, micros(w.FailingAt), w.Alert, w.By, micros(w.CreatedAt))
		if err != nil {
			return err
		}
		return t.note(word, by, subject("webhook", w.ID), fmt.Sprintf("%s, enabled %t, events %s", w.URL, w.Enabled, events))
	})
	if err != nil {
		return campaigns.Webhook{}, fmt.Errorf("put webhook %d: %w", w.ID, err)
	}
	return w, nil
}

// Webhook reads one webhook, with its secrets.
func (db *DB) Webhook(ctx context.Context, id int64) (campaigns.Webhook, error) {
	w, err := scanWebhook(db.read.QueryRowContext(ctx, `SELECT `+webhookColumns+` FROM webhooks WHERE id = ?`, id))
	if err != nil {
		return w, fmt.Errorf("webhook %d: %w", id, noRows(err))
	}
	return w, nil
}

// Webhooks lists all of them by id.
func (db *DB) Webhooks(ctx context.Context) ([]campaigns.Webhook, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+webhookColumns+` FROM webhooks ORDER BY id`)
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	var out []campaigns.Webhook
	err = eachRow(r, func(r *sql.Rows) error {
		w, err := scanWebhook(r)
		out = append(out, w)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("webhooks: %w", err)
	}
	return out, nil
}

// DeleteWebhook removes a webhook with its deliveries.
func (db *DB) DeleteWebhook(ctx context.Context, id int64, by string) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`DELETE FROM webhooks WHERE id = ?`, id)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err == nil {
			_, err = t.exec(`DELETE FROM deliveries WHERE webhook = ?`, id)
		}
		if err != nil {
			return err
		}
		return t.note("webhook.delete", by, subject("webhook", id), "")
	})
	if err != nil {
		return fmt.Errorf("delete webhook %d: %w", id, err)
	}
	return nil
}

func scanWebhook(r scanner) (campaigns.Webhook, error) {
	var w campaigns.Webhook
	var events string
	var until, failing, created int64
	err := r.Scan(&w.ID, &w.Name, &w.URL, &w.Secret, &w.OldSecret, &until, &events, &w.Campaign, &w.Enabled, &failing, &w.Alert, &w.By, &created)
	if err != nil {
		return campaigns.Webhook{}, err
	}
	w.OldUntil, w.FailingAt, w.CreatedAt = moment(until), moment(failing), moment(created)
	return w, json.Unmarshal([]byte(events), &w.Events)
}

// Facts reads at most limit entries of the chain after one, oldest first, that
// webhooks may be told of; last is the place of the last one that was looked at.
func (db *DB) Facts(ctx context.Context, after int64, limit int) (facts []campaigns.Fact, last int64, err error) {
	r, err := db.read.QueryContext(ctx, `SELECT c.seq, lower(hex(c.hash)), c.kind, c.ref, COALESCE(a.id, '') FROM chain c
		LEFT JOIN attempts a ON c.kind IN ('outcome', 'disposition') AND a.seq = c.ref WHERE c.seq > ? ORDER BY c.seq LIMIT ?`, after, limit)
	if err != nil {
		return nil, after, fmt.Errorf("facts: %w", err)
	}
	last = after
	var refs []int64
	err = eachRow(r, func(r *sql.Rows) error {
		var f campaigns.Fact
		var ref int64
		if err := r.Scan(&f.Seq, &f.Hash, &f.Kind, &ref, &f.Attempt); err != nil {
			return err
		}
		last = f.Seq
		switch f.Kind {
		case campaigns.FactOutcome, campaigns.FactDisposition, campaigns.FactDoNotCall, campaigns.FactAudit:
			facts, refs = append(facts, f), append(refs, ref)
		}
		return nil
	})
	for i := range facts {
		if err == nil {
			err = db.fill(ctx, &facts[i], refs[i])
		}
	}
	if err != nil {
		return nil, after, fmt.Errorf("facts: %w", err)
	}
	return facts, last, nil
}

// fill reads what a fact of the audit or of do-not-call is about.
func (db *DB) fill(ctx context.Context, f *campaigns.Fact, ref int64) error {
	switch f.Kind {
	case campaigns.FactAudit:
		var at int64
		e := &f.Audit
		err := db.read.QueryRowContext(ctx, `SELECT seq, at, kind, by, subject, detail FROM audit WHERE seq = ?`, ref).
			Scan(&e.Seq, &at, &e.Kind, &e.By, &e.Subject, &e.Detail)
		e.At = moment(at)
		return err
	case campaigns.FactDoNotCall:
		r, err := db.read.QueryContext(ctx, `SELECT `+changeColumns+` FROM do_not_call_changes WHERE seq >= ?1 AND batch = ?1 ORDER BY seq LIMIT ?2`, ref, dncBatch)
		if err != nil {
			return err
		}
		return eachRow(r, func(r *sql.Rows) error {
			c, err := scanChange(r)
			if !c.Removed {
				f.Added = append(f.Added, c)
			}
			return err
		})
	}
	return nil
}

// WebhookCursor is how far the chain has been turned into deliveries, and where
// the chain ends. Before the first webhook both are the end.
func (db *DB) WebhookCursor(ctx context.Context) (cursor, head int64, err error) {
	err = db.read.QueryRowContext(ctx, `SELECT COALESCE((SELECT seq FROM webhook_cursor), -1), COALESCE((SELECT MAX(seq) FROM chain), 0)`).Scan(&cursor, &head)
	if err != nil {
		return 0, 0, fmt.Errorf("webhook cursor: %w", err)
	}
	if cursor < 0 {
		cursor = head
	}
	return cursor, head, nil
}

// Enqueue stores deliveries and, with them, how far the chain has been read
// (0 = as far as before). An event that a webhook has already is not stored
// twice.
func (db *DB) Enqueue(ctx context.Context, cursor int64, batch []campaigns.Delivery) error {
	err := db.doBulk(ctx, func(t *tx) error {
		for _, d := range batch {
			_, err := t.exec(`INSERT INTO deliveries (webhook, event, kind, body, state, tries, next_at, created_at, status, took, error, answer, tried_at)
				VALUES (?, ?, ?, ?, ?, 0, ?, ?, 0, 0, '', '', 0) ON CONFLICT (webhook, event) DO NOTHING`,
				d.Webhook, d.Event, string(d.Kind), d.Body, string(d.State), micros(d.NextAt), micros(d.CreatedAt))
			if err != nil {
				return err
			}
		}
		if cursor == 0 {
			return nil
		}
		_, err := t.exec(`INSERT INTO webhook_cursor (one, seq) VALUES (1, ?) ON CONFLICT (one) DO UPDATE SET seq = excluded.seq`, cursor)
		return err
	})
	if err != nil {
		return fmt.Errorf("enqueue %d deliveries: %w", len(batch), err)
	}
	return nil
}

const deliveryColumns = `id, webhook, event, kind, body, state, tries, next_at, created_at, status, took, error, answer, tried_at`

// DueDeliveries reads what is to be sent now, so many of each webhook that is
// on, the longest due first: one whose server is down keeps nobody else's back.
func (db *DB) DueDeliveries(ctx context.Context, now time.Time, limit int) ([]campaigns.Delivery, error) {
	return db.deliveries(ctx, `SELECT d.`+strings.ReplaceAll(deliveryColumns, ", ", ", d.")+` FROM webhooks w JOIN deliveries d ON d.id IN (
			SELECT id FROM deliveries WHERE webhook = w.id AND state = 'pending' AND next_at <= ? ORDER BY next_at, id LIMIT ?)
		WHERE w.enabled = 1 ORDER BY d.next_at, d.id`, micros(now), limit)
}

// Deliveries reads those of a webhook, the newest first, before one of them.
func (db *DB) Deliveries(ctx context.Context, webhook, before int64, limit int) ([]campaigns.Delivery, error) {
	if limit <= 0 {
		limit = 100
	}
	return db.deliveries(ctx, `SELECT `+deliveryColumns+` FROM deliveries WHERE webhook = ?1 AND (?2 = 0 OR id < ?2) ORDER BY id DESC LIMIT ?3`, webhook, before, limit)
}

func (db *DB) deliveries(ctx context.Context, query string, args ...any) ([]campaigns.Delivery, error) {
	r, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	var out []campaigns.Delivery
	err = eachRow(r, func(r *sql.Rows) error {
		var d campaigns.Delivery
		var next, created, took, tried int64
		err := r.Scan(&d.ID, &d.Webhook, &d.Event, &d.Kind, &d.Body, &d.State, &d.Tries, &next, &created, &d.Status, &took, &d.Error, &d.Answer, &tried)
		d.NextAt, d.CreatedAt, d.TriedAt, d.Took = moment(next), moment(created), moment(tried), time.Duration(took)*time.Microsecond
		out = append(out, d)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("deliveries: %w", err)
	}
	return out, nil
}

// SaveDelivery stores a delivery as its last try left it, and with it whether
// its webhook fails: the time since when, and the alert that switches it off.
func (db *DB) SaveDelivery(ctx context.Context, d campaigns.Delivery, alert string) error {
	err := db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE deliveries SET state = ?, tries = ?, next_at = ?, status = ?, took = ?, error = ?, answer = ?, tried_at = ? WHERE id = ?`,
			string(d.State), d.Tries, micros(d.NextAt), d.Status, d.Took.Microseconds(), d.Error, d.Answer, micros(d.TriedAt), d.ID)
		if err != nil {
			return err
		}
		if d.State == campaigns.Delivered {
			_, err = t.exec(`UPDATE webhooks SET failing_at = 0, alert = '' WHERE id = ? AND failing_at <> 0`, d.Webhook)
			return err
		}
		if _, err = t.exec(`UPDATE webhooks SET failing_at = ?2 WHERE id = ?1 AND failing_at = 0`, d.Webhook, micros(d.TriedAt)); err != nil || alert == "" {
			return err
		}
		n, err := t.exec(`UPDATE webhooks SET enabled = 0, alert = ? WHERE id = ? AND enabled = 1`, alert, d.Webhook)
		if err != nil || n == 0 {
			return err
		}
		return t.note("webhook.off", "forecall", subject("webhook", d.Webhook), alert)
	})
	if err != nil {
		return fmt.Errorf("save delivery %d: %w", d.ID, err)
	}
	return nil
}

// Replay makes a delivery due again, with all its tries before it.
func (db *DB) Replay(ctx context.Context, delivery int64, at time.Time, by string) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE deliveries SET state = 'pending', tries = 0, next_at = ? WHERE id = ?`, micros(at), delivery)
		if err == nil && n == 0 {
			err = campaigns.ErrNotFound
		}
		if err != nil {
			return err
		}
		return t.note("webhook.replay", by, subject("delivery", delivery), "")
	})
	if err != nil {
		return fmt.Errorf("replay delivery %d: %w", delivery, err)
	}
	return nil
}

// DropDeliveries forgets what was settled before a time.
func (db *DB) DropDeliveries(ctx context.Context, before time.Time) error {
	err := db.doBulk(ctx, func(t *tx) error {
		_, err := t.exec(`DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE created_at < ? AND state <> 'pending' LIMIT 5000)`, micros(before))
		return err
	})
	if err != nil {
		return fmt.Errorf("drop deliveries: %w", err)
	}
	return nil
}
