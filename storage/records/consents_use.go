package records

import (
	"database/sql"
	"errors"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// maxGrants bounds what the rules see of one number. Entries with the same terms
// renew each other, so that nobody has so many but by mistake.
const maxGrants = 64

// eachGrant reads what stands in the consent ledger of a number, of every
// seller, the newest first. It is the gate's question: one look-up.
func eachGrant(q querier, number int64, f func(consentRow)) error {
	return q.rows(`SELECT `+consentRowColumns+` FROM consents WHERE e164 = ? ORDER BY seq DESC LIMIT ?`, []any{number, maxGrants},
		func(r *sql.Rows) error {
			var c consentRow
			if err := r.Scan(c.dest()...); err != nil {
				return fmt.Errorf("read consents: %w", err)
			}
			f(c)
			return nil
		})
}

// useGrants notes that an attempt stands on entries of the ledger, in the
// transaction that writes the attempt. An entry is used once by an attempt,
// however often it is told.
func (t *tx) useGrants(a *campaigns.Attempt, ids []string) error {
	for _, id := range ids {
		var seq int64
		err := t.row(`SELECT seq FROM consents WHERE id = ?`, []any{id}, &seq)
		if errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("consent %s: %w", id, campaigns.ErrNotFound)
		}
		if err != nil {
			return fmt.Errorf("use consent %s: %w", id, err)
		}
		fresh, err := t.exec(`INSERT INTO consent_uses (consent, attempt, at) VALUES (?, ?, ?) ON CONFLICT DO NOTHING`, seq, a.Seq, micros(t.now))
		if err != nil {
			return fmt.Errorf("use consent %s: %w", id, err)
		}
		if fresh == 0 {
			continue
		}
		if _, err := t.exec(`UPDATE consents SET uses = uses + 1, used_at = MAX(used_at, ?2) WHERE seq = ?1`, seq, micros(t.now)); err != nil {
			return fmt.Errorf("use consent %s: %w", id, err)
		}
	}
	return nil
}

// grants are what the rules are told of a number's consents, read as one fact
// of the gate and of its explanation. None is nil.
func grants(q querier, number int64) (out []rules.Grant, err error) {
	err = eachGrant(q, number, func(c consentRow) {
		out = append(out, rules.Grant{
			ID: c.id, Kind: c.kind, Level: c.level, Seller: c.seller, Purpose: c.goal, Channels: uint8(c.channels),
			At: moment(c.at), RenewedAt: moment(c.renewed), Until: moment(c.until), Revoked: moment(c.revoked),
		})
	})
	return out, err
}
