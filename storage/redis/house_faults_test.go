package redis_test

import (
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// A Redis that sleeps takes connections and questions, and answers none.
func TestNoCallerWaitsForARedisThatSleeps(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	h := house(t, s.URL())
	f := newFloor(t, trunk, s.URL())
	f.flowsWith(1)
	lease := acquired(t, h, "floor", "a")
	s.Pause()
	defer s.Resume() // nothing before it waits for that
	for _, q := range []struct {
		what string
		ask  func() error
	}{
		{"release", func() error { return lease.Release(t.Context()) }}, // first, while it is held
		{"ping", func() error { return h.Ping(t.Context()) }},
		{"tell", func() error { return h.Tell(t.Context(), redis.Event{Kind: "a"}) }},
		{"acquire", func() error { _, err := h.Acquire(t.Context(), "other", "a"); return err }},
	} {
		start := time.Now()
		if err := q.ask(); err == nil {
			t.Errorf("%s: a Redis that sleeps has answered", q.what)
		}
		t.Logf("%s held its caller for %s", q.what, time.Since(start))
	}
	eventually(t, "a turn is refused", func() bool {
		start := time.Now()
		_, _, err := f.nodes[0].Take(t.Context(), trunk.Name, true)
		if err == nil {
			f.nodes[0].Free(trunk.Name)
			return false
		}
		t.Logf("a turn: %v, after %s", err, time.Since(start))
		return true
	})
}

func TestWithoutRedisAQuestionFails(t *testing.T) {
	t.Parallel()
	if err := house(t, "redis://127.0.0.1:1").Ping(t.Context()); err == nil {
		t.Error("nobody answered, and it is said to be well")
	}
}
