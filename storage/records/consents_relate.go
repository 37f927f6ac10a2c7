package records

import (
	"database/sql"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// returnsCall is how long after a call of ours a call of the person is taken for
// an answer to it, and not for an inquiry of their own.
const returnsCall = 7 * 24 * time.Hour

// relations writes the relation that a disposition makes into the consent
// ledger: an order is a purchase (16 CFR 310.2(q)(1)), and a contract for as long
// as its subscription lasts at least. Who calls and says no has inquired about
// nothing: the relation of that call ends.
func (t *tx) relations(c campaigns.Campaign, p disposed, e campaigns.Effect, d campaigns.Disposition) error {
	if p.e164 == 0 {
		return nil
	}
	if declined(d.Code, e) {
		return t.noInquiry(c, p, d)
	}
	if d.Sale == nil {
		return nil
	}
	sold := campaigns.Consent{
		Number: number(p.e164), Kind: campaigns.RelationPurchase, Seller: c.Seller, Goods: goodsOf(c, d.Sale), At: d.At,
		Source: campaigns.ConsentBySale, Attempt: d.Attempt, Campaign: p.campaign, By: t.db.known.login(d.Agent),
	}
	entries := []campaigns.Consent{sold}
	if until := lasts(d.Sale, d.At); until.After(d.At) {
		contract := sold
		contract.Kind, contract.Until = campaigns.RelationContract, until
		entries = append(entries, contract)
	}
	_, err := t.addConsents(entries)
	return err
}

// declined tells whether a disposition says that the person wants nothing, or
// was not the person.
func declined(code string, e campaigns.Effect) bool {
	return campaigns.Refusal(code, e) || e == campaigns.EffectWrongNumber
}

// goodsOf names what was sold.
func goodsOf(c campaigns.Campaign, s *campaigns.Sale) string {
	var names []string
	for _, l := range s.Lines {
		if name := l.Called(); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		return c.Goods
	}
	return strings.Join(names, ", ")
}

// lasts is until when the subscriptions of an order run at least.
func lasts(s *campaigns.Sale, from time.Time) (until time.Time) {
	for _, l := range s.Lines {
		var end time.Time
		switch l.Term {
		case campaigns.Monthly:
			end = from.AddDate(0, l.MinTerms, 0)
		case campaigns.Yearly:
			end = from.AddDate(l.MinTerms, 0, 0)
		}
		if end.After(until) {
			until = end
		}
	}
	return until
}

// inquired writes what follows from a person's call to us in which they talked
// to an agent: an inquiry (16 CFR 310.2(q)(2)), or, when we had called them
// before, no more than an interaction.
func (t *tx) inquired(b begun, a campaigns.Attempt) error {
	c, known := t.settings(b.campaign)
	if !known || b.e164 == 0 || a.Outcome != campaigns.InboundConnected || a.OptOut {
		return nil
	}
	if b.effect.Valid {
		var code string
		if err := t.row(`SELECT code FROM dispositions WHERE seq = ?`, []any{b.seq}, &code); err != nil {
			return fmt.Errorf("disposition of a call to us: %w", err)
		}
		if declined(code, campaigns.Effect(b.effect.String)) {
			return nil
		}
	}
	kind := campaigns.RelationInquiry
	var called bool
	err := t.row(`SELECT EXISTS (SELECT 1 FROM attempts WHERE e164 = ?1 AND mode <> 'inbound' AND intent_at > ?2 AND seq < ?3)`,
		[]any{b.e164, b.intent - returnsCall.Microseconds(), b.seq}, &called)
	if err != nil {
		return fmt.Errorf("was a person who calls us called: %w", err)
	}
	if called {
		kind = campaigns.RelationInteraction
	}
	_, err = t.addConsents([]campaigns.Consent{{
		Number: number(b.e164), Kind: kind, Seller: c.Seller, Goods: c.Goods, At: moment(b.intent), Source: campaigns.ConsentByInbound,
		Attempt: a.ID, Campaign: b.campaign,
	}})
	return err
}

// noInquiry ends the relation that a call to us had made, for its agent says
// that the person wants nothing.
func (t *tx) noInquiry(c campaigns.Campaign, p disposed, d campaigns.Disposition) error {
	var rows []consentRow
	err := t.rows(`SELECT `+consentRowColumns+` FROM consents c WHERE e164 = ? AND kind IN ('inquiry', 'interaction') AND revoked_at = 0 AND EXISTS
		(SELECT 1 FROM consent_events e WHERE e.consent = c.seq AND e.attempt = ? AND e.event IN ('granted', 'renewed'))`,
		[]any{p.e164, d.Attempt}, func(r *sql.Rows) error {
			var c consentRow
			err := r.Scan(c.dest()...)
			rows = append(rows, c)
			return err
		})
	if err != nil || len(rows) == 0 {
		return err
	}
	w, err := t.newConsentWriter()
	if err != nil {
		return err
	}
	for _, r := range rows {
		in := campaigns.Withdrawal{At: t.now, Source: campaigns.ConsentByCall, Campaign: c.ID, Attempt: d.Attempt, By: t.db.known.login(d.Agent)}
		if err := w.revoke(r, in); err != nil {
			return err
		}
	}
	return w.link()
}
