package records

import (
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// historyQuery reads the calls of the house to a number and to the other
// numbers of its contact, newest first. A call that has not ended, or whose
// process died, has no outcome and counts as any other: it may have rung.
const historyQuery = `SELECT a.intent_at, a.campaign, a.settings, a.e164 <> ?2, COALESCE((SELECT outcome FROM outcomes WHERE seq = a.seq), ''),
	COALESCE((SELECT effect FROM dispositions WHERE seq = a.seq), ''), COALESCE((SELECT code FROM dispositions WHERE seq = a.seq), '')
	FROM attempts a
	WHERE a.e164 IN (SELECT ?2 UNION SELECT CAST(substr(p.value ->> '$.number', 2) AS INTEGER) FROM contacts c, json_each(c.phones) p WHERE c.id = ?1)
	AND a.intent_at >= ?3 AND a.mode <> 'inbound' ORDER BY a.seq + 0 DESC`

// history is what the house has called of a person before, as far back as a
// plan has to know; the number's own calls and those to the person's others.
// It appends to out.
func (db *DB) history(q querier, contact int64, number string, since time.Time, out []rules.Past) ([]rules.Past, error) {
	var before []pastRow
	err := q.rows(historyQuery, []any{contact, e164(number), micros(since)}, func(r *sql.Rows) error {
		var p pastRow
		err := r.Scan(&p.at, &p.campaign, &p.settings, &p.other, &p.outcome, &p.effect, &p.code)
		before = append(before, p)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the calls before: %w", err)
	}
	for _, p := range before {
		past, err := db.past(q, p)
		if err != nil {
			return nil, err
		}
		out = append(out, past)
	}
	return out, nil
}

// pastRow is one call of a history.
type pastRow struct {
	at, campaign, settings int64
	other                  bool
	outcome                campaigns.Outcome
	effect                 campaigns.Effect
	code                   string
}

// past says for whom and about what a call was, by the settings of its time.
func (db *DB) past(q querier, p pastRow) (rules.Past, error) {
	out := rules.Past{
		At: moment(p.at), Campaign: p.campaign, Outcome: string(p.outcome), Effect: string(p.effect),
		Answered: p.outcome.Live(), Refused: campaigns.Refusal(p.code, p.effect), Other: p.other,
	}
	c, err := db.settingsOf(q, p.settings)
	if err != nil || c == nil {
		return out, err
	}
	out.Seller, out.Subject = c.Seller, c.Subject
	return out, nil
}

// settingsOf is settingsAt for who reads through a querier.
func (db *DB) settingsOf(q querier, version int64) (*campaigns.Campaign, error) {
	if c, ok := db.known.version(version); ok {
		return c, nil
	}
	var detail string
	err := q.row(`SELECT detail FROM audit WHERE seq = ? AND kind IN (?, ?)`, []any{version, auditCreate, auditUpdate}, &detail)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, nil
	}
	c := new(campaigns.Campaign)
	if err == nil {
		err = json.Unmarshal([]byte(detail), c)
	}
	if err != nil {
		return nil, fmt.Errorf("settings of version %d: %w", version, err)
	}
	db.known.putVersion(version, c)
	return c, nil
}
