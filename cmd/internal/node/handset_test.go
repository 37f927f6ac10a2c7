package node

import (
	"context"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/dialer/carrier"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
)

// handset is an agent's SIP phone: it registers, takes the one call of the
// node, says 440 Hz, or another tone, all the time, and hands what it hears to a sink.
type handset struct {
	hears media.Sink
	hertz float64 // of the agent's voice
	media media.Settings
	down  chan struct{} // closed when its call has ended
	drop  chan struct{} // a value makes it hang up
	once  sync.Once     // closes down
}

// plug registers a phone for an extension; what it hears goes to hears.
func (o *office) plug(t testing.TB, extension string, hears media.Sink) *handset {
	t.Helper()
	return o.plugVoice(t, extension, agentHertz, hears)
}

// plugVoice is plug for an agent with a voice of their own.
func (o *office) plugVoice(t testing.TB, extension string, hertz float64, hears media.Sink) *handset {
	t.Helper()
	h := &handset{hears: hears, hertz: hertz, media: soundOn(t, 26000, 27999), down: make(chan struct{}), drop: make(chan struct{}, 1)}
	ua, err := sipua.Listen(sipua.Settings{
		Name: "handset", Listen: []sipua.Listener{{Transport: "udp", Addr: netip.AddrPortFrom(loopback, 0)}},
		Serve: sipua.HandlerFunc(h.take),
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx, unplug := context.WithCancel(context.Background())
	registrar, first := o.node.PhonesAddr(), make(chan error, 1)
	var keeping sync.WaitGroup
	keeping.Go(func() {
		_ = ua.KeepRegistered(ctx, sipua.Registration{
			Registrar: sipua.Target{Host: registrar.Addr().String(), Port: int(registrar.Port()), Transport: "udp"},
			User:      extension, Auth: sipua.Credentials{User: extension, Password: o.secret},
			OnState: func(s sipua.RegistrationState) {
				select {
				case first <- s.Err:
				default:
				}
			},
		})
	})
	t.Cleanup(func() {
		_ = ua.Close() // as a phone whose plug is pulled: nobody may be there to un-register from
		unplug()
		keeping.Wait()
	})
	if err := await(t, "the phone registers", first); err != nil {
		t.Fatal(err)
	}
	return h
}

// take answers and stays until the other side hangs up.
func (h *handset) take(inc *sipua.Incoming) {
	session, sdp, err := carrier.OpenSound(inc.Offer(), h.media)
	if err != nil {
		_ = inc.Reject(488, "")
		return
	}
	defer session.Close()
	session.Connect(h.hears)
	call, err := inc.Answer(context.Background(), sdp)
	if err != nil {
		return
	}
	ctx, hush := context.WithCancel(context.Background())
	var speaking sync.WaitGroup
	speaking.Go(func() {
		for words := media.Tone(h.hertz, time.Minute); media.Play(ctx, session, words) == nil; {
		}
	})
	select {
	case <-call.Done():
	case <-h.drop:
		bye, stop := context.WithTimeout(context.Background(), 5*time.Second)
		defer stop()
		_ = call.Bye(bye)
	}
	hush()
	speaking.Wait()
	h.once.Do(func() { close(h.down) })
}

// soundOn is what sessions of a test are opened with.
func soundOn(t testing.TB, from, to uint16) media.Settings {
	t.Helper()
	ports, err := media.NewPortRange(from, to)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	t.Cleanup(func() { _ = poller.Close() })
	return media.Settings{IP: loopback, Ports: ports, Poller: poller}
}
