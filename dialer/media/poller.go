package media

import (
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"runtime/debug"
)

// Poller reads the sockets of many sessions and keeps their time. There are two,
// which behave alike: NewPlainPoller, which runs anywhere, and NewEpollPoller on
// Linux, which carries about twice the calls per core.
//
// Sessions are closed before their poller; a session that is opened on a closed one
// fails with net.ErrClosed.
type Poller interface {
	// listen binds a UDP socket and gives each datagram that comes to handle,
	// one at a time, from one goroutine.
	listen(at netip.AddrPort, handle datagramHandler) (socket, error)
	// clock returns what beats for the sessions of this poller.
	clock() *metronome
	// Close ends reading and waits until it has ended. Closing twice is harmless.
	Close() error
}

// errPollerClosed is the error of listening after Close: of a call that begins while
// the house shuts.
var errPollerClosed = fmt.Errorf("the poller of media is closed: %w", net.ErrClosed)

// datagramHandler takes a datagram; packet is valid only during the call.
type datagramHandler func(packet []byte, from netip.AddrPort)

// socket is a bound UDP socket.
type socket interface {
	// send gives one datagram to the kernel. It does not wait for the network.
	send(packet []byte, to netip.AddrPort) error
	// local returns the bound address.
	local() netip.AddrPort
	// close unbinds, and returns when the handler runs no more.
	close() error
}

// maxDatagram is what is read of a datagram. Larger than any that is accepted,
// so that a cut one is not taken for a whole one.
const maxDatagram = 2048

// expedited is the TOS octet of voice: DSCP EF (RFC 3246), which routers queue first.
const expedited = 46 << 2

// guarded runs handle and survives its panic: one hostile packet shall not end
// the calls of everybody. The stack goes to the log, since it is a defect of ours.
func guarded(handle datagramHandler, packet []byte, from netip.AddrPort) {
	defer func() {
		if fault := recover(); fault != nil {
			slog.Error("media: panic on a packet", "from", from, "octets", len(packet), "panic", fault, "stack", string(debug.Stack()))
		}
	}()
	handle(packet, from)
}
