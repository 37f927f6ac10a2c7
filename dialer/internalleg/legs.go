package internalleg

import (
	"cmp"
	"errors"
	"fmt"
	"net/netip"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// Errors of Dial; test with errors.Is.
var (
	ErrRefused  = errors.New("the other node refuses our legs: compare the secret, the node's name and the clocks of both")
	ErrNoPhone  = errors.New("the phone is not at that node")
	ErrBusy     = errors.New("as many are listening to that phone as may")
	ErrNoAnswer = errors.New("the other node does not answer")
	ErrImpostor = errors.New("who answered is not of the house")
	ErrNoSound  = errors.New("the other node answered, but its sound does not come: check the firewall between the nodes for the RTP ports")
	ErrClosed   = errors.New("internal legs are closed")
)

// Mode is what a leg is for.
type Mode string

// The modes of a leg.
const (
	Talk Mode = "talk" // the phone hears us and we hear it
	Ear  Mode = "ear"  // we hear the phone and what is said to it, and say nothing
)

// Legs are all internal legs of this node: those it dials and those it takes. It
// is safe for use by many goroutines.
type Legs struct {
	settings Settings
	ua       *sipua.UA
	gate     *gate
	running  sync.WaitGroup // one goroutine per leg that we dial; those taken are the user agent's
	refused  atomic.Int64

	mu     sync.Mutex
	closed bool
	dialed map[*leg]struct{}
	taken  map[*taken]struct{}
	seats  map[string]*seat // by station, while a leg is there
}

// Open checks the settings and takes legs of other nodes until Close.
func Open(s Settings) (*Legs, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.filled()
	s.Media.EventPT = sound.EventPT
	l := &Legs{
		settings: s, gate: newGate(s.Node, time.Now()),
		dialed: map[*leg]struct{}{}, taken: map[*taken]struct{}{}, seats: map[string]*seat{},
	}
	var err error
	l.ua, err = sipua.Listen(sipua.Settings{
		Name: userAgent, Listen: s.Listen, Allow: s.Allow, Serve: sipua.HandlerFunc(l.incoming), Log: s.Log,
	})
	if err != nil {
		return nil, fmt.Errorf("open internal legs: %w", err)
	}
	return l, nil
}

// Addr is where other nodes call this one by a transport: udp, tcp or tls.
func (l *Legs) Addr(transport string) netip.AddrPort { return l.ua.Addr(transport) }

// Close ends all legs and returns when no goroutine and no port of them is left.
// The phones stay up.
func (l *Legs) Close() error {
	l.mu.Lock()
	l.closed = true
	for g := range l.dialed {
		g.lose("this node is closing")
	}
	l.mu.Unlock()
	err := l.ua.Close()
	l.running.Wait()
	return err
}

// spawn starts the goroutine of a leg that is dialed, unless Close has begun.
func (l *Legs) spawn(g *leg) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return false
	}
	l.dialed[g] = struct{}{}
	l.running.Go(g.run)
	return true
}

func (l *Legs) forget(g *leg) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.dialed, g)
}

// State is one leg at one moment, for pages and metrics.
type State struct {
	Station string
	Node    string // the other one
	Dialed  bool   // by us; else the phone is here
	Mode    Mode
	CallID  string
	Since   time.Time
	Hop     media.Quality // how well the other node is heard, since the leg began
	Phone   media.Quality // how well the phone is heard meanwhile, where it is here
}

// State returns all legs that are up, the oldest first.
func (l *Legs) State() []State {
	l.mu.Lock()
	states := make([]State, 0, len(l.dialed)+len(l.taken))
	for g := range l.dialed {
		if g.isUp() {
			states = append(states, g.state())
		}
	}
	for t := range l.taken {
		states = append(states, t.state())
	}
	l.mu.Unlock()
	slices.SortFunc(states, func(a, b State) int {
		return cmp.Or(a.Since.Compare(b.Since), cmp.Compare(a.CallID, b.CallID))
	})
	return states
}

// Refused is how many INVITEs were turned away since Open because their proof was
// missing, wrong, old or used.
func (l *Legs) Refused() int64 { return l.refused.Load() }

// ending is the one end of a leg, whoever brings it about.
type ending struct {
	once sync.Once
	gone chan struct{} // closed when the leg shall end; why says for what reason
	why  string
}

func newEnding() ending { return ending{gone: make(chan struct{})} }

// lose ends the leg for a reason; the first one counts.
func (e *ending) lose(why string) {
	e.once.Do(func() {
		e.why = why
		close(e.gone)
	})
}

// allowOnly passes the one address that was signed.
func allowOnly(signed *atomic.Pointer[netip.Addr]) func(netip.Addr) bool {
	return func(ip netip.Addr) bool {
		only := signed.Load()
		return only != nil && *only == ip.Unmap()
	}
}

// aimed notes where the signed description wants its sound.
func aimed(signed *atomic.Pointer[netip.Addr], sdp []byte) error {
	peer, err := sipua.ParseAudio(sdp)
	if err != nil {
		return err
	}
	ip := peer.Addr.Addr().Unmap()
	signed.Store(&ip)
	return nil
}
