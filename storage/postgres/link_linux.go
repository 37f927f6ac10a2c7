package postgres

import "syscall"

// tcpUserTimeout is TCP_USER_TIMEOUT of tcp(7), which package syscall lacks: how
// long what was sent may stay unacknowledged, in milliseconds.
const tcpUserTimeout = 0x12

// wire sets up a socket before it connects.
func wire(network, _ string, c syscall.RawConn) error {
	if network == "unix" {
		return nil
	}
	var err error
	if e := c.Control(func(fd uintptr) {
		err = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, tcpUserTimeout, int(wireTimeout.Milliseconds()))
	}); e != nil {
		return e
	}
	return err
}
