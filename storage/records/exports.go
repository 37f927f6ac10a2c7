package records

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const exportColumns = `id, user, by, at, format, search, fields, reason, state, began_at, ended_at, expires_at, rows, total, octets, sha256, error`

// AddExport queues an export and writes into the audit who asked for what.
func (db *DB) AddExport(ctx context.Context, e campaigns.Export) (campaigns.Export, error) {
	search, err := json.Marshal(e.Search)
	if err != nil {
		return campaigns.Export{}, fmt.Errorf("add export: %w", err)
	}
	fields, err := json.Marshal(e.Fields)
	if err != nil {
		return campaigns.Export{}, fmt.Errorf("add export: %w", err)
	}
	err = db.do(ctx, func(t *tx) error {
		if err := t.row(`SELECT COALESCE(MAX(id), 0) + 1 FROM exports`, nil, &e.ID); err != nil {
			return err
		}
		_, err := t.exec(`INSERT INTO exports (id, user, by, at, format, search, fields, reason, state) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			e.ID, e.User, e.By, micros(e.At), string(e.Format), string(search), string(fields), e.Reason, string(e.State))
		if err != nil {
			return err
		}
		return t.note("calls.export", e.By, subject("export", e.ID), fmt.Sprintf("%s, %d fields, of %s; for %q", e.Format, len(e.Fields), e.Search.Words(), e.Reason))
	})
	if err != nil {
		return campaigns.Export{}, fmt.Errorf("add export: %w", err)
	}
	return e, nil
}

// SaveExport writes how far an export has come. One that is over stays as it is,
// but for a file that has expired: campaigns.ErrFinished. When the end is written,
// so is the audit.
func (db *DB) SaveExport(ctx context.Context, e campaigns.Export) error {
	err := db.do(ctx, func(t *tx) error {
		n, err := t.exec(`UPDATE exports SET state = ?2, began_at = ?3, ended_at = ?4, expires_at = ?5, rows = ?6, total = ?7, octets = ?8, sha256 = ?9, error = ?10
			WHERE id = ?1 AND (state IN ('queued', 'running') OR (state = 'done' AND ?2 = 'expired'))`,
			e.ID, string(e.State), micros(e.Began), micros(e.Ended), micros(e.Expires), e.Rows, e.Total, e.Octets, e.SHA256, e.Error)
		if err == nil && n == 0 {
			err = campaigns.ErrFinished
		}
		if err != nil || !e.Over() {
			return err
		}
		return t.note("export."+string(e.State), e.By, subject("export", e.ID), fmt.Sprintf("%d of %d calls, %d octets, SHA-256 %s", e.Rows, e.Total, e.Octets, e.SHA256))
	})
	if err != nil {
		return fmt.Errorf("save export %d: %w", e.ID, err)
	}
	return nil
}

// Export reads one export; campaigns.ErrNotFound when there is none.
func (db *DB) Export(ctx context.Context, id int64) (campaigns.Export, error) {
	e, err := scanExport(db.read.QueryRowContext(ctx, `SELECT `+exportColumns+` FROM exports WHERE id = ?`, id))
	if errors.Is(err, sql.ErrNoRows) {
		err = campaigns.ErrNotFound
	}
	if err != nil {
		return campaigns.Export{}, fmt.Errorf("export %d: %w", id, err)
	}
	return e, nil
}

// Exports reads the newest exports of a user; 0 = everybody's.
func (db *DB) Exports(ctx context.Context, user int64, limit int) ([]campaigns.Export, error) {
	query := `SELECT ` + exportColumns + ` FROM exports ORDER BY id DESC LIMIT ?`
	args := []any{limit}
	if user != 0 {
		query, args = `SELECT `+exportColumns+` FROM exports WHERE user = ? ORDER BY id DESC LIMIT ?`, []any{user, limit}
	}
	return db.exports(ctx, query, args...)
}

// OpenExports reads the exports that are queued or at work, the oldest first,
// and those whose file is there until now or longer ago.
func (db *DB) OpenExports(ctx context.Context, now time.Time) (open, expired []campaigns.Export, err error) {
	open, err = db.exports(ctx, `SELECT `+exportColumns+` FROM exports WHERE state IN ('queued', 'running') ORDER BY id`)
	if err != nil {
		return nil, nil, err
	}
	expired, err = db.exports(ctx, `SELECT `+exportColumns+` FROM exports WHERE state = 'done' AND expires_at <= ? ORDER BY id`, micros(now))
	return open, expired, err
}

// forgetExports takes a number out of what exports searched for, as at an
// erasure, and lets the files that may hold it expire: they are deleted within a
// minute.
func (t *tx) forgetExports(e164 int64) error {
	plain := number(e164)
	_, err := t.exec(`UPDATE exports SET search = json_remove(search, '$.number', '$.digits') WHERE search ->> '$.number' = ?1
		OR (search ->> '$.digits' IS NOT NULL AND ?1 LIKE '%' || (search ->> '$.digits'))`, plain)
	if err == nil {
		_, err = t.exec(`UPDATE exports SET expires_at = ? WHERE state = 'done'`, micros(t.now))
	}
	if err != nil {
		return fmt.Errorf("forget a number in exports: %w", err)
	}
	return nil
}

func (db *DB) exports(ctx context.Context, query string, args ...any) ([]campaigns.Export, error) {
	r, err := db.read.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, fmt.Errorf("read exports: %w", err)
	}
	var out []campaigns.Export
	err = eachRow(r, func(r *sql.Rows) error {
		e, err := scanExport(r)
		out = append(out, e)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read exports: %w", err)
	}
	return out, nil
}

func scanExport(r interface{ Scan(...any) error }) (e campaigns.Export, err error) {
	var at, began, ended, expires int64
	var search, fields string
	err = r.Scan(&e.ID, &e.User, &e.By, &at, &e.Format, &search, &fields, &e.Reason, &e.State, &began, &ended, &expires, &e.Rows, &e.Total, &e.Octets, &e.SHA256, &e.Error)
	if err != nil {
		return e, err
	}
	e.At, e.Began, e.Ended, e.Expires = moment(at), moment(began), moment(ended), moment(expires)
	if err := json.Unmarshal([]byte(fields), &e.Fields); err != nil {
		return e, fmt.Errorf("fields of export %d: %w", e.ID, err)
	}
	if err := json.Unmarshal([]byte(search), &e.Search); err != nil {
		return e, fmt.Errorf("search of export %d: %w", e.ID, err)
	}
	return e, nil
}
