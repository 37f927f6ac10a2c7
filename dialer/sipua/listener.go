package sipua

import (
	"context"
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
	handshakeLimit  = 10 * time.Second
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

	ready chan net.Conn // tls, hands shaken
	done  chan struct{}
	once  sync.Once
}

func (ua *UA) openAcceptor(l Listener) (*acceptor, error) {
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(l.Addr))
	if err != nil {
		return nil, listenError(l, err)
	}
	return &acceptor{
		ua: ua, ln: ln, transport: l.Transport, tls: l.TLS, bound: addrPortOf(ln.Addr()), advertise: l.Advertise,
		ready: make(chan net.Conn), done: make(chan struct{}),
	}, nil
}

func (a *acceptor) serve() {
	serve := a.ua.transports.ServeTCP
	if a.transport == "tls" {
		serve = a.ua.transports.ServeTLS
		a.ua.readers.Go(a.shakeHands)
	}
	if err := serve(a); err != nil && !errors.Is(err, net.ErrClosed) {
		a.ua.log.Error("sip listener ended", "transport", a.transport, "error", err)
	}
}

// Accept gives sipgo the next connection that may speak SIP.
func (a *acceptor) Accept() (net.Conn, error) {
	if a.tls == nil {
		return a.accept()
	}
	select {
	case c := <-a.ready:
		return c, nil
	case <-a.done:
		return nil, net.ErrClosed
	}
}

// accept passes connections of known sources while there is room for them.
func (a *acceptor) accept() (*accepted, error) {
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

// shakeHands does TLS before sipgo sees the connection, side by side and each
// within a limit: sipgo would leave it to the first read, which has none.
func (a *acceptor) shakeHands() {
	for {
		c, err := a.accept()
		if err != nil {
			return
		}
		a.ua.spawn(func() { a.shakeHand(c) })
	}
}

func (a *acceptor) shakeHand(c *accepted) {
	ctx, cancel := context.WithTimeout(context.Background(), handshakeLimit)
	defer cancel()
	tc := tls.Server(c, a.tls)
	if err := tc.HandshakeContext(ctx); err != nil {
		_ = c.Close()
		a.ua.log.Debug("tls handshake refused", "source", c.remote.String(), "error", err)
		return
	}
	c.heard = false // the handshake is no message
	select {
	case a.ready <- tc:
	case <-a.done:
		_ = c.Close()
	}
}

// Addr is the bound address.
func (a *acceptor) Addr() net.Addr { return a.ln.Addr() }

// Close ends Accept.
func (a *acceptor) Close() error {
	a.once.Do(func() { close(a.done) })
	return a.ln.Close()
}

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
	c.heard = c.heard || n > 0
	return n, err
}

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
