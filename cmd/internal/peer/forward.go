package peer

import (
	"context"
	"crypto/tls"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httputil"
	"net/netip"
	"strings"
	"sync"

	"github.com/forecall/forecall/cmd/internal/api/edge"
)

// Forward hands every request on to a node, as if it had come there; it takes the
// name for each anew from where, which tells "" when nobody is known.
func (p *Peers) Forward(where func() (node string)) http.Handler {
	proxy := &httputil.ReverseProxy{
		Rewrite: rewrite, Transport: byNeed{p}, FlushInterval: -1, // events must not wait
		ErrorHandler: p.noForward, ErrorLog: slog.NewLogLogger(p.settings.Log.Handler(), slog.LevelDebug),
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		node := where()
		switch _, again := Forwarded(r); {
		case again:
			away(w, "The node that has this is changing; try again in a few seconds.")
		case node == "" || p.isGone(node):
			away(w, "The node that has this does not answer; another takes over in a few seconds.")
		default:
			here, done := p.whileHere(context.WithValue(r.Context(), targetKey{}, node), node)
			defer done()
			proxy.ServeHTTP(w, r.WithContext(here))
		}
	})
}

// errSilent is why a request is given up that another node has.
var errSilent = errors.New("the node that has the request is not heard any more")

// whileHere is done when a node that was met is not heard any more: one that sleeps,
// or whose cable is pulled, closes nothing, and who reads its events would wait for
// ever. done ends the watch.
func (p *Peers) whileHere(ctx context.Context, node string) (here context.Context, done func()) {
	p.mu.Lock()
	l := p.links[node]
	p.mu.Unlock()
	if l == nil {
		return ctx, func() {}
	}
	here, give := context.WithCancelCause(ctx)
	var watch sync.WaitGroup
	watch.Go(func() {
		for {
			is, changed := l.Here()
			if !is {
				give(errSilent)
				return
			}
			select {
			case <-changed:
			case <-here.Done():
				return
			}
		}
	})
	return here, func() { give(nil); watch.Wait() }
}

// Gone reports a node that was met and is not heard. One that was never met may be
// there.
func (p *Peers) Gone(node string) bool { return p.isGone(node) }

// isGone is Gone: such a node is not even tried.
func (p *Peers) isGone(node string) bool {
	p.mu.Lock()
	l := p.links[node]
	p.mu.Unlock()
	if l == nil {
		return false
	}
	here, _ := l.Here()
	return !here
}

// targetKey is where the context of a request has the node that it goes to, and
// originKey the one that it came from.
type (
	targetKey struct{}
	originKey struct{}
)

// Forwarded tells which node has forwarded a request; false when it came from the
// client itself.
func Forwarded(r *http.Request) (Peer, bool) { return Origin(r.Context()) }

// Origin is Forwarded for who has only the context of the request.
func Origin(ctx context.Context) (Peer, bool) {
	from, ok := ctx.Value(originKey{}).(Peer)
	return from, ok
}

// rewrite makes of a client's request the one between nodes. Whatever the client
// has put into headers of ours is gone; so are the headers of proxies, since the
// address that we saw is the one that is believed.
func rewrite(r *httputil.ProxyRequest) {
	node, _ := r.In.Context().Value(targetKey{}).(string)
	r.Out.URL.Scheme, r.Out.URL.Host = "https", hostOf(node)
	r.Out.Host = r.In.Host
	for name := range r.Out.Header {
		if strings.HasPrefix(http.CanonicalHeaderKey(name), headerPrefix) {
			delete(r.Out.Header, name)
		}
	}
	r.Out.Header.Set(headerWhat, whatForward)
	r.Out.Header.Set(headerClient, r.In.RemoteAddr)
	if r.In.TLS != nil {
		r.Out.Header.Set(headerSecure, "1")
	}
}

// serveForwarded gives a forwarded request to the handler as the client has sent it.
func (p *Peers) serveForwarded(w http.ResponseWriter, r *http.Request, from Peer) {
	client, err := netip.ParseAddrPort(r.Header.Get(headerClient))
	if err != nil || p.settings.Serve == nil {
		refuse(w, http.StatusNotFound, problem{Text: "forwarded requests are not taken here"})
		return
	}
	out := r.Clone(context.WithValue(r.Context(), originKey{}, from))
	out.RemoteAddr = client.String()
	out.TLS = nil
	if r.Header.Get(headerSecure) != "" { // the client's own state stayed at the node that took it
		out.TLS = &tls.ConnectionState{HandshakeComplete: true, ServerName: r.Host}
	}
	for name := range out.Header {
		if strings.HasPrefix(name, headerPrefix) {
			delete(out.Header, name)
		}
	}
	p.settings.Serve.ServeHTTP(w, out)
}

// byNeed sends over HTTP/2, and what is to be upgraded over HTTP/1.1.
type byNeed struct{ *Peers }

// RoundTrip sends the request.
func (b byNeed) RoundTrip(r *http.Request) (*http.Response, error) {
	if b.ctx.Err() != nil {
		return nil, ErrClosed
	}
	if r.Header.Get("Upgrade") != "" {
		return b.upgrades.RoundTrip(r)
	}
	return b.browsers.RoundTrip(r)
}

// ErrMoved is the cause to end forwarded requests with when another node has what they
// are about: those that have no answer yet are told to try again, and streams end.
var ErrMoved = errors.New("another node has this now")

// noForward answers a request that did not come through.
func (p *Peers) noForward(w http.ResponseWriter, r *http.Request, err error) {
	why := context.Cause(r.Context())
	ours := errors.Is(why, errSilent) || errors.Is(why, ErrMoved)
	if r.Context().Err() != nil && !ours || errors.Is(err, http.ErrAbortHandler) {
		return // the client is gone
	}
	node, _ := r.Context().Value(targetKey{}).(string)
	p.settings.Log.Warn("a request was not forwarded", "node", node, "path", r.URL.Path, "error", err)
	away(w, "The node that has this does not answer; another takes over in a few seconds.")
}

// away says as the API does that it cannot be done now; edge adds Retry-After.
func away(w http.ResponseWriter, why string) {
	edge.NewFault(http.StatusServiceUnavailable, "node_away", why).Write(w)
}
