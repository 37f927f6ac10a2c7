package redis_test

import (
	"maps"
	"slices"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

func present(t *testing.T, address, name string) (p *redis.Presence, stop func()) {
	t.Helper()
	p = house(t, address).Presence(redis.Node{Name: name, Address: name + ":7000", Version: "1"})
	return p, running(t, p.Run)
}

// sees waits until a node sees exactly these.
func sees(t *testing.T, p *redis.Presence, names ...string) {
	t.Helper()
	eventually(t, "the nodes that are there are seen", func() bool {
		var got []string
		for _, n := range p.View().Nodes {
			got = append(got, n.Name)
		}
		return slices.Equal(got, names)
	})
}

func knows(t *testing.T, p *redis.Presence, want map[int64]redis.Place) {
	t.Helper()
	eventually(t, "the agents are where they are", func() bool { return maps.Equal(p.View().Agents, want) })
}

func TestNodesSeeOneAnotherAndWhereTheAgentsAre(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, _ := present(t, s.URL(), "a")
	b, stop := present(t, s.URL(), "b")
	sees(t, a, "a", "b")
	sees(t, b, "a", "b")
	a.Seat(7, true, false)
	b.Seat(7, false, true)
	b.Seat(8, true, true)
	want := map[int64]redis.Place{7: {Desk: "a", Phone: "b"}, 8: {Desk: "b", Phone: "b"}}
	knows(t, a, want)
	knows(t, b, want)
	b.Tell(redis.Node{Name: "other", Agents: 5, CPU: 0.5, Address: "b:7001"})
	eventually(t, "the load is told", func() bool {
		return a.View().Nodes[1] == redis.Node{Name: "b", Agents: 5, CPU: 0.5, Address: "b:7001"}
	})
	b.Seat(8, false, false)
	delete(want, 8)
	knows(t, a, want)
	<-a.Changed()
	if c := a.Taken(); !slices.Contains(c.Came, "b") || !c.Agents || len(c.Went) != 0 {
		t.Errorf("what changed: %+v", c)
	}
	stop()
	sees(t, a, "a")
	knows(t, a, map[int64]redis.Place{7: {Desk: "a"}})
	<-a.Changed()
	if c := a.Taken(); !slices.Equal(c.Went, []string{"b"}) || !c.Agents {
		t.Errorf("what changed: %+v", c)
	}
}

func TestNobodyGoesWhenRedisIsEmptiedAndAllIsThereAgain(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, _ := present(t, s.URL(), "a")
	b, _ := present(t, s.URL(), "b")
	b.Seat(8, true, true)
	want := map[int64]redis.Place{8: {Desk: "b", Phone: "b"}}
	knows(t, a, want)
	a.Taken()
	s.Flush()
	start := time.Now()
	fresh, _ := present(t, s.URL(), "c") // it knows only what stands in Redis now
	sees(t, fresh, "a", "b", "c")
	knows(t, fresh, want)
	t.Logf("complete for a node that comes after %s", time.Since(start))
	sees(t, a, "a", "b", "c")
	if c := a.Taken(); len(c.Went) != 0 || !maps.Equal(a.View().Agents, want) {
		t.Errorf("%+v, %+v", c, a.View().Agents)
	}
}

func TestNobodyGoesWhileRedisIsGone(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	a, _ := present(t, s.URL(), "a")
	b, stop := present(t, s.URL(), "b")
	sees(t, a, "a", "b")
	sees(t, b, "a", "b")
	a.Taken()
	s.Kill()
	stopped := a.View().Heard
	pause(6 * time.Second)
	if v := a.View(); len(v.Nodes) != 2 || v.Heard.Sub(stopped) > time.Second {
		t.Errorf("%+v", v)
	}
	must(t, s.Again())
	sees(t, a, "a", "b")
	eventually(t, "Redis is heard again", func() bool { return a.View().Heard.After(stopped.Add(5 * time.Second)) })
	pause(time.Second)
	if c := a.Taken(); len(c.Went)+len(c.Came) != 0 {
		t.Errorf("what changed: %+v", c)
	}
	stop()
	sees(t, a, "a")
}

func TestANodeThatDiedBeforeIsNotSeen(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	link := redistest.NewLink(t, s)
	dead, stop := present(t, link.URL(), "dead")
	sees(t, dead, "dead")
	link.Cut()
	stop() // it cannot say good-bye
	a, _ := present(t, s.URL(), "a")
	sees(t, a, "a")
	pause(2 * time.Second)
	if c := a.Taken(); !slices.Equal(c.Came, []string{"a"}) {
		t.Errorf("%+v", c)
	}
}
