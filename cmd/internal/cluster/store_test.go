package cluster

import (
	"context"
	"errors"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/forecall/forecall/campaigns"
)

// shared is the store of a house in memory, whose clock is the test's.
type shared struct {
	mu     sync.Mutex // guards what follows
	nodes  map[int64]*campaigns.Node
	duty   campaigns.Duty
	away   bool           // nothing is answered
	nobody bool           // that is so is known to who leads
	leads  map[string]int // who leads at this moment, and how often at once
	worst  int            // most that led at once
	begun  map[string]int
	dead   map[string]bool // nodes whose machine says that nobody has the port
	closed []int64         // nodes whose calls were closed
	cut    []int64         // nodes whose connection to the store was ended
	ended  []string        // nodes that were told of the end of their life
}

// seat is the store as one node sees it.
type seat struct {
	*shared
	self  int64
	epoch int64
	froze chan struct{} // while open: the process sleeps
}

var errAway = errors.New("the store is away")

func (s *seat) do(ctx context.Context, f func() error) error {
	s.mu.Lock()
	froze, away := s.froze, s.away
	s.mu.Unlock()
	if froze != nil {
		<-froze
	}
	if away {
		<-ctx.Done()
		return errAway
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return f()
}

func (s *seat) alive() error {
	if n := s.nodes[s.self]; n == nil || n.Epoch != s.epoch || !n.State.Alive() {
		return campaigns.ErrFenced
	}
	return nil
}

func (s *seat) Join(ctx context.Context, name, address, version string) (out campaigns.Node, err error) {
	err = s.do(ctx, func() error {
		n := s.nodes[s.self]
		if n == nil {
			n = &campaigns.Node{ID: s.self, Name: name, Address: address, Version: version}
			s.nodes[s.self] = n
		}
		n.Epoch++
		n.State, n.BeatAt = campaigns.NodeJoining, time.Now()
		s.epoch, out = n.Epoch, *n
		return nil
	})
	return out, err
}

func (s *seat) Beat(ctx context.Context) error {
	return s.do(ctx, func() error {
		if err := s.alive(); err != nil {
			return err
		}
		s.nodes[s.self].BeatAt = time.Now()
		return nil
	})
}

func (s *seat) SetNodeState(ctx context.Context, state campaigns.NodeState) error {
	return s.do(ctx, func() error {
		if err := s.alive(); err != nil {
			return err
		}
		s.nodes[s.self].State = state
		return nil
	})
}

func (s *seat) Nodes(ctx context.Context) (out []campaigns.Node, err error) {
	err = s.do(ctx, func() error {
		for _, id := range slices.Sorted(maps.Keys(s.nodes)) {
			n := *s.nodes[id]
			n.Silent = time.Since(n.BeatAt)
			out = append(out, n)
		}
		return nil
	})
	return out, err
}

func (s *seat) end(id int64, as campaigns.NodeState) {
	n := s.nodes[id]
	n.State = as
	n.Epoch++
	s.closed = append(s.closed, id)
	if s.duty.Node == id {
		s.duty.Node = 0
	}
}

func (s *seat) Disconnect(_ context.Context, id int64, silent time.Duration) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if time.Since(s.nodes[id].BeatAt) < silent {
		return campaigns.ErrNodeAlive
	}
	s.cut = append(s.cut, id)
	return nil
}

func (s *seat) EndNode(ctx context.Context, id int64, silent time.Duration) ([]campaigns.Attempt, error) {
	return nil, s.do(ctx, func() error {
		n := s.nodes[id]
		switch {
		case !n.State.Alive():
			return nil
		case time.Since(n.BeatAt) < silent:
			return campaigns.ErrNodeAlive
		}
		s.end(id, campaigns.NodeFenced)
		return nil
	})
}

func (s *seat) Leave(ctx context.Context) ([]campaigns.Attempt, error) {
	return nil, s.do(ctx, func() error {
		if err := s.alive(); err != nil {
			return err
		}
		s.end(s.self, campaigns.NodeGone)
		return nil
	})
}

func (s *seat) TakeDuty(ctx context.Context, name string, lasts time.Duration) (fence int64, err error) {
	err = s.do(ctx, func() error {
		if err := s.alive(); err != nil {
			return err
		}
		if d := s.duty; d.Node != 0 && d.Node != s.self && time.Now().Before(d.Until) {
			return campaigns.ErrDutyTaken
		}
		s.duty = campaigns.Duty{Name: name, Node: s.self, Fence: s.duty.Fence + 1, Until: time.Now().Add(lasts)}
		fence = s.duty.Fence
		return nil
	})
	return fence, err
}

func (s *seat) KeepDuty(ctx context.Context, _ string, fence int64, lasts time.Duration) error {
	return s.do(ctx, func() error {
		if err := s.alive(); err != nil {
			return err
		}
		if s.duty.Node != s.self || s.duty.Fence != fence {
			return campaigns.ErrSuperseded
		}
		s.duty.Until = time.Now().Add(lasts)
		return nil
	})
}

func (s *seat) ReleaseDuty(ctx context.Context, _ string, fence int64) error {
	return s.do(ctx, func() error {
		if s.duty.Node == s.self && s.duty.Fence == fence {
			s.duty.Node = 0
		}
		return nil
	})
}

func (s *seat) Duties(ctx context.Context) (out []campaigns.Duty, err error) {
	err = s.do(ctx, func() error {
		d := s.duty
		if !time.Now().Before(d.Until) {
			d.Node = 0 // as a store tells of one that was not kept
		}
		out = []campaigns.Duty{d}
		return nil
	})
	return out, err
}
