package node

import (
	"io"
	"net"
	"net/url"
	"sync"
	"testing"
	"time"
)

// door is what stands before the nodes of a town: it leads each connection to the
// first node of its list that answers, and knows nothing of who came before.
type door struct {
	listener net.Listener

	mu    sync.Mutex
	nodes []string // host:port, in the order in which they are tried
	open  map[net.Conn]string
	work  sync.WaitGroup
}

// openDoor opens a door to nodes, in that order.
func openDoor(t *testing.T, nodes ...*resident) *door {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	d := &door{listener: l, open: make(map[net.Conn]string)}
	d.lead(t, nodes...)
	d.work.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			d.work.Go(func() { d.pass(c) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		d.mu.Lock()
		for c := range d.open {
			_ = c.Close()
		}
		d.mu.Unlock()
		d.work.Wait()
	})
	return d
}

func (d *door) url() string { return "http://" + d.listener.Addr().String() }

// lead changes the list for those who come from now on.
func (d *door) lead(t *testing.T, nodes ...*resident) {
	t.Helper()
	var all []string
	for _, r := range nodes {
		all = append(all, hostOf(t, r))
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.nodes = all
}

func hostOf(t *testing.T, r *resident) string {
	t.Helper()
	u, err := url.Parse(r.node.URL())
	if err != nil {
		t.Fatal(err)
	}
	return u.Host
}

// cut ends every way to a node.
func (d *door) cut(t *testing.T, r *resident) {
	t.Helper()
	host := hostOf(t, r)
	d.mu.Lock()
	defer d.mu.Unlock()
	for c, to := range d.open {
		if to == host {
			_ = c.Close()
		}
	}
}

func (d *door) pass(from net.Conn) {
	d.mu.Lock()
	nodes := d.nodes
	d.mu.Unlock()
	for _, node := range nodes {
		to, err := net.DialTimeout("tcp", node, time.Second)
		if err != nil {
			continue
		}
		d.mu.Lock()
		d.open[from], d.open[to] = node, node
		d.mu.Unlock()
		var both sync.WaitGroup
		for _, way := range [][2]net.Conn{{from, to}, {to, from}} {
			both.Go(func() {
				_, _ = io.Copy(way[0], way[1])
				_, _ = way[0].Close(), way[1].Close()
			})
		}
		both.Wait()
		d.mu.Lock()
		delete(d.open, from)
		delete(d.open, to)
		d.mu.Unlock()
		return
	}
	_ = from.Close()
}
