package dialer

import (
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/pacing"
)

// legalPeriod is the length of the period over which abandonment is measured:
// the campaign's first thirty days, each successive thirty days or portion
// (16 CFR 310.4(b)(4)(i), 47 CFR 64.1200(a)(7)).
const legalPeriod = 30 * 24 * time.Hour

// account is the ledger of the running legal period, restored from the store
// at start and counted on by the loop.
type account struct {
	origin time.Time
	period Period
}

// newAccount opens the period that holds now. Periods are counted from origin,
// the campaign's creation.
func newAccount(origin, now time.Time) account {
	if origin.IsZero() || origin.After(now) {
		origin = now
	}
	elapsed := now.Sub(origin).Truncate(legalPeriod)
	from := origin.Add(elapsed)
	return account{origin: origin, period: Period{From: from, To: from.Add(legalPeriod)}}
}

// restore takes what the store has counted of the period so far.
func (a *account) restore(t campaigns.Tally) {
	a.period.Answered, a.period.Abandoned = int(t.Live), int(t.Abandoned)
}

// turn opens the next period when this one is over, and tells whether it did.
func (a *account) turn(now time.Time) bool {
	if now.Before(a.period.To) {
		return false
	}
	*a = newAccount(a.origin, now)
	return true
}

func (a *account) answered()  { a.period.Answered++ }
func (a *account) abandoned() { a.period.Abandoned++ }

// ledger is the account as pacing knows it.
func (a *account) ledger(until time.Time) pacing.Ledger {
	return pacing.Ledger{Answered: float64(a.period.Answered), Abandoned: float64(a.period.Abandoned), Until: until}
}

// perMinute counts events over the last minute of the dialer's world.
type perMinute struct {
	speed   float64
	seconds [60]int
	at      int64 // the second counted last
}

func (r *perMinute) add(at time.Time) {
	r.turn(at)
	r.seconds[r.at%60]++
}

func (r *perMinute) turn(now time.Time) {
	second := int64(float64(now.UnixMilli()) / 1000 * max(1, r.speed))
	if second-r.at >= 60 || second < r.at {
		r.seconds, r.at = [60]int{}, second
		return
	}
	for r.at < second {
		r.at++
		r.seconds[r.at%60] = 0
	}
}

// value is how many in the last minute.
func (r *perMinute) value(now time.Time) float64 {
	r.turn(now)
	sum := 0
	for _, n := range r.seconds {
		sum += n
	}
	return float64(sum)
}
