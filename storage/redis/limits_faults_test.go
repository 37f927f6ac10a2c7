package redis_test

import (
	"context"
	"testing"
	"time"

	"github.com/forecall/forecall/storage/redis"
	"github.com/forecall/forecall/storage/redis/redistest"
)

var trunk = redis.Trunk{Name: "main", Lines: 40, CPS: 21}

// shared is three nodes at one Redis, at work.
func shared(t *testing.T) (*redistest.Server, *floor) {
	s := redistest.Start(t)
	f := newFloor(t, trunk, s.URL(), s.URL(), s.URL())
	f.press(20, 2*time.Second)
	f.flows("calls leave before the fault", 60)
	return s, f
}

// heals waits until all nodes share again and calls leave.
func (f *floor) heals() {
	f.t.Helper()
	eventually(f.t, "the nodes share again", f.together)
	f.flows("calls leave after the fault", 60)
	f.check()
}

func TestWithoutRedisFromTheStartEachNodeHasItsPart(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	s.Kill()
	f := newFloor(t, trunk, s.URL(), s.URL(), s.URL())
	f.press(20, 2*time.Second)
	eventually(t, "each node heeds its own part", f.apart)
	f.flows("calls leave without Redis", 60)
	for _, h := range f.nodes {
		if st := h.State()[0]; st.CPS != 7 || st.Allotted < 13 || st.Allotted > 14 {
			t.Errorf("%s has %+v", h.name, st)
		}
		if h.calls.Load() == 0 {
			t.Errorf("%s called nobody", h.name)
		}
	}
	must(t, s.Again())
	f.heals()
}

func TestARedisThatIsKilledIsDoneWithoutUntilItIsBackEmpty(t *testing.T) {
	t.Parallel()
	s, f := shared(t)
	s.Kill()
	eventually(t, "each node heeds its own part", f.apart)
	f.flows("calls leave without Redis", 60)
	must(t, s.Again())
	f.heals()
}

func TestARedisThatRestartsEmptyInAMomentGrantsNothingTwice(t *testing.T) {
	t.Parallel()
	s, f := shared(t)
	for range 3 {
		s.Kill()
		must(t, s.Again())
		f.flows("calls leave", 20)
	}
	f.heals()
}

func TestARedisThatIsEmptiedGrantsNothingTwice(t *testing.T) {
	t.Parallel()
	s, f := shared(t)
	for range 5 {
		s.Flush()
		f.flows("calls leave", 10)
	}
	for range 20 { // again and again, faster than it can settle
		s.Flush()
		pause(100 * time.Millisecond)
	}
	f.heals()
}

func TestARedisThatSleepsFiveSecondsGrantsNothingOfThatTime(t *testing.T) {
	t.Parallel()
	s, f := shared(t)
	s.Pause()
	pause(5 * time.Second)
	s.Resume()
	f.heals()
	s.Pause()
	pause(700 * time.Millisecond) // too short for the nodes to part
	s.Resume()
	f.heals()
}

// linked is three nodes, each with a way of its own to a master that has a replica.
func linked(t *testing.T) (master, replica *redistest.Server, links []*redistest.Link, f *floor) {
	master, replica = redistest.Start(t), redistest.Start(t)
	replica.Follow(master)
	addresses := make([]string, 3)
	for i := range addresses {
		links = append(links, redistest.NewLink(t, master))
		addresses[i] = links[i].URL()
	}
	f = newFloor(t, trunk, addresses...)
	f.press(20, 2*time.Second)
	f.flows("calls leave before the fault", 60)
	return master, replica, links, f
}

func TestAReplicaThatLacksTheLastWritesGrantsNothingTwice(t *testing.T) {
	t.Parallel()
	_, replica, links, f := linked(t)
	replica.Promote()                    // it has no more of the master's words
	f.flows("calls leave meanwhile", 30) // these grants it does not know
	for _, l := range links {
		l.Lead(replica)
	}
	f.flows("calls leave by the replica", 60)
	f.heals()
}

func TestTwoMastersForAWhileGrantNoMoreThanOne(t *testing.T) {
	t.Parallel()
	_, replica, links, f := linked(t)
	replica.Promote()
	links[1].Lead(replica)
	pause(500 * time.Millisecond)
	links[2].Lead(replica)
	f.flows("calls leave by both", 80)
	links[0].Lead(replica)
	f.heals()
}

func TestANodeThatIsCutOffHasItsPartAndNoMore(t *testing.T) {
	t.Parallel()
	master, _, links, f := linked(t)
	before := f.nodes[0].calls.Load()
	links[0].Cut()
	eventually(t, "the node heeds its own part", func() bool { st := f.nodes[0].State()[0]; return !st.Together && st.CPS == 7 })
	eventually(t, "it calls", func() bool { return f.nodes[0].calls.Load() > before+20 })
	if !f.nodes[1].State()[0].Together {
		t.Error("another node parted too")
	}
	links[0].Lead(master)
	f.heals()
}

func TestTheSentinelsNewMasterGrantsNothingTwice(t *testing.T) {
	t.Parallel()
	master, replica, address := redistest.Sentinels(t, 3)
	f := newFloor(t, trunk, address, address, address)
	f.press(20, 2*time.Second)
	f.flows("calls leave before the fault", 60)
	master.Kill()
	replica.Eventually("the replica is master", func() bool { return replica.Field("replication", "role") == "master" })
	f.heals()
}

func TestAClusterSharesLimitsAsOneServerDoes(t *testing.T) {
	t.Parallel()
	masters, address := redistest.Cluster(t, 3)
	f := newFloor(t, trunk, address, address, address)
	f.press(20, 2*time.Second)
	f.flows("calls leave", 60)
	f.check()
	for _, m := range masters {
		if _, err := m.Do("FLUSHALL"); err != nil {
			t.Error(err)
		}
	}
	f.heals()
}

func TestTheLinesOfADeadNodeAreTheOthersWithinTenSeconds(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	link := redistest.NewLink(t, s)
	f := newFloor(t, redis.Trunk{Name: "main", Lines: 30, CPS: 60}, link.URL(), s.URL())
	ctx, stop := context.WithCancel(t.Context())
	for range 25 { // the other keeps half of its part, 8 lines
		running(t, func(context.Context) { f.caller(ctx, f.nodes[0], time.Hour) })
	}
	eventually(t, "one node has most lines", func() bool { return f.lines.Load() == 22 })
	link.Cut()
	f.nodes[0].stop()
	stop() // its process is gone, and its calls
	f.bury(0)
	died := time.Now()
	f.press(28, time.Hour)
	eventually(t, "the other has them", func() bool { return f.lines.Load() == 28 })
	t.Logf("after %s", time.Since(died))
	f.check()
}
