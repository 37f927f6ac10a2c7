package sipua

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/emiago/sipgo/sip"
)

const (
	streamQueue     = 512              // messages waiting for a slow peer before we give it up
	writeTimeout    = 10 * time.Second // for one message
	firstMessage    = 32 * time.Second // 64*T1: who connects and says nothing is closed
	idleTimeout     = 20 * time.Minute // longer than any registration or session refresh
	handshakeLimit  = 10 * time.Second
	dialLimit       = 10 * time.Second
	defaultMaxConns = 1024
)

var errCongested = errors.New("connection does not take more messages")

// stream is one TCP or TLS connection. Writes go through a queue, so that a
// peer that stops reading delays nobody else.
type stream struct {
	ua        *UA
	conn      net.Conn
	transport string
	remote    netip.AddrPort
	name      string // the name that was checked, for connections we opened over TLS
	accepted  bool

	queue chan []byte
	done  chan struct{}
	once  sync.Once
}

func (ua *UA) newStream(c net.Conn, transport, name string, accepted bool) *stream {
	return &stream{
		ua: ua, conn: c, transport: transport, name: name, accepted: accepted,
		remote: addrPortOf(c.RemoteAddr()),
		queue:  make(chan []byte, streamQueue), done: make(chan struct{}),
	}
}

func (s *stream) send(b []byte) error {
	select {
	case <-s.done:
		return net.ErrClosed
	default:
	}
	select {
	case s.queue <- b:
		return nil
	default:
		s.close()
		return errCongested
	}
}

func (s *stream) close() {
	s.once.Do(func() {
		close(s.done)
		_ = s.conn.Close()
	})
}

// run reads until the connection ends; the writer ends with it.
func (s *stream) run() {
	s.ua.spawn(s.write)
	defer s.ua.forgetStream(s)
	defer s.close()
	parser := s.ua.parser.NewSIPStream()
	defer parser.Close()
	buf := make([]byte, 16<<10)
	limit := firstMessage
	for {
		_ = s.conn.SetReadDeadline(time.Now().Add(limit))
		n, err := s.conn.Read(buf)
		if err != nil {
			return
		}
		if isKeepAlive(buf[:n]) && parser.Buffer().Len() == 0 {
			if n == 4 { // RFC 5626 3.5.1: a double CRLF asks, a single one answers
				_ = s.send([]byte("\r\n"))
			}
			continue
		}
		if !s.feed(parser, buf[:n], &limit) {
			return
		}
	}
}

// feed parses what came and reports whether the stream is still in step: after
// a framing error there is no boundary to resume at.
func (s *stream) feed(parser *sip.ParserStream, b []byte, limit *time.Duration) (ok bool) {
	defer func() {
		if p := recover(); p != nil {
			s.ua.panicked("read stream", p)
			ok = false
		}
	}()
	err := parser.ParseSIPStream(b, func(m sip.Message) {
		*limit = idleTimeout
		s.ua.receive(m, flow{conn: s, addr: s.remote})
	})
	if err != nil && !errors.Is(err, sip.ErrParseSipPartial) {
		s.ua.malformed.Add(1)
		return false
	}
	return parser.Buffer().Len() <= maxDatagram
}

func (s *stream) write() {
	for {
		select {
		case b := <-s.queue:
			_ = s.conn.SetWriteDeadline(time.Now().Add(writeTimeout))
			if _, err := s.conn.Write(b); err != nil {
				s.close()
				return
			}
		case <-s.done:
			return
		}
	}
}

func isKeepAlive(b []byte) bool {
	if len(b) > 4 {
		return false
	}
	for _, c := range b {
		if c != '\r' && c != '\n' {
			return false
		}
	}
	return true
}

// advertised is the listener of the same transport, so that the peer can come
// back to us, or the connection's own address when we do not listen.
func (s *stream) advertised() netip.AddrPort {
	local := addrPortOf(s.conn.LocalAddr())
	for _, l := range s.ua.listeners {
		if l.transport != s.transport {
			continue
		}
		if l.advertise.IsValid() {
			return l.advertise
		}
		return netip.AddrPortFrom(local.Addr(), l.bound.Port())
	}
	return local
}

// acceptor is one listening TCP or TLS socket.
type acceptor struct {
	ln        net.Listener
	transport string
	tls       *tls.Config
	bound     netip.AddrPort
	advertise netip.AddrPort
}

