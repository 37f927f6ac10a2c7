package node

import (
	"context"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/forecall/forecall/cmd/internal/config"
	"github.com/forecall/forecall/storage/postgres/pgtest"
)

// server is the Postgres on which FORECALL_TEST_STORE=postgres runs the offices
// of these tests; it ends with them.
var server = sync.OnceValues(func() (*pgtest.Server, error) {
	serving.Store(true)
	return pgtest.Start("fsync=off", "full_page_writes=off", "max_connections=400")
})

// keep puts the records of an office where FORECALL_TEST_STORE says.
func keep(t testing.TB, c *config.Config) {
	t.Helper()
	if os.Getenv("FORECALL_TEST_STORE") == config.StoragePostgres {
		onPostgres(t, c)
	}
}

// serving tells whether it was started.
var serving atomic.Bool

// onPostgres puts the records of an office into a database of their own.
func onPostgres(t testing.TB, c *config.Config) {
	t.Helper()
	s, err := server()
	if err != nil {
		t.Skip(err)
	}
	name, err := s.Database(context.Background(), "")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Drop(context.Background(), name); err != nil {
			t.Error(err)
		}
	})
	c.Storage, c.Postgres.URL, c.Cluster.Secret = config.StoragePostgres, s.Address(name), strings.Repeat("s", 32)
}
