package siptrunk

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/time/rate"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/dialer/sound"
)

// route is one trunk at work: its user agent, its gate, its figures.
type route struct {
	trunk    Trunk
	settings Settings
	log      *slog.Logger
	ua       *sipua.UA
	sources  *sources
	media    media.Settings
	target   sipua.Target // the next hop
	share    Share        // nil: the trunk is this node's alone

	legs  sync.WaitGroup // one goroutine per answered call
	taker atomic.Pointer[func(context.Context, dialer.Caller)]

	mu      sync.Mutex
	closed  bool
	gate    gate
	tally   tally
	owed    int // lines in use that the nodes' share knows nothing of
	waiting int // calls that wait for a turn among those of all nodes

	arrivals *rate.Limiter // calls a second that come in
}

var errClosed = errors.New("trunks are closed")

// spawn starts a goroutine that close waits for.
func (r *route) spawn(f func()) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.closed {
		r.legs.Go(f)
	}
	return !r.closed
}

// close ends what still runs on this trunk.
func (r *route) close() error {
	r.mu.Lock()
	r.closed = true
	r.mu.Unlock()
	err := r.ua.Close()
	r.legs.Wait()
	return err
}

func openRoute(s Settings, t Trunk) (*route, error) {
	target, err := nextHop(t)
	if err != nil {
		return nil, err
	}
	r := &route{
		trunk: t, settings: s, share: s.Share, log: s.Log.With("trunk", t.Name), target: target,
		sources: newSources(t, target), gate: newGate(t, s.MaxWait), tally: newTally(t.Register),
		arrivals: newArrivals(t),
	}
	r.gate.others = s.Share != nil
	r.media = s.Media
	r.media.EventPT = sound.EventPT
	r.media.Allow = r.allowMedia
	if t.Register {
		r.gate.down = "not registered yet"
	}
	r.ua, err = sipua.Listen(sipua.Settings{
		Name: s.Name, Listen: listeners(t), Allow: r.sources.allow, DialTLS: t.TLS, Log: r.log, OnStray: r.stray,
		Serve: sipua.HandlerFunc(r.incoming),
	})
	return r, err
}

// nextHop is where messages go: the outbound proxy, else the carrier itself.
func nextHop(t Trunk) (sipua.Target, error) {
	if t.OutboundProxy == "" {
		return sipua.Target{Host: t.Host, Port: t.Port, Transport: t.Transport}, nil
	}
	u, err := sipua.ParseURI("sip:" + t.OutboundProxy)
	if err != nil {
		return sipua.Target{}, fmt.Errorf("outbound proxy: %w", err)
	}
	return sipua.Target{Host: u.Host, Port: u.Port, Transport: t.Transport}, nil
}

// listeners is where the carrier can reach us inside a call. Over TLS it comes
// back on our own connection unless we have a certificate to be dialed by.
func listeners(t Trunk) []sipua.Listener {
	l := sipua.Listener{Transport: t.Transport, Addr: t.Listen, Advertise: t.Advertise}
	if t.Transport == "tls" {
		if t.TLS == nil || len(t.TLS.Certificates) == 0 {
			l.Transport = "udp" // a user agent has at least one socket; nothing is sent from this one
			return []sipua.Listener{l}
		}
		l.TLS = t.TLS
	}
	return []sipua.Listener{l}
}

// allowMedia says where RTP may be sent: the public internet, the networks the
// settings name, and the carrier's own hosts.
func (r *route) allowMedia(ip netip.Addr) bool {
	return media.AllowPublic(r.trunk.AllowMedia...)(ip) || r.sources.host(ip)
}

// stray counts answers that came when nobody waited any more. They were
// acknowledged and ended; the number stands on the trunk's page.
func (r *route) stray(s sipua.Stray) {
	r.log.Warn("an answer nobody waited for was ended", "sip_call_id", s.CallID, "forked", s.Forked, "after_cancel", s.AfterCancel)
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.strays++
}

func (r *route) admit(now time.Time, limit time.Duration) (time.Duration, string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.gate.admit(now, limit)
}

// sayDown takes the trunk out of use, or with "" back into it.
func (r *route) sayDown(why string) {
	r.mu.Lock()
	before := r.gate.down
	r.gate.down = why
	r.mu.Unlock()
	switch {
	case why == before:
	case why == "":
		r.log.Info("trunk is up")
	default:
		r.log.Warn("trunk is down", "why", why)
	}
}

// noteSent counts an INVITE that leaves.
func (r *route) noteSent() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.placed++
}

// noteHeard notes the first response to an INVITE.
func (r *route) noteHeard() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.heard()
}

// noteProgress notes that a call got beyond the route.
func (r *route) noteProgress(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.gate.passed(now)
}

// noteAnswered counts an answer. The line stays taken.
func (r *route) noteAnswered(now time.Time) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.tally.answered++
	r.tally.codes[200]++
	r.gate.passed(now)
}

// noteFailed counts a call that failed and tells the breaker. The line stays taken.
func (r *route) noteFailed(now time.Time, f failure, retryAfter time.Duration, withdrawn bool) {
	r.mu.Lock()
	r.tally.failed++
	r.tally.codes[f.code]++
	before := r.gate.state
	switch {
	case withdrawn && f.code != 503: // it says nothing of the route
	case judge(f).outcome != campaigns.RouteFailed:
		r.gate.passed(now)
	default:
		r.gate.failed(now, f.shunned(), retryAfter, f.String())
	}
	after, why := r.gate.state, r.gate.why
	r.mu.Unlock()
	if after == BreakerOpen && before != BreakerOpen {
		r.log.Warn("breaker opened", "why", why)
	}
}
