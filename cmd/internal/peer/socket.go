package peer

import "net"

// socket is a TCP connection that Close and SetEpoch can cut, whoever uses it.
type socket struct {
	net.Conn
	peers *Peers
}

// track notes a connection until it is closed.
func (p *Peers) track(c net.Conn) net.Conn {
	s := &socket{Conn: c, peers: p}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		_ = c.Close()
		return s
	}
	p.sockets[s] = struct{}{}
	return s
}

// Close closes the connection at once.
func (s *socket) Close() error {
	s.peers.mu.Lock()
	delete(s.peers.sockets, s)
	s.peers.mu.Unlock()
	return s.Conn.Close()
}

// cut closes all connections.
func (p *Peers) cut() {
	p.mu.Lock()
	open := make([]*socket, 0, len(p.sockets))
	for s := range p.sockets {
		open = append(open, s)
	}
	p.mu.Unlock()
	for _, s := range open {
		_ = s.Close()
	}
}

// hold keeps Close waiting for a request, unless it has begun.
func (p *Peers) hold() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return false
	}
	p.running.Add(1)
	return true
}
