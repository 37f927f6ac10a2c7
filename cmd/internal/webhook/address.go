package webhook

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"syscall"
	"time"
)

// ErrPrivate marks an address that webhooks must not reach.
var ErrPrivate = errors.New("the address is not on the public internet")

// reserved are the networks that are no public place beside those that package
// netip knows: the registries of RFC 6890, and the forms of IPv6 that carry an
// IPv4 address inside, behind which each of them could hide.
func reserved() []netip.Prefix {
	var out []netip.Prefix
	for _, text := range []string{
		"0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "240.0.0.0/4",
		"::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "5f00::/16", "fec0::/10",
	} {
		out = append(out, netip.MustParsePrefix(text))
	}
	return out
}

// guard decides which addresses may be dialed.
type guard struct {
	allowed  []netip.Prefix // private networks that the operator allows
	reserved []netip.Prefix
}

func newGuard(allowed []netip.Prefix) *guard { return &guard{allowed: allowed, reserved: reserved()} }

// check refuses what is not a public unicast address.
func (g *guard) check(ip netip.Addr) error {
	plain := ip.Unmap().WithZone("")
	for _, p := range g.allowed {
		if p.Contains(plain) {
			return nil
		}
	}
	public := plain.IsValid() && plain.IsGlobalUnicast() && !plain.IsPrivate() && ip.Zone() == ""
	for _, p := range g.reserved {
		public = public && !p.Contains(plain)
	}
	if !public {
		return fmt.Errorf("%s: %w", plain, ErrPrivate)
	}
	return nil
}

// control looks at the address that is about to be connected to, after every
// name was resolved: there is no time left in which it could change.
func (g *guard) control(_, address string, _ syscall.RawConn) error {
	ap, err := netip.ParseAddrPort(address)
	if err != nil {
		return fmt.Errorf("%s: %w", address, ErrPrivate)
	}
	return g.check(ap.Addr())
}

// Limits of one delivery.
const (
	deliverWithin = 10 * time.Second
	maxHeader     = 64 << 10
	maxAnswer     = 1 << 10
)

// client is an HTTP client that reaches public addresses only, follows no
// redirect and knows no proxy, which would dial for it.
func (g *guard) client(resolver *net.Resolver) *http.Client {
	dialer := &net.Dialer{Timeout: deliverWithin, Control: g.control, Resolver: resolver}
	return &http.Client{
		Timeout:       deliverWithin,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Transport: &http.Transport{
			DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
				return dialer.DialContext(ctx, network, address)
			},
			ForceAttemptHTTP2: true, MaxIdleConnsPerHost: 1, MaxIdleConns: 32, IdleConnTimeout: 30 * time.Second,
			TLSHandshakeTimeout: deliverWithin, ResponseHeaderTimeout: deliverWithin, MaxResponseHeaderBytes: maxHeader,
		},
	}
}
