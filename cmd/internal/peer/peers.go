package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// Settings are what Open needs.
type Settings struct {
	// Self is this node: its name, and the epoch that the house counts for it.
	Self Peer
	// Secret is shared by the nodes of the house: 32 octets or more.
	Secret []byte
	// Listen is the address of the port, host:port.
	Listen string
	// OnLink is called with each new link on a goroutine of its own, and returns when
	// the link has ended. Nil lets words wait unheard.
	OnLink func(context.Context, *Link)
	// OnPipe is given each pipe that another node opens, on a goroutine of its own; the
	// pipe is closed when it returns, which it must when the pipe or ctx has ended.
	OnPipe func(ctx context.Context, from Peer, name string, pipe *Pipe)
	// Answer answers the questions of other nodes (see Ask). Nil knows no answer.
	Answer func(ctx context.Context, from Peer, name string, question []byte) ([]byte, error)
	// Serve takes the requests that other nodes forward. Nil is 404.
	Serve http.Handler
	// Beat is how often a silent side says that it is here; 0 means 500 ms. Gone is
	// how long nothing may be heard; 0 means 2 s. Keep is how long a link waits for
	// who is gone; 0 means 10 s.
	Beat, Gone, Keep time.Duration
	// Words and Octets bound what waits for one node; 0 means 10,000 and 16 MiB.
	Words, Octets int
	// Log takes what an operator should see; nil discards.
	Log *slog.Logger
}

func (s Settings) filled() (Settings, error) {
	fill := func(d *time.Duration, to time.Duration) {
		if *d == 0 {
			*d = to
		}
	}
	fill(&s.Beat, 500*time.Millisecond)
	fill(&s.Gone, 2*time.Second)
	fill(&s.Keep, 10*time.Second)
	if s.Words == 0 {
		s.Words = 10000
	}
	if s.Octets == 0 {
		s.Octets = 16 << 20
	}
	if s.Log == nil {
		s.Log = slog.New(slog.DiscardHandler)
	}
	if s.Beat <= 0 || s.Gone < 2*s.Beat || s.Keep < s.Gone || s.Words < 1 || s.Octets < frameHead+maxKind {
		return s, fmt.Errorf("peers: beat %s, gone %s, keep %s, words %d, octets %d: gone is two beats or more, keep is not less than gone", s.Beat, s.Gone, s.Keep, s.Words, s.Octets)
	}
	return s, nil
}

func (s Settings) terms() terms {
	return terms{beat: s.Beat, gone: s.Gone, keep: s.Keep, words: s.Words, octets: s.Octets}
}

// Address is where a node is reached.
type Address struct {
	Node string
	Addr string // host:port of its Settings.Listen as others reach it
}

// Peers are the other nodes, as this one knows and meets them. It is safe for use
// by many goroutines.
type Peers struct {
	settings Settings
	identity *identity
	listener net.Listener
	server   *http.Server
	browsers *http.Transport // HTTP/2: questions and forwarded requests
	upgrades *http.Transport // HTTP/1.1: connections that are upgraded
	handed   chan net.Conn   // connections for the server
	served   chan struct{}   // closed when the server takes no more

	ctx     context.Context // ends with Close: the life of what no caller waits for
	cancel  context.CancelFunc
	running sync.WaitGroup

	mu      sync.Mutex
	closed  bool
	known   map[string]Address
	dialing map[string]context.CancelFunc // by node
	links   map[string]*Link              // the latest of each node
	epochs  map[string]int64              // the highest that was seen
	sockets map[*socket]struct{}          // all that are open
}

