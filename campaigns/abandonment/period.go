package abandonment

import (
	"fmt"
	"time"
)

// Unit is how the time of a rate is cut.
type Unit string

// The units.
const (
	Blocks  Unit = "blocks"  // of N days, one after the other from the campaign's first day
	Rolling Unit = "rolling" // the last N hours
	Month   Unit = "month"   // of the calendar
	Day     Unit = "day"     // of the calendar
)

// Window is the time over which a rate is taken.
type Window struct {
	Unit Unit `json:"unit"`
	N    int  `json:"n,omitempty"` // days of a block, hours of a rolling window
}

// The windows of the presets.
var (
	ThirtyDays = Window{Blocks, 30}  // 16 CFR 310.4(b)(4)(i), 47 CFR 64.1200(a)(7)
	OneDay     = Window{Rolling, 24} // Ofcom 2010
	OneMonth   = Window{Unit: Month} // CRTC
)

// Validate says what is wrong with a window.
func (w Window) Validate() error {
	switch {
	case w.Unit == Blocks && (w.N < 1 || w.N > 366):
		return fmt.Errorf("blocks of %d days: from 1 to 366", w.N)
	case w.Unit == Rolling && (w.N < 1 || w.N > 24*366):
		return fmt.Errorf("the last %d hours: from 1 to %d", w.N, 24*366)
	case w.Unit == Blocks, w.Unit == Rolling, w.Unit == Month, w.Unit == Day:
		return nil
	}
	return fmt.Errorf("unit %q: blocks, rolling, month or day", w.Unit)
}

// String is the window in words.
func (w Window) String() string {
	switch w.Unit {
	case Blocks:
		return fmt.Sprintf("blocks of %d days from the campaign's first day", w.N)
	case Rolling:
		return fmt.Sprintf("the last %d hours", w.N)
	case Month:
		return "calendar month"
	}
	return "calendar day"
}

// Period is one stretch of time over which a rate is taken: from From on, before
// To.
type Period struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	N    int       `json:"n,omitempty"` // of blocks, from 1
	// Whole says that the campaign is younger than a block: the period is all of it.
	Whole bool `json:"whole,omitempty"`
}

// Holds tells whether an instant is in the period.
func (p Period) Holds(at time.Time) bool { return !at.Before(p.From) && at.Before(p.To) }

// At is the period that holds now, of a campaign whose first call was at first
// and which reports in zone. A zero first, of a campaign that has not called, is
// now.
func (w Window) At(now, first time.Time, zone *time.Location) Period {
	switch w.Unit {
	case Rolling:
		return Period{From: now.Add(-time.Duration(w.N) * time.Hour), To: now}
	case Month:
		d := dateOf(now, zone)
		from := date{d.year, d.month, 1}
		return Period{From: from.start(zone), To: from.plus(0, 1).start(zone)}
	case Day:
		d := dateOf(now, zone)
		return Period{From: d.start(zone), To: d.plus(1, 0).start(zone)}
	}
	return w.block(now, first, zone)
}

// block is the block that holds now.
func (w Window) block(now, first time.Time, zone *time.Location) Period {
	if first.IsZero() || first.After(now) {
		first = now
	}
	begin := dateOf(first, zone)
	k := dateOf(now, zone).since(begin) / max(1, w.N)
	return w.nth(k, begin, zone)
}

// nth is the block with index k.
func (w Window) nth(k int, begin date, zone *time.Location) Period {
	return Period{
		From: begin.plus(k*w.N, 0).start(zone), To: begin.plus((k+1)*w.N, 0).start(zone), N: k + 1, Whole: k == 0,
	}
}

// mostPeriods bounds All: five years of days.
const mostPeriods = 5 * 366

// All lists the periods from a campaign's first call to now, the newest first
// and at most mostPeriods of them; of a rolling window it is the present one.
func (w Window) All(now, first time.Time, zone *time.Location) []Period {
	p := w.At(now, first, zone)
	out := []Period{p}
	for w.Unit != Rolling && p.From.After(first) && !first.IsZero() && len(out) < mostPeriods {
		p = w.At(p.From.Add(-time.Nanosecond), first, zone)
		out = append(out, p)
	}
	if len(out) > 1 {
		for i := range out {
			out[i].Whole = false
		}
	}
	return out
}

// date is a day of a zone's calendar.
type date struct {
	year  int
	month time.Month
	day   int
}

func dateOf(at time.Time, zone *time.Location) date {
	y, m, d := at.In(zone).Date()
	return date{y, m, d}
}

// plus is the date so many days and months later.
func (d date) plus(days, months int) date {
	t := time.Date(d.year, d.month+time.Month(months), d.day+days, 12, 0, 0, 0, time.UTC)
	y, m, day := t.Date()
	return date{y, m, day}
}

// since is how many days lie between two dates.
func (d date) since(e date) int {
	at := func(d date) time.Time { return time.Date(d.year, d.month, d.day, 12, 0, 0, 0, time.UTC) }
	return int(at(d).Sub(at(e)) / (24 * time.Hour))
}

func (d date) before(e date) bool { return d.since(e) < 0 }

// start is the first instant of the date in a zone. It is not midnight where the
// clock jumps over midnight, and time.Date is of no use there: it answers 01:00, or
// 23:00 of the day before (Santiago, Havana). So the change of the date is looked
// for, from noon of the day before to noon.
func (d date) start(zone *time.Location) time.Time {
	noon := time.Date(d.year, d.month, d.day, 12, 0, 0, 0, zone).Unix()
	lo, hi := noon-30*3600, noon // before, and within
	for hi-lo > 1 {
		if mid := (lo + hi) / 2; dateOf(time.Unix(mid, 0), zone).before(d) {
			lo = mid
		} else {
			hi = mid
		}
	}
	return time.Unix(hi, 0).In(zone)
}
