package odds

import (
	"fmt"
	"time"
)

// Facts is what is known of a contact at the moment of a call.
type Facts struct {
	List    int64
	Region  string // ISO 3166-1 alpha-2 of the number; empty = not known
	Zone    string // IANA zone of the person; empty = not known
	Weekday time.Weekday
	Hour    int    // 0 to 23, local there
	Tries   int    // attempts that counted before this one
	Last    string // outcome of the attempt before; empty = there was none
	// SinceLast is the time since the attempt before began; read only when there was one.
	SinceLast time.Duration
	Phone     int // which of the contact's numbers, 0 = the first
	Mobile    bool
}

// group is one factor with a weight for each of its values.
type group uint8

// The factors. Those of the first block have values that are known beforehand,
// those of the second names that are met on the way.
const (
	byHour group = iota
	byDayPart
	byPhoneHour
	byWeekday
	byTries
	bySince
	byPhone
	byMobile

	byLast
	byList
	byRegion
	byZone

	groups
)

// shape is what a factor is made of: its first weight and how many values it
// may have, how much it may matter (standard deviation of the log-odds among its
// values, before anything is known), and under which factor it is explained.
type shape struct {
	name          string
	first, values int
	spread        float64
	shown         group
}

// Day parts are three hours long; hours of one part lean on each other.
const (
	partHours = 3
	dayParts  = 24 / partHours
)

// Where the weights of each factor begin, and how many there are in all.
const (
	firstHour      = 1 // after the base
	firstDayPart   = firstHour + 24
	firstPhoneHour = firstDayPart + 2*dayParts
	firstWeekday   = firstPhoneHour + 2*dayParts
	firstTries     = firstWeekday + 7
	firstSince     = firstTries + len(triesNames)
	firstPhone     = firstSince + len(sinceNames)
	firstMobile    = firstPhone + len(phoneNames)
	firstLast      = firstMobile + 2
	firstList      = firstLast + maxOutcomes
	firstRegion    = firstList + maxLists
	firstZone      = firstRegion + maxRegions
	weights        = firstZone + maxZones

	maxOutcomes, maxLists, maxRegions, maxZones = 18, 48, 32, 24
)

// shapes is a table and never written to.
var shapes = [groups]shape{
	byHour:      {"hour", firstHour, 24, 0.3, byHour},
	byDayPart:   {"day part", firstDayPart, 2 * dayParts, 0.3, byHour},
	byPhoneHour: {"phone hour", firstPhoneHour, 2 * dayParts, 0.25, byHour},
	byWeekday:   {"weekday", firstWeekday, 7, 0.2, byWeekday},
	byTries:     {"tries", firstTries, len(triesNames), 0.4, byTries},
	bySince:     {"since last", firstSince, len(sinceNames), 0.3, bySince},
	byPhone:     {"phone", firstPhone, len(phoneNames), 0.3, byPhone},
	byMobile:    {"mobile", firstMobile, 2, 0.5, byMobile},
	byLast:      {"last outcome", firstLast, maxOutcomes, 0.4, byLast},
	byList:      {"list", firstList, maxLists, 0.6, byList},
	byRegion:    {"region", firstRegion, maxRegions, 0.5, byRegion},
	byZone:      {"zone", firstZone, maxZones, 0.2, byZone},
}

var (
	triesNames  = [...]string{"first try", "second try", "third try", "fourth try", "fifth or sixth try", "seventh try or later"}
	phoneNames  = [...]string{"first phone", "second phone", "a further phone"}
	sinceLimits = [...]time.Duration{0, time.Hour, 4 * time.Hour, 12 * time.Hour, 24 * time.Hour, 72 * time.Hour, 168 * time.Hour}
	sinceNames  = [...]string{
		"never called", "within the hour", "1 to 4 hours ago", "4 to 12 hours ago", "12 to 24 hours ago", "1 to 3 days ago",
		"3 to 7 days ago", "more than a week ago",
	}
)

func (f Facts) hour() int    { return ((f.Hour % 24) + 24) % 24 }
func (f Facts) weekday() int { return ((int(f.Weekday) % 7) + 7) % 7 }

func (f Facts) mobile() int {
	if f.Mobile {
		return 1
	}
	return 0
}

func (f Facts) weekend() int {
	if d := f.weekday(); d == int(time.Saturday) || d == int(time.Sunday) {
		return 1
	}
	return 0
}

func (f Facts) tries() int {
	switch {
	case f.Tries < 0:
		return 0
	case f.Tries < 4:
		return f.Tries
	case f.Tries < 6:
		return 4
	}
	return len(triesNames) - 1
}

func (f Facts) phone() int { return min(max(0, f.Phone), len(phoneNames)-1) }

func (f Facts) since() int {
	if f.Last == "" {
		return 0
	}
	for i, limit := range sinceLimits[1:] {
		if f.SinceLast < limit {
			return i + 1
		}
	}
	return len(sinceNames) - 1
}

// value is the index of the facts' value among the known values of a factor.
func (f Facts) value(g group) int {
	switch g {
	case byHour:
		return f.hour()
	case byDayPart:
		return f.weekend()*dayParts + f.hour()/partHours
	case byPhoneHour:
		return f.mobile()*dayParts + f.hour()/partHours
	case byWeekday:
		return f.weekday()
	case byTries:
		return f.tries()
	case bySince:
		return f.since()
	case byPhone:
		return f.phone()
	}
	return f.mobile()
}

// words says the facts' value of a factor for people.
func (f Facts) words(g group) string {
	switch g {
	case byHour:
		return fmt.Sprintf("%02d:00 to %02d:00", f.hour(), f.hour()+1)
	case byWeekday:
		return time.Weekday(f.weekday()).String()
	case byTries:
		return triesNames[f.tries()]
	case bySince:
		return sinceNames[f.since()]
	case byPhone:
		return phoneNames[f.phone()]
	case byMobile:
		if f.Mobile {
			return "a mobile"
		}
		return "not known as a mobile"
	case byLast:
		return orNone(f.Last, "none")
	case byList:
		return fmt.Sprint(f.List)
	case byRegion:
		return orNone(f.Region, "not known")
	case byZone:
		return orNone(f.Zone, "not known")
	}
	return ""
}

func orNone(text, none string) string {
	if text == "" {
		return none
	}
	return text
}
