package media

import (
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// Settings of a session.
type Settings struct {
	IP     netip.Addr // local address, as it stands in our SDP
	Ports  *PortRange
	Poller Poller

	// Allow decides to which addresses of an SDP we send, see AllowPublic. Nil
	// allows public and private networks; loopback only if IP is loopback.
	Allow func(netip.Addr) bool

	// EventPT is the payload type of telephone-event in our own SDP: that is
	// what the peer sends. Zero: the same as Remote.EventPT.
	EventPT uint8

	// RTCPMux leaves the RTCP port unbound (RFC 5761), for peers that agreed to it.
	RTCPMux bool
}

// Remote is what the peer's SDP says.
type Remote struct {
	Addr    netip.AddrPort // RTP; 0.0.0.0 is a hold of RFC 2543
	RTCP    netip.AddrPort // zero: the port after Addr's, or Addr itself with RTCPMux
	RTCPMux bool           // the peer takes RTCP on its RTP port
	Codec   Codec
	EventPT uint8 // payload type of telephone-event; zero: none
	Hold    bool  // the peer wants to hear nothing (sendonly, inactive)
}

// Session is one leg: a local RTP port and its peer.
type Session struct {
	settings Settings
	rtp      socket
	rtcp     socket // nil with RTCPMux
	in       receiver
	out      *sender
	control  control

	sink    atomic.Pointer[Sink]
	onDigit atomic.Pointer[func(byte)]
	heardAt atomic.Int64 // nanoseconds since in.born; zero: never
	firstAt atomic.Int64

	tapping sync.Mutex
	taps    atomic.Pointer[[]*Sink]

	pressing chan struct{} // holds one token while a key is pressed
	place    int           // at the metronome

	closing sync.Once
	closed  error
}

var _ Port = (*Session)(nil)

// Open binds a pair of ports. The session is silent and deaf until Start.
func Open(settings Settings) (*Session, error) {
	if err := settings.check(); err != nil {
		return nil, fmt.Errorf("open media session: %w", err)
	}
	if settings.Allow == nil {
		settings.Allow = allowUnicast(settings.IP)
	}
	s := &Session{settings: settings, pressing: make(chan struct{}, 1)}
	s.in.born = time.Now()
	s.in.allow = settings.Allow
	s.out = newSender() // before bind: a datagram may come at once
	s.control = newControl()
	if err := s.bind(); err != nil {
		return nil, fmt.Errorf("open media session on %s: %w", settings.IP, err)
	}
	s.out.socket = s.rtp
	s.place = settings.Poller.clock().add(s)
	return s, nil
}

func (s *Settings) check() error {
	s.IP = s.IP.Unmap()
	switch {
	case !s.IP.IsValid() || s.IP.IsUnspecified():
		return errors.New("Settings.IP must be an address of this machine, as it stands in our SDP")
	case s.Ports == nil:
		return errors.New("Settings.Ports is missing")
	case s.Poller == nil:
		return errors.New("Settings.Poller is missing")
	}
	return nil
}

// LocalAddr returns our RTP address, for the SDP.
func (s *Session) LocalAddr() netip.AddrPort { return s.rtp.local() }

// Codec returns the law that is sent to the peer.
func (s *Session) Codec() Codec {
	s.out.mu.Lock()
	defer s.out.mu.Unlock()
	return s.out.remote.Codec
}

// Start begins to hear and to speak to the peer. An address that is not allowed
// is an *AddrError.
func (s *Session) Start(remote Remote) error {
	if err := s.aim(remote); err != nil {
		return fmt.Errorf("start media: %w", err)
	}
	return nil
}

// Update follows a re-INVITE: the peer has moved, changed law, or holds. On an
// error all stays as it was.
func (s *Session) Update(remote Remote) error {
	if err := s.aim(remote); err != nil {
		return fmt.Errorf("update media: %w", err)
	}
	return nil
}

// Connect sets where goes what the peer says; nil is nowhere.
func (s *Session) Connect(sink Sink) {
	if sink == nil {
		s.sink.Store(nil)
		return
	}
	s.sink.Store(&sink)
}

// Disconnect ends Connect for that sink, which must be comparable; whoever was
// connected after it stays.
func (s *Session) Disconnect(sink Sink) {
	if now := s.sink.Load(); now != nil && *now == sink {
		s.sink.CompareAndSwap(now, nil)
	}
}

// Tap lets sink hear what the peer says beside the connected one, until remove
// is called. Several may listen.
func (s *Session) Tap(sink Sink) (remove func()) {
	entry := &sink
	s.editTaps(func(taps []*Sink) []*Sink { return append(taps, entry) })
	return func() {
		s.editTaps(func(taps []*Sink) []*Sink {
			kept := taps[:0]
			for _, tap := range taps {
				if tap != entry {
					kept = append(kept, tap)
				}
			}
			return kept
		})
	}
}

// editTaps replaces the list by a changed copy: readers take it without a lock.
func (s *Session) editTaps(edit func([]*Sink) []*Sink) {
	s.tapping.Lock()
	defer s.tapping.Unlock()
	var taps []*Sink
	if old := s.taps.Load(); old != nil {
		taps = append(taps, *old...)
	}
	taps = edit(taps)
	s.taps.Store(&taps)
}

// OnDigit sets who is told of each key the peer presses, once per press, when it
// goes down. The function runs on the reader: it must not wait, and must not Close.
func (s *Session) OnDigit(tell func(digit byte)) {
	if tell == nil {
		s.onDigit.Store(nil)
		return
	}
	s.onDigit.Store(&tell)
}

// WriteFrame says a frame to the peer, translated into its law if need be. While
// the peer holds, and during a SendDigit, it is left out.
func (s *Session) WriteFrame(f Frame) error { return s.out.write(f, time.Now()) }

// KeepAlive turns on silence, a packet each 20 ms, from 250 ms after the last
// sound until the next: phones and NAT keep a leg that hears something.
func (s *Session) KeepAlive(on bool) { s.settings.Poller.clock().setFill(s, on) }

// Heard returns when RTP came last from the peer, sound or comfort noise; zero
// if never.
func (s *Session) Heard() time.Time { return s.instant(&s.heardAt) }

func (s *Session) instant(at *atomic.Int64) time.Time {
	since := at.Load()
	if since == 0 {
		return time.Time{}
	}
	return s.in.born.Add(time.Duration(since))
}

// Quality returns the figures up to now.
func (s *Session) Quality() Quality {
	q := s.in.quality()
	s.out.mu.Lock()
	q.PacketsSent, q.OctetsSent = s.out.packets, s.out.octets
	s.out.mu.Unlock()
	s.control.quality(&q)
	q.FirstHeard, q.LastHeard = s.instant(&s.firstAt), s.Heard()
	q.judge()
	return q
}

// Close says goodbye by RTCP, unbinds and gives the ports back. It returns when
// no callback of this session runs; for that reason it must not be called from
// one. Closing twice is harmless.
func (s *Session) Close() error {
	s.closing.Do(func() {
		s.settings.Poller.clock().remove(s, s.place)
		s.goodbye()
		s.out.close()
		s.closed = s.unbind()
	})
	return s.closed
}

// bind takes pairs until one is free on the machine as well.
func (s *Session) bind() error {
	var taken error
	for range s.settings.Ports.Pairs() {
		port, err := s.settings.Ports.take()
		if err != nil {
			return errors.Join(err, taken)
		}
		err = s.bindPair(port)
		if err == nil {
			return nil
		}
		s.settings.Ports.put(port)
		if !errors.Is(err, syscall.EADDRINUSE) {
			return err
		}
		taken = err
	}
	return fmt.Errorf("%w: all of %s are bound by other programs: %w", ErrPortsExhausted, s.settings.Ports, taken)
}

func (s *Session) bindPair(port uint16) (err error) {
	s.rtp, err = s.settings.Poller.listen(netip.AddrPortFrom(s.settings.IP, port), s.handleRTP)
	if err != nil || s.settings.RTCPMux {
		return err
	}
	s.rtcp, err = s.settings.Poller.listen(netip.AddrPortFrom(s.settings.IP, port+1), s.handleRTCP)
	if err != nil {
		return errors.Join(err, s.rtp.close())
	}
	return nil
}

func (s *Session) unbind() error {
	err := s.rtp.close()
	if s.rtcp != nil {
		err = errors.Join(err, s.rtcp.close())
	}
	if s.settings.Ports != nil { // a wire has none
		s.settings.Ports.put(s.rtp.local().Port())
	}
	return err
}
