package softphone

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"sync"

	"github.com/pion/webrtc/v4"

	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
)

// Errors of Connect, Call and Disconnect; test with errors.Is. An offer that
// cannot be answered is an *OfferError.
var (
	ErrNotConnected = errors.New("the headset in the browser is not connected")
	ErrNoSound      = errors.New("the browser sends no sound: check the microphone's permission and the firewall (UDP)")
	ErrTooMany      = errors.New("as many headsets are connected as may be")
	ErrClosed       = errors.New("softphones are closed")
	ErrUnknown      = errors.New("no such connection of a headset")
)

// errGone is the error of a phone that has ended since it was looked up.
var errGone = errors.New("the headset is gone")

// Phones are the headsets in browsers. It is safe for use by many goroutines.
type Phones struct {
	settings Settings
	conn     net.PacketConn
	mux      interface{ Close() error }
	api      *webrtc.API
	wires    *media.Wires
	work     sync.WaitGroup // a goroutine per phone and per line that ends

	mu     sync.Mutex
	closed bool
	lines  int              // of phones, of echoes, and on their way
	phones map[int64]*phone // by user
	echoes map[int64]*echo
	losses uint64
}

// Open checks the settings and takes browsers in until Close.
func Open(s Settings) (*Phones, error) {
	if err := s.Validate(); err != nil {
		return nil, err
	}
	s = s.filled()
	conn, err := listenUDP(s)
	if err != nil {
		return nil, fmt.Errorf("open softphones: %w", err)
	}
	mux := webrtc.NewICEUDPMux(loggers{s.Log}.NewLogger("mux"), conn)
	api, err := newAPI(s, mux, localIP(conn))
	if err != nil {
		return nil, errors.Join(fmt.Errorf("open softphones: %w", err), mux.Close(), conn.Close())
	}
	return &Phones{
		settings: s, conn: conn, mux: mux, api: api, wires: media.NewWires(),
		phones: make(map[int64]*phone), echoes: make(map[int64]*echo),
	}, nil
}

// Addr is where browsers send to.
func (p *Phones) Addr() netip.AddrPort {
	udp, ok := p.conn.LocalAddr().(*net.UDPAddr)
	if !ok {
		return netip.AddrPort{}
	}
	return netip.AddrPortFrom(udp.AddrPort().Addr().Unmap(), udp.AddrPort().Port())
}

// Close ends all phones and returns when every goroutine has ended.
// Closing twice is harmless.
func (p *Phones) Close() error {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil
	}
	p.closed = true
	for _, ph := range p.phones {
		ph.lose("the service stops")
	}
	for _, e := range p.echoes {
		e.stop()
	}
	p.mu.Unlock()
	p.work.Wait()
	err := errors.Join(p.mux.Close(), p.wires.Close())
	if closing := p.conn.Close(); !errors.Is(closing, net.ErrClosed) { // the mux may have closed it
		err = errors.Join(err, closing)
	}
	return err
}

// Connect answers the offer of a user's page. The session names this connection;
// a former one of the user goes on until sound comes by the new one. ctx bounds
// the answer alone.
func (p *Phones) Connect(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	offer, err = checkedOffer(offer)
	if err != nil {
		return "", "", err
	}
	for err = errGone; errors.Is(err, errGone); { // one that goes this moment makes room for the next
		var ph *phone
		if ph, err = p.phoneOf(user); err == nil {
			answer, session, err = ph.connect(ctx, offer)
		}
	}
	if err != nil {
		return "", "", fmt.Errorf("connect the headset of user %d: %w", user, err)
	}
	return answer, session, nil
}

// phoneOf returns the phone of a user, a new one if there is none.
func (p *Phones) phoneOf(user int64) (*phone, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return nil, ErrClosed
	}
	if ph := p.phones[user]; ph != nil && !isClosed(ph.lost) {
		return ph, nil
	}
	ph := newPhone(p, user)
	p.phones[user] = ph
	p.work.Go(ph.watch)
	return ph, nil
}

// takeLine makes room for a connection; putLine gives it back.
func (p *Phones) takeLine() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed:
		return ErrClosed
	case p.lines >= p.settings.MaxPhones:
		return fmt.Errorf("%w: %d", ErrTooMany, p.lines)
	}
	p.lines++
	return nil
}

func (p *Phones) putLine() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines--
}

// drop closes a line without waiting for it.
func (p *Phones) drop(l *line) {
	p.work.Go(func() {
		l.close()
		p.putLine()
	})
}

// Disconnect ends a user's phone at once, when the connection it is on is this
// one: a page that was replaced does not hang up its successor.
func (p *Phones) Disconnect(user int64, session string) error {
	p.mu.Lock()
	ph := p.phones[user]
	p.mu.Unlock()
	if ph == nil || !ph.hangup(session) {
		return ErrUnknown
	}
	return nil
}

// Call returns the station of a user's headset when its sound has come. It is
// the same one until it is hung up. ErrNotConnected when the page has not
// connected; ctx gives up waiting.
func (p *Phones) Call(ctx context.Context, user int64) (dialer.Station, error) {
	p.mu.Lock()
	ph := p.phones[user]
	p.mu.Unlock()
	if ph == nil {
		return nil, fmt.Errorf("call the headset of user %d: %w", user, ErrNotConnected)
	}
	st, err := ph.call(ctx)
	if err != nil {
		return nil, fmt.Errorf("call the headset of user %d: %w", user, err)
	}
	return st, nil
}

// forget takes a phone that is gone off the list.
func (p *Phones) forget(ph *phone) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.phones[ph.user] == ph {
		delete(p.phones, ph.user)
	}
}

// State tells how a user's headset is; Phase none when there is none.
func (p *Phones) State(user int64) HeadsetState {
	p.mu.Lock()
	ph := p.phones[user]
	p.mu.Unlock()
	if ph == nil {
		return HeadsetState{User: user, Phase: PhaseNone}
	}
	return ph.describe()
}

// States tells of all headsets that there are, in no order.
func (p *Phones) States() []HeadsetState {
	p.mu.Lock()
	phones := make([]*phone, 0, len(p.phones))
	for _, ph := range p.phones {
		phones = append(phones, ph)
	}
	p.mu.Unlock()
	states := make([]HeadsetState, 0, len(phones))
	for _, ph := range phones {
		states = append(states, ph.describe())
	}
	return states
}

// Report takes what a page measured itself, for the phone that is on this
// connection; others are forgotten.
func (p *Phones) Report(user int64, session string, r PageReport) error {
	p.mu.Lock()
	ph := p.phones[user]
	p.mu.Unlock()
	if ph == nil || !ph.report(session, r) {
		return ErrUnknown
	}
	return nil
}

// Losses is how often a phone was lost since Open, come back or not.
func (p *Phones) Losses() uint64 {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.losses
}

func (p *Phones) countLoss() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.losses++
}
