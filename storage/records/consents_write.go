package records

import (
	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/evidence"
)

// kindConsent is a batch of events of the consent ledger in the chain.
const kindConsent = "consent"

// consentEvent is an event before it is written.
type consentEvent struct {
	campaigns.Consent
	event   campaigns.ConsentEvent
	consent int64 // seq of the granting event; 0 = this one
}

// The columns of an event: public ones and personal ones.
const (
	consentPublic = `seq, batch, consent, id, event, at, recorded_at, kind, level, seller, purpose, goods, channels, until, source,
	wording, campaign, attempt, load, by`
	consentPersonal    = `e164, name, reference, ip, note`
	consentPublicWidth = 20
)

// consentWriter writes events of one transaction, and their link at the end.
type consentWriter struct {
	t     *tx
	first int64
	next  int64
	rows  []evidence.Digest // what the link is the digest of
	seen  map[string]bool
}

func (t *tx) newConsentWriter() (*consentWriter, error) {
	w := &consentWriter{t: t, seen: make(map[string]bool)}
	err := t.row(`SELECT COALESCE(MAX(seq), 0) + 1 FROM consent_events`, nil, &w.first)
	w.next = w.first
	return w, err
}

// write appends an event and returns its number.
func (w *consentWriter) write(e consentEvent) (seq int64, err error) {
	seq = w.next
	if e.consent == 0 {
		e.consent = seq
	}
	if err := w.keepWording(e.Wording, e.WordingID); err != nil {
		return 0, err
	}
	number := e164(e.Number)
	public := []any{
		seq, w.first, e.consent, e.ID, string(e.event), micros(e.At), micros(w.t.now), string(e.Kind), string(e.Level), e.Seller, e.Purpose,
		e.Goods, channelBits(e.Channels), micros(e.Until), string(e.Source), blob(sha(e.WordingID)), e.Campaign, e.Attempt, e.Load, e.By,
	}
	personal := []any{number, e.Name, e.Reference, e.IP, e.Note}
	c, err := w.t.commitment(number, kindConsent, seq, personal)
	if err != nil {
		return 0, err
	}
	w.rows = append(w.rows, digest2(public, c))
	_, err = w.t.exec(`INSERT INTO consent_events (`+consentPublic+`, commitment, `+consentPersonal+`)
		VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`, append(append(public, blob(c)), personal...)...)
	w.next++
	return seq, err
}

// keepWording keeps a text once, however many agreed to it.
func (w *consentWriter) keepWording(text, id string) error {
	if text == "" || w.seen[id] {
		return nil
	}
	w.seen[id] = true
	_, err := w.t.exec(`INSERT INTO wordings (sha256, body, seen_at) VALUES (?, ?, ?) ON CONFLICT (sha256) DO NOTHING`,
		sha(id), text, micros(w.t.now))
	return err
}

// link chains what was written; nothing when nothing was.
func (w *consentWriter) link() error {
	if len(w.rows) == 0 {
		return nil
	}
	_, err := w.t.chain(kindConsent, w.first, evidence.DigestBatch(w.rows))
	return err
}
