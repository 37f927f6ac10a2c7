//go:build !linux

package postgres

import "syscall"

// wire sets up a socket before it connects: elsewhere keep-alives have to do.
func wire(string, string, syscall.RawConn) error { return nil }
