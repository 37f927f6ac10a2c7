package postgres_test

import (
	"context"
	"database/sql"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"testing"

	_ "github.com/jackc/pgx/v5/stdlib" // the driver "pgx"

	"github.com/forecall/forecall/storage/postgres"
)

// bare is a database without anything in it, and a connection to it.
func bare(t *testing.T, options string) (address string, pool *sql.DB) {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Skip(err)
	}
	name, err := s.Bare(t.Context(), options)
	must(t, err)
	address = s.Address(name)
	pool, err = sql.Open("pgx", address)
	must(t, err)
	t.Cleanup(func() { must(t, errors.Join(pool.Close(), s.Drop(context.Background(), name))) })
	return address, pool
}

// opening opens an engine on a database and closes it.
func opening(t *testing.T, address string) error {
	t.Helper()
	e, err := postgres.At(address)
	must(t, err)
	_, _, err = e.Open(t.Context(), slog.New(slog.DiscardHandler))
	return errors.Join(err, e.Close())
}

func TestNodesThatStartTogetherOnAnEmptyDatabaseMakeItsSchemaOnce(t *testing.T) {
	t.Parallel()
	address, pool := bare(t, "")
	var all sync.WaitGroup
	for range 4 {
		all.Go(func() {
			if err := opening(t, address); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	var times int
	must(t, pool.QueryRow(`SELECT COUNT(*) FROM forecall.goose_db_version WHERE version_id = 1`).Scan(&times))
	if times != 1 {
		t.Errorf("the schema was made %d times", times)
	}
}

// TestProgramsAndSchemas is the rule by which nodes are upgraded one by one.
func TestProgramsAndSchemas(t *testing.T) {
	t.Parallel()
	address, pool := bare(t, "")
	must(t, opening(t, address))
	var newest int64
	must(t, pool.QueryRow(`SELECT MAX(version_id) FROM forecall.goose_db_version`).Scan(&newest))
	set := func(version, oldest int64) {
		t.Helper()
		_, err := pool.Exec(`DELETE FROM forecall.goose_db_version WHERE version_id >= $1`, newest)
		must(t, err)
		_, err = pool.Exec(`INSERT INTO forecall.goose_db_version (version_id, is_applied) VALUES ($1, TRUE)`, version)
		must(t, err)
		_, err = pool.Exec(`UPDATE forecall.compat SET oldest = $1`, oldest)
		must(t, err)
	}
	for _, tt := range []struct {
		name            string
		version, oldest int64
		want            error
	}{
		{"the schema of the program", newest, newest, nil},
		{"a later one that adds only", newest + 1, newest, nil},
		{"a later one that an older program would spoil", newest + 2, newest + 1, postgres.ErrNewer},
	} {
		set(tt.version, tt.oldest)
		if err := opening(t, address); !errors.Is(err, tt.want) || tt.want == nil && err != nil {
			t.Errorf("%s: %v, want %v", tt.name, err, tt.want)
		}
	}
	set(newest+1, newest)
	e, err := postgres.At(address)
	must(t, err)
	defer e.Close()
	if _, err := e.Migrate(t.Context()); !errors.Is(err, postgres.ErrNewer) {
		t.Errorf("an older program migrates a newer schema: %v", err)
	}
}

func TestASchemaThatIsBehindIsNotChangedByAStart(t *testing.T) {
	t.Parallel()
	address, pool := bare(t, "")
	must(t, opening(t, address))
	var newest int64
	must(t, pool.QueryRow(`SELECT MAX(version_id) FROM forecall.goose_db_version`).Scan(&newest))
	_, err := pool.Exec(`DELETE FROM forecall.goose_db_version WHERE version_id = $1`, newest)
	must(t, err)
	if err = opening(t, address); !errors.Is(err, postgres.ErrOlder) || !strings.Contains(err.Error(), "forecall migrate") {
		t.Errorf("%v, want %v", err, postgres.ErrOlder)
	}
}

func TestADatabaseThatCannotHoldEveryNameIsRefused(t *testing.T) {
	t.Parallel()
	address, _ := bare(t, "ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0")
	if err := opening(t, address); err == nil || !strings.Contains(err.Error(), "encoded in LATIN1") {
		t.Errorf("%v", err)
	}
}
