package sipua

import (
	"net/netip"
)

// flow is a way to one peer: a UDP socket and an address, or one connection
// (the term is that of RFC 5626). The zero value leads nowhere.
type flow struct {
	sock *socket
	conn *stream
	addr netip.AddrPort
}

func (f flow) valid() bool { return f.sock != nil || f.conn != nil }

// send writes one message. It does not wait for the network: UDP goes to the
// kernel, a connection has a queue.
func (f flow) send(b []byte) error {
	if f.conn != nil {
		return f.conn.send(b)
	}
	return f.sock.write(b, f.addr)
}

func (f flow) reliable() bool { return f.conn != nil }

// alive is false for a connection that has gone.
func (f flow) alive() bool {
	if f.conn == nil {
		return f.sock != nil
	}
	select {
	case <-f.conn.done:
		return false
	default:
		return true
	}
}

// transport is udp, tcp or tls.
func (f flow) transport() string {
	if f.conn != nil {
		return f.conn.transport
	}
	return "udp"
}

// local is the address to advertise to this peer.
func (f flow) local() netip.AddrPort {
	if f.conn != nil {
		return f.conn.advertised()
	}
	return f.sock.advertised(f.addr)
}
