package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// eraseConsents forgets whose the entries of a number are: their personal part
// goes, wordings that nobody else agreed to go, and so do the entries as they
// stand, for there is nobody left to call by them. That something was permitted,
// to whom and when it ended stays in the chain. It tells how many events with a
// commitment it emptied. That a number is not 0 is said for the index, which has
// no others.
func (t *tx) eraseConsents(subject int64) (n int64, err error) {
	err = t.row(`SELECT COUNT(*) FROM consent_events WHERE e164 = ? AND e164 <> 0 AND commitment IS NOT NULL`, []any{subject}, &n)
	if err != nil {
		return 0, fmt.Errorf("erase consents: %w", err)
	}
	for _, q := range []string{
		`DELETE FROM wordings WHERE sha256 IN (SELECT wording FROM consent_events WHERE e164 = ?1 AND e164 <> 0 AND wording IS NOT NULL)
			AND NOT EXISTS (SELECT 1 FROM consent_events e WHERE e.wording = wordings.sha256 AND e.e164 <> ?1 AND e.erased = 0)`,
		`UPDATE consent_events SET e164 = 0, name = '', reference = '', ip = '', note = '', erased = 1 WHERE e164 = ?1 AND e164 <> 0`,
		`DELETE FROM consents WHERE e164 = ?1`,
	} {
		if _, err := t.exec(q, subject); err != nil {
			return 0, fmt.Errorf("erase consents: %w", err)
		}
	}
	return n, nil
}

// undoConsents takes back what a load brought into the consent ledger: entries
// end, renewals count no more. It stays on record that they were there.
func (db *DB) undoConsents(ctx context.Context, load int64, by string) error {
	for more := true; more; {
		err := db.doBulk(ctx, func(t *tx) (err error) {
			more, err = t.undoConsents(load, by)
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) undoConsents(load int64, by string) (more bool, err error) {
	var rows []consentRow
	err = t.rows(`SELECT `+consentRowColumns+` FROM consents
		WHERE seq IN (SELECT consent FROM consent_events e WHERE load = ?1 AND load > 0 AND event IN ('granted', 'renewed') AND NOT EXISTS
			(SELECT 1 FROM consent_events u WHERE u.consent = e.consent AND u.load = ?1 AND u.event = 'undone' AND u.seq > e.seq))
		LIMIT ?2`, []any{load, consentBatch}, func(r *sql.Rows) error {
		var c consentRow
		err := r.Scan(c.dest()...)
		rows = append(rows, c)
		return err
	})
	if err != nil || len(rows) == 0 {
		return false, err
	}
	w, err := t.newConsentWriter()
	if err != nil {
		return false, err
	}
	for _, r := range rows {
		e := consentEvent{event: campaigns.ConsentUndone, consent: r.seq, Consent: r.consent()}
		e.At, e.Load, e.By, e.Source = t.now, load, by, campaigns.ConsentByImport
		if _, err := w.write(e); err != nil {
			return false, err
		}
		if err := t.restand(r.seq); err != nil {
			return false, err
		}
	}
	return true, w.link()
}

// restand brings an entry to what its events come to.
func (t *tx) restand(seq int64) error {
	var s consentLife
	err := t.rows(`SELECT `+lifeColumns+` FROM consent_events WHERE consent = ? ORDER BY seq`, []any{seq}, func(r *sql.Rows) error {
		var e lifeEvent
		err := r.Scan(e.dest()...)
		s.events = append(s.events, e)
		return err
	})
	if err != nil {
		return err
	}
	at := s.come()
	_, err = t.exec(`UPDATE consents SET renewed_at = ?2, until = ?3, revoked_at = ?4 WHERE seq = ?1`, seq, at.renewed, at.until, at.revoked)
	return err
}

// consentLife is what the events of one entry come to.
type consentLife struct{ events []lifeEvent }

const lifeColumns = `event, at, until, load`

type lifeEvent struct {
	event           campaigns.ConsentEvent
	at, until, load int64
}

func (e *lifeEvent) dest() []any { return []any{&e.event, &e.at, &e.until, &e.load} }

// come replays them: what a load brought and took back again does not count, and
// an entry of which nothing is left ended when it was taken back.
func (s consentLife) come() (c consentRow) {
	gone := int64(0)
	for i, e := range s.events {
		undone := s.undoneAt(i)
		switch e.event {
		case campaigns.ConsentGranted:
			c.at, c.until, gone = e.at, e.until, undone
		case campaigns.ConsentRenewed:
			if e.at > c.last() && undone == 0 {
				c.renewed, c.until, gone = e.at, e.until, 0
			}
		case campaigns.ConsentRevoked:
			c.revoked = e.at
		}
	}
	if c.revoked == 0 {
		c.revoked = gone
	}
	return c
}

// undoneAt is when the load of an event was taken back, 0 when it was not.
func (s consentLife) undoneAt(i int) int64 {
	for _, e := range s.events[i+1:] {
		if e.event == campaigns.ConsentUndone && e.load != 0 && e.load == s.events[i].load {
			return e.at
		}
	}
	return 0
}
