package carrier

import (
	"math/rand/v2"
	"sync"
	"time"

	"github.com/forecall/forecall/dialer/media"
	"github.com/forecall/forecall/pacing/sim"
)

// Dawn says when the shift of Settings.Day began. Before, everybody behaves as
// in its first moment.
func (c *Carrier) Dawn(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.dawn = at
}

// hour is the time of the shift, on the people's clock.
func (c *Carrier) hour(dawn time.Time) time.Duration {
	if dawn.IsZero() {
		return 0
	}
	return max(0, time.Duration(float64(time.Since(dawn))*c.settings.Speed))
}

// personOf draws who is called at a time of a scenario's shift, with the same
// distributions and in the same order of chances as a simulated contact.
func personOf(s *sim.Scenario, at time.Duration, r *rand.Rand) sim.Callee {
	odds := 1 + s.Odds.Spread
	if r.Float64() < 0.5 {
		odds = 1 - s.Odds.Spread
	}
	share, _ := s.Answer.At(at)
	answers, fails := r.Float64() < odds*share, r.Float64() < s.FastFail.Share
	switch {
	case answers:
		ring := s.Ring.Draw(r)
		talk, _ := s.Talk.At(at + ring)
		return sim.Callee{Kind: sim.Person, Ring: ring, Talk: talk.Draw(r)}
	case fails:
		return sim.Callee{Kind: sim.Busy, Ring: s.FastFail.Draw(r)}
	default:
		return sim.Callee{Kind: sim.Silent, Ring: s.NoAnswer.Draw(r)}
	}
}

// firstWord is closed when the first sound arrives.
func firstWord(session *media.Session) <-chan struct{} {
	heard := make(chan struct{})
	var once sync.Once
	session.Connect(media.SinkFunc(func(media.Frame) error {
		once.Do(func() { close(heard) })
		return nil
	}))
	return heard
}
