package redis_test

import (
	"context"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

// roll tells limits who is there, as the records would, until the test ends.
type roll struct {
	mu      sync.Mutex
	members []string
}

func (r *roll) say(members ...string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.members = members
}

func calling(t *testing.T, l *redis.Limits, members ...string) *roll {
	t.Helper()
	r := &roll{members: members}
	running(t, l.Run)
	running(t, func(ctx context.Context) {
		for ctx.Err() == nil {
			r.mu.Lock()
			now := r.members
			r.mu.Unlock()
			l.Nodes(now, time.Now())
			sleep(ctx, 100*time.Millisecond)
		}
	})
	return r
}

// lines takes so many.
func lines(t *testing.T, l *redis.Limits, n int) {
	t.Helper()
	for range n {
		eventually(t, "there is a line", func() bool {
			_, _, err := l.Take(t.Context(), "main", false)
			return err == nil
		})
	}
}

func TestTheLinesInUseAreThoseOfTheNextLifeOfANodeAsWell(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	l, err := house(t, s.URL()).Limits("a:1", []redis.Trunk{{Name: "main", Lines: 4, CPS: 10}})
	must(t, err)
	r := calling(t, l, "a:1")
	lines(t, l, 3)
	must(t, l.Rejoin("a:2"))
	if _, _, err := l.Take(t.Context(), "main", false); err == nil || l.State()[0].Held != 3 {
		t.Errorf("before the records know it: %v, %+v", err, l.State()[0])
	}
	r.say("a:2")
	lines(t, l, 1) // when the first life is forgotten, which has three of the four
	if _, _, err := l.Take(t.Context(), "main", false); err == nil {
		t.Error("a fifth line")
	}
	for range 4 {
		l.Free("main")
	}
	lines(t, l, 4)
	if err := l.Rejoin("a b"); err == nil {
		t.Error("a name with a space")
	}
}

func TestWithoutAnyRedisANodeHasItsPart(t *testing.T) {
	t.Parallel()
	l, err := redis.Parts("a:1", []redis.Trunk{{Name: "main", Lines: 5, CPS: 6}})
	must(t, err)
	r := calling(t, l, "a:1")
	eventually(t, "alone it has everything", func() bool {
		st := l.State()[0]
		return st.Apart && st.CPS == 6 && st.Allotted == 5
	})
	lines(t, l, 5)
	r.say("a:1", "b:1")
	eventually(t, "with another it has its part, and keeps the lines in use", func() bool {
		st := l.State()[0]
		return st.CPS == 3 && st.Allotted == 5
	})
	for range 3 {
		l.Free("main")
	}
	eventually(t, "it does not take them again", func() bool { return l.State()[0].Allotted == 3 })
	if n, why := l.Room("main", time.Second); n != 1 || why != "" {
		t.Errorf("room for %d: %s", n, why)
	}
	lines(t, l, 1)
	if _, _, err := l.Take(t.Context(), "main", false); err == nil || !strings.Contains(err.Error(), "no Redis") {
		t.Errorf("a fourth line: %v", err)
	}
	r.say("b:1")
	eventually(t, "a node that is on no list calls nobody", func() bool { n, why := l.Room("main", time.Second); return n == 0 && why != "" })
}
