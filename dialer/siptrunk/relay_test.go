package siptrunk

import (
	"bytes"
	"net"
	"net/netip"
	"sync"
	"testing"
	"time"
)

// relay is a stretch of bad network between a trunk and its peer: plan says
// for each datagram after which delays it is passed on; none loses it, two
// double it, different ones change the order.
type relay struct {
	at   netip.AddrPort
	near *net.UDPConn // towards the trunk
	far  *net.UDPConn // towards the peer
	plan func(message []byte) []time.Duration

	mu    sync.Mutex
	trunk netip.AddrPort
	peer  netip.AddrPort
	log   [][]byte // from the trunk, as it left it
	late  sync.WaitGroup
}

func at(delays ...time.Duration) []time.Duration { return delays }

func newRelay(t testing.TB, plan func(message []byte) []time.Duration) *relay {
	t.Helper()
	r := &relay{plan: plan}
	for _, c := range []**net.UDPConn{&r.near, &r.far} {
		conn, err := net.ListenUDP("udp4", net.UDPAddrFromAddrPort(anyPort()))
		if err != nil {
			t.Fatal(err)
		}
		*c = conn
	}
	r.at = r.near.LocalAddr().(*net.UDPAddr).AddrPort()
	var wg sync.WaitGroup
	wg.Go(func() { r.pump(r.near, r.far, &r.trunk, &r.peer) })
	wg.Go(func() { r.pump(r.far, r.near, nil, &r.trunk) })
	t.Cleanup(func() {
		_ = r.near.Close()
		_ = r.far.Close()
		wg.Wait()
		r.late.Wait()
	})
	return r
}

// lead sets where the far side is.
func (r *relay) lead(to netip.AddrPort) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.peer = to
}

func (r *relay) pump(in, out *net.UDPConn, seen, to *netip.AddrPort) {
	buf := make([]byte, 65535)
	for {
		n, from, err := in.ReadFromUDPAddrPort(buf)
		if err != nil {
			return
		}
		message := bytes.Clone(buf[:n])
		r.mu.Lock()
		if seen != nil {
			*seen = from
			r.log = append(r.log, message)
		}
		target := *to
		r.mu.Unlock()
		for _, delay := range r.plan(message) {
			if delay == 0 {
				_, _ = out.WriteToUDPAddrPort(message, target)
				continue
			}
			r.late.Add(1)
			time.AfterFunc(delay, func() {
				defer r.late.Done()
				_, _ = out.WriteToUDPAddrPort(message, target) // the call may be over
			})
		}
	}
}

// sent counts the messages of the trunk that begin so.
func (r *relay) sent(beginning string) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, m := range r.log {
		if bytes.HasPrefix(m, []byte(beginning)) {
			n++
		}
	}
	return n
}

// sippBehind starts a scenario at the far end of a relay. The peer's Contact is
// the relay, so that the whole dialog goes through it.
func sippBehind(t testing.TB, r *relay, scenario string, calls int, args ...string) *sipp {
	t.Helper()
	text := bytes.ReplaceAll(readScenario(t, scenario), []byte("callee@[local_ip]:[local_port]"), []byte("callee@"+r.at.String()))
	p := startSippText(t, scenario, text, calls, args...)
	r.lead(p.at)
	return p
}

func passOn([]byte) []time.Duration { return at(0) }
