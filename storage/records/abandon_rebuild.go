package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
)

// abandonVersion is that of the counting: a store that was counted by another one
// is counted again when it is opened.
const abandonVersion = 1

// rebuildBatch is how many places of the ledger one transaction counts.
const rebuildBatch = 20_000

// countOldCalls counts the calls of a store that is older than its counters. It
// runs before anything is dialed; one that was cut short begins anew.
func (db *DB) countOldCalls(ctx context.Context) error {
	var version, last int64
	err := db.do(ctx, func(t *tx) error {
		err := t.row(`SELECT COALESCE((SELECT counted FROM abandon_state), 0), (SELECT COALESCE(MAX(seq), 0) FROM attempts)`, nil, &version, &last)
		if err != nil || version == abandonVersion {
			return err
		}
		_, err = t.exec(`DELETE FROM abandon_counts`)
		return err
	})
	if err != nil || version == abandonVersion {
		return err
	}
	for from := int64(0); from < last; from += rebuildBatch {
		if err := db.do(ctx, func(t *tx) error { return t.countPlaces(from, from+rebuildBatch) }); err != nil {
			return fmt.Errorf("count the calls from %d: %w", from, err)
		}
	}
	return db.do(ctx, func(t *tx) error {
		_, err := t.exec(`INSERT INTO abandon_state (one, counted) VALUES (1, ?1) ON CONFLICT (one) DO UPDATE SET counted = ?1`, abandonVersion)
		return err
	})
}

// countPlaces counts the calls after one place of the ledger, up to another.
func (t *tx) countPlaces(after, to int64) error {
	args := []any{after, to}
	for _, o := range campaigns.Endings() {
		args = append(args, string(o))
	}
	var calls []ending
	err := t.rows(endingQuery+` WHERE o.seq > ? AND o.seq <= ? AND o.outcome IN (`+placeholders(len(args)-2)+`)`, args, func(r *sql.Rows) error {
		c, err := scanEnding(r)
		calls = append(calls, c)
		return err
	})
	if err != nil {
		return err
	}
	for i := range calls {
		if err := t.countAgain(&calls[i]); err != nil {
			return err
		}
	}
	return nil
}

func (t *tx) countAgain(c *ending) error {
	group, _, err := t.abandonGroupOf(c.seq)
	if err != nil {
		return err
	}
	for i, from := range abandonment.Starts() {
		n := t.abandon.at(abandonPlace{c.campaign, c.intent / quarterMicros, group, i})
		class := abandonment.Judge(from, abandonment.Limit, c.call)
		n.Note(class, c.reserved)
		if c.machine && talkedClass(class) {
			n.AgentMachine++
		}
	}
	return nil
}
