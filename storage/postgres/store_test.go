package postgres_test

import (
	"context"
	"log/slog"
	"os"
	"sync"
	"testing"

	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
	"github.com/forecall/forecall/storage/records"
	"github.com/forecall/forecall/storage/storagetest"
)

// server is the Postgres of these tests; its disk is not waited for.
var server = sync.OnceValues(func() (*pgtest.Server, error) {
	return pgtest.Start("fsync=off", "full_page_writes=off", "max_connections=200", "autovacuum=off")
})

func TestMain(m *testing.M) {
	code := m.Run()
	if s, err := server(); err == nil {
		_ = s.Stop()
	}
	os.Exit(code)
}

// databases are migrated, and lent to one test after the other.
var databases = pgtest.Lender{Make: func(ctx context.Context, address string) error {
	e, err := postgres.At(address)
	if err != nil {
		return err
	}
	for range 2 { // the second time there is nothing to do
		if _, err := e.Migrate(ctx); err != nil {
			return err
		}
	}
	return nil
}}

func database(t testing.TB) string {
	t.Helper()
	s, err := server()
	if err != nil {
		pgtest.Skip(t, err)
	}
	address, back, err := databases.Lend(t.Context(), s)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := back(); err != nil {
			t.Error(err)
		}
	})
	return address
}

func open(t testing.TB, address string) *records.DB {
	t.Helper()
	e, err := postgres.At(address)
	if err != nil {
		t.Fatal(err)
	}
	db, err := records.Open(t.Context(), records.Settings{Engine: e, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return db
}

// private is a server of one test's own, whose disk is waited for.
func private(t testing.TB, settings ...string) *pgtest.Server {
	t.Helper()
	s, err := pgtest.Start(settings...)
	if err != nil {
		pgtest.Skip(t, err)
	}
	t.Cleanup(func() { _ = s.Stop() })
	return s
}

func TestStore(t *testing.T) {
	if testing.Short() {
		t.Skip("the race detector sees the same Go code in storage/records, over SQLite; here only the SQL is another")
	}
	storagetest.Run(t, func(t *testing.T) storagetest.Store { return open(t, database(t)) })
}
