package dialer

import (
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/abandonment"
	"github.com/forecall/forecall/campaigns/rules"
	"github.com/forecall/forecall/pacing"
)

// account is what may still be abandoned under every limit of a campaign: what
// the store has counted, read again every few seconds, and beside it the calls of
// the loop that the store does not have yet.
//
//	store --standings, every 10 s--> base --+
//	                                        +--> the tightest binds --> pacing's ledger, cap and target
//	answered, abandoned --------> beside ---+
type account struct {
	zone    *time.Location
	own     abandonment.Rule // as the campaign is set now, which may be newer than the store's answer
	limits  []limit          // the campaign's own first
	binding int
	asking  bool // the store is being asked
	closed  []callCount
}

// limit is one of them.
type limit struct {
	abandonment.Standing
	answered, abandoned int // calls of the loop beside it
}

// callCount is what a call that is over counted as.
type callCount struct {
	country   string
	abandoned bool
}

// newAccount opens the account with what the store has counted. Without any
// standing it is the campaign's own limit in a period that begins today.
func newAccount(c campaigns.Campaign, standings []abandonment.Standing, now time.Time) account {
	zone, err := rules.Location(c.ReportingZone())
	if err != nil {
		zone = time.UTC
	}
	a := account{zone: zone, own: c.OwnLimit()}
	if len(standings) == 0 {
		standings = []abandonment.Standing{{Rule: a.own, Period: a.own.Window.At(now, now, zone)}}
	}
	a.take(standings, nil)
	return a
}

// take replaces the base. Open are the calls that the store may not have counted
// yet: those of the loop, and those that were over while it was asked. One that it
// has counted meanwhile counts twice until it is asked again: rather too strict for
// ten seconds than too lax.
func (a *account) take(standings []abandonment.Standing, open []callCount) {
	a.limits = make([]limit, len(standings))
	for i, s := range standings {
		a.limits[i].Standing = s
		if s.Rule.ID == campaigns.OwnLimitID {
			a.limits[i].Rule = a.own
		}
	}
	for _, c := range open {
		a.answer(c.country)
		if c.abandoned {
			a.abandon(c.country)
		}
	}
	a.asking, a.closed = false, nil
	a.bind()
}

// under takes the limit that the campaign's manager has changed.
func (a *account) under(own abandonment.Rule) {
	a.own = own
	for i := range a.limits {
		if a.limits[i].Rule.ID == campaigns.OwnLimitID {
			a.limits[i].Rule = own
		}
	}
	if len(a.limits) > 0 {
		a.bind()
	}
}

// answer counts a person who answered, in a country if it is known.
func (a *account) answer(country string) { a.count(country, func(l *limit) { l.answered++ }) }

// abandon counts one of them for whom nobody came in time.
func (a *account) abandon(country string) { a.count(country, func(l *limit) { l.abandoned++ }) }

func (a *account) count(country string, note func(*limit)) {
	for i := range a.limits {
		l := &a.limits[i]
		if counted := l.Rule.Countries; country == "" || len(counted) == 0 || slices.Contains(counted, country) {
			note(l)
		}
	}
	a.bind()
}

// turn opens the next period of every limit whose period is over, and tells
// whether there was one.
func (a *account) turn(now time.Time) bool {
	turned := false
	for i := range a.limits {
		l := &a.limits[i]
		if l.Rule.Window.Unit == abandonment.Rolling || now.Before(l.Period.To) {
			continue
		}
		next := limit{Standing: abandonment.Standing{Rule: l.Rule, Sample: l.Sample}}
		next.Period = l.Rule.Window.At(now, l.Period.From, a.zone)
		*l, turned = next, true
	}
	if turned {
		a.bind()
	}
	return turned
}

// rate is the limit's share as it stands, the loop's calls included.
func (l *limit) rate() abandonment.Rate {
	return abandonment.Rate{Above: l.Rate.Above + float64(l.abandoned), Below: l.Rate.Below + float64(l.answered)}
}

// slack is how many calls may be abandoned on the way to what is aimed at.
func (l *limit) slack() float64 {
	r := l.rate()
	return l.Rule.Aim()*r.Below - r.Above
}

// bind finds the tightest limit: the one that leaves the fewest calls on the way
// to its aim; of two alike the lower one.
func (a *account) bind() {
	a.binding = 0
	for i := range a.limits {
		l, best := &a.limits[i], &a.limits[a.binding]
		if !l.Rule.Binds() {
			continue
		}
		if s, b := l.slack(), best.slack(); s < b || (s == b && l.Rule.Aim() < best.Rule.Aim()) {
			a.binding = i
		}
	}
}

// bound is the limit that binds.
func (a *account) bound() *limit { return &a.limits[a.binding] }

// spent is the limit of which nothing is left, of those that hold at every moment;
// nil = none.
func (a *account) spent() *limit {
	for i := range a.limits {
		if l := &a.limits[i]; l.Rule.Binds() && l.Rule.Act == abandonment.AtOnce && l.rate().Budget(l.Rule.Max) < 1 {
			return l
		}
	}
	return nil
}

// over is a limit that is exceeded by more than the first calls of a period can
// help: so many have answered that one could have been abandoned. Nil = none.
func (a *account) over() *limit {
	for i := range a.limits {
		l := &a.limits[i]
		if r := l.rate(); l.Rule.Binds() && r.Budget(l.Rule.Max) < 0 && r.Below*l.Rule.Max >= 1 {
			return l
		}
	}
	return nil
}

// policy is the pacing policy under the limit that binds.
func (a *account) policy(p pacing.Policy) pacing.Policy {
	l := a.bound()
	p.Cap, p.Target = l.Rule.Max, l.Rule.ActAt
	return p
}

// ledger is the account as pacing knows it.
func (a *account) ledger(until time.Time) pacing.Ledger {
	r := a.bound().rate()
	return pacing.Ledger{Answered: r.Below, Abandoned: r.Above, Until: until}
}

// ends is when the period of the limit that binds ends; zero = it goes along with
// time.
func (a *account) ends() time.Time {
	if l := a.bound(); l.Rule.Window.Unit != abandonment.Rolling {
		return l.Period.To
	}
	return time.Time{}
}

// period is the campaign's own account, for people.
func (a *account) period() Period {
	if len(a.limits) == 0 {
		return Period{}
	}
	l := &a.limits[0]
	r := l.rate()
	return Period{From: l.Period.From, To: l.Period.To, Answered: int(r.Below), Abandoned: int(r.Above)}
}

// budgets are all limits, for people.
func (a *account) budgets() []Budget {
	out := make([]Budget, len(a.limits))
	for i := range a.limits {
		l := &a.limits[i]
		r := l.rate()
		out[i] = Budget{
			Rule: l.Rule.ID, Label: l.Rule.Label, Cite: l.Rule.Cite, Max: l.Rule.Max, ActAt: l.Rule.Aim(), Act: string(l.Rule.Act),
			From: l.Period.From, To: l.Period.To, Answered: r.Below, Abandoned: r.Above, Estimated: l.FalsePositives,
			Left: r.Budget(l.Rule.Max), Share: r.Share(), Projected: l.Projected, Binding: i == a.binding, Advisory: !l.Rule.Binds(),
		}
	}
	return out
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
