package records

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/forecall/forecall/campaigns"
)

// AddAudit records something that was done and must be provable. Seq and At
// are the store's.
func (db *DB) AddAudit(ctx context.Context, e campaigns.AuditEntry) error {
	err := db.do(ctx, func(t *tx) error { return t.note(e.Kind, e.By, e.Subject, e.Detail) })
	if err != nil {
		return fmt.Errorf("audit %s: %w", e.Kind, err)
	}
	return nil
}

// AuditEntries reads at most limit entries after one, oldest first; 0 = 1,000.
func (db *DB) AuditEntries(ctx context.Context, after int64, limit int) ([]campaigns.AuditEntry, error) {
	if limit <= 0 {
		limit = 1000
	}
	r, err := db.read.QueryContext(ctx, `SELECT seq, at, kind, by, subject, detail FROM audit WHERE seq > ? ORDER BY seq LIMIT ?`,
		after, limit)
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	var out []campaigns.AuditEntry
	err = eachRow(r, func(r *sql.Rows) error {
		var e campaigns.AuditEntry
		var at int64
		err := r.Scan(&e.Seq, &at, &e.Kind, &e.By, &e.Subject, &e.Detail)
		e.At = moment(at)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read audit: %w", err)
	}
	return out, nil
}

// note writes an entry of the audit and chains it.
func (t *tx) note(kind, by, subject, detail string) error {
	t.audit++
	row := []any{t.audit, micros(t.now), kind, by, subject, detail}
	if _, err := t.chain(kindAudit, t.audit, digest(row)); err != nil {
		return err
	}
	if _, err := t.exec(`INSERT INTO audit (seq, at, kind, by, subject, detail) VALUES (?, ?, ?, ?, ?, ?)`, row...); err != nil {
		return fmt.Errorf("audit %s: %w", kind, err)
	}
	return nil
}
