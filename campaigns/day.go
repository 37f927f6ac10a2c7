package campaigns

import (
	"maps"
	"slices"
	"time"
)

// Talk counts conversations for a campaign.
type Talk struct {
	Campaign int64
	Calls    int64
	Time     time.Duration
}

// Day is what an agent did within a period, for themselves: times from the
// spells, calls and what came of them from the ledger.
type Day struct {
	From, To time.Time

	Calls    int64 // conversations that are over
	Talk     time.Duration
	Wait     time.Duration // ready, and a phone that rings
	WrapUp   time.Duration
	Paused   time.Duration // and resting
	SignedIn time.Duration

	Sales        int
	Sold         map[string]int64 // first bills, by currency
	Worth        map[string]int64 // until the subscriptions may end
	Appointments int
	Surveys      int
	Callbacks    int
	Earned       map[string]int64 // commission, by currency
	Target       DayTarget        // of the campaigns worked for, the greatest of each
	Outcomes     map[string]int   // dispositions by code
}

// NewDay adds up a period from how the time was spent, the conversations and the
// dispositions. What is earned follows the rule that was in force when the call
// began, the target that of today.
func NewDay(from, to time.Time, spent []SpellTotal, talks []Talk, said []Call, rules map[int64]Campaign) Day {
	d := Day{From: from, To: to, Sold: map[string]int64{}, Worth: map[string]int64{}, Earned: map[string]int64{}, Outcomes: map[string]int{}}
	worked := map[int64]bool{}
	for _, s := range spent {
		d.spend(s)
		worked[s.Campaign] = true
	}
	for _, t := range talks {
		d.Calls += t.Calls
		worked[t.Campaign] = true
	}
	for _, c := range said {
		worked[c.Attempt.Campaign] = true
		rule := rules[c.Attempt.Campaign]
		if c.Settings != nil {
			rule = *c.Settings
		}
		if c.Disposition != nil {
			d.add(*c.Disposition, rule)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(worked)) {
		d.Target = d.Target.greater(rules[id].Commission.DayTarget)
	}
	return d
}

func (d *Day) spend(s SpellTotal) {
	d.SignedIn += s.Duration
	switch s.State {
	case AgentTalking, AgentElsewhere:
		d.Talk += s.Duration
	case AgentReady, AgentReserved, AgentPreview:
		d.Wait += s.Duration
	case AgentWrapUp:
		d.WrapUp += s.Duration
	case AgentPaused, AgentResting:
		d.Paused += s.Duration
	}
}

func (d *Day) add(said Disposition, c Campaign) {
	d.Outcomes[said.Code]++
	if s := said.Sale; s != nil {
		d.Sales++
		d.Sold[s.Currency] += s.Total()
		d.Worth[s.Currency] += s.Value()
	}
	if said.Appointment != nil {
		d.Appointments++
	}
	if said.Callback != nil {
		d.Callbacks++
	}
	if c.isSurvey(said) {
		d.Surveys++
	}
	for currency, amount := range c.Earned([]Disposition{said}) {
		d.Earned[currency] += amount
	}
}

// greater takes the greater of each target.
func (t DayTarget) greater(o DayTarget) DayTarget {
	return DayTarget{
		Sales: max(t.Sales, o.Sales), Appointments: max(t.Appointments, o.Appointments), Surveys: max(t.Surveys, o.Surveys), Calls: max(t.Calls, o.Calls),
	}
}
