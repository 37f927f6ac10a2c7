package dialer

import (
	"context"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/pacing"
	"github.com/forecall/forecall/pacing/tape"
)

// house is an engine with everything around it in memory.
type house struct {
	t      testing.TB
	store  *memStore
	trunk  *memTrunk
	engine *Engine
	soft   context.CancelFunc
	hard   context.CancelFunc
	ended  chan struct{}
	phones map[int64]*memStation
	robots sync.WaitGroup
	wire   *wire // between brain and hands; nil = they are in one process
}

// always is a message of four seconds.
func message(campaigns.Campaign) (map[string]media.Prompt, error) {
	return map[string]media.Prompt{"": media.Silence(4 * time.Second)}, nil
}

func newHouse(t testing.TB, callee func(string) callee) *house {
	h := &house{t: t, store: newMemStore(t), ended: make(chan struct{}), phones: make(map[int64]*memStation)}
	h.trunk = newMemTrunk(t, callee)
	h.engine = NewEngine(Settings{Messages: message, Log: slog.New(slog.NewTextHandler(t.Output(), &slog.HandlerOptions{Level: slog.LevelWarn}))}, h.store, h.trunk)
	if overWire {
		h.wire = part(t, h.engine)
	}
	return h
}

func (h *house) run() {
	soft, stopSoft := context.WithCancel(context.Background())
	hard, stopHard := context.WithCancel(context.Background())
	h.soft, h.hard = stopSoft, stopHard
	h.t.Cleanup(func() { // of a test that failed half way: nothing may hang
		stopHard()
		<-h.ended
		h.robots.Wait()
	})
	go func() {
		defer close(h.ended)
		if err := h.engine.Run(soft, hard); err != nil {
			h.t.Errorf("run: %v", err)
		}
	}()
}

// stop ends softly and checks the laws.
func (h *house) stop() {
	h.t.Helper()
	h.soft()
	<-h.ended
	h.hard()
	h.robots.Wait()
	h.store.checkLaws()
	h.checkTapes()
	if len(h.trunk.live) > 0 {
		h.t.Errorf("%d lines are left in use", len(h.trunk.live))
	}
}

// checkTapes decides again what was decided: the same events to the same code
// give the same decisions, bit for bit.
func (h *house) checkTapes() {
	h.t.Helper()
	for id, tapes := range h.store.tapes {
		var all [][]byte
		for _, m := range tapes {
			all = append(all, m.tape)
		}
		r, err := tape.Replay(all, nil, nil)
		if err != nil || (r.Different > 0 && !r.Inexact) {
			h.t.Errorf("campaign %d: %d of %d decisions come out otherwise, the first: %+v (%v)", id, r.Different, r.Looks, r.First, err)
		}
	}
}

// told returns the events that pacing was told of a campaign, after the end.
func (h *house) told(campaign int64) []pacing.Event {
	h.t.Helper()
	var all []pacing.Event
	for _, m := range h.store.tapes[campaign] {
		h.must(tape.Read(m.tape, func(l tape.Line) error {
			if l.Event != nil {
				all = append(all, *l.Event)
			}
			return nil
		}))
	}
	return all
}

func (h *house) must(err error) {
	h.t.Helper()
	if err != nil {
		h.t.Fatal(err)
	}
}

// campaign is a predictive one that is always open.
func (h *house) campaign(id int64, change func(*campaigns.Campaign)) campaigns.Campaign {
	c := campaigns.NewCampaign(fmt.Sprintf("campaign-%d", id))
	c.ID, c.Status, c.Windows, c.CreatedAt = id, campaigns.Running, rules.Always(), time.Now()
	c.Trunks = []string{"mem"}
	if change != nil {
		change(&c)
	}
	return c
}

func (h *house) apply(c campaigns.Campaign) {
	h.t.Helper()
	h.must(h.engine.Apply(context.Background(), c))
}

// agent signs an agent in and, when ready, makes them take calls.
func (h *house) agent(id int64, ready bool, campaigns ...int64) *memStation {
	h.t.Helper()
	st := newStation(h.t, fmt.Sprintf("agent %d", id))
	h.phones[id] = st
	info := AgentInfo{ID: id, Login: fmt.Sprintf("agent%d", id), Name: fmt.Sprintf("Agent %d", id), Campaigns: campaigns}
	h.must(h.engine.SignIn(context.Background(), info, st))
	if ready {
		h.must(h.engine.Ready(context.Background(), id))
	}
	return st
}

// wrapUps makes every agent finish wrap-up after d, and dial previews.
func (h *house) wrapUps(d func() time.Duration) {
	notices := h.engine.Subscribe(context.Background())
	h.robots.Go(func() {
		for n := range notices {
			if n.Kind == NoticeResync {
				h.t.Error("the robots were too slow")
			}
			if n.Kind != NoticeAgent {
				continue
			}
			id := n.Agent.ID
			switch n.Agent.State {
			case StateWrapUp:
				time.AfterFunc(d(), func() { _ = h.engine.WrapUpDone(context.Background(), id) })
			case StatePreview:
				time.AfterFunc(d(), func() { _ = h.engine.Dial(context.Background(), id) })
			}
		}
	})
}

func (h *house) view(id int64) CampaignView {
	h.t.Helper()
	for _, c := range h.engine.Snapshot().Campaigns {
		if c.ID == id {
			return c
		}
	}
	h.t.Fatalf("campaign %d is not shown", id)
	return CampaignView{}
}

func (h *house) state(agent int64) State {
	a, ok := h.engine.Agent(agent)
	if !ok {
		return StateOffline
	}
	return a.State
}

// until waits in the bubble's time until ok, at most limit.
func (h *house) until(limit time.Duration, what string, ok func() bool) {
	h.t.Helper()
	step := min(max(limit/5000, time.Millisecond), 250*time.Millisecond)
	for end := time.Now().Add(limit); !ok(); time.Sleep(step) {
		if time.Now().After(end) {
			h.t.Fatalf("after %s still not: %s", limit, what)
		}
	}
}

// mixed draws callees as a list has them: answered, not answered, busy, gone.
func mixed(seed uint64, answered float64, talk time.Duration) func(string) callee {
	var mu sync.Mutex
	rng := rand.New(rand.NewPCG(seed, 7))
	return func(string) callee {
		mu.Lock()
		defer mu.Unlock()
		c := callee{
			setup: time.Duration(200+rng.IntN(1500)) * time.Millisecond,
			ring:  time.Duration(3000+rng.IntN(15000)) * time.Millisecond, fate: campaigns.Connected,
			talk:     time.Duration(float64(talk) * rng.ExpFloat64()),
			patience: time.Duration(500+rng.IntN(60000)) * time.Millisecond,
		}
		switch x := rng.Float64(); {
		case x < answered:
		case x < answered+(1-answered)*0.7:
			c.ring = time.Hour
		case x < answered+(1-answered)*0.9:
			c.fate, c.ring = campaigns.Busy, time.Second
		default:
			c.fate, c.ring = campaigns.Invalid, 0
		}
		return c
	}
}

func bubble(t *testing.T, f func(t *testing.T)) {
	t.Helper()
	synctest.Test(t, f)
}
