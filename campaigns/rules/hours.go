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
		if !w.openFor(t.In(loc), margin) {
			return name, false
		}
	}
	return "", len(zones) > 0
}

// openFor tells whether the window is open from t to t+margin: at both ends, and
// at every minute between them, where a break may lie.
func (w Week) openFor(t time.Time, margin time.Duration) bool {
	for ahead := time.Duration(0); ahead < margin; ahead += time.Minute {
		if !w.Open(t.Add(ahead)) {
			return false
		}
	}
	return w.Open(t.Add(margin))
}

// OpenAt tells whether the window is open in every zone from t to t+margin.
func OpenAt(w Week, zones []string, t time.Time, margin time.Duration) bool {
	_, ok := closedZone(w, zones, t, margin)
	return ok
}

// NextOpen finds the first minute at or after t at which the window is open in
// every zone, within eight days; ok is false when there is none, as for zones
// whose windows never meet. It goes from one edge of a window or change of the
// clocks to the next, and finds what walking minute by minute would find.
func NextOpen(w Week, zones []string, t time.Time, margin time.Duration) (next time.Time, ok bool) {
	places, err := locate(zones)
	if err != nil || w.Empty() || len(places) == 0 {
		return time.Time{}, false
	}
	if OpenAt(w, zones, t, margin) {
		return t, true
	}
	end := t.Add(horizon)
	for at := nextMinute(t); at.Before(end); {
		later := at
		for _, loc := range places {
			for ahead := time.Duration(0); ; ahead = min(ahead+time.Minute, margin) {
				if open := w.openFrom(later.Add(ahead).In(loc), end.Add(margin)); open.After(later.Add(ahead)) {
					later = ceilMinute(open.Add(-ahead))
				}
				if ahead >= margin {
					break
				}
			}
		}
		if later.Equal(at) {
			return at, true
		}
		at = later
	}
	return time.Time{}, false
}

func locate(zones []string) ([]*time.Location, error) {
	places := make([]*time.Location, len(zones))
	for i, name := range zones {
		loc, err := Location(name)
		if err != nil {
			return nil, err
		}
		places[i] = loc
	}
	return places, nil
}

func nextMinute(t time.Time) time.Time { return t.Truncate(time.Minute).Add(time.Minute) }

func ceilMinute(t time.Time) time.Time {
	if floor := t.Truncate(time.Minute); !floor.Equal(t) {
		return floor.Add(time.Minute)
	}
	return t
}

// openFrom is the first instant at or after t at which the wall clock of t's
// location stands inside a window, but not later than the limit, which it
// returns instead. Within a stretch without a change of the clocks the wall
// clock runs like any other; at a change it is read anew.
func (w Week) openFrom(t, limit time.Time) time.Time {
	for t.Before(limit) {
		if w.Open(t) {
			return t
		}
		_, change := t.ZoneBounds()
		next := w.edge(t)
		if !change.IsZero() && !next.Before(change) {
			next = change.In(t.Location())
		}
		t = next
	}
	return limit
}

// edge is the next beginning of a window on t's day, or else its next midnight,
// as if the clocks did not change.
func (w Week) edge(t time.Time) time.Time {
	minute := t.Hour()*60 + t.Minute()
	next := minutesPerDay
	for _, s := range w[t.Weekday()] {
		if s.From > minute && s.From < next {
			next = s.From
		}
	}
	return t.Truncate(time.Minute).Add(time.Duration(next-minute) * time.Minute)
}
