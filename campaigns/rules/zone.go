package rules

import (
	"fmt"
	"math"
	"sync"
	"sync/atomic"
	"time"

	_ "time/tzdata" // windows must not depend on what the host has installed
)

// zones caches loaded zones: LoadLocation costs 17 us each time.
var zones sync.Map // string -> *zone

// zone is an IANA zone with the stretch of it that was asked for last: within
// one, the wall clock is the instant and an offset.
type zone struct {
	name string
	loc  *time.Location
	last atomic.Pointer[stretch]
}

// stretch is the time between two changes of a zone's clocks, in seconds since
// 1970: from is inside, to is not.
type stretch struct{ from, to, offset int64 }

// Location loads an IANA zone by name. "Local" and the empty name are refused:
// the place of the called person never depends on where the program runs.
func Location(name string) (*time.Location, error) {
	z, err := zoneOf(name)
	if err != nil {
		return nil, err
	}
	return z.loc, nil
}

func zoneOf(name string) (*zone, error) {
	if z, ok := zones.Load(name); ok {
		return z.(*zone), nil
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone of a called person", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("time zone %q: %w", name, err)
	}
	z, _ := zones.LoadOrStore(name, &zone{name: name, loc: loc})
	return z.(*zone), nil
}

// stretch finds the stretch that holds an instant, without allocation when it
// is the one of the last question.
func (z *zone) stretch(unix int64) stretch {
	if s := z.last.Load(); s != nil && unix >= s.from && unix < s.to {
		return *s
	}
	t := time.Unix(unix, 0).In(z.loc)
	start, end := t.ZoneBounds()
	_, offset := t.Zone()
	s := &stretch{from: math.MinInt64, to: math.MaxInt64, offset: int64(offset)}
	if !start.IsZero() {
		s.from = start.Unix()
	}
	if !end.IsZero() {
		s.to = end.Unix()
	}
	z.last.Store(s)
	return *s
}

// reading is a wall clock, taken apart.
type reading struct {
	day     day
	weekday time.Weekday
	minute  int   // of the day
	second  int64 // of the day
	left    int64 // seconds until the clocks change
}

// read takes the wall clock of the zone apart.
func (z *zone) read(unix int64) reading {
	s := z.stretch(unix)
	wall := unix + s.offset
	d := day(floorDiv(wall, secondsPerDay))
	second := wall - int64(d)*secondsPerDay
	return reading{day: d, weekday: d.weekday(), minute: int(second / 60), second: second, left: s.to - unix - 1}
}

const secondsPerDay = 24 * 60 * 60

// day is a date as days since 1970-01-01; its weekday and calendar follow from it.
type day int32

// date is the local date at an instant.
func (z *zone) date(unix int64) day {
	s := z.stretch(unix)
	return day(floorDiv(unix+s.offset, secondsPerDay))
}

func floorDiv(a, b int64) int64 {
	if a < 0 {
		return -((b - 1 - a) / b)
	}
	return a / b
}

// dayOf is a date of the calendar; months and days beyond their range count on.
func dayOf(year int, month time.Month, d int) day {
	return day(floorDiv(time.Date(year, month, d, 12, 0, 0, 0, time.UTC).Unix(), secondsPerDay))
}

func (d day) weekday() time.Weekday { return time.Weekday(((int64(d)+4)%7 + 7) % 7) }

func (d day) civil() (int, time.Month, int) {
	return time.Unix(int64(d)*secondsPerDay, 0).UTC().Date()
}

// String writes the date as 2026-11-21.
func (d day) String() string { return time.Unix(int64(d)*secondsPerDay, 0).UTC().Format(time.DateOnly) }

// after is the date that a calendar period later has the same day; where the
// month has no such day, its last (Spanish Código Civil art. 5.1 counts so).
func (d day) after(p Period) day {
	year, month, dom := d.civil()
	if p.Years != 0 || p.Months != 0 {
		last := dayOf(year+p.Years, month+time.Month(p.Months)+1, 0)
		first := dayOf(year+p.Years, month+time.Month(p.Months), 1)
		d = min(first+day(dom-1), last)
	}
	return d + day(p.Days)
}

// begins is the first instant at which the local date is d or later. That is
// not always midnight: where clocks go forward at midnight the day begins at
// one, and time.Date would name the evening before.
func (z *zone) begins(d day) int64 {
	wall := int64(d) * secondsPerDay
	at := wall - 26*60*60 // offsets are within 14 hours; a date line may be crossed
	for {
		s := z.stretch(at)
		if begin := max(at, s.from, wall-s.offset); begin < s.to {
			return begin
		}
		at = s.to
	}
}
