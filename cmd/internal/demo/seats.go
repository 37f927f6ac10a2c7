package demo

import (
	"time"

	"github.com/forecall/forecall/dialer"
)

// seats is what the agents did, as the floor published it: every state with
// the instant at which it began, so that looking now and then loses nothing
// but states shorter than the time between two looks.
type seats struct{ of map[int64][]spell }

// spell is the beginning of a state.
type spell struct {
	state dialer.State
	since time.Time
}

// look takes in a snapshot.
func (s *seats) look(snap dialer.Snapshot) {
	if s.of == nil {
		s.of = map[int64][]spell{}
	}
	here := map[int64]bool{}
	for _, a := range snap.Agents {
		here[a.ID] = true
		s.note(a.ID, spell{a.State, a.Since})
	}
	for id := range s.of {
		if !here[id] {
			s.note(id, spell{dialer.StateOffline, snap.At})
		}
	}
}

func (s *seats) note(id int64, next spell) {
	before := s.of[id]
	if n := len(before); n > 0 && (before[n-1] == next || next.state == dialer.StateOffline && before[n-1].state == next.state) {
		return
	}
	s.of[id] = append(before, next)
}

// labour is what the agents did between two instants.
type labour struct {
	worked, present time.Duration
	waits           []time.Duration // from ready to the next conversation
}

func (s *seats) between(from, to time.Time) labour {
	var l labour
	for _, spells := range s.of {
		l.add(spells, from, to)
	}
	return l
}

func (l *labour) add(spells []spell, from, to time.Time) {
	var idle time.Time // since when
	for i, sp := range spells {
		end := to
		if i+1 < len(spells) {
			end = spells[i+1].since
		}
		lasted := within(sp.since, end, from, to)
		switch sp.state {
		case dialer.StateTalking, dialer.StateWrapUp:
			l.worked += lasted
			l.present += lasted
		case dialer.StateOffline, dialer.StatePaused:
		default:
			l.present += lasted
		}
		switch sp.state {
		case dialer.StateReady, dialer.StateReserved:
			if idle.IsZero() {
				idle = sp.since
			}
			continue
		case dialer.StateTalking:
			l.wait(idle, sp.since, from, to)
		}
		idle = time.Time{}
	}
}

// wait counts the time without work before a conversation that began at a
// moment of the shift.
func (l *labour) wait(idle, talks, from, to time.Time) {
	if talks.Before(from) || !talks.Before(to) {
		return
	}
	if idle.IsZero() {
		idle = talks // too short to be seen
	}
	if idle.Before(from) {
		idle = from
	}
	l.waits = append(l.waits, talks.Sub(idle))
}

// within is how much of the time from a to b lies between from and to.
func within(a, b, from, to time.Time) time.Duration {
	if a.Before(from) {
		a = from
	}
	if b.After(to) {
		b = to
	}
	return max(0, b.Sub(a))
}
