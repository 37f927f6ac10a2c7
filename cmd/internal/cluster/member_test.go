package cluster

import (
	"context"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// house is three nodes in one bubble.
type house struct {
	*testing.T
	*shared
	seats   map[string]*seat
	members map[string]*Member
	stop    map[string]context.CancelFunc
	work    sync.WaitGroup
}

func open(t *testing.T, names ...string) *house {
	h := &house{T: t, shared: &shared{nodes: map[int64]*campaigns.Node{}, leads: map[string]int{}, begun: map[string]int{}},
		seats: map[string]*seat{}, members: map[string]*Member{}, stop: map[string]context.CancelFunc{}}
	for i, name := range names {
		s := &seat{shared: h.shared, self: int64(i + 1)}
		m := New(Settings{Store: s, Name: name, Address: name + ":7443", Lead: h.lead(name, s), Alone: h.alone, Moved: func() { h.moved(name) }, Over: func(error) { h.over(name) }, Refused: h.refused})
		h.seats[name], h.members[name] = s, m
	}
	for name, m := range h.members {
		ctx, stop := context.WithCancel(context.Background())
		h.stop[name] = stop
		h.work.Go(func() { m.Run(ctx) })
	}
	return h
}

// moved lets the others look, as nodes tell each other.
func (h *house) moved(by string) {
	for name, m := range h.members {
		if name != by {
			m.Look()
		}
	}
}

// refused tells what machines say.
func (h *house) refused(_ context.Context, n campaigns.Node) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.dead[n.Name]
}

// over notes that a node was told of the end of its life.
func (h *house) over(name string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.ended = append(h.ended, name)
}

func (h *house) alone(context.Context) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.away && h.nobody
}

func (h *house) close() {
	for _, stop := range h.stop {
		stop()
	}
	h.work.Wait()
}

// lead counts who leads; a process that sleeps does nothing and counts as who
// cannot lead.
func (h *house) lead(name string, s *seat) func(context.Context, int64) error {
	return func(ctx context.Context, _ int64) error {
		h.mu.Lock()
		h.leads[name]++
		h.begun[name]++
		awake := 0
		for n, count := range h.leads {
			if h.seats[n] != nil && h.seats[n].froze != nil {
				count = 0
			}
			awake += count
		}
		h.worst = max(h.worst, awake)
		h.mu.Unlock()
		<-ctx.Done()
		time.Sleep(200 * time.Millisecond) // it takes a moment to let go
		h.mu.Lock()
		h.leads[name]--
		h.mu.Unlock()
		return nil
	}
}

// leader is who leads, "" = nobody.
func (h *house) leader() string {
	h.mu.Lock()
	defer h.mu.Unlock()
	for name, n := range h.leads {
		if n > 0 && h.seats[name].froze == nil {
			return name
		}
	}
	return ""
}

func (h *house) within(d time.Duration, what string, ok func() bool) {
	h.Helper()
	for end := time.Now().Add(d); !ok(); time.Sleep(50 * time.Millisecond) {
		if time.Now().After(end) {
			h.Fatalf("not within %s: %s", d, what)
		}
	}
}

func (h *house) one() {
	h.Helper()
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.worst > 1 {
		h.Errorf("%d nodes led at once", h.worst)
	}
}

// bubbled runs a test in a bubble of its own.
func bubbled(t *testing.T, test func(*house)) {
	synctest.Test(t, func(t *testing.T) {
		h := open(t, "ada", "ben", "cyd")
		defer h.close()
		h.within(3*time.Second, "somebody leads", func() bool { return h.leader() != "" })
		time.Sleep(10 * time.Second)
		test(h)
		h.one()
	})
}

func TestEveryNodeSeesTheOthersAndTheSameLeader(t *testing.T) {
	bubbled(t, func(h *house) {
		for name, m := range h.members {
			v := m.View()
			if err := m.Lives(); err != nil {
				h.Errorf("%s: %v", name, err)
			}
			if len(v.Nodes) != 3 || v.Leader.Name != h.leader() || v.Leads() != (name == h.leader()) || v.Self.Name != name {
				h.Errorf("%s sees %+v while %s leads", name, v, h.leader())
			}
			for _, n := range v.Nodes {
				if n.State != campaigns.NodeUp {
					h.Errorf("%s sees %s %s", name, n.Name, n.State)
				}
			}
		}
	})
}

func TestANodeThatStopsGivesTheFloorToAnotherAtOnce(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		h.stop[first]()
		h.within(time.Second, "another leads", func() bool { l := h.leader(); return l != "" && l != first })
	})
}

func TestANodeThatDrainsLeadsNoMoreAndStaysInTheHouse(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		h.members[first].Drain()
		h.within(500*time.Millisecond, "another leads", func() bool { l := h.leader(); return l != "" && l != first })
		time.Sleep(10 * time.Second)
		v := h.members[h.leader()].View()
		if len(v.Nodes) != 3 || h.leader() == first {
			h.Errorf("%s leads, %+v", h.leader(), v.Nodes)
		}
		for _, n := range v.Nodes {
			if (n.State == campaigns.NodeDraining) != (n.Name == first) {
				h.Errorf("%s is %s", n.Name, n.State)
			}
		}
	})
}

