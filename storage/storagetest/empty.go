package storagetest

import (
	"os"
	"path/filepath"
	"sync"
	"testing"
)

// Empty hands out copies of the file of a store that was just made. Making one
// of all migrations takes a tenth of a second, and two under the race detector;
// tests want hundreds.
type Empty struct {
	Make func(path string) error // makes a store there and closes it

	once sync.Once
	file []byte
	err  error
}

// Path is that of a new copy, which is removed with the test.
func (e *Empty) Path(tb testing.TB) string {
	tb.Helper()
	e.once.Do(e.make)
	path := filepath.Join(tb.TempDir(), "forecall.db")
	err := e.err
	if err == nil {
		err = os.WriteFile(path, e.file, 0o600)
	}
	if err != nil {
		tb.Fatal("make an empty store: ", err)
	}
	return path
}

func (e *Empty) make() {
	folder, err := os.MkdirTemp("", "forecall-empty")
	if err != nil {
		e.err = err
		return
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "forecall.db")
	if e.err = e.Make(path); e.err == nil {
		e.file, e.err = os.ReadFile(path)
	}
}
