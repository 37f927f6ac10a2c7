package peer

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"syscall"
	"testing"
	"time"
)

func TestWordsAreHeardInOrderBothWays(t *testing.T) {
	_, _, ab, ba := pair(t)
	const words = 5000
	var wg sync.WaitGroup
	wg.Go(func() { send(t, ab, 0, words) })
	wg.Go(func() { send(t, ba, 0, words) })
	wg.Go(func() { hears(t, ab, 0, words) })
	wg.Go(func() { hears(t, ba, 0, words) })
	wg.Wait()
	eventually(t, "nothing is kept that was heard", func() bool { return waiting(ab) == 0 && waiting(ba) == 0 })
}

func waiting(l *Link) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.out)
}

func TestThreeNodesTalkEachWithEach(t *testing.T) {
	nodes := map[string]*node{"a": openNode(t, "a"), "b": openNode(t, "b"), "c": openNode(t, "c")}
	acquaint(nodes["a"], nodes["b"], nodes["c"])
	links := map[string]map[string]*Link{}
	for name, n := range nodes {
		links[name] = map[string]*Link{}
		for other, o := range nodes {
			if other != name {
				links[name][other], _ = linked(t, n, o)
			}
		}
	}
	var wg sync.WaitGroup
	for _, of := range links {
		for _, l := range of {
			wg.Go(func() { send(t, l, 0, 500) })
			wg.Go(func() { hears(t, l, 0, 500) })
		}
	}
	wg.Wait()
	// One of them goes; the others notice, and go on.
	if err := nodes["c"].Close(); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"a", "b"} {
		eventually(t, name+" misses c", func() bool { here, _ := links[name]["c"].Here(); return !here })
	}
	send(t, links["a"]["b"], 500, 600)
	hears(t, links["b"]["a"], 500, 600)
}

func TestWordsOutliveConnectionsThatAreCutAtAnyTime(t *testing.T) {
	c, _, _, ab, ba := wired(t)
	const words = 20000
	var wg sync.WaitGroup
	wg.Go(func() { patiently(t, ab, words) })
	wg.Go(func() { patiently(t, ba, words) })
	wg.Go(func() { hears(t, ba, 0, words) })
	wg.Go(func() { hears(t, ab, 0, words) })
	// Each time that some words more have come, so that a slow machine gets on too.
	for mark := uint64(0); mark < words; mark += 100 + rand.Uint64N(900) {
		eventually(t, "words go on", func() bool { return ba.progress() >= mark || t.Failed() })
		c.cut()
	}
	wg.Wait()
}

// patiently says words as fast as they are taken.
func patiently(t *testing.T, l *Link, words int) {
	for i := 0; i < words; {
		switch err := l.Send("n", i); {
		case err == nil:
			i++
		case errors.Is(err, ErrFull):
			<-time.After(time.Millisecond)
		default:
			t.Errorf("word %d: %v", i, err)
			return
		}
	}
}

func TestAnUnpluggedCableIsNoticedAndWordsWaitForItsReturn(t *testing.T) {
	c, _, _, ab, ba := wired(t, quick)
	c.unplug()
	for _, l := range []*Link{ab, ba} {
		eventually(t, "the other is gone", func() bool { here, _ := l.Here(); return !here })
	}
	send(t, ab, 0, 100)
	send(t, ba, 0, 100)
	c.plug()
	hears(t, ba, 0, 100)
	hears(t, ab, 0, 100)
	for _, l := range []*Link{ab, ba} {
		eventually(t, "the other is here again", func() bool { here, _ := l.Here(); return here })
	}
}

// quick finds out in a fifth of the time.
func quick(s *Settings) {
	s.Beat, s.Gone, s.Keep = 100*time.Millisecond, 400*time.Millisecond, time.Minute
}

// A cable that stands still is a half-open connection: both ends believe in it.
func TestAConnectionThatStandsStillIsNoticedAndReplaced(t *testing.T) {
	c, _, _, ab, ba := wired(t, quick)
	_, changed := ab.Here()
	c.hold()
	send(t, ab, 0, 100)
	wait(t, "a knows", changed)
	eventually(t, "b knows", func() bool { here, _ := ba.Here(); return !here })
	c.move()
	hears(t, ba, 0, 100)
	send(t, ba, 0, 100)
	hears(t, ab, 0, 100)
}

func TestASlowCableDeliversAll(t *testing.T) {
	c, _, _, ab, ba := wired(t)
	c.delay(2 * time.Millisecond)
	send(t, ab, 0, 3000)
	send(t, ba, 0, 3000)
	hears(t, ba, 0, 3000)
	hears(t, ab, 0, 3000)
	if here, _ := ab.Here(); !here {
		t.Error("slow is taken for gone")
	}
}

func TestWhatWaitsIsBoundedAndTheErrorSaysSo(t *testing.T) {
	few := func(s *Settings) { quick(s); s.Words, s.Octets = 100, 64<<10 }
	_, _, _, ab, ba := wired(t, few)
	send(t, ab, 0, 100) // nobody receives
	if err := ab.Send("n", 100); !errors.Is(err, ErrFull) {
		t.Errorf("the word after the last: %v", err)
	}
	hears(t, ba, 0, 1)
	eventually(t, "there is room again", func() bool { return ab.Send("n", 100) == nil })
	hears(t, ba, 1, 101)
	eventually(t, "all is acknowledged", func() bool { return waiting(ab) == 0 })
	if err := ab.Send("n", string(make([]byte, 64<<10))); !errors.Is(err, ErrFull) {
		t.Errorf("more octets than may wait: %v", err)
	}
	if err := ab.Send("n", string(make([]byte, maxPayload))); !errors.Is(err, ErrTooLarge) {
		t.Errorf("a word that is too large: %v", err)
	}
	if err := ab.Send("", 1); err == nil {
		t.Error("a word without a kind was said")
	}
}

