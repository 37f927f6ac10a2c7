//go:build !linux

package spool

import "os"

// allocate reserves room on the disk by writing zeros.
func allocate(f *os.File, size int64) error { return fill(f, size) }
