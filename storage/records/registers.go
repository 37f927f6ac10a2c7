package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"
	"maps"
	"strconv"
	"sync"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// auditRegister is the kind of the entry that chains a version of a register.
const auditRegister = "register.load"

// AddRegisterVersion keeps a version of a register that comes into force, in
// the chain of the ledger; it is durable on return. campaigns.ErrExists when
// the list has that version or a later one.
func (db *DB) AddRegisterVersion(ctx context.Context, v campaigns.RegisterVersion) error {
	err := db.do(ctx, func(t *tx) error {
		var last int64
		if err := t.row(`SELECT COALESCE(MAX(version), 0) FROM register_versions WHERE list = ?`, []any{v.List}, &last); err != nil {
			return err
		}
		if v.Version <= last {
			return campaigns.ErrExists
		}
		body, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if err := t.note(auditRegister, v.By, "register "+v.List, string(body)); err != nil {
			return err
		}
		t.after = append(t.after, func() { db.shelved.put(v) })
		_, err = t.exec(`INSERT INTO register_versions (list, version, kind, accessed_at, loaded_at, sha256, count, source_sum, body, audit)
			VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
			v.List, v.Version, string(v.Kind), micros(v.AccessedAt), micros(v.LoadedAt), v.SHA256, v.Count, v.SourceSum, string(body), t.audit)
		return err
	})
	if err != nil {
		return fmt.Errorf("add version %d of register %s: %w", v.Version, v.List, err)
	}
	return nil
}

// RegisterVersions reads the versions of a list that were ever in force, newest
// first; without a name those of all lists, by list.
func (db *DB) RegisterVersions(ctx context.Context, list string) ([]campaigns.RegisterVersion, error) {
	r, err := db.read.QueryContext(ctx, `SELECT body FROM register_versions WHERE ?1 = '' OR list = ?1 ORDER BY list, version DESC`, list)
	if err != nil {
		return nil, fmt.Errorf("read the versions of registers: %w", err)
	}
	var out []campaigns.RegisterVersion
	err = eachRow(r, func(r *sql.Rows) error {
		v, err := scanRegister(r)
		out = append(out, v)
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the versions of registers: %w", err)
	}
	return out, nil
}

// registered compares the versions of registers with the entries of the audit
// that chain them.
func (c *checker) registered(q driver.QueryerContext) error {
	return each(q, `SELECT v.list, v.version FROM register_versions v LEFT JOIN audit a ON a.seq = v.audit
		WHERE a.kind IS DISTINCT FROM ?1 OR a.detail IS DISTINCT FROM v.body OR json_extract(v.body, '$.sha256') IS DISTINCT FROM v.sha256
			OR json_extract(v.body, '$.list') IS DISTINCT FROM v.list OR CAST(json_extract(v.body, '$.version') AS INTEGER) IS DISTINCT FROM v.version
		UNION ALL SELECT json_extract(a.detail, '$.list'), CAST(json_extract(a.detail, '$.version') AS INTEGER) FROM audit a
		WHERE a.kind = ?1 AND NOT EXISTS (SELECT 1 FROM register_versions v WHERE v.audit = a.seq)
		LIMIT ?2`, []any{auditRegister, maxFindings}, func(row *cells) error {
		list, version := row.text(), row.integer()
		c.broken(campaigns.LawChain, "", 0, "version %d of register %s is not what was recorded", version, list)
		return nil
	})
}

// shelved is which versions of registers are in force by the ledger: what the shelf
// of a node must hold, or a number is not called from there.
type shelved struct {
	mu  sync.Mutex
	now map[string]onShelf // by list; replaced, never changed
}

// onShelf is a version, with the name that decisions give it.
type onShelf struct {
	campaigns.RegisterVersion
	name string
}

func newOnShelf(v campaigns.RegisterVersion) onShelf {
	return onShelf{v, v.List + "@" + strconv.FormatInt(v.Version, 10)}
}

// load reads them.
func (s *shelved) load(t *tx) error {
	now := make(map[string]onShelf)
	err := t.rows(newestRegisters, nil, func(r *sql.Rows) error {
		v, err := scanRegister(r)
		now[v.List] = newOnShelf(v)
		return err
	})
	if err != nil {
		return fmt.Errorf("read the versions of registers in force: %w", err)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = now
	return nil
}

func (s *shelved) put(v campaigns.RegisterVersion) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.now = maps.Clone(s.now)
	if s.now == nil {
		s.now = make(map[string]onShelf)
	}
	s.now[v.List] = newOnShelf(v)
}

func (s *shelved) all() map[string]onShelf {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.now
}

// checked is what a shelf says of a number, if it has the version in force. Else the
// list counts as not loaded, by the name of the version that is missing.
func (s *shelved) checked(list string, l rules.Listed) rules.Listed {
	v, known := s.all()[list]
	if !known || l.Version == v.name {
		return l
	}
	return rules.Listed{Version: v.name}
}

// RegistersInForce reads the versions of registers in force, by list.
func (db *DB) RegistersInForce(ctx context.Context) (map[string]campaigns.RegisterVersion, error) {
	rows, err := db.read.QueryContext(ctx, newestRegisters)
	if err != nil {
		return nil, fmt.Errorf("read the versions of registers in force: %w", err)
	}
	all := make(map[string]campaigns.RegisterVersion)
	err = eachRow(rows, func(r *sql.Rows) error {
		v, err := scanRegister(r)
		all[v.List] = v
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("read the versions of registers in force: %w", err)
	}
	return all, nil
}

// newestRegisters reads the last version of each list.
const newestRegisters = `SELECT body FROM register_versions v WHERE version = (SELECT MAX(version) FROM register_versions WHERE list = v.list)`

func scanRegister(r *sql.Rows) (v campaigns.RegisterVersion, err error) {
	var body []byte
	if err := r.Scan(&body); err != nil {
		return v, err
	}
	return v, json.Unmarshal(body, &v)
}
