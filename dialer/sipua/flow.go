package sipua

import (
	"context"
	"net"
	"net/netip"
	"strconv"
	"strings"

	"github.com/emiago/sipgo/sip"
)

// flow is a way to one peer (the term is that of RFC 5626): over which
// transport and socket, and to which address. The zero value leads nowhere.
type flow struct {
	ua        *UA
	transport string         // udp, tcp or tls
	sock      *socket        // udp only
	addr      netip.AddrPort // of the peer; for tls not known before the connection is
	name      string         // host to dial and to check over tls
	port      int
}

// flowOf is the way a message came.
func (ua *UA) flowOf(m sip.Message) (flow, bool) {
	addr, err := netip.ParseAddrPort(m.Source())
	if err != nil {
		return flow{}, false
	}
	f := flow{ua: ua, transport: strings.ToLower(m.Transport()), addr: netip.AddrPortFrom(addr.Addr().Unmap(), addr.Port())}
	if f.transport == "udp" {
		f.sock = ua.socketFor(f.addr.Addr())
	}
	return f, f.transport != "udp" || f.sock != nil
}

func (ua *UA) socketFor(a netip.Addr) *socket {
	for _, s := range ua.sockets {
		if s.suits(a) {
			return s
		}
	}
	return nil
}

func (f flow) reliable() bool { return f.transport != "udp" }

// destination is host and port for sipgo, which dials or finds the connection.
func (f flow) destination() string {
	if f.name != "" {
		return net.JoinHostPort(f.name, strconv.Itoa(f.port))
	}
	return f.addr.String()
}

// steer writes the way into a request. Laddr is set on every UDP request:
// without it a request to an address never heard of before would leave from a
// port of its own, which NATs and firewalls drop. On connections it must not be
// set: sipgo would take any connection that was accepted at that address.
func (f flow) steer(req *sip.Request) {
	req.SetTransport(strings.ToUpper(f.transport))
	req.SetDestination(f.destination())
	if f.sock != nil {
		req.Laddr = sip.Addr{IP: f.sock.bound.Addr().AsSlice(), Port: int(f.sock.bound.Port())}
	}
}

// local is the address to advertise to this peer. For a connection without a
// listener of its transport it is zero: the connection's own is filled in later.
func (f flow) local() netip.AddrPort {
	if f.sock != nil {
		return f.sock.advertised(f.addr)
	}
	for _, l := range f.ua.listeners {
		if l.transport != f.transport {
			continue
		}
		if l.advertise.IsValid() {
			return l.advertise
		}
		if !l.bound.Addr().IsUnspecified() {
			return l.bound
		}
		return netip.AddrPortFrom(facing(f.addr), l.bound.Port())
	}
	return netip.AddrPort{}
}

// face is local, or the address that would face the peer: for URIs that need
// some address before there is a connection.
func (f flow) face() netip.AddrPort {
	if local := f.local(); local.IsValid() {
		return local
	}
	return netip.AddrPortFrom(facing(f.addr), 0)
}

// connected reports whether a connection of this flow is open.
func (f flow) connected() bool {
	if !f.reliable() || !f.addr.IsValid() {
		return false
	}
	c, err := f.ua.transports.GetConnection(f.transport, f.addr.String())
	if err != nil {
		return false
	}
	_, _ = c.TryClose() // gives the reference back
	return true
}

// sent is a request that was written outside of a transaction, kept so that it
// can be repeated as it was.
type sent struct {
	req  *sip.Request
	conn sip.Connection
}

// write sends an ACK.
func (f flow) write(ctx context.Context, req *sip.Request) (sent, error) {
	f.steer(req)
	conn, err := f.ua.transports.ClientRequestConnection(ctx, req)
	if err != nil {
		return sent{}, err
	}
	defer func() { _, _ = conn.TryClose() }()
	return sent{req, conn}, conn.WriteMsg(req)
}

func (s sent) again() {
	if s.conn != nil {
		_ = s.conn.WriteMsg(s.req) // lost once, lost twice: the peer repeats its part
	}
}
