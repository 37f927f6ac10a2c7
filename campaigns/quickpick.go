package campaigns

import (
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// quickPicks are times that are often agreed, by the person's own clock. Those
// of the clock are left out when they are over for today.
func quickPicks(w rules.Week, zones []string, now time.Time) []QuickPick {
	loc := time.UTC
	if len(zones) > 0 {
		if there, err := rules.Location(zones[0]); err == nil {
			loc = there
		}
	}
	local := now.In(loc)
	clock := func(days, hour int) time.Time {
		return time.Date(local.Year(), local.Month(), local.Day()+days, hour, 0, 0, 0, loc)
	}
	picks := []QuickPick{
		{Name: "In 30 minutes", At: now.Add(30 * time.Minute)},
		{Name: "In 2 hours", At: now.Add(2 * time.Hour)},
		{Name: "This evening", At: clock(0, 18)},
		{Name: "Tomorrow morning", At: clock(1, 10)},
		{Name: "Tomorrow evening", At: clock(1, 18)},
		{Name: "In a week", At: now.AddDate(0, 0, 7)},
	}
	out := picks[:0]
	for _, p := range picks {
		p.At = p.At.UTC().Truncate(time.Minute)
		if p.At.Before(now.Add(10 * time.Minute)) {
			continue
		}
		p.Due, p.Allowed = callable(w, zones, p.At)
		out = append(out, p)
	}
	return out
}

// thereAt writes a time by the clock of a zone: Mon 23 Nov 09:00.
func thereAt(at time.Time, zone string) string {
	if loc, err := rules.Location(zone); err == nil {
		at = at.In(loc)
	}
	return at.Format("Mon 2 Jan 15:04")
}
