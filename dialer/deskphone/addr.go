package deskphone

import "net/netip"

// Addr is where phones register over a transport, udp or tcp.
func (p *Phones) Addr(transport string) netip.AddrPort { return p.ua.Addr(transport) }
