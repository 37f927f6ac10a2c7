package redis

import (
	"fmt"
	"math"
	"time"
)

// Figures of turns. SPACE in limits.lua is a second and late.
const (
	ahead = 200 * time.Millisecond // how far ahead turns are given out
	late  = 40 * time.Millisecond  // how late a turn may be used
	space = 1.04                   // seconds in which as many turns are given out as a second allows
)

// stake is what one node has of one trunk. It is plain memory: whoever owns it
// guards it and tells it the time.
type stake struct {
	trunk Trunk

	pace  growing // calls a second that are this node's when Redis is silent
	floor growing // lines that are this node's when it never was in a pool

	allotted int // lines that nobody else will take
	held     int // lines in use, at most allotted

	turn time.Time // the last one that the node gave itself
	born int64     // the pool it was last in, by Redis' clock; 0: none yet
	cut  bool      // another node came while Redis was gone

	askers []*asker // wait for Redis, first come first

	// As the pool last told:
	free int
	rate float64 // calls a second of all nodes that are in it
	next time.Time
}

// asker is a call that waits for Redis' answer.
type asker struct {
	line, turn bool // what it lacks
	answer     chan grant
	withdrawn  bool
}

// grant is what an asker is told.
type grant struct {
	from, until time.Time
	err         error
}

// members takes note of who shares the trunk; it grows after so long.
func (s *stake) members(now time.Time, rank, nodes int, after time.Duration) {
	before := s.floor.is
	s.pace.tell(now, part(s.trunk.CPS, rank, nodes), after)
	s.floor.tell(now, part(float64(s.trunk.Lines), rank, nodes), after)
	s.cut = s.cut || s.floor.is < before
}

// cutBack fits the lines of a node that is apart to its part: a node that never
// was lent any has that, and one that shares with more than before gives up what
// is above it, as its calls end.
func (s *stake) cutBack(apart bool) {
	switch {
	case !apart:
		s.cut = false
	case s.cut:
		s.allotted = max(s.held, min(s.allotted, int(s.floor.is)))
	case s.born == 0:
		s.allotted = max(s.allotted, int(s.floor.is))
	}
}

// strand is for a node that others may have taken off the list: what it does not
// use is not its own any more.
func (s *stake) strand() {
	s.pace, s.floor = growing{}, growing{}
	s.allotted = s.held
}

// line takes a line of the node's own; false when none is left.
func (s *stake) line() bool {
	if s.held >= s.allotted {
		return false
	}
	s.held++
	return true
}

// own gives the node a turn of its own share.
func (s *stake) own(now time.Time) grant {
	if s.pace.is <= 0 {
		return grant{from: now.Add(ahead), err: fmt.Errorf("the limit of %g calls a second is shared with other nodes, and they cannot be asked", s.trunk.CPS)}
	}
	from := now
	if next := s.turn.Add(interval(s.pace.is)); next.After(from) {
		from = next
	}
	if from.Sub(now) > ahead {
		return grant{from: from.Add(-ahead), err: fmt.Errorf("this node's share, %.3g of %g calls a second, is used", s.pace.is, s.trunk.CPS)}
	}
	s.turn = from
	return grant{from: from, until: from.Add(late)}
}

// interval is the time between two turns at so many calls a second.
func interval(cps float64) time.Duration {
	return time.Duration(math.Ceil(space / cps * float64(time.Second)))
}

// home is how many lines the node keeps though it needs none, so that it can
// call when Redis is gone: half of its part.
func (s *stake) home() int { return int(math.Ceil(s.floor.to / 2)) }

// wish is how many lines the node would have now: those in use, those asked for,
// and some more, so that few calls have to wait for an answer.
func (s *stake) wish() (lines, need int) {
	for _, a := range s.askers {
		if a.line && !a.withdrawn {
			need++
		}
	}
	lines = s.held + need + 1 + int(s.floor.to)/8
	return min(s.trunk.Lines, max(lines, s.home())), need
}

// heard takes the askers off for whom a word was said, the first ones. Those who
// came while it was on its way wait for the next.
func (s *stake) heard(askers int) []*asker {
	first := s.askers[:askers]
	s.askers = s.askers[askers:]
	return first
}

// settle gives the askers of a word what it brought, and refuses the others.
func (s *stake) settle(now time.Time, askers int, turns []grant) {
	for _, a := range s.heard(askers) {
		if a.withdrawn {
			continue
		}
		if a.line && !s.line() {
			a.answer <- grant{from: now.Add(ahead), err: fmt.Errorf("all %d lines are in use on all nodes together", s.trunk.Lines)}
			continue
		}
		switch {
		case !a.turn:
			a.answer <- grant{}
		case len(turns) > 0:
			a.answer <- turns[0]
			turns = turns[1:]
		default:
			s.held--
			a.answer <- grant{from: s.next.Add(-ahead), err: fmt.Errorf("the limit of %g calls a second of all nodes is reached", s.trunk.CPS)}
		}
	}
}

// refuse tells the askers of a word that there is no answer.
func (s *stake) refuse(now time.Time, askers int, err error) {
	for _, a := range s.heard(askers) {
		if a.withdrawn {
			continue
		}
		if !a.line {
			s.held--
		}
		a.answer <- grant{from: now.Add(late), err: err}
	}
}
