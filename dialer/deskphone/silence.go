package deskphone

import "time"

// silence is the clock that runs while nothing comes from a phone.
type silence struct {
	C     <-chan time.Time // when to look
	limit time.Duration
	heard func() time.Time
	held  func() bool

	quiet time.Time // since when nothing came that should have
	asked time.Time
}

// silence returns the clock of a station, and what stops it.
func (s *station) silence() (*silence, func()) {
	limit := s.phones.settings.SilenceLimit
	c := &silence{limit: limit, heard: s.session.Heard, held: s.sound.Held}
	if limit < 0 {
		return c, func() {} // a nil channel is never due
	}
	tick := time.NewTicker(limit / 10)
	c.C = tick.C
	return c, tick.Stop
}

// tooLong reports that the phone has sent, and has stopped for longer than the
// limit. Time on hold does not count, nor does time in which we were not
// running ourselves: a paused process hears nobody.
func (s *silence) tooLong(now time.Time) bool {
	heard := s.heard()
	slept := !s.asked.IsZero() && now.Sub(s.asked) > s.limit/2
	s.asked = now
	switch {
	case heard.IsZero():
		return false // the first sound is waited for elsewhere
	case s.held(), slept, heard.After(s.quiet):
		s.quiet = now
		if !s.held() && !slept {
			s.quiet = heard
		}
	}
	return now.Sub(s.quiet) > s.limit
}
