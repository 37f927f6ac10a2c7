package redis_test

import (
	"errors"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

func acquired(t *testing.T, h *redis.House, name, node string) *redis.Lease {
	t.Helper()
	var l *redis.Lease
	eventually(t, node+" has "+name, func() (ok bool) {
		var err error
		l, err = h.Acquire(t.Context(), name, node)
		return err == nil
	})
	t.Cleanup(func() { _ = l.Release(t.Context()) })
	return l
}

func isTaken(t *testing.T, h *redis.House, name, node, by string) {
	t.Helper()
	eventually(t, "an answer", func() bool {
		l, err := h.Acquire(t.Context(), name, node)
		var taken *redis.Taken
		if errors.As(err, &taken) && taken.Holder == by {
			return true
		}
		if err == nil {
			_ = l.Release(t.Context())
			t.Errorf("%s has %s, which is %s's", node, name, by)
			return true
		}
		return false
	})
}

func isLost(t *testing.T, l *redis.Lease) {
	t.Helper()
	select {
	case <-l.Lost():
	case <-time.After(30 * time.Second):
		t.Fatal("the lease is not lost")
	}
	if l.Held() {
		t.Error("a lease that is lost is held")
	}
}

func TestALeaseIsKeptUntilItIsReleased(t *testing.T) {
	t.Parallel()
	h := house(t, redistest.Start(t).URL())
	a := acquired(t, h, "campaign 1", "a")
	isTaken(t, h, "campaign 1", "b", "a")
	other := acquired(t, h, "campaign 2", "b")
	pause(4 * time.Second) // longer than a lease that nobody keeps
	if !a.Held() || !other.Held() {
		t.Fatal("a lease was not kept")
	}
	isTaken(t, h, "campaign 1", "b", "a")
	must(t, a.Release(t.Context()))
	b := acquired(t, h, "campaign 1", "b")
	if b.Number <= a.Number {
		t.Errorf("the number went from %d to %d", a.Number, b.Number)
	}
	if a.Held() {
		t.Error("a lease that was released is held")
	}
}

func TestTheHolderKnowsThatItLostTheLeaseBeforeAnotherHasIt(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	link := redistest.NewLink(t, s)
	a := acquired(t, house(t, link.URL()), "floor", "a")
	link.Cut()
	b := house(t, s.URL())
	var early atomic.Bool
	eventually(t, "the other has it", func() bool {
		l, err := b.Acquire(t.Context(), "floor", "b")
		if err != nil {
			return false
		}
		early.Store(a.Held())
		if l.Number <= a.Number {
			t.Errorf("the number went from %d to %d", a.Number, l.Number)
		}
		must(t, l.Release(t.Context()))
		return true
	})
	if early.Load() {
		t.Error("both had it")
	}
	isLost(t, a)
}

func TestALeaseOfARedisThatWasEmptiedIsLost(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := house(t, s.URL())
	l := acquired(t, h, "floor", "a")
	s.Flush()
	isLost(t, l)
}

func TestALeaseOutlivesARedisThatSleepsForAMoment(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	l := acquired(t, house(t, s.URL()), "floor", "a")
	s.Pause()
	pause(time.Second)
	s.Resume()
	pause(2 * time.Second)
	if !l.Held() {
		t.Error("it is lost")
	}
	s.Pause()
	isLost(t, l)
	s.Resume()
}

func TestOfManyWhoWantALeaseOneHasIt(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	var wg sync.WaitGroup
	var holders, most, turns atomic.Int64
	for _, node := range []string{"a", "b", "c", "d"} {
		h := house(t, s.URL())
		wg.Go(func() {
			for turns.Load() < 40 {
				l, err := h.Acquire(t.Context(), "floor", node)
				if err != nil {
					pause(time.Millisecond)
					continue
				}
				n := holders.Add(1)
				most.Store(max(most.Load(), n))
				turns.Add(1)
				pause(time.Millisecond)
				holders.Add(-1)
				_ = l.Release(t.Context())
			}
		})
	}
	wg.Wait()
	if most.Load() != 1 {
		t.Errorf("%d had it at once", most.Load())
	}
}
