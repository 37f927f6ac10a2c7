//go:build !unix

package spool

import (
	"os"
	"path/filepath"
)

// lock opens the file that marks a folder as ours; here nothing keeps others out.
func lock(folder string) (*os.File, error) {
	return os.OpenFile(filepath.Join(folder, "lock"), os.O_RDWR|os.O_CREATE, 0o600)
}
