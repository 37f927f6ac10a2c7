package media

import (
	"errors"
	"math/rand/v2"
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
		ports := freePorts(t, 2)
		busy, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: int(ports.from)})
		if err != nil {
			t.Fatal(err)
		}
		defer busy.Close()
		leg := openLeg(t, poller, func(s *Settings) { s.Ports = ports })
		if got := leg.LocalAddr().Port(); got != ports.from+2 {
			t.Errorf("bound %d, want %d", got, ports.from+2)
		}
		if _, err := Open(Settings{IP: loopback, Ports: ports, Poller: poller}); !errors.Is(err, ErrPortsExhausted) {
			t.Errorf("second leg in a range for one: %v", err)
		}
	})
}

func TestClosedSessionsGiveTheirPortsBack(t *testing.T) {
	eachPoller(t, func(t *testing.T, poller Poller) {
		ports := freePorts(t, 1)
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

// freePorts finds pairs side by side that no program has, below those that the
// kernel gives out by itself.
func freePorts(t *testing.T, pairs int) *PortRange {
	t.Helper()
	for from := 12000 + 2*rand.IntN(4000); from < 30000; from += 2 * pairs {
		if allFree(from, 2*pairs) {
			ports, err := NewPortRange(uint16(from), uint16(from+2*pairs-1))
			if err != nil {
				t.Fatal(err)
			}
			return ports
		}
	}
	t.Fatal("this machine has no free ports")
	return nil
}

func allFree(from, count int) bool {
	for port := from; port < from+count; port++ {
		conn, err := net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port})
		if err != nil {
			return false
		}
		conn.Close()
	}
	return true
}
