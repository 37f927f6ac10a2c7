package dialer

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"testing"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// office is a house of several nodes: one store, one brain at a time, and on every
// node hands with a trunk and the phones of its agents.
type office struct {
	t        testing.TB
	store    *memStore
	records  Store // what the nodes write to: store, or another around it
	settings Settings
	nodes    []*node
	work     sync.WaitGroup

	mu     sync.Mutex
	brain  *Engine
	leave  context.CancelFunc // of the brain, and of all who talk with it
	ended  chan struct{}
	latest []campaigns.Campaign
}

// node is one of them.
type node struct {
	name       string
	hands      *Hands
	trunk      *memTrunk
	soft, hard context.CancelFunc
	gone       chan struct{}

	office *office

	mu   sync.Mutex
	down bool // it is not reached, by anybody
	pipe Pipe
	legs []*innerLeg // to its phones, and from it
}

func newOffice(t testing.TB, nodes int, callee func(string) callee) *office {
	store := newMemStore(t)
	return newOfficeOn(t, store, store, nodes, callee)
}

func newOfficeOn(t testing.TB, store *memStore, records Store, nodes int, callee func(string) callee) *office {
	o := &office{t: t, store: store, records: records}
	o.settings = Settings{Messages: message, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelError + 1}))}
	for i := range nodes {
		n := &node{name: fmt.Sprintf("n%d", i+1), trunk: newMemTrunk(t, callee), gone: make(chan struct{})}
		s := o.settings
		n.office = o
		s.Node, s.Stations = n.name, n
		n.hands = NewHands(s, o.records, n.trunk)
		o.nodes = append(o.nodes, n)
		soft, stopSoft := context.WithCancel(context.Background())
		hard, stopHard := context.WithCancel(context.Background())
		n.soft, n.hard = stopSoft, stopHard
		o.work.Go(func() {
			defer close(n.gone)
			_ = n.hands.Run(soft, hard, func(ctx context.Context) (Pipe, error) { return o.dial(ctx, n) })
		})
	}
	t.Cleanup(func() {
		o.kill()
		for _, n := range o.nodes {
			n.soft()
			n.hard()
		}
		o.work.Wait()
	})
	return o
}

var errDown = errors.New("nobody is reached")

// dial is a node's way to the brain.
func (o *office) dial(ctx context.Context, n *node) (Pipe, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	n.mu.Lock()
	defer n.mu.Unlock()
	if o.brain == nil || n.down {
		return nil, errDown
	}
	e, a, b := o.brain, Pipe(nil), Pipe(nil)
	a, b = NewPipe()
	n.pipe = a
	o.work.Go(func() { _ = e.Join(context.WithoutCancel(ctx), b) }) // ends with the pipe
	return a, nil
}

// sever cuts a node off, or lets it be reached again.
func (n *node) sever(down bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.down = down
	if !down {
		return
	}
	if n.pipe != nil {
		_ = n.pipe.Close()
	}
	time.AfterFunc(2*time.Second, func() { // an inner leg notices as soon
		n.mu.Lock()
		defer n.mu.Unlock()
		if n.down {
			for _, l := range n.legs {
				l.cut()
			}
			n.legs = nil
		}
	})
}

// Resolve is the way to a phone of another node.
func (n *node) Resolve(_ context.Context, name, phone string) (Station, error) {
	for _, to := range n.office.nodes {
		if to.name != name || n.isDown() || to.isDown() {
			continue
		}
		if st := to.hands.here(PhoneRef{name, phone}); st != nil {
			l := &innerLeg{Station: st, done: make(chan struct{})}
			for _, end := range []*node{n, to} {
				end.mu.Lock()
				end.legs = append(end.legs, l)
				end.mu.Unlock()
			}
			n.office.work.Go(func() {
				select {
				case <-st.Done():
					l.cut()
				case <-l.done:
				}
			})
			return l, nil
		}
	}
	return nil, errDown
}

func (n *node) isDown() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.down
}

// innerLeg is the way to a phone of another node: hanging it up leaves the phone up.
type innerLeg struct {
	Station
	once sync.Once
	done chan struct{}
}

func (l *innerLeg) cut()                   { l.once.Do(func() { close(l.done) }) }
func (l *innerLeg) Done() <-chan struct{}  { return l.done }
func (l *innerLeg) Hangup(context.Context) { l.cut() }

