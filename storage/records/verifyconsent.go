package records

import (
	"crypto/sha256"
	"database/sql/driver"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// consentStream are the events of the consent ledger with the salts that open
// them, in the order of their links.
const consentStream = `SELECT ` + consentPublic + `, ` + consentPersonal + `, 2, commitment, erased,
	(SELECT salt FROM subjects s WHERE s.e164 = consent_events.e164) FROM consent_events ORDER BY seq`

const consentWidth = consentPublicWidth + 5

// consentParts parts the row of an event.
func consentParts(row []any) (public, personal []any) {
	return row[:consentPublicWidth], row[consentPublicWidth:consentWidth]
}

// consented checks one batch of events of the consent ledger.
func (c *checker) consented(ref int64, d [sha256.Size]byte) error {
	var digests []evidence.Digest
	for {
		row, ok, err := c.consents.next()
		if err != nil {
			return err
		}
		if !ok {
			break
		}
		if batch, _ := row[1].(int64); batch > ref {
			c.consents.hold()
			break
		}
		seq, _ := row[0].(int64)
		public, personal := consentParts(values(row[:consentWidth]))
		s := sealedOf(row[consentWidth:])
		digests = append(digests, digest2(public, s.commitment))
		c.opened(kindConsent, seq, s, personal)
	}
	if len(digests) == 0 || evidence.DigestBatch(digests) != d {
		c.broken(campaigns.LawChain, "", c.last.seq, "%s %d is not what was recorded", kindConsent, ref)
	}
	return nil
}

// consentsStand compares the entries of the consent ledger with what their events
// come to, and their uses with the calls.
func (c *checker) consentsStand(q driver.QueryerContext) error {
	if err := c.finishStream(c.consents, kindConsent); err != nil {
		return err
	}
	var s consentLife
	entry, erased := int64(0), false
	check := func() error {
		if entry == 0 || erased {
			return nil
		}
		return c.entryStands(q, entry, s.come())
	}
	err := each(q, `SELECT consent, erased, `+lifeColumns+` FROM consent_events WHERE event <> 'withdrawn' ORDER BY consent, seq`, nil,
		func(row *cells) error {
			if n := row.integer(); n != entry {
				if err := check(); err != nil {
					return err
				}
				entry, erased, s.events = n, false, s.events[:0]
			}
			erased = row.truth() || erased
			s.events = append(s.events, lifeEvent{campaigns.ConsentEvent(row.text()), row.integer(), row.integer(), row.integer()})
			return nil
		})
	if err == nil {
		err = check()
	}
	if err != nil {
		return err
	}
	return c.usesStand(q)
}

// entryStands compares one entry with what its events come to.
func (c *checker) entryStands(q driver.QueryerContext, seq int64, want consentRow) error {
	found := false
	err := each(q, `SELECT at, renewed_at, until, revoked_at FROM consents WHERE seq = ?`, []any{seq}, func(row *cells) error {
		found = true
		got := consentRow{at: row.integer(), renewed: row.integer(), until: row.integer(), revoked: row.integer()}
		if got != want {
			c.broken(campaigns.LawChain, "", 0, "consent %d does not stand as its events say", seq)
		}
		return nil
	})
	if err == nil && !found {
		c.broken(campaigns.LawChain, "", 0, "consent %d is gone", seq)
	}
	return err
}

// usesStand counts: every use is of a call that names the entry, and every call
// that names one is a use.
func (c *checker) usesStand(q driver.QueryerContext) error {
	err := each(q, `SELECT u.attempt FROM consent_uses u JOIN consent_events e ON e.seq = u.consent LEFT JOIN attempts a ON a.seq = u.attempt
		WHERE COALESCE(instr(a.consent, e.id), 0) = 0 LIMIT ?`, []any{maxFindings}, func(row *cells) error {
		c.broken(campaigns.LawChain, "", 0, "attempt %d is counted as the use of a consent that it does not name", row.integer())
		return nil
	})
	if err != nil {
		return err
	}
	return each(q, `SELECT seq FROM attempts a WHERE consent IS NOT NULL AND consent <> '' AND 
		(length(consent) + 1) / 37 <> (SELECT COUNT(*) FROM consent_uses u WHERE u.attempt = a.seq) LIMIT ?`, []any{maxFindings}, func(row *cells) error {
		c.broken(campaigns.LawChain, "", 0, "attempt %d names consents that do not count it as a use", row.integer())
		return nil
	})
}