func openAcceptor(l Listener) (*acceptor, error) {
	ln, err := net.ListenTCP("tcp", net.TCPAddrFromAddrPort(l.Addr))
	if err != nil {
		return nil, listenError(l, err)
	}
	return &acceptor{ln: ln, transport: l.Transport, tls: l.TLS, bound: addrPortOf(ln.Addr()), advertise: l.Advertise}, nil
}

func (ua *UA) accept(a *acceptor) {
	for {
		c, err := a.ln.Accept()
		if errors.Is(err, net.ErrClosed) {
			return
		}
		if err != nil { // out of file handles: wait, the running calls go on
			time.Sleep(10 * time.Millisecond)
			continue
		}
		if !ua.allowed(addrPortOf(c.RemoteAddr()).Addr()) || !ua.roomForStream() {
			_ = c.Close()
			continue
		}
		ua.spawn(func() { ua.serveAccepted(a, c) })
	}
}

func (ua *UA) serveAccepted(a *acceptor, c net.Conn) {
	if a.tls != nil {
		tc := tls.Server(c, a.tls)
		_ = c.SetDeadline(time.Now().Add(handshakeLimit))
		if err := tc.HandshakeContext(context.Background()); err != nil {
			_ = c.Close()
			ua.log.Debug("tls handshake refused", "source", c.RemoteAddr().String(), "error", err)
			return
		}
		_ = c.SetDeadline(time.Time{})
		c = tc
	}
	s := ua.newStream(c, a.transport, "", true)
	if !ua.rememberStream(s) {
		s.close()
		return
	}
	s.run()
}

// dial opens a connection or returns the one that is open already.
func (ua *UA) dial(ctx context.Context, transport string, to netip.AddrPort, name string) (*stream, error) {
	if s := ua.findStream(transport, to, name); s != nil {
		return s, nil
	}
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	var d net.Dialer
	c, err := d.DialContext(ctx, "tcp", to.String())
	if err != nil {
		return nil, fmt.Errorf("connect to %s: %w", to, err)
	}
	if transport == "tls" {
		tc := tls.Client(c, ua.clientTLS(name))
		if err := tc.HandshakeContext(ctx); err != nil {
			_ = c.Close()
			return nil, fmt.Errorf("tls with %s (%s): %w", name, to, err)
		}
		c = tc
	}
	s := ua.newStream(c, transport, name, false)
	if !ua.rememberStream(s) {
		s.close()
		return nil, ErrClosed
	}
	if !ua.spawn(s.run) {
		s.close()
		return nil, ErrClosed
	}
	return s, nil
}

func (ua *UA) clientTLS(name string) *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if ua.settings.DialTLS != nil {
		cfg = ua.settings.DialTLS.Clone()
	}
	if cfg.MinVersion < tls.VersionTLS12 {
		cfg.MinVersion = tls.VersionTLS12
	}
	if cfg.ServerName == "" {
		cfg.ServerName = name
	}
	return cfg
}

// streamKey: a connection checked for one name is never used for another.
type streamKey struct {
	transport string
	remote    netip.AddrPort
	name      string
}

func (s *stream) key() streamKey {
	return streamKey{s.transport, s.remote, s.name}
}

func (ua *UA) rememberStream(s *stream) bool {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	if ua.closed {
		return false
	}
	ua.streams[s] = struct{}{}
	ua.streamOf[s.key()] = s
	return true
}

func (ua *UA) forgetStream(s *stream) {
	ua.mu.Lock()
	delete(ua.streams, s)
	if ua.streamOf[s.key()] == s {
		delete(ua.streamOf, s.key())
	}
	ua.mu.Unlock()
	ua.failTransactions(s)
	if ua.settings.Registrar != nil {
		ua.settings.Registrar.lost(s)
	}
}

// findStream returns an open connection to that peer. One that the peer opened
// may be used when it is asked for by address: a registered phone.
func (ua *UA) findStream(transport string, to netip.AddrPort, name string) *stream {
	ua.mu.Lock()
	defer ua.mu.Unlock()
	keys := []streamKey{{transport, to, name}}
	if name == "" || name == to.Addr().String() {
		keys = append(keys, streamKey{transport, to, ""})
	}
	for _, k := range keys {
		if s := ua.streamOf[k]; s != nil {
			select {
			case <-s.done:
			default:
				return s
			}
		}
	}
	return nil
}

func (ua *UA) roomForStream() bool {
	limit := ua.settings.MaxConnections
	if limit == 0 {
		limit = defaultMaxConns
	}
	ua.mu.Lock()
	defer ua.mu.Unlock()
	return !ua.closed && len(ua.streams) < limit
}
