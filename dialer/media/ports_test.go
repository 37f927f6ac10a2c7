package media

import (
	"errors"
	"net"
	"strings"
	"testing"
)

func TestAPortRangeHandsOutEachPairOnce(t *testing.T) {
	ports, err := NewPortRange(10001, 10012) // 10002 to 10011: five pairs
	if err != nil {
		t.Fatal(err)
	}
	taken := make(map[uint16]bool)
	for range 5 {
		port, err := ports.take()
		if err != nil {
			t.Fatal(err)
		}
		if port%2 != 0 || port < 10002 || port > 10010 || taken[port] {
			t.Errorf("got port %d after %v", port, taken)
		}
		taken[port] = true
	}
	_, err = ports.take()
	if !errors.Is(err, ErrPortsExhausted) || !strings.Contains(err.Error(), "10002-10011") || !strings.Contains(err.Error(), "widen") {
		t.Errorf("exhausted: %v", err)
	}
	ports.put(10006)
	if port, err := ports.take(); port != 10006 || err != nil {
		t.Errorf("got %d, %v; want the port that came back", port, err)
	}
}

func TestAPortThatCameBackIsGivenOutLast(t *testing.T) {
	ports, err := NewPortRange(10000, 10009)
	if err != nil {
		t.Fatal(err)
	}
	first, _ := ports.take()
	ports.put(first)
	for range 4 {
		if port, _ := ports.take(); port == first {
			t.Fatalf("port %d again, while others were never used", port)
		}
	}
	if port, _ := ports.take(); port != first {
		t.Errorf("got %d, want %d at last", port, first)
	}
}

func TestAPortRangeWithoutAPairIsRefused(t *testing.T) {
	for _, r := range [][2]uint16{{10001, 10002}, {10000, 10000}, {10010, 10000}, {0, 100}} {
		if _, err := NewPortRange(r[0], r[1]); err == nil {
			t.Errorf("range %d-%d was taken", r[0], r[1])
		}
	}
	if ports, err := NewPortRange(65534, 65535); err != nil || ports.Pairs() != 1 {
		t.Errorf("the last pair there is: %v", err)
	}
}

func TestOpenPassesOverPortsOfOtherPrograms(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		busy, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 29100})
		if err != nil {
			t.Skipf("port 29100 is not to be had: %v", err)
		}
		defer busy.Close()
		ports, err := NewPortRange(29100, 29103)
		if err != nil {
			t.Fatal(err)
		}
		leg := openLeg(t, poller, func(s *Settings) { s.Ports = ports })
		if got := leg.LocalAddr().Port(); got != 29102 {
			t.Errorf("bound %d, want 29102", got)
		}
		if _, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller}); !errors.Is(err, ErrPortsExhausted) {
			t.Errorf("second leg in a range for one: %v", err)
		}
	})
}

func TestClosedSessionsGiveTheirPortsBack(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		ports, err := NewPortRange(29200, 29201)
		if err != nil {
			t.Fatal(err)
		}
		for range 20 {
			leg, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(leg.Close(), leg.Close()); err != nil {
				t.Fatal(err)
			}
		}
	})
}
