// Package simnet is a datagram network in memory, for tests inside a
// testing/synctest bubble: a net.PacketConn for each address, delivery in
// order and at once, and a filter that loses, repeats or changes packets.
package simnet

import (
	"fmt"
	"net"
	"net/netip"
	"os"
	"sync"
	"time"
)

// queue is how many packets wait for a reader before more are lost.
const queue = 4096

// Network joins the connections made by Listen. The zero value is a network
// without loss.
type Network struct {
	// Filter, when not nil, decides what becomes of a packet: the packets to
	// deliver in its place, none to lose it. It runs on the sender's goroutine.
	// Set it before the first packet.
	Filter func(from, to netip.AddrPort, b []byte) [][]byte

	mu    sync.Mutex
	conns map[netip.AddrPort]*conn
}

// Listen opens a connection at addr, which must be free.
func (n *Network) Listen(addr netip.AddrPort) (net.PacketConn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.conns == nil {
		n.conns = map[netip.AddrPort]*conn{}
	}
	if n.conns[addr] != nil {
		return nil, fmt.Errorf("simnet: %s is taken", addr)
	}
	c := &conn{net: n, addr: addr, in: make(chan packet, queue), done: make(chan struct{})}
	n.conns[addr] = c
	return c, nil
}

type packet struct {
	from netip.AddrPort
	b    []byte
}

type conn struct {
	net  *Network
	addr netip.AddrPort
	in   chan packet
	done chan struct{}
	once sync.Once

	mu       sync.Mutex
	deadline time.Time
}

func (c *conn) ReadFrom(b []byte) (int, net.Addr, error) {
	c.mu.Lock()
	deadline := c.deadline
	c.mu.Unlock()
	var late <-chan time.Time
	if !deadline.IsZero() {
		t := time.NewTimer(time.Until(deadline))
		defer t.Stop()
		late = t.C
	}
	select {
	case p := <-c.in:
		return copy(b, p.b), net.UDPAddrFromAddrPort(p.from), nil
	case <-late:
		return 0, nil, os.ErrDeadlineExceeded
	case <-c.done:
		return 0, nil, net.ErrClosed
	}
}

func (c *conn) WriteTo(b []byte, to net.Addr) (int, error) {
	select {
	case <-c.done:
		return 0, net.ErrClosed
	default:
	}
	dst, err := netip.ParseAddrPort(to.String())
	if err != nil {
		return 0, fmt.Errorf("simnet: %w", err)
	}
	c.net.Send(c.addr, netip.AddrPortFrom(dst.Addr().Unmap(), dst.Port()), b)
	return len(b), nil
}

// Send delivers a packet as if it came from an address, which needs no
// connection: spoofed sources.
func (n *Network) Send(from, to netip.AddrPort, b []byte) {
	packets := [][]byte{b}
	if n.Filter != nil {
		packets = n.Filter(from, to, b)
	}
	n.mu.Lock()
	peer := n.conns[to]
	n.mu.Unlock()
	if peer == nil {
		return // like UDP: nobody there, nobody told
	}
	for _, p := range packets {
		select {
		case peer.in <- packet{from, append([]byte(nil), p...)}:
		default:
		}
	}
}

func (c *conn) Close() error {
	c.once.Do(func() {
		close(c.done)
		c.net.mu.Lock()
		delete(c.net.conns, c.addr)
		c.net.mu.Unlock()
	})
	return nil
}

func (c *conn) LocalAddr() net.Addr { return net.UDPAddrFromAddrPort(c.addr) }

func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

func (c *conn) SetReadDeadline(t time.Time) error {
	c.mu.Lock()
	c.deadline = t
	c.mu.Unlock()
	return nil
}

func (c *conn) SetWriteDeadline(time.Time) error { return nil }
