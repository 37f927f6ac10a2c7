package records

import (
	"log/slog"
	"sync"
	"testing"

	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// server is the Postgres on which FORECALL_TEST_STORE=postgres runs these tests;
// it ends with the process.
var server = sync.OnceValues(func() (*pgtest.Server, error) {
	return pgtest.Start("fsync=off", "full_page_writes=off", "max_connections=200")
})

// openPostgres opens a store on a new database.
func openPostgres(t testing.TB) *DB {
	t.Helper()
	s, err := server()
	must(t, err)
	name, err := s.Database(background, "")
	must(t, err)
	e, err := postgres.At(s.Address(name))
	must(t, err)
	db, err := Open(t.Context(), Settings{Engine: e, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	must(t, err)
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
		if err := s.Drop(background, name); err != nil {
			t.Error(err)
		}
	})
	return db
}
