package records

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/forecall/forecall/storage/sqlite"
)

// The SQL of this package is one; so the schemas of its engines have to be.
func TestTheSchemasOfBothEnginesAreTheSame(t *testing.T) {
	file, err := Open(t.Context(), Settings{Engine: sqlite.At(empty.Path(t))})
	must(t, err)
	defer file.Close()
	server := openShared(t, 1)[0]
	for what, queries := range map[string][2]string{
		"column": {`SELECT m.name || '.' || c.name || ' ' || c.type || CASE WHEN c."notnull" = 1 OR c.pk > 0 THEN ' not null' ELSE '' END
			FROM sqlite_master m JOIN pragma_table_info(m.name) c WHERE m.type = 'table'`,
			`SELECT table_name || '.' || column_name || ' ' || CASE data_type WHEN 'bigint' THEN 'INTEGER' WHEN 'integer' THEN 'INTEGER'
				WHEN 'text' THEN 'TEXT' WHEN 'bytea' THEN 'BLOB' WHEN 'double precision' THEN 'REAL' ELSE data_type END ||
				CASE is_nullable WHEN 'NO' THEN ' not null' ELSE '' END FROM information_schema.columns WHERE table_schema = 'forecall'`},
		"unique key": {`SELECT m.name || ' (' || (SELECT group_concat(name, ', ') FROM (SELECT x.name FROM pragma_index_info(i.name) x ORDER BY x.name)) || ')'
			FROM sqlite_master m JOIN pragma_index_list(m.name) i WHERE m.type = 'table' AND i."unique" = 1
			UNION SELECT m.name || ' (' || (SELECT group_concat(name, ', ') FROM (SELECT c.name FROM pragma_table_info(m.name) c WHERE c.pk > 0 ORDER BY c.name)) || ')'
			FROM sqlite_master m WHERE m.type = 'table' AND EXISTS (SELECT 1 FROM pragma_table_info(m.name) c WHERE c.pk > 0)`,
			`SELECT DISTINCT c.relname || ' (' || (SELECT string_agg(a.attname, ', ' ORDER BY a.attname COLLATE "C") FROM pg_attribute a
				WHERE a.attrelid = c.oid AND a.attnum = ANY(x.indkey)) || ')'
			FROM pg_index x JOIN pg_class c ON c.oid = x.indrelid JOIN pg_namespace n ON n.oid = c.relnamespace WHERE n.nspname = 'forecall' AND x.indisunique`},
		"trigger": {`SELECT tbl_name || ': ' || name FROM sqlite_master WHERE type = 'trigger'`,
			`SELECT c.relname || ': ' || g.tgname FROM pg_trigger g JOIN pg_class c ON c.oid = g.tgrelid JOIN pg_namespace n ON n.oid = c.relnamespace
			WHERE n.nspname = 'forecall' AND NOT g.tgisinternal`},
	} {
		inFile, onServer := schema(t, file.read, queries[0]), schema(t, server.read, queries[1])
		if len(inFile) < 40 {
			t.Errorf("%d %ss: too few to be all", len(inFile), what)
		}
		for _, s := range slices.Sorted(maps.Keys(inFile)) {
			if !onServer[s] {
				t.Errorf("Postgres lacks the %s %s", what, s)
			}
		}
		for _, s := range slices.Sorted(maps.Keys(onServer)) {
			if !inFile[s] {
				t.Errorf("SQLite lacks the %s %s", what, s)
			}
		}
	}
}

// onlyServers are tables that a file does not need: it is one process that writes it,
// and one program at a time that opens it.
var onlyServers = []string{"pen", "compat", "writers", "move", "moved"}

// schema reads what a query says of tables of ours.
func schema(t *testing.T, pool *sql.DB, query string) map[string]bool {
	t.Helper()
	rows, err := pool.Query(query)
	must(t, err)
	all := make(map[string]bool)
	must(t, eachRow(rows, func(r *sql.Rows) error {
		var s string
		if err := r.Scan(&s); err != nil {
			return fmt.Errorf("%s: %w", query, err)
		}
		table := s[:strings.IndexAny(s, ". :(")]
		if !slices.Contains(onlyServers, table) && !strings.HasPrefix(table, "goose_") && !strings.HasPrefix(table, "sqlite_") {
			all[s] = true
		}
		return nil
	}))
	return all
}
