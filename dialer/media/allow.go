package media

import (
	"fmt"
	"net/netip"
)

// AddrError is the error of Start and Update for a media address that is not
// to be sent to: SDP is written by strangers, and must not aim our packets at
// our own machine, our network or a third party's service.
type AddrError struct {
	Addr   netip.AddrPort
	Reason string
}

// Error says which address and why.
func (e *AddrError) Error() string {
	return fmt.Sprintf("media address %s refused: %s", e.Addr, e.Reason)
}

// AllowPublic returns a check that passes addresses of the public internet, and
// those of the networks named: the trunks and phones on private ones.
func AllowPublic(also ...netip.Prefix) func(netip.Addr) bool {
	return func(ip netip.Addr) bool {
		ip = ip.Unmap()
		for _, network := range also {
			if network.Contains(ip) {
				return true
			}
		}
		return ip.IsGlobalUnicast() && !ip.IsPrivate() && !reserved(ip)
	}
}

// allowUnicast is the check when none is set: public and private networks, and
// loopback only for a session that is itself on it.
func allowUnicast(local netip.Addr) func(netip.Addr) bool {
	return func(ip netip.Addr) bool {
		ip = ip.Unmap()
		if ip.IsLoopback() {
			return local.IsLoopback()
		}
		return ip.IsGlobalUnicast() && !nowhere(ip)
	}
}

// nowhere reports "this network" and class E, which netip takes for unicast.
func nowhere(ip netip.Addr) bool {
	return ip.Is4() && (ip.As4()[0] == 0 || ip.As4()[0] >= 240)
}

// reserved reports the blocks of RFC 6890 that netip does not know and that are
// no address of the public internet. Shared address space (RFC 6598) is left
// out: carriers do use it.
func reserved(ip netip.Addr) bool {
	if !ip.Is4() {
		return false
	}
	b := ip.As4()
	switch {
	case nowhere(ip):
		return true
	case b[0] == 192 && b[1] == 0 && (b[2] == 0 || b[2] == 2):
		return true
	case b[0] == 198 && (b[1] == 18 || b[1] == 19 || b[1] == 51 && b[2] == 100):
		return true
	case b[0] == 203 && b[1] == 0 && b[2] == 113:
		return true
	}
	return false
}

// lowestPort is the first port media may be sent to: below live the services
// (DNS, NTP, ...) that an SDP could aim us at, and no phone.
const lowestPort = 1024

// checkAddr says whether a session at local may send to an address of an SDP.
func checkAddr(to netip.AddrPort, local netip.AddrPort, settings Settings) error {
	ip := to.Addr().Unmap()
	switch {
	case !to.IsValid():
		return &AddrError{to, "no address"}
	case ip.Is4() != local.Addr().Is4():
		return &AddrError{to, "other IP version than " + local.Addr().String()}
	case to.Port() < lowestPort:
		return &AddrError{to, fmt.Sprintf("port below %d", lowestPort)}
	case !settings.Allow(ip):
		return &AddrError{to, "not on the list of allowed networks"}
	case to == local:
		return &AddrError{to, "our own"}
	case ip == local.Addr() && !ip.IsLoopback() && settings.Ports.contains(to.Port()):
		return &AddrError{to, "our own"}
	}
	return nil
}
