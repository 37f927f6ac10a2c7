package siptrunk

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/dialer"
	"github.com/forecall/forecall/dialer/sipua"
)

// pool is a Share in memory: lines, and turns that are spaced.
type pool struct {
	lines int
	every time.Duration
	late  int // so many turns have passed before they are told

	mu    sync.Mutex
	inUse int
	most  int
	next  time.Time
	shut  error
}

func (p *pool) Take(_ context.Context, _ string, out bool) (from, until time.Time, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	now := time.Now()
	switch {
	case p.shut != nil:
		return now.Add(5 * time.Millisecond), until, p.shut
	case p.inUse >= p.lines:
		return now.Add(5 * time.Millisecond), until, fmt.Errorf("all %d lines are in use on all nodes", p.lines)
	case out && p.next.After(now.Add(50*time.Millisecond)):
		return p.next.Add(-50 * time.Millisecond), until, errors.New("the calls a second of all nodes are used")
	}
	p.inUse++
	p.most = max(p.most, p.inUse)
	if !out {
		return from, until, nil
	}
	from = now
	if p.next.After(from) {
		from = p.next
	}
	p.next = from.Add(p.every)
	if until = from.Add(10 * time.Second); p.late > 0 {
		p.late--
		until = now.Add(-time.Second)
	}
	return from, until, nil
}

func (p *pool) Free(string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.inUse--
}

func (p *pool) Room(string, time.Duration) (int, string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.inUse >= p.lines {
		return 0, "all lines are in use on all nodes"
	}
	return p.lines - p.inUse, ""
}

func (p *pool) say(err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.shut = err
}

func (p *pool) used() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.inUse
}

// busy answers every call with 486 and keeps the instants.
func busy(t *testing.T) (calls func() []time.Time, settings func(share Share) Settings) {
	var mu sync.Mutex
	var at []time.Time
	far := carrier(t, func(inc *sipua.Incoming) {
		mu.Lock()
		at = append(at, time.Now())
		mu.Unlock()
		_ = inc.Reject(486, "Busy Here")
	})
	calls = func() []time.Time {
		mu.Lock()
		defer mu.Unlock()
		return at
	}
	return calls, func(share Share) Settings {
		return Settings{Share: share, MaxWait: patience, Trunks: []Trunk{trunkTo("a", far)}}
	}
}

func TestTwoNodesCallAtTheRateOfBothTogether(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 100, every: 40 * time.Millisecond}
	calls, settings := busy(t)
	var wg sync.WaitGroup
	start := time.Now()
	for range 2 {
		trunks := openWith(t, settings(p))
		for i := range 10 {
			wg.Go(func() { mustFail(t, trunks, within(t), request(fmt.Sprintf("+346001110%02d", i)), campaigns.Busy) })
		}
	}
	wg.Wait()
	if n, took := len(calls()), time.Since(start); n != 20 || took < 19*p.every {
		t.Errorf("%d calls in %s, of which each has a turn of %s", n, took, p.every)
	}
	if p.used() != 0 {
		t.Errorf("%d lines are still taken", p.used())
	}
}

func TestACallWhoseTurnHasPassedAsksForAnother(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 1, late: 3}
	calls, settings := busy(t)
	mustFail(t, openWith(t, settings(p)), within(t), request(callee), campaigns.Busy)
	if len(calls()) != 1 || p.used() != 0 || p.late != 0 {
		t.Errorf("%d calls, %d lines, %d turns left", len(calls()), p.used(), p.late)
	}
}

func TestWithoutALineOfAllNodesTheCallTakesTheOtherTrunkOrFailsWithTheReason(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 10}
	p.say(errors.New("the others have them"))
	calls, settings := busy(t)
	s := settings(p)
	s.MaxWait = 30 * time.Millisecond
	trunks := openWith(t, s)
	failed := mustFail(t, trunks, within(t), request(callee), campaigns.RouteFailed)
	if want := "trunk full: a: the others have them"; failed.Reason != want {
		t.Errorf("the reason is %q, want %q", failed.Reason, want)
	}
	if st := trunks.State()[0]; st.Lines != 0 || st.Pending != 0 || len(calls()) != 0 || p.used() != 0 {
		t.Errorf("%+v, %d calls, %d lines", st, len(calls()), p.used())
	}
	p.say(nil)
	mustFail(t, trunks, within(t), request(callee), campaigns.Busy)
}

