package redis_test

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// floor is some nodes that share one trunk and want far more of it than there
// is. It keeps the instant of every call that left and the most lines in use.
type floor struct {
	t       testing.TB
	trunk   redis.Trunk
	nodes   []*hand
	lines   atomic.Int64
	most    atomic.Int64
	asked   atomic.Int64
	longest atomic.Int64 // that a caller was held, nanoseconds

	mu   sync.Mutex
	left []time.Time
}

// hand is one of the nodes.
type hand struct {
	*redis.Limits
	name  string
	calls atomic.Int64
	stop  func()
}

// newFloor starts nodes, each with its own address of Redis.
func newFloor(t testing.TB, trunk redis.Trunk, addresses ...string) *floor {
	t.Helper()
	f := &floor{t: t, trunk: trunk}
	for i, address := range addresses {
		name := fmt.Sprintf("n%d:1", i)
		l, err := house(t, address).Limits(name, []redis.Trunk{trunk})
		must(t, err)
		f.nodes = append(f.nodes, &hand{Limits: l, name: name})
	}
	for _, h := range f.nodes {
		h.stop = running(t, h.Run)
	}
	running(t, f.roll)
	return f
}

// roll tells all nodes who is there, as the records would.
func (f *floor) roll(ctx context.Context) {
	for ctx.Err() == nil {
		nodes, names := f.members()
		for _, h := range nodes {
			h.Nodes(names, time.Now())
		}
		select {
		case <-ctx.Done():
		case <-time.After(time.Second):
		}
	}
}

func (f *floor) members() (nodes []*hand, names []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for _, h := range f.nodes {
		names = append(names, h.name)
	}
	return slices.Clone(f.nodes), names
}

// bury takes a node off the list, as the records do of one that is dead.
func (f *floor) bury(i int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.nodes = slices.Delete(slices.Clone(f.nodes), i, i+1)
}

// press has so many callers on each node ask without end; a call takes about as
// long as talk.
func (f *floor) press(callers int, talk time.Duration) {
	for _, h := range f.nodes {
		for range callers {
			running(f.t, func(ctx context.Context) { f.caller(ctx, h, talk) })
		}
	}
}

func (f *floor) caller(ctx context.Context, h *hand, talk time.Duration) {
	for ctx.Err() == nil {
		start := time.Now()
		from, until, err := h.Take(ctx, f.trunk.Name, true)
		f.asked.Add(1)
		f.longest.Store(max(f.longest.Load(), int64(time.Since(start))))
		if err != nil {
			sleep(ctx, max(time.Until(from), 10*time.Millisecond))
			continue
		}
		sleep(ctx, time.Until(from))
		if f.leave(h, until) {
			sleep(ctx, time.Duration(float64(talk)*(0.5+rand.Float64())))
			f.lines.Add(-1)
		}
		h.Free(f.trunk.Name)
	}
}

// leave lets a call leave, unless its turn has passed.
func (f *floor) leave(h *hand, until time.Time) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	now := time.Now()
	if now.After(until) {
		return false
	}
	f.left = append(f.left, now)
	h.calls.Add(1)
	n := f.lines.Add(1)
	f.most.Store(max(f.most.Load(), n))
	return true
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-ctx.Done():
	case <-time.After(d):
	}
}

// count is how many calls have left by now.
func (f *floor) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return len(f.left)
}

// flows waits until so many more calls have left.
func (f *floor) flows(what string, n int) {
	f.t.Helper()
	before := f.count()
	eventually(f.t, what, func() bool { return f.count() >= before+n })
}

// flowsWith lets so many calls leave over the first node, one after another.
func (f *floor) flowsWith(calls int) {
	f.t.Helper()
	for range calls {
		eventually(f.t, "a call may leave", func() bool {
			_, _, err := f.nodes[0].Take(f.t.Context(), f.trunk.Name, true)
			return err == nil
		})
		f.nodes[0].Free(f.trunk.Name)
	}
}

// check fails when more calls left in any second, or more lines were in use, than
// the trunk allows.
func (f *floor) check() {
	f.t.Helper()
	f.mu.Lock()
	left := slices.Clone(f.left)
	f.mu.Unlock()
	limit := int(math.Ceil(f.trunk.CPS))
	for i := limit; i < len(left); i++ {
		if gap := left[i].Sub(left[i-limit]); gap < time.Second {
			f.t.Errorf("%d calls within %s, at %s of %s", limit+1, gap, left[i].Sub(left[0]), left[len(left)-1].Sub(left[0]))
			break
		}
	}
	if most := f.most.Load(); most > int64(f.trunk.Lines) {
		f.t.Errorf("%d lines in use of %d", most, f.trunk.Lines)
	}
	if len(left) > 1 {
		f.t.Logf("%d calls in %s, at most %d lines; %d times asked, at most %s held", len(left),
			left[len(left)-1].Sub(left[0]).Round(time.Millisecond), f.most.Load(), f.asked.Load(), time.Duration(f.longest.Load()))
	}
}

func (f *floor) together() bool { return f.all(func(s redis.Standing) bool { return s.Together }) }

func (f *floor) apart() bool {
	return f.all(func(s redis.Standing) bool { return !s.Together && s.CPS > 0 })
}

func (f *floor) all(is func(redis.Standing) bool) bool {
	for _, h := range f.nodes {
		if !is(h.State()[0]) {
			return false
		}
	}
	return true
}

func TestThreeNodesTogetherStayWithinATrunksLimits(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	f := newFloor(t, redis.Trunk{Name: "main", Lines: 40, CPS: 20}, s.URL(), s.URL(), s.URL())
	f.press(30, 2*time.Second)
	f.flows("calls leave", 100)
	f.check()
}

// rooms is what all nodes together say to have room for.
func (f *floor) rooms(within time.Duration) (all []int, sum int) {
	nodes, _ := f.members()
	for _, h := range nodes {
		n, _ := h.Room(f.trunk.Name, within)
		all, sum = append(all, n), sum+n
	}
	return all, sum
}

// Whoever places calls on all nodes adds up what each has room for.
func TestTheRoomOfAllNodesIsThatOfTheirTrunk(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		lines  int
		cps    float64
		within time.Duration
		want   int
	}{
		{90, 15, 2 * time.Second, 30}, // as many as may leave within that time
		{20, 15, 2 * time.Second, 20}, // lines are fewer
		{90, 1, 2 * time.Second, 2},
		{90, 0.2, 2 * time.Second, 1}, // somebody has to be able to
	} {
		t.Run(fmt.Sprintf("%d lines, %g calls a second", c.lines, c.cps), func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			f := newFloor(t, redis.Trunk{Name: "main", Lines: c.lines, CPS: c.cps}, s.URL(), s.URL(), s.URL())
			eventually(t, "the nodes share it", f.together)
			eventually(t, "the room of all is that of the trunk", func() bool { _, sum := f.rooms(c.within); return sum == c.want })
			if all, sum := f.rooms(c.within); sum > c.want {
				t.Errorf("rooms %v: %d, want %d", all, sum, c.want)
			}
		})
	}
}
