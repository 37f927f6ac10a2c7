package move

import (
	"context"
	"fmt"
	"slices"
	"strings"
)

// seeded is the table in which a new database holds a row already.
const seeded = "house"

// ours is what a database has for itself.
var ours = []string{"pen", "compat", "writers", "move", "moved"}

// table is a table of the folder.
type table struct {
	name    string
	columns []string
	order   []string // by which rows always come in the same order
	rows    int64
	moved   int64 // rows that have come
}

func (t table) query() string {
	return `SELECT ` + strings.Join(t.quoted(), ", ") + ` FROM ` + t.name + ` ORDER BY ` + strings.Join(t.order, ", ")
}

// quoted are its columns as both databases take them: one is called user.
func (t table) quoted() []string {
	out := make([]string, len(t.columns))
	for i, c := range t.columns {
		out[i] = `"` + c + `"`
	}
	return out
}

// look reads which tables the folder has, those first that others refer to.
func (m *moving) look(ctx context.Context) error {
	names, err := list(ctx, m.from, `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\_%' ESCAPE '\' AND name NOT LIKE 'goose\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return fmt.Errorf("read the tables of the folder: %w", err)
	}
	needs := make(map[string][]string)
	for _, name := range names {
		if needs[name], err = list(ctx, m.from, `SELECT DISTINCT "table" FROM pragma_foreign_key_list(?1) WHERE "table" <> ?1`, name); err != nil {
			return fmt.Errorf("read what %s refers to: %w", name, err)
		}
	}
	if names, err = ordered(names, needs); err != nil {
		return err
	}
	for _, name := range names {
		t, err := m.describe(ctx, name)
		if err != nil {
			return fmt.Errorf("read table %s: %w", name, err)
		}
		m.tables = append(m.tables, t)
		m.total += t.rows
	}
	return m.lastLink(ctx)
}

func (m *moving) describe(ctx context.Context, name string) (t table, err error) {
	t.name = name
	if t.columns, err = list(ctx, m.from, `SELECT name FROM pragma_table_info(?1) ORDER BY cid`, name); err != nil {
		return t, err
	}
	keyed, err := list(ctx, m.from, `SELECT '"' || name || '"' FROM pragma_table_info(?1) WHERE pk > 0 ORDER BY pk`, name)
	if err != nil {
		return t, err
	}
	if t.order = keyed; len(keyed) == 0 {
		t.order = []string{"rowid"}
	}
	err = m.from.QueryRowContext(ctx, `SELECT COUNT(*) FROM `+name).Scan(&t.rows)
	return t, err
}

// lastLink reads where the chain of the folder ends.
func (m *moving) lastLink(ctx context.Context) error {
	const query = `SELECT COALESCE(MAX(seq), 0), COALESCE((SELECT lower(hex(hash)) FROM chain ORDER BY seq DESC LIMIT 1), '') FROM chain`
	if err := m.from.QueryRowContext(ctx, query).Scan(&m.done.Links, &m.done.Head); err != nil {
		return fmt.Errorf("read the end of the chain: %w", err)
	}
	return nil
}

// ordered puts tables behind those that they refer to.
func ordered(names []string, needs map[string][]string) (out []string, err error) {
	for len(out) < len(names) {
		before := len(out)
		for _, name := range names {
			if !slices.Contains(out, name) && !slices.ContainsFunc(needs[name], func(n string) bool { return !slices.Contains(out, n) }) {
				out = append(out, name)
			}
		}
		if len(out) == before {
			return nil, fmt.Errorf("tables refer to each other in a circle: %v of %v", len(names)-len(out), len(names))
		}
	}
	return out, nil
}
