package spool

import (
	"errors"
	"os"
	"syscall"
)

// allocate reserves room on the disk; it reads as zeros. Copy-on-write file systems
// promise less: there a full disk may refuse all the same, and is told as such.
func allocate(f *os.File, size int64) error {
	err := syscall.Fallocate(int(f.Fd()), 0, 0, size)
	if errors.Is(err, syscall.EOPNOTSUPP) || errors.Is(err, syscall.ENOSYS) {
		return fill(f, size)
	}
	return err
}
