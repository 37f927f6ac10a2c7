package node_test

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/dialer/siptrunk"
	"github.com/forecall/forecall/dialer/sipua"
	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

var _ siptrunk.Share = (*redis.Limits)(nil)

// busyCarrier lets every call ring for a while and then is busy. It counts.
type busyCarrier struct {
	at          netip.AddrPort
	calls, most atomic.Int64
	now         atomic.Int64
}

func newBusyCarrier(t *testing.T, ring time.Duration) *busyCarrier {
	t.Helper()
	c := &busyCarrier{}
	ua, err := sipua.Listen(sipua.Settings{
		Listen: []sipua.Listener{{Transport: "udp", Addr: netip.MustParseAddrPort("127.0.0.1:0")}},
		Serve: sipua.HandlerFunc(func(inc *sipua.Incoming) {
			c.calls.Add(1)
			n := c.now.Add(1)
			for most := c.most.Load(); n > most && !c.most.CompareAndSwap(most, n); most = c.most.Load() {
			}
			_ = inc.Ring(180, nil)
			select {
			case <-time.After(ring):
			case <-inc.Cancelled():
			}
			c.now.Add(-1)
			_ = inc.Reject(486, "Busy Here")
		}),
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ua.Close() })
	c.at = ua.Addr("udp")
	return c
}

// sharingTrunks is one node's trunks at the carrier, with what it shares of them.
func sharingTrunks(t *testing.T, name, address string, c *busyCarrier) (*siptrunk.Trunks, *redis.Limits) {
	t.Helper()
	trunk := siptrunk.Trunk{
		Name: "main", Host: c.at.Addr().String(), Port: int(c.at.Port()), Listen: netip.MustParseAddrPort("127.0.0.1:0"),
		MaxChannels: 6, MaxCPS: 12, CallerIDs: []string{"+34910000000"},
	}
	a, err := redis.ParseAddress(address)
	if err != nil {
		t.Fatal(err)
	}
	h, err := redis.Open(redis.Settings{Address: a})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = h.Close() })
	limits, err := h.Limits(name, []redis.Trunk{{Name: trunk.Name, Lines: trunk.MaxChannels, CPS: trunk.MaxCPS}})
	if err != nil {
		t.Fatal(err)
	}
	ports, err := media.NewPortRange(20_000, 29_999)
	if err != nil {
		t.Fatal(err)
	}
	poller := media.NewPlainPoller()
	t.Cleanup(func() { _ = poller.Close() })
	trunks, err := siptrunk.Open(siptrunk.Settings{
		Media: media.Settings{IP: c.at.Addr(), Ports: ports, Poller: poller}, Share: limits, Trunks: []siptrunk.Trunk{trunk},
	})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = trunks.Close() })
	return trunks, limits
}

// Two nodes want far more of a carrier's trunk than there is; Redis is killed in
// the middle and comes back empty.
func TestTwoNodesStayWithinOneTrunksLimitsWhateverBecomesOfRedis(t *testing.T) {
	t.Parallel()
	server := redistest.Start(t)
	c := newBusyCarrier(t, 300*time.Millisecond)
	ctx, stop := context.WithCancel(context.Background())
	var running sync.WaitGroup
	defer func() { stop(); running.Wait() }()
	var all []*redis.Limits
	start := time.Now()
	for n := range 2 {
		trunks, limits := sharingTrunks(t, fmt.Sprintf("n%d:1", n), server.URL(), c)
		all = append(all, limits)
		running.Go(func() { limits.Run(ctx) })
		for i := range 10 {
			running.Go(func() { redial(ctx, t, trunks, fmt.Sprintf("+3460011%d%03d", n, i)) })
		}
	}
	running.Go(func() {
		for ctx.Err() == nil {
			for _, l := range all {
				l.Nodes([]string{"n0:1", "n1:1"}, time.Now())
			}
			select {
			case <-ctx.Done():
			case <-time.After(time.Second):
			}
		}
	})
	more := func(what string) {
		t.Helper()
		want := c.calls.Load() + 40
		awaitIt(t, what, func() bool { return c.calls.Load() >= want })
	}
	more("calls leave by Redis' word")
	server.Kill()
	more("calls leave without Redis")
	if err := server.Again(); err != nil {
		t.Fatal(err)
	}
	awaitIt(t, "the nodes share again", func() bool { return all[0].State()[0].Together && all[1].State()[0].Together })
	more("calls leave by Redis' word again")
	calls, took := c.calls.Load(), time.Since(start)
	if most := c.most.Load(); most > 6 {
		t.Errorf("%d calls at once on 6 lines", most)
	}
	if upTo := 12 * (took.Seconds() + 1); float64(calls) > upTo {
		t.Errorf("%d calls in %s at 12 a second", calls, took)
	}
	t.Logf("%d calls in %s, %d at once", calls, took, c.most.Load())
}

// redial calls without end. The only outcomes are that of the carrier, that there
// is no room, and that the test is over.
func redial(ctx context.Context, t *testing.T, trunks *siptrunk.Trunks, number string) {
	for ctx.Err() == nil {
		_, err := trunks.Dial(ctx, dialer.Request{Number: number})
		var failed *dialer.CallError
		if !errors.As(err, &failed) {
			t.Errorf("dial: %v", err)
			return
		}
		switch failed.Outcome {
		case campaigns.Busy, campaigns.Cancelled:
		case campaigns.RouteFailed: // no room: a line or a turn is to be waited for
			<-time.After(20 * time.Millisecond)
		default:
			t.Errorf("%s: %v", failed.Outcome, failed)
		}
	}
}

func awaitIt(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for deadline := time.Now().Add(60 * time.Second); !holds(); <-time.After(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%s: not within 60 s", what)
		}
	}
}
