package sipua

import (
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"strings"
)

// ErrClosed is returned by every call into a UA that has been closed.
var ErrClosed = errors.New("sip user agent is closed")

// Settings describe one user agent; they are checked once, by Listen.
type Settings struct {
	// Name goes out as User-Agent and Server. Empty means neither header is sent.
	Name string

	// Listen holds the sockets to open, at least one. Give each trunk its own
	// UA: a flood on one socket then costs the others nothing.
	Listen []Listener

	// Allow says whether messages of this address are read at all. A message of
	// any other source is dropped before it is parsed and gets no answer, so a
	// scanner learns nothing. Nil allows every source. It is called on the
	// reader's goroutine and must not block.
	Allow func(netip.Addr) bool

	// Serve takes calls that come in. Nil refuses every INVITE with 403.
	Serve Handler

	// Registrar answers REGISTER. Nil refuses with 405.
	Registrar *Registrar

	// DialTLS is the base of the client side of TLS connections; nil means the
	// system's roots, TLS 1.2 or newer. The name that is checked is Target.Host
	// unless ServerName is set.
	DialTLS *tls.Config

	// Resolver looks up names of targets; nil means net.DefaultResolver.
	Resolver *net.Resolver

	// MaxConnections bounds accepted TCP and TLS connections; 0 means 1,024.
	MaxConnections int

	// OnStray, when not nil, hears of every answer that no call was waiting for:
	// it has been acknowledged and ended already. It must not block.
	OnStray func(Stray)

	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

// Listener is one socket of a UA.
type Listener struct {
	// Transport is udp, tcp or tls.
	Transport string

	// Addr is the local address; port 0 lets the kernel choose.
	Addr netip.AddrPort

	// TLS is required for tls and unused otherwise.
	TLS *tls.Config

	// Conn replaces the UDP socket, for tests over package simnet.
	Conn net.PacketConn

	// Advertise goes into Via and Contact instead of the local address, for a
	// host behind NAT or bound to the unspecified address.
	Advertise netip.AddrPort
}

// Handler takes calls that come in.
type Handler interface {
	// Incoming runs on a goroutine of its own for each new INVITE. When it
	// returns without a final answer the call is refused with 480.
	Incoming(*Incoming)
}

// HandlerFunc makes a function a Handler.
type HandlerFunc func(*Incoming)

// Incoming calls f.
func (f HandlerFunc) Incoming(inc *Incoming) { f(inc) }

// Stray tells of an answer nobody waited for: the spare of a fork, or a 200
// that came after its call was given up. It was acknowledged and ended.
type Stray struct {
	CallID string
	// Forked is true when the call was already answered by another branch.
	Forked bool
	// AfterCancel is true when our CANCEL had crossed the answer.
	AfterCancel bool
}

func (s Settings) check() error {
	if len(s.Listen) == 0 {
		return errors.New("sip: no listener given")
	}
	if strings.ContainsAny(s.Name, "\r\n") {
		return errors.New("sip: name holds a line break")
	}
	families := map[bool]bool{}
	for i, l := range s.Listen {
		if err := l.check(); err != nil {
			return fmt.Errorf("sip listener %d: %w", i, err)
		}
		v4 := l.Conn != nil || l.Addr.Addr().Is4()
		if l.Transport == "udp" && families[v4] {
			return fmt.Errorf("sip listener %d: second udp socket of the same address family: give it a user agent of its own", i)
		}
		families[v4] = families[v4] || l.Transport == "udp"
	}
	return nil
}

func (l Listener) check() error {
	switch l.Transport {
	case "udp", "tcp":
	case "tls":
		if l.TLS == nil {
			return errors.New("transport tls needs a certificate")
		}
	default:
		return fmt.Errorf("transport %q is not udp, tcp or tls", l.Transport)
	}
	if l.Conn == nil && !l.Addr.IsValid() {
		return errors.New("no local address")
	}
	if l.Conn != nil && l.Transport != "udp" {
		return errors.New("only udp takes a connection of the caller")
	}
	return nil
}
