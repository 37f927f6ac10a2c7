package records

import (
	"context"
	"log/slog"
	"sync"
	"testing"

	"github.com/forecall/forecall/storage/postgres"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// server is the Postgres of these tests; its disk is not waited for.
var server = sync.OnceValues(func() (*pgtest.Server, error) {
	s, err := pgtest.Start("fsync=off", "full_page_writes=off", "max_connections=200", "autovacuum=off")
	if err == nil {
		started = s
	}
	return s, err
})

// started is the server, once some test wanted it.
var started *pgtest.Server

// databases are migrated, and lent to one test after the other.
var databases = pgtest.Lender{Make: func(ctx context.Context, address string) error {
	e, err := postgres.At(address)
	if err != nil {
		return err
	}
	_, err = e.Migrate(ctx)
	return err
}}

// run runs the tests, and ends what they started.
func run(m *testing.M) int {
	code := m.Run()
	if started != nil {
		_ = started.Stop()
	}
	return code
}

// openPostgres opens a store on a new database.
func openPostgres(t testing.TB) *DB {
	t.Helper()
	return openShared(t, 1)[0]
}

// openShared opens a new database n times, as n processes do.
func openShared(t testing.TB, n int) []*DB {
	t.Helper()
	s, err := server()
	if err != nil {
		pgtest.Skip(t, err)
	}
	address, back, err := databases.Lend(background, s)
	must(t, err)
	out := make([]*DB, n)
	for i := range out {
		e, err := postgres.At(address)
		must(t, err)
		out[i], err = Open(t.Context(), Settings{Engine: e, Log: slog.New(slog.NewTextHandler(t.Output(), nil))})
		must(t, err)
	}
	t.Cleanup(func() {
		for _, db := range out {
			if err := db.Close(); err != nil {
				t.Error(err)
			}
		}
		if err := back(); err != nil {
			t.Error(err)
		}
	})
	return out
}
