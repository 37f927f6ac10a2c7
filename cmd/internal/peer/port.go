package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"math/rand/v2"
	"net"
	"net/http"
	"syscall"
	"time"
)

// Protocols of the port (ALPN).
const (
	wordsProtocol = "forecall-words/1"
	pipeProtocol  = "forecall-pipe/1"
	httpProtocol  = "h2"
	plainProtocol = "http/1.1"
)

const (
	handshakeWithin = 5 * time.Second // a connection with both certificates, where ctx gives more
	maxHandshakes   = 128             // at once: a flood of strangers costs no more
	maxStreams      = 250             // of a connection; for more another one is opened
)

// accept takes connections, each to who it is for.
func (p *Peers) accept() {
	shaking := make(chan struct{}, maxHandshakes)
	for {
		conn, err := p.listener.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file handles, say: others close theirs
			p.settings.Log.Warn("a connection of another node was not taken", "error", err)
			if !p.pause(p.ctx, 100*time.Millisecond) {
				return
			}
			continue
		}
		select {
		case shaking <- struct{}{}:
			conn := p.track(conn)
			p.running.Go(func() {
				tlsConn, ok := p.shake(conn)
				<-shaking
				if ok {
					p.hand(tlsConn)
				}
			})
		default:
			_ = conn.Close()
		}
	}
}

// shake does the handshake.
func (p *Peers) shake(conn net.Conn) (*tls.Conn, bool) {
	ctx, cancel := context.WithTimeout(p.ctx, handshakeWithin)
	defer cancel()
	c := tls.Server(conn, p.identity.server(p.verify, wordsProtocol, pipeProtocol, httpProtocol, plainProtocol))
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		p.settings.Log.Debug("who called is not of the house", "source", conn.RemoteAddr(), "error", err)
		return nil, false
	}
	return c, true
}

// hand gives a connection to the link or the pipe that it is for, or to the server.
func (p *Peers) hand(c *tls.Conn) {
	protocol := c.ConnectionState().NegotiatedProtocol
	if protocol != wordsProtocol && protocol != pipeProtocol {
		select {
		case p.handed <- c:
		case <-p.ctx.Done():
			_ = c.NetConn().Close()
		}
		return
	}
	peer, err := peerOf(c.ConnectionState())
	switch {
	case err != nil:
	case protocol == pipeProtocol:
		err = p.takePipe(wire{c}, peer)
	default:
		err = p.welcome(wire{c}, peer)
	}
	_ = c.NetConn().Close()
	p.settings.Log.Debug("a connection of another node has ended", "node", peer.Node, "protocol", protocol, "error", err)
}

// Limits between two dials.
const (
	soonest = 100 * time.Millisecond
	latest  = time.Second
)

// dial keeps a connection of words to a node until ctx is done.
func (p *Peers) dial(ctx context.Context, to Address) {
	l, _ := p.Link(to.Node)
	wait := soonest
	for {
		began := time.Now()
		var err error
		l, err = p.reach(ctx, to, l)
		if ctx.Err() != nil {
			return
		}
		p.settings.Log.Debug("no connection to another node", "node", to.Node, "error", err)
		if time.Since(began) > p.settings.Gone { // it had held
			wait = soonest
		}
		if !p.pause(ctx, wait/2+rand.N(wait/2+1)) {
			return
		}
		wait = min(2*wait, latest)
	}
}

// reach dials once, and returns when the connection has ended.
func (p *Peers) reach(ctx context.Context, to Address, l *Link) (*Link, error) {
	soon, cancel := context.WithTimeout(ctx, p.settings.Gone)
	defer cancel()
	c, err := p.connect(soon, to.Node, to.Addr, wordsProtocol)
	if err != nil {
		return l, err
	}
	w := wire{c}
	defer func() { _ = w.Close() }()
	peer, err := peerOf(c.ConnectionState())
	if err != nil {
		return l, err
	}
	stop := context.AfterFunc(ctx, func() { _ = w.Close() })
	defer stop()
	return p.meet(w, peer, l)
}

// connect opens a connection to a node, on which both have shown who they are.
func (p *Peers) connect(ctx context.Context, node, addr, protocol string) (*tls.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, handshakeWithin)
	defer cancel()
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, err
	}
	conn = p.track(conn)
	c := tls.Client(conn, p.identity.client(node, p.verify, protocol))
	if err := c.HandshakeContext(ctx); err != nil {
		_ = conn.Close()
		return nil, err
	}
	return c, nil
}

// Refused tells whether the machine of a node says that no process has its port.
func (p *Peers) Refused(ctx context.Context, addr string) bool {
	conn, err := new(net.Dialer).DialContext(ctx, "tcp", addr)
	if err == nil {
		_ = conn.Close()
	}
	return errors.Is(err, syscall.ECONNREFUSED)
}

// pause waits, and tells whether ctx goes on.
func (p *Peers) pause(ctx context.Context, d time.Duration) bool {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return true
	case <-ctx.Done():
		return false
	}
}

// serve answers requests until Close.
func (p *Peers) serve() {
	defer close(p.served)
	if err := p.server.Serve(inbox{p}); err != nil && !errors.Is(err, http.ErrServerClosed) && p.ctx.Err() == nil {
		p.settings.Log.Error("requests of other nodes are not answered any more", "error", err)
	}
}

// inbox is the server's listener: the connections that are not for words.
type inbox struct{ *Peers }

// Accept waits for the next one.
func (i inbox) Accept() (net.Conn, error) {
	select {
	case c := <-i.handed:
		return c, nil
	case <-i.ctx.Done():
		return nil, net.ErrClosed
	}
}

// Close does nothing: the port is closed by its owner.
func (i inbox) Close() error { return nil }

// Addr is that of the port.
func (i inbox) Addr() net.Addr { return i.listener.Addr() }

func (p *Peers) newServer() *http.Server {
	return &http.Server{
		Handler: http.HandlerFunc(p.receive), ReadHeaderTimeout: 10 * time.Second,
		HTTP2:    &http.HTTP2Config{MaxConcurrentStreams: maxStreams, SendPingTimeout: p.settings.Gone / 2, PingTimeout: 2 * p.settings.Gone},
		ErrorLog: slog.NewLogLogger(p.settings.Log.Handler(), slog.LevelDebug),
		BaseContext: func(net.Listener) context.Context {
			return p.ctx
		},
	}
}

// newTransport is for requests over one protocol. What is on its way to a node that
// stands still is given up after two and a half times Gone: the words tell sooner,
// and one that is only slow for a moment would lose all of its pages at once.
func (p *Peers) newTransport(protocol string) *http.Transport {
	t := &http.Transport{
		DialTLSContext: func(ctx context.Context, _, addr string) (net.Conn, error) {
			node, at, err := p.find(addr)
			if err != nil {
				return nil, err
			}
			return p.connect(ctx, node, at, protocol)
		},
		ForceAttemptHTTP2: protocol == httpProtocol, DisableCompression: true,
		MaxIdleConnsPerHost: 4, IdleConnTimeout: time.Minute, ExpectContinueTimeout: time.Second,
		HTTP2: &http.HTTP2Config{SendPingTimeout: p.settings.Gone / 2, PingTimeout: 2 * p.settings.Gone, WriteByteTimeout: 2 * p.settings.Gone},
	}
	return t
}
