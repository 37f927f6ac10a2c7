package media

import (
	"errors"
	"net/netip"
	"testing"
)

func TestAllowedAddresses(t *testing.T) {
	private := netip.MustParseAddr("10.1.2.3")
	for _, c := range []struct {
		ip                      string
		byDefault, public, lane bool // lane: public, and the network 10.1.0.0/16
	}{
		{"81.2.3.4", true, true, true},
		{"100.64.3.4", true, true, true},
		{"10.1.9.9", true, false, true},
		{"192.168.1.1", true, false, false},
		{"127.0.0.1", false, false, false},
		{"127.9.9.9", false, false, false},
		{"169.254.1.1", false, false, false},
		{"169.254.169.254", false, false, false},
		{"224.0.0.1", false, false, false},
		{"239.1.1.1", false, false, false},
		{"255.255.255.255", false, false, false},
		{"240.0.0.1", false, false, false},
		{"0.0.0.0", false, false, false},
		{"0.1.2.3", false, false, false},
		{"192.0.2.1", true, false, false},
		{"::1", false, false, false},
		{"::ffff:127.0.0.1", false, false, false},
		{"fe80::1", false, false, false},
		{"ff02::1", false, false, false},
		{"fd00::1", true, false, false},
		{"2a00:1450::1", true, true, true},
	} {
		ip := netip.MustParseAddr(c.ip)
		if got := allowUnicast(private)(ip); got != c.byDefault {
			t.Errorf("%s by default: %v", ip, got)
		}
		if got := AllowPublic()(ip); got != c.public {
			t.Errorf("%s where only the public net is allowed: %v", ip, got)
		}
		if got := AllowPublic(netip.MustParsePrefix("10.1.0.0/16"))(ip); got != c.lane {
			t.Errorf("%s where 10.1.0.0/16 is allowed as well: %v", ip, got)
		}
	}
	if !allowUnicast(loopback)(loopback2) {
		t.Error("a session on loopback may not send on loopback")
	}
}

func TestAnSDPCannotAimUsWhereItWants(t *testing.T) {
	poller := closing(t, NewPlainPoller())
	leg := openLeg(t, poller, func(s *Settings) { s.Allow = AllowPublic(netip.MustParsePrefix("127.0.0.0/8")) })
	own := leg.LocalAddr()
	good := netip.AddrPortFrom(loopback2, 40000)
	for name, remote := range map[string]Remote{
		"private network":     {Addr: netip.MustParseAddrPort("192.168.1.1:4000")},
		"link local":          {Addr: netip.MustParseAddrPort("169.254.169.254:4000")},
		"multicast":           {Addr: netip.MustParseAddrPort("239.0.0.1:4000")},
		"IPv6 to an IPv4 leg": {Addr: netip.MustParseAddrPort("[2a00::1]:4000")},
		"a service":           {Addr: netip.MustParseAddrPort("127.0.0.2:53")},
		"port zero":           {Addr: netip.MustParseAddrPort("127.0.0.2:0")},
		"ourselves":           {Addr: own},
		"nothing":             {},
		"RTCP elsewhere":      {Addr: good, RTCP: netip.MustParseAddrPort("169.254.169.254:4000")},
	} {
		var refused *AddrError
		if err := leg.Start(remote); !errors.As(err, &refused) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if err := leg.Start(Remote{Addr: good, Codec: 3}); !errors.Is(err, ErrCodec) {
		t.Errorf("GSM: %v", err)
	}
	start(t, leg, Remote{Addr: good})
}

func TestARefusedMoveLeavesTheCallAsItWas(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		leg := openLeg(t, poller)
		phone := newPeer(t, loopback, leg)
		start(t, leg, phone.remote())
		if err := leg.Update(Remote{Addr: netip.MustParseAddrPort("224.0.0.1:4000")}); err == nil {
			t.Fatal("moved to multicast")
		}
		if err := leg.WriteFrame(Frame{Payload: voice20(7)}); err != nil {
			t.Fatal(err)
		}
		if got := phone.hear(); got.Payload[0] != 7 {
			t.Errorf("heard %v", got)
		}
	})
}
