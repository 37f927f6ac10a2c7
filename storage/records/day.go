package records

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// longestCall bounds the search for calls of a period by their intent.
const longestCall = 12 * time.Hour

// TalksOf counts the calls in which an agent talked to a person and was
// connected within [from, to), by campaign, with the time of the conversations.
func (db *DB) TalksOf(ctx context.Context, agent int64, from, to time.Time) ([]campaigns.Talk, error) {
	r, err := db.read.QueryContext(ctx, `SELECT campaign, COUNT(*), SUM(over - began) FROM (
		SELECT campaign, bridged_at AS began, COALESCE(second_at, ended_at) AS over FROM outcomes
			WHERE agent = ?1 AND intent_at >= ?4 AND intent_at < ?3 AND bridged_at >= ?2 AND bridged_at < ?3
		UNION ALL SELECT campaign, second_at, ended_at FROM outcomes
			WHERE second_agent = ?1 AND intent_at >= ?4 AND intent_at < ?3 AND second_at >= ?2 AND second_at < ?3) talks
		GROUP BY campaign ORDER BY campaign`, agent, micros(from), micros(to), micros(from.Add(-longestCall)))
	if err != nil {
		return nil, fmt.Errorf("calls of agent %d: %w", agent, err)
	}
	var out []campaigns.Talk
	err = eachRow(r, func(r *sql.Rows) error {
		var k campaigns.Talk
		var took int64
		err := r.Scan(&k.Campaign, &k.Calls, &took)
		k.Time = time.Duration(took) * time.Microsecond
		out = append(out, k)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("calls of agent %d: %w", agent, err)
	}
	return out, nil
}

// SaidBy lists the calls that an agent disposed of within [from, to), in the
// order of the ledger, with what was said.
func (db *DB) SaidBy(ctx context.Context, agent int64, from, to time.Time) ([]campaigns.Call, error) {
	calls, err := newCallReader(db).query(ctx, 0, `SELECT `+callColumns+` FROM dispositions d JOIN attempts a ON a.seq = d.seq
		LEFT JOIN outcomes o ON o.seq = a.seq LEFT JOIN contacts c ON c.id = a.contact
		WHERE d.agent = ? AND d.at >= ? AND d.at < ? ORDER BY d.seq`, []any{agent, micros(from), micros(to)})
	if err != nil {
		return nil, fmt.Errorf("dispositions of agent %d: %w", agent, err)
	}
	return calls, nil
}
