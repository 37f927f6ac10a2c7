package rig

import (
	"io"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// door is the one address at which the nodes find Redis. What passes may be made
// late, and it may lead to another server, as after a failover.
type door struct {
	ln net.Listener

	mu   sync.Mutex // guards what follows
	to   string
	late time.Duration // of what passes, each way
	open map[net.Conn]bool
}

// openDoor opens a door to a server.
func openDoor(t testing.TB, at netip.Addr, to string) *door {
	t.Helper()
	ln, err := net.Listen("tcp", netip.AddrPortFrom(at, 0).String())
	if err != nil {
		t.Fatal(err)
	}
	d := &door{ln: ln, to: to, open: map[net.Conn]bool{}}
	var passing sync.WaitGroup
	passing.Go(func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			passing.Go(func() { d.pass(c) })
		}
	})
	t.Cleanup(func() {
		_ = ln.Close()
		d.lead(to)
		passing.Wait()
	})
	return d
}

// port is where the nodes knock.
func (d *door) port() int { return d.ln.Addr().(*net.TCPAddr).Port }

// slow makes everything that passes so late, each way.
func (d *door) slow(late time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.late = late
}

// lead leads to another server from now on, and cuts who talks to the one before.
func (d *door) lead(to string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.to = to
	for c := range d.open {
		_ = c.Close()
	}
}

// pass lets one node talk to the server.
func (d *door) pass(in net.Conn) {
	d.mu.Lock()
	to := d.to
	d.open[in] = true
	d.mu.Unlock()
	defer d.shut(in)
	out, err := net.Dial("tcp", to)
	if err != nil {
		return
	}
	d.mu.Lock()
	d.open[out] = true
	elsewhere := d.to != to
	d.mu.Unlock()
	defer d.shut(out)
	if elsewhere {
		return
	}
	back := make(chan struct{})
	go func() {
		defer close(back)
		d.carry(in, out)
		_ = in.Close()
	}()
	d.carry(out, in)
	_ = out.Close()
	<-back
}

func (d *door) shut(c net.Conn) {
	_ = c.Close()
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.open, c)
}

// parcel is what came, and when it may go on; no text is the end.
type parcel struct {
	text []byte
	due  time.Time
}

// carry brings what one side says to the other, in order, until either has gone.
func (d *door) carry(to io.Writer, from io.Reader) {
	way := make(chan parcel, 1024)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for p := range way {
			<-time.After(time.Until(p.due))
			if _, err := to.Write(p.text); err != nil {
				break
			}
		}
		for range way { // nobody hears it
		}
	}()
	for {
		text := make([]byte, 16<<10)
		n, err := from.Read(text)
		if n > 0 {
			d.mu.Lock()
			late := d.late
			d.mu.Unlock()
			way <- parcel{text: text[:n], due: time.Now().Add(late)}
		}
		if err != nil {
			close(way)
			<-done
			return
		}
	}
}
