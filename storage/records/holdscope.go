package records

import (
	"database/sql"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// openHold is the condition that a hold h is open at the time ?2.
const openHold = `h.released_at = 0 AND (h.until = 0 OR h.until > ?2)`

// sellerScope is what open holds of sellers cover: sellers are names that people
// write, and one is meant however it is spelled. Versions of settings tell whose
// a call was, campaigns whose a contact is.
type sellerScope struct{ versions, campaigns, names []string }

// foldedSeller is the seller of the consent o as SQL can fold it: the letters of
// ASCII, and spaces. Names of a scope are folded so, and with all letters too.
const foldedSeller = `lower(replace(replace(replace(trim(o.seller), '  ', ' '), '  ', ' '), '  ', ' '))`

// add notes a name, in every way in which foldedSeller leaves it.
func (s *sellerScope) add(name string) {
	key := campaigns.SellerKey(name)
	for _, n := range []string{key, folded(strings.Join(strings.Fields(name), " ")), folded(strings.ToUpper(key))} {
		if !slices.Contains(s.names, n) {
			s.names = append(s.names, n)
		}
	}
}

// folded lowers the letters of ASCII alone.
func folded(name string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, name)
}

// sellersHeld finds what open holds of sellers cover at now; of one hold alone
// when its id is given.
func sellersHeld(q querier, now time.Time, one int64) (s sellerScope, err error) {
	held := make(map[string]bool)
	err = q.rows(`SELECT h.seller FROM holds h WHERE h.scope = 'seller' AND (?1 = 0 OR h.id = ?1) AND `+openHold, []any{one, micros(now)}, func(r *sql.Rows) error {
		var name string
		err := r.Scan(&name)
		held[campaigns.SellerKey(name)] = true
		s.add(name)
		return err
	})
	if err != nil || len(held) == 0 {
		return s, err
	}
	err = q.rows(`SELECT c.id, u.seq, u.seq = c.version, COALESCE(u.detail ->> '$.seller', '') FROM campaigns c
		JOIN audit u ON u.subject = 'campaign ' || c.id AND u.kind IN (?, ?) ORDER BY u.seq`, []any{auditCreate, auditUpdate}, func(r *sql.Rows) error {
		var campaign, version, name string
		var now bool
		if err := r.Scan(&campaign, &version, &now, &name); err != nil || !held[campaigns.SellerKey(name)] {
			return err
		}
		s.versions = append(s.versions, version)
		if now {
			s.campaigns = append(s.campaigns, campaign)
		}
		s.add(name)
		return nil
	})
	return s, err
}

// args are the scope as parameters: JSON arrays.
func (s sellerScope) args() []any {
	out := make([]any, 0, 3)
	for _, list := range [][]string{s.versions, s.campaigns, s.names} {
		if list == nil {
			list = []string{}
		}
		text, err := json.Marshal(list)
		if err != nil {
			panic(err) // texts always can
		}
		out = append(out, string(text))
	}
	return out
}

// Whether an open hold covers something at the time ?2, when ?3 to ?5 are what
// holds of sellers cover: the attempt a, the contact c, the consents of the
// number k.e164, the refusal d.
const (
	heldAttempt = `(EXISTS (SELECT 1 FROM holds h WHERE ` + openHold + ` AND (
		h.scope = 'number' AND h.e164 = a.e164 OR h.scope = 'campaign' AND h.campaign = a.campaign
		OR h.scope = 'period' AND a.intent_at >= h.from_at AND (h.to_at = 0 OR a.intent_at < h.to_at)))
		OR a.settings IN (SELECT CAST(value AS INTEGER) FROM json_each(?3)))`

	heldContact = `(EXISTS (SELECT 1 FROM holds h WHERE ` + openHold + ` AND (
		h.scope = 'campaign' AND h.campaign = c.campaign OR h.scope = 'period'
		OR h.scope = 'number' AND EXISTS (SELECT 1 FROM numbers n WHERE n.campaign = c.campaign AND n.e164 = h.e164 AND n.contact = c.id)))
		OR c.campaign IN (SELECT CAST(value AS INTEGER) FROM json_each(?4)))`

	heldConsent = `(EXISTS (SELECT 1 FROM holds h WHERE ` + openHold + ` AND h.scope = 'number' AND h.e164 = k.e164)
		OR EXISTS (SELECT 1 FROM consents o WHERE o.e164 = k.e164 AND ?5 <> '[]' AND (o.seller = '' OR ` + foldedSeller + ` IN (SELECT value FROM json_each(?5))))
		OR EXISTS (SELECT 1 FROM attempts a WHERE a.e164 = k.e164 AND ` + heldAttempt + `))`

	heldDenial = `(EXISTS (SELECT 1 FROM holds h WHERE ` + openHold + ` AND (
		h.scope = 'number' AND h.e164 = d.e164 OR h.scope = 'campaign' AND h.campaign = d.campaign
		OR h.scope = 'period' AND d.at >= h.from_at AND (h.to_at = 0 OR d.at < h.to_at)))
		OR d.settings IN (SELECT CAST(value AS INTEGER) FROM json_each(?3)))`
)

// heldPerson finds the holds that cover a number: by itself, by its calls, by
// the lists it stands on, by what its holder permitted.
func heldPerson(q querier, num int64, now time.Time) (out []campaigns.Hold, err error) {
	all, err := holdsOf(q, `released_at = 0 AND (until = 0 OR until > ?) ORDER BY id`, micros(now))
	for _, h := range all {
		covers, fault := covers(q, h, num, now)
		if err = fault; err != nil {
			break
		}
		if covers {
			out = append(out, h)
		}
	}
	return out, err
}

func covers(q querier, h campaigns.Hold, num int64, now time.Time) (yes bool, err error) {
	switch h.Scope {
	case campaigns.HoldNumber:
		return e164(h.Number) == num, nil
	case campaigns.HoldCampaign:
		err = q.row(`SELECT EXISTS (SELECT 1 FROM attempts a WHERE a.e164 = ?1 AND a.campaign = ?2)
			OR EXISTS (SELECT 1 FROM numbers n WHERE n.e164 = ?1 AND n.campaign = ?2)`, []any{num, h.Campaign}, &yes)
	case campaigns.HoldPeriod:
		err = q.row(`SELECT EXISTS (SELECT 1 FROM attempts a WHERE a.e164 = ?1 AND a.intent_at >= ?2 AND (?3 = 0 OR a.intent_at < ?3))`,
			[]any{num, micros(h.From), micros(h.To)}, &yes)
	case campaigns.HoldSeller:
		s, err := sellersHeld(q, now, h.ID)
		if err != nil {
			return false, err
		}
		err = q.row(`SELECT EXISTS (SELECT 1 FROM attempts a WHERE a.e164 = ?1 AND a.settings IN (SELECT CAST(value AS INTEGER) FROM json_each(?2)))
			OR EXISTS (SELECT 1 FROM numbers n WHERE n.e164 = ?1 AND n.campaign IN (SELECT CAST(value AS INTEGER) FROM json_each(?3)))
			OR EXISTS (SELECT 1 FROM consents o WHERE o.e164 = ?1 AND `+foldedSeller+` IN (SELECT value FROM json_each(?4)))`,
			append([]any{num}, s.args()...), &yes)
		return yes, err
	}
	return yes, err
}
