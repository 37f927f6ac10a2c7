package peer

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net"
	"os"
	"os/exec"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"
)

// patience is how long a test waits for what must come; it is no measure of speed.
const patience = 20 * time.Second

// otherEnv makes this test binary a node of its own, which can be killed and
// stopped.
const otherEnv = "FORECALL_PEER_NODE"

func TestMain(m *testing.M) {
	flag.Parse()
	if os.Getenv(otherEnv) != "" {
		if err := otherNode(os.Getenv(otherEnv)); err != nil {
			fmt.Fprintln(os.Stderr, "other node:", err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	goleak.VerifyTestMain(m)
}

var secret = bytes.Repeat([]byte("s"), leastSecret)

func within(t testing.TB) context.Context {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

func wait(t testing.TB, what string, done <-chan struct{}) {
	t.Helper()
	select {
	case <-done:
	case <-time.After(patience):
		t.Fatalf("%s: not after %s", what, patience)
	}
}

func eventually(t testing.TB, what string, ask func() bool) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(patience); !ask(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s: not after %s", what, patience)
		}
	}
}

// node is a node that gives its links to the test.
type node struct {
	*Peers
	links chan *Link
}

func openNode(t testing.TB, name string, change ...func(*Settings)) *node {
	t.Helper()
	n := &node{links: make(chan *Link, 100)}
	s := Settings{
		Self: Peer{Node: name, Epoch: 1}, Secret: secret, Listen: "127.0.0.1:0",
		OnLink: func(_ context.Context, l *Link) { n.links <- l },
		Log:    slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelDebug})),
	}
	for _, f := range change {
		f(&s)
	}
	var err error
	if n.Peers, err = Open(s); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := n.Close(); err != nil {
			t.Errorf("close %s: %v", name, err)
		}
	})
	return n
}

func (n *node) at() Address { return Address{Node: n.Self().Node, Addr: n.Addr().String()} }

// acquaint lets all know all.
func acquaint(nodes ...*node) {
	var all []Address
	for _, n := range nodes {
		all = append(all, n.at())
	}
	for _, n := range nodes {
		n.Know(all)
	}
}

// meets waits for the next link with a node.
func (n *node) meets(t testing.TB, name string) *Link {
	t.Helper()
	for {
		select {
		case l := <-n.links:
			if l.Peer().Node == name && !l.isOver() {
				return l
			}
		case <-time.After(patience):
			t.Fatalf("%s does not meet %s", n.Self().Node, name)
		}
	}
}

// linked waits until two nodes have one link with each other, and returns its ends.
func linked(t testing.TB, a, b *node) (ab, ba *Link) {
	t.Helper()
	eventually(t, a.Self().Node+" and "+b.Self().Node+" have a link", func() bool {
		var there, back bool
		ab, there = a.Link(b.Self().Node)
		ba, back = b.Link(a.Self().Node)
		return there && back && ab.id == ba.id
	})
	return ab, ba
}

// pair is two nodes that have met.
func pair(t testing.TB, change ...func(*Settings)) (a, b *node, ab, ba *Link) {
	t.Helper()
	a, b = openNode(t, "a", change...), openNode(t, "b", change...)
	acquaint(a, b)
	ab, ba = linked(t, a, b)
	return a, b, ab, ba
}

func send(t testing.TB, l *Link, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		if err := l.Send("n", i); err != nil {
			t.Errorf("word %d: %v", i, err)
			return
		}
	}
}

// hears sees to it that the next words are the numbers of a range, in order.
func hears(t testing.TB, l *Link, from, to int) {
	t.Helper()
	for i := from; i < to; i++ {
		w, err := l.Receive(within(t))
		var n int
		if err == nil {
			err = json.Unmarshal(w.Payload, &n)
		}
		if err != nil || n != i || w.Kind != "n" {
			t.Errorf("word %d is %s %s (%v)", i, w.Kind, w.Payload, err)
			return
		}
	}
}

