package sipua

import (
	"crypto/tls"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"
)

const (
	writeTimeout    = 10 * time.Second // for one message
	firstMessage    = 32 * time.Second // 64*T1: who connects and says nothing is closed
	idleTimeout     = 20 * time.Minute // longer than any registration or session refresh
	defaultMaxConns = 1024
)

// acceptor is one listening TCP or TLS socket. It stands between the kernel
// and sipgo, whose Serve ends for good with the first error of Accept and sets
// no deadline on a connection that says nothing.
type acceptor struct {
	ua        *UA
	ln        *net.TCPListener
	transport string
	tls       *tls.Config
	bound     netip.AddrPort
	advertise netip.AddrPort
}

func (ua *UA) openAcceptor(l Listener) (*acceptor, error) {
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(l.Addr))
	if err != nil {
		return nil, listenError(l, err)
	}
	return &acceptor{ua: ua, ln: ln, transport: l.Transport, tls: l.TLS, bound: addrPortOf(ln.Addr()), advertise: l.Advertise}, nil
}

func (a *acceptor) serve() {
	var err error
	if a.transport == "tls" {
		err = a.ua.transports.ServeTLS(tls.NewListener(a, a.tls))
	} else {
		err = a.ua.transports.ServeTCP(a)
	}
	if err != nil && !errors.Is(err, net.ErrClosed) {
		a.ua.log.Error("sip listener ended", "transport", a.transport, "error", err)
	}
}

// Accept passes connections of known sources while there is room for them.
func (a *acceptor) Accept() (net.Conn, error) {
	for {
		c, err := a.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return nil, err
		}
		if err != nil { // out of file handles: wait, the running calls go on
			time.Sleep(10 * time.Millisecond)
			continue
		}
		remote := addrPortOf(c.RemoteAddr())
		if a.ua.allowed(remote.Addr()) && a.ua.enter() {
			return &accepted{Conn: c, ua: a.ua, remote: remote, transport: a.transport}, nil
		}
		_ = c.Close()
	}
}

// Addr is the bound address.
func (a *acceptor) Addr() net.Addr { return a.ln.Addr() }

// Close ends Accept.
func (a *acceptor) Close() error { return a.ln.Close() }

// accepted is a connection that a peer opened.
type accepted struct {
	net.Conn
	ua        *UA
	remote    netip.AddrPort
	transport string
	once      sync.Once
	heard     bool // by the only reader
}

// Read gives a silent newcomer 32 s, and everybody 20 minutes between messages.
func (c *accepted) Read(b []byte) (int, error) {
	limit := idleTimeout
	if !c.heard {
		limit = firstMessage
	}
	if err := c.SetReadDeadline(time.Now().Add(limit)); err != nil {
		return 0, err
	}
	n, err := c.Conn.Read(b)
	// Over TLS the handshake comes first: a few reads are no message yet, but
	// the handshake itself cannot be spun out beyond its messages.
	c.heard = c.heard || n > 0 && c.transport == "tcp" || n > 0 && c.transport == "tls" && b[0] == recordApplicationData
	return n, err
}

// recordApplicationData is the TLS record type that carries SIP (RFC 8446 5.1).
const recordApplicationData = 23

// Write does not wait for ever for a peer that stopped reading.
func (c *accepted) Write(b []byte) (int, error) {
	if err := c.SetWriteDeadline(time.Now().Add(writeTimeout)); err != nil {
		return 0, err
	}
	return c.Conn.Write(b)
}

// Close also ends the registrations that came over this connection.
func (c *accepted) Close() error {
	c.once.Do(func() {
		c.ua.connections.Add(-1)
		if r := c.ua.settings.Registrar; r != nil {
			r.lost(c.transport, c.remote)
		}
	})
	return c.Conn.Close()
}

// enter counts a connection in, while there is room.
func (ua *UA) enter() bool {
	limit := int64(ua.settings.MaxConnections)
	if limit == 0 {
		limit = defaultMaxConns
	}
	if ua.connections.Add(1) > limit {
		ua.connections.Add(-1)
		return false
	}
	return !ua.isClosing()
}

// clientTLS is the configuration of connections that we open. sipgo sets the
// name to be checked to the host of the destination when none is given.
func (s Settings) clientTLS() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if s.DialTLS != nil {
		cfg = s.DialTLS.Clone()
	}
	if cfg.MinVersion < tls.VersionTLS12 {
		cfg.MinVersion = tls.VersionTLS12
	}
	return cfg
}