// takeFloor begins a brain, which knows the campaigns.
func (o *office) takeFloor() *Engine {
	s := o.settings
	s.Node = "brain"
	e := NewFloor(s, o.records, o.nodes[0].trunk)
	hard, leave := context.WithCancel(context.Background())
	ended := make(chan struct{})
	o.mu.Lock()
	campaigns := o.latest
	o.mu.Unlock()
	o.work.Go(func() {
		defer close(ended)
		_ = e.Run(context.Background(), hard)
	})
	for _, c := range campaigns {
		if err := e.Apply(context.Background(), c); err != nil {
			o.t.Errorf("apply: %v", err)
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.brain, o.leave, o.ended = e, leave, ended // hands come when it knows the campaigns
	return e
}

// kill ends the brain, as a node does that dies: nobody hears of it.
func (o *office) kill() {
	o.mu.Lock()
	e, leave, ended := o.brain, o.leave, o.ended
	o.brain = nil
	o.mu.Unlock()
	if e == nil {
		return
	}
	for _, n := range o.nodes {
		n.mu.Lock()
		if n.pipe != nil {
			_ = n.pipe.Close()
		}
		n.mu.Unlock()
	}
	leave()
	<-ended
}

// apply tells the brain, and all that come after it.
func (o *office) apply(c campaigns.Campaign) {
	o.t.Helper()
	o.mu.Lock()
	o.latest = append(o.latest, c)
	e := o.brain
	o.mu.Unlock()
	if e != nil {
		if err := e.Apply(context.Background(), c); err != nil {
			o.t.Fatal(err)
		}
	}
}

// agent signs an agent in at a node, ready.
func (o *office) agent(n *node, id int64, of ...int64) *memStation {
	o.t.Helper()
	st := newStation(o.t, fmt.Sprintf("agent %d", id))
	info := AgentInfo{ID: id, Login: fmt.Sprintf("agent%d", id), Name: fmt.Sprintf("Agent %d", id), Campaigns: of}
	o.until(10*time.Second, "signed in", func() bool { return n.hands.SignIn(context.Background(), info, st) == nil })
	if err := o.brain.Ready(context.Background(), id); err != nil {
		o.t.Fatal(err)
	}
	return st
}

// wrapUps makes agents finish wrap-up after d, with the present brain.
func (o *office) wrapUps(e *Engine, d time.Duration) {
	notices := e.Subscribe(context.Background())
	o.work.Go(func() {
		for n := range notices {
			if n.Kind == NoticeAgent && n.Agent.State == StateWrapUp {
				id := n.Agent.ID
				time.AfterFunc(d, func() { _ = e.WrapUpDone(context.Background(), id) })
			}
		}
	})
}

func (o *office) until(limit time.Duration, what string, ok func() bool) {
	o.t.Helper()
	(&house{t: o.t}).until(limit, what, ok)
}

func (o *office) state(agent int64) State {
	a, ok := o.brain.Agent(agent)
	if !ok {
		return StateOffline
	}
	return a.State
}

func (o *office) view(id int64) CampaignView {
	o.t.Helper()
	return (&house{t: o.t, engine: o.brain}).view(id)
}

// close ends everything and checks the laws.
func (o *office) close() {
	o.t.Helper()
	o.kill()
	for _, n := range o.nodes {
		n.soft()
	}
	for _, n := range o.nodes {
		<-n.gone
		n.hard()
		if len(n.trunk.live) > 0 {
			o.t.Errorf("%d lines of node %s are left in use", len(n.trunk.live), n.name)
		}
	}
	o.store.set(func() {
		for _, c := range o.store.contacts { // leases of a brain that died: the store takes them back
			if c.State == campaigns.ContactLeased {
				c.State = campaigns.ContactReady
			}
		}
	})
	o.store.checkLaws()
}

func officeCampaign(id int64, change func(*campaigns.Campaign)) campaigns.Campaign {
	return (&house{}).campaign(id, change)
}

// occupied is the share of the agents' time that they talked.
func (o *office) occupied(agents int, d time.Duration) float64 {
	var talk time.Duration
	for _, a := range o.store.rows() {
		if !a.BridgedAt.IsZero() {
			talk += a.EndedAt.Sub(a.BridgedAt)
		}
	}
	return talk.Seconds() / (float64(agents) * d.Seconds())
}

func TestOneCampaignOverThreeNodesKeepsItsAgentsAsBusyAsOverOne(t *testing.T) {
	const agents, shift = 60, 25 * time.Minute
	share := make(map[int]float64)
	for _, nodes := range []int{1, 3} {
		bubble(t, func(t *testing.T) {
			o := newOffice(t, nodes, mixed(7, 0.35, 60*time.Second))
			o.store.load(1, 12000)
			e := o.takeFloor()
			o.wrapUps(e, 10*time.Second)
			o.apply(officeCampaign(1, func(c *campaigns.Campaign) { c.Retry = nil }))
			for id := range int64(agents) {
				o.agent(o.nodes[int(id)%nodes], id+1, 1)
			}
			time.Sleep(shift)
			v := o.view(1)
			perNode := make([]int, nodes)
			for i, n := range o.nodes {
				perNode[i] = n.trunk.count()
			}
			share[nodes] = o.occupied(agents, shift)
			t.Logf("%d nodes: %.3f of the time talked, %d placed (by node %v), %d answered, %d abandoned", nodes, share[nodes], v.Totals.Placed, perNode, v.Totals.Answered, v.Totals.Abandoned)
			if float64(v.Totals.Abandoned) > 0.03*float64(v.Totals.Answered) {
				t.Errorf("%d of %d were abandoned", v.Totals.Abandoned, v.Totals.Answered)
			}
			for i, n := range perNode {
				if n < v.Totals.Placed/nodes/2 {
					t.Errorf("node %d has placed %d of %d calls", i+1, n, v.Totals.Placed)
				}
			}
			o.close()
		})
	}
	if d := share[3] - share[1]; d < -0.02 || d > 0.02 {
		t.Errorf("three nodes: %.3f of the time talked, one node: %.3f", share[3], share[1])
	}
}
