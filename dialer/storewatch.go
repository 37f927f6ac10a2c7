package dialer

import (
	"errors"
	"fmt"
	"time"

	"github.com/forecall/forecall/campaigns"
)

const (
	// storeSlow is how long a row may take to be written before dialing stops:
	// calls that are begun seconds late meet other agents than they were meant for.
	storeSlow = time.Second
	// A failing store is tried again with one call after these pauses.
	storeFirstPause = time.Second
	storeLastPause  = 2 * time.Second // one call each two seconds finds a store that is back soon, and hammers none
)

// storeWatch decides whether the ledger can be trusted with the new calls of one
// node: the store may answer the others. What cannot be recorded is not placed.
type storeWatch struct {
	pending   int       // rows that are being written
	answered  time.Time // when the store did anything last, or got its first row
	err       error     // of the last try to begin; nil = it worked
	pause     time.Duration
	retryAt   time.Time
	unwritten int // outcomes that the store has refused so far
	clockRest time.Time
	clockWhy  string // what the store says of the clock; empty = nothing
}

func (s *storeWatch) beginning(now time.Time) {
	if s.pending == 0 {
		s.answered = now
	}
	s.pending++
}

func (s *storeWatch) wrote(at time.Time) {
	s.pending, s.answered = max(0, s.pending-1), at
	s.err, s.pause, s.clockWhy = nil, 0, ""
}

// passed takes a row back that the store was not asked for.
func (s *storeWatch) passed() { s.pending = max(0, s.pending-1) }

func (s *storeWatch) failed(at time.Time, err error, clock bool) {
	s.pending, s.answered = max(0, s.pending-1), at
	if clock {
		s.clockRest, s.clockWhy = at.Add(clockSettle), ownWords(err)
		return
	}
	s.err = err
	if at.Before(s.retryAt) {
		return // another row of the same moment
	}
	s.pause = min(max(storeFirstPause, 2*s.pause), storeLastPause)
	s.retryAt = at.Add(s.pause)
}

// clockError is what the store says of the clock, without what was tried.
func clockError(err error) error {
	last := func(e error) bool { return e == campaigns.ErrClock || e == campaigns.ErrClockOff }
	for next := errors.Unwrap(err); errors.Is(next, campaigns.ErrClock) && !last(next); next = errors.Unwrap(err) {
		err = next
	}
	return err
}

// ownWords is what the store says of the clock, without what was tried.
func ownWords(err error) string {
	err = clockError(err)
	if errors.Is(err, campaigns.ErrClockOff) {
		return err.Error() // nobody can acknowledge that
	}
	return err.Error() + "; when it is right, say so: forecall clock acknowledge"
}

// clock tells whether calling windows cannot be judged by the clock now.
func (s *storeWatch) clock(now time.Time) (Why, bool) {
	why := Why{Cause: CauseClockJumped, Text: s.clockWhy, Until: s.clockRest}
	if why.Text == "" {
		why.Text = "the clock was set; calling windows are not judged until it has been steady for a minute"
	}
	return why, now.Before(s.clockRest)
}

// down tells whether nothing may be begun, with the reason.
func (s *storeWatch) down(now time.Time) (text string, until time.Time, down bool) {
	switch {
	case s.unwritten > 0:
		return fmt.Sprintf("the store does not take the outcomes of %d calls", s.unwritten), time.Time{}, true
	case s.pending > 0 && now.Sub(s.answered) > storeSlow:
		return fmt.Sprintf("the store has not answered for %s", now.Sub(s.answered).Round(time.Second)), time.Time{}, true
	case s.err != nil && (now.Before(s.retryAt) || s.pending > 0):
		return "the store is failing: " + s.err.Error(), s.retryAt, true
	}
	return "", time.Time{}, false
}

// probing tells whether the next call is the one that tries a failing store.
func (s *storeWatch) probing() bool { return s.err != nil }

// ledger is the watch over the store as a node has it.
func (l *Loop) ledger(hands *crew) *storeWatch {
	w := l.stores[hands]
	if w == nil {
		w = &storeWatch{}
		l.stores[hands] = w
	}
	return w
}

// storeBars tells whether the store lets no node that is reached begin a call, with
// the reason of the first.
func (l *Loop) storeBars(now time.Time) (why Why, bars bool) {
	for _, hands := range l.crews {
		if !hands.reached() {
			continue
		}
		first, down := l.storeBarsAt(hands, now)
		if !down {
			return Why{}, false
		}
		if !bars {
			why, bars = first, true
		}
	}
	return why, bars
}

// storeBarsAt is the same for one node.
func (l *Loop) storeBarsAt(hands *crew, now time.Time) (Why, bool) {
	s := l.ledger(hands)
	if why, jumped := s.clock(now); jumped {
		return why, true
	}
	text, until, down := s.down(now)
	return Why{Cause: CauseStoreFailing, Text: text, Until: until}, down
}

// probing tells whether every node that may begin a call would try a failing store.
func (l *Loop) probing(now time.Time) bool {
	for _, hands := range l.crews {
		if _, down := l.storeBarsAt(hands, now); !down && hands.reached() && !l.ledger(hands).probing() {
			return false
		}
	}
	return true
}