// Open takes connections of other nodes until Close. It dials nobody until Know.
func Open(s Settings) (*Peers, error) {
	s, err := s.filled()
	if err != nil {
		return nil, err
	}
	id, err := newIdentity(s.Secret, s.Self)
	if err != nil {
		return nil, fmt.Errorf("open peers: %w", err)
	}
	listener, err := net.Listen("tcp", s.Listen)
	if err != nil {
		return nil, fmt.Errorf("open the port for other nodes: %w", err)
	}
	p := &Peers{
		settings: s, identity: id, listener: listener, handed: make(chan net.Conn),
		known: map[string]Address{}, dialing: map[string]context.CancelFunc{}, links: map[string]*Link{},
		epochs: map[string]int64{}, sockets: map[*socket]struct{}{}, served: make(chan struct{}),
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	p.server = p.newServer()
	p.browsers, p.upgrades = p.newTransport("h2"), p.newTransport("http/1.1")
	p.running.Go(p.accept)
	p.running.Go(p.serve)
	return p, nil
}

// Addr is the bound address of the port.
func (p *Peers) Addr() net.Addr { return p.listener.Addr() }

// Self is this node.
func (p *Peers) Self() Peer { return p.identity.peer() }

// Close ends all links and requests and returns when no goroutine is left; OnLink
// and OnPipe must return for that.
func (p *Peers) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		p.running.Wait()
		return nil
	}
	p.closed = true
	links := slices.Collect(maps.Values(p.links))
	p.mu.Unlock()
	p.cancel()
	for _, l := range links {
		l.end(ErrClosed)
	}
	err := p.listener.Close()
	<-p.served // what it takes from here on nobody would close
	p.cut()
	if e := p.server.Close(); e != nil && !errors.Is(e, net.ErrClosed) {
		err = errors.Join(err, e)
	}
	p.browsers.CloseIdleConnections()
	p.upgrades.CloseIdleConnections()
	p.running.Wait()
	return err
}

// SetEpoch is this node's new epoch: the house had counted it as gone. All links end,
// since what was said before is void, and begin anew.
func (p *Peers) SetEpoch(epoch int64) {
	p.identity.renew(epoch)
	p.mu.Lock()
	links := slices.Collect(maps.Values(p.links))
	p.mu.Unlock()
	for _, l := range links {
		l.end(ErrRestarted)
	}
	p.cut()
}

// Know says which other nodes there are, all of them; this node may be among them.
// One that is not named any more is not dialed any more; a link with it lives on
// until it ends.
func (p *Peers) Know(nodes []Address) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return
	}
	known := map[string]Address{}
	self := p.identity.peer().Node
	for _, n := range nodes {
		if n.Node != self && nodeName.MatchString(n.Node) {
			known[n.Node] = n
		}
	}
	for node, stop := range p.dialing {
		if known[node] != p.known[node] {
			stop()
			delete(p.dialing, node)
		}
	}
	p.known = known
	for node, at := range known {
		if self < node && p.dialing[node] == nil {
			ctx, stop := context.WithCancel(p.ctx)
			p.dialing[node] = stop
			p.running.Go(func() {
				defer stop()
				p.dial(ctx, at)
			})
		}
	}
}

// Link is the present link with a node.
func (p *Peers) Link(node string) (*Link, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l, ok := p.links[node]
	return l, ok && !l.isOver()
}

// begin starts a link in place of the one there was.
func (p *Peers) begin(peer Peer, id string) (*Link, error) {
	l := newLink(peer, id, p.settings.terms(), time.Now())
	former, err := p.replace(l)
	if err != nil {
		return nil, err
	}
	if former != nil {
		former.end(ErrRestarted) // its lock is never taken under ours
	}
	p.settings.Log.Info("another node is met", "node", peer.Node, "epoch", peer.Epoch)
	return l, nil
}

func (p *Peers) replace(l *Link) (former *Link, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	former = p.links[l.peer.Node]
	p.links[l.peer.Node] = l
	p.running.Go(l.live)
	if p.settings.OnLink != nil {
		p.running.Go(func() { p.settings.OnLink(p.ctx, l) })
	}
	return former, nil
}

// errReplaced is a node that came with an epoch that is over.
var errReplaced = errors.New("this node was replaced: its epoch is over")

// verify has the last word on a connection whose certificate is of the house.
func (p *Peers) verify(c tls.ConnectionState) error {
	peer, err := peerOf(c)
	if err != nil {
		return err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if peer.Node == p.settings.Self.Node {
		return fmt.Errorf("another node calls itself %s as this one does", peer.Node)
	}
	if peer.Epoch < p.epochs[peer.Node] {
		return errReplaced
	}
	p.epochs[peer.Node] = peer.Epoch
	return nil
}

// current tells whether the epoch of a peer is still the one that counts: its
// connection may be older than its end.
func (p *Peers) current(peer Peer) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return peer.Epoch >= p.epochs[peer.Node]
}

func (p *Peers) address(node string) (string, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	at, ok := p.known[node]
	return at.Addr, ok
}
