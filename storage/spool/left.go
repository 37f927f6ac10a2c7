package spool

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// Left counts what the last run left in a folder that no run has open: records that
// the store does not have. A folder that is not there holds none.
func Left(folder string) (n int, err error) {
	if _, err := os.Stat(folder); errors.Is(err, fs.ErrNotExist) {
		return 0, nil
	}
	files, broken, err := openJournal(folder, defaultSegment, defaultLimit)
	if err != nil {
		return 0, fmt.Errorf("open spool %s: %w", folder, err)
	}
	n, _ = files.waits()
	return n + len(broken), files.close()
}
