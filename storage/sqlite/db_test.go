package sqlite

import (
	"path/filepath"
	"testing"

	"github.com/forecall/forecall/storage/storagetest"
)

func openTest(t testing.TB) *DB {
	t.Helper()
	db, err := Open(t.Context(), Settings{Path: filepath.Join(t.TempDir(), "forecall.db")})
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
