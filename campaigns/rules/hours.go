package rules

import (
	"fmt"
	"sync"
	"time"

	_ "time/tzdata" // windows must not depend on what the host has installed
)

// horizon bounds the search for the next open moment.
const horizon = 8 * 24 * time.Hour

// locations caches loaded zones: LoadLocation costs 17 us each time.
var locations sync.Map // string -> *time.Location

// Location loads an IANA zone by name. "Local" and the empty name are refused:
// the place of the called person never depends on where the program runs.
func Location(name string) (*time.Location, error) {
	if loc, ok := locations.Load(name); ok {
		return loc.(*time.Location), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone of a called person", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	locations.Store(name, loc)
	return loc, nil
}

func hoursRule(f Facts, now time.Time) Verdict {
	name, ok := closedZone(f.Week, f.Zones, now, f.Margin)
	if ok {
		return Verdict{Rule: Hours, OK: true}
	}
	v := Verdict{Rule: Hours, Detail: "no time zone is known"}
	if name != "" {
		loc, _ := Location(name)
		v.Detail = fmt.Sprintf("it is %s in %s, outside the calling window (or within %s of its end)",
			now.In(loc).Format("Mon 15:04"), name, f.Margin)
	}
	v.Next, _ = NextOpen(f.Week, f.Zones, now, f.Margin)
	return v
}

// closedZone returns the first zone whose window is not open from t to
// t+margin; ok means that every zone is open.
func closedZone(w Week, zones []string, t time.Time, margin time.Duration) (name string, ok bool) {
	for _, name := range zones {
		loc, err := Location(name)
		if err != nil {
			return "", false
		}
		if !w.Open(t.In(loc)) || !w.Open(t.Add(margin).In(loc)) {
			return name, false
		}
	}
	return "", len(zones) > 0
}

// OpenAt tells whether the window is open in every zone from t to t+margin.
func OpenAt(w Week, zones []string, t time.Time, margin time.Duration) bool {
	_, ok := closedZone(w, zones, t, margin)
	return ok
}

// NextOpen finds the first minute at or after t at which the window is open in
// every zone, within eight days; ok is false when there is none, as for zones
// whose windows never meet.
func NextOpen(w Week, zones []string, t time.Time, margin time.Duration) (next time.Time, ok bool) {
	if w.Empty() || len(zones) == 0 {
		return time.Time{}, false
	}
	if OpenAt(w, zones, t, margin) {
		return t, true
	}
	for at := t.Truncate(time.Minute).Add(time.Minute); at.Before(t.Add(horizon)); at = at.Add(time.Minute) {
		if OpenAt(w, zones, at, margin) {
			return at, true
		}
	}
	return time.Time{}, false
}