func TestACallWithdrawnWhileItWaitsForAllNodesTurnIsNeverSent(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 10}
	p.say(errors.New("not now"))
	calls, settings := busy(t)
	trunks := openWith(t, settings(p))
	ctx, withdraw := context.WithCancelCause(within(t))
	ended := make(chan error, 1)
	go func() { // the test waits for what it says
		_, err := trunks.Dial(ctx, request(callee))
		ended <- err
	}()
	eventually(t, "the call waits", func() bool { return trunks.State()[0].Lines == 1 })
	because := errors.New("the number is on the do-not-call list")
	withdraw(because)
	var failed *dialer.CallError
	if err := <-ended; !errors.As(err, &failed) || failed.Outcome != campaigns.Cancelled || !errors.Is(err, because) {
		t.Errorf("%+v", err)
	}
	if st := trunks.State()[0]; st.Lines != 0 || st.Pending != 0 || len(calls()) != 0 || p.used() != 0 {
		t.Errorf("%+v, %d calls, %d lines", st, len(calls()), p.used())
	}
}

func TestRoomIsThatOfAllNodes(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 3}
	_, settings := busy(t)
	trunks := openWith(t, settings(p))
	if n, why := trunks.Room(nil); n != 3 || why != "" {
		t.Errorf("room for %d, %q", n, why)
	}
	for range 3 {
		_, _, err := p.Take(t.Context(), "a", false)
		if err != nil {
			t.Fatal(err)
		}
	}
	const why = "all lines are in use on all nodes"
	if n, said := trunks.Room(nil); n != 0 || said != "a: "+why {
		t.Errorf("room for %d, %q", n, said)
	}
	if said := trunks.State()[0].Why; said != why {
		t.Errorf("the state says %q", said)
	}
}

// Who places goes by the room: what is on its way to a turn is not room any more.
func TestCallsThatWaitForTheirTurnHaveTheirRoom(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 3, next: time.Now().Add(time.Hour)}
	_, settings := busy(t)
	s := settings(p)
	s.MaxWait = 2 * time.Hour
	trunks := openWith(t, s)
	ctx, withdraw := context.WithCancel(t.Context())
	var calls sync.WaitGroup
	for _, room := range []int{2, 1, 0} {
		calls.Go(func() { _, _ = trunks.Dial(ctx, request(callee)) })
		eventually(t, fmt.Sprintf("room for %d more", room), func() bool { n, _ := trunks.Room(nil); return n == room })
	}
	withdraw()
	calls.Wait()
	if n, why := trunks.Room(nil); n != 3 {
		t.Errorf("room for %d when they are gone: %s", n, why)
	}
}

func TestACallThatComesInTakesALineOfAllNodes(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 1}
	f := newFar(t, anyPort())
	trunks := openWith(t, Settings{Share: p, Trunks: []Trunk{trunkTo("a", f.at(), func(t *Trunk) { t.AllowedIPs = nil })}})
	legs := answering(t, trunks)
	call, _, err := f.call(within(t), t, trunks.routes[0].ua.Addr("udp"), "34910000000", "+34600111222")
	if err != nil {
		t.Fatal(err)
	}
	leg := <-legs
	if p.used() != 1 {
		t.Errorf("%d lines are taken of all nodes'", p.used())
	}
	_, _, err = f.call(within(t), t, trunks.routes[0].ua.Addr("udp"), "34910000000", "+34600111333")
	refusedWith(t, err, 486)
	if st := trunks.State()[0]; st.Lines != 1 || st.Received != 1 {
		t.Errorf("%+v", st)
	}
	if err := call.Bye(within(t)); err != nil {
		t.Error(err)
	}
	wait(t, "the call has ended", leg.Done())
	eventually(t, "the line is free for all", func() bool { return p.used() == 0 })
}

func TestALineThatAllNodesDidNotHaveIsNotGivenBack(t *testing.T) {
	t.Parallel()
	p := &pool{lines: 1}
	_, settings := busy(t)
	r := openWith(t, settings(p)).routes[0]
	var freed atomic.Int32
	for range 2 { // both were given up as they were answered, and there is one line
		r.retake()
	}
	for range 2 {
		before := p.used()
		r.release()
		freed.Add(int32(before - p.used()))
	}
	if freed.Load() != 1 || p.used() != 0 {
		t.Errorf("%d lines were given back, %d are taken", freed.Load(), p.used())
	}
}
