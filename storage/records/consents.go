package records

import (
	"context"
	"database/sql"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/google/uuid"

	"github.com/forecall/forecall/campaigns"
)

// consentBatch is how many entries of the consent ledger one transaction writes.
const consentBatch = 500

// AddConsents writes permissions and relations into the consent ledger and says
// of each, in the order of the batch, what became of it. An entry with the terms
// of one that stands renews it; one that the ledger has already changes nothing;
// one that was given before the person withdrew is kept, and is revoked. Batches
// of up to 500 are written in one transaction with one link of the chain.
func (db *DB) AddConsents(ctx context.Context, batch []campaigns.Consent) ([]campaigns.ConsentFate, error) {
	fates := make([]campaigns.ConsentFate, 0, len(batch))
	for some := range slices.Chunk(batch, consentBatch) {
		do := db.do
		if len(batch) > consentBatch {
			do = db.doBulk
		}
		var got []campaigns.ConsentFate
		err := do(ctx, func(t *tx) (err error) {
			got, err = t.addConsents(some)
			return err
		})
		if err != nil {
			return fates, fmt.Errorf("add consents: %w", err)
		}
		fates = append(fates, got...)
	}
	return fates, nil
}

// consentRow is an entry as it stands, in the store's terms.
type consentRow struct {
	seq                         int64
	id                          string
	e164                        int64
	kind, level, seller, goal   string
	channels                    int64
	at, renewed, until, revoked int64
}

func (r *consentRow) last() int64 { return max(r.at, r.renewed) }

const consentRowColumns = `seq, id, e164, kind, level, seller, purpose, channels, at, renewed_at, until, revoked_at`

func (r *consentRow) dest() []any {
	return []any{&r.seq, &r.id, &r.e164, &r.kind, &r.level, &r.seller, &r.goal, &r.channels, &r.at, &r.renewed, &r.until, &r.revoked}
}

// sameTerms are the entries of a number for the same thing, the newest first.
const sameTermsQuery = `SELECT ` + consentRowColumns + ` FROM consents
	WHERE e164 = ? AND kind = ? AND level = ? AND seller = ? AND purpose = ? AND channels = ? ORDER BY seq DESC`

func (t *tx) addConsents(batch []campaigns.Consent) ([]campaigns.ConsentFate, error) {
	w, err := t.newConsentWriter()
	if err != nil {
		return nil, err
	}
	fates := make([]campaigns.ConsentFate, len(batch))
	for i, c := range batch {
		if fates[i], err = w.add(c.Settled()); err != nil {
			return nil, err
		}
	}
	return fates, w.link()
}

// add writes one entry, or what it changes of one that stands.
func (w *consentWriter) add(c campaigns.Consent) (fate campaigns.ConsentFate, err error) {
	e := consentEvent{Consent: c, event: campaigns.ConsentGranted}
	standing, known, err := w.find(e)
	switch {
	case err != nil:
		return fate, err
	case known != nil:
		return campaigns.ConsentFate{ID: known.id, Revoked: moment(known.revoked)}, nil
	case standing != nil:
		return campaigns.ConsentFate{ID: standing.id, Renewed: true}, w.renew(*standing, e)
	}
	e.ID = uuid.Must(uuid.NewV7()).String()
	seq, err := w.write(e)
	if err != nil {
		return fate, err
	}
	_, err = w.t.exec(`INSERT INTO consents (seq, id, e164, kind, level, seller, purpose, channels, at, until, load)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, seq, e.ID, e164(c.Number), string(c.Kind), string(c.Level), c.Seller, c.Purpose,
		channelBits(c.Channels), micros(c.At), micros(c.Until), c.Load)
	if err != nil {
		return fate, err
	}
	revoked, err := w.endIfObjected(seq, e)
	return campaigns.ConsentFate{ID: e.ID, New: true, Revoked: moment(revoked)}, err
}

// endIfObjected revokes what was just entered when the person has withdrawn
// since it was given.
func (w *consentWriter) endIfObjected(seq int64, e consentEvent) (at int64, err error) {
	at, err = w.t.lastObjection(e164(e.Number), e.Seller)
	if err != nil || at < micros(e.At) {
		return 0, err
	}
	row := consentRow{
		seq: seq, id: e.ID, e164: e164(e.Number), kind: string(e.Kind), level: string(e.Level), seller: e.Seller, goal: e.Purpose,
		channels: channelBits(e.Channels), at: micros(e.At), until: micros(e.Until),
	}
	return at, w.revoke(row, campaigns.Withdrawal{
		At: moment(at), Source: campaigns.ConsentByObjection, Campaign: e.Campaign, By: e.By, Note: "withdrawn since it was given",
	})
}

// find looks for an entry with the same terms: one that holds the very event
// already, or else one that stands and may be renewed.
func (w *consentWriter) find(e consentEvent) (standing, known *consentRow, err error) {
	var same []consentRow
	err = w.t.rows(sameTermsQuery, []any{e164(e.Number), string(e.Kind), string(e.Level), e.Seller, e.Purpose, channelBits(e.Channels)},
		func(r *sql.Rows) error {
			var c consentRow
			err := r.Scan(c.dest()...)
			same = append(same, c)
			return err
		})
	if err != nil {
		return nil, nil, err
	}
	at := micros(e.At)
	for i := range same {
		var there bool
		err := w.t.row(`SELECT EXISTS (SELECT 1 FROM consent_events WHERE consent = ? AND at = ? AND event IN ('granted', 'renewed'))`,
			[]any{same[i].seq, at}, &there)
		if err != nil {
			return nil, nil, err
		}
		if there {
			return nil, &same[i], nil
		}
		if standing == nil && same[i].revoked == 0 && at > same[i].at {
			standing = &same[i]
		}
	}
	return standing, nil, nil
}

// renew adds to an entry that the person gave it again.
func (w *consentWriter) renew(c consentRow, e consentEvent) error {
	e.event, e.consent, e.ID = campaigns.ConsentRenewed, c.seq, c.id
	if _, err := w.write(e); err != nil {
		return err
	}
	if micros(e.At) <= c.last() {
		return nil // it is remembered, and changes nothing
	}
	_, err := w.t.exec(`UPDATE consents SET renewed_at = ?2, until = ?3 WHERE seq = ?1`, c.seq, micros(e.At), micros(e.Until))
	return err
}

// The bits of channels.
const (
	bitLive = 1 << iota
	bitAutomated
	bitRecording
)

var channelOf = []struct {
	bit     int64
	channel campaigns.ConsentChannel
}{{bitLive, campaigns.ConsentLive}, {bitAutomated, campaigns.ConsentAutomated}, {bitRecording, campaigns.ConsentRecording}}

// channelBits are live calls when none is named.
func channelBits(channels []campaigns.ConsentChannel) (bits int64) {
	for _, c := range channelOf {
		if slices.Contains(channels, c.channel) {
			bits |= c.bit
		}
	}
	if bits == 0 {
		return bitLive
	}
	return bits
}

func channelsOf(bits int64) (out []campaigns.ConsentChannel) {
	for _, c := range channelOf {
		if bits&c.bit != 0 {
			out = append(out, c.channel)
		}
	}
	return out
}

// sha reads a digest in hexadecimal; nil for none.
func sha(text string) []byte {
	b, err := hex.DecodeString(text)
	if err != nil || len(b) == 0 {
		return nil
	}
	return b
}
