package dialer

import (
	"context"
	"slices"
	"sync"

	"github.com/forecall/forecall/campaigns"
)

// memTalks keeps what happens during calls, in memory.
type memTalks struct {
	mu         sync.Mutex
	events     []campaigns.CallEvent
	sides      map[string]campaigns.SideLeg
	listed     map[string]bool // numbers that must not be called
	recordings []campaigns.Recording
	failEvents error
	failSave   error
}

func (s *memTalks) AddCallEvents(_ context.Context, events []campaigns.CallEvent) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failEvents != nil {
		return s.failEvents
	}
	s.events = append(s.events, events...)
	return nil
}

func (s *memTalks) BeginSide(_ context.Context, leg *campaigns.SideLeg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.listed[leg.Number] {
		return campaigns.ErrListed
	}
	if s.sides == nil {
		s.sides = make(map[string]campaigns.SideLeg)
	}
	s.sides[leg.ID] = *leg
	return nil
}

func (s *memTalks) EndSide(_ context.Context, leg campaigns.SideLeg) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sides[leg.ID] = leg
	return nil
}

func (s *memTalks) SaveRecording(_ context.Context, r campaigns.Recording) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.failSave != nil {
		return s.failSave
	}
	s.recordings = append(s.recordings, r)
	return nil
}

// set changes something under the lock.
func (s *memTalks) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
}

// kinds are those of the events so far, in order of time.
func (s *memTalks) kinds() []campaigns.CallEventKind {
	s.mu.Lock()
	defer s.mu.Unlock()
	all := slices.Clone(s.events)
	slices.SortStableFunc(all, func(a, b campaigns.CallEvent) int { return a.At.Compare(b.At) })
	var out []campaigns.CallEventKind
	for _, e := range all {
		out = append(out, e.Kind)
	}
	return out
}

// legs are the side legs, by intent.
func (s *memTalks) legs() []campaigns.SideLeg {
	s.mu.Lock()
	defer s.mu.Unlock()
	var all []campaigns.SideLeg
	for _, l := range s.sides {
		all = append(all, l)
	}
	slices.SortFunc(all, func(a, b campaigns.SideLeg) int { return a.IntentAt.Compare(b.IntentAt) })
	return all
}

// saved are the recordings so far.
func (s *memTalks) savedRecordings() []campaigns.Recording {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.recordings)
}
