package campaigns

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/forecall/forecall/campaigns/rules"
)

// Salesperson is somebody whom people may meet: hours by the week in a zone of
// their own, cut into slots.
type Salesperson struct {
	ID       int64         `json:"id"`
	Campaign int64         `json:"campaign_id,omitempty"` // 0 = for every campaign
	Name     string        `json:"name"`
	Email    string        `json:"email,omitempty"`
	Zone     string        `json:"zone"`  // IANA
	Hours    rules.Week    `json:"hours"` // by the salesperson's own clock
	Slot     time.Duration `json:"slot"`  // length of a meeting
	Buffer   time.Duration `json:"buffer"`
	Notice   time.Duration `json:"notice"`             // no slot begins sooner from now
	Holidays []string      `json:"holidays,omitempty"` // days off, 2026-12-24
	Away     []Away        `json:"away,omitempty"`
	Place    string        `json:"place,omitempty"` // where to meet; empty = at the contact's
	Phone    bool          `json:"phone"`           // meets by phone as well
	Active   bool          `json:"active"`
	// CreatedAt is set by the store.
	CreatedAt time.Time `json:"created_at"`
}

// Away is a time without meetings.
type Away struct {
	From time.Time `json:"from"`
	To   time.Time `json:"to"`
	Note string    `json:"note,omitempty"`
}

// Slot is a free stretch of a calendar.
type Slot struct {
	Salesperson int64
	Person      string
	From, To    time.Time
	Place       string
	Phone       bool
}

// Limits of calendars.
const (
	shortestSlot  = 5 * time.Minute
	longestSlot   = 8 * time.Hour
	longestSearch = 92 * 24 * time.Hour // of one question for free slots
)

// Validate says what is wrong with a calendar.
func (s Salesperson) Validate() error {
	var errs []error
	bad := func(format string, args ...any) { errs = append(errs, fmt.Errorf(format, args...)) }
	if s.Name == "" || len(s.Name) > 200 {
		bad("name: 1 to 200 characters")
	}
	if _, err := rules.Location(s.Zone); err != nil {
		bad("zone %q is not a time zone", s.Zone)
	}
	if s.Hours.Empty() {
		bad("hours: no day has any, so nobody could be met")
	}
	if s.Slot < shortestSlot || s.Slot > longestSlot {
		bad("slot %s: from %s to %s", s.Slot, shortestSlot, longestSlot)
	}
	if s.Buffer < 0 || s.Buffer > longestSlot || s.Notice < 0 || s.Notice > longestSearch {
		bad("buffer %s, notice %s: not less than 0, and not that long", s.Buffer, s.Notice)
	}
	for _, day := range s.Holidays {
		if _, err := time.Parse(time.DateOnly, day); err != nil {
			bad("holidays: %q: a day as 2026-12-24", day)
		}
	}
	for _, a := range s.Away {
		if !a.To.After(a.From) {
			bad("away from %s: it ends before it begins", a.From.UTC().Format(time.RFC3339))
		}
	}
	if len(s.Holidays) > 1000 || len(s.Away) > 1000 {
		bad("holidays, away: at most 1000 each")
	}
	return errors.Join(errs...)
}

// Free lists the slots that begin in [from, to) and are not taken, at the time
// now. Slots begin at the opening of each span of hours and then follow each
// other with the buffer between them, by the salesperson's own clock: a slot
// that the clock skips in spring is not there, and no slot is longer or shorter
// for a change of the clocks. Taken meetings keep the buffer free around them.
func (s Salesperson) Free(from, to, now time.Time, taken []Booking) []Slot {
	loc, err := rules.Location(s.Zone)
	if err != nil || s.Slot <= 0 || !s.Active {
		return nil
	}
	if earliest := now.Add(s.Notice); from.Before(earliest) {
		from = earliest
	}
	if limit := from.Add(longestSearch); to.After(limit) {
		to = limit
	}
	var out []Slot
	first := from.In(loc)
	for day := 0; ; day++ {
		noon := time.Date(first.Year(), first.Month(), first.Day()+day, 12, 0, 0, 0, loc) // midnight may not exist
		if noon.Add(-14 * time.Hour).After(to) {
			return out
		}
		for _, at := range s.starts(noon) {
			end := at.Add(s.Slot)
			if at.Before(from) || !at.Before(to) || s.blocked(at, end, taken) {
				continue
			}
			out = append(out, Slot{Salesperson: s.ID, Person: s.Name, From: at.UTC(), To: end.UTC(), Place: s.Place, Phone: s.Phone})
		}
	}
}

// starts are the beginnings of the slots of a day, taken ones too.
func (s Salesperson) starts(noon time.Time) []time.Time {
	if slices.Contains(s.Holidays, noon.Format(time.DateOnly)) {
		return nil
	}
	var out []time.Time
	year, month, day := noon.Date()
	for _, span := range s.Hours[noon.Weekday()] {
		length, step := minutesOf(s.Slot), minutesOf(s.Slot+s.Buffer)
		for m := span.From; m+length <= span.To; m += step {
			at := time.Date(year, month, day, 0, m, 0, 0, noon.Location())
			if at.Hour()*60+at.Minute() == m { // the clock shows that minute
				out = append(out, at)
			}
		}
	}
	return out
}

// minutesOf rounds up: a slot of five and a half minutes takes six.
func minutesOf(d time.Duration) int { return int((d + time.Minute - 1) / time.Minute) }

// blocked tells whether a slot lies in a meeting, with the buffer around it,
// or in a time away.
func (s Salesperson) blocked(from, to time.Time, taken []Booking) bool {
	for _, b := range taken {
		if b.From.Before(to.Add(s.Buffer)) && from.Before(b.To.Add(s.Buffer)) {
			return true
		}
	}
	for _, a := range s.Away {
		if a.From.Before(to) && from.Before(a.To) {
			return true
		}
	}
	return false
}

// SlotAt is the slot of the calendar that begins at an instant, whether it is
// taken or not; ok is false when none does.
func (s Salesperson) SlotAt(at, now time.Time) (slot Slot, ok bool) {
	slots := s.Free(at, at.Add(time.Second), now, nil)
	if len(slots) == 0 {
		return Slot{}, false
	}
	return slots[0], true
}
