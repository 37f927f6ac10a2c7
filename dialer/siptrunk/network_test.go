package siptrunk

import (
	"io"
	"math/rand/v2"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// F41: on a line that loses a fifth, doubles a fifth and shuffles the rest,
// every call is set up, talked over and ended: one INVITE transaction, one
// answer, one BYE, seen by the peer.
func TestCallsSurviveALineThatLosesDoublesAndShuffles(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	dice := rand.New(rand.NewPCG(41, 1))
	between := newRelay(t, func([]byte) []time.Duration {
		mu.Lock()
		defer mu.Unlock()
		shuffle := time.Duration(dice.IntN(20)) * time.Millisecond
		switch roll := dice.IntN(100); {
		case roll < 20:
			return nil
		case roll < 40:
			return at(shuffle, 2*shuffle)
		}
		return at(shuffle)
	})
	const calls = 40
	answered := make(chan struct{}, calls)
	peer := carrierBehind(t, between, answered)
	between.lead(peer)
	trunks := open(t, trunkTo("a", between.at))
	var wg sync.WaitGroup
	for range calls {
		wg.Go(func() {
			leg, err := trunks.Dial(within(t), request(callee))
			if err != nil {
				t.Error(err)
				return
			}
			leg.Hangup(within(t))
		})
	}
	wg.Wait()
	for range calls {
		<-answered
	}
	s := trunks.State()[0]
	if s.Placed != calls || s.Answered != calls || s.Lines != 0 {
		t.Errorf("%d placed, %d answered, %d lines left", s.Placed, s.Answered, s.Lines)
	}
}

// F41: an INVITE beyond the MTU of Ethernet goes out whole and is answered.
func TestAnInviteLargerThanTheMTUIsSent(t *testing.T) {
	t.Parallel()
	var largest atomic.Int32
	between := newRelay(t, func(m []byte) []time.Duration {
		if strings.HasPrefix(string(m), "INVITE") {
			largest.Store(int32(len(m)))
		}
		return at(0)
	})
	peer := sippBehind(t, between, "answer", 1)
	domain := strings.Repeat("a-very-long-label.", 13) + "example"
	trunks := openWith(t, Settings{Name: strings.Repeat("n", 200), Trunks: []Trunk{trunkTo("a", between.at, func(t *Trunk) {
		t.FromDomain, t.IdentityHeader = domain, IdentityAsserted
		t.FromUser = strings.Repeat("u", 120)
	})}})
	leg := mustAnswer(t, trunks, request(callee))
	leg.Hangup(within(t))
	peer.satisfied(t)
	if n := largest.Load(); n < 1500 {
		t.Errorf("the INVITE had %d octets, the test wants more than 1500", n)
	}
}

// F41: a TCP stream that arrives one octet at a time.
func TestATCPStreamOfSingleOctetsIsRead(t *testing.T) {
	t.Parallel()
	peer := startSipp(t, "answer", 1, "-t", "t1")
	at := octetwise(t, peer.at)
	trunks := open(t, trunkTo("a", at, func(t *Trunk) { t.Transport = "tcp" }))
	leg := mustAnswer(t, trunks, request(callee))
	leg.Hangup(within(t))
	peer.satisfied(t)
}

// octetwise relays TCP connections, one octet a write.
func octetwise(t *testing.T, to netip.AddrPort) netip.AddrPort {
	t.Helper()
	l, err := net.ListenTCP("tcp4", net.TCPAddrFromAddrPort(anyPort()))
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			near, err := l.AcceptTCP()
			if err != nil {
				return
			}
			far, err := net.DialTCP("tcp4", nil, net.TCPAddrFromAddrPort(to))
			if err != nil {
				_ = near.Close()
				continue
			}
			wg.Go(func() { dribble(near, far) })
			wg.Go(func() { dribble(far, near) })
		}
	})
	t.Cleanup(func() {
		_ = l.Close()
		wg.Wait()
	})
	return l.Addr().(*net.TCPAddr).AddrPort()
}

func dribble(from, to *net.TCPConn) {
	defer func() { _, _ = from.Close(), to.Close() }()
	_ = to.SetNoDelay(true)
	buf := make([]byte, 4096)
	for {
		n, err := from.Read(buf)
		for i := range n {
			if _, err := to.Write(buf[i : i+1]); err != nil {
				return
			}
		}
		if err == io.EOF || err != nil {
			return
		}
	}
}
