package records

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"fmt"

	"github.com/forecall/forecall/campaigns"
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
		var body []byte
		if err := r.Scan(&body); err != nil {
			return err
		}
		var v campaigns.RegisterVersion
		err := json.Unmarshal(body, &v)
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
