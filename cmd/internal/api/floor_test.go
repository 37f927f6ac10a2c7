package api

import (
	"context"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// fakeFloor is a floor without calls: agents change state when they are told
// to, and a test puts calls on their lines. It stands for the engine.
type fakeFloor struct {
	mu        sync.Mutex
	agents    map[int64]campaigns.AgentStatus
	calls     map[int64]campaigns.CurrentCall
	applied   []campaigns.Campaign
	withdrawn []string
	halted    []campaigns.Stop
	hungUp    []int64
	snapshot  campaigns.FloorSnapshot
	watchers  map[int64][]chan struct{}
	plans     map[int64][]campaigns.Break
	fail      error         // of the next Apply
	ringing   time.Duration // of an agent's phone
}

func newFakeFloor() *fakeFloor {
	return &fakeFloor{
		agents: map[int64]campaigns.AgentStatus{}, calls: map[int64]campaigns.CurrentCall{},
		watchers: map[int64][]chan struct{}{}, plans: map[int64][]campaigns.Break{},
	}
}

// change does something to one agent and wakes who watches.
func (f *fakeFloor) change(agent int64, do func()) {
	f.mu.Lock()
	defer f.mu.Unlock()
	do()
	for _, c := range f.watchers[agent] {
		select {
		case c <- struct{}{}:
		default:
		}
	}
}

func (f *fakeFloor) state(agent int64, s campaigns.AgentState, reason string) error {
	f.change(agent, func() {
		a := f.agents[agent]
		a.State, a.Reason, a.Since = s, reason, time.Now()
		f.agents[agent] = a
		if c, ok := f.calls[agent]; ok {
			c.State, c.Since = s, a.Since
			f.calls[agent] = c
		}
	})
	return nil
}

// bridge gives an agent a call.
func (f *fakeFloor) bridge(agent int64, c campaigns.CurrentCall, s campaigns.AgentState) {
	f.change(agent, func() {
		c.State, c.Since = s, time.Now()
		f.calls[agent] = c
		a := f.agents[agent]
		a.State, a.Attempt, a.Since = s, c.Attempt, c.Since
		f.agents[agent] = a
	})
}

func (f *fakeFloor) SignIn(ctx context.Context, u campaigns.User, _ []campaigns.Campaign, _ campaigns.Handset) error {
	if err := ring(ctx, f.ringing); err != nil {
		return err
	}
	f.change(u.ID, func() {
		f.agents[u.ID] = campaigns.AgentStatus{
			Agent: u.ID, Login: u.Login, Name: u.Name, State: campaigns.AgentPaused, Reason: "signed in", Since: time.Now(),
		}
	})
	return nil
}

func (f *fakeFloor) SignOut(_ context.Context, agent int64) error {
	f.change(agent, func() { delete(f.agents, agent); delete(f.calls, agent) })
	return nil
}

func (f *fakeFloor) Agent(agent int64) (campaigns.AgentStatus, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	a, ok := f.agents[agent]
	return a, ok
}

func (f *fakeFloor) Ready(_ context.Context, agent int64) error {
	return f.state(agent, campaigns.AgentReady, "")
}

func (f *fakeFloor) Pause(_ context.Context, agent int64, reason string) error {
	return f.state(agent, campaigns.AgentPaused, reason)
}

func (f *fakeFloor) WrapUpDone(_ context.Context, agent int64) error {
	f.change(agent, func() {
		delete(f.calls, agent)
		a := f.agents[agent]
		a.State, a.Attempt, a.Since = campaigns.AgentReady, "", time.Now()
		f.agents[agent] = a
	})
	return nil
}

func (f *fakeFloor) Current(agent int64) (campaigns.CurrentCall, bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c, ok := f.calls[agent]
	return c, ok
}

func (f *fakeFloor) HangUp(_ context.Context, agent int64) error {
	f.mu.Lock()
	f.hungUp = append(f.hungUp, agent)
	f.mu.Unlock()
	return f.state(agent, campaigns.AgentWrapUp, "")
}

func (f *fakeFloor) Finishing(_ context.Context, agent int64) error {
	f.change(agent, func() {
		c := f.calls[agent]
		c.Finishing = true
		f.calls[agent] = c
	})
	return nil
}

func (f *fakeFloor) Step(_ context.Context, agent int64, step string) error {
	f.change(agent, func() {
		c := f.calls[agent]
		c.Step = step
		f.calls[agent] = c
	})
	return nil
}

func (f *fakeFloor) PlanBreaks(_ context.Context, agent int64, plan []campaigns.Break) error {
	f.change(agent, func() {
		f.plans[agent] = plan
		a := f.agents[agent]
		a.LeavesAt = time.Time{}
		if len(plan) > 0 {
			a.LeavesAt = plan[0].From
		}
		f.agents[agent] = a
	})
	return nil
}

func (f *fakeFloor) Withdraw(number string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.withdrawn = append(f.withdrawn, number)
}

func (f *fakeFloor) WithdrawAll(entries []campaigns.DoNotCall) error {
	for _, d := range entries {
		f.Withdraw(d.Number)
	}
	return nil
}

func (f *fakeFloor) Dial(_ context.Context, agent int64) error {
	return f.state(agent, campaigns.AgentReserved, "")
}

func (f *fakeFloor) Skip(ctx context.Context, agent int64, _ string) error {
	return f.WrapUpDone(ctx, agent)
}

func (f *fakeFloor) Apply(_ context.Context, c campaigns.Campaign) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.applied = append(f.applied, c)
	err := f.fail
	f.fail = nil
	return err
}

func (f *fakeFloor) Snapshot() campaigns.FloorSnapshot {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := f.snapshot
	s.At = time.Now()
	return s
}

func (f *fakeFloor) show(s campaigns.FloorSnapshot) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.snapshot = s
}

func (f *fakeFloor) Watch(ctx context.Context, agent int64) <-chan struct{} {
	c := make(chan struct{}, 1)
	f.mu.Lock()
	f.watchers[agent] = append(f.watchers[agent], c)
	f.mu.Unlock()
	return c
}
