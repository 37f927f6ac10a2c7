package internalleg

import "time"

// silence is the clock that runs while nothing comes from the other node.
type silence struct {
	limit time.Duration
	since time.Time // the last sound, the answer, or when we ran again
	asked time.Time
}

func newSilence(limit time.Duration, now time.Time) *silence {
	return &silence{limit: limit, since: now, asked: now}
}

// look is how often to ask.
func (s *silence) look() time.Duration { return s.limit / 15 }

// tooLong reports that nothing was heard for longer than the limit. Time in
// which we were not running ourselves does not count: a stopped process hears
// nobody.
func (s *silence) tooLong(now, heard time.Time) bool {
	slept := now.Sub(s.asked) > s.limit/2
	s.asked = now
	if heard.After(s.since) {
		s.since = heard
	}
	if slept {
		s.since = now
	}
	return now.Sub(s.since) > s.limit
}
