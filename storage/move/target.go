package move

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// asker is what queries are asked of.
type asker interface {
	QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error)
}

// list reads a column of texts.
func list(ctx context.Context, from asker, query string, args ...any) (out []string, err error) {
	rows, err := from.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}

// begin begins in an empty database, or finds out how far an earlier run came.
func (m *moving) begin(ctx context.Context) error {
	var links, finished int64
	var head string
	err := m.to.QueryRowContext(ctx, `SELECT links, head, done FROM move`).Scan(&links, &head, &finished)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return m.beginAnew(ctx)
	case err != nil:
		return fmt.Errorf("read how far the move is: %w", err)
	case links != m.done.Links || head != m.done.Head:
		return ErrOther
	}
	m.done.Resumed, m.compared, m.finished, m.done.Before = true, finished != 0, finished > 0, finished > 0
	m.done.Tables, m.done.Rows = len(m.tables), m.total
	for i, t := range m.tables {
		err := m.to.QueryRowContext(ctx, `SELECT rows FROM moved WHERE name = ?`, t.name).Scan(&m.tables[i].moved)
		if err != nil && !errors.Is(err, sql.ErrNoRows) {
			return fmt.Errorf("read how far table %s is: %w", t.name, err)
		}
	}
	return nil
}

func (m *moving) beginAnew(ctx context.Context) error {
	if err := m.sameTables(ctx); err != nil {
		return err
	}
	for _, t := range m.tables {
		var held bool
		query := `SELECT EXISTS (SELECT 1 FROM ` + t.name + `)`
		if t.name == seeded {
			query = `SELECT EXISTS (SELECT 1 FROM ` + seeded + ` WHERE name <> 'scrubbed')`
		}
		if err := m.to.QueryRowContext(ctx, query).Scan(&held); err != nil {
			return fmt.Errorf("look whether the database is empty: %w", err)
		}
		if held {
			return fmt.Errorf("table %s: %w", t.name, ErrNotEmpty)
		}
	}
	_, err := m.to.ExecContext(ctx, `INSERT INTO move (one, links, head, begun) VALUES (1, ?1, ?2, CAST(unixepoch('subsec') * 1000000 AS INTEGER))`, m.done.Links, m.done.Head)
	if err != nil {
		return fmt.Errorf("begin the move: %w", err)
	}
	return nil
}

// sameTables makes sure that nothing of the folder is left behind.
func (m *moving) sameTables(ctx context.Context) error {
	there, err := list(ctx, m.to, `SELECT table_name::text FROM information_schema.tables WHERE table_schema = 'forecall' AND table_type = 'BASE TABLE'`)
	if err != nil {
		return fmt.Errorf("read the tables of the database: %w", err)
	}
	for _, t := range m.tables {
		if !slices.Contains(there, t.name) {
			return fmt.Errorf("the database has no table %s", t.name)
		}
	}
	for _, name := range there {
		known := slices.Contains(ours, name) || strings.HasPrefix(name, "goose_")
		if !known && !slices.ContainsFunc(m.tables, func(t table) bool { return t.name == name || strings.HasPrefix(name, t.name+"_") }) {
			return fmt.Errorf("the database has a table %s that the folder does not know", name)
		}
	}
	return nil
}

// compare counts every table, and compares the ends of the chains.
func (m *moving) compare(ctx context.Context) error {
	for _, t := range m.tables {
		var n int64
		if err := m.to.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+t.name).Scan(&n); err != nil {
			return fmt.Errorf("count table %s: %w", t.name, err)
		}
		if n != t.rows {
			return fmt.Errorf("table %s has %d rows in the folder and %d in the database: %w", t.name, t.rows, n, ErrDiffers)
		}
	}
	var links int64
	var head string
	err := m.to.QueryRowContext(ctx, `SELECT COALESCE(MAX(seq), 0), COALESCE((SELECT lower(hex(hash)) FROM chain ORDER BY seq DESC LIMIT 1), '') FROM chain`).Scan(&links, &head)
	if err != nil {
		return fmt.Errorf("read the end of the chain: %w", err)
	}
	if links != m.done.Links || head != m.done.Head {
		return fmt.Errorf("the chain ends at link %d, %s, and not at %d, %s: %w", links, head, m.done.Links, m.done.Head, ErrDiffers)
	}
	return nil
}

// number lets the database go on numbering where the folder ended.
func (m *moving) number(ctx context.Context) error {
	columns, err := list(ctx, m.to, `SELECT table_name || '.' || column_name FROM information_schema.columns WHERE table_schema = 'forecall' AND is_identity = 'YES'`)
	if err != nil {
		return fmt.Errorf("read what the database numbers: %w", err)
	}
	for _, c := range columns {
		name, column, _ := strings.Cut(c, ".")
		var last int64
		err := m.to.QueryRowContext(ctx, `SELECT setval(pg_get_serial_sequence('forecall.`+name+`', '`+column+`'), GREATEST(1, (SELECT MAX("`+column+`") FROM `+name+`)))`).Scan(&last)
		if err != nil {
			return fmt.Errorf("number table %s: %w", name, err)
		}
	}
	return nil
}

// note keeps that all rows have come and are the same: from here on the database has
// more than the folder.
func (m *moving) note(ctx context.Context) error {
	if _, err := m.to.ExecContext(ctx, `UPDATE move SET done = -1 WHERE one = 1`); err != nil {
		return fmt.Errorf("keep that all rows have come: %w", err)
	}
	return nil
}

// finish lets nodes work with the database; it is on its disk when this returns.
func (m *moving) finish(ctx context.Context) error {
	for _, statement := range []string{`SET synchronous_commit = on`, `UPDATE move SET done = CAST(unixepoch('subsec') * 1000000 AS INTEGER) WHERE one = 1`} {
		if _, err := m.to.ExecContext(ctx, statement); err != nil {
			return fmt.Errorf("finish the move: %w", err)
		}
	}
	return nil
}
