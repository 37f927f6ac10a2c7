package sipua

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"time"
)

const lookupLimit = 5 * time.Second

// flowTo finds the way to a target. Names are looked up here, except for TLS,
// where sipgo needs the name to check the certificate.
func (ua *UA) flowTo(ctx context.Context, t Target) (flow, error) {
	t, err := t.withDefaults()
	if err != nil {
		return flow{}, err
	}
	f := flow{ua: ua, transport: t.Transport}
	if _, err := netip.ParseAddr(t.Host); err != nil && t.Transport == "tls" {
		f.name, f.port = t.Host, int(orDefault(uint16(t.Port), "tls")) //nolint:gosec // checked by withDefaults
		return f, nil
	}
	addrs, err := ua.resolve(ctx, t)
	if err != nil {
		return flow{}, err
	}
	if t.Transport != "udp" {
		f.addr = addrs[0]
		return f, nil
	}
	for _, a := range addrs {
		if f.sock = ua.socketFor(a.Addr()); f.sock != nil {
			f.addr = a
			return f, nil
		}
	}
	return flow{}, fmt.Errorf("no udp socket reaches %s: add a listener of its address family", addrs[0])
}

// resolve gives the addresses of a target, best first (RFC 3263 without NAPTR:
// the transport is configured, not discovered).
func (ua *UA) resolve(ctx context.Context, t Target) ([]netip.AddrPort, error) {
	port := uint16(t.Port) //nolint:gosec // checked by withDefaults
	if a, err := netip.ParseAddr(t.Host); err == nil {
		return []netip.AddrPort{netip.AddrPortFrom(a.Unmap(), orDefault(port, t.Transport))}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	if port == 0 {
		if addrs := ua.lookupSRV(ctx, t); len(addrs) > 0 {
			return addrs, nil
		}
	}
	return ua.lookupHost(ctx, t.Host, orDefault(port, t.Transport))
}

func (ua *UA) lookupSRV(ctx context.Context, t Target) []netip.AddrPort {
	service, proto := "sip", t.Transport
	if t.Transport == "tls" {
		service, proto = "sips", "tcp"
	}
	_, records, err := ua.resolver().LookupSRV(ctx, service, proto, t.Host)
	if err != nil {
		return nil
	}
	var out []netip.AddrPort
	for _, r := range records { // sorted by priority and weight already
		addrs, err := ua.lookupHost(ctx, r.Target, r.Port)
		if err == nil {
			out = append(out, addrs...)
		}
	}
	return out
}

func (ua *UA) lookupHost(ctx context.Context, host string, port uint16) ([]netip.AddrPort, error) {
	ips, err := ua.resolver().LookupNetIP(ctx, "ip", host)
	if err != nil {
		return nil, fmt.Errorf("look up %s: %w", host, err)
	}
	out := make([]netip.AddrPort, 0, len(ips))
	for _, ip := range ips {
		out = append(out, netip.AddrPortFrom(ip.Unmap(), port))
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("look up %s: no address", host)
	}
	return out, nil
}

func (ua *UA) resolver() *net.Resolver {
	if ua.settings.Resolver != nil {
		return ua.settings.Resolver
	}
	return net.DefaultResolver
}

func orDefault(port uint16, transport string) uint16 {
	switch {
	case port != 0:
		return port
	case transport == "tls":
		return 5061
	}
	return 5060
}
