package records

import (
	"context"
	"os"
	"testing"

	"github.com/forecall/forecall/storage/sqlite"
	"github.com/forecall/forecall/storage/storagetest"
)

// empty is what every store of these tests begins as.
var empty = storagetest.Empty{Make: func(path string) error {
	db, err := Open(context.Background(), Settings{Engine: sqlite.At(path)})
	if err != nil {
		return err
	}
	return db.Close()
}}

func openTest(t testing.TB) *DB {
	t.Helper()
	if os.Getenv("FORECALL_TEST_STORE") == "postgres" {
		return openPostgres(t)
	}
	db, err := Open(t.Context(), Settings{Engine: sqlite.At(empty.Path(t))})
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

func TestStore(t *testing.T) {
	storagetest.Run(t, func(t *testing.T) storagetest.Store { return openTest(t) })
}
