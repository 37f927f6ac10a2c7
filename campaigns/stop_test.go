package campaigns

import (
	"context"
	"errors"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// slowFloor takes its time, and a stop is thrown meanwhile.
type slowFloor struct {
	mu   sync.Mutex
	last []Stop
	err  error
}

func (f *slowFloor) Halt(holding []Stop) error {
	time.Sleep(time.Second / time.Duration(len(holding)+1)) // who knows less takes longer
	f.mu.Lock()
	defer f.mu.Unlock()
	f.last = holding
	return f.err
}

type stopShelf struct {
	mu  sync.Mutex
	all []Stop
}

func (s *stopShelf) ThrowStop(_ context.Context, stop Stop) (Stop, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	stop.ID = int64(len(s.all) + 1)
	s.all = append(s.all, stop)
	return stop, nil
}

func (s *stopShelf) LiftStop(context.Context, int64, string, string) error { return nil }

func (s *stopShelf) Stops(context.Context, bool, int) ([]Stop, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.all), nil
}

func TestOfStopsThatAreThrownInOneMomentTheFloorIsToldAll(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		floor := &slowFloor{}
		stops, by := NewStops(&stopShelf{}, floor), User{Login: "cora", Role: Compliance}
		const many = 20
		var all sync.WaitGroup
		for range many {
			all.Go(func() {
				if _, err := stops.Throw(t.Context(), by, Stop{Scope: StopHouse, Reason: "a complaint"}); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		if len(floor.last) != many {
			t.Errorf("%d stops hold, and the floor knows %d", many, len(floor.last))
		}
	})
}

func TestAStopThatDidNotReachEveryCallSaysSo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		floor := &slowFloor{err: errors.New("campaign 3 did not answer")}
		thrown, err := NewStops(&stopShelf{}, floor).Throw(t.Context(), User{Login: "cora", Role: Compliance}, Stop{Scope: StopHouse, Reason: "a complaint"})
		late, ok := errors.AsType[*Problem](err)
		if !ok || late.Kind != KindUnavailable || late.Code != "stop_late" || thrown.ID == 0 {
			t.Errorf("%+v, %v", thrown, err)
		}
	})
}
