package media

import (
	"fmt"
	"net/netip"
	"time"
)

// handleRTP takes a datagram of the RTP port: the whole way of a packet through
// a leg, up to the send of the next.
func (s *Session) handleRTP(packet []byte, from netip.AddrPort) {
	if isControl(packet) {
		s.handleRTCP(packet, from)
		return
	}
	now := time.Now()
	h := s.in.accept(packet, from, now)
	if h.moved {
		s.out.follow(from)
	}
	if h.alive {
		s.noteHeard(now)
	}
	if !h.sound {
		return
	}
	if h.digit != 0 {
		if tell := s.onDigit.Load(); tell != nil {
			(*tell)(h.digit)
		}
	}
	s.deliver(h.frame)
}

func (s *Session) noteHeard(now time.Time) {
	since := max(int64(now.Sub(s.in.born)), 1)
	s.heardAt.Store(since)
	if s.firstAt.Load() == 0 {
		s.firstAt.Store(since)
	}
}

// deliver hands a frame to who is connected and to who taps. Their errors are
// theirs: a listener that fails does not end the call.
func (s *Session) deliver(f Frame) {
	if sink := s.sink.Load(); sink != nil {
		_ = (*sink).WriteFrame(f)
	}
	if taps := s.taps.Load(); taps != nil {
		for _, tap := range *taps {
			_ = (*tap).WriteFrame(f)
		}
	}
}

// fill is the metronome's call for silence.
func (s *Session) fill(now time.Time) { s.out.fill(now) }

// aim points both halves at a peer, or neither.
func (s *Session) aim(remote Remote) error {
	remote, err := s.checked(remote)
	if err != nil {
		return err
	}
	if err := s.out.aim(remote); err != nil {
		return err
	}
	s.in.aim(remote, s.settings.EventPT, time.Now())
	return nil
}

// checked returns the remote with its addresses found good. A hold by 0.0.0.0
// keeps the address there was.
func (s *Session) checked(remote Remote) (Remote, error) {
	if !remote.Codec.Known() {
		return remote, fmt.Errorf("%w: %s", ErrCodec, remote.Codec)
	}
	remote.Addr, remote.RTCP = unmapped(remote.Addr), unmapped(remote.RTCP)
	if remote.Addr.IsValid() && remote.Addr.Addr().IsUnspecified() {
		before, _, _ := s.out.aimed()
		remote.Addr, remote.RTCP, remote.Hold = before.Addr, before.RTCP, true
		return remote, nil
	}
	if err := checkAddr(remote.Addr, s.LocalAddr(), s.settings); err != nil {
		return remote, err
	}
	if remote.RTCP.IsValid() {
		if err := checkAddr(remote.RTCP, s.LocalAddr(), s.settings); err != nil {
			return remote, err
		}
	}
	return remote, nil
}

func unmapped(at netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(at.Addr().Unmap(), at.Port())
}

// aim opens the ear for a peer.
func (r *receiver) aim(remote Remote, ownEventPT uint8, now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.started = true
	r.eventPT = [2]uint8{remote.EventPT, ownEventPT}
	r.latch.set(remote.Addr, now)
}

// aim turns the mouth to a peer. One that stays where it was is still spoken to
// where its packets come from.
func (o *sender) aim(remote Remote) error {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.closed {
		return ErrClosed
	}
	if remote.Addr != o.remote.Addr {
		o.to = remote.Addr
	}
	o.remote, o.started = remote, true
	return nil
}

// follow sends to where the latch has moved.
func (o *sender) follow(source netip.AddrPort) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.to = source
}

// aimed returns the peer; ok when there is an address to send to.
func (o *sender) aimed() (remote Remote, to netip.AddrPort, ok bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.remote, o.to, o.started && !o.closed && o.to.IsValid()
}

func (o *sender) ssrc() uint32 {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.header.SSRC
}

func (o *sender) close() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.closed = true
}
