package records

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// TakeDuty implements campaigns.Duties. Who has a duty may take it again, under a
// new fence.
func (db *DB) TakeDuty(ctx context.Context, name string, lasts time.Duration) (fence int64, err error) {
	self := db.self()
	err = db.do(ctx, func(t *tx) error {
		t.writes++
		err := t.row(`INSERT INTO duties (name, held, node, epoch, fence, until) VALUES (?1, 1, ?2, ?3, 1, `+nowMicros+` + ?4)
			ON CONFLICT (name) DO UPDATE SET held = 1, node = excluded.node, epoch = excluded.epoch, fence = duties.fence + 1, until = excluded.until
			WHERE duties.held = 0 OR duties.until < `+nowMicros+` OR duties.node = excluded.node
				OR duties.epoch < COALESCE((SELECT n.epoch FROM nodes n WHERE n.id = duties.node), 0)
			RETURNING fence`, []any{name, self.id, self.epoch, lasts.Microseconds()}, &fence)
		if errors.Is(err, sql.ErrNoRows) {
			return campaigns.ErrDutyTaken
		}
		return err
	})
	if err != nil {
		return 0, fmt.Errorf("take the duty %s: %w", name, err)
	}
	return fence, nil
}

// KeepDuty implements campaigns.Duties.
func (db *DB) KeepDuty(ctx context.Context, name string, fence int64, lasts time.Duration) error {
	self := db.self()
	var alive bool
	err := db.say(ctx, `UPDATE duties SET until = `+nowMicros+` + ?5 WHERE name = ?1 AND fence = ?2 AND held = 1 AND node = ?3 AND epoch = ?4
		RETURNING ?3 = 0 OR EXISTS (SELECT 1 FROM nodes n WHERE n.id = ?3 AND n.epoch = ?4)`,
		[]any{name, fence, self.id, self.epoch, lasts.Microseconds()}, &alive)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		err = campaigns.ErrSuperseded
	case err == nil && !alive:
		err = campaigns.ErrFenced
	}
	if err != nil {
		return fmt.Errorf("keep the duty %s: %w", name, err)
	}
	return nil
}

// ReleaseDuty implements campaigns.Duties.
func (db *DB) ReleaseDuty(ctx context.Context, name string, fence int64) error {
	err := db.do(ctx, func(t *tx) error {
		_, err := t.exec(`UPDATE duties SET held = 0 WHERE name = ? AND fence = ? AND node = ?`, name, fence, db.self().id)
		return err
	})
	if err != nil {
		return fmt.Errorf("release the duty %s: %w", name, err)
	}
	return nil
}

// Duties reads who does what for the house, by name.
func (db *DB) Duties(ctx context.Context) (out []campaigns.Duty, err error) {
	r, err := db.read.QueryContext(ctx, `SELECT d.name, CASE WHEN d.held = 0 OR d.until < `+nowMicros+`
			OR d.epoch < COALESCE((SELECT n.epoch FROM nodes n WHERE n.id = d.node), 0) THEN 0 ELSE d.node END, d.fence, d.until
		FROM duties d ORDER BY d.name`)
	if err == nil {
		err = eachRow(r, func(r *sql.Rows) error {
			var d campaigns.Duty
			var until int64
			err := r.Scan(&d.Name, &d.Node, &d.Fence, &until)
			d.Until = moment(until)
			out = append(out, d)
			return err
		})
	}
	if err != nil {
		return nil, fmt.Errorf("read the duties: %w", err)
	}
	return out, nil
}
