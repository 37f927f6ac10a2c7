package dialer

import (
	"math"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// This file is what a campaign makes of knowing who would answer: pacing is
// told the odds of the contacts at hand, and chooses among them.

// oddsGrain is how many grades of odds there are up to the campaign's mean: finer
// than they are known, and short on tape.
const oddsGrain = 100

// look asks for the odds of the contacts that could be placed now; nil when the
// campaign does not use them.
func (l *Loop) look(now time.Time) []float64 {
	l.window = l.window[:0]
	if l.policy.Mode != pacing.Preview {
		l.window = l.contacts.Odds(now, l.window)
	}
	if len(l.window) == 0 {
		return nil
	}
	for i, x := range l.window {
		l.window[i] = max(1, math.Round(x*oddsGrain)) / oddsGrain
	}
	return l.window
}

// take takes the i-th contact that the decision wants placed, with its odds: as
// picked, and beyond the window in order. One that may not be dialed any more at
// this last moment is replaced by the next.
func (l *Loop) take(i int, now time.Time) (campaigns.Contact, float64, bool) {
	if picks := l.decision.Picks; i < len(picks) {
		i = picks[i]
	}
	if i < len(l.window) {
		if p, ok := l.contacts.Pick(now, i); ok {
			l.fed = now
			return p, l.window[i], true
		}
	}
	p, ok := l.next(now)
	return p, 0, ok
}
