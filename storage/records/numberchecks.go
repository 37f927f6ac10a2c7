package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// AddChecks keeps answers of external checks, all of them or none, with one
// entry in the audit for the batch. An answer of the same check at the same time
// is there once. On return they are durable, and the next Begin sees them.
func (db *DB) AddChecks(ctx context.Context, batch []campaigns.NumberCheck, by string) (added int, err error) {
	err = db.do(ctx, func(t *tx) error {
		added = 0
		passed := 0
		for _, c := range batch {
			n, err := t.exec(`INSERT INTO number_checks (e164, name, at, ok, answer, by, recorded_at) VALUES (?, ?, ?, ?, ?, ?, ?)
				ON CONFLICT DO NOTHING`, e164(c.Number), c.Check, micros(c.At), flag(c.OK), c.Answer, by, micros(t.now))
			if err != nil {
				return err
			}
			added += int(n)
			if n > 0 && c.OK {
				passed++
			}
		}
		if added == 0 {
			return nil
		}
		return t.noteChecks(batch, added, passed, by)
	})
	if err != nil {
		return 0, fmt.Errorf("add answers of checks: %w", err)
	}
	return added, nil
}

// noteChecks writes into the audit how many answers came, and of which checks;
// of whom they speak stands in their table alone.
func (t *tx) noteChecks(batch []campaigns.NumberCheck, added, passed int, by string) error {
	kinds := map[string]int{}
	for _, c := range batch {
		kinds[c.Check]++
	}
	detail, err := json.Marshal(map[string]any{"answers": added, "passed": passed, "checks": kinds})
	if err != nil {
		return err
	}
	return t.note("check.answers", by, "external checks", string(detail))
}

// ChecksOf lists the answers about a number, the newest first.
func (db *DB) ChecksOf(ctx context.Context, number string) (out []campaigns.NumberCheck, err error) {
	err = db.look(ctx, func(q querier) error {
		return q.rows(`SELECT name, at, ok, answer, by, recorded_at FROM number_checks WHERE e164 = ? ORDER BY at DESC, name`,
			[]any{e164(number)}, func(r *sql.Rows) error {
				var at, recorded int64
				c := campaigns.NumberCheck{Number: number}
				err := r.Scan(&c.Check, &at, &c.OK, &c.Answer, &c.By, &recorded)
				c.At, c.RecordedAt = moment(at), moment(recorded)
				out = append(out, c)
				return err
			})
	})
	if err != nil {
		return nil, fmt.Errorf("answers of checks: %w", err)
	}
	return out, nil
}

// answered are the newest answers about a number, one for each check.
func answered(q querier, number int64) (out []rules.Checked, err error) {
	err = q.rows(`SELECT name, at, ok, answer FROM number_checks c WHERE e164 = ?
		AND at = (SELECT MAX(at) FROM number_checks WHERE e164 = c.e164 AND name = c.name) ORDER BY name`, []any{number}, func(r *sql.Rows) error {
		var at int64
		var c rules.Checked
		err := r.Scan(&c.Check, &at, &c.OK, &c.Answer)
		c.At = moment(at)
		out = append(out, c)
		return err
	})
	return out, err
}
