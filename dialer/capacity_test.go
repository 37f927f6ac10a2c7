package dialer

import (
	"context"
	"fmt"
	"os"
	"runtime/pprof"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// crowd is a store that never runs out of people and keeps sums of what became of
// them, not rows: a shift of thousands of agents fits in memory. Its commits take
// as long as those of a database beside it.
type crowd struct {
	*memStore
	commit time.Duration

	next, begun, finished, bridged, abandoned, answered atomic.Int64
	talked                                              atomic.Int64 // ns
}

func (s *crowd) Lease(_ context.Context, campaign int64, _ time.Time, n int) ([]campaigns.Contact, error) {
	time.Sleep(s.commit)
	out := make([]campaigns.Contact, n)
	for i := range out {
		id := s.next.Add(1)
		out[i] = campaigns.Contact{ID: id, Campaign: campaign, List: 1, Phones: []campaigns.Phone{{Number: fmt.Sprintf("+1%010d", 2_000_000_000+id), Zones: []string{"America/New_York"}}}}
	}
	return out, nil
}
func (s *crowd) Release(context.Context, []int64) error             { return nil }
func (s *crowd) Postpone(context.Context, []int64, time.Time) error { return nil }
func (s *crowd) Depth(context.Context, int64, time.Time) (campaigns.Depth, error) {
	return campaigns.Depth{Total: 1 << 30, Ready: 1 << 30}, nil
}

func (s *crowd) Begin(context.Context, campaigns.Campaign, *campaigns.Attempt) error {
	time.Sleep(s.commit)
	s.begun.Add(1)
	return nil
}

func (s *crowd) Finish(_ context.Context, a campaigns.Attempt) error {
	time.Sleep(s.commit)
	s.finished.Add(1)
	if !a.AnsweredAt.IsZero() {
		s.answered.Add(1)
	}
	if !a.BridgedAt.IsZero() {
		s.bridged.Add(1)
		s.talked.Add(int64(a.EndedAt.Sub(a.BridgedAt)))
	} else if !a.AnsweredAt.IsZero() {
		s.abandoned.Add(1)
	}
	return nil
}

func (s *crowd) AddCallEvents(context.Context, []campaigns.CallEvent) error { return nil }

// processCPU is the CPU time that this process has used.
func processCPU() time.Duration {
	var u syscall.Rusage
	_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// size is that of a call centre.
type size struct {
	nodes, campaigns, agents int // agents altogether
	warm, shift              time.Duration
}

// work works one shift in virtual time and tells what it cost.
func (z size) work(t *testing.T) {
	store := &crowd{memStore: newMemStore(t), commit: 3 * time.Millisecond}
	o := newOfficeOn(t, store.memStore, store, z.nodes, mixed(7, 0.35, 60*time.Second))
	e := o.takeFloor()
	o.wrapUps(e, 10*time.Second)
	for id := range int64(z.campaigns) {
		o.apply(officeCampaign(id+1, func(c *campaigns.Campaign) { c.Retry = nil }))
	}
	for id := range int64(z.agents) {
		o.agent(o.nodes[int(id)%z.nodes], id+1, id%int64(z.campaigns)+1)
	}
	time.Sleep(z.warm)
	talked, begun, cpu, began := store.talked.Load(), store.begun.Load(), processCPU(), time.Now()
	time.Sleep(z.shift)
	spent := processCPU() - cpu
	share := float64(store.talked.Load()-talked) / (float64(z.agents) * float64(time.Since(began)))
	calls := store.begun.Load() - begun
	t.Logf("%d nodes, %d agents, %d campaigns, %s: %.3f of the time talked, %d calls (%.0f/s), %d answered, %.2f %% of them abandoned; CPU of brain and hands %s, %s a call, %.1f %% of a core",
		z.nodes, z.agents, z.campaigns, z.shift, share, calls, float64(calls)/z.shift.Seconds(), store.answered.Load(),
		100*float64(store.abandoned.Load())/float64(store.answered.Load()), spent.Round(time.Millisecond), (spent / time.Duration(calls)).Round(time.Microsecond), 100*spent.Seconds()/z.shift.Seconds())
	if float64(store.abandoned.Load()) > 0.03*float64(store.answered.Load()) {
		t.Errorf("%d of %d answered calls were abandoned", store.abandoned.Load(), store.answered.Load())
	}
	o.kill()
	for _, n := range o.nodes {
		n.soft()
		n.hard()
	}
	for _, n := range o.nodes {
		<-n.gone
	}
	if b, f := store.begun.Load(), store.finished.Load(); b != f {
		t.Errorf("%d calls were begun and %d have an outcome", b, f)
	}
}

// TestAHouseOfManyNodesIsWorkedByOneBrain is the capacity page's simulation: the
// engine's own brain and hands, their words encoded and sent, in virtual time.
// FORECALL_MEASURE=1 works 50 nodes with 10,000 agents.
func TestAHouseOfManyNodesIsWorkedByOneBrain(t *testing.T) {
	sizes := []size{{nodes: 10, campaigns: 4, agents: 200, warm: 5 * time.Minute, shift: 5 * time.Minute}}
	if os.Getenv("FORECALL_MEASURE") != "" {
		sizes = []size{{1, 1, 100, 5 * time.Minute, 10 * time.Minute}, {5, 4, 1000, 5 * time.Minute, 5 * time.Minute}, {15, 6, 3000, 2 * time.Minute, 2 * time.Minute}, {50, 20, 10000, 90 * time.Second, time.Minute}}
	}
	for _, z := range sizes {
		t.Run(fmt.Sprintf("%d agents", z.agents), func(t *testing.T) {
			if name := os.Getenv("FORECALL_PROFILE"); name != "" {
				f, err := os.Create(name)
				if err != nil {
					t.Fatal(err)
				}
				defer f.Close()
				if err := pprof.StartCPUProfile(f); err != nil {
					t.Fatal(err)
				}
				defer pprof.StopCPUProfile()
			}
			bubble(t, z.work)
		})
	}
}
