package softphone

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/media"
)

// How an echo is.
const (
	echoFrames = 50          // 1 s later, at the 20 ms of browsers
	echoLimit  = time.Minute // a test is short
)

// echo is a loopback test: what the user says comes back a second later.
type echo struct {
	line     *line
	wire     *media.Wire
	stopping sync.Once
	stopped  chan struct{}
}

// Echo answers an offer with a loopback test: what is said comes back 1 s later,
// for a minute at most. A second test of the same user ends the first. It has
// nothing to do with the user's phone.
func (p *Phones) Echo(ctx context.Context, user int64, offer string) (answer, session string, err error) {
	if offer, err = checkedOffer(offer); err != nil {
		return "", "", err
	}
	if err := p.takeLine(); err != nil {
		return "", "", fmt.Errorf("test the headset of user %d: %w", user, err)
	}
	e := &echo{stopped: make(chan struct{})}
	var up atomic.Pointer[line] // once there is an answer
	e.wire = p.wires.Open(p.settings.Codecs[0], 0, func(packet []byte) error {
		if l := up.Load(); l != nil {
			return l.send(packet)
		}
		return nil
	})
	e.wire.Connect(&later{to: e.wire})
	var hearing sync.Mutex
	e.line, answer, err = newLine(ctx, p.api, offer, e.wire.SSRC(), func(_ *line, packet []byte) {
		hearing.Lock()
		defer hearing.Unlock()
		e.wire.Receive(packet)
	})
	if err == nil {
		e.wire.Agree(e.line.codec, e.line.eventPT)
		up.Store(e.line)
		err = p.keep(user, e)
	}
	if err != nil {
		_ = e.wire.Close() // nothing of a wire can fail
		if e.line != nil {
			e.line.close()
		}
		p.putLine()
		return "", "", fmt.Errorf("test the headset of user %d: %w", user, err)
	}
	return answer, e.line.id, nil
}

// keep lets a test run, instead of a former one of the user.
func (p *Phones) keep(user int64, e *echo) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if former := p.echoes[user]; former != nil {
		former.stop()
	}
	p.echoes[user] = e
	p.work.Go(func() { e.run(p, user) })
	return nil
}

// EndEcho ends a test of a user.
func (p *Phones) EndEcho(user int64, session string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	e := p.echoes[user]
	if e == nil || e.line.id != session {
		return ErrUnknown
	}
	e.stop()
	return nil
}

func (e *echo) stop() { e.stopping.Do(func() { close(e.stopped) }) }

// run waits for the end of a test and clears up.
func (e *echo) run(p *Phones, user int64) {
	limit := time.NewTimer(echoLimit)
	defer limit.Stop()
	select {
	case <-limit.C:
	case <-e.stopped:
	case <-e.line.ended:
	}
	p.mu.Lock()
	if p.echoes[user] == e {
		delete(p.echoes, user)
	}
	p.mu.Unlock()
	_ = e.wire.Close() // nothing of a wire can fail
	e.line.close()
	p.putLine()
}

// later gives back the frame of a second ago for each that comes: a browser
// sends one every 20 ms, whatever it hears.
type later struct {
	to    media.Sink
	kept  [echoFrames][]byte
	codec [echoFrames]media.Codec
	n     int
}

// WriteFrame takes a frame, on the one reader of its line.
func (d *later) WriteFrame(f media.Frame) error {
	if f.Event.Digit != 0 {
		return nil
	}
	at := d.n % echoFrames
	said, codec := d.kept[at], d.codec[at]
	d.kept[at], d.codec[at] = append([]byte(nil), f.Payload...), f.Codec
	d.n++
	if said == nil {
		return nil
	}
	f.Payload, f.Codec = said, codec
	return d.to.WriteFrame(f)
}
