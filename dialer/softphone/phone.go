package softphone

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// phone is one user's headset, over all its connections.
type phone struct {
	phones *Phones
	user   int64
	wire   *media.Wire
	meter  meter

	current atomic.Pointer[line] // where our sound goes and whose sound is heard
	hearing sync.Mutex           // one packet at a time goes to the wire

	mu      sync.Mutex
	next    *line // connecting, to take over from current
	first   time.Time
	phase   Phase
	since   time.Time // of the phase
	problem Problem
	view    view
	seat    *seat
	gone    bool
	why     string

	losing sync.Once
	lost   chan struct{} // closed when the phone shall end; why says how
	change chan struct{} // closed and replaced at each change of phase
	nudge  chan struct{} // holds a value when the phase should be looked at now
}

func newPhone(p *Phones, user int64) *phone {
	now := time.Now()
	ph := &phone{
		phones: p, user: user, first: now, phase: PhaseConnecting, since: now,
		lost: make(chan struct{}), change: make(chan struct{}), nudge: make(chan struct{}, 1),
	}
	ph.wire = p.wires.Open(p.settings.Codecs[0], 0, ph.send)
	ph.wire.KeepAlive(true)
	ph.wire.Tap(&ph.meter)
	return ph
}

// send takes what our session says to where the browser is now.
func (ph *phone) send(packet []byte) error {
	l := ph.current.Load()
	if l == nil {
		return nil
	}
	if !isControl(packet) {
		ph.meter.given(packet)
	}
	return l.send(packet)
}

// connect answers an offer. The line becomes the phone's when sound comes by it.
func (ph *phone) connect(ctx context.Context, offer string) (answer, session string, err error) {
	if err := ph.phones.takeLine(); err != nil {
		return "", "", err
	}
	l, answer, err := newLine(ctx, ph.phones.api, offer, ph.wire.SSRC(), ph.hear)
	if err != nil {
		ph.phones.putLine()
		return "", "", err
	}
	ph.mu.Lock()
	defer ph.mu.Unlock()
	if ph.gone || isClosed(ph.lost) {
		l.close()
		ph.phones.putLine()
		return "", "", errGone
	}
	if ph.next != nil {
		ph.phones.drop(ph.next)
	}
	ph.next = l
	if ph.current.Load() == nil {
		ph.first = time.Now()
	}
	return answer, l.id, nil
}

// hear takes a packet of a line. The first sound of the next one makes it the
// current one.
func (ph *phone) hear(l *line, packet []byte) {
	first := ph.current.Load() != l
	if first && (isControl(packet) || !ph.promote(l)) {
		return
	}
	if isControl(packet) {
		ph.meter.control(packet, ph.wire.SSRC(), time.Now())
	}
	ph.hearing.Lock()
	defer ph.hearing.Unlock()
	ph.wire.Receive(packet)
	if first {
		ph.look()
	}
}

// look has the phase looked at now.
func (ph *phone) look() {
	select {
	case ph.nudge <- struct{}{}:
	default: // it will be
	}
}

// promote moves the phone to the line that was next.
func (ph *phone) promote(l *line) bool {
	ph.mu.Lock()
	defer ph.mu.Unlock()
	if ph.next != l || ph.gone {
		return ph.current.Load() == l
	}
	ph.next = nil
	ph.wire.Agree(l.codec, l.eventPT)
	if former := ph.current.Swap(l); former != nil {
		ph.phones.drop(former)
	}
	ph.meter.moved(time.Now())
	return true
}

// hangup ends the phone from the page.
func (ph *phone) hangup(session string) bool {
	ph.mu.Lock()
	current := ph.current.Load()
	mine := current != nil && current.id == session || current == nil && ph.next != nil && ph.next.id == session
	if !mine && ph.next != nil && ph.next.id == session { // the newcomer changed its mind
		ph.phones.drop(ph.next)
		ph.next = nil
		ph.mu.Unlock()
		return true
	}
	ph.mu.Unlock()
	if mine {
		ph.lose("disconnected by the page")
	}
	return mine
}

// lose ends the phone for a reason; the first one counts.
func (ph *phone) lose(why string) {
	ph.losing.Do(func() {
		ph.why = why
		close(ph.lost)
	})
}

// end takes the phone apart, in its own goroutine.
func (ph *phone) end() {
	ph.phones.forget(ph)
	ph.mu.Lock()
	ph.gone = true
	current, next, st := ph.current.Load(), ph.next, ph.seat
	ph.next = nil
	ph.become(PhaseGone, time.Now())
	ph.mu.Unlock()
	if st != nil {
		st.end()
	}
	ph.phones.settings.Log.Info("headset gone", "user", ph.user, "why", ph.why)
	_ = ph.wire.Close() // nothing of a wire can fail
	for _, l := range []*line{current, next} {
		if l != nil {
			l.close()
			ph.phones.putLine()
		}
	}
	ph.phones.settings.Changed(ph.user)
}

// call waits for sound and returns the seat that there is, or a new one.
func (ph *phone) call(ctx context.Context) (*seat, error) {
	for {
		ph.mu.Lock()
		phase, changed := ph.phase, ph.change
		if phase == PhaseUp {
			st := ph.take()
			ph.mu.Unlock()
			return st, nil
		}
		ph.mu.Unlock()
		if phase == PhaseGone && ph.wire.Heard().IsZero() {
			return nil, ErrNoSound
		}
		if phase == PhaseGone {
			return nil, ErrNotConnected
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// take returns the seat. The lock is held.
func (ph *phone) take() *seat {
	if ph.seat == nil {
		ph.seat = &seat{phone: ph, done: make(chan struct{})}
	}
	return ph.seat
}

// release forgets a seat that was hung up: the headset stays connected.
func (ph *phone) release(st *seat) {
	ph.mu.Lock()
	defer ph.mu.Unlock()
	if ph.seat == st {
		ph.seat = nil
	}
}
