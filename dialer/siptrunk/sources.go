package siptrunk

import (
	"context"
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/forecall/forecall/dialer/sipua"
)

// sources knows which addresses are the carrier's. Messages of any other are
// dropped before they are read, so that a scanner on the internet costs
// nothing and learns nothing.
type sources struct {
	hosts []sipua.Target
	also  []netip.Prefix
	found atomic.Pointer[[]netip.Addr]
}

const (
	lookupEvery = time.Minute
	lookupLimit = 5 * time.Second
)

func newSources(t Trunk, hop sipua.Target) *sources {
	s := &sources{also: t.AllowedIPs, hosts: []sipua.Target{hop}}
	if own := (sipua.Target{Host: t.Host, Port: t.Port, Transport: t.Transport}); own != hop {
		s.hosts = append(s.hosts, own)
	}
	var known []netip.Addr // names follow with the first lookup, which must not hold up the start
	for _, h := range s.hosts {
		if a, err := netip.ParseAddr(h.Host); err == nil {
			known = append(known, a.Unmap())
		}
	}
	s.found.Store(&known)
	return s
}

// allow is asked for every message that comes in.
func (s *sources) allow(ip netip.Addr) bool {
	ip = ip.Unmap()
	return s.host(ip) || slices.ContainsFunc(s.also, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// host reports an address of the carrier's own names.
func (s *sources) host(ip netip.Addr) bool { return slices.Contains(*s.found.Load(), ip.Unmap()) }

// lookup refreshes the addresses. A name that is not found now keeps its last ones.
func (s *sources) lookup(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, lookupLimit)
	defer cancel()
	var found []netip.Addr
	for _, t := range s.hosts {
		found = append(found, addresses(ctx, t)...)
	}
	if len(found) == 0 {
		return
	}
	if old := *s.found.Load(); len(old) < 1024 { // answers of calls that run come from the addresses they were sent to
		for _, a := range old {
			if !slices.Contains(found, a) {
				found = append(found, a)
			}
		}
	}
	s.found.Store(&found)
}

// addresses looks a target up as sipua does: SRV when no port is given, then A and AAAA.
func addresses(ctx context.Context, t sipua.Target) []netip.Addr {
	if a, err := netip.ParseAddr(t.Host); err == nil {
		return []netip.Addr{a.Unmap()}
	}
	names := []string{t.Host}
	if t.Port == 0 {
		service, proto := "sip", t.Transport
		if t.Transport == "tls" {
			service, proto = "sips", "tcp"
		}
		if _, records, err := net.DefaultResolver.LookupSRV(ctx, service, proto, t.Host); err == nil {
			for _, r := range records {
				names = append(names, r.Target)
			}
		}
	}
	var found []netip.Addr
	for _, name := range names {
		ips, err := net.DefaultResolver.LookupNetIP(ctx, "ip", name)
		if err != nil {
			continue // another name may be known; with none, the last addresses stay
		}
		for _, ip := range ips {
			found = append(found, ip.Unmap())
		}
	}
	return found
}
