package campaigns

import (
	"context"
	"errors"
	"testing"
	"time"
)

// town is a house of nodes in memory.
type town []Node

func (t town) Nodes(context.Context) ([]Node, error) { return t, nil }
func (t town) Duties(context.Context) ([]Duty, error) {
	return []Duty{{Name: "floor", Node: 2}, {Name: "another", Node: 1}}, nil
}
func (t town) NodeLines(context.Context) (map[int64]int, error) {
	return map[int64]int{1: 2, 2: 3}, nil
}
func (t town) DrainNode(_ context.Context, name string, drain bool, by string) error {
	for i := range t {
		if t[i].Name == name {
			t[i].Drain = map[bool]string{true: by}[drain]
			return nil
		}
	}
	return ErrNotFound
}

func threeNodes() town {
	return town{
		{ID: 1, Name: "ben", State: NodeUp, Silent: time.Second, Version: "1", Schema: 36},
		{ID: 2, Name: "ada", State: NodeUp, Silent: time.Second},
		{ID: 3, Name: "aaa", State: NodeGone, Silent: time.Hour},
	}
}

// watch knows of one phone, and of a trunk at its safe share.
type watch struct{}

func (watch) Phones() map[string]int { return map[string]int{"ben": 7} }
func (watch) Barred(context.Context) map[string][]NodeBar {
	bar := []NodeBar{{Code: BarClock, Why: "the clock is 5 s ahead"}}
	return map[string][]NodeBar{"ben": bar, "aaa": bar}
}
func (watch) SafeShares() []TrunkShare { return []TrunkShare{{Trunk: "main", CPS: 1, AllCPS: 3}} }

func TestANodeThatLivesSaysWhyItCallsNobody(t *testing.T) {
	all, err := NewNodes(threeNodes(), threeNodes(), watch{}).List(t.Context(), User{Role: Manager})
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range all {
		if said := len(n.Barred) > 0; said != (n.Name == "ben") {
			t.Errorf("%s (%s): %+v", n.Name, n.State, n.Barred)
		}
	}
}

func TestSafeSharesAreToldToWhomTheNodesAreShown(t *testing.T) {
	nodes := NewNodes(threeNodes(), threeNodes(), watch{})
	if got, err := nodes.SafeShares(t.Context(), User{Role: Supervisor}); err != nil || len(got) != 1 || got[0].Trunk != "main" {
		t.Errorf("%+v, %v", got, err)
	}
	if got, err := nodes.SafeShares(t.Context(), User{Role: Agent}); !errors.Is(err, ErrForbidden) || got != nil {
		t.Errorf("an agent reads them: %+v, %v", got, err)
	}
	if got, err := NewNodes(threeNodes(), threeNodes(), nil).SafeShares(t.Context(), User{Role: Manager}); err != nil || got != nil {
		t.Errorf("nobody watches: %+v, %v", got, err)
	}
}

func TestTheNodesOfAHouseAreListedWithWhatTheyDo(t *testing.T) {
	house := threeNodes()
	nodes := NewNodes(house, house, watch{})
	all, err := nodes.List(t.Context(), User{Role: Supervisor})
	if err != nil || len(all) != 3 {
		t.Fatal(all, err)
	}
	leader, hands, gone := all[0], all[1], all[2]
	if leader.Name != "ada" || leader.Role != "floor" || leader.Lines != 3 || leader.Drained() {
		t.Errorf("who leads: %+v", leader)
	}
	if hands.Name != "ben" || hands.Role != "hands" || hands.Lines != 2 || hands.Agents != 7 || hands.Schema != 36 || hands.Drained() {
		t.Errorf("the other: %+v", hands)
	}
	if gone.Name != "aaa" || gone.Role != "none" || gone.Alive() || !gone.Drained() {
		t.Errorf("who is gone: %+v", gone)
	}
	if _, err := nodes.List(t.Context(), User{Role: Agent}); !errors.Is(err, ErrForbidden) {
		t.Errorf("an agent reads them: %v", err)
	}
}

func TestANodeIsDrainedByNameButNeverTheLastThatTakesWork(t *testing.T) {
	house := threeNodes()
	nodes, boss := NewNodes(house, house, nil), User{Login: "boss", Role: Manager}
	code := func(err error) string {
		var p *Problem
		if errors.As(err, &p) {
			return p.Code
		}
		return ""
	}
	if err := nodes.Drain(t.Context(), User{Role: Supervisor}, "ada"); !errors.Is(err, ErrForbidden) {
		t.Errorf("a supervisor drains: %v", err)
	}
	if err := nodes.Drain(t.Context(), boss, "cyd"); code(err) != "node_not_found" {
		t.Errorf("nobody's node: %v", err)
	}
	if err := nodes.Drain(t.Context(), boss, "ada"); err != nil || house[1].Drain != "boss" {
		t.Errorf("%v, %+v", err, house[1])
	}
	if err := nodes.Drain(t.Context(), boss, "ben"); code(err) != "last_node" || house[0].Drain != "" {
		t.Errorf("the last: %v, %+v", err, house[0])
	}
	if err := nodes.Undrain(t.Context(), boss, "ada"); err != nil || house[1].Drain != "" {
		t.Errorf("%v, %+v", err, house[1])
	}
	house[1].Silent = time.Minute
	if err := nodes.Drain(t.Context(), boss, "ben"); code(err) != "last_node" {
		t.Errorf("the other is silent: %v", err)
	}
	if err := NewNodes(town{}, town{}, nil).Drain(t.Context(), boss, "ben"); code(err) != "stands_alone" {
		t.Errorf("alone: %v", err)
	}
}
