package api

import (
	"maps"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns"
	"github.com/forecall/forecall/campaigns/rules"
)

// period is what is asked for: a stretch, or the day that runs.
func (in *dayInput) period(now time.Time) (from, to time.Time, err error) {
	loc := time.Local
	if in.Zone != "" {
		if loc, err = rules.Location(in.Zone); err != nil {
			return from, to, &campaigns.Problem{Kind: campaigns.KindInvalid, Code: "zone_invalid", Text: "That is not a time zone.", Cause: err}
		}
	}
	from, to = in.From, in.To
	if from.IsZero() {
		year, month, day := now.In(loc).Date()
		from = time.Date(year, month, day, 0, 0, 0, 0, loc)
	}
	if to.IsZero() {
		to = from.In(loc).AddDate(0, 0, 1)
	}
	return from, to, nil
}

func dayOf(d campaigns.Day) Day {
	return Day{
		From: d.From.UTC(), To: d.To.UTC(), Calls: d.Calls, Talk: d.Talk.Seconds(), Wait: d.Wait.Seconds(), WrapUp: d.WrapUp.Seconds(),
		Paused: d.Paused.Seconds(), SignedIn: d.SignedIn.Seconds(), Sales: d.Sales, Sold: moneyOf(d.Sold), Worth: moneyOf(d.Worth),
		Appointments: d.Appointments, Surveys: d.Surveys, Callbacks: d.Callbacks, Earned: moneyOf(d.Earned), Target: DayTarget(d.Target), Outcomes: d.Outcomes,
	}
}

// moneyOf lists amounts by currency.
func moneyOf(by map[string]int64) []Money {
	out := []Money{}
	for _, currency := range slices.Sorted(maps.Keys(by)) {
		out = append(out, Money{Currency: currency, Amount: by[currency], Digits: campaigns.Digits(currency)})
	}
	return out
}

// localTime writes an instant by the clock of a zone; nothing when either is
// not known.
func localTime(at time.Time, zone string) string {
	loc, err := rules.Location(zone)
	if err != nil || at.IsZero() {
		return ""
	}
	return at.In(loc).Format(time.RFC3339)
}
