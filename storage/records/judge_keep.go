package records

import (
	"context"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// kept is a refusal of the hopper on its way into the ledger.
type kept struct {
	contact, number, next int64
	rule                  rules.ID
	window                bool
	record                []byte
}

// sameWindow is how long a closed window of the law is one refusal of a number:
// every night would be a record of every person on a list.
const sameWindow = 30 * 24 * time.Hour

// worthKeeping tells refusals by law, lists and stops from the campaign's own
// pace: that a number rests between two tries is no decision about the person.
func worthKeeping(rule rules.ID) bool {
	switch rule {
	case rules.Hours, rules.Attempts, rules.Cooldown, rules.Live, rules.Clock:
		return false
	}
	return true
}

// keptOf takes a refusal out of a decision that is used again.
func keptOf(p campaigns.Contact, number string, d *rules.Decision) (kept, bool) {
	first, refused := d.Primary()
	if !refused || !worthKeeping(first.Rule) {
		return kept{}, false
	}
	return kept{
		contact: p.ID, number: e164(number), next: micros(first.Next), rule: first.Rule, window: first.Type == rules.TypeWindow,
		record: d.AppendRecord(nil),
	}, true
}

// keepRefusals counts and keeps what the hopper refuses, each once for a number,
// a rule and the time until which it holds; a window once in thirty days. They
// were judged beside the writer: when the rules or the settings have changed
// meanwhile nothing is kept, and the next look keeps what is refused then.
func (db *DB) keepRefusals(ctx context.Context, c campaigns.Campaign, force *inForce, all []kept) error {
	if len(all) == 0 {
		return nil
	}
	err := db.do(ctx, func(t *tx) error {
		if t.inForce().id != force.id {
			return nil
		}
		stored, ok := t.settings(c.ID)
		if judged, now := c.Terms(), stored.Terms(); !ok || !judged.Equal(&now) {
			return nil
		}
		var version int64
		if err := t.row(`SELECT version FROM campaigns WHERE id = ?`, []any{c.ID}, &version); err != nil {
			return noRows(err)
		}
		terms, err := t.termsOf(stored, version)
		if err != nil {
			return err
		}
		for _, k := range all {
			if err := t.keepRefusal(c.ID, version, terms.id, k); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return fmt.Errorf("keep what the rules refuse campaign %d: %w", c.ID, err)
	}
	return nil
}

func (t *tx) keepRefusal(campaign, version, terms int64, k kept) error {
	const minute = 60 * 1_000_000
	since := micros(t.now.Add(-sameWindow))
	if !k.window {
		since = micros(t.now) + 1 // the index alone decides
	}
	n, err := t.exec(`INSERT INTO denials (id, e164, contact, campaign, rule, next_at, settings, book, terms, at, record)
		SELECT ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11
		WHERE NOT EXISTS (SELECT 1 FROM denials WHERE e164 = ?2 AND e164 <> 0 AND campaign = ?4 AND rule = ?5 AND at >= ?12)
		ON CONFLICT (e164, campaign, rule, next_at) WHERE e164 <> 0 DO NOTHING`,
		uuid.Must(uuid.NewV7()).String(), k.number, k.contact, campaign, string(k.rule), k.next, version, t.inForce().id, terms, micros(t.now), k.record, since)
	if err != nil || n == 0 {
		return err
	}
	_, err = t.exec(`INSERT INTO refusals (minute, campaign, rule, n) VALUES (?, ?, ?, 1)
		ON CONFLICT (minute, campaign, rule) DO UPDATE SET n = refusals.n + 1`, micros(t.now)/minute, campaign, string(k.rule))
	return err
}