func TestWhoIsAwayForTooLongEndsTheLinkAndANewOneBegins(t *testing.T) {
	short := func(s *Settings) { s.Gone, s.Keep = 1500*time.Millisecond, 3*time.Second }
	c, a, b, ab, ba := wired(t, short)
	send(t, ab, 0, 10)
	hears(t, ba, 0, 10)
	c.unplug()
	send(t, ab, 10, 20)
	for _, l := range []*Link{ab, ba} {
		wait(t, "the link ends", l.Done())
		if !errors.Is(l.Err(), ErrAway) && !errors.Is(l.Err(), ErrRestarted) {
			t.Errorf("the end: %v", l.Err())
		}
		if err := l.Send("n", 1); !errors.Is(err, l.Err()) {
			t.Errorf("a word after the end: %v", err)
		}
		if _, err := l.Receive(within(t)); !errors.Is(err, l.Err()) {
			t.Errorf("receive after the end: %v", err)
		}
	}
	c.plug()
	ab, ba = linked(t, a, b)
	send(t, ab, 0, 10)
	hears(t, ba, 0, 10)
}

func TestANodeThatBeginsAnewIsAnotherLifeAndHearsNothingOfTheOld(t *testing.T) {
	for _, restarted := range []string{"a", "b"} {
		t.Run(restarted, func(t *testing.T) {
			a, b, ab, ba := pair(t, quick)
			old := map[string]*node{"a": a, "b": b}[restarted]
			stays, l := b, ba
			if restarted == "b" {
				stays, l = a, ab
			}
			addr := old.at().Addr
			if err := old.Close(); err != nil {
				t.Fatal(err)
			}
			send(t, l, 0, 10) // to nobody
			anew := openNode(t, restarted, quick, func(s *Settings) { s.Listen = addr; s.Self.Epoch = 2 })
			acquaint(anew, stays)
			wait(t, "the old link ends", l.Done())
			if !errors.Is(l.Err(), ErrRestarted) {
				t.Errorf("the end: %v", l.Err())
			}
			next, other := linked(t, stays, anew)
			if next.Peer().Epoch != 2 {
				t.Errorf("the epoch of the new one is %d", next.Peer().Epoch)
			}
			send(t, next, 100, 110)
			hears(t, other, 100, 110)
		})
	}
}

func TestANewEpochEndsWhatWasSaidBefore(t *testing.T) {
	a, b, ab, ba := pair(t)
	b.SetEpoch(2)
	wait(t, "the link ends at b", ba.Done())
	wait(t, "the link ends at a", ab.Done())
	ab, ba = linked(t, a, b)
	send(t, ab, 0, 10)
	hears(t, ba, 0, 10)
	if ab.Peer().Epoch != 2 {
		t.Errorf("epoch %d", ab.Peer().Epoch)
	}
}

func TestAProcessThatIsKilledIsGoneAndOneThatIsStoppedComesBack(t *testing.T) {
	for _, signal := range []syscall.Signal{syscall.SIGKILL, syscall.SIGSTOP} {
		t.Run(signal.String(), func(t *testing.T) {
			b := openNode(t, "b", func(s *Settings) { s.Keep = time.Minute })
			process, at := startOther(t, "c")
			b.Know([]Address{at})
			l := b.meets(t, "c")
			send(t, l, 0, 10)
			hears(t, l, 0, 10)
			began := time.Now()
			if err := process.Signal(signal); err != nil {
				t.Fatal(err)
			}
			eventually(t, "it is gone", func() bool { here, _ := l.Here(); return !here })
			t.Logf("known after %s", time.Since(began).Round(time.Millisecond))
			send(t, l, 10, 100)
			if _, err := b.Ask(within(t), "c", "echo", nil); !errors.Is(err, ErrNoAnswer) {
				t.Errorf("a question to who is gone: %v", err)
			}
			if signal == syscall.SIGKILL {
				return
			}
			if err := process.Signal(syscall.SIGCONT); err != nil {
				t.Fatal(err)
			}
			hears(t, l, 10, 100)
		})
	}
}

func TestReceiveEndsWithItsContextAndWithClose(t *testing.T) {
	a, _, ab, _ := pair(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := ab.Receive(ctx); !errors.Is(err, context.Canceled) {
		t.Errorf("given up: %v", err)
	}
	if err := a.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := ab.Receive(within(t)); !errors.Is(err, ErrClosed) {
		t.Errorf("closed: %v", err)
	}
	if err := ab.Send("n", 1); !errors.Is(err, ErrClosed) {
		t.Errorf("a word after Close: %v", err)
	}
	if _, err := a.Ask(within(t), "b", "x", nil); !errors.Is(err, ErrClosed) && !errors.Is(err, ErrNoAnswer) {
		t.Errorf("a question after Close: %v", err)
	}
}
