package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// ContactsByNumber finds the contacts of a campaign that have a number, on any
// of its lists, by id.
func (db *DB) ContactsByNumber(ctx context.Context, campaign int64, number string) ([]campaigns.Contact, error) {
	r, err := db.read.QueryContext(ctx, `SELECT `+contactColumns+` FROM contacts
		WHERE id IN (SELECT contact FROM numbers WHERE campaign = ? AND e164 = ?) ORDER BY id`, campaign, e164(number))
	if err != nil {
		return nil, fmt.Errorf("contacts of a number in campaign %d: %w", campaign, err)
	}
	var out []campaigns.Contact
	err = eachRow(r, func(r *sql.Rows) error {
		c, err := scanContact(r)
		out = append(out, c)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("contacts of a number in campaign %d: %w", campaign, err)
	}
	return out, nil
}

// zonesOf are the zones that bind a call to a number of a contact.
func zonesOf(p campaigns.Contact, number string) []string {
	for _, phone := range p.Phones {
		if phone.Number == number {
			return p.ZonesFor(phone)
		}
	}
	return p.Zones
}

// factsQuery reads all that the rules ask of a number, in one query. As everything that
// is asked at each call, it leaves a server that does not know yet what is in its
// tables no way but by the number: what belongs to a call is looked up call by call,
// neither joined nor asked by EXISTS, for which all of a table may be read, and seq + 0
// keeps it from walking back through all calls.
const factsQuery = `SELECT COALESCE(c.state, ''), COALESCE(c.tries, 0),
	EXISTS (SELECT 1 FROM do_not_call WHERE e164 = ?2 AND (?6 = '' OR seller = '' OR seller IN (SELECT value FROM json_each(?6)))),
	EXISTS (SELECT 1 FROM attempts WHERE e164 = ?2 AND live = 1) OR EXISTS (SELECT 1 FROM held WHERE e164 = ?2 AND inbound = 1),
	COALESCE((SELECT a.intent_at FROM attempts a
		WHERE a.e164 = ?2 AND a.mode <> 'inbound' AND COALESCE((SELECT outcome FROM outcomes WHERE seq = a.seq), '') NOT IN ('refused', 'route_failed')
		ORDER BY a.seq + 0 DESC LIMIT 1), 0),
	EXISTS (SELECT 1 FROM callbacks WHERE id = ?3 AND contact = ?1 AND done = 0),
	COALESCE((SELECT version FROM campaigns WHERE id = ?4), 0),
	COALESCE((SELECT id FROM attempts WHERE contact = ?1 AND ?1 <> 0 AND mode <> 'inbound' ORDER BY seq + 0 DESC LIMIT 1), ''),
	(SELECT COUNT(*) + 1 FROM attempts WHERE e164 = ?2 AND intent_at > ?5 AND mode <> 'inbound'),
	COALESCE(instr(c.phones, '"dead":true'), 0) > 0 AND EXISTS (SELECT 1 FROM json_each(c.phones) p
		WHERE CAST(p.value ->> '$.dead' AS INTEGER) = 1 AND p.value ->> '$.number' = '+' || ?2) AND EXISTS (SELECT 1 FROM attempts a
		WHERE a.e164 = ?2 AND a.campaign = ?4 AND (SELECT effect FROM dispositions WHERE seq = a.seq) = 'wrong_number'),
	COALESCE((SELECT CASE owner WHEN 0 THEN -owner_fence ELSE owner_fence END FROM campaigns WHERE id = ?4), 0)
	FROM (SELECT 1) one LEFT JOIN contacts c ON c.id = ?1`

// sellersOf are those whose entries on the do-not-call list bind a campaign beside
// the house's, as JSON; empty = everybody's.
func sellersOf(c campaigns.Campaign) string {
	keys := c.SellerKeys()
	if len(keys) == 0 {
		return ""
	}
	text, err := json.Marshal(keys)
	if err != nil {
		return "" // the strictest; names are texts, so it does not happen
	}
	return string(text)
}

// factsRow is what factsQuery answers.
type factsRow struct {
	state             campaigns.ContactState // empty = there is no such contact
	tries, dayNo      int
	dnc, live, agreed bool
	buried            bool // somebody else answers there, an agent has said
	last, version     int64
	retryOf           string
	fence             int64 // of the campaign's owner; negative while it has none
}

func (r *factsRow) args(contact int64, number string, callback int64, c campaigns.Campaign, now time.Time) []any {
	return []any{contact, e164(number), callback, c.ID, micros(now.Add(-24 * time.Hour)), sellersOf(c)}
}

func (r *factsRow) dest() []any {
	return []any{&r.state, &r.tries, &r.dnc, &r.live, &r.last, &r.agreed, &r.version, &r.retryOf, &r.dayNo, &r.buried, &r.fence}
}

// facts are the answer as the rules ask for it.
func (r *factsRow) facts(number string) rules.Facts {
	return rules.Facts{Number: number, Tries: r.tries, DNC: r.dnc, Live: r.live, LastTry: moment(r.last), Agreed: r.agreed}
}
