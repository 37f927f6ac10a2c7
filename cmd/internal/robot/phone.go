package robot

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// phone is a SIP phone that answers whatever call its registrar sends.
type phone struct {
	ua      *sipua.UA
	media   media.Settings
	calls   sync.WaitGroup
	session atomic.Pointer[media.Session] // of the call that is up
}

// newPhone opens a phone on a free port of ip.
func newPhone(ip netip.Addr, m media.Settings) (*phone, error) {
	p := &phone{media: m}
	var err error
	p.ua, err = sipua.Listen(sipua.Settings{
		Name:   "forecall-robot",
		Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(ip, 0)}},
		Serve:  sipua.HandlerFunc(p.incoming),
	})
	if err != nil {
		return nil, fmt.Errorf("robot phone: %w", err)
	}
	return p, nil
}

// register registers the phone and keeps it so until ctx is done; the first
// result comes on the channel.
func (p *phone) register(ctx context.Context, r sipua.Registration) <-chan error {
	first := make(chan error, 1)
	r.OnState = func(s sipua.RegistrationState) {
		select {
		case first <- s.Err:
		default:
		}
	}
	p.calls.Go(func() {
		if err := p.ua.KeepRegistered(ctx, r); err != nil {
			select {
			case first <- err:
			default:
			}
		}
	})
	return first
}

// incoming answers a call and keeps it up until the other side hangs up.
func (p *phone) incoming(inc *sipua.Incoming) {
	session, answer, err := carrier.OpenSound(inc.Offer(), p.media)
	if err != nil {
		_ = inc.Reject(488, "Not Acceptable Here")
		return
	}
	defer session.Close()
	call, err := inc.Answer(context.Background(), answer) // ends without an ACK, or when the phone closes
	if err != nil {
		return
	}
	session.KeepAlive(true)
	p.session.Store(session)
	defer p.session.CompareAndSwap(session, nil)
	<-call.Done()
}

// speak says words into the call that is up until ctx is done.
func (p *phone) speak(ctx context.Context, words media.Prompt) {
	session := p.session.Load()
	if session == nil {
		return
	}
	for ctx.Err() == nil {
		if media.Play(ctx, session, words) != nil {
			return // done, or the leg is gone
		}
	}
}

// close hangs up and waits.
func (p *phone) close() error {
	err := p.ua.Close()
	p.calls.Wait()
	return err
}

// words make a voice of a pitch of its own for the robot: syllables at 4 a
// second, ten seconds long.
func words(r *rand.Rand) media.Prompt {
	const rate, length = 8000, 10 * 8000
	pitch := 100 + 120*r.Float64()
	pcm := make([]int16, length)
	for i := range pcm {
		t := float64(i) / rate
		syllable := math.Max(0, math.Sin(2*math.Pi*4*t))
		pcm[i] = int16(3000 * syllable * (math.Sin(2*math.Pi*pitch*t) + 0.5*math.Sin(6*math.Pi*pitch*t)))
	}
	return media.NewPrompt(pcm)
}

const registerWithin = 15 * time.Second
