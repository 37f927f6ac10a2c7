package sim

import (
	"reflect"
	"testing"
	"time"

	"github.com/forecall/forecall/pacing"
)

func same(a, b Result) bool { return reflect.DeepEqual(a, b) }

// witness notes who was met and what came of it, by place in the list.
type witness struct {
	Pacer
	world *world
	met   map[uint64]fate
	slots map[pacing.CallID]uint64
	busy  map[pacing.AgentID]uint64
	order []uint64
}

type fate struct {
	ending ending
	rang   time.Duration
	talked time.Duration
	since  time.Time
}

func (w *witness) Apply(e pacing.Event) {
	slot := int(e.Call & (1<<slotBits - 1))
	switch e.Kind {
	case pacing.CallPlaced:
		k := w.world.calls[slot]
		w.slots[e.Call] = k.contact
		w.order = append(w.order, k.contact)
		w.met[k.contact] = fate{since: e.At}
	case pacing.CallAnswered, pacing.CallFailed, pacing.CallNoAnswer:
		f := w.met[w.slots[e.Call]]
		f.rang = e.At.Sub(f.since)
		f.ending = map[pacing.Kind]ending{pacing.CallAnswered: byPerson, pacing.CallFailed: byFailure, pacing.CallNoAnswer: byTimeout}[e.Kind]
		w.met[w.slots[e.Call]] = f
	case pacing.CallBridged:
		w.busy[e.Agent] = w.slots[e.Call]
		f := w.met[w.slots[e.Call]]
		f.since = e.At
		w.met[w.slots[e.Call]] = f
	case pacing.AgentWrapUp:
		f := w.met[w.busy[e.Agent]]
		f.talked = e.At.Sub(f.since)
		w.met[w.busy[e.Agent]] = f
	}
	w.Pacer.Apply(e)
}

func watch(t *testing.T, s Scenario, policy string) *witness {
	t.Helper()
	e, _, err := find(policy, nil)
	if err != nil {
		t.Fatal(err)
	}
	p, err := e.New(Setup{Scenario: s, Start: startOfShift, Seed: 5})
	if err != nil {
		t.Fatal(err)
	}
	w := &witness{Pacer: p, met: map[uint64]fate{}, slots: map[pacing.CallID]uint64{}, busy: map[pacing.AgentID]uint64{}}
	w.world = newWorld(s, e, w, 5, time.Second)
	if _, err := w.world.run(t.Context()); err != nil {
		t.Fatal(err)
	}
	return w
}

func TestEveryPolicyMeetsTheSamePeopleInTheSameOrder(t *testing.T) {
	s := Default()
	s.Agents, s.Shift, s.FastFail.Share = 6, 2*time.Hour, 0.2
	s.Odds.Spread = 0.5
	one, other := watch(t, s, "progressive"), watch(t, s, "predictive")
	if len(one.order) < 500 || len(other.order) < 500 || len(one.order) == len(other.order) {
		t.Fatalf("%d and %d calls placed", len(one.order), len(other.order))
	}
	for i := range min(len(one.order), len(other.order)) {
		if one.order[i] != uint64(i) || other.order[i] != uint64(i) {
			t.Fatalf("call %d went to contacts %d and %d", i, one.order[i], other.order[i])
		}
	}
	resolved, talked := 0, 0
	for i, a := range one.met {
		b := other.met[i]
		if a.ending == 0 || b.ending == 0 {
			continue
		}
		resolved++
		if a.ending != b.ending || a.rang != b.rang {
			t.Fatalf("contact %d: %+v and %+v", i, a, b)
		}
		if a.talked > 0 && b.talked > 0 {
			talked++
			if a.talked != b.talked {
				t.Fatalf("contact %d talks for %s and %s", i, a.talked, b.talked)
			}
		}
	}
	if resolved < 500 || talked < 100 {
		t.Fatalf("%d resolved and %d talked under both", resolved, talked)
	}
}
