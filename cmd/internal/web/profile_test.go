package web

import (
	"os"
	"testing"
)

// profile is a folder for a browser, which may still write there when it has
// been told to end: what is left of it is the system's to clear.
func profile(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "forecall-chromium-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(dir) })
	return dir
}