// A whole house that stops ends like one node: who leads leads to the end.
func TestTheLastNodeThatDrainsLeadsUntilItLeaves(t *testing.T) {
	bubbled(t, func(h *house) {
		for _, m := range h.members {
			m.Drain()
		}
		time.Sleep(3 * time.Second) // until each knows it of the others
		first := h.leader()
		for range 100 {
			time.Sleep(100 * time.Millisecond)
			if l := h.leader(); l != first || l == "" {
				h.Fatalf("%q led, and %q does while all stop", first, l)
			}
		}
		h.stop[first]()
		h.within(2*time.Second, "another leads, which stops as well", func() bool { l := h.leader(); return l != "" && l != first })
	})
}

// mark says for somebody that a node takes no new work, or does again.
func (h *house) mark(name, by string) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.nodes[h.seats[name].self].Drain = by
}

func TestANodeThatSomebodyDrainsLeadsNoMoreUntilItIsUndrained(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		h.mark(first, "boss")
		h.within(4*time.Second, "another leads", func() bool { l := h.leader(); return l != "" && l != first })
		time.Sleep(5 * time.Second)
		if v := h.members[first].View(); !v.Drains || v.Self.State != campaigns.NodeDraining || h.leader() == first {
			h.Errorf("marked, it is %+v; %s leads", v, h.leader())
		}
		second := h.leader()
		h.stop[second]()
		h.within(2*time.Second, "the third leads", func() bool { l := h.leader(); return l != "" && l != second })
		if h.leader() == first {
			h.Error("the one that is marked leads while another could")
		}
		h.mark(first, "")
		h.within(3*time.Second, "it takes work again", func() bool {
			v := h.members[first].View()
			return !v.Drains && v.Self.State == campaigns.NodeUp
		})
	})
}

// The order to take work again is given at the node that leads.
func TestANodeThatIsMarkedLeadsWhenThereIsNoOther(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		h.mark(first, "boss")
		h.within(4*time.Second, "another leads", func() bool { l := h.leader(); return l != "" && l != first })
		for name, stop := range h.stop {
			if name != first {
				stop()
			}
		}
		h.within(10*time.Second, "it leads again", func() bool { return h.leader() == first })
		if !h.members[first].View().Drains {
			h.Error("it takes new calls")
		}
	})
}

// TestANodeThatSleepsIsReplacedAndComesBackAsAnother: SIGSTOP for twenty seconds.
func TestANodeThatSleepsIsReplacedAndComesBackAsAnother(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		s, wake := h.seats[first], make(chan struct{})
		h.mu.Lock()
		epoch := s.epoch
		s.froze = wake
		h.mu.Unlock()
		h.within(5*time.Second, "another leads", func() bool { l := h.leader(); return l != "" && l != first })
		h.within(6*time.Second, "its calls are closed", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return slices.Contains(h.closed, s.self)
		})
		time.Sleep(10 * time.Second)
		if err := h.members[first].Lives(); err == nil {
			h.Error("it may send an INVITE in the moment in which it wakes")
		}
		h.mu.Lock()
		s.froze = nil
		h.mu.Unlock()
		close(wake)
		h.within(3*time.Second, "it has joined again", func() bool {
			h.mu.Lock()
			defer h.mu.Unlock()
			return s.epoch > epoch+1 && s.alive() == nil
		})
		h.mu.Lock()
		if !slices.Equal(h.ended, []string{first}) {
			h.Errorf("told that their life is over: %v", h.ended)
		}
		h.mu.Unlock()
		time.Sleep(5 * time.Second)
		if n := len(h.members[first].View().Nodes); n != 3 {
			h.Errorf("it sees %d nodes", n)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.closed) != 1 {
			h.Errorf("ended: %v", h.closed)
		}
	})
}

// TestAStoreThatIsAwayForAllLeavesTheFloorToWhoLeads: Postgres is down for a minute,
// five times.
func TestAStoreThatIsAwayForAllLeavesTheFloorToWhoLeads(t *testing.T) {
	bubbled(t, func(h *house) {
		first := h.leader()
		h.mu.Lock()
		h.nobody = true
		h.mu.Unlock()
		for i := range 5 {
			h.mu.Lock()
			h.away = true
			h.mu.Unlock()
			time.Sleep(time.Minute + time.Duration(i)*130*time.Millisecond)
			if h.leader() != first {
				h.Errorf("%q leads while the store is away, not %q", h.leader(), first)
			}
			h.mu.Lock()
			h.away = false
			h.mu.Unlock()
			time.Sleep(20 * time.Second)
		}
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.closed) != 0 || h.begun[first] != 1 || len(h.begun) != 1 {
			h.Errorf("ended %v, led %v", h.closed, h.begun)
		}
	})
}

// TestAStoreThatIsAwayEndsTheLeadAndNobodysLife: Postgres is down for a minute, and who
// leads cannot know whether others have it.
func TestAStoreThatIsAwayEndsTheLeadAndNobodysLife(t *testing.T) {
	bubbled(t, func(h *house) {
		h.mu.Lock()
		h.away = true
		h.mu.Unlock()
		h.within(3*time.Second, "nobody leads", func() bool { return h.leader() == "" })
		time.Sleep(time.Minute)
		h.mu.Lock()
		h.away = false
		h.mu.Unlock()
		h.within(6*time.Second, "somebody leads", func() bool { return h.leader() != "" })
		time.Sleep(3 * time.Second)
		h.mu.Lock()
		defer h.mu.Unlock()
		if len(h.closed) != 0 {
			h.Errorf("ended: %v", h.closed)
		}
	})
}