// cable is a TCP connection that can be cut, and that can stand still.
type cable struct {
	to       string
	listener net.Listener
	mu       sync.Mutex
	conns    map[net.Conn]struct{}
	off      bool
	moving   *sync.Cond
	still    bool
	slow     time.Duration // for each piece
	over     bool
}

func newCable(t testing.TB, to net.Addr) *cable {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	c := &cable{to: to.String(), listener: l, conns: map[net.Conn]struct{}{}}
	c.moving = sync.NewCond(&c.mu)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			far, err := net.Dial("tcp", c.to)
			if err != nil || !c.add(near, far) {
				_ = near.Close()
				if err == nil {
					_ = far.Close()
				}
				continue
			}
			wg.Go(func() { c.copy(near, far) })
			wg.Go(func() { c.copy(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		c.mu.Lock()
		c.over = true
		c.mu.Unlock()
		c.move()
		c.cut()
		wg.Wait()
	})
	return c
}

func (c *cable) add(conns ...net.Conn) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, conn := range conns {
		c.conns[conn] = struct{}{}
	}
	return !c.off && !c.over
}

func (c *cable) copy(to, from net.Conn) {
	defer func() { _ = to.Close(); _ = from.Close() }()
	piece := make([]byte, 1500)
	for {
		n, err := from.Read(piece)
		if err != nil {
			return
		}
		c.mu.Lock()
		for c.still && !c.over {
			c.moving.Wait()
		}
		slow := c.slow
		c.mu.Unlock()
		if slow > 0 {
			<-time.After(slow)
		}
		if _, err := to.Write(piece[:n]); err != nil {
			return
		}
	}
}

func (c *cable) cut() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn := range c.conns {
		_ = conn.Close()
	}
	clear(c.conns)
}

func (c *cable) hold()                 { c.set(func() { c.still = true }) }
func (c *cable) move()                 { c.set(func() { c.still = false }) }
func (c *cable) unplug()               { c.set(func() { c.off = true }); c.cut() }
func (c *cable) plug()                 { c.set(func() { c.off = false }) }
func (c *cable) delay(d time.Duration) { c.set(func() { c.slow = d }) }

func (c *cable) set(f func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f()
	c.moving.Broadcast()
}

// wired is two nodes that have met over a cable.
func wired(t testing.TB, change ...func(*Settings)) (c *cable, a, b *node, ab, ba *Link) {
	t.Helper()
	a, b = openNode(t, "a", change...), openNode(t, "b", change...)
	c = newCable(t, b.Addr())
	a.Know([]Address{{Node: "b", Addr: c.listener.Addr().String()}})
	b.Know([]Address{a.at()})
	ab, ba = linked(t, a, b)
	return c, a, b, ab, ba
}

// otherNode is a process that says each word back, until its standard input ends.
func otherNode(name string) error {
	p, err := Open(Settings{
		Self: Peer{Node: name, Epoch: 1}, Secret: secret, Listen: "127.0.0.1:0",
		OnLink: func(ctx context.Context, l *Link) {
			for {
				w, err := l.Receive(ctx)
				if err != nil {
					return
				}
				if err := l.Send(w.Kind, w.Payload); err != nil {
					return
				}
			}
		},
		Answer: func(_ context.Context, _ Peer, _ string, q []byte) ([]byte, error) { return q, nil },
	})
	if err != nil {
		return err
	}
	defer func() { _ = p.Close() }()
	if _, err := fmt.Println(p.Addr()); err != nil {
		return err
	}
	_, err = io.Copy(io.Discard, os.Stdin)
	return err
}

func startOther(t *testing.T, name string) (*os.Process, Address) {
	t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), otherEnv+"="+name)
	cmd.Stderr = os.Stderr
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = stdin.Close()
		_ = cmd.Process.Signal(syscall.SIGCONT)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Error(err)
		}
		_ = cmd.Wait() // killed, which is an error
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	if err != nil {
		t.Fatalf("the other node says nothing: %v", err)
	}
	return cmd.Process, Address{Node: name, Addr: strings.TrimSpace(line)}
}
